//! What the machine refuses: room on the disk, files, terminals, processes, the registry.
//! A start says why it fails and leaves nothing; what runs goes on.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use app_tests::disk::SmallDisk;
use app_tests::process::Process;
use app_tests::{Home, Session, audit, binaries, home, peer, wait};
use serde_json::json;

/// Answers on its terminal, and ends with 5 when it is told so.
const LISTENER: &str =
    "echo ready; while read x; do [ \"$x\" = end ] && exit 5; echo \"heard $x\"; done";

/// It listens and answers.
#[track_caller]
fn goes_on(session: &Session<'_>, word: &str) {
    session.appctl("send", &["--enter", word]).ok();
    session.wait_screen_contains(&format!("heard {word}"));
}

/// A start that fails for this reason, and leaves nothing.
#[track_caller]
fn start_fails(home: &Home, code: i32, words: &[&str]) {
    let before = home.ls_all().len();
    let outcome = home.appctl(["start", "--bg", "-n", "refused", "--", "sleep", "1000"]);
    let outcome = outcome.fails(code, words);
    assert!(outcome.err().contains("hint: "), "what next? {outcome:?}");
    assert_eq!(home.ls_all().len(), before, "a row was left");
}

/// Waits until the holder has written how the run ended.
#[track_caller]
fn wait_record(home: &Home, session: &Session<'_>) {
    let record = home.state_dir().join("sessions").join(&session.id).join("run-1/exit");
    wait::until("the record of the end", || {
        if record.exists() { Ok(()) } else { Err(format!("no {}", record.display())) }
    });
}

#[test]
fn a_full_disk_refuses_starts_and_takes_nothing_from_what_runs() {
    let home = Home::new();
    let state = home.state_dir();
    let Some(disk) = SmallDisk::mount(&state, "4m") else { return };
    let kept = home.start_sh("kept", LISTENER);
    let ends = home.start_sh("ends", LISTENER);
    disk.fill();
    start_fails(&home, 1, &["full"]);
    goes_on(&kept, "one");
    // Room for the record of an end was kept when the run began.
    ends.appctl("send", &["--enter", "end"]).ok();
    wait_record(&home, &ends);
    disk.empty();
    // The registry could not take the end; it does as soon as it can.
    assert_eq!(ends.wait_over()["exit"], json!({"code": 5}));
    home.start("next", &["sleep", "1000"]);
    audit::check(&home);
    home.appctl(["daemon", "stop", "--sessions"]).ok();
}

/// A process of the machine's Python.
struct Python(Child);

