//! A recording, played on this terminal.
//!
//! # Invariants
//!
//! 1. However it ends, the terminal is as it was found; that is `Terminal`'s doing.
//! 2. Nothing polls: it sleeps until the next output is due, a key is pressed or a signal
//!    arrives.
//! 3. What the terminal answers to questions in the recording is not typed into the shell:
//!    the last question is ours, and its answer is awaited.

use std::io;
use std::time::{Duration, Instant};

use app_model::TerminalSize;
use app_sys::poll::{self, Interest};
use app_sys::signals::{Signal, Signals};
use vte::{Params, Parser, Perform};

use crate::attach::{AttachError, Place, Terminal, reset_on_panic};
use crate::record::{Item, Moment, Recording};
use crate::report::Report;

/// How long the terminal may take to answer our question.
const ANSWER_LIMIT: Duration = Duration::from_millis(500);

/// Ends what the recording may have left unfinished, then asks what every terminal answers:
/// whether all is well.
const QUESTION: &[u8] = b"\x18\x1b\\\x1b[5n";

const ESC: u8 = 0x1b;

/// What ends a replay.
const SIGNALS: [Signal; 5] = [Signal::HUP, Signal::TERM, Signal::INT, Signal::QUIT, Signal::TSTP];

/// How fast.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pace {
    /// As many times as fast as it was.
    pub(crate) speed: f64,
    /// The longest pause, before it is made faster.
    pub(crate) most_idle_ms: Option<u64>,
}

impl Pace {
    fn of(self, pause_ms: u64) -> Duration {
        let pause = Duration::from_millis(pause_ms.min(self.most_idle_ms.unwrap_or(u64::MAX)));
        Duration::try_from_secs_f64(pause.as_secs_f64() / self.speed).unwrap_or(Duration::MAX)
    }
}

/// What became of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Played {
    /// Nobody left it before.
    pub(crate) to_the_end: bool,
    /// Bytes that could not be recorded on the way.
    pub(crate) lost: u64,
    /// The terminal it was played on.
    pub(crate) terminal: TerminalSize,
}

/// Plays a recording that begins then; nothing when there is no terminal.
pub(crate) fn play(
    recording: &mut Recording,
    begins: Moment,
    pace: Pace,
) -> Result<Option<Played>, Report> {
    let Some(terminal) = Terminal::open().map_err(AttachError::Terminal)? else {
        return Ok(None);
    };
    let signals = Signals::new(&SIGNALS).map_err(AttachError::Signals)?;
    reset_on_panic();
    let mut player = Player { terminal, signals, keys: Keys::default(), asked: false };
    player.terminal.enter().map_err(AttachError::Terminal)?;
    let mut played = Played { to_the_end: false, lost: 0, terminal: player.terminal.size() };
    let done = player.play(recording, begins, pace, &mut played.lost);
    player.hear_answers();
    let through = matches!(done, Ok(true));
    player.terminal.leave(if through { Place::Cursor } else { Place::Bottom });
    played.to_the_end = done?;
    Ok(Some(played))
}

struct Player {
    terminal: Terminal,
    signals: Signals,
    keys: Keys,
    /// The recording may have asked something.
    asked: bool,
}

