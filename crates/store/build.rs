//! Migrations are read at compile time, so a new file must make the crate compile again.
fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
