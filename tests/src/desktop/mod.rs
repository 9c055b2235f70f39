//! Real servers of notifications on a display of their own, and what can be seen of them.
//!
//! ```text
//!   appd ──Notify──► bus ──► Dunst | Xfce ──► Display (Xvfb) ◄── clicks, pictures
//!                     │
//!                     └────► Monitor          what was asked for, word by word
//! ```

mod display;
mod dunst;
mod monitor;
mod scripted;
mod xfce;

pub use display::{Display, Picture, Window};
pub use dunst::Dunst;
pub use monitor::{Asked, Monitor};
pub use scripted::Scripted;
pub use xfce::Xfce;
