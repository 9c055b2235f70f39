//! One reattachment, and what differs after it.

use app_term::{History, Screen};

use crate::xterm::Xterm;

/// Lines above the screen, on both sides.
pub(crate) const HISTORY: usize = 500;

/// Numbers without a plan, the same each time (splitmix64).
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit.max(1) as u64).unwrap()
    }
}

/// What is different for somebody who attached after `cut` bytes; nothing if nothing is.
pub(crate) fn fault(
    xterm: &mut Xterm,
    size: (u16, u16),
    stream: &[u8],
    cut: usize,
    whole: &[String],
) -> Option<String> {
    let (front, rest) = stream.split_at(cut);
    let mut screen = Screen::new(size.0, size.1, HISTORY);
    screen.feed(front);
    let snapshot = screen.snapshot(History::All);
    let at_once = differences(&xterm.shows(size, &[front]), &xterm.shows(size, &[&snapshot]));
    let later = differences(whole, &xterm.shows(size, &[&snapshot, rest]));
    let (when, differences) =
        if at_once.is_empty() { ("later", later) } else { ("at once", at_once) };
    if differences.is_empty() {
        return None;
    }
    let before = &front[front.len().saturating_sub(60)..];
    Some(format!(
        "{size:?}, attached after {cut} bytes, {when}; before it: \"{}\"\n{}",
        before.escape_ascii(),
        differences.join("\n")
    ))
}

/// What they do not agree on. Nothing is to be learnt from a terminal that failed: xterm.js
/// has some edits on which it does.
fn differences(whole: &[String], attached: &[String]) -> Vec<String> {
    if [whole, attached].iter().any(|said| said[0].starts_with("failed")) {
        return Vec::new();
    }
    let mut found: Vec<String> = whole
        .iter()
        .zip(attached)
        .filter(|(a, b)| a != b)
        .map(|(a, b)| format!("  whole    {a}\n  attached {b}"))
        .collect();
    if whole.len() != attached.len() {
        found.push(format!("  {} lines instead of {}", attached.len(), whole.len()));
    }
    found.truncate(6);
    found
}
