//! `resume`: a live session is attached, an ended one runs again as the same session.

use std::fs;

use app_tests::terminal::DETACH_KEY;
use app_tests::{Home, Terminal, home};

#[test]
fn resuming_a_live_session_attaches_to_it() {
    let home = Home::new();
    let session = home.start_sh("live", "echo ready; while read x; do echo heard $x; done");
    let pid = session.pid();
    let mut terminal = home.terminal(&["resume", "live"]);
    terminal.wait_until_contains("ready");
    terminal.type_line("one");
    terminal.wait_until_contains("heard one");
    terminal.keys(DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0);
    assert_eq!(session.pid(), pid);
    assert_eq!(session.show()["run"], 1);
}

#[test]
fn resuming_an_ended_session_shows_what_was_and_runs_it_again_as_the_same_session() {
    let home = Home::new();
    let session = home.start_sh("again", "seq 1 100; echo this was run with $PPID; read x; exit 5");
    session.wait_screen_contains("this was run with");
    session.appctl("send", &["--enter", ""]).ok();
    assert_eq!(session.wait_over()["exit"], serde_json::json!({"code": 5}));
    let mut terminal = home.terminal(&["resume", &session.id]);
    // Twice: the earlier screen, then the new run's.
    terminal.wait_until("both runs", |screen| {
        screen.text_with_history().matches("this was run with").count() == 2
    });
    let shown = terminal.screen().text_with_history();
    assert!(shown.contains("\n99\n100\n"), "the earlier history is shown: {shown}");
    let view = session.show();
    assert_eq!(view["run"], 2);
    assert_eq!(view["phase"], "running");
    terminal.type_line("");
    assert_eq!(terminal.wait_exit(), 5);
    assert_eq!(home.ls_all().len(), 1, "it is the same session");
}

#[test]
fn a_resumed_session_has_the_environment_and_directory_it_was_started_with() {
    let home = Home::new();
    let there = home.path().join("there");
    fs::create_dir(&there).unwrap();
    let options = ["-n", "env", "-e", "COLOUR=green", "--cwd", there.to_str().unwrap()];
    let script = "echo $COLOUR in $(pwd); read x";
    let session = home.start_with(&options, &["sh", "-c", script]);
    session.wait_screen_contains("green in");
    session.appctl("send", &["--enter", ""]).ok();
    session.wait_over();
    let elsewhere = Home::with(home, "COLOUR", "red");
    let mut terminal = elsewhere.terminal(&["resume", "env"]);
    let expected = format!("green in {}", there.display());
    terminal.wait_until("both runs", |screen| {
        screen.text_with_history().matches(&expected).count() == 2
    });
}

/// A run that ends before the terminal is attached has still said something.
#[test]
fn the_output_of_a_resumed_program_that_ends_at_once_is_shown() {
    let home = Home::new();
    let names: Vec<String> = (0..8).map(|n| format!("said by {n}")).collect();
    for name in &names {
        home.start(name, &["echo", name]).wait_over();
    }
    for _ in 0..4 {
        // Eight at once keep each other from being quick.
        let terminals: Vec<_> = names.iter().map(|name| home.terminal(&["resume", name])).collect();
        for (mut terminal, said) in terminals.into_iter().zip(&names) {
            assert_eq!(terminal.wait_exit(), 0, "{terminal}");
            let shown = terminal.screen().text_with_history();
            let times = shown.lines().filter(|line| line == said).count();
            let logs = home.appctl(["logs", said]).ok().out();
            assert_eq!(times, 2, "the earlier run and this one: {shown}\nits logs: {logs:?}");
        }
    }
}

