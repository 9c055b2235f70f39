//! Notices: sent by the daemon, once, by a channel that takes them, and never in its way.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::thread;
use std::time::{Duration, Instant};

use app_tests::bus::Notice;
use app_tests::screen::Modes;
use app_tests::{Home, process, wait};

pub(crate) const BUS: &str = "DBUS_SESSION_BUS_ADDRESS";

/// An installation that tells every end, however short.
pub(crate) fn telling_all() -> Home {
    with_settings("[notify]\nmin_duration = \"0s\"\n")
}

pub(crate) fn with_settings(text: &str) -> Home {
    let home = Home::new();
    write_settings(&home, text);
    home
}

pub(crate) fn write_settings(home: &Home, text: &str) {
    std::fs::write(home.config_dir().join("config.toml"), text).unwrap();
}

#[test]
fn a_failure_is_told_with_its_reason_and_an_escaped_body() {
    let home = telling_all();
    let bus = home.bus();
    let mock = bus.mock();
    let home = home.with(BUS, &bus.address);
    home.start_sh("bad", "echo '<i>a</i> & b'; exit 2").wait_over();
    let notices = mock.wait_notices(1);
    assert_eq!(notices[0].title, "✘ bad failed (exit 2) · 0s");
    assert_eq!(notices[0].app, "appctl");
    let expected = format!("{}\n&lt;i&gt;a&lt;/i&gt; &amp; b", home.user_dir().display());
    assert_eq!(notices[0].body, expected);
}

#[test]
fn a_signal_is_told_by_name() {
    let home = telling_all();
    let bus = home.bus();
    let mock = bus.mock();
    let home = home.with(BUS, &bus.address);
    home.start_sh("victim", "kill -SEGV $$").wait_over();
    assert_eq!(mock.wait_notices(1)[0].title, "✘ victim failed (signal SEGV) · 0s");
}

/// The end of one session is told after the ends that must not be: notices come in order,
/// so when the last is there, the others were not sent.
#[track_caller]
fn only_the_last_is_told(home: &Home, notices: impl FnOnce() -> Vec<Notice>) {
    only_the_last_is_told_after(home, 0, notices);
}

/// The same after this many that were told before.
#[track_caller]
pub(crate) fn only_the_last_is_told_after(
    home: &Home,
    before: usize,
    notices: impl FnOnce() -> Vec<Notice>,
) {
    home.start_sh("last", "exit 0").wait_over();
    let notices = notices();
    let titles: Vec<_> = notices[before..].iter().map(|notice| notice.title.as_str()).collect();
    assert_eq!(titles, ["✔ last finished · 0s"]);
}

#[test]
fn what_somebody_saw_or_asked_for_is_not_told() {
    let home = telling_all();
    let bus = home.bus();
    let mock = bus.mock();
    let home = home.with(BUS, &bus.address);
    let stopped = home.start("stopped", &["sleep", "1000"]);
    stopped.appctl("stop", &[]).ok();
    let killed = home.start("killed", &["sleep", "1000"]);
    killed.appctl("kill", &[]).ok();
    let watched = home.start_sh("watched", "echo ready; read x");
    let mut terminal = watched.attach();
    terminal.wait_until_contains("ready");
    watched.wait_attached(1);
    terminal.type_line("");
    terminal.wait_exit();
    watched.wait_over();
    only_the_last_is_told(&home, || mock.wait_notices(1));
}

/// Attached is not looked at: the terminal says that it is in the background, and no program
/// had to ask it.
#[test]
fn what_ends_on_a_terminal_in_the_background_is_told() {
    let home = telling_all();
    let bus = home.bus();
    let mock = bus.mock();
    let home = home.with(BUS, &bus.address);
    for relay in [&[][..], &["--relay"]] {
        for (name, reports) in [("back", "\u{1b}[I\u{1b}[O"), ("front", "\u{1b}[O\u{1b}[I")] {
            let session = home.start_sh(name, "stty -echo; echo ready; read x; echo got:$x:");
            let args = [&["attach"], relay, &[session.id.as_str()]].concat();
            let mut terminal = home.terminal(&args);
            terminal.wait_until("reports that are asked for", |screen| {
                screen.contains("ready") && screen.modes().contains(Modes::FOCUS_IN_OUT)
            });
            terminal.keys(reports);
            terminal.type_line("end");
            terminal.wait_until_contains("got:end:");
            terminal.wait_exit();
            session.wait_over();
        }
    }
    home.start_sh("last", "exit 0").wait_over();
    let titles: Vec<_> = mock.wait_notices(3).into_iter().map(|notice| notice.title).collect();
    assert_eq!(titles[..2], ["✔ back finished · 0s"; 2]);
    assert!(!titles.iter().any(|title| title.contains("front")), "{titles:?}");
}

