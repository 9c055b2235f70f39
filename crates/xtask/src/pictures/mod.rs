//! `cargo xtask pictures`: what a person sees before letting go of a session and after
//! coming back, side by side, for `docs/pictures`.
//!
//! A real xterm on a display of its own starts a session with the programs just built, and
//! is let go; another one attaches. Both pictures must be the same, dot by dot. Nothing of
//! this machine is to be seen: the home, the names and the processes are made for them.
//! [`notices`] takes pictures of what the desktop shows, [`dashboard`] one of all sessions.

mod dashboard;
mod notices;

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, bail};

use crate::arguments::Profile;
use crate::workspace::{self, Workspace};

/// Programs, and the Debian packages that have them.
const NEEDED: [(&str, &str); 8] = [
    ("Xvfb", "xvfb"),
    ("xterm", "xterm"),
    ("import", "imagemagick"),
    ("dbus-daemon", "dbus"),
    ("dunst", "dunst"),
    ("xfce4-notifyd-config", "xfce4-notifyd adwaita-icon-theme"),
    ("vim", "vim"),
    ("htop", "htop"),
];

/// What the pictures of the desktop are called.
const NOTICES: &str = "notices";

/// What the picture of the dashboard is called.
const DASHBOARD: &str = "dashboard";

/// How much larger a picture with something on it is than an empty one, bytes.
const DRAWN: u64 = 8 << 10;

/// Looks at a session or at the display: each takes some milliseconds at least.
const LOOKS: usize = 2_000;

/// Equal pictures in a row that say that nothing is being drawn any more.
const STEADY: usize = 4;

/// Colours of a picture: more than a terminal uses here, and small files.
const COLOURS: &str = "64";

/// A program to take pictures of.
struct Scene {
    name: &'static str,
    /// Columns and rows.
    size: &'static str,
    command: &'static [&'static str],
    /// What it shows before anything is typed.
    begins: &'static str,
    /// Text to type, and the key after it.
    typed: &'static [(&'static str, &'static str)],
    /// What it shows then.
    shows: &'static str,
}

const SCENES: [Scene; 3] = [
    Scene {
        name: "vim",
        size: "80x24",
        command: &[
            "vim",
            "-u",
            "NONE",
            "-N",
            // What is sent is typed and not pasted.
            "--cmd",
            "set t_BE=",
            "-i",
            "NONE",
            "+set background=dark hlsearch ruler number",
            "+syntax on",
            "main.rs",
        ],
        begins: "fn main",
        typed: &[("/left", "enter"), (":split", "enter"), ("ggVjj", "")],
        shows: "VISUAL LINE",
    },
    Scene {
        name: "htop",
        size: "90x24",
        command: &[
            "unshare",
            "--user",
            "--map-root-user",
            "--uts",
            "--pid",
            "--fork",
            "--mount-proc",
            "sh",
            "-c",
            "hostname demo; cd /; sleep 1001 & sleep 1002 & htop",
        ],
        begins: "F10Quit",
        // It stands still, so that both pictures can be compared.
        typed: &[("tZ", "down")],
        shows: "PAUSED",
    },
    Scene {
        name: "claude",
        size: "100x30",
        // What Claude Code wrote once, from the recordings.
        command: &["sh", "-c", "stty -echo raw; cat recording; exec sleep 1000"],
        begins: "Do you want to proceed?",
        typed: &[],
        shows: "Esc to cancel",
    },
];

const SOURCE: &str = "\
//! Counts down.

/// Says how many are left, and then that none are.
fn main() {
    for left in (1..=3).rev() {
        println!(\"{left} left\");
    }
    println!(\"none left\");
}
";

/// A display, a home, and the programs.
struct Studio<'a> {
    workspace: &'a Workspace,
    programs: PathBuf,
    home: PathBuf,
    display: String,
    server: Child,
}

/// Takes all pictures, or `only` the one of this name.
pub(crate) fn pictures(workspace: &Workspace, only: Option<&str>) -> Result<()> {
    let is_wanted = |name: &str| only.is_none_or(|only| only == name);
    if !SCENES.iter().map(|scene| scene.name).chain([NOTICES, DASHBOARD]).any(is_wanted) {
        bail!("there is no picture of that name");
    }
    let missing: Vec<&str> = NEEDED
        .iter()
        .filter(|(program, _)| !is_installed(program))
        .map(|(_, package)| *package)
        .collect();
    if !missing.is_empty() {
        let fonts = "fonts-dejavu-core fonts-wqy-microhei";
        bail!("not here: apt-get install {} {fonts}", missing.join(" "));
    }
    let programs = workspace.build_programs(Profile::Dev)?;
    let target = workspace.root().join("docs/pictures");
    fs::create_dir_all(&target).with_context(|| format!("cannot make {}", target.display()))?;
    let studio = Studio::open(workspace, programs)?;
    for scene in SCENES.iter().filter(|scene| is_wanted(scene.name)) {
        studio.take(scene, &target).with_context(|| format!("no picture of {}", scene.name))?;
    }
    if is_wanted(DASHBOARD) {
        dashboard::take(&studio, &target).context("no picture of the dashboard")?;
    }
    if is_wanted(NOTICES) {
        notices::take(&studio, &target).context("no picture of notices")?;
    }
    Ok(())
}

fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|dir| dir.join(program).is_file())
}

