//! A private installation: three directories, an environment made from nothing.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::{Read, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::outcome::Outcome;
use crate::pressure;
use crate::process::{self, Process};
use crate::session::Session;
use crate::terminal::{Launch, Terminal, size};
use crate::{binaries, wait};

/// How long a command may take. It is longer than the programs' own limits (20 s for a
/// start), so that their error is seen and not ours.
const COMMAND_LIMIT: Duration = Duration::from_secs(60);

/// How long what a finished command left behind may keep its output open.
const OUTPUT_LIMIT: Duration = Duration::from_secs(10);

/// How long everything may take to be gone after `daemon stop --sessions`.
const GONE_LIMIT: Duration = Duration::from_secs(10);

/// A private installation of the programs.
pub struct Home {
    dir: TempDir,
    programs: PathBuf,
    variables: Vec<(OsString, OsString)>,
    leftovers_expected: AtomicBool,
}

impl Default for Home {
    fn default() -> Self {
        Self::new()
    }
}

impl Home {
    /// An empty one. Nothing runs in it yet.
    ///
    /// # Panics
    /// When the programs have not been built.
    pub fn new() -> Self {
        let programs = binaries::dir();
        // Not `TMPDIR`: a socket's path has room for about a hundred bytes.
        let dir = tempfile::Builder::new().prefix("appctl-t").tempdir_in("/tmp").unwrap();
        let mut home = Self {
            dir,
            programs,
            variables: Vec::new(),
            leftovers_expected: AtomicBool::new(false),
        };
        for private in [home.user_dir(), home.runtime_dir(), home.state_dir(), home.config_dir()] {
            fs::DirBuilder::new().mode(0o700).create(private).unwrap();
        }
        home.variables = home.usual_variables();
        home
    }

