//! What waits to be typed into the child's terminal.
//!
//! # Invariants
//!
//! 1. Bytes are typed in the order they were taken, and a `send` is one piece: nothing
//!    of another client gets between its text and its Enter.
//! 2. At most [`limits::INPUT`] and one frame wait; then clients are no longer read.

use std::collections::VecDeque;
use std::io::{self, Write};
use std::time::{Duration, Instant};

use app_wire::hold::Send;

use crate::limits;

/// Begins and ends a pasted text (xterm, "bracketed paste mode").
const PASTE: (&[u8], &[u8]) = (b"\x1b[200~", b"\x1b[201~");

#[derive(Debug)]
enum Item {
    Bytes {
        bytes: Vec<u8>,
        start: usize,
    },
    /// Nothing is typed for this long.
    Pause(Duration),
}

/// A queue of input.
#[derive(Debug, Default)]
pub(crate) struct InputQueue {
    items: VecDeque<Item>,
    len: usize,
    /// The pause at the front has begun.
    resume_at: Option<Instant>,
}

impl InputQueue {
    pub(crate) fn is_full(&self) -> bool {
        self.len >= limits::INPUT
    }

    /// Whether `count` more bytes fit.
    pub(crate) fn has_room_for(&self, count: usize) -> bool {
        self.len + count <= limits::INPUT
    }

    /// Whether there is something to type now.
    pub(crate) fn wants_write(&self, now: Instant) -> bool {
        match self.items.front() {
            Some(Item::Bytes { .. }) => true,
            Some(Item::Pause(_)) => self.resume_at.is_none_or(|at| now >= at),
            None => false,
        }
    }

    /// When a pause ends.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        self.resume_at
    }

    pub(crate) fn push(&mut self, bytes: Vec<u8>) {
        if !bytes.is_empty() {
            self.len += bytes.len();
            self.items.push_back(Item::Bytes { bytes, start: 0 });
        }
    }

    /// Adds the pieces of a `send`.
    pub(crate) fn push_send(&mut self, send: Send, brackets_paste: bool) {
        let text = compose(&send, brackets_paste);
        let needs_gap = send.enter && !send.keys && text.len() > 1;
        self.push(text);
        if needs_gap {
            self.items.push_back(Item::Pause(limits::ENTER_GAP));
        }
        if send.enter {
            self.push(b"\r".to_vec());
        }
    }

    /// Types as much as the terminal takes without blocking.
    pub(crate) fn write_to(&mut self, writer: &mut impl Write, now: Instant) -> io::Result<()> {
        while let Some(item) = self.items.front_mut() {
            match item {
                Item::Pause(length) => {
                    let resume_at = *self.resume_at.get_or_insert(now + *length);
                    if now < resume_at {
                        return Ok(());
                    }
                    self.resume_at = None;
                    self.items.pop_front();
                }
                Item::Bytes { bytes, start } => match writer.write(&bytes[*start..]) {
                    Ok(count) => {
                        *start += count;
                        self.len -= count;
                        if *start == bytes.len() {
                            self.items.pop_front();
                        } else if count == 0 {
                            return Ok(());
                        }
                    }
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                    Err(error) => return Err(error),
                },
            }
        }
        Ok(())
    }

    /// Forgets everything: nobody reads it any more.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }
}

/// The bytes that a person would have typed or pasted: line ends are CR, and more than a
/// key's worth is bracketed if the program asked for that.
fn compose(send: &Send, brackets_paste: bool) -> Vec<u8> {
    if send.keys {
        return send.data.clone();
    }
    let text = with_carriage_returns(&send.data);
    if !brackets_paste || is_one_key(&text) {
        return text;
    }
    let (begin, end) = PASTE;
    // A text that ends the paste itself could type anything after it.
    let text = without(without(text, end), begin);
    [begin, &text, end].concat()
}

fn with_carriage_returns(data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len());
    for &byte in data {
        match byte {
            b'\n' if out.last() == Some(&b'\r') => {}
            b'\n' => out.push(b'\r'),
            other => out.push(other),
        }
    }
    out
}

fn is_one_key(text: &[u8]) -> bool {
    std::str::from_utf8(text).map_or(text.len() <= 1, |text| text.chars().count() <= 1)
}

/// `text` without any `pattern`, also none that appears when another is taken out.
fn without(text: Vec<u8>, pattern: &[u8]) -> Vec<u8> {
    let mut out: Vec<u8> = Vec::with_capacity(text.len());
    for byte in text {
        out.push(byte);
        if out.ends_with(pattern) {
            out.truncate(out.len() - pattern.len());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(data: &[u8], enter: bool, keys: bool) -> Send {
        Send { data: data.to_vec(), enter, keys }
    }

    #[test]
    fn a_text_is_pasted_if_the_program_can_tell_and_typed_if_not() {
        let text = send(b"two\nlines", false, false);
        assert_eq!(compose(&text, false), b"two\rlines");
        assert_eq!(compose(&text, true), b"\x1b[200~two\rlines\x1b[201~");
        assert_eq!(compose(&send("é".as_bytes(), false, false), true), "é".as_bytes());
        assert_eq!(compose(&send(b"\x1b[A\n", false, true), true), b"\x1b[A\n");
    }

    #[test]
    fn no_text_can_end_its_own_paste() {
        let hostile = send(b"a\x1b[201\x1b[201~~rm -rf", false, false);
        assert_eq!(compose(&hostile, true), b"\x1b[200~arm -rf\x1b[201~");
    }

    #[test]
    fn the_enter_of_a_text_comes_after_a_gap_and_before_other_input() {
        let mut queue = InputQueue::default();
        queue.push_send(send(b"hello", true, false), false);
        queue.push(b"other".to_vec());
        let (mut typed, now) = (Vec::new(), Instant::now());
        queue.write_to(&mut typed, now).unwrap();
        assert_eq!(typed, b"hello");
        assert!(!queue.wants_write(now));
        let later = queue.wake_at().unwrap();
        assert_eq!(later - now, limits::ENTER_GAP);
        assert!(queue.wants_write(later));
        queue.write_to(&mut typed, later).unwrap();
        assert_eq!(typed, b"hello\rother");
        assert_eq!((queue.len, queue.wake_at()), (0, None));
    }

    #[test]
    fn a_full_queue_says_so() {
        let mut queue = InputQueue::default();
        queue.push(vec![0; limits::INPUT - 1]);
        assert!(!queue.is_full() && queue.has_room_for(1) && !queue.has_room_for(2));
        queue.push(vec![0; 1]);
        assert!(queue.is_full());
        queue.clear();
        assert!(!queue.is_full());
    }
}