impl Player {
    /// Plays on to the end, unless somebody leaves: then it is false.
    fn play(
        &mut self,
        recording: &mut Recording,
        begins: Moment,
        pace: Pace,
        lost: &mut u64,
    ) -> Result<bool, Report> {
        let (mut due, mut before_ms) = (Some(Instant::now()), begins.elapsed_ms);
        while let Some(item) = recording.next()? {
            let bytes = match item {
                Item::Output { at, bytes } => {
                    let at_ms = at.map_or(before_ms, |at| at.elapsed_ms).max(before_ms);
                    let pause = pace.of(at_ms - before_ms);
                    // Counted from when it was due: what takes long does not add up.
                    due = due.and_then(|due| due.checked_add(pause));
                    before_ms = at_ms;
                    bytes
                }
                Item::Gap { lost: more, .. } => {
                    *lost += more;
                    continue;
                }
                Item::Resize { .. } => continue,
            };
            let shown = self.pause(due).and_then(|goes_on| Ok(goes_on && self.show(&bytes)?));
            if !shown.map_err(AttachError::Terminal)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Waits until then, for ever without a time; false when somebody leaves.
    fn pause(&mut self, until: Option<Instant>) -> io::Result<bool> {
        loop {
            let left = until.map(|until| until.saturating_duration_since(Instant::now()));
            let mut interests =
                [Interest::read(&self.signals), Interest::read(self.terminal.input())];
            let ready = poll::wait(&mut interests, left)?;
            let key = interests[1].ready.read || interests[1].ready.hangup;
            if self.leaves(key) {
                return Ok(false);
            }
            if ready == 0 {
                return Ok(true);
            }
        }
    }

    /// Writes this; false when somebody leaves while the terminal takes its time.
    fn show(&mut self, mut bytes: &[u8]) -> io::Result<bool> {
        self.asked |= bytes.contains(&ESC);
        while !bytes.is_empty() {
            match self.terminal.write(bytes) {
                Ok(count) => bytes = &bytes[count..],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    let (input, output) = (self.terminal.input(), self.terminal.output());
                    let mut interests = [
                        Interest::read(&self.signals),
                        Interest::read(input),
                        Interest::write(output),
                    ];
                    poll::wait(&mut interests, None)?;
                    let key = interests[1].ready.read || interests[1].ready.hangup;
                    if self.leaves(key) {
                        return Ok(false);
                    }
                }
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Whether a signal or a key says to leave.
    fn leaves(&mut self, key: bool) -> bool {
        if key {
            let mut room = [0; 4096];
            match self.terminal.read(&mut room) {
                Ok(0) => self.keys.heard.leave = true,
                Ok(count) => self.keys.feed(&room[..count]),
                Err(error) => self.keys.heard.leave |= !is_transient(&error),
            }
        }
        self.keys.heard.leave || !self.signals.drain().is_empty()
    }

    /// Takes what the terminal answers, up to the answer to our own question (invariant 3).
    fn hear_answers(&mut self) {
        let until = Instant::now() + ANSWER_LIMIT;
        if !self.asked
            || !matches!(self.terminal.write(QUESTION), Ok(count) if count == QUESTION.len())
        {
            return;
        }
        self.keys.heard.answered = false;
        while !self.keys.heard.answered {
            let left = until.saturating_duration_since(Instant::now());
            let mut interests = [Interest::read(self.terminal.input())];
            if !poll::wait(&mut interests, Some(left)).is_ok_and(|ready| ready > 0) {
                return;
            }
            let mut room = [0; 4096];
            match self.terminal.read(&mut room) {
                Ok(0) => return,
                Ok(count) => self.keys.feed(&room[..count]),
                Err(error) if is_transient(&error) => {}
                Err(_) => return,
            }
        }
    }
}

fn is_transient(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted)
}

/// What comes from the terminal: keys, in whatever way the recording has asked for them,
/// and answers to what it has asked.
#[derive(Default)]
struct Keys {
    parser: Parser,
    heard: Heard,
}

#[derive(Debug, Default)]
struct Heard {
    leave: bool,
    answered: bool,
    /// Bytes of an old report of the mouse, which look like keys.
    mouse: u8,
}

impl Keys {
    fn feed(&mut self, bytes: &[u8]) {
        self.parser.advance(&mut self.heard, bytes);
    }
}

/// The parameter that says that Ctrl was held, and those that say that nothing was.
const CTRL: u16 = 5;
const ALONE: [u16; 2] = [0, 1];

impl Perform for Heard {
    fn print(&mut self, c: char) {
        if self.mouse > 0 {
            self.mouse -= 1;
        } else if matches!(c, 'q' | 'Q') {
            self.leave = true;
        }
    }

    fn execute(&mut self, byte: u8) {
        // Ctrl-C, Ctrl-D, Ctrl-\.
        self.leave |= matches!(byte, 0x03 | 0x04 | 0x1c);
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], _: bool, action: char) {
        let number =
            |at: usize| params.iter().nth(at).and_then(|parts| parts.first().copied()).unwrap_or(0);
        let (key, modifiers) = match (action, intermediates) {
            ('u', []) => (number(0), number(1)),
            ('~', []) if number(0) == 27 => (number(2), number(1)),
            ('M', []) if number(0) == 0 => {
                self.mouse = 3;
                return;
            }
            ('n', []) => {
                self.answered |= number(0) == 0;
                return;
            }
            _ => return,
        };
        let key = char::from_u32(key.into()).unwrap_or_default();
        self.leave |= matches!(key, 'q' | 'Q') && ALONE.contains(&modifiers);
        self.leave |= matches!(key, 'c' | 'd' | '\\') && modifiers == CTRL;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(bytes: &[u8]) -> Heard {
        let mut keys = Keys::default();
        bytes.iter().for_each(|byte| keys.feed(&[*byte]));
        keys.heard
    }

    #[test]
    fn keys_that_leave_are_known_in_every_encoding_and_answers_are_none() {
        for leaves in ["q", "Q", "\x03", "\x04", "\x1c", "\x1b[113u", "\x1b[113;1u", "\x1b[99;5u"] {
            assert!(heard(leaves.as_bytes()).leave, "{leaves:?}");
        }
        assert!(heard(b"\x1b[27;5;99~").leave);
        let answers =
            "\x1b[?62;22c\x1b[24;80R\x1bP>|xterm q\x1b\\\x1b]11;rgb:qq/00/00\x1b\\\x1b[M q!";
        for stays in ["x", " ", "\r", "\x1b[A", "\x1b[113;5u", "\x1b[99u", answers] {
            assert!(!heard(stays.as_bytes()).leave, "{stays:?}");
        }
        assert!(heard(b"\x1b[0n").answered && !heard(answers.as_bytes()).answered);
    }

    #[test]
    fn pauses_are_cut_short_first_and_made_faster_then() {
        let pace = |speed, most_idle_ms| Pace { speed, most_idle_ms };
        assert_eq!(pace(1.0, None).of(1_500), Duration::from_millis(1_500));
        assert_eq!(pace(4.0, None).of(1_000), Duration::from_millis(250));
        assert_eq!(pace(2.0, Some(1_000)).of(60_000), Duration::from_millis(500));
        assert_eq!(pace(1e-300, None).of(1), Duration::MAX);
    }
}
