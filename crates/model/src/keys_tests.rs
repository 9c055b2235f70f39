//! What the detach key looks like, and what only looks like it.

use proptest::prelude::*;

use super::*;

const MS: Duration = Duration::from_millis(1);

/// Every way in which a terminal may say Ctrl-\.
const ENCODINGS: &[&[u8]] = &[
    b"\x1c",
    b"\x1b[92;5u",
    b"\x1b[92;5:1u",
    b"\x1b[92;69u",
    b"\x1b[92;133:1u",
    b"\x1b[92:124;5u",
    b"\x1b[1092::92;5u",
    b"\x1b[92;5;92u",
    b"\x1b[27;5;92~",
    b"\x1b[27;69;92~",
];

struct Typed {
    filter: KeyFilter,
    out: Vec<u8>,
    now: Instant,
}

impl Typed {
    fn with(key: DetachKey) -> Self {
        Self { filter: KeyFilter::new(key), out: Vec::new(), now: Instant::now() }
    }

    fn new() -> Self {
        Self::with(DetachKey::DEFAULT)
    }

    fn type_in(&mut self, bytes: &[u8]) -> bool {
        self.filter.feed(bytes, self.now, &mut self.out)
    }

    fn pass(&mut self, time: Duration) -> bool {
        self.now += time;
        self.filter.tick(self.now, &mut self.out)
    }

    fn passed(&self) -> String {
        String::from_utf8_lossy(&self.out).into_owned()
    }
}

#[test]
fn the_key_detaches_in_every_encoding_and_in_any_cut() {
    for encoding in ENCODINGS {
        for cut in 1..=encoding.len() {
            let mut typed = Typed::new();
            for piece in encoding.chunks(cut) {
                assert!(!typed.type_in(piece));
                assert!(!typed.pass(MS));
            }
            assert!(typed.pass(TWICE_LIMIT), "{encoding:?} cut by {cut}");
            let lone_escape = if cut == 1 && encoding.len() > 1 { "\x1b" } else { "" };
            // The layout's own letter is seen only at the end, so what comes before it
            // cannot be held back.
            if !encoding.starts_with(b"\x1b[1092") {
                assert_eq!(typed.passed(), lone_escape, "{encoding:?} cut by {cut}");
            }
        }
        let mut typed = Typed::new();
        typed.type_in(encoding);
        assert_eq!(typed.passed(), "", "{encoding:?}");
        assert_eq!(typed.filter.deadline(), Some(typed.now + TWICE_LIMIT));
    }
}

#[test]
fn pressed_twice_it_goes_through_once() {
    for encoding in ENCODINGS {
        let mut typed = Typed::new();
        typed.type_in(encoding);
        assert!(!typed.pass(100 * MS));
        typed.type_in(encoding);
        assert!(!typed.pass(TWICE_LIMIT));
        assert_eq!(typed.out, *encoding);
    }
}

#[test]
fn two_presses_in_one_read_go_through_once_and_a_third_detaches() {
    let mut typed = Typed::new();
    typed.type_in(b"\x1c\x1c\x1c");
    assert_eq!(typed.passed(), "\x1c");
    assert!(typed.pass(TWICE_LIMIT));
}

#[test]
fn what_is_typed_after_the_key_is_not_for_the_program() {
    let mut typed = Typed::new();
    assert!(typed.type_in(b"a\x1cls\n"));
    assert_eq!(typed.passed(), "a");
}

#[test]
fn reports_of_the_terminal_after_the_key_pass_and_do_not_hurry() {
    let mut typed = Typed::new();
    assert!(!typed.type_in(b"\x1c\x1b[<35;10;10M\x1b[I"));
    assert_eq!(typed.passed(), "\x1b[<35;10;10M\x1b[I");
    assert!(typed.pass(TWICE_LIMIT));
}

