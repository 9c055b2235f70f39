//! Looking into a session, and replying to it.
//!
//! # Invariants
//!
//! 1. What was typed is never lost: it is in the line, among the drafts, on its way, or
//!    delivered.
//! 2. It goes to the session that it was typed for, or nowhere: whatever the list does
//!    meanwhile, and however that session ends.

use app_model::{Phase, SessionId};
use tui_input::Input;

use super::board::Board;
use super::deed::Deed;
use super::mode::{Mode, Step};

impl Board {
    /// Looks into the chosen session.
    pub(super) fn open_peek(&mut self) -> Vec<Step> {
        if self.chosen().is_none() {
            return vec![];
        }
        self.mode = Mode::Peek;
        self.look()
    }

    /// Looks into another session, or at the list again.
    pub(super) fn leave_peek(&mut self) {
        self.keep_draft();
        self.mode = Mode::List;
    }

    /// Moves on while looking into sessions.
    pub(super) fn peek_step(&mut self, by: isize) -> Vec<Step> {
        self.keep_draft();
        self.step(by);
        self.look()
    }

    /// What has to be asked about the session that is looked into now.
    pub(super) fn look(&mut self) -> Vec<Step> {
        let Some(entry) = self.chosen() else { return vec![] };
        let (id, is_live) = (entry.view.id, entry.view.phase.is_live());
        self.peek_of = Some(id);
        self.reply = Input::new(self.drafts.get(&id).cloned().unwrap_or_default());
        let mut steps = vec![Step::Do(Deed::Notices(id))];
        if !is_live {
            steps.push(Step::Do(Deed::Seen(id)));
        }
        steps
    }

    /// Whether the session that is looked into can be replied to.
    pub(super) fn can_reply(&self) -> bool {
        let takes = |phase: Phase| phase.is_live() || phase == Phase::Asleep;
        self.peeked_entry().is_some_and(|entry| takes(entry.view.phase) && entry.view.tty)
    }

    /// Keeps what is in the line.
    pub(super) fn keep_draft(&mut self) {
        let Some(id) = self.peeked() else { return };
        let text = self.reply.value_and_reset();
        if text.trim().is_empty() {
            self.drafts.remove(&id);
        } else {
            self.drafts.insert(id, text);
        }
    }

    /// Sends what is in the line.
    pub(super) fn send(&mut self) -> Vec<Step> {
        let Some(view) = self.peeked_entry().map(|entry| Box::new(entry.view.clone())) else {
            self.notes.say("it was removed; the text stays here", self.now_ms);
            return vec![];
        };
        let text = self.reply.value_and_reset();
        self.drafts.remove(&view.id);
        vec![Step::Do(Deed::Send(view, text))]
    }

    /// A text has not arrived: it is a draft again, before what was typed since.
    pub(super) fn not_delivered(&mut self, id: SessionId, text: String) {
        let is_open = self.peeked() == Some(id);
        let since = if is_open {
            self.reply.value_and_reset()
        } else {
            self.drafts.remove(&id).unwrap_or_default()
        };
        let both = if since.is_empty() { text } else { format!("{text} {since}") };
        if is_open {
            self.reply = Input::new(both);
        } else {
            self.drafts.insert(id, both);
        }
    }
}
