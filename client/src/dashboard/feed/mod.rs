//! News for the dashboard: what is true now, then what changes, from two threads that wait
//! so that keys never do.
//!
//! ```text
//!   daemon ──events──► follow ──Heard──► reader ──asks──► daemon
//!                         │                 │
//!                         └────── News ─────┴──► the dashboard's loop
//! ```
//!
//! # Invariants
//!
//! 1. Nothing polls: the list is asked for once when events are being heard, again when
//!    some were missed, and otherwise only what an event is about.
//! 2. Every queue has a limit. Who is not read from waits, the daemon's events with it.
//! 3. A daemon that died is started again; one that was ended is waited for.

mod follow;
mod reader;

use std::io::{self, PipeReader, PipeWriter, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;
use std::time::Duration;

use app_model::task::TaskView;
use app_model::{SessionId, SessionView};
use app_sys::places::Places;
use app_sys::poll;

use super::deed::Outcome;
use super::mode::Link;
use reader::Heard;

/// News that may wait for the dashboard, say while a session is shown in its place.
const MOST_NEWS: usize = 256;

/// Events that may wait for the reader.
const MOST_HEARD: usize = 1_024;

/// Something that is known now.
pub(super) enum News {
    /// These are all sessions, and what is reported inside them.
    All {
        /// The sessions.
        views: Vec<SessionView>,
        /// Their tasks.
        tasks: Vec<TaskView>,
    },
    /// This is a session now, and its tasks if those changed.
    One {
        /// The session.
        view: Box<SessionView>,
        /// Its tasks.
        tasks: Option<Vec<TaskView>>,
    },
    /// These live ones, with what they use.
    Used(Vec<SessionView>),
    /// It was removed.
    Gone(SessionId),
    /// A person was told something about it.
    Told(SessionId),
    /// This is how it is with the daemon.
    Link(Link),
    /// Something was done, or could not be.
    Done(Outcome),
}

/// Brings news to the dashboard.
#[derive(Clone)]
pub(super) struct Teller {
    news: SyncSender<News>,
    bell: Arc<PipeWriter>,
}

impl Teller {
    /// Tells it. Returns whether anybody still listens.
    pub(super) fn tell(&self, news: News) -> bool {
        self.news.send(news).is_ok() && self.ring()
    }

    /// Wakes who listens. Returns whether anybody does.
    pub(super) fn ring(&self) -> bool {
        (&*self.bell).write_all(b"!").is_ok()
    }
}

/// Where news arrive.
pub(super) struct Feed {
    news: Receiver<News>,
    bell: PipeReader,
    teller: Teller,
    wanted: SyncSender<Heard>,
}

impl Feed {
    /// Starts to listen.
    pub(super) fn start(places: &Places) -> io::Result<Self> {
        let (sender, news) = sync_channel(MOST_NEWS);
        let (bell, writer) = io::pipe()?;
        let teller = Teller { news: sender, bell: Arc::new(writer) };
        let (wanted, heard) = sync_channel(MOST_HEARD);
        let (for_follow, for_reader) = (teller.clone(), teller.clone());
        let (follow_places, reader_places) = (places.clone(), places.clone());
        let found = wanted.clone();
        thread::Builder::new()
            .name("events".into())
            .spawn(move || follow::run(&follow_places, &found, &for_follow))?;
        thread::Builder::new()
            .name("reader".into())
            .spawn(move || reader::run(&reader_places, &heard, &for_reader))?;
        Ok(Self { news, bell, teller, wanted })
    }

    /// For who has more to tell.
    pub(super) fn teller(&self) -> Teller {
        self.teller.clone()
    }

    /// Asks what live sessions use. A reader that has too much to do is left alone.
    pub(super) fn want_usage(&self) {
        self.wanted.try_send(Heard::Usage).ok();
    }

    /// What has arrived. Never waits.
    pub(super) fn take(&mut self) -> Vec<News> {
        // A bell without news, or news without a bell, do no harm: however many rang.
        if poll::readable(&self.bell, Some(Duration::ZERO)).unwrap_or(false) {
            let _rung = self.bell.read(&mut [0; MOST_NEWS]).unwrap_or(0);
        }
        self.news.try_iter().collect()
    }
}

/// Readable when there are news.
impl AsFd for Feed {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.bell.as_fd()
    }
}
