//! One live session: an actor that decides, a link that acts, a view that shows.
//!
//! An actor exists while its session may have a process. It ends with the run; asking
//! for another run makes another actor.

pub mod actor;
pub mod end;
pub mod handle;
pub mod link;
pub mod live;
mod mind;
pub mod outside;

pub use actor::{Begin, By};
pub use handle::{SessionHandle, UpError, UpOutcome};
pub use live::Live;