#[test]
fn resume_last_takes_the_session_that_was_used_last() {
    let home = Home::new();
    home.start_sh("older", "echo I am older; exec cat");
    home.start_sh("newer", "echo I am newer; exec cat");
    let mut terminal = home.terminal(&["resume", "--last"]);
    terminal.wait_until_contains("I am newer");
    terminal.keys(DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn resume_without_an_id_in_a_pipe_says_what_to_pass() {
    let home = Home::new();
    home.start_sh("one", "exec cat");
    let outcome = home.appctl(["resume"]).exits(2);
    assert!(outcome.err().starts_with("error: "), "{outcome:?}");
    assert!(outcome.err().contains("--last") || outcome.err().contains("ID"), "{outcome:?}");
}

#[test]
fn resuming_an_unknown_session_is_3_and_names_the_nearest() {
    let home = Home::new();
    home.start_sh("flaky-test", "exec cat");
    let outcome = home.appctl(["resume", "flaky-tset"]).exits(3);
    assert!(outcome.err().contains("flaky-test"), "{outcome:?}");
}

#[test]
fn a_session_that_cannot_run_again_says_so_and_keeps_its_last_run() {
    let home = Home::new();
    let there = home.path().join("there");
    fs::create_dir(&there).unwrap();
    let options = ["-n", "gone", "--cwd", there.to_str().unwrap()];
    let session = home.start_with(&options, &["sh", "-c", "echo first; exit 4"]);
    session.wait_over();
    fs::remove_dir(&there).unwrap();
    let mut terminal = home.terminal(&["resume", "gone"]);
    let code = terminal.wait_exit();
    assert!((125..=127).contains(&code), "{code}: {terminal}");
    terminal.settle();
    assert!(terminal.screen().text_with_history().contains("there"), "{terminal}");
    let view = session.show();
    assert_eq!(view["phase"], "ended", "{view:#}");
    assert_eq!(view["exit"], serde_json::json!({"code": 4}), "the last true end: {view:#}");
}

#[test]
fn an_ended_session_can_be_run_again_in_the_background() {
    let home = Home::new();
    let session = home.start_sh("again", "echo run; exit 0");
    session.wait_over();
    home.appctl(["resume", "--bg", "again"]).ok().mentions(&session.id);
    session.wait_for("run twice", |view| view["run"] == 2 && view["phase"] == "ended");
    assert_eq!(home.ls_all().len(), 1);
}

/// At most one run of a session is alive, whoever asks for it at the same time.
#[test]
fn several_resumes_at_once_make_one_run() {
    let home = Home::new();
    let session = home.start_sh("once", "read x; exit 0");
    session.appctl("send", &["--enter", ""]).ok();
    session.wait_over();
    let resumes: Vec<_> =
        (0..8).map(|_| home::spawn(home.appctl_command(["resume", "--bg", &session.id]))).collect();
    for resume in resumes {
        resume.finish().ok();
    }
    let view = session.show();
    assert_eq!(view["run"], 2, "{view:#}");
    let starts = home.events().into_iter().filter(|event| event["type"] == "run.started");
    assert_eq!(starts.count(), 2);
}

/// The rows of the picker that mention this.
fn rows(terminal: &Terminal, text: &str) -> Vec<String> {
    terminal.screen().text().lines().filter(|row| row.contains(text)).map(str::to_owned).collect()
}

fn picker(home: &Home) -> Terminal {
    home.start_sh("alpha", "echo this is alpha; exec cat");
    let ended = home.start_sh("bravo", "echo this is bravo; exit 0");
    ended.wait_over();
    home.start_sh("charlie", "echo this is charlie; exec cat");
    let mut terminal = home.terminal_of(app_tests::size(30, 110), &["resume"]);
    for name in ["alpha", "bravo", "charlie"] {
        terminal.wait_until_contains(name);
    }
    terminal
}

#[test]
fn the_picker_lists_live_and_past_sessions_with_a_badge_for_background() {
    let home = Home::new();
    let terminal = picker(&home);
    for name in ["alpha", "charlie"] {
        let row = rows(&terminal, name).concat();
        assert!(row.contains("bg"), "{row:?}: {terminal}");
        assert!(row.contains("running"), "{row:?}: {terminal}");
    }
    let ended = rows(&terminal, "bravo").concat();
    assert!(ended.contains("finished"), "{ended:?}: {terminal}");
}

#[test]
fn the_picker_filters_by_typing_and_enter_opens() {
    let home = Home::new();
    let mut terminal = picker(&home);
    terminal.wait_until("the newest first", |screen| screen.line(1).contains("charlie"));
    terminal.keys("alpha");
    // The letters may be found elsewhere, too; what matches best comes first.
    terminal.wait_until("alpha first", |screen| {
        screen.line(1).contains("alpha") && screen.contains("this is alpha")
    });
    terminal.keys("\r");
    terminal.wait_until("the session itself", |screen| {
        screen.contains("this is alpha") && !screen.is_alternate()
    });
    terminal.type_line("typed");
    terminal.wait_until_contains("typed");
    terminal.keys(DETACH_KEY);
    assert_eq!(terminal.wait_exit(), 0);
}

#[test]
fn the_picker_previews_the_last_screen_and_moves_by_arrows() {
    let home = Home::new();
    let mut terminal = picker(&home);
    terminal.wait_until_contains("this is charlie");
    terminal.keys("\x1b[B");
    terminal.wait_until_contains("this is bravo");
    terminal.keys("\x1b[B");
    terminal.wait_until_contains("this is alpha");
    terminal.keys("\x1b[A\x1b[A");
    terminal.wait_until_contains("this is charlie");
}

#[test]
fn the_picker_can_be_left_and_leaves_the_terminal_as_it_was_found() {
    let home = Home::new();
    for key in ["\x1b", "\x03"] {
        let home = &home;
        home.start_sh("only", "exec cat");
        let mut terminal = home.terminal(&["resume"]);
        let before = terminal.settings_found().local_modes;
        terminal.wait_until_contains("only");
        terminal.keys(key);
        terminal.wait_exit();
        assert!(terminal.screen().modes_left_behind().is_empty(), "{terminal}");
        assert_eq!(terminal.settings().local_modes, before);
    }
    assert!(home.ls().iter().all(|view| view["attached"] == 0), "nothing was opened");
}

#[test]
fn the_picker_with_nothing_to_pick_says_so() {
    let home = Home::new();
    let mut terminal = home.terminal(&["resume"]);
    terminal.wait_until_contains("no session");
    terminal.keys("\x1b");
    terminal.wait_exit();
    assert!(terminal.screen().modes_left_behind().is_empty(), "{terminal}");
}
