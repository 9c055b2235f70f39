//! A holder in a private place, and connections to it.

use std::fs;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use app_model::notice::voice::Voice;
use app_model::spec::{DEFAULT_HISTORY_LINES, DEFAULT_TRANSCRIPT_BYTES};
use app_model::{ExitRecord, Spec, TerminalSize};
use app_sys::process::{self, Identity, Pid};
use app_sys::{poll, socket};
use app_wire::hello::HELLO_LEN;
use app_wire::hold::{Attach, Decoder, Frame, FromHolder, GO, HELLO, Send, Status, ToHolder};
use app_wire::record::{sealed_name, segment_name, segment_number};
use tempfile::TempDir;

/// No step takes this long unless something hangs.
pub(crate) const BOUND: Duration = Duration::from_secs(20);

pub(crate) const SESSION: &str = "7c5dcf5d";

pub(crate) fn size(rows: u16, cols: u16) -> TerminalSize {
    TerminalSize { rows, cols, xpixel: 0, ypixel: 0 }
}

/// A shell script in a terminal of 24 by 80.
pub(crate) fn script(text: &str) -> Spec {
    Spec {
        argv: vec!["sh".into(), "-c".into(), text.into()],
        cwd: "/".into(),
        env: vec![("PATH".into(), "/usr/bin:/bin".into()), ("TERM".into(), "xterm".into())],
        terminal: Some(TerminalSize::DEFAULT),
        history_lines: DEFAULT_HISTORY_LINES,
        transcript_bytes: DEFAULT_TRANSCRIPT_BYTES,
        umask: None,
        limits: app_model::Limits::default(),
        trust: app_model::Trust::DEFAULT,
    }
}

/// A driver of the usual size that wants all there is.
pub(crate) fn attach() -> Attach {
    Attach {
        size: TerminalSize::DEFAULT,
        history_lines: u32::MAX,
        read_only: false,
        steal: false,
        terminal: None,
        voice: Voice::Bell,
    }
}

/// A connection to a holder, as a daemon or a terminal has one.
pub(crate) struct Conn {
    pub(crate) stream: UnixStream,
    decoder: Decoder,
    greeted: bool,
}

impl Conn {
    fn new(stream: UnixStream) -> Self {
        stream.set_read_timeout(Some(BOUND)).unwrap();
        // A holder that had nothing but bad news is gone already; its news are there.
        (&stream).write_all(&HELLO.encode()).ok();
        Self { stream, decoder: Decoder::new(), greeted: false }
    }

    pub(crate) fn say(&self, message: &ToHolder) {
        (&self.stream).write_all(&message.to_bytes()).unwrap();
    }