    fn usual_variables(&self) -> Vec<(OsString, OsString)> {
        let path = std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into());
        let mut search = self.programs.clone().into_os_string();
        search.push(":");
        search.push(path);
        let no_bus = self.path().join("no-bus").display().to_string();
        vec![
            ("PATH".into(), search),
            ("HOME".into(), self.user_dir().into()),
            ("SHELL".into(), "/bin/sh".into()),
            ("TZ".into(), "UTC".into()),
            ("LC_ALL".into(), "C.UTF-8".into()),
            // Not unset: without it a desktop is looked for where the machine has its own.
            ("DBUS_SESSION_BUS_ADDRESS".into(), format!("unix:path={no_bus}").into()),
            // Memory may well be short while tests run, and no session is to sleep for that.
            ("APPCTL_PRESSURE".into(), pressure::place(self.path()).into()),
            ("APPCTL_RUNTIME_DIR".into(), self.runtime_dir().into()),
            ("APPCTL_STATE_DIR".into(), self.state_dir().into()),
            ("APPCTL_CONFIG_DIR".into(), self.config_dir().into()),
        ]
    }

    /// The same with one more variable for every program in it, or another value for one.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self = self.without(name);
        self.variables.push((name.into(), value.as_ref().into()));
        self
    }

    /// The same without a variable.
    #[must_use]
    pub fn without(mut self, name: &str) -> Self {
        self.variables.retain(|(known, _)| known != name);
        self
    }

    /// Has every notice written to the file `told`, however short what it tells of took.
    ///
    /// # Panics
    /// When the settings cannot be written.
    pub fn write_notices_down(&self) {
        let text = format!(
            "[notify]\nmin_duration = \"0s\"\nchannels = [\"command\"]\n[notify.command]\n\
             argv = [\"sh\", \"-c\", \"cat >> {}\"]\n",
            self.told().display()
        );
        fs::write(self.config_dir().join("config.toml"), text).unwrap();
    }

    /// The file that [`Home::write_notices_down`] means.
    pub fn told(&self) -> PathBuf {
        self.path().join("told")
    }

    /// The same with programs of its own, which a test may then replace.
    ///
    /// # Panics
    /// When they cannot be copied.
    #[must_use]
    pub fn with_own_programs(self) -> Self {
        let usual = self.programs.clone();
        self.with_programs_of(&usual)
    }

    /// The same with a copy of the programs in another directory, say those of an earlier
    /// release.
    ///
    /// # Panics
    /// When they cannot be copied.
    #[must_use]
    pub fn with_programs_of(mut self, dir: &Path) -> Self {
        let own = self.path().join("bin");
        fs::create_dir(&own).unwrap();
        for program in binaries::PROGRAMS {
            fs::copy(dir.join(program), own.join(program)).unwrap();
        }
        self.programs = own;
        self.variables = self.usual_variables();
        self
    }

    /// Replaces the programs by others of the same release, as an upgrade does: new files
    /// under the old names. Returns when the old ones have no name any more.
    pub fn replace_programs(&self) {
        self.replace_programs_by(&self.programs);
    }

    /// Replaces the programs by those in another directory.
    pub fn replace_programs_by(&self, dir: &Path) {
        for program in binaries::PROGRAMS {
            let (new, name) = (self.programs.join("new"), self.programs.join(program));
            fs::copy(dir.join(program), &new).unwrap();
            fs::rename(&new, &name).unwrap();
        }
    }

    /// Some process is meant to be left when the test ends; it is killed without a word.
    pub fn expects_leftovers(&self) {
        self.leftovers_expected.store(true, Ordering::Relaxed);
    }

    /// The directory in which everything lies; a place for a test's own files.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// `HOME`, and where commands run.
    pub fn user_dir(&self) -> PathBuf {
        self.dir.path().join("home")
    }

    /// Sockets and locks.
    pub fn runtime_dir(&self) -> PathBuf {
        self.dir.path().join("run")
    }

    /// Registry and session directories.
    pub fn state_dir(&self) -> PathBuf {
        self.dir.path().join("state")
    }

    /// Configuration.
    pub fn config_dir(&self) -> PathBuf {
        self.dir.path().join("config")
    }

    /// Where the daemon listens.
    pub fn control_socket(&self) -> PathBuf {
        self.runtime_dir().join("appd.sock")
    }

    /// Where the holder of a session listens.
    pub fn run_socket(&self, id: &str) -> PathBuf {
        self.runtime_dir().join("run").join(id)
    }

    /// Where the daemon listens for programs inside a session.
    pub fn inner_socket(&self, id: &str) -> PathBuf {
        self.runtime_dir().join("in").join(id).join("sock")
    }

    /// One of the programs under test.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    /// The variables of every program in this home.
    pub fn variables(&self) -> &[(OsString, OsString)] {
        &self.variables
    }

    /// Any command, in this home's environment and nothing else of ours.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.variables.iter().map(|(k, v)| (k, v)));
        command.current_dir(self.user_dir()).stdin(Stdio::null());
        command
    }

    /// `appctl` with these arguments, not run yet.
    pub fn appctl_command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = self.command(self.program("appctl"));
        command.args(args);
        command
    }

    /// Runs `appctl` to its end.
    ///
    /// # Panics
    /// When it does not end, or leaves something behind that holds its output open.
    pub fn appctl<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Outcome {
        run(self.appctl_command(args), b"")
    }

    /// Runs `appctl` with something to read on standard input.
    pub fn appctl_reading<S: AsRef<OsStr>>(
        &self,
        input: &[u8],
        args: impl IntoIterator<Item = S>,
    ) -> Outcome {
        run(self.appctl_command(args), input)
    }

    /// Starts a session in the background.
    #[track_caller]
    pub fn start(&self, name: &str, argv: &[&str]) -> Session<'_> {
        self.start_with(&["-n", name], argv)
    }

    /// Starts a shell script as a session in the background.
    #[track_caller]
    pub fn start_sh(&self, name: &str, script: &str) -> Session<'_> {
        self.start(name, &["sh", "-c", script])
    }

    /// Starts a session in the background with more options.
    #[track_caller]
    pub fn start_with(&self, options: &[&str], argv: &[&str]) -> Session<'_> {
        let mut args = vec!["start", "--bg", "-q"];
        args.extend(options);
        args.push("--");
        args.extend(argv);
        let outcome = self.appctl(args).ok();
        let id = outcome.out().trim().to_owned();
        assert!(is_id(&id), "`start -q` prints the id alone: {outcome:?}");
        Session::new(self, id)
    }

    /// A session that exists.
    pub fn session(&self, id: impl Into<String>) -> Session<'_> {
        Session::new(self, id.into())
    }

    /// The sessions that `ls` shows.
    #[track_caller]
    pub fn ls(&self) -> Vec<Value> {
        as_list(self.appctl(["ls", "--json"]).ok().json())
    }

    /// All sessions.
    #[track_caller]
    pub fn ls_all(&self) -> Vec<Value> {
        as_list(self.appctl(["ls", "--all", "--json"]).ok().json())
    }

    /// All events so far.
    #[track_caller]
    pub fn events(&self) -> Vec<Value> {
        self.appctl(["events", "--json", "--since", "0"]).ok().json_lines()
    }

    /// Waits until an event of this type about this session is in the journal.
    #[track_caller]
    pub fn wait_event(&self, kind: &str, session: &str) -> Value {
        wait::until(&format!("the event {kind} of {session}"), || {
            let events = self.events();
            let found = events.iter().find(|e| e["type"] == kind && e["session"] == session);
            found.cloned().ok_or_else(|| format!("{events:#?}"))
        })
    }

    /// The daemon that runs.
    ///
    /// # Panics
    /// When none does.
    #[track_caller]
    pub fn daemon_pid(&self) -> u32 {
        let status = self.appctl(["daemon", "status", "--json"]).ok().json();
        let pid = status["pid"].as_u64().unwrap_or_else(|| panic!("no daemon: {status}"));
        u32::try_from(pid).unwrap()
    }

    /// Kills the daemon as a crash would, and waits until it is gone.
    #[track_caller]
    pub fn kill_daemon_hard(&self) {
        Process::of(self.daemon_pid()).kill();
    }

    /// The daemon's log.
    pub fn daemon_log(&self) -> String {
        let raw = fs::read(self.state_dir().join("appd.log")).unwrap_or_default();
        String::from_utf8_lossy(&raw).into_owned()
    }

    /// Waits until the daemon's log contains this.
    #[track_caller]
    pub fn wait_log_contains(&self, text: &str) {
        wait::until(&format!("{text:?} in the daemon's log"), || {
            let log = self.daemon_log();
            if log.contains(text) { Ok(()) } else { Err(log) }
        });
    }

    /// The processes of the daemon program in this home.
    pub fn daemons(&self) -> Vec<u32> {
        let is_daemon = |&pid: &u32| {
            let line = process::command_line(pid);
            line.split(' ').next().is_some_and(|program| program.ends_with("appd"))
        };
        process::that_know(&self.runtime_dir()).into_iter().filter(is_daemon).collect()
    }

    /// Waits until no daemon runs: one that could not start is a moment in leaving.
    #[track_caller]
    pub fn wait_no_daemon(&self) {
        wait::until("no daemon to run", || {
            let daemons = self.daemons();
            if daemons.is_empty() { Ok(()) } else { Err(format!("{daemons:?}")) }
        });
    }

    /// `appctl` with these arguments in a terminal of the usual size.
    #[track_caller]
    pub fn terminal(&self, args: &[&str]) -> Terminal {
        self.terminal_of(size(24, 80), args)
    }

    /// `appctl` with these arguments in a terminal of this size.
    #[track_caller]
    pub fn terminal_of(&self, size: rustix::termios::Winsize, args: &[&str]) -> Terminal {
        let program = self.program("appctl");
        Terminal::launch(&Launch { home: self, program: &program, args, size, variables: &[] })
    }

    /// Another program in a terminal: say, the shell that a person calls `appctl` from.
    #[track_caller]
    pub fn terminal_with(&self, program: &str, args: &[&str]) -> Terminal {
        let program = binaries::installed(program);
        let size = size(24, 80);
        Terminal::launch(&Launch { home: self, program: &program, args, size, variables: &[] })
    }

    /// Prints what a person would need to understand a failure.
    fn tell(&self) {
        eprintln!("--- processes");
        for pid in process::that_know(&self.runtime_dir()) {
            eprintln!("{}", process::describe(pid));
        }
        for log in logs_below(&self.state_dir()) {
            eprintln!("--- {}\n{}", log.display(), tail(&log));
        }
    }

    /// Asks everything to end, then looks for what did not. Returns what it found.
    fn clean_up(&self) -> Vec<String> {
        let runtime = self.runtime_dir();
        if process::that_know(&runtime).is_empty() {
            return Vec::new();
        }
        let mut complaints = Vec::new();
        let mut stop = self.appctl_command(["daemon", "stop", "--sessions"]);
        stop.stdout(Stdio::null()).stderr(Stdio::null());
        match stop.spawn() {
            Ok(mut child) => {
                let over = Process::find(child.id())
                    .is_none_or(|process| process.is_over_within(COMMAND_LIMIT));
                if !over {
                    complaints.push("`appctl daemon stop --sessions` did not end".into());
                }
                child.kill().ok();
                child.wait().ok();
            }
            Err(error) => complaints.push(format!("`appctl daemon stop` did not start: {error}")),
        }
        for pid in process::that_know(&runtime) {
            let Some(process) = Process::find(pid) else { continue };
            if !process.is_over_within(GONE_LIMIT) {
                complaints.push(format!("left behind: {}", process::describe(pid)));
                process.signal(rustix::process::Signal::KILL);
                process.is_over_within(GONE_LIMIT);
            }
        }
        complaints
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let failed = thread::panicking();
        if failed {
            self.tell();
        }
        let complaints = self.clean_up();
        if failed || complaints.is_empty() || self.leftovers_expected.load(Ordering::Relaxed) {
            return;
        }
        self.tell();
        panic!("the home was not left clean:\n{}", complaints.join("\n"));
    }
}

