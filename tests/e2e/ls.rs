//! `ls` and `show`: the fields of the contract, and nothing that could harm a terminal.

use app_tests::home::is_id;
use app_tests::{Home, home, wait};
use serde_json::Value;

/// Whether a value is what it has to be.
type Check = fn(&Value) -> bool;

/// The fields of a session and whether a value is of the type that the contract gives.
const FIELDS: &[(&str, Check)] = &[
    ("id", |v| v.as_str().is_some_and(is_id)),
    ("name", Value::is_string),
    ("kind", |v| v == "session" || v == "task"),
    ("parent", |v| v.is_null() || v.as_str().is_some_and(is_id)),
    ("background", Value::is_boolean),
    ("agent", |v| v.is_null() || v.is_string()),
    ("model", |v| v.is_null() || v.is_string()),
    ("argv", |v| v.as_array().is_some_and(|a| !a.is_empty())),
    ("cwd", Value::is_string),
    ("tty", Value::is_boolean),
    ("run", |v| v.as_u64().is_some_and(|n| n > 0)),
    ("pid", |v| v.is_null() || v.is_u64()),
    ("holder_pid", |v| v.is_null() || v.is_u64()),
    ("attached", Value::is_u64),
    ("tags", Value::is_array),
    ("pinned", Value::is_boolean),
    ("title", Value::is_string),
    ("phase", |v| {
        ["starting", "running", "paused", "stopping", "asleep", "ended", "lost"]
            .iter()
            .any(|phase| v == phase)
    }),
    ("turn", |v| v == "unknown" || v == "working" || v == "idle"),
    ("attention", |v| v.is_null() || v.is_object()),
    ("state", |v| v.as_str().is_some_and(|word| !word.is_empty() && !word.contains(' '))),
    ("created_at", is_time),
    ("started_at", |v| v.is_null() || is_time(v)),
    ("ended_at", |v| v.is_null() || is_time(v)),
    ("elapsed_ms", |v| v.is_null() || v.is_u64()),
    ("elapsed", |v| v.is_null() || v.as_str().is_some_and(|text| text.ends_with(['s', 'h']))),
    ("last_output_at", |v| v.is_null() || is_time(v)),
    ("exit", |v| v.is_null() || v.as_object().is_some_and(|exit| exit.len() == 1)),
    ("usage", |v| v.is_null() || v.is_object()),
];

/// RFC 3339, UTC, milliseconds: `2026-11-21T09:53:18.123Z`.
fn is_time(value: &Value) -> bool {
    value.as_str().is_some_and(|text| {
        let shape: String =
            text.chars().map(|c| if c.is_ascii_digit() { '9' } else { c }).collect();
        shape == "9999-99-99T99:99:99.999Z"
    })
}

#[track_caller]
fn has_all_fields(view: &Value) {
    for (field, is_right) in FIELDS {
        let value = view.get(field).unwrap_or_else(|| panic!("{field} is missing in {view:#}"));
        assert!(is_right(value), "{field} is {value} in {view:#}");
    }
}

#[test]
fn a_session_has_every_field_of_the_contract_alive_and_ended() {
    let home = Home::new();
    let live = home.start_sh("live", "echo hi; exec cat");
    live.wait_logs_contain("hi");
    let ended = home.start_sh("ended", "echo bye; exit 2");
    ended.wait_over();
    for view in home.ls_all() {
        has_all_fields(&view);
    }
    for session in [&live, &ended] {
        has_all_fields(&session.show());
    }
}

#[test]
fn a_live_session_tells_what_it_is() {
    let home = Home::new();
    let session = home.start_sh("live", "echo hi; exec cat");
    session.wait_logs_contain("hi");
    let view = session.wait_for("heard of", |view| !view["last_output_at"].is_null());
    assert_eq!(view["name"], "live");
    assert_eq!(view["kind"], "session");
    assert_eq!(view["parent"], Value::Null);
    assert_eq!(view["background"], true);
    assert_eq!(view["argv"], serde_json::json!(["sh", "-c", "echo hi; exec cat"]));
    assert_eq!(view["tty"], true);
    assert_eq!(view["phase"], "running");
    assert_eq!(view["state"], "running");
    assert_eq!(view["exit"], Value::Null);
    assert_eq!(view["ended_at"], Value::Null);
    assert!(
        app_tests::process::runs(session.pid()) && app_tests::process::runs(session.holder_pid())
    );
    assert!(view["usage"]["rss_bytes"].as_u64().unwrap() > 0, "{view:#}");
    assert!(view["usage"]["processes"].as_u64().unwrap() >= 1, "{view:#}");
    assert!(view["usage"]["cpu_ms"].is_u64(), "{view:#}");
}