    /// The next message, or nothing when the holder has closed the connection.
    pub(crate) fn next(&mut self) -> Option<FromHolder> {
        let mut buffer = [0; 64 << 10];
        loop {
            if !self.greeted
                && let Some(hello) = self.decoder.take::<HELLO_LEN>()
            {
                HELLO.agree(hello).unwrap();
                self.greeted = true;
            }
            if self.greeted
                && let Some(frame) = self.decoder.next_frame().unwrap()
            {
                return Some(FromHolder::decode(frame).unwrap());
            }
            match (&self.stream).read(&mut buffer) {
                Ok(0) => return None,
                Ok(count) => self.decoder.push(&buffer[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return None,
                Err(error) => panic!("nothing came for {BOUND:?}: {error}"),
            }
        }
    }

    /// Skips messages until `pick` takes one.
    pub(crate) fn until<T>(&mut self, what: &str, pick: impl Fn(&FromHolder) -> Option<T>) -> T {
        let mut skipped = Vec::new();
        while let Some(message) = self.next() {
            if let Some(picked) = pick(&message) {
                return picked;
            }
            skipped.push(format!("{message:.200?}"));
        }
        panic!("the holder hung up before {what}; it said {skipped:#?}");
    }

    pub(crate) fn status(&mut self, what: &str, wanted: impl Fn(&Status) -> bool) -> Status {
        self.until(what, |message| match message {
            FromHolder::Status(status) if wanted(status) => Some(status.clone()),
            _ => None,
        })
    }

    pub(crate) fn exited(&mut self) -> app_model::Exit {
        self.until("the end", |message| match message {
            FromHolder::Exited { exit, .. } => Some(*exit),
            _ => None,
        })
    }

    /// Says something and waits for `Done`.
    pub(crate) fn done(&mut self, message: &ToHolder) {
        self.say(message);
        self.until("Done", |message| (*message == FromHolder::Done).then_some(()));
    }

    /// Collects output until it contains `text`.
    pub(crate) fn output(&mut self, text: &str) -> String {
        let mut seen: Vec<u8> = Vec::new();
        let mut searched = 0_usize;
        loop {
            let from = searched.saturating_sub(text.len());
            if seen[from..].windows(text.len()).any(|window| window == text.as_bytes()) {
                return String::from_utf8_lossy(&seen).into_owned();
            }
            searched = seen.len();
            match self.next() {
                Some(FromHolder::Output(bytes)) => seen.extend(bytes),
                Some(_) => {}
                None => {
                    let end = String::from_utf8_lossy(&seen[seen.len().saturating_sub(500)..]);
                    panic!("no {text:?} in {} bytes that end in {end:?}", seen.len());
                }
            }
        }
    }

    pub(crate) fn type_in(&self, text: &str) {
        self.say(&ToHolder::Input(text.into()));
    }

    pub(crate) fn send(&self, text: &str, enter: bool) {
        self.say(&ToHolder::Send(Send { data: text.into(), enter, keys: false }));
    }

    /// Nothing more comes: the holder has closed it.
    pub(crate) fn closed(&mut self) {
        while self.next().is_some() {}
    }
}

/// A holder and the end of its first connection.
pub(crate) struct Rig {
    pub(crate) dir: TempDir,
    pub(crate) watcher: Conn,
    holder: Child,
}

impl Rig {
    /// Starts a holder; it may fail.
    pub(crate) fn spawn(spec: &Spec) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("spec"), serde_json::to_vec(spec).unwrap()).unwrap();
        Self::spawn_in(dir)
    }

    pub(crate) fn spawn_in(dir: TempDir) -> Self {
        let (holder, stream) = command(&dir, &[]);
        Self { dir, watcher: Conn::new(stream), holder }
    }

    /// Starts a holder that waits for the word to go on; `then` is done before that is said.
    pub(crate) fn held(dir: TempDir, then: impl FnOnce(&TempDir, Pid)) -> Self {
        let (holder, mut stream) = command(&dir, &["--hold", "60000"]);
        then(&dir, Pid::new(holder.id()).unwrap());
        stream.write_all(&[GO]).unwrap();
        Self { dir, watcher: Conn::new(stream), holder }
    }

    /// Starts a holder whose child runs.
    pub(crate) fn start(spec: &Spec) -> Self {
        let mut rig = Self::spawn(spec);
        rig.watcher.status("the start", |_| true);
        rig
    }

    pub(crate) fn socket(&self) -> PathBuf {
        self.dir.path().join("socket")
    }

    pub(crate) fn run_dir(&self) -> PathBuf {
        self.dir.path().join("run-1")
    }

    pub(crate) fn connect(&self) -> Conn {
        Conn::new(socket::connect(&self.socket(), BOUND).unwrap())
    }

    pub(crate) fn attach_with(&self, size: TerminalSize, read_only: bool) -> Conn {
        self.attach_as(Attach { size, read_only, ..attach() })
    }

    pub(crate) fn attach_as(&self, attach: Attach) -> Conn {
        let conn = self.connect();
        conn.say(&ToHolder::Attach(attach));
        conn
    }

    pub(crate) fn attach(&self) -> Conn {
        self.attach_with(TerminalSize::DEFAULT, false)
    }

