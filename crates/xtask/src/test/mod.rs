//! `cargo xtask test`: everything that must pass before a change lands.
//!
//! [`plan`] says which steps there are and in which order, [`runner`] goes through them and
//! stops at the first that fails, and one file per kind of step does the work. A step that cannot
//! do its work here (no such tool, no network) says so at once and again at the end; only a
//! check that found something wrong fails. On CI, where nobody reads, more of that is an error.

mod files;
mod plan;
mod runner;
mod rust;
mod supply;
mod tally;

pub(crate) use runner::test;
