//! What notices look like: on a real dunst and a real xfce4-notifyd, a failure, a question, a
//! summary of eight ends, and a success.
//!
//! Each has a bus of its own, so that nothing of this machine's desktop is asked or seen.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use super::{COLOURS, LOOKS, Studio};
use crate::workspace;

/// A place that every Debian has, to be named in the bubbles.
const DIRECTORY: &str = "/usr/src";

/// What stands in the place of the empty display.
const WALL: &str = "#46536b";

/// As people set it up who want icons.
const DUNSTRC: &str = "[global]\nfont = DejaVu Sans 10\nwidth = 380\nmarkup = full\n\
    icon_path = /usr/share/icons/Adwaita/48x48/legacy\nenable_recursive_icon_lookup = false\n\
    gap_size = 8\nframe_width = 1\nnotification_limit = 0\n";

/// What an agent's hooks say when it wants to do something.
const HOOKS: [&str; 2] = [
    r#"{"session_id":"c1","hook_event_name":"SessionStart","source":"startup"}"#,
    r#"{"session_id":"c1","hook_event_name":"PermissionRequest","tool_name":"Bash",
        "tool_input":{"command":"cargo publish"}}"#,
];

/// Programs that end together.
const TOGETHER: [(&str, &str); 8] = [
    ("docs", "true"),
    ("lint", "true"),
    ("unit-tests", "true"),
    ("fuzz", "exit 1"),
    ("bench", "true"),
    ("package", "true"),
    ("translate", "true"),
    ("links", "true"),
];

/// Takes a picture of each server.
pub(super) fn take(studio: &Studio<'_>, target: &Path) -> Result<()> {
    let settings = studio.home.join("config/appctl");
    fs::create_dir_all(&settings).context("cannot make a place for settings")?;
    fs::write(settings.join("config.toml"), "[notify]\nmin_duration = \"0s\"\n")
        .context("cannot write settings")?;
    fs::write(studio.home.join("dunstrc"), DUNSTRC).context("cannot write settings")?;
    let xfce = xfce4_notifyd()?;
    for (name, program, arguments) in [
        ("notices-xfce", xfce.as_path(), &[][..]),
        ("notices-dunst", Path::new("dunst"), &["-config", "dunstrc"][..]),
    ] {
        // It knows no bus yet, or that of another desk.
        studio.appctl(&["daemon", "stop"]).ok();
        let desk = Desk::open(studio, name, program, arguments)?;
        desk.take(target).with_context(|| format!("no picture of {name}"))?;
    }
    Ok(())
}

/// Below the directory of the architecture, where nobody starts it by hand.
fn xfce4_notifyd() -> Result<PathBuf> {
    let below = fs::read_dir("/usr/lib").context("cannot list /usr/lib")?.flatten();
    let mut programs = below.map(|entry| entry.path().join("xfce4/notifyd/xfce4-notifyd"));
    programs.find(|path| path.is_file()).context("not here: apt-get install xfce4-notifyd")
}

/// A server of notifications on a bus.
struct Desk<'s> {
    studio: &'s Studio<'s>,
    name: &'static str,
    address: String,
    started: Vec<Child>,
}

