//! The record of a run's output: when what came, what it takes on disk, what is missing.

use std::fs;
use std::path::{Path, PathBuf};

use app_tests::disk::SmallDisk;
use app_tests::home::spawn;
use app_tests::{Follow, Home, Session, size, wait};

/// Where a session's first run is recorded.
fn run_dir(home: &Home, session: &Session<'_>) -> PathBuf {
    home.state_dir().join("sessions").join(&session.id).join("run-1")
}

/// Names of the files of a directory that begin like this.
fn files(dir: &Path, prefix: &str) -> Vec<String> {
    let entries = fs::read_dir(dir).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.starts_with(prefix)).collect();
    names.sort();
    names
}

/// A script that says when it wants to go on: it waits for `go` to be made.
fn steps(home: &Home, first: &str, then: &str) -> (String, PathBuf) {
    let go = home.path().join("go");
    let script = format!("mkfifo {0}; {first}; read x <{0}; {then}", go.display());
    (script, go)
}

fn go(path: &Path) {
    fs::write(path, "go\n").unwrap();
}

/// Twenty megabytes of numbered lines.
const MUCH: &str = r#"awk 'BEGIN { for (n = 1; n <= 400000; n++)
    printf "line %d of a log that goes on and on, for ever\n", n }'"#;

#[test]
fn a_long_record_is_compressed_while_the_session_lives_and_reads_the_same() {
    let home = Home::new();
    let session = home.start_sh("long", &format!("stty -opost; {MUCH}; exec cat"));
    let dir = run_dir(&home, &session);
    // Two segments are full, the third is being written.
    let all = wait::until("the closed segments to be compressed", || {
        match &files(&dir, "transcript.")[..] {
            [a, b, c] if a.ends_with(".zst") && b.ends_with(".zst") => Ok(c.clone()),
            other => Err(format!("{other:?}")),
        }
    });
    assert_eq!(all, "transcript.000003");
    session.wait_logs_contain("line 400000 of");
    let text = session.logs();
    assert_eq!(text.lines().count(), 400_000);
    for (at, line) in text.lines().enumerate() {
        assert!(line.starts_with(&format!("line {} of", at + 1)), "{line:?} at {at}");
    }
    let last = session.appctl("logs", &["-n", "350000"]).ok().out();
    assert!(last.starts_with("line 50001 of") && last.lines().count() == 350_000);
    assert_eq!(session.appctl("logs", &["--raw"]).ok().out(), text);
    let kept: u64 = ["transcript.000001.zst", "transcript.000002.zst"]
        .iter()
        .map(|name| fs::metadata(dir.join(name)).unwrap().len())
        .sum();
    assert!(kept < 16 << 20 >> 2, "{kept} bytes for 16 MiB of output");
}

#[test]
fn what_is_left_is_compressed_when_the_run_is_over_and_reads_the_same() {
    let home = Home::new();
    let script = "stty -opost; awk 'BEGIN { for (n = 1; n <= 9000; n++) print \"line\", n }'";
    let session = home.start_sh("short", script);
    session.wait_over();
    let dir = run_dir(&home, &session);
    wait::until("the last segment to be compressed", || {
        let names = files(&dir, "transcript.");
        if names == ["transcript.000001.zst"] { Ok(()) } else { Err(format!("{names:?}")) }
    });
    let expected: String = (1..=9000).map(|n| format!("line {n}\n")).collect();
    session.appctl("logs", &[]).ok().prints(&expected);
    session.appctl("logs", &["-n", "1"]).ok().prints("line 9000\n");
    assert_eq!(files(&dir, "timing."), ["timing.000001"]);
}

#[test]
fn followers_miss_nothing_and_see_nothing_twice_while_segments_are_compressed() {
    let home = Home::new();
    let (script, fifo) = steps(&home, &format!("stty -opost; {MUCH}; echo half"), MUCH);
    let session = home.start_sh("followed", &script);
    let following = spawn(home.appctl_command(["logs", "-f", &session.id]));
    let dir = run_dir(&home, &session);
    wait::until("some segment to be compressed", || {
        let names = files(&dir, "transcript.");
        if names.iter().any(|name| name.ends_with(".zst")) { Ok(()) } else { Err(names.join(" ")) }
    });
    session.wait_logs_contain("half");
    go(&fifo);
    let text = following.finish().ok().out();
    let numbered = |n: usize| format!("line {n} of a log that goes on and on, for ever");
    let expected =
        (1..=400_000).map(numbered).chain(["half".into()]).chain((1..=400_000).map(numbered));
    assert!(text.lines().eq(expected), "{} lines", text.lines().count());
}

