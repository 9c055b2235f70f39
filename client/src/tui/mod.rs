//! What the lists that fill a terminal have in common: the picker and the dashboard.
//!
//! * [`screen`]: the terminal for as long as a list is on it
//! * [`row`]: a session as a row, [`palette`]: its colours
//! * [`filter`]: which sessions a typed text means, [`edit`]: what a key does to a text
//! * [`preview`]: the last screen of a session, loaded aside

pub(crate) mod edit;
pub(crate) mod filter;
pub(crate) mod palette;
pub(crate) mod preview;
pub(crate) mod row;
pub(crate) mod screen;
