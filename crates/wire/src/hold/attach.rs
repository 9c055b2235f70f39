//! The layout of the request to attach. Frozen.

use app_model::notice::voice::Voice;

use super::layout::{Reader, Truncated, Writer};
use super::message::{Attach, Handover, put_size, take_size};

const READ_ONLY: u8 = 1;
const STEAL: u8 = 2;
const TERMINAL: u8 = 4;
const VOICE: u8 = 8;

pub(super) fn put_attach(attach: &Attach) -> Writer {
    let flag = |set: bool, flag: u8| if set { flag } else { 0 };
    let flags = flag(attach.read_only, READ_ONLY)
        | flag(attach.steal, STEAL)
        | flag(attach.terminal.is_some(), TERMINAL)
        | flag(attach.voice != Voice::Bell, VOICE);
    let mut out = put_size(Writer::default(), attach.size).u32(attach.history_lines).u8(flags);
    if let Some(Handover { detach_key }) = attach.terminal {
        out = out.u8(detach_key);
    }
    match attach.voice {
        Voice::Bell => out,
        other => out.u8(number(other)),
    }
}

pub(super) fn take_attach(fields: &mut Reader<'_>) -> Result<Attach, Truncated> {
    let (size, history_lines, flags) = (take_size(fields)?, fields.u32()?, fields.u8()?);
    let terminal = match flags & TERMINAL {
        0 => None,
        _ => Some(Handover { detach_key: fields.u8()? }),
    };
    let voice = match flags & VOICE {
        0 => Voice::Bell,
        _ => of_number(fields.u8()?),
    };
    let (read_only, steal) = (flags & READ_ONLY != 0, flags & STEAL != 0);
    Ok(Attach { size, history_lines, read_only, steal, terminal, voice })
}

fn number(voice: Voice) -> u8 {
    match voice {
        Voice::Bell => 0,
        Voice::Osc9 => 1,
        Voice::Osc777 => 2,
        Voice::Osc99 => 3,
        Voice::Tmux => 4,
    }
}

/// One of a later release has at least a bell.
fn of_number(number: u8) -> Voice {
    match number {
        1 => Voice::Osc9,
        2 => Voice::Osc777,
        3 => Voice::Osc99,
        4 => Voice::Tmux,
        _ => Voice::Bell,
    }
}