/// The time at the beginning of a line, and what follows it.
fn stamped(line: &str) -> (&str, &str) {
    line.split_once(' ').unwrap_or_else(|| panic!("no time in {line:?}"))
}

/// A time that is after all that was, and before all that will be: by so much that two
/// clocks which are read in milliseconds do not matter.
fn between(home: &Home) -> String {
    let now_ms = || {
        let now = rustix::time::clock_gettime(rustix::time::ClockId::Realtime);
        now.tv_sec * 1_000 + now.tv_nsec / 1_000_000
    };
    let before = now_ms();
    wait::until("the clock to go on", || match now_ms() {
        now if now >= before + 20 => Ok(()),
        now => Err(now.to_string()),
    });
    let (seconds, ms) = ((before + 10) / 1_000, (before + 10) % 1_000);
    let mut date = home.command("date");
    date.args(["-u", "-d", &format!("@{seconds}.{ms:03}"), "+%Y-%m-%dT%H:%M:%S.%3NZ"]);
    String::from_utf8(date.output().unwrap().stdout).unwrap().trim().to_owned()
}

#[test]
fn each_line_can_have_the_time_at_which_it_began() {
    let home = Home::new();
    let (script, fifo) = steps(&home, "echo one; printf begun", "echo ' and ended'; echo two");
    let session = home.start_sh("stamped", &script);
    session.wait_logs_contain("begun");
    let between = between(&home);
    let between = between.trim_end_matches('Z');
    go(&fifo);
    session.wait_over();
    let text = session.appctl("logs", &["--timestamps"]).ok().out();
    let lines: Vec<_> = text.lines().map(stamped).collect();
    let words: Vec<_> = lines.iter().map(|line| line.1).collect();
    assert_eq!(words, ["one", "begun and ended", "two"]);
    // The home's zone is UTC, so times are ordered as text.
    assert!(lines.iter().all(|line| line.0.ends_with("+00:00")), "{text}");
    assert!(lines[0].0 <= lines[1].0 && lines[1].0 < between, "{between} {text}");
    assert!(lines[2].0 > between, "{between} {text}");
    let json = session.appctl("logs", &["--timestamps", "--json", "-n", "1"]).ok().json();
    assert_eq!(json["line"], "two");
    assert_eq!(json["at"].as_str().unwrap().trim_end_matches('Z'), &lines[2].0[..23]);
    let json = session.appctl("logs", &["--json", "-n", "1"]).ok().json();
    assert_eq!(json, serde_json::json!({ "line": "two" }));
}

#[test]
fn only_what_came_since_a_time_is_printed() {
    let home = Home::new();
    let (script, fifo) = steps(&home, "echo before", "echo after; echo last; exec cat");
    let session = home.start_sh("since", &script);
    session.wait_logs_contain("before");
    let between = between(&home);
    go(&fifo);
    session.wait_logs_contain("last");
    let since = |rest: &[&str]| {
        let args = [&["--since", between.as_str()], rest].concat();
        session.appctl("logs", &args).ok().out()
    };
    assert_eq!(since(&[]), "after\nlast\n");
    assert_eq!(since(&["-n", "1"]), "last\n");
    assert_eq!(since(&["-n", "9", "--raw"]), "after\r\nlast\r\n");
    assert_eq!(session.appctl("logs", &["--since", "1d"]).ok().out(), session.logs());
    session.appctl("logs", &["--since", "2001-01-01"]).ok().prints(&session.logs());
    session.appctl("logs", &["--since", "2999-01-01T00:00"]).ok().prints("");
    session.appctl("logs", &["--since", "lately"]).fails(2, &["lately", "10m"]);
    let mut command = home.appctl_command(["logs", "-f", "--json", "--timestamps"]);
    command.args(["--since", between.as_str(), &session.id]);
    let mut following = Follow::start(command);
    let first = following.until("a line", |value| value["line"].is_string());
    assert_eq!(first["line"], "after");
    session.appctl("send", &["typed now", "--enter"]).ok();
    let typed = following.until("the new line", |value| value["line"] == "typed now");
    assert!(typed["at"].as_str() >= first["at"].as_str(), "{typed} {first}");
}

