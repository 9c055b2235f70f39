//! The two protocols of the product, and what is recorded of a run, as bytes. See
//! `docs/PROTOCOL.md` and `docs/TRANSCRIPT.md`.
//!
//! * [`control`]: `appctl` and `appd`, versioned, bincode values in frames.
//! * [`hold`]: anyone and a holder, frozen, fixed layouts in frames. A holder outlives
//!   every upgrade, so it must be understood by every later release.
//!
//! Both begin with the same kind of [`hello`].
//!
//! * [`record`]: a run's output on disk, which a holder of any age may have written.
//!
//! This crate only turns values into bytes
//! and back: it opens no sockets and reads no clock.
//!
//! # Invariants
//!
//! 1. Every length that comes from outside is checked against a named limit before
//!    anything is allocated for it.
//! 2. No input makes a decoder panic, loop or recurse.
//! 3. What was released is never changed, only added to; golden tests hold the bytes.

pub mod control;
pub mod hello;
pub mod hold;
pub mod record;