/// Of many, their holders are not asked: they have said it by themselves.
#[test]
fn of_many_sessions_a_list_tells_when_each_wrote() {
    let home = Home::new();
    let names: Vec<String> = (0..20).map(|number| format!("s{number}")).collect();
    let sessions: Vec<_> = names.iter().map(|name| home.start(name, &["cat"])).collect();
    let wrote = || -> Vec<bool> {
        let listed = home.ls();
        let of = |name: &String| listed.iter().find(|view| view["name"] == name.as_str());
        names.iter().map(|name| !of(name).unwrap()["last_output_at"].is_null()).collect()
    };
    assert_eq!(wrote(), vec![false; 20]);
    sessions[7].appctl("send", &["--enter", "hello"]).ok();
    let wanted: Vec<bool> = (0..20).map(|number| number == 7).collect();
    wait::until("the time of its output", || {
        let wrote = wrote();
        if wrote == wanted { Ok(()) } else { Err(format!("{wrote:?}")) }
    });
}

#[test]
fn an_ended_session_tells_how_it_went() {
    let home = Home::new();
    let session = home.start_sh("ended", "exit 2");
    let view = session.wait_over();
    assert_eq!(view["phase"], "ended");
    assert_eq!(view["exit"], serde_json::json!({"code": 2}));
    assert_eq!(view["state"], "failed");
    assert_eq!(view["pid"], Value::Null);
    assert_eq!(view["holder_pid"], Value::Null);
    assert!(is_time(&view["started_at"]) && is_time(&view["ended_at"]), "{view:#}");
    assert!(view["ended_at"].as_str() >= view["started_at"].as_str(), "{view:#}");
    let good = home.start_sh("good", "exit 0").wait_over();
    assert_eq!(good["state"], "done");
}

#[test]
fn the_elapsed_time_of_a_short_run_is_right() {
    let home = Home::new();
    let before = std::time::Instant::now();
    let session = home.start("short", &["sleep", "1.2"]);
    let view = session.wait_over();
    let upper = before.elapsed().as_millis();
    let elapsed = view["elapsed_ms"].as_u64().unwrap();
    assert!(elapsed >= 1200 && u128::from(elapsed) <= upper, "{elapsed} of {upper}: {view:#}");
    assert_eq!(view["elapsed"], format!("{}s", elapsed / 1000));
}

fn names(views: &[Value]) -> Vec<&str> {
    views.iter().map(|view| view["name"].as_str().unwrap()).collect()
}

#[test]
fn the_list_is_newest_first_and_stays_so_while_nothing_changes() {
    let home = Home::new();
    for name in ["one", "two", "three", "four"] {
        home.start(name, &["sleep", "100"]);
    }
    let first = home.ls();
    assert_eq!(names(&first), ["four", "three", "two", "one"]);
    for _ in 0..3 {
        assert_eq!(names(&home.ls()), names(&first));
    }
}

/// Rows once moved merely because a session was looked at.
#[test]
fn looking_at_a_session_does_not_move_it() {
    let home = Home::new();
    let one = home.start("one", &["sleep", "100"]);
    home.start("two", &["sleep", "100"]);
    one.appctl("show", &[]).ok();
    one.appctl("logs", &[]).ok();
    let mut terminal = one.attach();
    one.wait_attached(1);
    terminal.keys(app_tests::terminal::DETACH_KEY);
    terminal.wait_exit();
    assert_eq!(names(&home.ls()), ["two", "one"]);
}

#[test]
fn an_ended_session_is_listed_until_somebody_looked_at_it() {
    let home = Home::new();
    let session = home.start_sh("over", "echo the end");
    session.wait_over();
    let fresh = home.start_sh("fresh", "exit 0");
    home.appctl(["wait", "fresh"]).ok();
    assert!(names(&home.ls()).contains(&"fresh"), "nobody has looked at it");
    home.appctl(["show", "over"]).ok();
    assert!(names(&home.ls()).contains(&"over"), "a script is nobody who looks");
    let mut terminal = home.terminal(&["logs", "over"]);
    assert_eq!(terminal.wait_exit(), 0);
    assert!(terminal.screen().contains("the end"), "{terminal}");
    assert_eq!(names(&home.ls()), ["fresh"]);
    assert_eq!(names(&home.ls_all()), ["fresh", "over"]);
    drop(fresh);
}

