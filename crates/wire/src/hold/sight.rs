//! The layout of a look. Frozen.

use app_model::look::{Look, MAX_LINES, Sight, fitted};

use super::layout::{Reader, Truncated, Writer};

const UNKNOWN: u8 = 0;
const YES: u8 = 1;
const NO: u8 = 2;

/// Texts and lines over the limits of a look are cut: it always fits into a frame.
pub(super) fn put_sight(sight: &Sight) -> Writer {
    let Sight { look, last_output_at_ms, last_typed_at_ms, focused } = sight;
    let lines = &look.lines[..look.lines.len().min(MAX_LINES)];
    let mut out = Writer::default()
        .string(fitted(&look.title))
        .u8(look.progress)
        .string(fitted(&look.state))
        .u8(answer(look.prompt))
        .u8(u8::from(look.command_exit.is_some()))
        .i32(look.command_exit.unwrap_or(0))
        .u32(look.bells)
        .u32(look.messages)
        .string(fitted(&look.message))
        .u8(u8::try_from(lines.len()).unwrap_or(u8::MAX));
    for line in lines {
        out = out.string(fitted(line));
    }
    out.i64(*last_output_at_ms).i64(*last_typed_at_ms).u8(answer(*focused))
}

pub(super) fn take_sight(fields: &mut Reader<'_>) -> Result<Sight, Truncated> {
    let mut look = Look {
        title: text(fields)?,
        progress: fields.u8()?,
        state: text(fields)?,
        prompt: answer_of(fields.u8()?),
        command_exit: {
            let is_known = fields.u8()? != 0;
            Some(fields.i32()?).filter(|_| is_known)
        },
        bells: fields.u32()?,
        messages: fields.u32()?,
        message: text(fields)?,
        lines: Vec::new(),
    };
    for number in 0..usize::from(fields.u8()?) {
        let line = text(fields)?;
        if number < MAX_LINES {
            look.lines.push(line);
        }
    }
    Ok(Sight {
        look,
        last_output_at_ms: fields.i64()?,
        last_typed_at_ms: fields.i64()?,
        focused: answer_of(fields.u8()?),
    })
}

fn text(fields: &mut Reader<'_>) -> Result<String, Truncated> {
    Ok(fitted(&fields.string()?).to_owned())
}

pub(super) fn answer(answer: Option<bool>) -> u8 {
    match answer {
        None => UNKNOWN,
        Some(true) => YES,
        Some(false) => NO,
    }
}

pub(super) fn answer_of(number: u8) -> Option<bool> {
    match number {
        YES => Some(true),
        NO => Some(false),
        _ => None,
    }
}
