//! What is said to a holder, and what a holder says.

use app_model::look::Sight;
use app_model::notice::voice::Voice;
use app_model::{Exit, SessionId, TerminalSize};

use super::attach::{put_attach, take_attach};
use super::exit::{put_exit, take_exit};
use super::frame::{Frame, MAX_PAYLOAD, OUTPUT_CHUNK, encode_frame};
use super::layout::{Reader, Truncated, Writer};
use super::sight::{put_sight, take_sight};
use super::status::{Status, put_status, take_status};

/// A payload that is shorter than its kind demands, or says something impossible.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a message of kind {kind:#04x} could not be read")]
pub struct MessageError {
    /// The kind of the frame.
    pub kind: u8,
}

/// Makes a connection an attachment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attach {
    /// The terminal's size.
    pub size: TerminalSize,
    /// Lines above the screen to send first; `u32::MAX` for all there are.
    pub history_lines: u32,
    /// An observer: its input is ignored, its size does not count.
    pub read_only: bool,
    /// Every other attachment is let go first.
    pub steal: bool,
    /// The terminal itself comes along.
    pub terminal: Option<Handover>,
    /// How the terminal is told something. Not said by clients of older releases.
    pub voice: Voice,
}

/// A terminal that is handed over: its descriptor comes with the frame (`SCM_RIGHTS`,
/// unix(7)). The holder makes it raw, reads and writes it, and puts it back as it was
/// before it says `Detached` or `Exited`, or when the connection ends. That it has the
/// terminal is said by `Done`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Handover {
    /// The key that detaches, as the byte that a plain terminal sends; 0 is none.
    pub detach_key: u8,
}

/// Something to type, as one piece.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Send {
    /// The bytes.
    pub data: Vec<u8>,
    /// Press Enter afterwards.
    pub enter: bool,
    /// Keys rather than text: never wrapped as a paste.
    pub keys: bool,
}

/// What is said to a holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToHolder {
    /// Attach this connection. Answered by the screen as [`FromHolder::Output`], then
    /// by output as it comes.
    Attach(Attach),
    /// Bytes the person typed.
    Input(Vec<u8>),
    /// The terminal has another size now.
    Resize(TerminalSize),
    /// Let go of this attachment. Answered by [`FromHolder::Detached`].
    Detach,
    /// Send [`FromHolder::Status`] now and at every change, and [`FromHolder::Exited`].
    Watch,
    /// Send [`FromHolder::Status`] once.
    Status,
    /// Send the screen as it is now, as [`FromHolder::Screen`] pieces.
    Screen {
        /// With colours and modes, as bytes for a terminal; else plain text.
        ansi: bool,
        /// Lines above the screen to send first.
        history_lines: u32,
    },
    /// Type this as one piece. Answered by `Done` or `Refused`.
    Send(Send),
    /// End the run: ask, wait, insist. Answered by `Done` once it was asked.
    Stop {
        /// How long to wait before insisting.
        grace_ms: u32,
    },
    /// End the run at once, the whole tree. Answered by `Done`.
    Kill,
    /// Let go of every attachment. Answered by `Done`.
    DetachAll,
    /// Send [`FromHolder::Look`] now and when something in it has changed. Refused if the
    /// run has no terminal.
    WatchLooks,
    /// Tell this on the terminals that are attached, between two sequences of the output.
    /// Answered by `Done` once one of them has it, or `Refused`.
    Tell(Tell),
    /// Stop every process of the run where it is. Answered by `Done` once they were told, or
    /// `Refused`.
    Pause,
    /// Let them go on. Answered by `Done`.
    Continue,
    /// A kind of a later release.
    Unknown(u8),
}

/// A notice for whoever is attached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tell {
    /// The session that it is about; none for several.
    pub about: Option<SessionId>,
    /// One line.
    pub title: String,
    /// A few lines.
    pub body: String,
}

/// Why an attachment was let go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DetachReason {
    /// It asked for it.
    Asked,
    /// Somebody used `appctl detach`.
    ByCommand,
    /// Another terminal has taken the session for itself.
    Stolen,
    /// The person wants to suspend the client; it may attach again.
    Suspended,
    /// A reason of a later release.
    Unknown(u8),
}