/// The daemon dies, the program ends, the next daemon tells it; the one after does not.
#[test]
fn an_end_while_no_daemon_ran_is_told_by_the_next_one_and_only_once() {
    let home = telling_all();
    let bus = home.bus();
    let mock = bus.mock();
    let home = home.with(BUS, &bus.address);
    let session = home.start("missed", &["sleep", "1000"]);
    let (program, holder) = (session.program(), session.holder());
    home.kill_daemon_hard();
    program.kill();
    holder.wait_over();
    assert_eq!(mock.notices(), []);
    home.appctl(["daemon", "start"]).ok();
    let notices = mock.wait_notices(1);
    assert!(notices[0].title.starts_with("✘ missed failed (signal KILL) · "), "{notices:?}");
    home.wait_event("notice.sent", &session.id);
    home.kill_daemon_hard();
    home.appctl(["daemon", "start"]).ok();
    home.start_sh("last", "exit 0").wait_over();
    let titles: Vec<_> = mock.wait_notices(2).into_iter().map(|notice| notice.title).collect();
    assert_eq!(titles[1..], ["✔ last finished · 0s"], "each is sent once");
}

/// Control characters in names cannot be; in the last line they can.
#[test]
fn a_hostile_last_line_reaches_the_desktop_harmless() {
    let home = telling_all();
    let bus = home.bus();
    let mock = bus.mock();
    let home = home.with(BUS, &bus.address);
    home.start_sh("hostile", r"printf '\033]0;owned\007a\033[31mb\302\233c<script>\n'; exit 1")
        .wait_over();
    let notice = &mock.wait_notices(1)[0];
    let text = format!("{}{}", notice.title, notice.body.replace('\n', ""));
    assert!(!text.chars().any(char::is_control), "{notice:?}");
    assert!(!notice.body.contains("<script>"), "{notice:?}");
}

/// The daemon answers, and its log says what became of the notice.
#[track_caller]
fn the_daemon_goes_on_and_says_so(home: &Home) {
    let before = home.daemon_log().len();
    let session = home.start_sh("unseen", "exit 0");
    session.wait_over();
    let daemon = home.daemon_pid();
    let asked = Instant::now();
    for _ in 0..3 {
        home.appctl(["ls"]).ok();
    }
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    wait::until("a word about the notice in the log", || {
        let log = home.daemon_log();
        let new = &log[before..];
        let told = new.lines().any(|line| line.contains("WARN") && line.contains("notice"));
        if told { Ok(()) } else { Err(new.to_owned()) }
    });
    home.wait_event("notice.failed", &session.id);
    assert_eq!(home.daemon_pid(), daemon, "and it lives");
}

#[test]
fn without_a_bus_the_daemon_goes_on_and_says_so() {
    let home = telling_all();
    // Where a bus would be if there were one; else the machine's own is tried.
    let nothing = home.path().join("nothing");
    std::fs::create_dir(&nothing).unwrap();
    the_daemon_goes_on_and_says_so(&home.without(BUS).with("XDG_RUNTIME_DIR", &nothing));
}

#[test]
fn a_bus_that_does_not_exist_does_no_harm() {
    let home = telling_all();
    let nowhere = format!("unix:path={}", home.path().join("nowhere").display());
    the_daemon_goes_on_and_says_so(&home.with(BUS, nowhere));
}

#[test]
fn an_address_that_is_none_does_no_harm() {
    the_daemon_goes_on_and_says_so(&telling_all().with(BUS, "complete nonsense"));
}

#[test]
fn a_bus_without_a_server_of_notifications_does_no_harm() {
    let home = telling_all();
    let bus = home.bus();
    the_daemon_goes_on_and_says_so(&home.with(BUS, &bus.address));
}

#[test]
fn a_bus_that_accepts_and_says_nothing_does_no_harm() {
    let home = telling_all();
    let path = home.path().join("silent");
    let listener = UnixListener::bind(&path).unwrap();
    // The kernel accepts for it, and nobody ever answers.
    the_daemon_goes_on_and_says_so(&home.with(BUS, format!("unix:path={}", path.display())));
    drop(listener);
}

