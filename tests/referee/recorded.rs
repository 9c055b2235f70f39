//! What real programs wrote, from `tests/data/recordings`.

use std::path::Path;

use crate::judge::{Numbers, fault};
use crate::xterm::Xterm;

/// Attachments per recording in its own size, and in each of the others.
const CUTS: [usize; 3] = [40, 10, 10];

/// The recordings: name, size, bytes.
fn recordings() -> Vec<(String, (u16, u16), Vec<u8>)> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/recordings");
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        let extension = path.extension().unwrap().to_str().unwrap();
        let Some((rows, cols)) = extension.split_once('x') else { continue };
        let size = (rows.parse().unwrap(), cols.parse().unwrap());
        found.push((name, size, std::fs::read(path).unwrap()));
    }
    assert!(found.len() >= 16, "the recordings are missing");
    found.sort();
    found
}

#[test]
fn who_attaches_in_the_midst_of_a_program_sees_what_everybody_sees() {
    let Some(mut xterm) = Xterm::start() else { return };
    let mut faults = Vec::new();
    for (name, recorded, stream) in recordings() {
        // In its own size, and in others that it was not made for.
        let sizes = [recorded, (recorded.0 + 7, recorded.1 + 20), (10, 40)];
        for (size, count) in sizes.into_iter().zip(CUTS) {
            let whole = xterm.shows(size, &[&stream]);
            let mut numbers = Numbers(name.len() as u64 + u64::from(size.1));
            let cuts: Vec<usize> = (0..count).map(|_| numbers.below(stream.len() + 1)).collect();
            let found: Vec<String> = cuts
                .iter()
                .filter_map(|&cut| fault(&mut xterm, size, &stream, cut, &whole))
                .collect();
            eprintln!("{name} in {size:?}: {} of {count} the same", count - found.len());
            faults.extend(found.first().map(|fault| format!("{name}: {fault}")));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}
