//! The search for the detach key: everything else that is typed reaches the program, once
//! and in order, however it is cut and whatever time goes by.
//!
//! ```text
//!   key │ cut │ time between pieces │ typed…
//! ```

use std::collections::BTreeSet;
use std::time::Duration;

use appctl::fuzzing::Keys;

use crate::input::{Input, pieces};

/// Key, as it is asked for, and its character.
const KEYS: [(&str, Option<char>); 5] = [
    ("ctrl-\\", Some('\\')),
    ("^a", Some('a')),
    ("ctrl-]", Some(']')),
    ("none", None),
    ("c-^", Some('^')),
];

/// Short enough that nothing ever times out.
const AT_ONCE: Duration = Duration::from_nanos(1);
/// Longer than anything is ever waited for: a sequence, a second press, the end of a paste.
const LONG: Duration = Duration::from_secs(3);
const TIMES: [Duration; 4] = [AT_ONCE, Duration::from_millis(20), Duration::from_millis(300), LONG];

/// More is only slower.
const LONGEST: usize = 1024;

/// Sequences longer than this need not be recognized.
const KNOWN_LENGTH: usize = 40;

/// What is typed, as an independent reader sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token<'a> {
    /// Not the key: it must pass.
    Other(&'a [u8]),
    /// The key is pressed or held; it may be kept, and must be if it stands alone.
    Press(&'a [u8]),
    /// The key is let go.
    Release(&'a [u8]),
}

/// Panics when the input breaks it.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(&bytes[..bytes.len().min(LONGEST)]);
    let (name, key) = input.pick(&KEYS);
    let cut = input.byte();
    let times = input.byte();
    let typed = input.rest();

    let mut keys = Keys::new(name).expect("a key that may detach");
    let mut detached = false;
    for (index, piece) in pieces(typed, cut).enumerate() {
        let time = if times < 128 { AT_ONCE } else { TIMES[(index + usize::from(times)) % 4] };
        detached = keys.pass(time) || keys.feed(piece);
        if detached {
            break;
        }
    }
    // Whether it detached in the midst of things: what came behind is not for the program.
    let cut_short = detached;
    if !detached {
        detached = keys.pass(LONG);
    }

    // Only where nothing times out is a paste sure to be seen as one.
    let hurried = times < 128;
    let tokens = tokens(typed, key, hurried);
    let shown = || {
        format!(
            "{name}: {:?} became {:?}",
            typed.escape_ascii().to_string(),
            keys.out.escape_ascii().to_string()
        )
    };
    assert!(passed(&tokens, &keys.out, cut_short), "lost or doubled; {}", shown());
    let presses = tokens.iter().filter(|token| matches!(token, Token::Press(_))).count();
    assert!(!detached || presses > 0, "detached without the key; {}", shown());
    let known = tokens.iter().all(|token| match token {
        Token::Press(bytes) => bytes.len() <= KNOWN_LENGTH,
        Token::Other(_) | Token::Release(_) => true,
    });
    if presses == 1 && hurried && known {
        assert!(detached, "the key did not detach; {}", shown());
    }
}

/// Whether `out` is what was typed, less some of the presses and releases of the key or the
/// ends of them. Of input that was cut short, the last part may be missing.
fn passed(tokens: &[Token<'_>], out: &[u8], cut_short: bool) -> bool {
    let mut ends = BTreeSet::from([0]);
    for token in tokens {
        if cut_short && ends.contains(&out.len()) {
            return true;
        }
        let mut next = BTreeSet::new();
        for &at in &ends {
            let rest = &out[at..];
            match *token {
                Token::Other(bytes) if rest.starts_with(bytes) => {
                    next.insert(at + bytes.len());
                }
                Token::Other(_) => {}
                Token::Press(bytes) | Token::Release(bytes) => {
                    let same = rest.iter().zip(bytes).take_while(|(a, b)| a == b).count();
                    next.extend((0..=same).map(|more| at + more));
                }
            }
        }
        ends = next;
    }
    ends.contains(&out.len())
}

fn tokens(typed: &[u8], key: Option<char>, with_pastes: bool) -> Vec<Token<'_>> {
    const PASTE_END: &[u8] = b"\x1b[201~";
    let mut tokens = Vec::new();
    let mut rest = typed;
    while let Some(&first) = rest.first() {
        let length = sequence(rest).unwrap_or(1);
        let (token, tail) = rest.split_at(length);
        rest = tail;
        let legacy = first != 0x1b && key.is_some_and(|key| control(key) == first);
        match event(token, key) {
            Some(3) => tokens.push(Token::Release(token)),
            Some(_) => tokens.push(Token::Press(token)),
            None if legacy => tokens.push(Token::Press(token)),
            // One byte at a time, so that a match may end anywhere.
            None => tokens.extend(token.chunks(1).map(Token::Other)),
        }
        if with_pastes && token == b"\x1b[200~" {
            let end = rest.windows(PASTE_END.len()).position(|window| window == PASTE_END);
            let (pasted, tail) = rest.split_at(end.map_or(rest.len(), |end| end + PASTE_END.len()));
            tokens.extend(pasted.chunks(1).map(Token::Other));
            rest = tail;
        }
    }
    tokens
}

fn control(key: char) -> u8 {
    key.to_ascii_uppercase() as u8 & 0x1f
}

/// Length of the control sequence at the front, if one is there.
fn sequence(bytes: &[u8]) -> Option<usize> {
    let body = bytes.strip_prefix(b"\x1b[")?;
    let parameters = body.iter().take_while(|byte| (0x30..=0x3f).contains(*byte)).count();
    let last = body.get(parameters)?;
    (0x40..=0x7e).contains(last).then_some(2 + parameters + 1)
}

/// What happens to the key, if the sequence is about it: 1 pressed, 2 held, 3 let go.
fn event(sequence: &[u8], key: Option<char>) -> Option<u32> {
    let code = u32::from(key?);
    let text = std::str::from_utf8(sequence.strip_prefix(b"\x1b[")?).ok()?;
    let parts = |text: &str, at: usize| -> Vec<Option<u32>> {
        let parameter = text.split(';').nth(at).unwrap_or_default();
        parameter.split(':').map(|part| part.parse().ok()).collect()
    };
    let at = |parts: &[Option<u32>], index: usize| parts.get(index).copied().flatten();
    let is_key = |number: Option<u32>| {
        let typed = number.and_then(char::from_u32)?.to_ascii_lowercase();
        Some(u32::from(typed) == code)
    };
    // Ctrl, whatever the locks are.
    let ctrl = |modifiers: Option<u32>| {
        let bits = modifiers.unwrap_or(1).checked_sub(1)?;
        Some(bits & !(64 | 128) == 4)
    };
    if let Some(kitty) = text.strip_suffix('u') {
        let (keys, how) = (parts(kitty, 0), parts(kitty, 1));
        let ours = is_key(at(&keys, 0)) == Some(true) || at(&keys, 2) == Some(code);
        let event = at(&how, 1).unwrap_or(1);
        return (ours && ctrl(at(&how, 0)) == Some(true) && (1..=3).contains(&event))
            .then_some(event);
    }
    let other = text.strip_suffix('~')?;
    let ours = at(&parts(other, 0), 0) == Some(27)
        && is_key(at(&parts(other, 2), 0)) == Some(true)
        && ctrl(at(&parts(other, 1), 0)) == Some(true);
    ours.then_some(1)
}

pub(crate) const WORDS: &[&[u8]] = &[
    b"\x1c",
    b"\x01",
    b"\x1d",
    b"\x1e",
    b"a",
    b"text",
    b"\r",
    b"\x1b",
    b"[",
    b"\x1bOA",
    b"\x1b[A",
    b"\x1b[1;5A",
    b"\x1b[92;5u",
    b"\x1b[92;5:1u",
    b"\x1b[92;5:2u",
    b"\x1b[92;5:3u",
    b"\x1b[92;69u",
    b"\x1b[92:124;5u",
    b"\x1b[1092::92;5u",
    b"\x1b[92;5;92u",
    b"\x1b[27;5;92~",
    b"\x1b[27;69;92~",
    b"\x1b[97;5u",
    b"\x1b[97;5:3u",
    b"\x1b[93;5u",
    b"\x1b[94;5u",
    b"\x1b[27;5;97~",
    b"\x1b[92;6u",
    b"\x1b[65;5u",
    b"\x1b[200~",
    b"\x1b[201~",
    b"\x1b[<35;1;2M",
    b"\x1b[I",
    b"\x1b[O",
    b"\x1b[?1;2c",
    b"\x1b]11;rgb:0/0/0\x1b\\",
    "字".as_bytes(),
    b"\xff",
    b"\x1b[9",
    b"\x1b[2",
    b"\x1b\x1c",
    b"2;5u",
    b";",
    b":",
    b"0000000000000000000000000000000000",
];
