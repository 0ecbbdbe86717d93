//! What is ordered with a change is done once, after it, and nobody else's.
mod doubles;
mod queue;

use doubles::*;
