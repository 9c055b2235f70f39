//! xfce4-notifyd: a window for each bubble, with an icon and buttons.

use std::fs;
use std::path::PathBuf;
use std::process::Child;

use super::{Display, Window};
use crate::bus::Bus;

/// The class of its windows.
const CLASS: &str = "Xfce4-notifyd";

/// How far a button's middle is from the lower edge, and from the right edge the middles of
/// the last button and of the one before it.
const FROM_BELOW: usize = 31;
const LAST: usize = 57;
const LAST_BUT_ONE: usize = 149;

/// An xfce4-notifyd, with the keeper of settings that it needs.
pub struct Xfce<'b> {
    display: &'b Display,
    servers: Vec<Child>,
}

impl<'b> Xfce<'b> {
    /// Starts one.
    #[track_caller]
    pub fn start(bus: &'b Bus, display: &'b Display) -> Self {
        let mut servers = Vec::new();
        for (program, name) in
            [("xfconf/xfconfd", "org.xfce.Xfconf"), ("notifyd/xfce4-notifyd", crate::bus::SERVER)]
        {
            let mut command = bus.command_at(&installed(program));
            command.env("DISPLAY", &display.name).env("NO_AT_BRIDGE", "1");
            servers.push(bus.spawn(command, "xfce.out"));
            bus.wait_for_name(name);
        }
        Self { display, servers }
    }

    /// Waits until this many bubbles are on the display, and tells where.
    #[track_caller]
    pub fn wait_bubbles(&self, count: usize) -> Vec<Window> {
        self.display.wait_windows(CLASS, count)
    }

    /// Clicks on *Dismiss*, the last button.
    pub fn dismiss(&self, bubble: Window) {
        self.click(bubble, LAST);
    }

    /// Clicks on *Attach*, the one before it.
    pub fn attach(&self, bubble: Window) {
        self.click(bubble, LAST_BUT_ONE);
    }

    fn click(&self, bubble: Window, from_right: usize) {
        let Window { x, y, width, height } = bubble;
        self.display.click(x + width - from_right, y + height - FROM_BELOW, 1);
    }
}

/// Where Debian puts what nobody starts by hand: below the directory of the architecture.
#[track_caller]
fn installed(program: &str) -> PathBuf {
    let below = fs::read_dir("/usr/lib").unwrap().flatten();
    below
        .map(|entry| entry.path().join("xfce4").join(program))
        .find(|path| path.is_file())
        .unwrap_or_else(|| panic!("`{program}` is not installed; cargo xtask test installs it"))
}

impl Drop for Xfce<'_> {
    fn drop(&mut self) {
        for server in self.servers.iter_mut().rev() {
            server.kill().ok();
            server.wait().ok();
        }
    }
}
