//! The screen model: what a terminal shows, and the bytes that paint it again.
//!
//! A program's output goes in with [`Screen::feed`]. Out come the text, the modes, and a
//! [`Screen::snapshot`]: bytes that make another terminal of the same size look and behave
//! as if it had been there all along.
//!
//! ```text
//!  bytes ─► frame ─► text ─► skim ────────► print ─┐
//!             │                                    ├─► terminal ─► snapshot, text
//!             └────► sequences ─► vte ─► csi, esc ─┤    grids of rows of cells,
//!                    strings ────────────► osc ────┘    pools of styles and links, signals
//! ```
//!
//! # Invariants
//!
//! 1. No input makes it panic, and its time is linear in the input: what one sequence does
//!    is bounded by the size of the screen.
//! 2. Memory is bounded: rows by the size of the screen and the limit of the history,
//!    everything else by limits that are named where they are enforced.
//! 3. The state does not depend on how the input was cut.
//! 4. A snapshot, fed to a new screen, gives the same state, a half-read sequence included.
//!    What was said and is not shown (bells, [`Signals`]) is no part of it.
//! 5. Nothing is answered here: replies to questions are the business of whoever holds the
//!    program's terminal.

mod base64;
mod cell;
mod charset;
mod colors;
mod csi;
mod cursor;
mod edit;
mod esc;
mod frame;
mod grid;
mod intern;
mod keyboard;
mod modes;
mod osc;
mod past;
mod plain;
mod print;
mod reflow;
mod row;
mod screen;
mod sgr;
mod signals;
mod skim;
mod snapshot;
mod style;
mod switch;
mod tabs;
mod terminal;
mod text;
mod title;
mod utf8;
mod view;
mod width;
mod work;

#[cfg(test)]
mod tests;

pub use modes::{Modes, Mouse, MouseEncoding};
pub use plain::text_and_colours;
pub use screen::{History, MAX_COLS, MAX_ROWS, Progress, Screen};
pub use signals::{Prompt, Signals, Stated};
pub use view::View;