#[test]
fn without_sessions_the_list_is_an_empty_array() {
    let home = Home::new();
    assert_eq!(home.appctl(["ls", "--json"]).ok().json(), serde_json::json!([]));
    home.appctl(["ls"]).ok();
}

#[test]
fn a_list_in_a_pipe_is_plain_lines() {
    let home = Home::new();
    let session = home.start("plain", &["sleep", "100"]);
    let outcome = home.appctl(["ls"]).ok().mentions(&session.id).mentions("plain");
    assert!(!outcome.stdout.contains(&0x1b), "{outcome:?}");
}

#[test]
fn a_list_on_a_terminal_has_colours_unless_they_are_unwanted() {
    let home = Home::new();
    home.start("colours", &["sleep", "100"]);
    let mut coloured = home.terminal(&["ls"]);
    assert_eq!(coloured.wait_exit(), 0);
    assert!(coloured.raw().windows(2).any(|two| two == b"\x1b["), "{coloured}");
    let home = home.with("NO_COLOR", "1");
    let mut plain = home.terminal(&["ls"]);
    assert_eq!(plain.wait_exit(), 0);
    let sgr = plain.raw().windows(2).any(|two| two == b"\x1b[");
    assert!(!sgr, "{plain}");
    assert!(plain.screen().contains("colours"), "{plain}");
}

#[test]
fn a_terminal_that_is_narrow_breaks_no_line_of_the_list() {
    let home = Home::new();
    home.start(&"n".repeat(60), &["sleep", "100"]);
    let mut terminal = home.terminal_of(app_tests::size(24, 40), &["ls"]);
    assert_eq!(terminal.wait_exit(), 0);
    let lines = terminal.screen().text().lines().filter(|line| !line.is_empty()).count();
    assert!(lines <= 3, "a title, a row, perhaps a rule: {terminal}");
}

/// Whether a character in a pipe could act on a terminal; lines have ends, and columns may
/// be divided by tabs.
fn is_harmful(c: char) -> bool {
    c.is_control() && c != '\n' && c != '\t'
}

/// Nothing a program says can act on the terminal of somebody who lists sessions.
#[test]
fn a_hostile_title_never_reaches_the_list_raw() {
    let home = Home::new();
    let script = r"printf '\033]0;ev\033[31mil\007'; printf '\033]2;also \302\233evil\302\234\007'; echo; echo 'x\033]0;owned\007y'; exec cat";
    let session = home.start_sh("hostile", script);
    let view = session.wait_for("titled", |view| view["title"] != "");
    let title = view["title"].as_str().unwrap();
    assert!(!title.chars().any(char::is_control), "{title:?}");
    let mut terminal = home.terminal(&["ls"]);
    assert_eq!(terminal.wait_exit(), 0);
    assert_eq!(terminal.screen().title(), "", "{terminal}");
    for verb in ["ls", "show", "logs", "peek"] {
        let id = if verb == "ls" { "--all" } else { &session.id };
        let outcome = home.appctl([verb, id]).ok();
        let raw: Vec<_> = outcome.out().chars().filter(|c| is_harmful(*c)).collect();
        assert!(raw.is_empty(), "{raw:?} in {outcome:?}");
    }
}

/// The same for what stands in arguments and directories.
#[test]
fn hostile_arguments_and_directories_never_reach_the_list_raw() {
    let home = Home::new();
    let dir = home.path().join("d\x1b]0;owned\x07ir");
    std::fs::create_dir(&dir).unwrap();
    let args = ["start", "--bg", "-q", "--cwd", dir.to_str().unwrap(), "--"];
    let argv = ["sh", "-c", "exec sleep 100", "\x1b]0;owned\x07"];
    let id = home.appctl(args.iter().chain(&argv)).ok().out().trim().to_owned();
    for args in [vec!["ls"], vec!["ls", "--all"], vec!["show", &id]] {
        let mut terminal = home.terminal(&args);
        assert_eq!(terminal.wait_exit(), 0);
        assert_eq!(terminal.screen().title(), "", "{terminal}");
        let outcome = home.appctl(&args).ok();
        let raw = outcome.out().chars().any(is_harmful);
        assert!(!raw, "{outcome:?}");
    }
}

#[test]
fn many_sessions_are_all_listed() {
    let home = Home::new();
    let script =
        "for i in $(seq 1 40); do appctl start --bg -q -n s$i -- sleep 1000 || exit 1; done";
    let mut shell = home.command("sh");
    shell.args(["-c", script]);
    home::run(shell, b"").ok();
    let views = home.ls();
    assert_eq!(views.len(), 40);
    let mut ids: Vec<_> = views.iter().map(|view| view["id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 40, "ids are unique");
}
