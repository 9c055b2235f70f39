//! The dashboard: all sessions, live, and what can be done to them.
//!
//! ```text
//!   keys, mouse ──► Board::press ──► steps: leave, attach, do     (input.rs, reply.rs: pure)
//!   news ─────────► Board::hear                                   (board.rs: pure)
//!   Board ────────► draw                                          (draw: pure)
//!   daemon ──► Feed (two threads) ──► news                        (feed)
//!   deeds ───► Doer (a thread each) ──► news                      (doer.rs)
//! ```
//!
//! # Invariants
//!
//! 1. The terminal is as it was found however this ends, and while a session is shown in its
//!    place nothing here reads from it.
//! 2. No key waits for the daemon, a holder or a disk.
//! 3. Nothing is done while nothing happens, but for times that run, once a second, and what
//!    sessions in sight use, every few (`USAGE_PACE`).
//! 4. What could not be done is told: at the foot, and at last on standard error.

mod board;
mod deed;
mod doer;
mod draw;
mod feed;
mod form;
mod input;
mod layout;
mod mode;
mod notes;
mod reply;
mod rows;
mod screen;
mod sessions;

#[cfg(test)]
mod tests;

use std::io;

use app_model::SessionId;
use app_model::text::printable;

use self::board::Board;
use self::doer::Doer;
use self::feed::Feed;
use self::screen::{Left, Sitting};
use crate::attach::{Options, Outcome};
use crate::command::{Context, attach_here, home};
use crate::render::words::{ended, id_and_name};
use crate::report::{Explain, Report};
use crate::tui::palette::Palette;

/// Why there is no dashboard.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DashboardError {
    /// The terminal refuses.
    #[error("cannot show the dashboard on this terminal")]
    Terminal(#[from] io::Error),
}

impl Explain for DashboardError {
    fn hint(&self) -> Option<String> {
        Some("`appctl ls` lists sessions, `appctl attach ID` opens one.".into())
    }
}

/// Shows the dashboard until the person has seen enough.
pub(crate) fn run(context: &Context, options: Options) -> Result<(), Report> {
    let places = context.places()?;
    let mut feed = Feed::start(places).map_err(DashboardError::Terminal)?;
    let doer = Doer::new(places, feed.teller());
    let mut board = Board::new(home(), directory());
    let palette = Palette::new(context.output.colour);
    loop {
        let sitting = Sitting::begin(places, palette).map_err(DashboardError::Terminal)?;
        let left = sitting.run(&mut board, &mut feed, &doer).map_err(DashboardError::Terminal)?;
        match left {
            Left::ForGood => break,
            Left::Attach(id) if show(context, &mut board, id, options) => {}
            Left::Attach(_) => break,
        }
    }
    finish(&mut board, &mut feed, &doer);
    tell_unread(context, &board);
    Ok(())
}

/// Where new sessions run: here, as a person would write it.
fn directory() -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let here = here.to_string_lossy();
    crate::render::words::short_path(&here, home().as_deref())
}

/// Shows a session in the dashboard's place. Returns whether to go on afterwards.
fn show(context: &Context, board: &mut Board, id: SessionId, options: Options) -> bool {
    let now = app_sys::clock::wall_ms();
    match attach_here(context, id, options) {
        Ok((_, Outcome::Left)) => return false,
        Ok((view, Outcome::Detached)) => {
            board.notes.say(&format!("detached · {}", id_and_name(&view)), now);
        }
        Ok((view, Outcome::Stolen)) => {
            let who = id_and_name(&view);
            board.notes.say(&format!("taken over by another terminal · {who}"), now);
        }
        Ok((view, Outcome::Ended { exit, elapsed_ms })) => {
            let how = ended(exit, Some(elapsed_ms));
            board.notes.say(&format!("{} {how}", printable(&view.name)), now);
        }
        Ok((view, Outcome::Gone)) => {
            board.notes.say(&format!("it is over · {}", id_and_name(&view)), now);
        }
        Err(report) => board.notes.complain(&report, now),
    }
    true
}

/// Lets what was begun come to its end: a reply that was just sent, say.
fn finish(board: &mut Board, feed: &mut Feed, doer: &Doer) {
    let until = std::time::Instant::now() + screen::FINISH_LIMIT;
    while doer.is_busy() {
        let left = until.saturating_duration_since(std::time::Instant::now());
        match app_sys::poll::readable(&*feed, Some(left)) {
            Ok(true) => feed.take().into_iter().for_each(|news| drop(board.hear(news))),
            Ok(false) | Err(_) => break,
        }
    }
    feed.take().into_iter().for_each(|news| drop(board.hear(news)));
}

/// Errors that nobody has put away, and texts that were not delivered (invariant 4).
fn tell_unread(context: &Context, board: &Board) {
    for note in board.notes.unread() {
        context.output.note(&format!("error: {}", note.text));
    }
    for (id, draft) in &board.drafts {
        context.output.note(&format!("not sent to {id}: {}", printable(draft)));
    }
}
