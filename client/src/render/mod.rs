//! What people and programs see: tables, JSON, times.

pub(crate) mod event;
pub(crate) mod json;
pub(crate) mod lines;
pub(crate) mod session;
pub(crate) mod style;
pub(crate) mod table;
pub(crate) mod task;
pub(crate) mod time;
pub(crate) mod words;
