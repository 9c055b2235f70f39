//! Random output, cut and resized at random.

use proptest::prelude::*;

use super::state::{self, difference, replayed};
use crate::{History, Screen};

/// Control sequences with numbers small enough to meet each other.
fn sequence() -> impl Strategy<Value = Vec<u8>> {
    let number = prop_oneof![6 => 0u32..8, 2 => 0u32..30, 1 => Just(65_535u32)];
    let numbers = prop::collection::vec(number, 0..4)
        .prop_map(|numbers| numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(";"));
    let any = prop::sample::select(b"@ABCDEFGHIJKLMPSTXZabdefghlmrsuz".to_vec());
    let edit = prop::sample::select(b"HJKLMP@XrmSTbs".to_vec());
    (numbers, prop_oneof![any, edit])
        .prop_map(|(numbers, end)| format!("\x1b[{numbers}{}", char::from(end)).into_bytes())
}

fn mode() -> impl Strategy<Value = Vec<u8>> {
    let modes = vec![
        1, 5, 6, 7, 9, 12, 25, 45, 47, 66, 69, 1000, 1003, 1006, 1016, 1047, 1048, 1049, 2004,
        2026, 6, 7, 69, 1049, 1049,
    ];
    (prop::sample::select(modes), any::<bool>())
        .prop_map(|(mode, on)| format!("\x1b[?{mode}{}", if on { 'h' } else { 'l' }).into_bytes())
}

fn odd() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "\x1b7",
        "\x1b8",
        "\x1bM",
        "\x1bD",
        "\x1bE",
        "\x1bH",
        "\x1bc",
        "\x1b#8",
        "\x1b(0",
        "\x1b)0",
        "\x1b(B",
        "\x1bN",
        "\x1bO",
        "\x1bn",
        "\x1b*0",
        "\x1b[4h",
        "\x1b[4l",
        "\x1b[20h",
        "\x1b[!p",
        "\x1b[>1u",
        "\x1b[<u",
        "\x1b[=3;2u",
        "\x1b[>4;1m",
        "\x1b[2 q",
        "\x1b[2 @",
        "\x1b[1 A",
        "\x1b[2'}",
        "\x1b['~",
        "\x1b[22t",
        "\x1b[23t",
        "\x1b[41m",
        "\x1b[4:3m",
        "\x1b[m",
        "\x1b[38;2;1;2;3m",
        "\x1b[58:5:1m",
        "\x1b[44m",
        "\x1b[0;7m",
        "\x1b[?69h\x1b[2;5s",
        "\x1b]8;;http://x\x07",
        "\x1b]8;;\x07",
        "\x1b]2;t\x07",
        "\x1b]0;u\x1b\\",
        "\x1b]4;1;red\x07",
        "\x1b]9;4;1;5\x07",
        "\x1bPq#\x1b\\",
        "\x1b_G\x1b\\",
        "\x1b]2;open",
        "\x1b[3",
        "\x1b[?",
        "\x1b(",
    ])
}

/// Pieces that programs are made of.
fn piece() -> impl Strategy<Value = Vec<u8>> {
    let text = prop::sample::select(vec![
        "a",
        "bc",
        "hello world",
        "q",
        "字",
        "漢字かな",
        "e\u{301}",
        "\u{200d}",
        "\u{fe0f}",
        "👩",
        " ",
        "   ",
        "\u{300}",
        "é",
        "─",
        "0123456789",
    ]);
    let control = prop::sample::select(b"\r\n\x08\t\x0e\x0f\x07\x0b\r\n\n\x1b\x18\x00".to_vec());
    prop_oneof![
        8 => text.prop_map(|text| text.as_bytes().to_vec()),
        4 => control.prop_map(|byte| vec![byte]),
        8 => sequence(),
        3 => mode(),
        4 => odd().prop_map(|text| text.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 1..6),
    ]
}

/// Many lines of text and colours, with something else among them now and then.
fn flood() -> impl Strategy<Value = Vec<u8>> {
    let text = prop::sample::select(vec![
        "a",
        "hello world",
        "字",
        "e\u{301}",
        "\u{300}",
        "\x1b[31m",
        "\x1b[44m",
        "\x1b[m",
        "\x1b[0m",
        "\x1b[4:3;58:5:1m",
        "\x08",
        "\t",
        "\r",
        "\n",
        "\u{fe0f}",
        "\x1b[0;7m",
    ]);
    let text = text.prop_map(|text| text.as_bytes().to_vec());
    let line = (prop::collection::vec(text, 0..5), prop_oneof![9 => Just("\r\n"), 1 => Just("\n")])
        .prop_map(|(text, end)| [text.concat(), end.as_bytes().to_vec()].concat());
    let part = prop_oneof![40 => line, 1 => piece()];
    prop::collection::vec(part, 0..60).prop_map(|parts| parts.concat())
}

