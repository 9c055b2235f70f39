//! A thread that takes the output of a flood, so that the terminal is read without a
//! pause: a program that finds its terminal full is stopped for longer than the reading
//! takes.
//!
//! ```text
//!   loop ──batches──► thread (has the recorder) ──answers, titles──► loop
//!        ◄──buffers──                           ──── a bell ───────►
//! ```
//!
//! It exists while there is a flood and nobody looks at the screen: whoever does has the
//! recorder come home first.
//!
//! # Invariants
//!
//! 1. Output is taken in the order it came: none is taken by the loop while the recorder
//!    is away, and it comes home only when everything that was handed over is taken.
//! 2. At most [`limits::HANDED_OVER`] batches are under way; then the loop waits, and with
//!    it the program.
//! 3. The loop never waits for anything else of the thread.

use std::io::{self, Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

use app_sys::socket;

use crate::limits;
use crate::recorder::Recorder;

/// Output that was read.
#[derive(Debug)]
struct Batch {
    buffer: Vec<u8>,
    filled: usize,
    /// Questions in it are ours to answer.
    answers: bool,
    at: Instant,
}

/// What the thread has to say.
#[derive(Debug)]
pub(crate) enum Report {
    /// To be typed: an answer to a question of the program.
    Answer(String),
    /// The title is a new one.
    Title(String),
}

/// The thread, as the loop sees it.
#[derive(Debug)]
pub(crate) struct Worker {
    batches: SyncSender<Batch>,
    spare: Receiver<Vec<u8>>,
    reports: Receiver<Report>,
    bell: UnixStream,
    thread: JoinHandle<()>,
    last_at: Instant,
}

impl Worker {
    /// Starts a thread that keeps this recorder for itself until it ends.
    pub(crate) fn start(recorder: Arc<Mutex<Recorder>>, now: Instant) -> io::Result<Self> {
        let (bell, ringer) = socket::pair()?;
        bell.set_nonblocking(true)?;
        ringer.set_nonblocking(true)?;
        let (batches, todo) = sync_channel(limits::HANDED_OVER);
        let (give_back, spare) = sync_channel(limits::HANDED_OVER);
        let (tell, reports) = sync_channel(limits::REPORTS);
        let mouth = Mouth { tell, ringer };
        let thread = Builder::new()
            .name("recorder".into())
            .stack_size(limits::STACK)
            .spawn(move || work(&recorder, &todo, &give_back, &mouth))?;
        Ok(Self { batches, spare, reports, bell, thread, last_at: now })
    }

    /// Hands over the first `filled` bytes of a buffer and returns an empty one.
    pub(crate) fn take(
        &mut self,
        buffer: Vec<u8>,
        filled: usize,
        answers: bool,
        now: Instant,
    ) -> Vec<u8> {
        self.last_at = now;
        // The thread ends only when this end is dropped.
        self.batches.send(Batch { buffer, filled, answers, at: now }).ok();
        self.spare.try_recv().unwrap_or_default()
    }

    /// Readable when there is a report.
    pub(crate) fn bell(&self) -> &UnixStream {
        &self.bell
    }

    /// What it has said since this was last asked.
    pub(crate) fn reports(&mut self) -> Vec<Report> {
        let mut rung = [0; 64];
        while matches!((&self.bell).read(&mut rung), Ok(1..)) {}
        self.reports.try_iter().collect()
    }

    /// When the recorder is to come home, if nothing more comes.
    pub(crate) fn due_at(&self) -> Instant {
        self.last_at + limits::LAG
    }

    /// Waits until everything is taken that was handed over. The recorder is free then.
    pub(crate) fn finish(self) -> Vec<Report> {
        let Self { batches, reports, thread, .. } = self;
        drop(batches);
        // What could panic in there is behind a wall; if something did, its note was made.
        thread.join().ok();
        reports.try_iter().collect()
    }
}

/// The way back to the loop.
struct Mouth {
    tell: SyncSender<Report>,
    ringer: UnixStream,
}

impl Mouth {
    /// A program that asks faster than it can be answered is not.
    fn say(&self, report: Report) {
        if self.tell.try_send(report).is_ok() {
            // A full bell is about to be heard.
            (&self.ringer).write_all(b"!").ok();
        }
    }
}

fn work(
    recorder: &Mutex<Recorder>,
    todo: &Receiver<Batch>,
    give_back: &SyncSender<Vec<u8>>,
    mouth: &Mouth,
) {
    let mut recorder = recorder.lock().unwrap_or_else(PoisonError::into_inner);
    let mut title = recorder.title().to_owned();
    let mut answer = |text| mouth.say(Report::Answer(text));
    while let Ok(Batch { buffer, filled, answers, at }) = todo.recv() {
        let answer: Option<&mut dyn FnMut(String)> = if answers { Some(&mut answer) } else { None };
        recorder.take(&buffer[..filled], at, answer);
        give_back.try_send(buffer).ok();
        if recorder.title() != title {
            recorder.title().clone_into(&mut title);
            mouth.say(Report::Title(title.clone()));
        }
    }
}

#[cfg(test)]
mod tests {
    use app_model::TerminalSize;
    use app_sys::poll;

    use super::*;
    use crate::notes::Notes;
    use crate::transcript::Transcript;

    #[test]
    fn what_is_handed_over_is_taken_in_order_and_answered_on_the_way() {
        let dir = tempfile::tempdir().unwrap();
        let notes = Notes::new(dir.path().join("holder.log"));
        let transcript = Transcript::new(dir.path(), 64 << 20, TerminalSize::DEFAULT, &notes);
        let recorder = Recorder::new(TerminalSize::DEFAULT, 100, transcript, notes);
        let recorder = Arc::new(Mutex::new(recorder));
        let now = Instant::now();
        let mut worker = Worker::start(recorder.clone(), now).unwrap();
        let (mut all, mut buffer) = (Vec::new(), Vec::new());
        for number in 0..5000 {
            let text = if number == 2500 {
                "\x1b]2;half way\x07abc\x1b[6n\r\n".into()
            } else {
                format!("\x1b[3{}mbatch {number}\x1b[m of many of a flood\r\n", number % 8)
            };
            all.extend_from_slice(text.as_bytes());
            buffer.resize(buffer.len().max(text.len()), 0);
            buffer[..text.len()].copy_from_slice(text.as_bytes());
            buffer = worker.take(buffer, text.len(), true, now);
        }
        assert!(poll::readable(worker.bell(), None).unwrap());
        let mut reports = worker.reports();
        reports.extend(worker.finish());
        let [Report::Answer(answer), Report::Title(title)] = &reports[..] else {
            unreachable!("{reports:?}")
        };
        assert_eq!((answer.as_str(), title.as_str()), ("\x1b[24;4R", "half way"));
        let mut recorder = recorder.lock().unwrap();
        assert_eq!(recorder.screen().last_line().unwrap(), "batch 4999 of many of a flood");
        assert_eq!(std::fs::read(dir.path().join("transcript.000001")).unwrap(), all);
    }
}
