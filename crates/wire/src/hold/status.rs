//! What a holder says of its run, and its layout. Frozen.

use app_model::{RunNumber, SessionId, TerminalSize};

use super::layout::{Reader, Truncated, Writer};
use super::message::{put_size, take_size};
use super::sight::{answer, answer_of};

/// What is true of a run now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Whose run it is.
    pub session: SessionId,
    /// Which run of the session.
    pub run: RunNumber,
    /// The holder's process.
    pub holder_pid: u32,
    /// The program's process.
    pub child_pid: u32,
    /// Start time of the program's process, in the kernel's own unit: with the pid and
    /// the boot it names the process for ever.
    pub child_start: u64,
    /// Wall time of the start, milliseconds since the Unix epoch.
    pub started_at_ms: i64,
    /// The start on the clock that counts suspend, milliseconds since boot.
    pub started_boot_ms: u64,
    /// The size of the terminal, or all zero without one.
    pub size: TerminalSize,
    /// Attachments now.
    pub attached: u16,
    /// It was asked to end.
    pub stopping: bool,
    /// Wall time of the last output, or 0 when there was none.
    pub last_output_at_ms: i64,
    /// Bytes the program wrote so far.
    pub output_bytes: u64,
    /// The title the program has set.
    pub title: String,
    /// Whether a terminal that shows it has the focus, where that is known of one that has
    /// it, or of all that they have not. Not said by holders of older releases.
    pub focused: Option<bool>,
    /// Its processes are stopped and wait to go on. Not said by holders of older releases.
    pub paused: bool,
}

const PAUSED: u8 = 1;

pub(super) fn put_status(status: &Status) -> Writer {
    let fixed = Writer::default()
        .u32(status.session.0)
        .u32(status.run.0)
        .u32(status.holder_pid)
        .u32(status.child_pid)
        .u64(status.child_start)
        .i64(status.started_at_ms)
        .u64(status.started_boot_ms);
    let out = put_size(fixed, status.size)
        .u16(status.attached)
        .u8(u8::from(status.stopping))
        .i64(status.last_output_at_ms)
        .u64(status.output_bytes)
        .string(&status.title);
    // Later fields: nothing is said where nothing is known.
    match (status.focused, status.paused) {
        (focused, true) => out.u8(answer(focused)).u8(PAUSED),
        (Some(_), false) => out.u8(answer(status.focused)),
        (None, false) => out,
    }
}

pub(super) fn take_status(fields: &mut Reader<'_>) -> Result<Status, Truncated> {
    Ok(Status {
        session: SessionId(fields.u32()?),
        run: RunNumber(fields.u32()?),
        holder_pid: fields.u32()?,
        child_pid: fields.u32()?,
        child_start: fields.u64()?,
        started_at_ms: fields.i64()?,
        started_boot_ms: fields.u64()?,
        size: take_size(fields)?,
        attached: fields.u16()?,
        stopping: fields.u8()? != 0,
        last_output_at_ms: fields.i64()?,
        output_bytes: fields.u64()?,
        title: fields.string()?,
        focused: fields.u8().ok().and_then(answer_of),
        paused: fields.u8() == Ok(PAUSED),
    })
}