#[derive(Clone, Debug)]
enum Step {
    Feed(Vec<u8>),
    Resize(u16, u16),
}

fn size() -> impl Strategy<Value = (u16, u16)> {
    prop_oneof![4 => (1u16..7, 1u16..12), 1 => (1u16..3, 1u16..3), 1 => (4u16..12, 16u16..30)]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        20 => piece().prop_map(Step::Feed),
        1 => size().prop_map(|(rows, cols)| Step::Resize(rows, cols)),
    ];
    prop::collection::vec(step, 1..40)
}

fn run(screen: &mut Screen, steps: &[Step]) {
    for step in steps {
        match step {
            Step::Feed(bytes) => screen.feed(bytes),
            Step::Resize(rows, cols) => screen.resize(*rows, *cols),
        }
        state::check(screen);
    }
}

fn same(a: &Screen, b: &Screen) -> Result<(), TestCaseError> {
    match difference(&state::of(a), &state::of(b)) {
        None => Ok(()),
        Some(difference) => {
            let snapshot = a.snapshot(History::All);
            let shown = String::from_utf8_lossy(&snapshot).into_owned();
            Err(TestCaseError::fail(format!("{difference}\n{shown:?}")))
        }
    }
}

/// The same cases each time, unless more or others are asked for.
pub(super) fn config(cases: u32) -> ProptestConfig {
    let asked = |name| std::env::var(name).ok().and_then(|text| text.parse::<u32>().ok());
    let seed = asked("PROPTEST_SEED").unwrap_or(7);
    ProptestConfig {
        cases: asked("PROPTEST_CASES").unwrap_or(cases),
        failure_persistence: None,
        rng_seed: proptest::test_runner::RngSeed::Fixed(u64::from(seed)),
        max_shrink_iters: 20_000,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(config(600))]

    /// Whatever came before: the copy has the same state, and keeps it when fed the rest.
    #[test]
    fn a_replayed_snapshot_cannot_be_told_from_the_original(
        (rows, cols) in size(),
        limit in prop_oneof![Just(0usize), 1usize..20],
        before in steps(),
        after in steps(),
    ) {
        let mut original = Screen::new(rows, cols, limit);
        run(&mut original, &before);
        let mut copy = replayed(&original);
        same(&original, &copy)?;
        run(&mut original, &after);
        run(&mut copy, &after);
        same(&original, &copy)?;
    }

    /// How the stream is cut makes no difference.
    #[test]
    fn cutting_the_stream_changes_nothing(
        (rows, cols) in size(),
        pieces in prop::collection::vec(piece(), 0..40),
        cut in 1usize..7,
    ) {
        let stream = pieces.concat();
        let mut whole = Screen::new(rows, cols, 10);
        whole.feed(&stream);
        let mut cut_up = Screen::new(rows, cols, 10);
        stream.chunks(cut).for_each(|chunk| cut_up.feed(chunk));
        same(&whole, &cut_up)?;
    }

    /// Nor does it that what is out of sight at the end was hardly read.
    #[test]
    fn skimming_changes_nothing(
        (rows, cols) in size(),
        limit in 0usize..6,
        before in prop::collection::vec(piece(), 0..6),
        flood in flood(),
        after in prop::collection::vec(piece(), 0..6),
        least in 1usize..40,
    ) {
        let stream = [before.concat(), flood, after.concat()].concat();
        let mut skimmed = Screen::new(rows, cols, limit);
        skimmed.feed_skimming(&stream, least);
        let mut read = Screen::new(rows, cols, limit);
        read.feed_skimming(&stream, usize::MAX);
        state::check(&skimmed);
        same(&skimmed, &read)?;
    }

    /// Bytes without any plan.
    #[test]
    fn garbage_is_harmless(
        (rows, cols) in size(),
        bytes in prop::collection::vec(
            prop_oneof![any::<u8>(), prop::sample::select(b"\x1b[]P;?0123456789mHJKh\x07".to_vec())],
            0..400),
    ) {
        let mut screen = Screen::new(rows, cols, 5);
        screen.feed(&bytes);
        state::check(&screen);
        same(&screen, &replayed(&screen))?;
    }

    /// Text and its order survive any resizing of a screen with room for all of it.
    #[test]
    fn lines_survive_resizing(
        lines in prop::collection::vec("[a-z]{0,30}", 1..8),
        sizes in prop::collection::vec((1u16..10, 1u16..40), 1..6),
    ) {
        let mut screen = Screen::new(10, 40, 10_000);
        screen.feed(lines.join("\r\n").as_bytes());
        for (rows, cols) in sizes {
            screen.resize(rows, cols);
            state::check(&screen);
        }
        screen.resize(300, 40);
        let shown = super::text::everything(&screen);
        let written = lines.join("\n");
        prop_assert_eq!(shown.trim_end(), written.trim_end());
    }
}
