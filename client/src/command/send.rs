//! `appctl send`: typing into a session from outside.
//!
//! # Invariants
//!
//! 1. A text arrives as one piece, with its Enter: no other sender comes between.
//! 2. Text is not a key: a program that asked for bracketed paste gets it as a paste.
//! 3. What is sent to a session that falls asleep at that moment wakes it.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Read as _};
use std::os::unix::ffi::OsStringExt as _;

use app_model::{Phase, SessionId, SessionView};
use app_sys::places::Places;
use app_wire::hold::{MAX_PAYLOAD, Send, ToHolder};
use serde_json::json;

use super::context::{Context, exactly, find, find_named};
use super::{Done, wake};
use crate::cli;
use crate::connect::Daemon;
use crate::exit::{Code, Status};
use crate::hold::{HoldError, Holder};
use crate::report::{Explain, Report};
use crate::send_keys::Key;
use crate::usage::UsageError;

/// Most bytes that can be submitted as one piece; a payload has one more.
const MOST: usize = MAX_PAYLOAD - 1;

/// How often it is tried with a session that has just fallen asleep.
const TRIES: u32 = 3;

/// Why nothing was typed.
#[derive(Debug, thiserror::Error)]
enum SendError {
    #[error("cannot read standard input")]
    Input(#[source] io::Error),
    #[error("the text has more than {MOST} bytes, and no more can be submitted as one piece")]
    TooLong,
}

impl Explain for SendError {
    fn code(&self) -> Code {
        match self {
            Self::Input(_) => Code::Failed,
            Self::TooLong => Code::Usage,
        }
    }

    fn hint(&self) -> Option<String> {
        match self {
            Self::Input(_) => None,
            Self::TooLong => {
                Some("Save it to a file and send the name, or send it in parts.".into())
            }
        }
    }
}

pub(super) fn run(context: &Context, args: cli::Send) -> Done {
    let has_keys = args.enter || !args.keys.is_empty();
    let text = match source(args.text, has_keys, io::stdin().is_terminal()) {
        Source::Text(text) => text,
        Source::Stdin => read_stdin()?,
        Source::Nothing => Vec::new(),
    };
    if text.len() > MOST {
        return Err(SendError::TooLong.into());
    }
    let sends = sends(text, &args.keys, args.enter);
    if sends.is_empty() {
        return Err(UsageError::NothingToSend.into());
    }
    let mut daemon = context.daemon()?;
    let view = find_named(&mut daemon, &args.id)?;
    let id = view.id;
    deliver(context.places()?, &mut daemon, view, &sends)?;
    if context.output.json {
        context.output.json(&json!({ "id": id, "sent": true }))?;
    }
    Ok(Status::DONE)
}

/// Types a text into the session, with Enter, as one piece.
pub(super) fn submit(
    places: &Places,
    daemon: &mut Daemon,
    view: SessionView,
    text: Vec<u8>,
) -> Result<(), Report> {
    if text.len() > MOST {
        return Err(SendError::TooLong.into());
    }
    deliver(places, daemon, view, &sends(text, &[], true))
}

/// Types it into the session, and wakes that before if it sleeps (invariant 3).
fn deliver(
    places: &Places,
    daemon: &mut Daemon,
    mut view: SessionView,
    sends: &[Send],
) -> Result<(), Report> {
    for _ in 1..TRIES {
        let id = view.id;
        wake::until_it_reads(daemon, view)?;
        match send(places, id, sends) {
            // Nothing of it was typed.
            Err(gone @ HoldError::NotLive { .. }) => {
                view = find(daemon, exactly(id))?;
                if !matches!(view.phase, Phase::Asleep | Phase::Stopping) {
                    return Err(gone.into());
                }
            }
            sent => return Ok(sent?),
        }
    }
    let id = view.id;
    wake::until_it_reads(daemon, view)?;
    Ok(send(places, id, sends)?)
}

fn send(places: &Places, id: SessionId, sends: &[Send]) -> Result<(), HoldError> {
    let mut sends = sends.iter().cloned().map(ToHolder::Send);
    let Some(first) = sends.next() else {
        return Ok(());
    };
    let mut holder = Holder::open(places, id, &first)?;
    holder.done()?;
    sends.try_for_each(|next| holder.demand(&next))
}

/// Where the text comes from.
#[derive(Debug, PartialEq, Eq)]
enum Source {
    Text(Vec<u8>),
    Stdin,
    Nothing,
}

/// `has_keys`: there is something to send without a text, so none is waited for.
fn source(text: Option<OsString>, has_keys: bool, stdin_is_terminal: bool) -> Source {
    match text {
        Some(text) if text == "-" => Source::Stdin,
        Some(text) => Source::Text(text.into_vec()),
        None if has_keys || stdin_is_terminal => Source::Nothing,
        None => Source::Stdin,
    }
}

fn read_stdin() -> Result<Vec<u8>, SendError> {
    let mut text = Vec::new();
    let limit = MOST as u64 + 1;
    io::stdin().take(limit).read_to_end(&mut text).map_err(SendError::Input)?;
    Ok(text)
}

/// The text, then the keys, then Enter, in as few pieces as that needs.
fn sends(text: Vec<u8>, keys: &[Key], enter: bool) -> Vec<Send> {
    let keys: Vec<u8> = keys.iter().flat_map(|key| key.0.iter().copied()).collect();
    let mut sends = Vec::new();
    let enter_with_text = enter && keys.is_empty();
    if !text.is_empty() || enter_with_text {
        sends.push(Send { data: text, enter: enter_with_text, keys: false });
    }
    if !keys.is_empty() {
        sends.push(Send { data: keys, enter, keys: true });
    }
    sends
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_and_its_enter_are_one_piece() {
        let one = sends(b"hi".to_vec(), &[], true);
        assert_eq!(one, [Send { data: b"hi".to_vec(), enter: true, keys: false }]);
        let keys: Vec<Key> = ["ctrl-c", "up"].map(|key| key.parse().unwrap()).into();
        assert_eq!(
            sends(b"hi".to_vec(), &keys, true),
            [
                Send { data: b"hi".to_vec(), enter: false, keys: false },
                Send { data: b"\x03\x1b[A".to_vec(), enter: true, keys: true },
            ]
        );
        assert_eq!(sends(vec![], &[], true), [Send { data: vec![], enter: true, keys: false }]);
        assert_eq!(sends(vec![], &[], false), []);
    }

    #[test]
    fn standard_input_is_read_only_when_it_is_meant() {
        let text = |text: &str| Some(OsString::from(text));
        assert_eq!(source(text("-"), false, true), Source::Stdin);
        assert_eq!(source(text("x"), false, false), Source::Text(b"x".to_vec()));
        assert_eq!(source(None, false, false), Source::Stdin);
        assert_eq!(source(None, false, true), Source::Nothing);
        assert_eq!(source(None, true, false), Source::Nothing);
    }
}
