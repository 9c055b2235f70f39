//! What is written to the attached terminals besides the program's output: notices about
//! other sessions, and the wish to hear of their focus once the program has ended the
//! reports.
//!
//! # Invariants
//!
//! 1. It is written only where the output stands between two sequences and two characters,
//!    and neither the transcript nor the screen model ever sees it.
//! 2. A program that stopped in the midst of a sequence is not looked at again and again:
//!    only more output is a reason to.
//! 3. Whoever wants something told has one answer, after [`limits::NOTICE`] at the latest.

use std::time::Instant;

use app_wire::hold::{FromHolder, RefusedCode, Tell};

use crate::client::ClientId;
use crate::focus;
use crate::holder::{Body, Holder};
use crate::limits;

/// What waits to be written aside.
#[derive(Debug, Default)]
pub(crate) struct Aside {
    ask: Ask,
    /// In the order in which they came, at most [`limits::NOTICES`].
    notices: Vec<Waiting>,
    /// Output has come since it was last tried.
    stirred: bool,
}

/// When terminals are asked for their focus again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Ask {
    /// There is no need to.
    #[default]
    Not,
    /// Then, so that a program which ends and begins modes in turn is done with it.
    At(Instant),
    /// When more output has come.
    Later,
}

/// A notice that nobody was told yet.
#[derive(Debug)]
struct Waiting {
    /// Who is told what became of it.
    from: ClientId,
    tell: Tell,
    until: Instant,
}

impl Aside {
    /// Output has come.
    pub(crate) fn stir(&mut self, now: Instant) {
        self.stirred = true;
        if self.ask == Ask::Later {
            self.ask = Ask::At(now + limits::LAG);
        }
    }
}

impl Holder {
    /// A client has something to tell.
    pub(crate) fn tell(&mut self, from: ClientId, tell: Tell, now: Instant) {
        if self.clients.attached() == 0 {
            return self.refuse(from, RefusedCode::NobodyAttached, "no terminal is attached");
        }
        if self.aside.notices.len() >= limits::NOTICES {
            return self.refuse(from, RefusedCode::Busy, "too many notices wait");
        }
        self.aside.notices.push(Waiting { from, tell, until: now + limits::NOTICE });
        self.aside.stirred = true;
        self.write_aside(now);
    }

    /// When something is to be written aside, or given up.
    pub(crate) fn aside_at(&self) -> Option<Instant> {
        let ask = match self.aside.ask {
            Ask::At(at) => Some(at),
            Ask::Not | Ask::Later => None,
        };
        let given_up = self.aside.notices.iter().map(|notice| notice.until);
        given_up.chain(ask).min()
    }

    /// Writes what is due, as far as it can be written.
    pub(crate) fn write_aside(&mut self, now: Instant) {
        let Body::Terminal(terminal) = &self.body else { return };
        if terminal.focus_lost() {
            self.aside.ask = Ask::At(now + limits::LAG);
        }
        let asks = matches!(self.aside.ask, Ask::At(at) if now >= at);
        let tells = self.aside.stirred && !self.aside.notices.is_empty();
        self.aside.stirred = false;
        if asks || tells {
            self.write_between(asks, now);
        }
        self.give_up_notices(now);
    }

    fn write_between(&mut self, asks: bool, now: Instant) {
        let Body::Terminal(terminal) = &mut self.body else { return };
        let mut recorder = terminal.recorder(now);
        let screen = recorder.screen();
        let (is_between, is_on) = (screen.is_between(), screen.reports_focus());
        drop(recorder);
        if asks {
            self.aside.ask = if is_between || is_on { Ask::Not } else { Ask::Later };
        }
        if !is_between {
            return;
        }
        if asks && !is_on {
            for client in self.clients.iter_mut() {
                client.slip_in(focus::ASK, now);
            }
        }
        for notice in std::mem::take(&mut self.aside.notices) {
            if self.show_notice(&notice.tell, now) {
                self.answer_notice(notice.from, &FromHolder::Done, now);
            } else {
                // Whoever is attached has not read for a while.
                self.aside.notices.push(notice);
            }
        }
    }

    /// Writes it to the terminals, to those with the focus if there are any. Says whether
    /// one took it.
    fn show_notice(&mut self, tell: &Tell, now: Instant) -> bool {
        let in_front = self.focused() == Some(true);
        let mut taken = false;
        for client in self.clients.iter_mut() {
            let Some(attachment) = client.attachment else { continue };
            if in_front && client.focus.known() != Some(true) {
                continue;
            }
            let bytes = attachment.voice.says(tell.about, &tell.title, &tell.body);
            taken |= client.slip_in(bytes.as_bytes(), now);
        }
        taken
    }

    /// Those that waited for too long, or for nobody.
    fn give_up_notices(&mut self, now: Instant) {
        let nobody = self.clients.attached() == 0;
        let over = |notice: &mut Waiting| nobody || now >= notice.until;
        let given_up: Vec<_> = self.aside.notices.extract_if(.., over).collect();
        for notice in given_up {
            let (code, message) = if nobody {
                (RefusedCode::NobodyAttached, "no terminal is attached any more")
            } else {
                (RefusedCode::Busy, "the program is in the midst of its output")
            };
            let refused = FromHolder::Refused { code, message: message.into() };
            self.answer_notice(notice.from, &refused, now);
        }
    }

    fn answer_notice(&mut self, from: ClientId, answer: &FromHolder, now: Instant) {
        self.reply(from, answer);
        if let Some(client) = self.clients.get_mut(from) {
            client.flush(now);
        }
    }
}
