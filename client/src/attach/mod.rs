//! A live session on this terminal.
//!
//! No runtime and no terminal library: one `poll` over the terminal, the holder's
//! socket and signals. The daemon is not involved, so its death is not noticed here.
//!
//! # Invariants
//!
//! 1. However this ends, the terminal is as it was found: by return, error or panic
//!    (`Terminal` is dropped), and by every signal that can be caught.
//! 2. Nothing is written to the terminal before the holder was found.

mod handed;
mod left_behind;
mod pump;
mod terminal;

pub(crate) use left_behind::{Marker, put_right, repair};
pub(crate) use terminal::{Place, Terminal, size_of_any};

use std::io::{self, Write as _};
use std::sync::Once;

use app_model::keys::{DetachKey, KeyFilter};
use app_model::notice::voice::Voice;
use app_model::reset::RESET;
use app_model::{Exit, SessionId};
use app_sys::places::Places;
use app_sys::process::{self, Pid};
use app_sys::signals::{Signal, Signals};
use app_sys::tty::Settings;
use app_wire::hold::{Attach, Handover, ToHolder};

use self::pump::{Pump, PumpError, Verdict};
use crate::exit::Code;
use crate::hold::{HoldError, Holder};
use crate::report::Explain;

/// Lines above the screen that are shown on entering, unless others are asked for.
const HISTORY_LINES: u32 = 2_000;

/// What ends or interrupts an attachment.
const SIGNALS: [Signal; 7] = [
    Signal::WINCH,
    Signal::HUP,
    Signal::TERM,
    Signal::INT,
    Signal::QUIT,
    Signal::TSTP,
    Signal::CONT,
];

/// How to attach.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// The key that detaches.
    pub(crate) key: DetachKey,
    /// Only look.
    pub(crate) read_only: bool,
    /// Have all other terminals let go.
    pub(crate) steal: bool,
    /// Lines above the screen to show first.
    pub(crate) history_lines: u32,
    /// Carry bytes through this process even if the terminal could be handed over.
    pub(crate) relay: bool,
}

impl Options {
    /// Attaching as usual, with this key to detach.
    pub(crate) fn with_key(key: DetachKey) -> Self {
        Self { key, read_only: false, steal: false, history_lines: HISTORY_LINES, relay: false }
    }
}

/// How an attachment ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The terminal is free; the session goes on.
    Detached,
    /// The same, because a signal says that this process is to end.
    Left,
    /// The same, because another terminal has taken the session for itself.
    Stolen,
    /// The run is over.
    Ended { exit: Exit, elapsed_ms: u64 },
    /// The run is over or its holder is dead; who watched it knows more.
    Gone,
}

impl Outcome {
    /// Whether the run is over.
    pub(crate) fn is_end(self) -> bool {
        match self {
            Self::Ended { .. } | Self::Gone => true,
            Self::Detached | Self::Left | Self::Stolen => false,
        }
    }
}