impl<'a> Studio<'a> {
    fn open(workspace: &'a Workspace, programs: PathBuf) -> Result<Self> {
        // Sockets have short names, and a target directory may have a long one.
        let home = std::env::temp_dir().join(format!("pictures-{}", std::process::id()));
        fs::create_dir_all(home.join("run")).context("cannot make a home")?;
        private(&home.join("run"))?;
        fs::write(home.join("main.rs"), SOURCE).context("cannot write a file to edit")?;
        let recording = workspace.root().join("tests/data/recordings/claude.30x100");
        fs::copy(recording, home.join("recording")).context("cannot copy the recording")?;
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1000x700x24", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("cannot run Xvfb")?;
        let mut number = String::new();
        let pipe = server.stdout.take().context("the pipe just asked for is missing")?;
        BufReader::new(pipe).read_line(&mut number).context("Xvfb does not say its number")?;
        let display = format!(":{}", number.trim());
        Ok(Self { workspace, programs, home, display, server })
    }

    /// A program in the home, with nothing of this machine's environment.
    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.env_clear().current_dir(&self.home);
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", self.programs.display());
        command.env("PATH", path).env("HOME", &self.home).env("DISPLAY", &self.display);
        for (name, place) in [
            ("XDG_RUNTIME_DIR", "run"),
            ("XDG_STATE_HOME", "state"),
            ("XDG_CONFIG_HOME", "config"),
            ("XDG_DATA_HOME", "data"),
        ] {
            command.env(name, self.home.join(place));
        }
        command.env("LANG", "C.UTF-8").env("SHELL", "/bin/sh");
        command
    }

    fn appctl(&self, arguments: &[&str]) -> Result<String> {
        let said = workspace::output(self.command("appctl").args(arguments))?;
        Ok(String::from_utf8_lossy(&said).into_owned())
    }

    /// A window with `appctl` in it.
    fn window(&self, size: &str, arguments: &[&str]) -> Result<Child> {
        let mut xterm = self.command("xterm");
        xterm.args(["-geometry", &format!("{size}+0+0"), "-fa", "DejaVu Sans Mono", "-fs", "9"]);
        xterm.args(["-fg", "#dddddd", "-bg", "#1c1c1c", "-tn", "xterm-256color", "-b", "4"]);
        xterm.args(["+sb", "-bc", "-e", "appctl"]).args(arguments);
        xterm.stderr(Stdio::null()).spawn().context("cannot run xterm")
    }

    fn take(&self, scene: &Scene, target: &Path) -> Result<()> {
        let name = scene.name;
        let start = [&["start", "-n", name, "--"], scene.command].concat();
        let mut first = self.window(scene.size, &start)?;
        self.wait_for(name, scene.begins)?;
        for (text, key) in scene.typed {
            if !text.is_empty() {
                self.appctl(&["send", name, text])?;
            }
            if !key.is_empty() {
                self.appctl(&["send", name, "--key", key])?;
            }
        }
        self.wait_for(name, scene.shows)?;
        let before = self.picture("before.png")?;
        self.appctl(&["detach", name])?;
        first.wait().context("the first window does not close")?;

        let mut second = self.window(scene.size, &["attach", name])?;
        let after = self.picture("after.png")?;
        let same = fs::read(&before).ok() == fs::read(&after).ok();
        self.appctl(&["kill", name])?;
        second.wait().context("the second window does not close")?;

        let both = target.join(format!("{name}.png"));
        let mut join = self.workspace.command("convert");
        join.args([&before, &after]).args(["-bordercolor", "white", "-border", "4", "+append"]);
        join.args(["+dither", "-colors", COLOURS, "-strip"]);
        workspace::output(join.arg(format!("png8:{}", both.display())))?;
        println!("{}", both.display());
        if !same {
            bail!("it is not the same before and after");
        }
        Ok(())
    }

    /// Waits until the session shows this.
    fn wait_for(&self, name: &str, text: &str) -> Result<()> {
        let mut last = String::new();
        for _ in 0..LOOKS {
            // Not there yet is no error.
            last = self.appctl(&["peek", name]).unwrap_or_default();
            if last.contains(text) {
                return Ok(());
            }
        }
        bail!("{name} does not show {text:?}, but:\n{last}")
    }

    /// A window with times that run, once it is drawn: no two pictures of it are equal.
    fn picture_with_times(&self, file: &str) -> Result<PathBuf> {
        let path = self.home.join(file);
        let mut drawn = 0;
        for _ in 0..LOOKS {
            let mut import = self.command("import");
            import.args(["-window", "root", "-trim", "+repage", "-strip"]);
            workspace::output(import.arg(&path))?;
            let size = fs::metadata(&path).context("there is no picture")?.len();
            drawn = if size > DRAWN { drawn + 1 } else { 0 };
            if drawn == STEADY {
                return Ok(path);
            }
        }
        bail!("the window stays empty")
    }

    /// The window, once it is drawn.
    fn picture(&self, file: &str) -> Result<PathBuf> {
        let path = self.home.join(file);
        let mut last = Vec::new();
        let mut steady = 0;
        for _ in 0..LOOKS {
            let mut import = self.command("import");
            import.args(["-window", "root", "-trim", "+repage", "-strip"]);
            workspace::output(import.arg(&path))?;
            let now = fs::read(&path).context("there is no picture")?;
            // A window that shows nothing yet is a small file.
            let drawn = now.len() as u64 > DRAWN;
            steady = if drawn && now == last { steady + 1 } else { 0 };
            if steady == STEADY {
                return Ok(path);
            }
            last = now;
        }
        bail!("the window is drawn for ever")
    }
}

/// Nobody else's, as a runtime directory must be.
fn private(dir: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).context("cannot make it private")
}

impl Drop for Studio<'_> {
    fn drop(&mut self) {
        // Whatever a scene that failed has left.
        self.appctl(&["daemon", "stop", "--sessions"]).ok();
        self.server.kill().ok();
        self.server.wait().ok();
        fs::remove_dir_all(&self.home).ok();
    }
}
