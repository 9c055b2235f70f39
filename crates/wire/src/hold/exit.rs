//! How a holder says how its run ended. Frozen.
//!
//! ```text
//!   tag u8   0 code │ 1 signal │ 2 out of memory
//!   value    i32    the code, the signal, or what a shell would make of it
//! ```

use app_model::{Exit, Lost, Signal};

use super::layout::{Reader, Truncated, Writer};

const CODE: u8 = 0;
const SIGNAL: u8 = 1;
/// A reader of an older release takes it for a code, hence the value beside it.
const OUT_OF_MEMORY: u8 = 2;

/// What a shell says of a program that SIGKILL has ended.
const KILLED: i32 = 137;

pub(super) fn put_exit(exit: Exit) -> Writer {
    match exit {
        Exit::Code(code) => Writer::default().u8(CODE).i32(code),
        Exit::Signal(signal) => Writer::default().u8(SIGNAL).i32(signal.0),
        Exit::Lost(Lost::Oom) => Writer::default().u8(OUT_OF_MEMORY).i32(KILLED),
        // A holder that can speak has seen the end; this cannot be said truthfully.
        Exit::Lost(Lost::Reboot | Lost::Holder) => Writer::default().u8(CODE).i32(1),
    }
}

pub(super) fn take_exit(fields: &mut Reader<'_>) -> Result<Exit, Truncated> {
    let tag = fields.u8()?;
    let value = fields.i32()?;
    Ok(match tag {
        SIGNAL => Exit::Signal(Signal(value)),
        OUT_OF_MEMORY => Exit::Lost(Lost::Oom),
        _ => Exit::Code(value),
    })
}