/// Why a session cannot be shown on this terminal.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttachError {
    /// The holder cannot be asked.
    #[error(transparent)]
    Hold(#[from] HoldError),
    /// Standard input and output are not a terminal.
    #[error("standard input and output are not a terminal")]
    NoTerminal,
    /// The terminal refuses.
    #[error("cannot use this terminal")]
    Terminal(#[source] io::Error),
    /// Signals cannot be caught.
    #[error("cannot prepare for signals")]
    Signals(#[source] io::Error),
}

impl From<PumpError> for AttachError {
    fn from(error: PumpError) -> Self {
        match error {
            PumpError::Hold(error) => Self::Hold(error),
            PumpError::Wait(error) => Self::Terminal(error),
        }
    }
}

impl Explain for AttachError {
    fn code(&self) -> Code {
        match self {
            Self::Hold(error) => error.code(),
            Self::NoTerminal => Code::Usage,
            Self::Terminal(_) | Self::Signals(_) => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Hold(error) => error.hint(),
            Self::NoTerminal => Some("Without one, follow it with `appctl logs -f`.".into()),
            Self::Terminal(_) | Self::Signals(_) => None,
        }
    }

    fn because(&self) -> Vec<String> {
        match self {
            Self::Hold(error) => error.because(),
            Self::NoTerminal => vec![],
            Self::Terminal(source) | Self::Signals(source) => vec![source.to_string()],
        }
    }
}

/// Shows session `id` on this terminal until the person leaves or the run ends.
pub(crate) fn attach(
    places: &Places,
    id: SessionId,
    options: Options,
) -> Result<Outcome, AttachError> {
    let opened = Terminal::open().map_err(AttachError::Terminal)?;
    let mut terminal = opened.ok_or(AttachError::NoTerminal)?;
    let mut signals = Signals::new(&SIGNALS).map_err(AttachError::Signals)?;
    reset_on_panic();
    let mut marker = None;
    let outcome = until_over(places, id, options, &mut terminal, &mut signals, &mut marker);
    if terminal.is_wrong() {
        // The next command in it finds the marker.
        marker.into_iter().for_each(Marker::keep);
    }
    outcome
}

/// Attaches, again after each time that this process was suspended.
fn until_over(
    places: &Places,
    id: SessionId,
    options: Options,
    terminal: &mut Terminal,
    signals: &mut Signals,
    marker: &mut Option<Marker>,
) -> Result<Outcome, AttachError> {
    loop {
        let verdict = match once(places, id, options, terminal, signals, marker) {
            Err(AttachError::Hold(error)) if error.is_end() => return Ok(Outcome::Gone),
            done => done?,
        };
        match verdict {
            Verdict::Detach | Verdict::LetGo => return Ok(Outcome::Detached),
            Verdict::Leave => return Ok(Outcome::Left),
            Verdict::Stolen => return Ok(Outcome::Stolen),
            Verdict::Ended { exit, elapsed_ms } => return Ok(Outcome::Ended { exit, elapsed_ms }),
            Verdict::HolderGone => return Ok(Outcome::Gone),
            Verdict::Refused { code, message } => {
                let refused = HoldError::Refused { code, message };
                return if refused.is_end() { Ok(Outcome::Gone) } else { Err(refused.into()) };
            }
            Verdict::Suspend => stop_here(signals).map_err(AttachError::Signals)?,
            Verdict::Continued => {}
        }
    }
}

/// One attachment. The terminal is as it was found afterwards.
fn once(
    places: &Places,
    id: SessionId,
    options: Options,
    terminal: &mut Terminal,
    signals: &mut Signals,
    marker: &mut Option<Marker>,
) -> Result<Verdict, AttachError> {
    let mut attach = Attach {
        size: terminal.size().at_least_one(),
        history_lines: options.history_lines,
        read_only: options.read_only,
        steal: options.steal,
        terminal: None,
        voice: Voice::of_environment(|name| std::env::var(name).ok()),
    };
    if !options.relay
        && let Some(tty) = terminal.lend().map_err(AttachError::Terminal)?
    {
        attach.terminal = Some(Handover { detach_key: options.key.byte().unwrap_or(0) });
        let holder = Holder::open_handing(places, id, &ToHolder::Attach(attach), tty);
        let holder = match holder {
            Ok(holder) => holder,
            Err(error) => {
                terminal.returned();
                return Err(error.into());
            }
        };
        // While the holder paints: until the marker is left, it puts the terminal right.
        leave_marker(marker, places, terminal);
        return Ok(handed::watch(terminal, signals, holder)?);
    }
    let holder = Holder::open(places, id, &ToHolder::Attach(attach))?;
    leave_marker(marker, places, terminal);
    terminal.enter().map_err(AttachError::Terminal)?;
    let keys = KeyFilter::new(options.key);
    let pump = Pump::new(terminal, signals, holder, keys, options.read_only)?;
    let verdict = pump.run();
    let ended = matches!(verdict, Ok(Verdict::Ended { .. }));
    terminal.leave(if ended { Place::Cursor } else { Place::Bottom });
    Ok(verdict?)
}

fn leave_marker(marker: &mut Option<Marker>, places: &Places, terminal: &Terminal) {
    if marker.is_none() {
        *marker = Marker::leave(places, terminal.output());
    }
}

/// Stops this process until it is told to go on.
pub(crate) fn stop_here(signals: &mut Signals) -> io::Result<()> {
    if let Some(this) = Pid::of_this_process().and_then(process::identity_of) {
        process::signal(&this, Signal::STOP)?;
    }
    // The signal that let us go on is no reason to begin anew once more.
    drop(signals.drain());
    Ok(())
}

/// A panic's message has to be readable: the terminal is reset before it is printed. One of
/// a thread that helps is not printed: the terminal is still in use.
pub(crate) fn reset_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(set_hook);
}

fn set_hook() {
    let usual = std::panic::take_hook();
    let main = std::thread::current().id();
    // Called before anything changes them.
    let found = Settings::of(&io::stdin()).ok();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() != main {
            return;
        }
        let mut out = io::stdout().lock();
        // There may be no terminal any more.
        out.write_all(RESET.as_bytes()).and_then(|()| out.flush()).ok();
        drop(out);
        found.as_ref().and_then(|found| found.put_back(&io::stdin()).ok());
        usual(panic);
    }));
}
