//! What a terminal says by itself: answers to the program's questions.
//!
//! With several terminals attached each of them answers a question, and the program must
//! get one answer. Those of terminals other than the one that acted last are told apart
//! from typing here and dropped.
//!
//! # Invariants
//!
//! 1. Only input that is nothing but whole reports counts as reports: a key is never lost
//!    because an answer came with it.

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;

/// Whether the input is one or more reports of a terminal and nothing else.
pub(crate) fn only_reports(mut input: &[u8]) -> bool {
    if input.is_empty() {
        return false;
    }
    while !input.is_empty() {
        match report_len(input) {
            Some(length) => input = &input[length..],
            None => return false,
        }
    }
    true
}

/// Whether somebody typed any of the input. Reports are not typed, nor is what a terminal says
/// of its focus and of the mouse.
pub(crate) fn is_typed(mut input: &[u8]) -> bool {
    while !input.is_empty() {
        match report_len(input).or_else(|| notice_len(input)) {
            Some(length) => input = &input[length..],
            None => return true,
        }
    }
    false
}

/// Length of what the input begins with, if that says where the focus or the mouse is.
fn notice_len(input: &[u8]) -> Option<usize> {
    let rest = input.strip_prefix(b"\x1b[")?;
    let body = rest.strip_prefix(b"<").unwrap_or(rest);
    let numbers = body.iter().take_while(|byte| matches!(byte, b'0'..=b'9' | b';')).count();
    match (rest, &body[numbers..]) {
        ([b'I' | b'O', ..], _) => Some(3),
        ([b'M', _, _, _, ..], _) => Some(6),
        (_, [b'M' | b'm', ..]) if numbers > 0 => Some(input.len() - body.len() + numbers + 1),
        _ => None,
    }
}

/// Length of the report that the input begins with.
fn report_len(input: &[u8]) -> Option<usize> {
    match input {
        [ESC, b'[', rest @ ..] => Some(2 + csi_len(rest)?),
        [ESC, b']' | b'P' | b'_', rest @ ..] => Some(2 + string_len(rest)?),
        _ => None,
    }
}

/// A control sequence that is a report: cursor position, status, attributes, modes, sizes,
/// keyboard flags (ctlseqs, "Device-Control functions"; the kitty keyboard protocol).
fn csi_len(rest: &[u8]) -> Option<usize> {
    let parameters = rest.iter().take_while(|byte| (0x30..=0x3f).contains(*byte)).count();
    let (private, body) = (rest.first().copied().unwrap_or(0), &rest[parameters..]);
    let is_private = (0x3c..=0x3f).contains(&private);
    let length = match body {
        [b'$', b'y', ..] => 2,
        [b'R' | b'n' | b't', ..] if parameters > 0 => 1,
        [b'c' | b'u', ..] if is_private => 1,
        _ => return None,
    };
    Some(parameters + length)
}

/// A control string up to its end: colours, version, settings.
fn string_len(rest: &[u8]) -> Option<usize> {
    let end = rest.iter().position(|&byte| byte == BEL || byte == ESC)?;
    match &rest[end..] {
        [BEL, ..] => Some(end + 1),
        [ESC, b'\\', ..] => Some(end + 2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_of_terminals_are_reports() {
        for report in [
            &b"\x1b[2;6R"[..],
            b"\x1b[?2;6R",
            b"\x1b[0n",
            b"\x1b[?62;22c",
            b"\x1b[>41;380;0c",
            b"\x1b[?2026;2$y",
            b"\x1b[8;24;80t",
            b"\x1b[?1u",
            b"\x1b]11;rgb:0000/0000/0000\x1b\\",
            b"\x1b]10;rgb:ff/ff/ff\x07",
            b"\x1bP>|foot(1.16)\x1b\\",
            b"\x1b[2;6R\x1b[?62;22c",
        ] {
            assert!(only_reports(report), "{}", report.escape_ascii());
        }
    }

    #[test]
    fn only_keys_are_typed() {
        for said in [
            &b""[..],
            b"\x1b[I",
            b"\x1b[O\x1b[I\x1b[?62;22c",
            b"\x1b[<0;3;4M\x1b[<0;3;4m",
            b"\x1b[M !!\x1b[32;3;4M",
        ] {
            assert!(!is_typed(said), "{}", said.escape_ascii());
        }
        for typed in [
            &b"a"[..],
            b"\x1b",
            b"\x1b[A",
            b"\x1bOI",
            b"\x1b[1;5I",
            b"\x1b[Ia",
            b"\x1b[<0;3;4Mq",
            b"\x1b[2;6R\r",
            b"\x1b[200~x\x1b[201~",
            b"\x1b[M",
        ] {
            assert!(is_typed(typed), "{}", typed.escape_ascii());
        }
    }

    #[test]
    fn keys_are_not_and_nothing_with_a_key_is() {
        for typed in [
            &b""[..],
            b"a",
            b"\x1b",
            b"\x1b[A",
            b"\x1b[1;5C",
            b"\x1b[97;5u",
            b"\x1b[R",
            b"\x1b[200~x\x1b[201~",
            b"\x1b[<0;3;4M",
            b"\x1b[I",
            b"\x1b[2;6Ra",
            b"a\x1b[2;6R",
            b"\x1b[2;6",
            b"\x1b]11;rgb",
        ] {
            assert!(!only_reports(typed), "{}", typed.escape_ascii());
        }
    }
}