/// Why a request was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedCode {
    /// The run has no terminal.
    NoTerminal,
    /// The program does not read its input; nothing was typed.
    Busy,
    /// There are too many connections.
    TooMany,
    /// The run is over.
    Ended,
    /// The terminal that was handed over is of no use.
    BadTerminal,
    /// No terminal is attached.
    NobodyAttached,
    /// A code of a later release.
    Unknown(u8),
}

/// The program could not be started. The holder ends after saying so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchFailed {
    /// What a shell would exit with: 127 not found, 126 not permitted, 125 otherwise.
    pub exit_code: u8,
    /// The error number of the system call, or 0.
    pub errno: i32,
    /// What went wrong, on what.
    pub message: String,
}

/// What a holder says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FromHolder {
    /// The program could not be started.
    LaunchFailed(LaunchFailed),
    /// What is true now. The first one means that the program runs.
    Status(Status),
    /// Bytes for the terminal.
    Output(Vec<u8>),
    /// A piece of the screen that was asked for.
    Screen {
        /// Nothing follows.
        last: bool,
        /// The piece.
        bytes: Vec<u8>,
    },
    /// The run is over. The exit record is on disk.
    Exited {
        /// How it ended.
        exit: Exit,
        /// How long it took.
        elapsed_ms: u64,
    },
    /// This attachment was let go.
    Detached(DetachReason),
    /// The request was carried out.
    Done,
    /// The request was not carried out.
    Refused {
        /// Why, for programs.
        code: RefusedCode,
        /// Why, for people.
        message: String,
    },
    /// What can be seen of the program.
    Look(Box<Sight>),
    /// A kind of a later release.
    Unknown(u8),
}

mod kind {
    pub(super) const ATTACH: u8 = 0x01;
    pub(super) const INPUT: u8 = 0x02;
    pub(super) const RESIZE: u8 = 0x03;
    pub(super) const DETACH: u8 = 0x04;
    pub(super) const WATCH: u8 = 0x05;
    pub(super) const STATUS: u8 = 0x06;
    pub(super) const SCREEN: u8 = 0x07;
    pub(super) const SEND: u8 = 0x08;
    pub(super) const STOP: u8 = 0x09;
    pub(super) const KILL: u8 = 0x0a;
    pub(super) const DETACH_ALL: u8 = 0x0b;
    pub(super) const WATCH_LOOKS: u8 = 0x0c;
    pub(super) const TELL: u8 = 0x0d;
    pub(super) const PAUSE: u8 = 0x0e;
    pub(super) const CONTINUE: u8 = 0x0f;

    pub(super) const LAUNCH_FAILED: u8 = 0x81;
    pub(super) const IS_STATUS: u8 = 0x82;
    pub(super) const OUTPUT: u8 = 0x83;
    pub(super) const IS_SCREEN: u8 = 0x84;
    pub(super) const EXITED: u8 = 0x85;
    pub(super) const DETACHED: u8 = 0x86;
    pub(super) const DONE: u8 = 0x87;
    pub(super) const REFUSED: u8 = 0x88;
    pub(super) const LOOK: u8 = 0x89;
}

const SEND_ENTER: u8 = 1;
const SEND_KEYS: u8 = 2;
const SCREEN_ANSI: u8 = 1;
const SCREEN_LAST: u8 = 1;

