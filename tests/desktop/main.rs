//! Notices on real servers of notifications, each on a bus and a display of its own: what
//! they are asked, what is to be seen, and what comes of a click.

#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed check")]

mod at_once;
mod clicks;
mod crash;
mod faults;
mod storm;
mod told;

use std::path::PathBuf;

use app_tests::desktop::Display;
use app_tests::{Bus, Home, wait};

/// Where programs are told of the bus.
const BUS: &str = "DBUS_SESSION_BUS_ADDRESS";

/// A home at a desk. What was made first is the last to go.
struct Desk {
    home: Home,
    display: Display,
    bus: Bus,
}

impl Desk {
    /// A bus, and a display with nothing on it. Every end is told, however short, and a
    /// session is opened by a line in a file.
    #[track_caller]
    fn new() -> Self {
        let home = telling_all("");
        let bus = home.bus();
        let display = Display::start(bus.dir());
        let home = home.with(BUS, &bus.address);
        Self { home, display, bus }
    }

    /// Waits until these sessions were opened, in this order, and no other.
    #[track_caller]
    fn wait_opened(&self, ids: &[&str]) {
        wait::until(&format!("{ids:?} in terminals"), || {
            let lines = std::fs::read_to_string(opened(&self.home)).unwrap_or_default();
            if lines.lines().eq(ids.iter().copied()) { Ok(()) } else { Err(lines) }
        });
    }
}

/// A home with these settings below the usual ones.
fn telling_all(settings: &str) -> Home {
    let home = Home::new();
    let opened = opened(&home);
    let text = format!(
        "[notify]\nmin_duration = \"0s\"\nattach_command = \"echo {{id}} >> '{}'\"\n{settings}",
        opened.display()
    );
    std::fs::write(home.config_dir().join("config.toml"), text).unwrap();
    home
}

fn opened(home: &Home) -> PathBuf {
    home.path().join("opened")
}

/// The notices that nobody has seen, as titles, the newest first.
#[track_caller]
fn unseen(home: &Home) -> Vec<String> {
    let rows = home.appctl(["notices", "--unseen", "--json"]).ok().json();
    let rows = rows.as_array().unwrap().clone();
    rows.iter().map(|row| row["title"].as_str().unwrap().to_owned()).collect()
}

/// Waits until these are the notices that nobody has seen.
#[track_caller]
fn wait_unseen(home: &Home, titles: &[&str]) {
    wait::until(&format!("only {titles:?} to be unseen"), || {
        let unseen = unseen(home);
        if unseen == titles { Ok(()) } else { Err(format!("{unseen:?}")) }
    });
}