#[test]
fn a_run_without_a_terminal_has_no_times_and_says_so() {
    let home = Home::new();
    let session = home.start_with(&["--no-tty", "-n", "plain"], &["echo", "text"]);
    session.wait_over();
    for args in [&["logs", "--since", "10m"][..], &["logs", "-t"], &["export"], &["replay"]] {
        let outcome = session.appctl(args[0], &args[1..]);
        let outcome = outcome.fails(1, &["run 1", "because: it ran without a terminal", "logs"]);
        assert!(outcome.err().contains("hint: "), "{outcome:?}");
    }
    session.appctl("logs", &[]).ok().prints("text\n");
}

#[test]
fn a_full_disk_leaves_a_marked_gap_and_recording_goes_on_by_itself() {
    let home = Home::new();
    let sessions = home.state_dir().join("sessions");
    fs::create_dir(&sessions).unwrap();
    let Some(disk) = SmallDisk::mount(&sessions, "4m") else { return };
    // The awk writes 2 MiB more than fits, the ballast goes, and 2 MiB make it try again.
    let (script, fifo) = steps(
        &home,
        "stty -opost; echo before; head -c 6000000 /dev/zero | tr '\\0' x; echo; printf '\\033]2;full\\a'",
        "head -c 2000000 /dev/zero | tr '\\0' y; echo; echo after; exec cat",
    );
    fs::write(sessions.join("ballast"), vec![0; 2 << 20]).unwrap();
    let session = home.start_sh("gap", &script);
    session.wait_for("done with the disk", |view| view["title"] == "full");
    fs::remove_file(sessions.join("ballast")).unwrap();
    go(&fifo);
    session.wait_logs_contain("after");
    let outcome = session.appctl("logs", &[]).ok();
    assert!(outcome.err().contains("could not be recorded"), "{}", outcome.err());
    assert!(outcome.out().starts_with("before\nxxx"));
    let noted = fs::read_to_string(run_dir(&home, &session).join("holder.log")).unwrap();
    assert_eq!(noted.lines().filter(|line| line.contains("a gap")).count(), 1, "{noted}");
    let cast = session.appctl("export", &[]).ok().out();
    assert!(cast.lines().any(|event| event.contains(r#","m","#)), "a marker stands for the gap");
    session.appctl("kill", &[]).ok();
    session.wait_over();
    let holders_end = home.appctl(["daemon", "stop", "--sessions"]);
    holders_end.ok();
    drop(disk);
}

/// The events of an asciicast, after its header.
fn events(cast: &str) -> Vec<serde_json::Value> {
    cast.lines().skip(1).map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_run_is_exported_as_an_asciicast_with_its_times_sizes_and_end() {
    let home = Home::new();
    let (script, fifo) = steps(
        &home,
        r"stty -echo; printf '\033]2;my title\ah\303'",
        r"printf '\251llo \377'; echo; exit 7",
    );
    let session = home.start_sh("cast", &script);
    let mut terminal = home.terminal_of(size(30, 100), &["attach", &session.id]);
    terminal.wait_until("the larger size", |_| session.show()["attached"] == 1);
    wait::until("the resize to be recorded", || {
        let cast = session.appctl("export", &[]).ok().out();
        if cast.contains("\"100x30\"") { Ok(()) } else { Err(cast) }
    });
    go(&fifo);
    session.wait_over();
    let cast = session.appctl("export", &[]).ok().out();
    let header: serde_json::Value = serde_json::from_str(cast.lines().next().unwrap()).unwrap();
    assert_eq!(header["version"], 3);
    assert_eq!(header["term"]["rows"], 24);
    assert_eq!(header["term"]["cols"], 80);
    assert_eq!(header["title"], "cast");
    assert!(header["command"].as_str().unwrap().starts_with("sh -c"), "{header}");
    assert!(header["timestamp"].as_i64().unwrap() > 1_700_000_000);
    let events = events(&cast);
    assert!(events.iter().all(|event| event[0].as_f64().unwrap() >= 0.0));
    let output = events.iter().filter(|event| event[1] == "o");
    let output: String = output.map(|event| event[2].as_str().unwrap()).collect();
    assert!(output.contains("h\u{e9}llo \u{fffd}"), "{output:?}");
    let last = events.last().unwrap();
    assert_eq!((&last[1], &last[2]), (&"x".into(), &"7".into()));
    let file = home.path().join("run.cast");
    session.appctl("export", &["-o", file.to_str().unwrap()]).ok().prints("");
    assert_eq!(fs::read_to_string(&file).unwrap(), cast);
    let old = session.appctl("export", &["--format", "asciicast-v2"]).ok().out();
    let header: serde_json::Value = serde_json::from_str(old.lines().next().unwrap()).unwrap();
    assert_eq!((&header["version"], &header["width"]), (&2.into(), &80.into()));
    let mut refused = session.appctl("export", &["-o", "/no/such/dir/run.cast"]);
    refused = refused.fails(1, &["/no/such/dir/run.cast"]);
    drop(refused);
}

#[test]
fn a_run_whose_holder_was_killed_has_its_times_up_to_there() {
    let home = Home::new();
    let session = home.start_sh("killed", "echo text; exec cat");
    session.wait_logs_contain("text");
    session.holder().kill();
    session.wait_over();
    let cast = session.appctl("export", &[]).ok().out();
    let events = events(&cast);
    assert!(events.iter().any(|event| event[2] == "text\r\n"), "{cast}");
    assert!(events.iter().all(|event| event[1] != "x"), "nobody saw its end: {cast}");
    let text = session.appctl("logs", &["--timestamps"]).ok().out();
    assert_eq!(text.lines().map(|line| stamped(line).1).collect::<Vec<_>>(), ["text"]);
}

#[test]
fn a_replay_shows_what_was_and_leaves_the_terminal_as_it_was() {
    let home = Home::new();
    let script = r"printf '\033[?1049h\033[?1000h\033[>1u\033[31mpainted\033[5;5Hhere'";
    let session = home.start_sh("played", script);
    session.wait_over();
    let mut terminal = home.terminal(&["replay", &session.id, "--speed", "100"]);
    let before = terminal.settings_found().clone();
    assert_eq!(terminal.wait_exit(), 0, "{terminal}");
    let raw = String::from_utf8_lossy(terminal.raw()).into_owned();
    assert!(raw.contains("painted"), "{terminal}");
    assert!(terminal.screen().modes_left_behind().is_empty(), "{terminal}");
    assert_eq!(format!("{:?}", terminal.settings()), format!("{before:?}"));
}

#[test]
fn a_replay_can_be_left_at_any_time() {
    let home = Home::new();
    let session = home.start_sh("left", "echo text");
    session.wait_over();
    for key in ["q", "\x03", "\x1b[99;5u"] {
        // Hours go by before anything is shown, but for the key.
        let mut terminal = home.terminal(&["replay", &session.id, "--speed", "0.0000000001"]);
        let entered = b"\x1b[H";
        terminal.wait_raw("an empty screen", |terminal| terminal.raw().ends_with(entered));
        terminal.keys(key);
        assert_eq!(terminal.wait_exit(), 0, "{terminal}");
        assert!(!terminal.screen().contains("text"), "{terminal}");
        assert!(terminal.screen().contains("replay left"), "{terminal}");
    }
}

#[test]
fn idle_time_is_cut_short_in_a_replay() {
    let home = Home::new();
    let (script, fifo) = steps(&home, "echo begun", "echo the end");
    let session = home.start_sh("idle", &script);
    session.wait_logs_contain("begun");
    go(&fifo);
    session.wait_over();
    let args = ["replay", &session.id, "--speed", "0.001", "--max-idle", "1ms"];
    let mut terminal = home.terminal(&args);
    assert_eq!(terminal.wait_exit(), 0, "{terminal}");
    assert!(String::from_utf8_lossy(terminal.raw()).contains("the end"));
}

#[test]
fn a_replay_needs_a_terminal_and_says_what_does_not() {
    let home = Home::new();
    let session = home.start_sh("seen", "echo text");
    session.wait_over();
    session.appctl("replay", &[]).fails(2, &["terminal", "logs", "export"]);
    session.appctl("replay", &["--speed", "0"]).fails(2, &["--speed"]);
    session.appctl("replay", &["--run", "9"]).fails(1, &["run 9"]);
    session.appctl("export", &["--run", "9"]).fails(1, &["run 9"]);
}
