//! A disk that takes its time: nothing that a person waits for at the start of a daemon
//! waits for more of it than there is to read.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use app_tests::{Home, Volume, past};

/// Sessions that ended before.
const PAST: u32 = 5_000;

/// Reads, and writes, in a second.
const PER_SECOND: u32 = 5;

/// How long the answer may take that needs nothing from the disk but what is in memory.
const AT_ONCE: Duration = Duration::from_secs(1);

/// How long it may take to read what has to be read: fifteen pieces of it.
const COLD: Duration = Duration::from_secs(3);

/// A home whose state is on a disk that can be made slow; nothing where none can.
fn on_slow_disk(home: &Home) -> Option<Volume> {
    if let Some(why) = Volume::not_throttled_here() {
        eprintln!("SKIPPED: {why}");
        return None;
    }
    let image: PathBuf = home.path().join("disk");
    Some(Volume::mount(&image, "1G", &home.state_dir()))
}

/// Asks for the list, which starts a daemon, and says how long that took.
#[track_caller]
fn ls_takes(home: &Home, what: &str) -> Duration {
    let begun = Instant::now();
    home.appctl(["ls"]).ok();
    let took = begun.elapsed();
    eprintln!("{what}: {took:?}");
    took
}

#[test]
#[ignore = "needs root"]
fn a_daemon_on_a_slow_disk_answers_at_once() {
    let home = Home::new();
    let Some(disk) = on_slow_disk(&home) else { return };
    disk.throttle(PER_SECOND);
    let empty = ls_takes(&home, "nothing there yet");
    disk.throttle(0);
    past::add(&home, PAST);
    home.appctl(["ls"]).ok();
    home.kill_daemon_hard();
    disk.throttle(PER_SECOND);
    let warm = ls_takes(&home, "after a crash");
    home.kill_daemon_hard();
    disk.throttle(0);
    disk.mount_again();
    disk.throttle(PER_SECOND);
    let cold = ls_takes(&home, "nothing of it in memory");
    disk.throttle(0);
    home.appctl(["daemon", "stop"]).ok();
    for (took, limit) in [(empty, AT_ONCE), (warm, AT_ONCE), (cold, COLD)] {
        assert!(took < limit, "{took:?}, and {limit:?} is the most");
    }
}
