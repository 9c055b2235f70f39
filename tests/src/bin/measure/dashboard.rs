//! The dashboard over many sessions: what a frame costs, what it needs, what it does when
//! nothing happens.

use std::time::{Duration, Instant};

use app_tests::{Home, Terminal, size};
use rustix::param::clock_ticks_per_second;

use crate::figures::Figures;
use crate::process::{cpu_ticks, memory_kib};

/// Keys that are pressed, each of which has a frame drawn.
const KEYS: usize = 1_000;

/// How long nothing happens.
const IDLE: Duration = Duration::from_secs(20);

/// The wide terminal of somebody who lives in it.
const ROWS_COLS: (u16, u16) = (50, 200);

pub(crate) fn dashboard(live: u64, past: u64) {
    let home = Home::new();
    crate::make_past(&home, past);
    for number in 0..live {
        home.start(&format!("live-{number}"), &["sleep", "100000"]);
    }
    let began = Instant::now();
    let mut terminal = home.terminal_of(size(ROWS_COLS.0, ROWS_COLS.1), &[]);
    terminal.wait_until_contains(&format!("{live} working"));
    let first = began.elapsed().as_secs_f64() * 1e3;
    println!("{live} live and {past} past sessions, {} columns, {} rows", ROWS_COLS.1, ROWS_COLS.0);
    println!("until all of them are listed: {first:.0} ms");
    let pid = terminal.pid();
    for (what, keys) in [("down", "jk"), ("a page", "\x1b[6~\x1b[5~")] {
        let (ticks, figures) = frames(&mut terminal, keys);
        let each = ticks as f64 * 1e3 / clock_ticks_per_second() as f64 / KEYS as f64;
        println!(
            "{what}: {each:.2} ms of a processor a frame; key to frame: median {:.2} ms, 95 % {:.2} ms",
            figures.at_ms(500),
            figures.at_ms(950)
        );
    }
    println!("memory (PSS): {} KiB", memory_kib(pid).unwrap());
    idle(&mut terminal, pid, "with times that run in sight");
    terminal.keys("G");
    terminal.settle();
    idle(&mut terminal, pid, "with none");
    terminal.keys("q");
    terminal.wait_exit();
}

/// Presses a key that moves on and one that moves back in turn, and waits for each frame.
fn frames(terminal: &mut Terminal, keys: &str) -> (u64, Figures) {
    terminal.settle();
    let pid = terminal.pid();
    let (there, back) = keys.split_at(keys.len() / 2);
    let before = cpu_ticks(pid);
    let took = (0..KEYS)
        .map(|number| {
            let seen = terminal.raw().len();
            let began = Instant::now();
            terminal.keys(if number.is_multiple_of(2) { there } else { back });
            terminal.wait_raw("a frame", |it| it.raw().len() > seen);
            began.elapsed()
        })
        .collect();
    (cpu_ticks(pid) - before, Figures::of(took))
}

fn idle(terminal: &mut Terminal, pid: u32, what: &str) {
    let (ticks, began) = (cpu_ticks(pid), Instant::now());
    while began.elapsed() < IDLE {
        // What is drawn has to be read, or it would stand still.
        terminal.settle();
        crate::pause(Duration::from_millis(200));
    }
    let used = (cpu_ticks(pid) - ticks) as f64 * 1e3 / clock_ticks_per_second() as f64;
    println!("{what}: {used:.0} ms of a processor in {} s", IDLE.as_secs());
}
