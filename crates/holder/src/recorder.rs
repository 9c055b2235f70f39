//! What becomes of output once the clients have it: it is recorded, searched for
//! questions, and shown to the screen model.
//!
//! # Invariants
//!
//! 1. Output is recorded before the model sees it, and the model may lag behind
//!    ([`Backlog`]); [`Recorder::screen`] never does.

use std::time::Instant;

use app_model::TerminalSize;

use crate::backlog::Backlog;
use crate::limits;
use crate::model::Model;
use crate::notes::Notes;
use crate::questions::{Question, Scanner};
use crate::transcript::Transcript;

/// Takes the output of one run.
#[derive(Debug)]
pub(crate) struct Recorder {
    model: Model,
    backlog: Backlog,
    questions: Scanner,
    transcript: Transcript,
    notes: Notes,
    flooded: bool,
}

impl Recorder {
    pub(crate) fn new(
        size: TerminalSize,
        history: u32,
        transcript: Transcript,
        notes: Notes,
    ) -> Self {
        Self {
            model: Model::new(size, history, notes.clone()),
            backlog: Backlog::default(),
            questions: Scanner::default(),
            transcript,
            notes,
            flooded: false,
        }
    }

    /// Takes the next output, no more than a batch. What it asks the terminal is answered
    /// through `answer`, if that is given: nobody else is there to do it.
    pub(crate) fn take(
        &mut self,
        batch: &[u8],
        now: Instant,
        mut answer: Option<&mut dyn FnMut(String)>,
    ) {
        self.transcript.write(batch, &self.notes);
        self.backlog.add(batch, now);
        while let Some(question) = self.next_question() {
            if let Some(answer) = &mut answer {
                // An answer is about the moment of its question.
                self.feed(self.backlog.searched().len(), now);
                question.answer(&self.model.facts()).into_iter().for_each(&mut **answer);
            }
        }
        self.keep_up(now);
    }

    /// Searches on in the new output.
    fn next_question(&mut self) -> Option<Question> {
        while !self.backlog.unsearched().is_empty() {
            let harmless = self.backlog.harmless();
            if harmless > 0 && self.questions.is_idle() {
                self.backlog.search_on(harmless);
                continue;
            }
            let (taken, question) = self.questions.next(self.backlog.unsearched());
            self.backlog.search_on(taken);
            if question.is_some() {
                return question;
            }
        }
        None
    }

    /// Whether the program has told terminals to report no focus since this was last asked.
    pub(crate) fn focus_lost(&mut self) -> bool {
        self.questions.focus_lost()
    }

    /// When the model is to catch up with the output, if nobody looks at it before.
    pub(crate) fn due_at(&self) -> Option<Instant> {
        self.backlog.due_at()
    }

    /// Lets the model go on as far as it has to: in a flood it is enough that there is
    /// room again.
    pub(crate) fn keep_up(&mut self, now: Instant) {
        if self.backlog.is_full() {
            self.flooded = true;
            let count = self.model.skim(self.backlog.plain());
            self.backlog.drop_front(count, now);
            // For less, moving the rest about is not worth it.
            if count < limits::WORTH_SKIMMING {
                self.feed(self.backlog.whole(), now);
            }
            return;
        }
        if self.due_at().is_some_and(|at| now >= at) {
            self.catch_up(now);
        }
    }

    /// Whether more came since this was last asked than can be taken in passing.
    pub(crate) fn was_flooded(&mut self) -> bool {
        std::mem::take(&mut self.flooded)
    }

    fn catch_up(&mut self, now: Instant) {
        self.feed(self.backlog.waiting().len(), now);
    }

    /// Shows the model the first `count` bytes that wait.
    fn feed(&mut self, count: usize, now: Instant) {
        self.model.feed(&self.backlog.waiting()[..count]);
        self.backlog.drop_front(count, now);
    }

    /// The screen as it is now.
    pub(crate) fn screen(&mut self) -> &mut Model {
        self.catch_up(Instant::now());
        &mut self.model
    }

    /// The terminal has another size from now on.
    pub(crate) fn resize(&mut self, size: TerminalSize) {
        self.transcript.resize(size);
        self.screen().resize(size);
    }

    /// The title, at most [`limits::LAG`] old.
    pub(crate) fn title(&self) -> &str {
        self.model.title()
    }

    /// Bytes of output that are not, or no longer, in the transcript.
    pub(crate) fn dropped(&self) -> u64 {
        self.transcript.dropped()
    }

    /// There will be no more output.
    pub(crate) fn close(&mut self) {
        self.transcript.close(&self.notes);
    }

    /// Whether some of the transcript can be compressed.
    pub(crate) fn has_unsealed(&self) -> bool {
        self.transcript.has_unsealed()
    }

    /// Compresses a piece of it.
    pub(crate) fn seal_some(&mut self) {
        self.transcript.seal_some();
    }

    /// Frees what a burst needed.
    pub(crate) fn trim(&mut self) {
        self.backlog.trim();
    }
}
