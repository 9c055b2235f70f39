//! How fast the model takes output: MB of input per second of CPU time, for three streams.
//!
//! `cargo run --release -p app-term --example throughput`

#![expect(clippy::print_stdout, reason = "printing is what this example is for")]

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use app_term::{History, Screen};

/// Each stream is about this long.
const STREAM: usize = 16 << 20;
/// What a read from a PTY gives at most.
const CHUNK: usize = 16 << 10;
/// The best of so many runs counts: others may be using the machine.
const RUNS: usize = 5;

fn main() {
    for (name, stream) in [("plain", plain()), ("coloured", coloured()), ("frames", frames())] {
        let best = (0..RUNS).map(|_| run(&stream)).min().unwrap_or_default();
        let rate = stream.len() as f64 / 1e6 / best.as_secs_f64();
        println!("{name:10} {rate:7.0} MB/s");
    }
    let mut screen = Screen::new(40, 120, 10_000);
    screen.feed(&coloured());
    let start = Instant::now();
    let bytes = screen.snapshot(History::All).len();
    println!("snapshot   {bytes} bytes in {:?}", start.elapsed());
}

/// CPU time that one pass over the stream takes.
fn run(stream: &[u8]) -> Duration {
    let mut screen = Screen::new(40, 120, 1000);
    let start = used();
    for chunk in stream.chunks(CHUNK) {
        screen.feed(chunk);
    }
    used() - start
}

/// CPU time of this process so far, or wall time where it is not known.
fn used() -> Duration {
    let stat = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    match stat.split(' ').next().and_then(|nanos| nanos.parse().ok()) {
        Some(nanos) => Duration::from_nanos(nanos),
        None => {
            static START: std::sync::OnceLock<Instant> = std::sync::OnceLock::new();
            START.get_or_init(Instant::now).elapsed()
        }
    }
}

/// Build output: lines of ASCII of various lengths.
fn plain() -> Vec<u8> {
    let mut text = String::new();
    let mut line = 0;
    while text.len() < STREAM {
        let rest = &"in crates/model/src/session.rs, while something took rather long"[line % 60..];
        let _ = writeln!(text, "[{line:06}] compiling target number {} {rest}\r", line * 7 % 1000);
        line += 1;
    }
    text.into_bytes()
}

/// Test output: colours, attributes, wide characters and emoji.
fn coloured() -> Vec<u8> {
    let mut text = String::new();
    let mut line = 0;
    while text.len() < STREAM {
        let (red, index) = (line * 13 % 256, line % 256);
        let _ = writeln!(
            text,
            "\x1b[1;32m✔\x1b[0m \x1b[38;5;{index}mtest\x1b[39m módulo::テスト{line} \
             \x1b[38;2;{red};80;200m│ größe 漢字仮名 │\x1b[0m \x1b[4mok\x1b[24m 🚀 in \x1b[2m{}ms\x1b[0m\r",
            line % 977,
        );
        line += 1;
    }
    text.into_bytes()
}

/// A full-screen program: moves, colours, erasing, boxes, a scroll region.
fn frames() -> Vec<u8> {
    let mut text = String::from("\x1b[?1049h\x1b[?25l");
    let mut frame = 0;
    while text.len() < STREAM {
        text.push_str("\x1b[?2026h\x1b[H");
        for row in 1..=38 {
            let shade = (frame + row) % 24 + 232;
            let _ = write!(
                text,
                "\x1b[{row};1H\x1b[48;5;{shade}m\x1b[38;5;15m│\x1b[m {:>5} \x1b[32mroot\x1b[m {:>4.1} \
                 \x1b[1;34m/usr/bin/program --option={}\x1b[0m\x1b[K\x1b[{row};120H│",
                row * 31 + frame,
                (row * frame % 1000) as f32 / 10.0,
                frame % 10,
            );
        }
        text.push_str(
            "\x1b[39;1H├──────────────────────────────┤\x1b[5;30r\x1b[30;1H\n\x1b[r\x1b[?2026l",
        );
        frame += 1;
    }
    text.into_bytes()
}
