//! A private installation with nothing in it but `appctl`, and the daemons and holders
//! that a test plays itself.

use std::ffi::OsStr;
use std::fs;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::process::{Command, Output};
use std::thread::JoinHandle;

use app_model::restart::Comeback;
use app_model::{Kind, Phase, RunNumber, SessionId, SessionView, Turn};
use app_wire::control::{self, Reply, Request};
use app_wire::hello::HELLO_LEN;

/// The session that a played daemon knows.
pub(crate) const ID: SessionId = SessionId(0x7c5d_cf5d);

/// Directories of one installation. Nothing of it is left after the test.
pub(crate) struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    /// An empty installation, with a copy of `appctl` that has no `appd` beside it.
    pub(crate) fn new() -> Self {
        let home = Self { dir: tempfile::tempdir().unwrap() };
        for name in ["bin", "runtime", "runtime/run", "state", "config"] {
            fs::DirBuilder::new().mode(0o700).create(home.path(name)).unwrap();
        }
        let built = env!("CARGO_BIN_EXE_appctl");
        if fs::hard_link(built, home.path("bin/appctl")).is_err() {
            fs::copy(built, home.path("bin/appctl")).unwrap();
        }
        home
    }

    /// A path in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The command with these arguments, in an environment of its own.
    pub(crate) fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(self.path("bin/appctl"));
        command
            .args(args)
            .env_clear()
            .env("HOME", self.dir.path())
            .env("PATH", "/usr/bin:/bin")
            .env("TERM", "xterm-256color")
            .env("APPCTL_RUNTIME_DIR", self.path("runtime"))
            .env("APPCTL_STATE_DIR", self.path("state"))
            .env("APPCTL_CONFIG_DIR", self.path("config"));
        command
    }

    /// Runs the command to its end, without a terminal.
    pub(crate) fn run<const N: usize>(&self, args: [&str; N]) -> Ran {
        Ran(self.command(args).output().unwrap())
    }

    /// Puts a script in the daemon's place.
    pub(crate) fn install_appd(&self, script: &str) {
        let path = self.path("bin/appd");
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    }

    /// Listens where the daemon would.
    pub(crate) fn listen(&self) -> UnixListener {
        UnixListener::bind(self.path("runtime/appd.sock")).unwrap()
    }

    /// Listens where the session's holder would.
    pub(crate) fn listen_as_holder(&self) -> UnixListener {
        UnixListener::bind(self.path("runtime/run").join(ID.to_string())).unwrap()
    }

    /// Plays a daemon that answers one connection, request by request.
    pub(crate) fn play_daemon(
        &self,
        answer: impl Fn(Request) -> Reply + Send + 'static,
    ) -> JoinHandle<()> {
        let listener = self.listen();
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            greet(&mut stream);
            while let Some(body) = read_frame(&mut stream) {
                let reply = control::encode(&answer(control::decode_request(&body).unwrap()));
                let reply = reply.unwrap();
                stream.write_all(&(reply.len() as u32).to_le_bytes()).unwrap();
                stream.write_all(&reply).unwrap();
            }
        })
    }

    /// A session that runs, recorded in this installation.
    pub(crate) fn session(&self) -> SessionView {
        let dir = self.path("state/sessions").join(ID.to_string());
        SessionView {
            id: ID,
            name: "demo".into(),
            kind: Kind::Session,
            parent: None,
            background: true,
            agent: None,
            model: None,
            argv: vec!["demo".into()],
            cwd: "/".into(),
            tty: true,
            run: RunNumber::FIRST,
            pid: None,
            holder_pid: None,
            attached: 0,
            tags: vec![],
            pinned: false,
            title: String::new(),
            phase: Phase::Running,
            turn: Turn::Unknown,
            attention: None,
            conversation: None,
            live_tasks: 0,
            stop_asked: false,
            created_at_ms: 0,
            started_at_ms: Some(0),
            ended_at_ms: None,
            elapsed_ms: Some(0),
            last_output_at_ms: None,
            exit: None,
            last_line: None,
            usage: None,
            limits: None,
            scope: None,
            trust: None,
            dir: dir.into(),
            comeback: Comeback::default(),
        }
    }
}

/// Says hello as a daemon and takes the client's.
pub(crate) fn greet(stream: &mut UnixStream) {
    stream.write_all(&control::HELLO.encode()).unwrap();
    let mut theirs = [0; HELLO_LEN];
    stream.read_exact(&mut theirs).unwrap();
    control::HELLO.agree(theirs).unwrap();
}

/// The next request; `None` when the client has hung up.
pub(crate) fn read_frame(stream: &mut UnixStream) -> Option<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length).ok()?;
    let mut body = vec![0; u32::from_le_bytes(length) as usize];
    stream.read_exact(&mut body).ok()?;
    Some(body)
}

/// A command that has ended.
pub(crate) struct Ran(Output);

impl Ran {
    /// Its exit code.
    pub(crate) fn code(&self) -> i32 {
        self.0.status.code().expect("it was not killed")
    }

    /// What it answered.
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.0.stdout.clone()).unwrap()
    }

    /// What it said besides, with this installation's path left out.
    pub(crate) fn stderr(&self, home: &Home) -> String {
        let text = String::from_utf8(self.0.stderr.clone()).unwrap();
        text.replace(home.dir.path().to_str().unwrap(), "HOME")
    }
}
