//! dunst: all bubbles in one window, a menu instead of buttons.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Child;

use serde_json::Value;

use super::{Display, Window};
use crate::bus::{Bus, Notice};
use crate::wait;

/// The class of its window.
const CLASS: &str = "Dunst";

/// Nobody sees a menu on this display; this one picks the line with the word in a file.
const MENU: &str = "#!/bin/sh\ngrep \"$(cat \"$(dirname \"$0\")/pick\")\" | head -n 1\n";

/// A dunst.
pub struct Dunst<'b> {
    bus: &'b Bus,
    display: &'b Display,
    server: Child,
}

impl<'b> Dunst<'b> {
    /// Starts one. A left click does what a bubble is for, a middle click opens the menu.
    #[track_caller]
    pub fn start(bus: &'b Bus, display: &'b Display) -> Self {
        let (config, menu) = (bus.dir().join("dunstrc"), bus.dir().join("menu"));
        fs::write(&menu, MENU).unwrap();
        fs::set_permissions(&menu, fs::Permissions::from_mode(0o755)).unwrap();
        let text = format!(
            "[global]\nmarkup = full\nhistory_length = 100\nnotification_limit = 0\n\
             width = 400\nmouse_left_click = do_action, close_current\n\
             mouse_middle_click = context\nmouse_right_click = close_current\ndmenu = {}\n",
            menu.display()
        );
        fs::write(&config, text).unwrap();
        let mut server = bus.command("dunst");
        server.arg("-config").arg(&config).env("DISPLAY", &display.name);
        let server = bus.spawn(server, "dunst.out");
        bus.wait_for_server();
        Self { bus, display, server }
    }

    /// Ends it, as a crash would, and waits until the bus knows.
    #[track_caller]
    pub fn kill(mut self) {
        self.server.kill().unwrap();
        self.server.wait().unwrap();
        self.bus.wait_for_no_server();
    }

    fn ask(&self, method: &str) -> Value {
        self.bus.call("org.dunstproject.cmd0", method, &[])
    }

    /// How many bubbles are on the display.
    pub fn displayed(&self) -> u64 {
        let properties = "org.freedesktop.DBus.Properties";
        let asked = ["org.dunstproject.cmd0", "displayedLength"];
        self.bus.call(properties, "Get", &asked).as_u64().unwrap()
    }

    /// Waits until this many bubbles are on the display, and tells where.
    #[track_caller]
    pub fn wait_bubbles(&self, count: u64) -> Window {
        wait::until(&format!("{count} bubbles on the display"), || {
            let displayed = self.displayed();
            if displayed == count { Ok(()) } else { Err(format!("{displayed} bubbles")) }
        });
        self.display.wait_windows(CLASS, 1)[0]
    }

    /// Waits until no bubble is on the display.
    #[track_caller]
    pub fn wait_no_bubble(&self) {
        self.display.wait_windows(CLASS, 0);
    }

    /// Clicks on the only bubble, with this mouse button.
    #[track_caller]
    pub fn click(&self, button: u8) {
        let window = self.wait_bubbles(1);
        self.display.click(window.x + window.width / 2, window.y + window.height / 2, button);
    }

    /// Opens the menu of the only bubble, and picks the line with this word.
    #[track_caller]
    pub fn pick(&self, word: &str) {
        fs::write(self.bus.dir().join("pick"), word).unwrap();
        self.click(2);
    }

    /// Closes all bubbles, and gives the texts of all that there were, the newest first.
    #[track_caller]
    pub fn history(&self) -> Vec<Notice> {
        self.ask("NotificationCloseAll");
        wait::until("dunst to have closed its bubbles", || {
            let displayed = self.displayed();
            if displayed == 0 { Ok(()) } else { Err(format!("{displayed} are left")) }
        });
        let history = self.ask("NotificationListHistory");
        history.as_array().unwrap().iter().map(notice_of_history).collect()
    }
}

fn notice_of_history(entry: &Value) -> Notice {
    let text = |field: &str| entry[field].as_str().unwrap_or_default().to_owned();
    Notice { app: text("appname"), title: text("summary"), body: text("body"), replaces: 0 }
}

impl Drop for Dunst<'_> {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}