/// Twenty ends at once on a desktop that hangs: none of them may hold up another command.
#[test]
fn a_silent_desktop_and_many_ends_at_once_do_not_block_the_daemon() {
    let home = telling_all();
    let path = home.path().join("silent");
    let listener = UnixListener::bind(&path).unwrap();
    let home = home.with(BUS, format!("unix:path={}", path.display()));
    let started = Instant::now();
    let ids: Vec<_> = (0..20)
        .map(|n| home.start_with(&["-n", &format!("s{n}"), "--no-tty"], &["true"]).id)
        .collect();
    for id in &ids {
        home.appctl(["wait", id]).ok();
    }
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    assert!(process::memory_kib(home.daemon_pid()) < 64 << 10);
    drop(listener);
}

/// Fifty ends at once are fifty rows, and few bubbles; the last one sums them up.
#[test]
fn a_storm_of_ends_is_few_bubbles_and_every_row() {
    let home = telling_all();
    let bus = home.bus();
    let mock = bus.mock();
    let home = home.with(BUS, &bus.address);
    let gate = home.path().join("gate");
    let script = format!("while ! test -e '{}'; do sleep 0.2; done", gate.display());
    let ids: Vec<_> = (0..50)
        .map(|n| {
            let name = format!("s{n}");
            home.start_with(&["-n", &name, "--no-tty"], &["sh", "-c", &script]).id
        })
        .collect();
    std::fs::write(&gate, "").unwrap();
    for id in &ids {
        home.appctl(["wait", id]).ok();
    }
    let rows = wait::until("a fate for every notice", || {
        let rows = home.appctl(["notices", "--json"]).ok().json();
        let rows = rows.as_array().unwrap().clone();
        let settled = rows.iter().filter(|row| row["channel"] == "desktop").count();
        if settled == 50 { Ok(rows) } else { Err(format!("{settled} of {}", rows.len())) }
    });
    assert_eq!(rows.len(), 50);
    let bubbles = mock.notices();
    // The ends may be spread over more than one window where the machine is slow.
    assert!((3..=15).contains(&bubbles.len()), "{bubbles:?}");
    let sums = bubbles.iter().filter(|bubble| bubble.title.contains("more finished")).count();
    assert!(sums > 0, "{bubbles:?}");
}

/// No desktop, no terminal: the notices are listed with the reason, and the next verb on a
/// terminal says once that there are some.
#[test]
fn what_reached_nobody_is_listed_and_said_once() {
    let home = telling_all();
    let done = home.start_sh("done", "exit 0");
    done.wait_over();
    let bad = home.start_sh("bad", "exit 2");
    bad.wait_over();
    home.wait_event("notice.failed", &done.id);
    home.wait_event("notice.failed", &bad.id);
    let rows = home.appctl(["notices", "--unseen", "--json"]).ok().json();
    let words: Vec<_> = rows.as_array().unwrap().iter().map(|row| &row["kind"]).collect();
    assert_eq!(words, ["failed", "finished"]);
    assert_eq!(rows[0]["channel"], serde_json::Value::Null);
    assert!(rows[0]["why"].as_str().unwrap().contains("desktop"), "{rows}");
    let mut first = home.terminal(&["ls"]);
    first.wait_until_contains("while you were away: 1 finished, 1 failed");
    first.wait_exit();
    assert_eq!(home.appctl(["notices", "--unseen", "--json"]).ok().json(), serde_json::json!([]));
    let mut second = home.terminal(&["ls"]);
    second.wait_exit();
    assert!(!second.screen().contains("while you were away"), "it is said once");
}

#[test]
fn a_short_success_is_not_told_unless_the_session_says_always() {
    let home = Home::new();
    let bus = home.bus();
    let mock = bus.mock();
    let home = home.with(BUS, &bus.address);
    home.start_sh("short", "exit 0").wait_over();
    home.start_with(&["-n", "never", "--notify", "never"], &["sh", "-c", "exit 1"]).wait_over();
    home.start_with(&["-n", "always", "--notify", "always"], &["true"]).wait_over();
    let titles: Vec<_> = mock.wait_notices(1).into_iter().map(|notice| notice.title).collect();
    assert_eq!(titles, ["✔ always finished · 0s"]);
}

