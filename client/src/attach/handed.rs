//! The terminal in the holder's hands: it reads the keys and writes the output, we watch
//! signals and wait for the end.
//!
//! # Invariants
//!
//! 1. The terminal is ours again before there is a verdict: the holder has said so, or it
//!    is gone or silent and we put the terminal right ourselves.
//! 2. Nothing of the terminal is read here.

use std::io::Write as _;
use std::time::{Duration, Instant};

use app_sys::poll::{self, Interest};
use app_sys::signals::{Signal, Signals};
use app_wire::hold::{DetachReason, FromHolder, ToHolder};

use super::pump::{PumpError, Verdict};
use super::terminal::Terminal;
use crate::hold::Holder;

/// How long the holder may take to give the terminal back once it was asked for it.
const BACK_LIMIT: Duration = Duration::from_secs(3);

/// Waits until the terminal is back, and says why.
pub(super) fn watch(
    terminal: &mut Terminal,
    signals: &mut Signals,
    holder: Holder,
) -> Result<Verdict, PumpError> {
    let verdict =
        Watch { terminal, signals, holder, taken: false, left_wrong: false, asked: None }.run();
    // Whatever else: who does not hear that the terminal is back puts it right.
    match &verdict {
        Ok(Ended { by_holder: true, .. }) => terminal.returned(),
        Ok(_) | Err(_) => terminal.put_right(),
    }
    Ok(verdict?.verdict)
}

/// The end of it, and whether the holder has put the terminal right.
struct Ended {
    verdict: Verdict,
    by_holder: bool,
}

struct Watch<'a> {
    terminal: &'a Terminal,
    signals: &'a mut Signals,
    holder: Holder,
    /// The holder has the terminal.
    taken: bool,
    /// It could not put it right.
    left_wrong: bool,
    /// What we asked for, and until when it may take.
    asked: Option<(Verdict, Instant)>,
}

impl Watch<'_> {
    fn run(mut self) -> Result<Ended, PumpError> {
        loop {
            let until = self.asked.as_ref().map(|(_, until)| *until);
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let mut interests = [Interest::read(&*self.signals), Interest::read(&self.holder)];
            let ready = poll::wait(&mut interests, left).map_err(PumpError::Wait)?;
            let [signals, holder] = interests.map(|interest| interest.ready);
            if ready == 0 {
                return Ok(self.gone());
            }
            if signals.read {
                self.hear_signals();
            }
            if (holder.read || holder.hangup)
                && let Some(ended) = self.hear_holder()?
            {
                return Ok(ended);
            }
        }
    }

    fn hear_signals(&mut self) {
        for signal in self.signals.drain() {
            match signal {
                Signal::WINCH => self.say(&ToHolder::Resize(self.terminal.size())),
                Signal::TSTP => self.ask(Verdict::Suspend),
                Signal::CONT => self.ask(Verdict::Continued),
                Signal::HUP | Signal::TERM | Signal::INT | Signal::QUIT => {
                    self.ask(Verdict::Leave);
                }
                _ => {}
            }
        }
    }

    /// Asks for the terminal. The first reason stands.
    fn ask(&mut self, verdict: Verdict) {
        if self.asked.is_none() {
            self.asked = Some((verdict, Instant::now() + BACK_LIMIT));
            self.say(&ToHolder::Detach);
        }
    }

    /// These messages are few and small, so there is room for them.
    fn say(&mut self, message: &ToHolder) {
        // A holder that is gone is met when it is heard.
        self.holder.stream().write_all(&message.to_bytes()).ok();
    }

    fn hear_holder(&mut self) -> Result<Option<Ended>, PumpError> {
        let open = match self.holder.fill() {
            Ok(open) => open,
            Err(error) if error.is_end() => false,
            Err(error) => return Err(error.into()),
        };
        while let Some(message) = self.holder.take()? {
            let verdict = match message {
                FromHolder::Detached(DetachReason::Asked) => {
                    self.asked.take().map_or(Verdict::Detach, |(verdict, _)| verdict)
                }
                FromHolder::Detached(DetachReason::Stolen) => Verdict::Stolen,
                FromHolder::Detached(DetachReason::Suspended) => Verdict::Suspend,
                FromHolder::Detached(DetachReason::ByCommand | DetachReason::Unknown(_)) => {
                    Verdict::LetGo
                }
                FromHolder::Exited { exit, elapsed_ms } if self.taken => {
                    Verdict::Ended { exit, elapsed_ms }
                }
                // It ended between our connecting and our attaching: nobody has shown us
                // anything, and what it wrote is to be had from its record.
                FromHolder::Exited { .. } => Verdict::HolderGone,
                FromHolder::Refused { .. } if self.taken => {
                    self.left_wrong = true;
                    continue;
                }
                FromHolder::Refused { code, message } => Verdict::Refused { code, message },
                FromHolder::LaunchFailed(_)
                | FromHolder::Status(_)
                | FromHolder::Output(_)
                | FromHolder::Screen { .. }
                | FromHolder::Look(_)
                | FromHolder::Unknown(_) => continue,
                FromHolder::Done => {
                    self.taken = true;
                    continue;
                }
            };
            return Ok(Some(Ended { verdict, by_holder: !self.left_wrong }));
        }
        Ok((!open).then(|| self.gone()))
    }

    /// The holder says nothing any more.
    fn gone(&mut self) -> Ended {
        let verdict = self.asked.take().map_or(Verdict::HolderGone, |(verdict, _)| verdict);
        Ended { verdict, by_holder: false }
    }
}
