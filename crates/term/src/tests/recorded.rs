//! What real programs wrote, from `tests/data/recordings`, with a snapshot in the midst of it.

use std::path::Path;

use super::state::{self, difference, replayed};
use crate::Screen;

/// Snapshots per recording.
const CUTS: usize = 40;

/// Lines above the screen: enough for some recordings and too few for others.
const HISTORY: usize = 100;

/// The recordings: name, size, bytes.
fn recordings() -> Vec<(String, (u16, u16), Vec<u8>)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/recordings");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let shape = path.extension().unwrap().to_str().unwrap();
        let Some((rows, cols)) = shape.split_once('x') else { continue };
        let size = (rows.parse().unwrap(), cols.parse().unwrap());
        found.push((name, size, std::fs::read(path).unwrap()));
    }
    assert!(found.len() >= 16, "the recordings are missing");
    found.sort();
    found
}

/// Places without a plan, the same each time (splitmix64).
fn cuts(seed: usize, len: usize) -> Vec<usize> {
    let mut state = seed as u64;
    let mut next = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % (len as u64 + 1)).unwrap()
    };
    (0..CUTS).map(|_| next()).collect()
}

fn fed((rows, cols): (u16, u16), bytes: &[u8]) -> Screen {
    let mut screen = Screen::new(rows, cols, HISTORY);
    screen.feed(bytes);
    state::check(&screen);
    screen
}

/// What is different in a copy made after `cut` bytes, if anything.
fn fault(size: (u16, u16), stream: &[u8], cut: usize, whole: &state::State) -> Option<String> {
    let (front, rest) = stream.split_at(cut);
    let mut original = fed(size, front);
    let mut copy = replayed(&original);
    state::check(&copy);
    let said = |when: &str, fault: String| format!("after {cut} bytes, {when}: {fault}");
    if let Some(fault) = difference(&state::of(&original), &state::of(&copy)) {
        return Some(said("at once", fault));
    }
    original.feed(rest);
    copy.feed(rest);
    let later = difference(whole, &state::of(&original)).map(|fault| said("cut", fault));
    later.or_else(|| difference(whole, &state::of(&copy)).map(|fault| said("later", fault)))
}

#[test]
fn a_copy_made_in_the_midst_of_a_program_stays_the_same() {
    let mut faults = Vec::new();
    for (name, size, stream) in recordings() {
        let whole = state::of(&fed(size, &stream));
        let found: Vec<String> = cuts(name.len() + stream.len(), stream.len())
            .into_iter()
            .filter_map(|cut| fault(size, &stream, cut, &whole))
            .collect();
        println!("{name}: {} of {CUTS} the same", CUTS - found.len());
        faults.extend(found.first().map(|fault| format!("{name} {fault}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}
