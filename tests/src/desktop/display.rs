//! A display that nobody sees: clicks into it, and pictures of it.

use std::path::Path;
use std::process::{Child, Command, Stdio};

use crate::bus::start_and_read_line;
use crate::{binaries, home, wait};

/// An Xvfb of its own.
pub struct Display {
    /// What `DISPLAY` says.
    pub name: String,
    server: Child,
}

/// A window on a display, in dots from its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Its left edge.
    pub x: usize,
    /// Its upper edge.
    pub y: usize,
    /// From left to right.
    pub width: usize,
    /// From top to bottom.
    pub height: usize,
}

/// The colours of a display, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Picture {
    width: usize,
    dots: Vec<[u8; 3]>,
}

impl Display {
    /// Starts one of 700 by 420 dots.
    #[track_caller]
    pub fn start(home: &Path) -> Self {
        let mut server = Command::new(binaries::installed("Xvfb"));
        server.args(["-displayfd", "1", "-screen", "0", "700x420x24", "-nolisten", "tcp"]);
        server.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", home);
        let (server, number) = start_and_read_line(server);
        Self { name: format!(":{number}"), server }
    }

    /// Runs one of the programs that look at a display, and gives what it prints.
    fn tool(&self, program: &str, args: &[&str]) -> Vec<u8> {
        let mut command = Command::new(binaries::installed(program));
        command.args(args).env_clear().env("PATH", "/usr/bin:/bin").env("HOME", "/nowhere");
        command.env("DISPLAY", &self.name).stdin(Stdio::null());
        home::run(command, b"").stdout
    }

    /// The windows of a class that are to be seen.
    pub fn windows(&self, class: &str) -> Vec<Window> {
        let found = self.tool("xdotool", &["search", "--onlyvisible", "--class", class]);
        let ids = String::from_utf8(found).unwrap();
        ids.lines().filter_map(|id| self.window(id)).collect()
    }

    /// Where a window is; it may be gone by now.
    fn window(&self, id: &str) -> Option<Window> {
        let said = self.tool("xdotool", &["getwindowgeometry", "--shell", id]);
        let said = String::from_utf8(said).unwrap();
        let number = |name: &str| {
            let line = said.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line?.parse::<usize>().ok()
        };
        let (x, y) = (number("X")?, number("Y")?);
        let (width, height) = (number("WIDTH")?, number("HEIGHT")?);
        // Toolkits keep tiny windows of their own.
        Some(Window { x, y, width, height }).filter(|_| width > 40 && height > 20)
    }

    /// Waits until there are this many windows of a class.
    #[track_caller]
    pub fn wait_windows(&self, class: &str, count: usize) -> Vec<Window> {
        wait::until(&format!("{count} windows of {class}"), || {
            let windows = self.windows(class);
            if windows.len() == count { Ok(windows) } else { Err(format!("{windows:?}")) }
        })
    }

    /// Presses a mouse button here: 1 is the left one, 2 the middle one.
    pub fn click(&self, x: usize, y: usize, button: u8) {
        let (x, y, button) = (x.to_string(), y.to_string(), button.to_string());
        // From somewhere else first: some only look at a pointer that comes in.
        self.tool("xdotool", &["mousemove", "1", "1"]);
        self.tool("xdotool", &["mousemove", "--sync", &x, &y, "click", &button]);
    }

    /// What is to be seen now.
    #[track_caller]
    pub fn picture(&self) -> Picture {
        Picture::of_ppm(&self.tool("import", &["-window", "root", "-depth", "8", "ppm:-"]))
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        self.server.kill().ok();
        self.server.wait().ok();
    }
}

impl Picture {
    /// Reads the binary form of the portable pixmap, ppm(5).
    #[track_caller]
    fn of_ppm(bytes: &[u8]) -> Self {
        let mut fields = bytes.splitn(4, |byte| byte.is_ascii_whitespace());
        let mut word = || std::str::from_utf8(fields.next().unwrap()).unwrap();
        assert_eq!(word(), "P6", "a picture");
        let width = word().parse().unwrap();
        let _height = word();
        let rest = fields.next().unwrap();
        let end = rest.iter().position(u8::is_ascii_whitespace).unwrap();
        let dots = rest[end + 1..].chunks_exact(3).map(|dot| [dot[0], dot[1], dot[2]]).collect();
        Self { width, dots }
    }

    /// How many dots of a window satisfy `is`, of red, green and blue.
    pub fn count(&self, window: Window, is: impl Fn([u8; 3]) -> bool) -> usize {
        let Window { x, y, width, height } = window;
        let rows = (y..y + height).map(|row| row * self.width);
        rows.flat_map(|start| self.dots.get(start + x..start + x + width))
            .flatten()
            .filter(|dot| is(**dot))
            .count()
    }
}