impl ToHolder {
    /// Appends the message as one frame, or as several where it is input longer than
    /// a frame may be.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let (kind, payload) = match self {
            Self::Input(bytes) => return encode_cut(kind::INPUT, bytes, out),
            Self::Attach(attach) => (kind::ATTACH, put_attach(attach)),
            Self::Resize(size) => (kind::RESIZE, put_size(Writer::default(), *size)),
            Self::Detach => (kind::DETACH, Writer::default()),
            Self::Watch => (kind::WATCH, Writer::default()),
            Self::Status => (kind::STATUS, Writer::default()),
            Self::Screen { ansi, history_lines } => (
                kind::SCREEN,
                Writer::default().u8(if *ansi { SCREEN_ANSI } else { 0 }).u32(*history_lines),
            ),
            Self::Send(send) => (kind::SEND, put_send(send)),
            Self::Stop { grace_ms } => (kind::STOP, Writer::default().u32(*grace_ms)),
            Self::Kill => (kind::KILL, Writer::default()),
            Self::DetachAll => (kind::DETACH_ALL, Writer::default()),
            Self::WatchLooks => (kind::WATCH_LOOKS, Writer::default()),
            Self::Tell(tell) => (kind::TELL, put_tell(tell)),
            Self::Pause => (kind::PAUSE, Writer::default()),
            Self::Continue => (kind::CONTINUE, Writer::default()),
            Self::Unknown(kind) => (*kind, Writer::default()),
        };
        encode_frame(kind, &payload.0, out);
    }

    /// The message as bytes of its own.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }

    /// Reads a frame that was sent to a holder.
    pub fn decode(frame: Frame<'_>) -> Result<Self, MessageError> {
        Self::parse(frame).map_err(|Truncated| MessageError { kind: frame.kind })
    }

    fn parse(frame: Frame<'_>) -> Result<Self, Truncated> {
        let mut fields = Reader(frame.payload);
        Ok(match frame.kind {
            kind::ATTACH => Self::Attach(take_attach(&mut fields)?),
            kind::INPUT => Self::Input(frame.payload.to_vec()),
            kind::RESIZE => Self::Resize(take_size(&mut fields)?),
            kind::DETACH => Self::Detach,
            kind::WATCH => Self::Watch,
            kind::STATUS => Self::Status,
            kind::SCREEN => {
                Self::Screen { ansi: fields.u8()? & SCREEN_ANSI != 0, history_lines: fields.u32()? }
            }
            kind::SEND => {
                let flags = fields.u8()?;
                Self::Send(Send {
                    enter: flags & SEND_ENTER != 0,
                    keys: flags & SEND_KEYS != 0,
                    data: fields.rest().to_vec(),
                })
            }
            kind::STOP => Self::Stop { grace_ms: fields.u32()? },
            kind::KILL => Self::Kill,
            kind::DETACH_ALL => Self::DetachAll,
            kind::WATCH_LOOKS => Self::WatchLooks,
            kind::TELL => Self::Tell(take_tell(&mut fields)?),
            kind::PAUSE => Self::Pause,
            kind::CONTINUE => Self::Continue,
            unknown => Self::Unknown(unknown),
        })
    }
}

impl FromHolder {
    /// Appends the message as one frame, or as several where it is output longer than
    /// a frame should be.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let (kind, payload) = match self {
            Self::Output(bytes) => return encode_cut(kind::OUTPUT, bytes, out),
            Self::LaunchFailed(failed) => (
                kind::LAUNCH_FAILED,
                Writer::default().u8(failed.exit_code).i32(failed.errno).string(&failed.message),
            ),
            Self::Status(status) => (kind::IS_STATUS, put_status(status)),
            Self::Screen { last, bytes } => (
                kind::IS_SCREEN,
                Writer::default().u8(if *last { SCREEN_LAST } else { 0 }).bytes(bytes),
            ),
            Self::Exited { exit, elapsed_ms } => (kind::EXITED, put_exit(*exit).u64(*elapsed_ms)),
            Self::Detached(reason) => (kind::DETACHED, Writer::default().u8(reason.number())),
            Self::Done => (kind::DONE, Writer::default()),
            Self::Refused { code, message } => {
                (kind::REFUSED, Writer::default().u8(code.number()).string(message))
            }
            Self::Look(sight) => (kind::LOOK, put_sight(sight)),
            Self::Unknown(kind) => (*kind, Writer::default()),
        };
        encode_frame(kind, &payload.0, out);
    }

    /// The message as bytes of its own.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        self.encode(&mut out);
        out
    }

    /// Appends output as frames without copying it into a message first.
    pub fn encode_output(bytes: &[u8], out: &mut Vec<u8>) {
        encode_cut(kind::OUTPUT, bytes, out);
    }

    /// The bytes of an output frame, without copying; nothing for any other kind.
    pub fn output_of<'a>(frame: &Frame<'a>) -> Option<&'a [u8]> {
        (frame.kind == kind::OUTPUT).then_some(frame.payload)
    }

    /// Reads a frame that a holder sent.
    pub fn decode(frame: Frame<'_>) -> Result<Self, MessageError> {
        Self::parse(frame).map_err(|Truncated| MessageError { kind: frame.kind })
    }

    fn parse(frame: Frame<'_>) -> Result<Self, Truncated> {
        let mut fields = Reader(frame.payload);
        Ok(match frame.kind {
            kind::LAUNCH_FAILED => Self::LaunchFailed(LaunchFailed {
                exit_code: fields.u8()?,
                errno: fields.i32()?,
                message: fields.string()?,
            }),
            kind::IS_STATUS => Self::Status(take_status(&mut fields)?),
            kind::OUTPUT => Self::Output(frame.payload.to_vec()),
            kind::IS_SCREEN => Self::Screen {
                last: fields.u8()? & SCREEN_LAST != 0,
                bytes: fields.rest().to_vec(),
            },
            kind::EXITED => {
                Self::Exited { exit: take_exit(&mut fields)?, elapsed_ms: fields.u64()? }
            }
            kind::DETACHED => Self::Detached(DetachReason::from_number(fields.u8()?)),
            kind::DONE => Self::Done,
            kind::REFUSED => Self::Refused {
                code: RefusedCode::from_number(fields.u8()?),
                message: fields.string()?,
            },
            kind::LOOK => Self::Look(Box::new(take_sight(&mut fields)?)),
            unknown => Self::Unknown(unknown),
        })
    }
}