/// Whether this is a session id.
pub fn is_id(text: &str) -> bool {
    text.len() == 8 && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
}

#[track_caller]
fn as_list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list,
        other => panic!("`ls --json` prints an array: {other}"),
    }
}

/// Runs a command to its end, with bounds.
#[track_caller]
pub fn run(mut command: Command, input: &[u8]) -> Outcome {
    let line = shown(&command);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    if !input.is_empty() {
        command.stdin(Stdio::piped());
    }
    let mut child = command.spawn().unwrap_or_else(|error| panic!("`{line}`: {error}"));
    let stdout = collect(child.stdout.take().unwrap());
    let stderr = collect(child.stderr.take().unwrap());
    if let Some(mut stdin) = child.stdin.take() {
        // A command that fails early does not read it, and that is its own business.
        stdin.write_all(input).ok();
    }
    if !Process::of(child.id()).is_over_within(COMMAND_LIMIT) {
        let state = process::describe(child.id());
        child.kill().unwrap();
        panic!("`{line}` did not end within {COMMAND_LIMIT:?}: {state}");
    }
    let status = child.wait().unwrap();
    let stdout = finished(stdout, &line);
    let stderr = finished(stderr, &line);
    Outcome { command: line, status, stdout, stderr }
}

/// Runs a command beside the test; [`Running::finish`] gives its outcome.
#[track_caller]
pub fn spawn(mut command: Command) -> Running {
    let line = shown(&command);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|error| panic!("`{line}`: {error}"));
    let stdout = collect(child.stdout.take().unwrap());
    let stderr = collect(child.stderr.take().unwrap());
    Running { child, line, stdout: Some(stdout), stderr: Some(stderr) }
}