impl<'s> Desk<'s> {
    fn open(
        studio: &'s Studio<'s>,
        name: &'static str,
        program: &Path,
        arguments: &[&str],
    ) -> Result<Self> {
        let mut bus = studio.command("dbus-daemon");
        bus.args(["--session", "--nofork", "--print-address"]).env("NO_AT_BRIDGE", "1");
        bus.stdout(Stdio::piped()).stderr(Stdio::null());
        let mut bus = bus.spawn().context("cannot run dbus-daemon")?;
        let pipe = bus.stdout.take().context("the pipe just asked for is missing")?;
        let mut desk = Self { studio, name, address: String::new(), started: vec![bus] };
        BufReader::new(pipe).read_line(&mut desk.address).context("the bus has no address")?;
        desk.address.truncate(desk.address.trim_end().len());
        let mut server = desk.command(&program.to_string_lossy());
        server.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
        desk.started.push(server.spawn().context("cannot run the server")?);
        desk.wait_for("a server on the bus", |desk| {
            let mut ask = desk.command("dbus-send");
            ask.args(["--session", "--print-reply", "--dest=org.freedesktop.DBus", "/"]);
            ask.arg("org.freedesktop.DBus.NameHasOwner");
            ask.arg("string:org.freedesktop.Notifications");
            Ok(String::from_utf8_lossy(&workspace::output(&mut ask)?).contains("true"))
        })?;
        Ok(desk)
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.studio.command(program);
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address).env("NO_AT_BRIDGE", "1");
        command.env("XDG_STATE_HOME", self.studio.home.join(self.name));
        command
    }

    fn appctl(&self, arguments: &[&str]) -> Result<String> {
        let said = workspace::output(self.command("appctl").args(arguments))?;
        Ok(String::from_utf8_lossy(&said).into_owned())
    }

    /// Starts something there, and gives its id.
    fn start(&self, name: &str, options: &[&str], script: &str) -> Result<String> {
        let mut arguments = vec!["start", "--bg", "-q", "-n", name, "--cwd", DIRECTORY];
        arguments.extend(options);
        arguments.extend(["--", "sh", "-c", script]);
        Ok(self.appctl(&arguments)?.trim().to_owned())
    }

    fn take(&self, target: &Path) -> Result<()> {
        self.start("flaky-test", &[], "sleep 1; echo 1 failed, 239 passed; exit 2")?;
        self.wait_told(1)?;
        let review = self.start("review", &["--agent", "claude"], "sleep 1000")?;
        for hook in HOOKS {
            self.hook(&review, hook)?;
        }
        self.wait_told(2)?;
        for (name, script) in TOGETHER {
            self.start(name, &["--no-tty"], script)?;
        }
        self.wait_told(2 + TOGETHER.len())?;
        self.start("build", &[], "sleep 3; echo Finished release profile")?;
        self.wait_told(3 + TOGETHER.len())?;
        let shot = self.studio.picture("notices.png")?;
        self.appctl(&["daemon", "stop", "--sessions"])?;
        let path = target.join(format!("{}.png", self.name));
        let mut paint = self.studio.workspace.command("convert");
        paint.arg(shot).args(["-fill", WALL, "-opaque", "black", "-bordercolor", WALL]);
        paint.args(["-border", "12", "+dither", "-colors", COLOURS, "-strip"]);
        workspace::output(paint.arg(format!("png8:{}", path.display())))?;
        println!("{}", path.display());
        Ok(())
    }

    fn hook(&self, session: &str, text: &str) -> Result<()> {
        let mut command = self.command("appctl");
        command.args(["hook", "claude"]).env("APPCTL_SESSION", session).stdin(Stdio::piped());
        let mut hook = command.spawn().context("cannot run a hook")?;
        let mut pipe = hook.stdin.take().context("the pipe just asked for is missing")?;
        pipe.write_all(text.as_bytes()).context("the hook does not listen")?;
        drop(pipe);
        hook.wait().context("the hook does not end")?;
        Ok(())
    }

    /// Waits until the desktop has taken this many notices.
    fn wait_told(&self, count: usize) -> Result<()> {
        self.wait_for(&format!("{count} notices to be shown"), |desk| {
            let notices = desk.appctl(&["notices"])?;
            Ok(notices.lines().filter(|line| line.ends_with("desktop")).count() == count)
        })
    }

    fn wait_for(&self, what: &str, is_so: impl Fn(&Self) -> Result<bool>) -> Result<()> {
        for _ in 0..LOOKS {
            if is_so(self)? {
                return Ok(());
            }
        }
        bail!("waited in vain for {what}")
    }
}

impl Drop for Desk<'_> {
    fn drop(&mut self) {
        self.appctl(&["daemon", "stop", "--sessions"]).ok();
        for child in self.started.iter_mut().rev() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}