impl DetachReason {
    fn number(self) -> u8 {
        match self {
            Self::Asked => 1,
            Self::ByCommand => 2,
            Self::Stolen => 3,
            Self::Suspended => 4,
            Self::Unknown(number) => number,
        }
    }

    fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Asked,
            2 => Self::ByCommand,
            3 => Self::Stolen,
            4 => Self::Suspended,
            unknown => Self::Unknown(unknown),
        }
    }
}

impl RefusedCode {
    fn number(self) -> u8 {
        match self {
            Self::NoTerminal => 1,
            Self::Busy => 2,
            Self::TooMany => 3,
            Self::Ended => 4,
            Self::BadTerminal => 5,
            Self::NobodyAttached => 6,
            Self::Unknown(number) => number,
        }
    }

    fn from_number(number: u8) -> Self {
        match number {
            1 => Self::NoTerminal,
            2 => Self::Busy,
            3 => Self::TooMany,
            4 => Self::Ended,
            5 => Self::BadTerminal,
            6 => Self::NobodyAttached,
            unknown => Self::Unknown(unknown),
        }
    }
}

fn encode_cut(kind: u8, bytes: &[u8], out: &mut Vec<u8>) {
    for piece in bytes.chunks(OUTPUT_CHUNK) {
        encode_frame(kind, piece, out);
    }
}

fn put_tell(tell: &Tell) -> Writer {
    let about = tell.about.map_or(0, |id| id.0);
    Writer::default().u32(about).string(&tell.title).string(&tell.body)
}

fn take_tell(fields: &mut Reader<'_>) -> Result<Tell, Truncated> {
    let about = Some(SessionId(fields.u32()?)).filter(|id| id.0 != 0);
    Ok(Tell { about, title: fields.string()?, body: fields.string()? })
}

pub(super) fn put_size(out: Writer, size: TerminalSize) -> Writer {
    out.u16(size.rows).u16(size.cols).u16(size.xpixel).u16(size.ypixel)
}

pub(super) fn take_size(fields: &mut Reader<'_>) -> Result<TerminalSize, Truncated> {
    Ok(TerminalSize {
        rows: fields.u16()?,
        cols: fields.u16()?,
        xpixel: fields.u16()?,
        ypixel: fields.u16()?,
    })
}

fn put_send(send: &Send) -> Writer {
    let enter = if send.enter { SEND_ENTER } else { 0 };
    let keys = if send.keys { SEND_KEYS } else { 0 };
    let data = &send.data[..send.data.len().min(MAX_PAYLOAD - 1)];
    Writer::default().u8(enter | keys).bytes(data)
}

#[cfg(test)]
mod tests;
