//! Long and mixed use: random commands from several clients at once, while daemons, holders
//! and clients are killed. Then everything comes to rest, and the promises are checked.
//!
//! ```text
//! soak [MINUTES] [SESSIONS] [SEED]
//! ```
//!
//! The same seed gives each client the same commands; what they meet is never the same twice.
//!
//! # Invariants
//!
//! 1. Only processes of our own private home are killed, each held by a descriptor.
//! 2. A command may fail, since what it needs may just have been killed. It may not panic,
//!    crash or hang.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a chore")]

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use app_tests::process::{self, Process};
use app_tests::{Home, audit, home};

/// Clients at the same time.
const CLIENTS: u64 = 4;

/// Most milliseconds between two deaths.
const DEATH_PAUSE_MS: u64 = 2_000;

/// Codes of a command that went wrong by itself: a panic, and the signals of crashes.
const CRASHED: [i32; 5] = [101, 128 + 4, 128 + 6, 128 + 7, 128 + 11];

/// Descriptors that the daemon has for itself, and for clients that are just leaving.
const OWN_DESCRIPTORS: usize = 40;

/// Most memory of one holder, in KiB.
const HOLDER_KIB: u64 = 16 << 10;

fn main() {
    let arguments: Vec<u64> =
        std::env::args().skip(1).map(|argument| argument.parse().unwrap()).collect();
    let minutes = arguments.first().copied().unwrap_or(2);
    let sessions = arguments.get(1).copied().unwrap_or(20);
    let seed = arguments.get(2).copied().unwrap_or_else(|| u64::from(std::process::id()));
    println!("{minutes} minutes, up to {sessions} sessions, seed {seed}");
    let home = Home::new();
    let until = Instant::now() + Duration::from_secs(minutes * 60);
    let done = thread::scope(|scope| {
        let home = &home;
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| {
                let mut dice = Dice::new(seed.wrapping_mul(31).wrapping_add(number));
                scope.spawn(move || use_it(home, &mut dice, sessions, until))
            })
            .collect();
        let mut dice = Dice::new(seed);
        let deaths = scope.spawn(move || kill_some(home, &mut dice, until));
        let commands: u64 = clients.into_iter().map(|client| client.join().unwrap()).sum();
        (commands, deaths.join().unwrap())
    });
    println!("{} commands, {} deaths; now everything comes to rest", done.0, done.1);
    audit::check(&home);
    nothing_leaks(&home);
    home.appctl(["daemon", "stop", "--sessions"]).ok();
    audit::check(&home);
    println!("every promise was kept");
}

/// Numbers that look random: xorshift.
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// One client after the other, until the time is over. Returns how many.
fn use_it(home: &Home, dice: &mut Dice, sessions: u64, until: Instant) -> u64 {
    let mut count = 0;
    while Instant::now() < until {
        let words = command(dice, &known(home), sessions);
        let outcome = home::run(home.appctl_command(&words), b"");
        assert!(!CRASHED.contains(&outcome.code()), "{outcome:?}\n{}", home.daemon_log());
        count += 1;
    }
    count
}

/// The sessions that have a directory.
fn known(home: &Home) -> Vec<String> {
    let entries = fs::read_dir(home.state_dir().join("sessions")).into_iter().flatten();
    entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok()).collect()
}

/// Another session while there are fewer than `most`, or something with one that is there.
fn command(dice: &mut Dice, known: &[String], most: u64) -> Vec<String> {
    let programs = [
        "exec sleep 1000",
        "trap '' HUP TERM; echo ready; while :; do sleep 1000; done",
        "echo ready; while read x; do echo heard $x; done",
        "head -c 300000 /dev/zero | tr '\\0' x; exit 3",
        "exit 0",
        "sleep 1000 & sleep 1000 & wait",
    ];
    let is_full = known.len() as u64 >= most;
    let words: Vec<&str> = match one_of(dice, known) {
        Some(id) if is_full || dice.below(3) > 0 => match dice.below(14) {
            0 | 1 => vec!["resume", "--bg", id],
            2 | 3 => vec!["stop", "--grace", "1s", id],
            4 => vec!["kill", id],
            5 | 6 => vec!["rm", "--force", id],
            7 => vec!["rename", id, "renamed"],
            8 => vec!["send", "--enter", id, "words"],
            9 => vec!["peek", id],
            10 => vec!["logs", id],
            11 => vec!["show", "--json", id],
            12 => vec!["ls", "--all", "--json"],
            _ => vec!["wait", "--timeout", "1s", id],
        },
        _ => vec!["start", "--bg", "--", "sh", "-c", one_of(dice, &programs).unwrap()],
    };
    words.into_iter().map(str::to_owned).collect()
}

fn one_of<'a, T: AsRef<str>>(dice: &mut Dice, all: &'a [T]) -> Option<&'a str> {
    let bound = u64::try_from(all.len()).ok().filter(|&bound| bound > 0)?;
    Some(all[usize::try_from(dice.below(bound)).unwrap()].as_ref())
}

/// Kills a daemon, a holder or a client every now and then. Returns how many.
fn kill_some(home: &Home, dice: &mut Dice, until: Instant) -> u64 {
    let mut count = 0;
    while Instant::now() < until {
        pause(Duration::from_millis(dice.below(DEATH_PAUSE_MS)));
        let program = ["appd", "appd-holder", "appctl"][usize::try_from(dice.below(3)).unwrap()];
        let victims: Vec<u32> = process::that_know(&home.runtime_dir())
            .into_iter()
            .filter(|&pid| {
                let line = process::command_line(pid);
                line.split(' ').next().is_some_and(|word| word.ends_with(&format!("/{program}")))
            })
            .collect();
        if victims.is_empty() {
            continue;
        }
        let chosen = victims[usize::try_from(dice.below(victims.len() as u64)).unwrap()];
        if let Some(victim) = Process::find(chosen) {
            victim.signal(rustix::process::Signal::KILL);
            count += 1;
        }
    }
    count
}

/// Descriptors and memory are those of what is alive, however long it went.
fn nothing_leaks(home: &Home) {
    let live: Vec<_> = home.ls_all().into_iter().filter(|view| view["pid"].is_u64()).collect();
    let daemon = home.daemon_pid();
    let open = fs::read_dir(format!("/proc/{daemon}/fd")).unwrap().count();
    assert!(open <= live.len() + OWN_DESCRIPTORS, "{open} files for {} sessions", live.len());
    for view in &live {
        let holder = u32::try_from(view["holder_pid"].as_u64().unwrap()).unwrap();
        let memory = process::memory_kib(holder);
        assert!(memory <= HOLDER_KIB, "{memory} KiB: {}", process::describe(holder));
    }
    println!(
        "{} live sessions, {open} files and {} KiB of the daemon",
        live.len(),
        process::memory_kib(daemon)
    );
}

fn pause(time: Duration) {
    let time = rustix::fs::Timespec::try_from(time).unwrap();
    rustix::event::poll(&mut [], Some(&time)).unwrap();
}
