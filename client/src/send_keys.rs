//! Keys by name, as the bytes that a terminal sends for them.
//!
//! The bytes are those of a terminal in its usual modes, which every program
//! understands; what else a mode would make of a key is not known here.

use std::str::FromStr;

/// A key and what it sends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key(pub(crate) Vec<u8>);

/// The text names no key.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a key; write a character, ctrl-x, alt-x, shift-tab, enter, esc, tab, space, \
     backspace, delete, insert, up, down, left, right, home, end, pageup, pagedown or f1 to f12"
)]
pub(crate) struct BadKey(String);

/// What follows `ESC` for keys without modifiers.
const NAMED: &[(&str, &[u8])] = &[
    ("enter", b"\r"),
    ("return", b"\r"),
    ("esc", b"\x1b"),
    ("escape", b"\x1b"),
    ("tab", b"\t"),
    ("space", b" "),
    ("backspace", b"\x7f"),
    ("bspace", b"\x7f"),
    ("shift-tab", b"\x1b[Z"),
    ("backtab", b"\x1b[Z"),
    ("ctrl-space", b"\0"),
    ("ctrl-backspace", b"\x08"),
];

/// Keys that are `CSI 1 ; m X` with modifiers: the final byte.
const LETTERED: &[(&str, u8)] =
    &[("up", b'A'), ("down", b'B'), ("right", b'C'), ("left", b'D'), ("end", b'F'), ("home", b'H')];

/// Keys that are `CSI n ; m ~` with modifiers: the number.
const NUMBERED: &[(&str, u8)] = &[
    ("insert", 2),
    ("delete", 3),
    ("pageup", 5),
    ("pagedown", 6),
    ("f5", 15),
    ("f6", 17),
    ("f7", 18),
    ("f8", 19),
    ("f9", 20),
    ("f10", 21),
    ("f11", 23),
    ("f12", 24),
];

/// `F1` to `F4`: `SS3 X`, or `CSI 1 ; m X` with modifiers.
const FUNCTION: &[(&str, u8)] = &[("f1", b'P'), ("f2", b'Q'), ("f3", b'R'), ("f4", b'S')];

/// Modifiers as xterm counts them: the sum, plus one, is the parameter.
#[derive(Clone, Copy, Default)]
struct Modifiers {
    shift: bool,
    alt: bool,
    ctrl: bool,
}

impl Modifiers {
    fn parameter(self) -> u8 {
        1 + u8::from(self.shift) + 2 * u8::from(self.alt) + 4 * u8::from(self.ctrl)
    }

    fn any(self) -> bool {
        self.parameter() > 1
    }
}

impl FromStr for Key {
    type Err = BadKey;

    fn from_str(text: &str) -> Result<Self, BadKey> {
        let bad = || BadKey(text.to_owned());
        let (modifiers, name) = split(text);
        let lower = name.to_ascii_lowercase();
        let whole = text.to_ascii_lowercase();
        if let Some((_, bytes)) = NAMED.iter().find(|(known, _)| *known == whole) {
            return Ok(Self(bytes.to_vec()));
        }
        if let Some(bytes) = sequence(&lower, modifiers) {
            return Ok(Self(bytes));
        }
        let plain = match NAMED.iter().find(|(known, _)| *known == lower) {
            Some((_, bytes)) if !modifiers.ctrl && !modifiers.shift => bytes.to_vec(),
            Some(_) => return Err(bad()),
            None => character(name, modifiers).ok_or_else(bad)?,
        };
        Ok(Self(if modifiers.alt { [b"\x1b", &plain[..]].concat() } else { plain }))
    }
}

/// Takes `ctrl-`, `alt-`, `shift-` (and `c-`, `m-`, `s-`) off the front.
fn split(text: &str) -> (Modifiers, &str) {
    let mut modifiers = Modifiers::default();
    let mut rest = text;
    loop {
        let Some((word, after)) =
            rest.split_once(['-', '+']).filter(|(_, after)| !after.is_empty())
        else {
            return (modifiers, rest);
        };
        match word.to_ascii_lowercase().as_str() {
            "ctrl" | "control" | "c" => modifiers.ctrl = true,
            "alt" | "meta" | "m" => modifiers.alt = true,
            "shift" | "s" => modifiers.shift = true,
            _ => return (modifiers, rest),
        }
        rest = after;
    }
}

/// A key that sends an escape sequence.
fn sequence(name: &str, modifiers: Modifiers) -> Option<Vec<u8>> {
    let parameter = modifiers.parameter();
    let of = |table: &[(&str, u8)]| table.iter().find(|(known, _)| *known == name).map(|k| k.1);
    if let Some(last) = of(LETTERED).or(of(FUNCTION)) {
        let introducer = if of(FUNCTION).is_some() { 'O' } else { '[' };
        return Some(if modifiers.any() {
            format!("\x1b[1;{parameter}{}", char::from(last)).into_bytes()
        } else {
            format!("\x1b{introducer}{}", char::from(last)).into_bytes()
        });
    }
    let number = of(NUMBERED)?;
    Some(if modifiers.any() {
        format!("\x1b[{number};{parameter}~").into_bytes()
    } else {
        format!("\x1b[{number}~").into_bytes()
    })
}

/// A single character, with Ctrl as a terminal makes it.
fn character(name: &str, modifiers: Modifiers) -> Option<Vec<u8>> {
    let mut chars = name.chars();
    let (only, None) = (chars.next()?, chars.next()) else {
        return None;
    };
    if modifiers.ctrl {
        return app_model::keys::control_byte(only).map(|byte| vec![byte]);
    }
    let shown: String = if modifiers.shift { only.to_uppercase().collect() } else { only.into() };
    Some(shown.into_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_what_a_terminal_sends() {
        for (name, bytes) in [
            ("ctrl-c", &b"\x03"[..]),
            ("Ctrl+C", b"\x03"),
            ("c-d", b"\x04"),
            ("ctrl-\\", b"\x1c"),
            ("ctrl-[", b"\x1b"),
            ("ctrl-?", b"\x7f"),
            ("enter", b"\r"),
            ("Enter", b"\r"),
            ("esc", b"\x1b"),
            ("tab", b"\t"),
            ("shift-tab", b"\x1b[Z"),
            ("up", b"\x1b[A"),
            ("ctrl-left", b"\x1b[1;5D"),
            ("alt-shift-up", b"\x1b[1;4A"),
            ("f1", b"\x1bOP"),
            ("shift-f1", b"\x1b[1;2P"),
            ("f5", b"\x1b[15~"),
            ("f12", b"\x1b[24~"),
            ("delete", b"\x1b[3~"),
            ("pageup", b"\x1b[5~"),
            ("alt-x", b"\x1bx"),
            ("alt-enter", b"\x1b\r"),
            ("alt-ctrl-c", b"\x1b\x03"),
            ("shift-a", b"A"),
            ("y", b"y"),
            ("-", b"-"),
            ("ctrl-space", b"\0"),
            ("é", "é".as_bytes()),
        ] {
            assert_eq!(name.parse::<Key>(), Ok(Key(bytes.to_vec())), "{name}");
        }
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for bad in ["", "ctrl-", "ctrl-é", "hyper-x", "f13", "entr", "ctrl-enter", "ctrl-ab"] {
            assert!(bad.parse::<Key>().is_err(), "{bad:?} was accepted");
        }
    }
}
