//! The change log as a chain: sealing what is final, verifying all of it, erasing values without breaking it.
//!
//! `docs/decisions/0022-the-chain-of-the-change-log.md` says what the chain shows and what it cannot.
mod digest;
mod erase;
mod rows;
mod seal;
mod verify;

pub use erase::{Erase, erase, erase_person};
pub use seal::{Sealed, seal, seal_all};
pub use verify::{Broken, Verified, verify};
