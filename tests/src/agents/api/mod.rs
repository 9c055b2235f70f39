//! A model behind the interfaces of Anthropic and of OpenAI, on the loopback device.
//!
//! It runs on threads of the test, which therefore needs no clock to work with it: it waits
//! for requests with [`Api::wait_asked`], and lets a held answer go with [`Api::let_go`].
//! What is answered is said by the prompt; see [`script`](super::script).

mod asked;
mod chat;
mod generate;
mod http;
mod messages;
mod reply;
mod responses;
mod server;

pub use asked::{Asked, Interface};
pub use server::Api;
