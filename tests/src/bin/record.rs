//! Records what a program writes to its terminal, for `tests/data/recordings`.
//!
//! ```text
//! record FILE ROWSxCOLS STEP… -- PROGRAM ARGUMENTS…
//!   wait:TEXT   until the screen shows it      keys:TEXT   type it; \r \e \x03 as in C
//! ```
//!
//! After keys, the program is given the time to answer: what it shows of them is recorded
//! and not only what it shows in the end.
//!
//! The program runs in a private home and without this machine's environment. What it wrote
//! up to the last step is kept.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a chore")]

use std::path::Path;

use app_tests::terminal::{Launch, Terminal, size};
use app_tests::{Home, binaries};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let dashes = arguments.iter().position(|argument| argument == "--").unwrap();
    let ([file, shape, steps @ ..], [_, program, rest @ ..]) = arguments.split_at(dashes) else {
        panic!("record FILE ROWSxCOLS STEP… -- PROGRAM ARGUMENTS…");
    };
    let (rows, cols) = shape.split_once('x').unwrap();
    let home = Home::new();
    std::fs::write(home.user_dir().join("queue.rs"), SOURCE).unwrap();
    std::fs::write(home.user_dir().join("build.log"), log()).unwrap();
    let program = match Path::new(program) {
        path if path.is_absolute() => path.to_path_buf(),
        _ => binaries::installed(program),
    };
    let mut terminal = Terminal::launch(&Launch {
        home: &home,
        program: &program,
        args: &rest.iter().map(String::as_str).collect::<Vec<_>>(),
        size: size(rows.parse().unwrap(), cols.parse().unwrap()),
        variables: &[],
    });
    for step in steps {
        match step.split_once(':').unwrap() {
            ("wait", text) => terminal.wait_until_contains(text),
            ("keys", text) => {
                terminal.keys(unescaped(text));
                terminal.settle();
            }
            _ => panic!("no such step: {step}"),
        }
    }
    terminal.settle();
    let raw = terminal.raw();
    for secret in [home.path().to_str().unwrap(), &hostname()] {
        let found = raw.windows(secret.len()).any(|window| window == secret.as_bytes());
        assert!(!found, "it shows {secret}");
    }
    std::fs::write(file, raw).unwrap();
    println!("{}\n{} bytes", terminal.screen().text(), raw.len());
}

fn hostname() -> String {
    std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().to_owned()
}

fn unescaped(text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (c, if c == '\\' { chars.next() } else { None }) {
            (_, Some('r')) => out.push(b'\r'),
            (_, Some('e')) => out.push(0x1b),
            (_, Some('x')) => {
                let digits: String = chars.by_ref().take(2).collect();
                out.push(u8::from_str_radix(&digits, 16).unwrap());
            }
            (_, Some(other)) => out.extend(other.to_string().bytes()),
            (c, None) => out.extend(c.to_string().bytes()),
        }
    }
    out
}

/// Something to edit.
const SOURCE: &str = r#"//! A queue that forgets the oldest.

use std::collections::VecDeque;

/// Holds at most `limit` values.
#[derive(Debug, Clone)]
pub struct Queue<T> {
    values: VecDeque<T>,
    limit: usize,
}

impl<T> Queue<T> {
    /// An empty queue. 空の待ち行列。
    pub fn new(limit: usize) -> Self {
        Self { values: VecDeque::new(), limit }
    }

    /// Adds a value; returns the one that had to go.
    pub fn push(&mut self, value: T) -> Option<T> {
        let gone = if self.values.len() >= self.limit { self.values.pop_front() } else { None };
        self.values.push_back(value);
        gone
    }

    pub fn len(&self) -> usize {
        self.values.len()
    }
}

fn main() {
    let mut queue = Queue::new(3);
    for n in 1..=10 {
        if let Some(gone) = queue.push(n) {
            println!("{gone} is gone, {} are left", queue.len());
        }
    }
}
"#;

/// Something to page through.
fn log() -> String {
    (1..=400)
        .map(|n| {
            let colour = 31 + n % 7;
            let word =
                ["compiling", "warning: unused", "テスト成功", "ok ✓ e\u{301}tape", "running"]
                    [n % 5];
            format!(
                "\x1b[1;{colour}m{n:4}\x1b[0m \x1b[4m{word}\x1b[24m {}\n",
                "·".repeat(n * 7 % 90)
            )
        })
        .collect()
}