    /// Lets the daemon die: its connection closes.
    pub(crate) fn lose_daemon(&mut self) {
        self.watcher = self.connect();
    }

    /// Asks a holder until its status is as wanted.
    pub(crate) fn status(&self, what: &str, wanted: impl Fn(&Status) -> bool) -> Status {
        let mut conn = self.connect();
        conn.say(&ToHolder::Watch);
        conn.status(what, wanted)
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::new(self.holder.id()).unwrap()
    }

    /// Waits for the holder's own end, and returns its code.
    pub(crate) fn ended(&mut self) -> Option<i32> {
        wait_until_dead(&process::identity_of(self.pid()).unwrap());
        self.holder.wait().unwrap().code()
    }

    pub(crate) fn record(&self) -> ExitRecord {
        serde_json::from_slice(&fs::read(self.run_dir().join("exit")).unwrap()).unwrap()
    }

    pub(crate) fn transcript(&self) -> Vec<u8> {
        let names = fs::read_dir(self.run_dir()).unwrap().map(|entry| entry.unwrap().file_name());
        let mut numbers: Vec<u32> =
            names.filter_map(|name| segment_number(name.to_str().unwrap())).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().flat_map(|number| self.segment(number)).collect()
    }

    /// A segment in the form in which it is now; it may be compressed just then.
    fn segment(&self, number: u32) -> Vec<u8> {
        fs::read(self.run_dir().join(segment_name(number))).unwrap_or_else(|_| {
            let sealed = fs::read(self.run_dir().join(sealed_name(number))).unwrap();
            zstd::decode_all(&sealed[..]).unwrap()
        })
    }
}

/// A holder of run 1 in this directory, and the other end of its first connection.
fn command(dir: &TempDir, more: &[&str]) -> (Child, UnixStream) {
    let (ours, theirs) = socket::pair().unwrap();
    let holder = Command::new(env!("CARGO_BIN_EXE_appd-holder"))
        .args(["--session", SESSION, "--run", "1", "--dir"])
        .arg(dir.path())
        .arg("--socket")
        .arg(dir.path().join("socket"))
        .args(["--fd-limit", "99"])
        .args(more)
        .stdin(Stdio::from(OwnedFd::from(theirs)))
        .spawn()
        .unwrap();
    (holder, ours)
}

/// Nothing that a test started outlives it.
impl Drop for Rig {
    fn drop(&mut self) {
        if self.holder.try_wait().is_ok_and(|status| status.is_none()) {
            let ended = socket::connect(&self.socket(), BOUND).is_ok_and(|stream| {
                let conn = Conn::new(stream);
                (&conn.stream).write_all(&ToHolder::Kill.to_bytes()).ok();
                let identity = process::identity_of(self.pid());
                let watch = identity.and_then(|it| process::watch_exit(&it).ok().flatten());
                watch.is_none_or(|it| poll::readable(&it, Some(BOUND)).is_ok_and(|ended| ended))
            });
            if !ended {
                self.holder.kill().ok();
            }
            self.holder.wait().ok();
        }
    }
}

/// The pid that a script wrote into a file of the rig's directory.
pub(crate) fn pid_in(path: &Path) -> Identity {
    let raw = fs::read_to_string(path).unwrap();
    process::identity_of(Pid::new(raw.trim().parse().unwrap()).unwrap()).unwrap()
}

/// Waits for a process of anybody to end.
pub(crate) fn wait_until_dead(identity: &Identity) {
    if let Some(watch) = process::watch_exit(identity).unwrap() {
        assert!(poll::readable(&watch, Some(BOUND)).unwrap(), "the process lives on");
    }
}

/// The kind of a frame, for what a test writes by hand.
pub(crate) fn raw_frame(kind: u8, payload: &[u8]) -> Vec<u8> {
    let frame = Frame { kind, payload };
    let mut out = Vec::new();
    app_wire::hold::encode_frame(frame.kind, frame.payload, &mut out);
    out
}