#[test]
fn releases_belong_to_their_press() {
    let mut typed = Typed::new();
    typed.type_in(b"\x1b[92;5:1u\x1b[92;5:3u");
    assert!(!typed.pass(50 * MS));
    typed.type_in(b"\x1b[92;5:1u\x1b[92;5:3u");
    assert_eq!(typed.passed(), "\x1b[92;5:1u\x1b[92;5:3u");
    let mut held = Typed::new();
    held.type_in(b"\x1b[92;5:1u\x1b[92;5:2u\x1b[92;5:2u");
    assert_eq!(held.passed(), "");
    assert!(held.pass(TWICE_LIMIT));
}

#[test]
fn other_keys_pass() {
    for other in [
        &b"\x1b[92u"[..],
        b"\x1b[92;1u",
        b"\x1b[92;7u",
        b"\x1b[93;5u",
        b"\x1b[27;6;92~",
        b"\x1b[27;5;93~",
        b"\x1b[A",
        b"\x1bOP",
        b"\x1b\x1b",
        b"\x1b[?62;4c",
        b"\x1b]11;rgb:00/00/00\x1b\\",
        "日本\\".as_bytes(),
    ] {
        let mut typed = Typed::new();
        assert!(!typed.type_in(other));
        assert!(!typed.pass(TWICE_LIMIT));
        assert_eq!(typed.out, other, "{other:?}");
    }
}

#[test]
fn a_lone_escape_is_never_held_back() {
    let mut typed = Typed::new();
    typed.type_in(b"\x1b");
    assert_eq!(typed.passed(), "\x1b");
}

#[test]
fn a_beginning_that_goes_nowhere_waits_for_its_limit_only() {
    let mut typed = Typed::new();
    typed.type_in(b"\x1b[9");
    assert_eq!(typed.passed(), "");
    assert_eq!(typed.filter.deadline(), Some(typed.now + HOLD_LIMIT));
    assert!(!typed.pass(HOLD_LIMIT));
    assert_eq!(typed.passed(), "\x1b[9");
    assert_eq!(typed.filter.deadline(), None);
    let mut other = Typed::new();
    other.type_in(b"\x1b[1;");
    assert_eq!(other.passed(), "\x1b[1;", "it cannot become the key");
}

#[test]
fn nothing_is_recognised_inside_a_paste() {
    let paste = b"\x1b[200~a\x1cb\x1b[92;5u\x1b[20\x1b[201~";
    for cut in 1..=paste.len() {
        let mut typed = Typed::new();
        for piece in paste.chunks(cut) {
            assert!(!typed.type_in(piece));
        }
        assert!(!typed.pass(TWICE_LIMIT));
        assert_eq!(typed.out, paste, "cut by {cut}");
        typed.type_in(b"\x1c");
        assert!(typed.pass(TWICE_LIMIT));
    }
}

#[test]
fn a_paste_whose_end_was_lost_does_not_lock_the_key() {
    let mut typed = Typed::new();
    typed.type_in(b"\x1b[200~text");
    assert!(!typed.pass(PASTE_LIMIT));
    typed.type_in(b"\x1c");
    assert!(typed.pass(TWICE_LIMIT));
}

#[test]
fn another_key_or_none_can_be_chosen() {
    let mut typed = Typed::with(DetachKey::Ctrl('a'));
    typed.type_in(b"\x1c\x1b[65;5u");
    assert_eq!(typed.passed(), "\x1c");
    assert!(typed.pass(TWICE_LIMIT));
    let mut none = Typed::with(DetachKey::None);
    none.type_in(b"\x1c\x1b[92;5u");
    assert!(!none.pass(TWICE_LIMIT));
    assert_eq!(none.passed(), "\x1c\x1b[92;5u");
}

#[test]
fn keys_are_named_as_people_write_them() {
    assert_eq!("ctrl-\\".parse(), Ok(DetachKey::DEFAULT));
    assert_eq!("Ctrl-A".parse(), Ok(DetachKey::Ctrl('a')));
    assert_eq!("^]".parse(), Ok(DetachKey::Ctrl(']')));
    assert_eq!("none".parse(), Ok(DetachKey::None));
    for bad in ["", "x", "ctrl-", "ctrl-[", "ctrl-m", "ctrl-ab", "ctrl-é", "alt-x", "ctrl-?"] {
        assert!(bad.parse::<DetachKey>().is_err(), "{bad:?} was accepted");
    }
}

