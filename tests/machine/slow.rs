//! A disk that takes its time: nothing that a person waits for at the start of a daemon
//! waits for more of it than there is to read.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use app_tests::process::Process;
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

/// How often something is tried. Other work on the machine can make any of them late; what
/// waits for the disk is late each time.
const TRIES: u32 = 3;

/// Asks for the list, which starts a daemon, each time after `prepare`, and says how long
/// the quickest of them took. The disk is slow meanwhile.
#[track_caller]
fn ls_takes(home: &Home, disk: &Volume, prepare: impl Fn()) -> Duration {
    let tries = (0..TRIES).map(|_| {
        disk.throttle(0);
        prepare();
        disk.throttle(PER_SECOND);
        let begun = Instant::now();
        home.appctl(["ls"]).ok();
        begun.elapsed()
    });
    let quickest = tries.min().unwrap();
    disk.throttle(0);
    quickest
}

/// Nothing has ever been there.
fn clear(home: &Home) {
    for entry in fs::read_dir(home.state_dir()).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
    }
}

#[test]
#[ignore = "needs root"]
fn a_daemon_on_a_slow_disk_answers_at_once() {
    let home = Home::new();
    let Some(disk) = on_slow_disk(&home) else { return };
    let end_daemon = || {
        for daemon in home.daemons() {
            Process::of(daemon).kill();
        }
    };
    let empty = ls_takes(&home, &disk, || {
        end_daemon();
        clear(&home);
    });
    past::add(&home, PAST);
    home.appctl(["ls"]).ok();
    let warm = ls_takes(&home, &disk, end_daemon);
    let cold = ls_takes(&home, &disk, || {
        end_daemon();
        disk.mount_again();
    });
    home.appctl(["daemon", "stop"]).ok();
    println!("empty {empty:?}, in memory {warm:?}, not in memory {cold:?}");
    for (took, limit) in [(empty, AT_ONCE), (warm, AT_ONCE), (cold, COLD)] {
        assert!(took < limit, "{took:?}, and {limit:?} is the most");
    }
}