#[test]
fn settings_are_read_anew_and_a_broken_file_keeps_the_old_ones() {
    let home = telling_all();
    let bus = home.bus();
    let mock = bus.mock();
    let home = home.with(BUS, &bus.address);
    home.start_sh("one", "exit 0").wait_over();
    assert_eq!(mock.wait_notices(1).len(), 1);
    write_settings(&home, "[notify]\nmin_duration = \"0s\"\nmut = true\n");
    home.start_sh("two", "exit 0").wait_over();
    assert_eq!(mock.wait_notices(2).len(), 2);
    home.wait_log_contains("config.toml:3: ");
    let checked = home.appctl(["config", "check"]).exits(1);
    assert!(checked.out().contains("config.toml:3: "), "{checked:?}");
    assert!(checked.out().contains("did you mean `mute`?"), "{checked:?}");
    write_settings(&home, "[notify]\nmute = true\n");
    home.appctl(["config", "check"]).ok().prints("ok\n");
    home.start_sh("three", "exit 1").wait_over();
    let rows = home.appctl(["notices", "--json"]).ok().json();
    assert_eq!(rows[0]["name"], "three");
    assert!(rows[0]["why"].as_str().unwrap().contains("muted"), "{rows}");
    assert_eq!(mock.notices().len(), 2);
}

/// A session has one bubble: the second run's end takes the place of the first one's.
#[test]
fn a_session_replaces_its_own_bubble() {
    let home = telling_all();
    let bus = home.bus();
    let mock = bus.mock();
    let home = home.with(BUS, &bus.address);
    let session = home.start_sh("again", "exit 0");
    session.wait_over();
    mock.wait_notices(1);
    home.wait_event("notice.sent", &session.id);
    session.appctl("resume", &["--bg"]).ok();
    session.wait_over();
    let notices = mock.wait_notices(2);
    assert_eq!(notices[0].replaces, 0);
    assert!(notices[1].replaces > 0, "{notices:?}");
}

/// The desktop hangs for as long as it may; then the command takes the notice.
#[test]
fn a_command_is_given_what_a_hanging_desktop_did_not_take() {
    let home = Home::new();
    let path = home.path().join("silent");
    let listener = UnixListener::bind(&path).unwrap();
    let got = home.path().join("got");
    let argv = format!("[\"sh\", \"-c\", \"cat >> '{}'\"]", got.display());
    write_settings(
        &home,
        &format!(
            "[notify]\nmin_duration = \"0s\"\nchannels = [\"desktop\", \"command\"]\n\
             [notify.command]\nargv = {argv}\n"
        ),
    );
    let home = home.with(BUS, format!("unix:path={}", path.display()));
    let session = home.start_sh("told", "exit 3");
    session.wait_over();
    let sent = home.wait_event("notice.sent", &session.id);
    assert_eq!(sent["channel"], "command");
    let told: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&got).unwrap()).unwrap();
    assert_eq!(told["session"], session.id);
    assert_eq!(told["title"], "✘ told failed (exit 3) · 0s");
    let tested = home.appctl(["notify", "test", "--channel", "command", "--json"]).ok().json();
    assert_eq!(tested[0]["failed"], serde_json::Value::Null);
    home.appctl(["notify", "test", "--channel", "pigeon"]).fails(2, &["pigeon", "webhook"]);
    drop(listener);
}

#[test]
fn a_webhook_is_posted_to() {
    let home = Home::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    write_settings(
        &home,
        &format!(
            "[notify]\nmin_duration = \"0s\"\nchannels = [\"webhook\"]\n\
             [notify.webhook]\nurl = \"http://{address}/topic\"\n"
        ),
    );
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = String::new();
        let mut piece = [0; 1024];
        while !request.contains("good bye") {
            let read = stream.read(&mut piece).unwrap();
            assert!(read > 0, "{request}");
            request.push_str(&String::from_utf8_lossy(&piece[..read]));
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n").unwrap();
        request
    });
    let session = home.start_sh("posted", "echo good bye");
    session.wait_over();
    assert_eq!(home.wait_event("notice.sent", &session.id)["channel"], "webhook");
    let request = server.join().unwrap();
    assert!(request.contains("posted finished"), "{request}");
}

/// The button opens the session with the command of the settings.
#[test]
fn the_button_of_a_bubble_opens_the_session() {
    let home = Home::new();
    let opened = home.path().join("opened");
    write_settings(
        &home,
        &format!(
            "[notify]\nmin_duration = \"0s\"\n\
             attach_command = \"echo {{id}} > '{}'\"\n",
            opened.display()
        ),
    );
    let bus = home.bus();
    let mock = bus.mock();
    let home = home.with(BUS, &bus.address);
    let session = home.start_sh("button", "exit 0");
    session.wait_over();
    mock.wait_notices(1);
    wait::until("the session in a terminal", || {
        // Pressed until it is heard: the daemon listens a moment after it has shown it.
        mock.press(1, "attach");
        let text = std::fs::read_to_string(&opened).unwrap_or_default();
        if text.trim() == session.id { Ok(()) } else { Err(text) }
    });
}