fn pieces() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let piece = prop_oneof![
        Just(b"\x1b".to_vec()),
        Just(b"\x1b[".to_vec()),
        Just(b"\x1b[92;".to_vec()),
        Just(b"\x1b[27;5".to_vec()),
        Just(b"\x1b[200~".to_vec()),
        Just(b"\x1b[201~".to_vec()),
        Just(b"\x1b[A".to_vec()),
        prop::collection::vec(any::<u8>().prop_filter("not the key", |b| *b != 0x1c), 0..6),
    ];
    prop::collection::vec(piece, 0..12)
}

proptest! {
    /// Invariant 1: with no key that detaches, the filter is the identity in any cut.
    #[test]
    fn without_the_key_everything_passes(pieces in pieces(), cut in 1usize..9) {
        let bytes = pieces.concat();
        let mut typed = Typed::with(DetachKey::None);
        for piece in bytes.chunks(cut) {
            prop_assert!(!typed.type_in(piece));
        }
        typed.pass(HOLD_LIMIT);
        prop_assert_eq!(typed.out, bytes);
    }

    /// Whatever came before, outside of a paste the key detaches.
    #[test]
    fn the_key_works_after_anything(pieces in pieces(), which in 0..ENCODINGS.len(), cut in 1usize..9) {
        let mut bytes = pieces.concat();
        bytes.extend_from_slice(PASTE_END);
        bytes.extend_from_slice(ENCODINGS[which]);
        let mut typed = Typed::new();
        let mut detached = false;
        for piece in bytes.chunks(cut) {
            detached |= typed.type_in(piece);
        }
        prop_assert!(detached || typed.pass(TWICE_LIMIT));
    }

    /// However it is cut, the same bytes pass.
    #[test]
    fn cuts_change_nothing(pieces in pieces(), cut in 1usize..9) {
        let bytes = pieces.concat();
        let mut whole = Typed::new();
        let at_once = whole.type_in(&bytes);
        whole.pass(HOLD_LIMIT);
        let mut cut_up = Typed::new();
        let mut in_pieces = false;
        for piece in bytes.chunks(cut) {
            in_pieces = cut_up.type_in(piece);
            if in_pieces {
                break;
            }
        }
        cut_up.pass(HOLD_LIMIT);
        prop_assert_eq!(at_once, in_pieces);
        prop_assert_eq!(whole.out, cut_up.out);
    }
}

#[test]
fn the_key_and_then_ctrl_z_is_the_wish_to_suspend() {
    for keys in [&b"a\x1c\x1a"[..], b"a\x1c\x1b[122;5u", b"a\x1b[92;5u\x1b[27;5;122~"] {
        let mut filter = KeyFilter::new(DetachKey::DEFAULT);
        let (now, mut out) = (Instant::now(), Vec::new());
        let leaves = filter.feed(keys, now, &mut out) || filter.tick(now + TWICE_LIMIT, &mut out);
        assert!(leaves && filter.suspends(), "{keys:?}");
        assert_eq!(out, b"a");
    }
    let mut filter = KeyFilter::new(DetachKey::DEFAULT);
    let mut out = Vec::new();
    assert!(!filter.feed(b"\x1a", Instant::now(), &mut out), "alone it is the program's");
    assert_eq!(out, b"\x1a");
}

#[test]
fn a_key_is_known_by_its_byte() {
    for name in ["ctrl-a", "ctrl-z", "ctrl-\\", "ctrl-]", "ctrl-^", "ctrl-_"] {
        let key: DetachKey = name.parse().unwrap();
        assert_eq!(DetachKey::from_byte(key.byte().unwrap()), key);
    }
    assert_eq!(DetachKey::from_byte(0), DetachKey::None);
}
