//! A private desktop: a message bus of its own, and servers of notifications on it.

use std::cell::RefCell;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::Value;

use crate::home::{self, Home};
use crate::{binaries, wait};

/// The name that servers of notifications own.
pub(crate) const SERVER: &str = "org.freedesktop.Notifications";

/// A bus for one test. No service is activated on it: what nobody started is not there.
pub struct Bus {
    /// What `DBUS_SESSION_BUS_ADDRESS` says.
    pub address: String,
    dir: PathBuf,
    started: RefCell<Vec<Child>>,
}

impl Bus {
    /// Starts a bus whose socket lies in this directory.
    #[track_caller]
    pub fn start(dir: PathBuf) -> Self {
        let socket = dir.join("bus");
        let config = dir.join("bus.conf");
        let text = format!(
            "<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN\"\n \
             \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n\
             <busconfig><type>session</type><listen>unix:path={}</listen><auth>EXTERNAL</auth>\n\
             <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/>\n\
             <allow eavesdrop=\"true\"/><allow own=\"*\"/></policy></busconfig>\n",
            socket.display()
        );
        fs::write(&config, text).unwrap();
        let mut daemon = Command::new(binaries::installed("dbus-daemon"));
        daemon.arg(format!("--config-file={}", config.display()));
        daemon.args(["--nofork", "--print-address"]).env_clear();
        let (child, address) = start_and_read_line(daemon);
        Self { address, dir, started: RefCell::new(vec![child]) }
    }

    /// Where its socket lies, and its servers' files.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// A command that uses this bus.
    pub(crate) fn command(&self, program: &str) -> Command {
        self.command_at(&binaries::installed(program))
    }

    /// The same for a program that is in no search path.
    pub(crate) fn command_at(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", &self.dir);
        command.env("LC_ALL", "C.UTF-8").env("XDG_RUNTIME_DIR", &self.dir);
        command.env("DBUS_SESSION_BUS_ADDRESS", &self.address).stdin(Stdio::null());
        command
    }

    #[track_caller]
    pub(crate) fn wait_for_server(&self) {
        self.wait_for_name(SERVER);
    }

    /// Waits until somebody owns this name.
    #[track_caller]
    pub(crate) fn wait_for_name(&self, name: &str) {
        wait::until(&format!("an owner of {name}"), || self.has_owner(name, true));
    }

    /// Waits until nobody shows notifications.
    #[track_caller]
    pub fn wait_for_no_server(&self) {
        wait::until("no server of notifications", || self.has_owner(SERVER, false));
    }

    fn has_owner(&self, name: &str, wanted: bool) -> Result<(), String> {
        let mut ask = self.command("dbus-send");
        ask.args(["--session", "--print-reply=literal", "--dest=org.freedesktop.DBus", "/"]);
        ask.arg("org.freedesktop.DBus.NameHasOwner").arg(format!("string:{name}"));
        let outcome = home::run(ask, b"");
        let said = outcome.out().contains(if wanted { "true" } else { "false" });
        if said { Ok(()) } else { Err(format!("{outcome:?}")) }
    }

