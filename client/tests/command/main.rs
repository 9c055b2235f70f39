//! The built command, against daemons and holders that the tests play themselves.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed check")]

mod attach;
mod edges;
mod hooks;
mod support;
