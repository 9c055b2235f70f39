//! Hearing what happens, from one daemon after the other.
//!
//! # Invariants
//!
//! 1. It asks for events after the last one there can be: the daemon says at once which was
//!    the newest, and from then on none is missed. So what is listed after that answer
//!    leaves nothing out.

use std::sync::mpsc::SyncSender;
use std::time::{Duration, Instant};

use app_model::event::{Event, kind};
use app_sys::places::Places;
use app_sys::poll;
use app_sys::watch::DirWatch;
use app_wire::control::{Reply, Request};

use super::reader::Heard;
use super::{News, Teller};
use crate::connect::{Absent, AskError, Daemon};
use crate::dashboard::mode::Link;
use crate::report::Report;

/// No event has a number as high as this.
const AHEAD: u64 = i64::MAX as u64;

/// A daemon that went away sooner than this has a problem.
const SHORT_LIFE: Duration = Duration::from_secs(5);

/// How often in a row that may happen until it is only waited for one.
const MOST_SHORT_LIVES: u32 = 4;

/// Follows events until nobody listens any more.
pub(super) fn run(places: &Places, heard: &SyncSender<Heard>, teller: &Teller) {
    let mut absent = Absent::Start;
    let mut short_lives = 0;
    loop {
        // Before it is asked: a daemon that comes in between is not missed.
        let watch = DirWatch::new(&places.runtime).ok();
        let asked = Instant::now();
        let heard_all = hear(&mut Daemon::new(places, absent), heard, teller);
        let Err(error) = heard_all else { return };
        short_lives = if asked.elapsed() < SHORT_LIFE { short_lives + 1 } else { 0 };
        let is_here = places.control_socket().exists();
        let went_away = error.is_hang_up() || error.is_absent();
        let link = match went_away {
            // Its socket is there and nobody listens: it died (invariant 3 of the feed).
            true if is_here && short_lives < MOST_SHORT_LIVES => Link::Lost,
            true => Link::Stopped,
            false => Link::Deaf(Report::from(error).in_a_line()),
        };
        // Who may not hear events may see what there is.
        let is_deaf = matches!(link, Link::Deaf(_));
        if !teller.tell(News::Link(link.clone()))
            || is_deaf && heard.send(Heard::Everything).is_err()
        {
            return;
        }
        absent = if link == Link::Lost { Absent::Start } else { Absent::Say };
        if link != Link::Lost {
            wait_for_change(watch);
        }
    }
}

/// Waits until something happens where the daemon listens.
fn wait_for_change(watch: Option<DirWatch>) {
    let changed = watch
        .is_some_and(|mut watch| poll::readable(&watch, None).is_ok() && watch.drain().is_ok());
    if !changed {
        // Nothing can be watched here: it is looked again after a while.
        poll::wait(&mut [], Some(SHORT_LIFE)).ok();
    }
}

/// Hears events until the daemon goes away; `Ok` when nobody listens.
fn hear(daemon: &mut Daemon, heard: &SyncSender<Heard>, teller: &Teller) -> Result<(), AskError> {
    let request = Request::Events { since: Some(AHEAD), follow: true };
    let mut reply = daemon.ask_within(&request, None)?;
    loop {
        let listened = match reply {
            // Some were missed, or it is the answer to our question.
            Reply::Gap(_) => {
                heard.send(Heard::Everything).is_ok() && teller.tell(News::Link(Link::Up))
            }
            Reply::Event(event) => of(&event).is_none_or(|news| heard.send(news).is_ok()),
            _ => return Err(AskError::OffTopic),
        };
        if !listened {
            return Ok(());
        }
        reply = daemon.next(None)?;
    }
}

/// What has to be asked after an event.
fn of(event: &Event) -> Option<Heard> {
    let id = event.session?;
    Some(match event.kind.as_str() {
        kind::SESSION_REMOVED => Heard::Removed(id),
        kind::TASK_STARTED | kind::TASK_ENDED => Heard::Tasks(id),
        kind::NOTICE_SENT | kind::NOTICE_FAILED => Heard::Told(id),
        // What this release does not know may change anything.
        _ => Heard::About(id),
    })
}
