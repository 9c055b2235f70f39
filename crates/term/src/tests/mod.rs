//! Tests of the whole model.

mod bombs;
mod differential;
mod fidelity;
mod memory;
mod random;
mod recorded;
mod reflow;
mod signals;
mod state;
mod text;
