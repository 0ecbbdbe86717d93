//! Stories about people and the server, told over real HTTP. One binary, because linking is what takes time.
mod invitations;
mod keys;
mod members;
mod sessions;
mod shell;
mod sign_in;
