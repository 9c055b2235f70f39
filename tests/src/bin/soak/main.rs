//! Long and mixed use: random commands from many clients at once, while daemons, holders,
//! clients and programs are killed. Then everything comes to rest, and the promises are
//! checked. The second half is the same without deaths of the daemon: at its end the daemon
//! may hold no more than it held after a minute.
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
//! 3. Growth is measured between two times of rest with the same few sessions, in the same
//!    daemon.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a chore")]

mod client;
mod deaths;
mod dice;
mod footing;
mod programs;

use std::fs;
use std::thread;
use std::time::{Duration, Instant};

use app_tests::{Home, audit, process};

use crate::client::Client;
use crate::deaths::Victim;
use crate::dice::Dice;
use crate::footing::Footing;
use crate::programs::Ends;

/// Clients at the same time.
const CLIENTS: u64 = 8;

/// Longest time from the beginning of the second half until the daemon is first looked at.
const WARM_UP: Duration = Duration::from_secs(60);

/// Descriptors that the daemon has for itself, and for clients that are just leaving.
const OWN_DESCRIPTORS: usize = 40;

/// Most memory of one holder, in KiB.
const HOLDER_KIB: u64 = 16 << 10;

fn main() {
    let arguments: Vec<u64> =
        std::env::args().skip(1).map(|argument| argument.parse().unwrap()).collect();
    let minutes = arguments.first().copied().unwrap_or(2);
    let sessions = arguments.get(1).copied().unwrap_or(500);
    let seed = arguments.get(2).copied().unwrap_or_else(|| u64::from(std::process::id()));
    println!("{minutes} minutes, up to {sessions} sessions, seed {seed}");
    let home = Home::new();
    let soak = Soak { home: &home, sessions, ends: Ends::default() };
    let half = Duration::from_secs(minutes * 60) / 2;
    soak.storm(seed, &Victim::ALL, half);
    soak.at_rest();
    nothing_leaks(&home);
    soak.nothing_grows(seed.wrapping_add(1), half);
    home.appctl(["daemon", "stop", "--sessions"]).ok();
    soak.at_rest();
    println!("every promise was kept");
}

/// What everybody who takes part in it knows.
struct Soak<'h> {
    home: &'h Home,
    /// Most of them at the same time.
    sessions: u64,
    ends: Ends,
}

impl Soak<'_> {
    /// Everybody at once, for so long, while these are killed.
    fn storm(&self, seed: u64, victims: &[Victim], time: Duration) {
        let until = Instant::now() + time;
        let (commands, deaths) = thread::scope(|scope| {
            let clients: Vec<_> = (0..CLIENTS)
                .map(|number| {
                    let dice = Dice::new(seed.wrapping_mul(31).wrapping_add(number));
                    let mut client = Client::new(self.home, dice, self.sessions, &self.ends);
                    scope.spawn(move || client.go_on(until))
                })
                .collect();
            let mut dice = Dice::new(seed);
            let deaths = scope.spawn(move || deaths::go_on(self.home, &mut dice, victims, until));
            let commands: u64 = clients.into_iter().map(|client| client.join().unwrap()).sum();
            (commands, deaths.join().unwrap())
        });
        println!("{commands} commands, {deaths} deaths; now everything comes to rest");
    }

    /// Everything that must hold when nothing is under way.
    fn at_rest(&self) {
        audit::check(self.home);
        self.ends.check(&self.home.events());
    }

    /// The daemon lives on, and everybody else comes and goes.
    fn nothing_grows(&self, seed: u64, time: Duration) {
        let warm_up = WARM_UP.min(time / 2);
        let but_the_daemon = [Victim::Holder, Victim::Client, Victim::Program];
        self.storm(seed, &but_the_daemon, warm_up);
        self.at_rest();
        let before = Footing::at_rest(self.home);
        println!("after {} s: {before}", warm_up.as_secs());
        self.storm(seed.wrapping_add(1), &but_the_daemon, time.saturating_sub(warm_up));
        self.at_rest();
        let after = Footing::at_rest(self.home);
        println!("after {} s: {after}", time.as_secs());
        after.has_not_grown_since(&before);
    }
}

/// Descriptors and memory are those of what is alive, however long it went.
fn nothing_leaks(home: &Home) {
    let live: Vec<_> = home.ls_all().into_iter().filter(|view| view["pid"].is_u64()).collect();
    let daemon = home.daemon_pid();
    let open = fs::read_dir(format!("/proc/{daemon}/fd")).unwrap().count();
    // Of each session its holder, and the door for what runs in it.
    let most = 2 * live.len() + OWN_DESCRIPTORS;
    assert!(open <= most, "{open} files for {} sessions", live.len());
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
