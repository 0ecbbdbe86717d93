//! What is ordered with a change is done once, after it, and nobody else's.
mod api;
mod doubles;
mod queue;
mod workers;

use doubles::*;