impl Python {
    /// Runs a script until it says `ready`.
    fn start(script: &str, argument: &Path) -> Self {
        let mut command = Command::new(binaries::installed("python3"));
        command.args(["-c", script]).arg(argument).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Self(child)
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

const LOCKS: &str = "import sqlite3, sys
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute('BEGIN EXCLUSIVE')
print('ready', flush=True)
sys.stdin.read()";

#[test]
fn a_registry_that_another_process_holds_is_waited_for_and_told_as_busy() {
    let home = Home::new();
    let session = home.start_sh("kept", LISTENER);
    let other = Python::start(LOCKS, &home.state_dir().join("registry.db"));
    start_fails(&home, 75, &["registry", "locked"]);
    goes_on(&session, "one");
    session.appctl("send", &["--enter", "end"]).ok();
    wait_record(&home, &session);
    drop(other);
    assert_eq!(session.wait_over()["exit"], json!({"code": 5}), "learnt when it could be");
    audit::check(&home);
}

/// The same before there is a daemon: it is not made anew, and nothing is lost.
#[test]
fn a_daemon_does_not_replace_a_registry_that_another_process_holds() {
    let home = Home::new();
    let session = home.start_sh("kept", LISTENER);
    home.kill_daemon_hard();
    let other = Python::start(LOCKS, &home.state_dir().join("registry.db"));
    // It may be read, so there is an answer.
    home.appctl(["ls"]).ok().mentions("kept");
    drop(other);
    assert_eq!(session.show()["phase"], "running");
    assert!(!home.daemon_log().contains("made anew"), "{}", home.daemon_log());
}

const SETTLES: &str = "import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute('PRAGMA wal_checkpoint(TRUNCATE)')
db.close()
print('ready', flush=True)";

/// Ends the daemon and returns the registry as one whole file.
fn whole_registry(home: &Home) -> Vec<u8> {
    home.appctl(["daemon", "stop"]).ok();
    let path = home.state_dir().join("registry.db");
    drop(Python::start(SETTLES, &path));
    assert!(!path.with_extension("db-wal").exists(), "a part is still elsewhere");
    fs::read(&path).unwrap()
}

/// Puts this in the place of the registry, and looks twice at most. Every session is there.
#[track_caller]
fn all_are_found(home: &Home, registry: &[u8], sessions: usize, what: &str) {
    home.appctl(["daemon", "stop"]).ok();
    for suffix in ["-wal", "-shm"] {
        fs::remove_file(home.state_dir().join(format!("registry.db{suffix}"))).ok();
    }
    fs::write(home.state_dir().join("registry.db"), registry).unwrap();
    let mut looks = (0..2).map(|_| home.appctl(["ls", "--all", "--json"]));
    let good = looks.find(|outcome| outcome.code() == 0);
    let views = good.unwrap_or_else(|| panic!("{what}: {}", home.daemon_log())).json();
    let found = views.as_array().unwrap().len();
    assert_eq!(found, sessions, "{what}: {views:#}\n{}", home.daemon_log());
}

/// Which page of the database is spoilt, page by page: every session is found again, by the
/// second command at the latest, and the damaged file is kept.
#[test]
fn whatever_page_of_the_registry_is_damaged_no_session_is_lost() {
    const PAGE: usize = 4096;
    let home = Home::new();
    let live = home.start_sh("live", LISTENER);
    for number in 0..6 {
        home.start_sh(&format!("ended-{number}"), "exit 3").wait_over();
    }
    let whole = whole_registry(&home);
    let pages = whole.len() / PAGE;
    assert!(pages > 20, "{pages} are too few to tell");
    for page in 0..pages {
        let mut damaged = whole.clone();
        damaged[page * PAGE..(page + 1) * PAGE].fill(0x5a);
        all_are_found(&home, &damaged, 7, &format!("page {page} of {pages}"));
        assert_eq!(live.show()["phase"], "running", "page {page}");
    }
    let kept = fs::read_dir(home.state_dir()).unwrap().flatten();
    let kept = kept.filter(|entry| entry.file_name().to_string_lossy().contains(".damaged-"));
    assert!(kept.count() > 0, "nothing is thrown away");
    goes_on(&live, "after all");
}

/// Cut anywhere, as a power cut or a full disk may leave it.
#[test]
fn wherever_the_registry_is_cut_no_session_is_lost() {
    let home = Home::new();
    let live = home.start_sh("live", LISTENER);
    home.start_sh("ended", "exit 3").wait_over();
    let whole = whole_registry(&home);
    for length in [1, 99, 100, 4095, 4096, 4097, 20_000, whole.len() / 2, whole.len() - 1] {
        all_are_found(&home, &whole[..length], 2, &format!("cut at {length}"));
        assert_eq!(live.show()["phase"], "running", "cut at {length}");
    }
}

/// `strace` on a process that runs: its calls fail or are slow from now on.
struct Strace(Child);

impl Strace {
    fn inject(pid: u32, what: &str) -> Self {
        let mut command = Command::new(binaries::installed("strace"));
        command.args(["-f", "-o", "/dev/null", "-e", "trace=fsync,fdatasync", "-e"]);
        command.arg(format!("inject=fsync,fdatasync:{what}")).args(["-p", &pid.to_string()]);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stderr.take().unwrap()).read_line(&mut line).unwrap();
        assert!(line.contains("attached"), "{line}");
        Self(child)
    }
}

impl Drop for Strace {
    fn drop(&mut self) {
        // It lets go of whom it traces.
        Process::find(self.0.id()).inspect(|it| it.signal(rustix::process::Signal::TERM));
        self.0.wait().ok();
    }
}

#[test]
fn an_end_is_kept_although_the_disk_promises_nothing() {
    let home = Home::new();
    let session = home.start_sh("kept", LISTENER);
    let holder = session.holder();
    let _strace = Strace::inject(holder.pid, "error=EIO");
    home.kill_daemon_hard();
    peer::type_line(&home.run_socket(&session.id), "end");
    holder.wait_over();
    assert_eq!(session.show()["exit"], json!({"code": 5}), "nobody saw it but the holder");
    audit::check(&home);
}

#[test]
fn a_disk_that_takes_its_time_delays_one_end_and_nobody_else() {
    let home = Home::new();
    let slow = home.start_sh("slow", LISTENER);
    let other = home.start_sh("other", LISTENER);
    let holder = slow.holder();
    let _strace = Strace::inject(holder.pid, "delay_enter=1500000");
    slow.appctl("send", &["--enter", "end"]).ok();
    let begun = Instant::now();
    home.ls();
    goes_on(&other, "meanwhile");
    home.start("next", &["sleep", "1000"]);
    assert!(begun.elapsed() < Duration::from_millis(1_400), "{:?}", begun.elapsed());
    assert!(!holder.is_over(), "it waits for the disk, nobody else does");
    assert_eq!(slow.wait_over()["exit"], json!({"code": 5}));
}

/// Starts the daemon behind another program, as a shell with limits would.
#[track_caller]
fn start_daemon_behind(home: &Home, words: &[&str]) {
    let mut command = home.command(binaries::installed(words[0]));
    command.args(&words[1..]).arg(home.program("appctl")).args(["daemon", "start"]);
    home::run(command, b"").ok();
}

#[test]
fn sessions_are_refused_before_they_take_the_last_descriptor() {
    let home = Home::new();
    start_daemon_behind(&home, &["prlimit", "--nofile=52:52"]);
    let first = home.start_sh("first", LISTENER);
    let mut live = 1;
    let refused = loop {
        let outcome = home.appctl(["start", "--bg", "-q", "--", "sleep", "1000"]);
        if outcome.code() != 0 {
            break outcome;
        }
        live += 1;
        assert!(live < 40, "one that had no descriptor left was started");
    };
    refused.fails(1, &["too many sessions", "hint: ", "ulimit"]);
    assert!(live >= 8, "{live} are few");
    // Those that run are as they were, and everything can be asked and done.
    goes_on(&first, "still");
    assert_eq!(home.ls().len(), live);
    first.appctl("stop", &[]).ok();
    home.start("again", &["sleep", "1000"]);
}

/// More clients than there are descriptors wait their turn.
#[test]
fn clients_that_keep_their_connections_do_not_take_the_last_descriptor() {
    let home = Home::new();
    start_daemon_behind(&home, &["prlimit", "--nofile=40:40"]);
    let session = home.start_sh("first", LISTENER);
    let idle: Vec<_> = (0..60).map(|_| peer::connect(&home.control_socket())).collect();
    peer::type_line(&home.run_socket(&session.id), "meanwhile");
    drop(idle);
    session.wait_screen_contains("heard meanwhile");
    home.start("next", &["sleep", "1000"]);
    goes_on(&session, "still");
}

/// Terminals of its own for the daemon and what it starts: so many and no more.
#[test]
fn a_start_without_a_terminal_left_says_so() {
    if !rustix::process::geteuid().is_root() {
        return eprintln!("SKIPPED: only root can limit terminals");
    }
    let home = Home::new();
    let script = "mount -t devpts -o newinstance,ptmxmode=0666,max=2 devpts /dev/pts && \
                  mount --bind /dev/pts/ptmx /dev/ptmx && exec \"$@\"";
    start_daemon_behind(
        &home,
        &["unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"],
    );
    let first = home.start_sh("first", LISTENER);
    home.start("second", &["sleep", "1000"]);
    start_fails(&home, 125, &["terminal", "kernel.pty.max"]);
    goes_on(&first, "still");
    home.appctl(["stop", "second"]).ok();
    home.start("third", &["sleep", "1000"]);
}

/// A group of control that takes so many processes and no more.
#[test]
fn a_start_without_a_process_left_says_so() {
    let group = Path::new("/sys/fs/cgroup/pids").join(format!("appctl-t{}", std::process::id()));
    if fs::create_dir(&group).is_err() {
        return eprintln!("SKIPPED: no control group for processes");
    }
    let home = Home::new();
    let script = format!("echo $$ > {}/cgroup.procs && exec \"$@\"", group.display());
    start_daemon_behind(&home, &["sh", "-c", &script, "sh"]);
    let first = home.start_sh("first", LISTENER);
    let current: u32 =
        fs::read_to_string(group.join("pids.current")).unwrap().trim().parse().unwrap();
    fs::write(group.join("pids.max"), current.to_string()).unwrap();
    start_fails(&home, 125, &["temporarily unavailable"]);
    fs::write(group.join("pids.max"), (current + 1).to_string()).unwrap();
    start_fails(&home, 125, &["temporarily unavailable"]);
    goes_on(&first, "still");
    fs::write(group.join("pids.max"), "max").unwrap();
    home.start("next", &["sleep", "1000"]);
    home.appctl(["daemon", "stop", "--sessions"]).ok();
    home.wait_no_daemon();
    drop(home);
    wait::until("the group to be empty", || {
        fs::remove_dir(&group).map_err(|error| error.to_string())
    });
}

/// Nothing to watch directories with: the client finds its daemon all the same.
#[test]
fn a_daemon_is_started_where_no_directory_can_be_watched() {
    let home = Home::new();
    let script = "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$@\"";
    start_daemon_behind(&home, &["unshare", "--user", "--map-root-user", "sh", "-c", script, "sh"]);
    home.appctl(["ls"]).ok();
}

/// An upgrade takes the programs away for a moment.
#[test]
fn a_holder_that_is_not_in_its_place_is_named_and_found_when_it_is_back() {
    let home = Home::new().with_own_programs();
    let holder = home.program("appd-holder");
    let aside = home.path().join("aside");
    let first = home.start_sh("first", LISTENER);
    fs::rename(&holder, &aside).unwrap();
    start_fails(&home, 125, &[holder.to_str().unwrap()]);
    goes_on(&first, "still");
    home.appctl(["daemon", "restart"]).ok();
    start_fails(&home, 125, &[holder.to_str().unwrap()]);
    fs::rename(&aside, &holder).unwrap();
    home.start("next", &["sleep", "1000"]);
    home.appctl(["daemon", "stop", "--sessions"]).ok();
}