/// A command that runs beside the test.
pub struct Running {
    child: Child,
    line: String,
    stdout: Option<JoinHandle<Vec<u8>>>,
    stderr: Option<JoinHandle<Vec<u8>>>,
}

impl Running {
    /// Its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Whether it is over.
    pub fn is_over(&mut self) -> bool {
        self.child.try_wait().unwrap().is_some()
    }

    /// Waits for its end.
    #[track_caller]
    pub fn finish(mut self) -> Outcome {
        let over =
            Process::find(self.pid()).is_none_or(|process| process.is_over_within(COMMAND_LIMIT));
        assert!(over, "`{}` did not end: {}", self.line, process::describe(self.pid()));
        let status = self.child.wait().unwrap();
        let stdout = finished(self.stdout.take().unwrap(), &self.line);
        let stderr = finished(self.stderr.take().unwrap(), &self.line);
        Outcome { command: self.line.clone(), status, stdout, stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn collect(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

#[track_caller]
fn finished(reader: JoinHandle<Vec<u8>>, line: &str) -> Vec<u8> {
    wait::until_for(OUTPUT_LIMIT, &format!("the end of the output of `{line}`"), || {
        if reader.is_finished() { Ok(()) } else { Err("somebody holds it open".into()) }
    });
    reader.join().unwrap()
}

fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

fn logs_below(state: &Path) -> Vec<PathBuf> {
    let mut found = vec![state.join("appd.log")];
    let sessions = fs::read_dir(state.join("sessions")).into_iter().flatten().flatten();
    for run in sessions.flat_map(|session| fs::read_dir(session.path())).flatten().flatten() {
        found.extend(["holder.log", "log"].map(|name| run.path().join(name)));
    }
    found.retain(|log| log.is_file());
    found
}

fn tail(log: &Path) -> String {
    const LINES: usize = 80;
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<_> = text.lines().collect();
    lines[lines.len().saturating_sub(LINES)..].join("\n")
}
