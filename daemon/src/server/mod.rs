//! Accepts clients and answers their requests: on the control socket, and on the socket that
//! each session has for the programs inside it.

pub mod accept;
mod authority;
mod connection;
mod failure;
mod handle;
pub mod inside;
mod narrow;