    /// Starts the server that python-dbusmock provides: it notes what it is asked.
    #[track_caller]
    pub fn mock(&self) -> Mock<'_> {
        let log = self.dir.join("mock.log");
        let mut server = Command::new("/usr/bin/python3");
        server.args(["-m", "dbusmock", "--session", "--template", "notification_daemon"]);
        server.args(["--parameters", r#"{"capabilities": "body body-markup actions"}"#]);
        server.arg("--logfile").arg(&log).env_clear().env("HOME", &self.dir);
        server.env("DBUS_SESSION_BUS_ADDRESS", &self.address).env("LC_ALL", "C.UTF-8");
        self.keep(server, "mock.out");
        self.wait_for_server();
        Mock { bus: self, log }
    }

    /// Calls a method on the server of notifications, and gives its answer as JSON.
    pub(crate) fn call(&self, interface: &str, method: &str, args: &[&str]) -> Value {
        const SCRIPT: &str = "import dbus, json, sys\n\
            bus = dbus.SessionBus()\n\
            server = bus.get_object(sys.argv[1], '/org/freedesktop/Notifications')\n\
            call = server.get_dbus_method(sys.argv[3], sys.argv[2])\n\
            print(json.dumps(call(*sys.argv[4:])))";
        let mut python = self.command("/usr/bin/python3");
        python.args(["-c", SCRIPT, SERVER, interface, method]).args(args);
        home::run(python, b"").ok().json()
    }

    fn keep(&self, server: Command, log: &str) {
        let server = self.spawn(server, log);
        self.started.borrow_mut().push(server);
    }

    /// Starts a server that somebody else ends. What it says goes to a file beside the bus.
    #[track_caller]
    pub(crate) fn spawn(&self, mut server: Command, log: &str) -> Child {
        let log = fs::File::options().create(true).append(true).open(self.dir.join(log)).unwrap();
        server.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        server.spawn().unwrap()
    }
}

impl Home {
    /// A bus for this home. Its address still has to be given to the programs, with
    /// [`Home::with`].
    #[track_caller]
    pub fn bus(&self) -> Bus {
        let dir = self.path().join("desktop");
        fs::create_dir(&dir).unwrap();
        Bus::start(dir)
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        for child in self.started.get_mut().iter_mut().rev() {
            child.kill().ok();
            child.wait().ok();
        }
    }
}

/// A notification as its server was asked for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Which program asked.
    pub app: String,
    /// The first line.
    pub title: String,
    /// What stands below it, in markup.
    pub body: String,
    /// The bubble it is to replace; 0 for none.
    pub replaces: u64,
}

/// A server that only takes notes.
pub struct Mock<'b> {
    bus: &'b Bus,
    log: PathBuf,
}

impl Mock<'_> {
    /// What it was asked to show so far.
    pub fn notices(&self) -> Vec<Notice> {
        let calls = self.bus.call("org.freedesktop.DBus.Mock", "GetMethodCalls", &["Notify"]);
        calls.as_array().unwrap().iter().map(notice_of_call).collect()
    }

    /// Waits until it was asked to show this many.
    #[track_caller]
    pub fn wait_notices(&self, count: usize) -> Vec<Notice> {
        wait::until(&format!("{count} notices on the desktop"), || {
            let notices = self.notices();
            if notices.len() >= count { Ok(notices) } else { Err(format!("{notices:?}")) }
        })
    }

    /// Presses a button of a bubble.
    pub fn press(&self, bubble: u32, button: &str) {
        const SCRIPT: &str = "import dbus, sys\n\
            bus = dbus.SessionBus()\n\
            server = bus.get_object(sys.argv[1], '/org/freedesktop/Notifications')\n\
            server.EmitSignal(sys.argv[1], 'ActionInvoked', 'us',\n\
                [dbus.UInt32(int(sys.argv[2])), sys.argv[3]],\n\
                dbus_interface='org.freedesktop.DBus.Mock')";
        let mut python = self.bus.command("/usr/bin/python3");
        python.args(["-c", SCRIPT, SERVER, &bubble.to_string(), button]);
        home::run(python, b"").ok();
    }

    /// Its own log, for messages.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

/// A call is `[time, [arguments]]`.
fn notice_of_call(call: &Value) -> Notice {
    let text = |at: usize| call[1][at].as_str().unwrap_or_default().to_owned();
    let replaces = call[1][1].as_u64().unwrap_or_default();
    Notice { app: text(0), title: text(3), body: text(4), replaces }
}

/// Starts a server that says on its first line where it is to be found.
#[track_caller]
pub(crate) fn start_and_read_line(server: Command) -> (Child, String) {
    let (child, mut output) = start_and_read(server);
    let mut line = String::new();
    output.read_line(&mut line).unwrap();
    assert!(!line.is_empty(), "a server ended at once");
    (child, line.trim().to_owned())
}

/// Starts a server and waits until it says something.
#[track_caller]
pub(crate) fn start_and_read(mut server: Command) -> (Child, BufReader<ChildStdout>) {
    let mut child =
        server.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let stdout = child.stdout.take().unwrap();
    assert!(
        wait::readable(std::os::fd::AsFd::as_fd(&stdout), wait::Deadline::usual()),
        "{server:?} says nothing"
    );
    (child, BufReader::new(stdout))
}
