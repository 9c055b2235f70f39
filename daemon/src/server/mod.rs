//! The control socket: accepts clients and answers their requests.

pub mod accept;
mod connection;
mod failure;
mod handle;
