//! The last screen of a session, loaded by a thread so that typing never waits.
//!
//! # Invariants
//!
//! 1. At most one preview is being loaded, and at most one answer waits: a selection
//!    that moves quickly asks for its last stop only.
//! 2. The thread ends with the [`Previews`] that started it: after the one it is at, and
//!    that has a limit.

use std::io::{self, PipeReader, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use app_model::text::printable;
use app_model::{RunNumber, SessionId, SessionView};
use app_sys::places::Places;

use crate::hold;
use crate::record::RunDir;

/// Which run's screen it is.
pub(crate) type Of = (SessionId, RunNumber);

/// A screen as lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Preview {
    /// Whose it is.
    pub(crate) of: Option<Of>,
    /// Its lines, printable, without those that are empty at its end.
    pub(crate) lines: Vec<String>,
}

/// Loads previews.
pub(crate) struct Previews {
    jobs: SyncSender<SessionView>,
    answers: Receiver<Preview>,
    /// Readable when there is an answer.
    wake: PipeReader,
    /// What is being loaded.
    loading: Option<Of>,
    /// What was loaded last.
    loaded: Option<Of>,
}

impl Previews {
    /// Starts the thread.
    pub(crate) fn start(places: &Places) -> io::Result<Self> {
        let (jobs, work) = sync_channel::<SessionView>(1);
        let (done, answers) = sync_channel(1);
        let (wake, mut bell) = io::pipe()?;
        let places = places.clone();
        thread::Builder::new().name("preview".into()).spawn(move || {
            for view in work {
                let rung = done.send(load(&places, &view)).is_ok() && bell.write_all(b"!").is_ok();
                if !rung {
                    return; // Nobody looks any more.
                }
            }
        })?;
        Ok(Self { jobs, answers, wake, loading: None, loaded: None })
    }

    /// Asks for the preview of this session unless it is there or being loaded; `again`
    /// asks even then, for a live one.
    pub(crate) fn want(&mut self, view: Option<&SessionView>, again: bool) {
        let Some(view) = view.filter(|_| self.loading.is_none()) else {
            return; // Invariant 1: asked again when the answer has come.
        };
        let of = (view.id, view.run);
        let fresh = self.loaded == Some(of) && !(again && view.phase.is_live());
        if !fresh && self.jobs.try_send(view.clone()).is_ok() {
            self.loading = Some(of);
        }
    }

    /// The answer; call when this is readable.
    pub(crate) fn take(&mut self) -> Option<Preview> {
        let mut bell = [0; 1];
        self.wake.read_exact(&mut bell).ok()?;
        let preview = self.answers.try_recv().ok()?;
        self.loaded = self.loading.take();
        Some(preview)
    }
}

impl AsFd for Previews {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.wake.as_fd()
    }
}

fn load(places: &Places, view: &SessionView) -> Preview {
    let live = view.phase.is_live() && view.tty;
    let screen = live.then(|| hold::screen(places, view.id, false, 0).ok()).flatten();
    let recorded = || RunDir::of(view, view.run).screen_text().ok().flatten();
    let text = screen.or_else(recorded).unwrap_or_default();
    Preview { of: Some((view.id, view.run)), lines: lines(&String::from_utf8_lossy(&text)) }
}

fn lines(text: &str) -> Vec<String> {
    let mut lines: Vec<String> = text.lines().map(|line| printable(line.trim_end())).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines
}

#[cfg(test)]
mod tests {
    use app_sys::poll;

    use super::*;
    use crate::render::session::samples::failed;

    #[test]
    fn lines_are_harmless_and_have_no_empty_end() {
        assert_eq!(lines("a\x1b[31m \n\n b\n\n  \n"), ["a\u{fffd}[31m", "", " b"]);
    }

    #[test]
    fn a_past_session_shows_the_screen_it_left() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("run-1")).unwrap();
        std::fs::write(dir.path().join("run-1/screen.txt"), "$ make\nfailed\n\n").unwrap();
        let here = dir.path().to_path_buf();
        let places = Places { runtime: here.clone(), state: here.clone(), config: here.clone() };
        let view = SessionView { dir: here.into(), ..failed() };
        let mut previews = Previews::start(&places).unwrap();
        previews.want(Some(&view), false);
        previews.want(Some(&view), false);
        assert!(poll::readable(&previews, None).unwrap());
        let preview = previews.take().unwrap();
        assert_eq!(preview.lines, ["$ make", "failed"]);
        previews.want(Some(&view), true);
        assert_eq!(previews.loading, None, "a past screen does not change");
    }
}
