//! Text that would act on a terminal, planted wherever text can come in, and looked for in
//! everything that a person gets to see.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use app_tests::{Home, Session};
use serde_json::json;

/// Sets the title, rings, clears the screen (twice: C0 and C1), turns the text around, and
/// begins a line of its own.
const HOSTILE: &str = "ab\x1b]0;owned\x07\x1b[2J\u{9b}2J\u{202e}dc\u{7f}\nFORGED";

/// The same as a program would print it: `printf` makes the bytes.
const PRINTED: &str = r"ab\033]0;owned\007\033[2J\302\2332J\342\200\256dc\177";

/// What a terminal must not get to see, and what that would be.
const FORBIDDEN: [(&[u8], &str); 7] = [
    (b"\x1b]0;owned", "a title"),
    (b"\x07", "a bell"),
    (b"\x1b[2J", "a cleared screen"),
    ("\u{9b}".as_bytes(), "a control of C1"),
    ("\u{202e}".as_bytes(), "text turned around"),
    (b"\x7f", "a deletion"),
    (b"\nFORGED", "a line of its own"),
];

/// Runs `appctl` in a terminal and checks every byte that came out.
#[track_caller]
fn harmless<S: AsRef<OsStr>>(home: &Home, args: &[S]) {
    let args: Vec<_> = args.iter().map(|arg| arg.as_ref().to_str().unwrap()).collect();
    let mut terminal = home.terminal(&args);
    terminal.wait_exit();
    assert_harmless(terminal.raw(), &args.join(" "));
}

#[track_caller]
fn assert_harmless(bytes: &[u8], whose: &str) {
    for (forbidden, what) in FORBIDDEN {
        let found = bytes.windows(forbidden.len()).any(|window| window == forbidden);
        assert!(!found, "{what} in the output of `{whose}`: {:?}", String::from_utf8_lossy(bytes));
    }
    let escapes = bytes.split(|&byte| byte == 0x1b).skip(1);
    for after in escapes {
        let end = after.iter().position(|byte| byte.is_ascii_alphabetic());
        let colour = after.first() == Some(&b'[') && end.is_some_and(|end| after[end] == b'm');
        assert!(
            colour,
            "no colour in the output of `{whose}`: {:?}",
            String::from_utf8_lossy(after)
        );
    }
}

/// A session that is hostile in every part that a program or a caller can choose.
fn planted(home: &Home) -> Session<'_> {
    let dir = home.user_dir().join(HOSTILE);
    fs::create_dir(&dir).unwrap();
    let script = format!(
        "printf '\\033]2;{PRINTED}\\007{PRINTED}\\n'; printf '{PRINTED}\\n' >&2; read -r end; \
         printf 'last {PRINTED}\\n'; exit 3"
    );
    let options = ["--cwd", dir.to_str().unwrap(), "--agent", HOSTILE, "--model", HOSTILE];
    let session = home.start_with(&options, &["sh", "-c", &script, HOSTILE]);
    session.wait_logs_contain("dc");
    session
}

/// Reports of every kind, from inside of the session.
fn report(home: &Home, session: &Session<'_>) {
    for (name, more) in [
        (
            "SessionStart",
            json!({ "source": "startup", "model": HOSTILE, "session_title": HOSTILE }),
        ),
        ("UserPromptSubmit", json!({ "prompt": HOSTILE })),
        ("SubagentStart", json!({ "agent_id": HOSTILE, "agent_type": HOSTILE })),
        (
            "Notification",
            json!({ "message": HOSTILE, "title": HOSTILE,
                                 "notification_type": "permission_prompt" }),
        ),
    ] {
        let mut event = json!({ "session_id": HOSTILE, "hook_event_name": name, "cwd": HOSTILE });
        event.as_object_mut().unwrap().extend(more.as_object().cloned().unwrap());
        let mut command = home.appctl_command(["hook", "claude"]);
        command.env("APPCTL_SESSION", &session.id);
        let told = app_tests::home::run(command, event.to_string().as_bytes());
        assert_eq!((told.code(), told.err().as_str()), (0, ""));
    }
    for (end, text) in [("begin", ["--label", HOSTILE]), ("end", ["--summary", HOSTILE])] {
        let of = ["--session", &session.id, "--id", HOSTILE, "--source", HOSTILE];
        let mut args = [&["task", end][..], &of, &text].concat();
        if end == "end" {
            args.extend(["--outcome", "failed"]);
        }
        home.appctl(args).ok();
    }
    let parent = ["--parent", &session.id, "--cwd", "/", "--", "sh", "-c", "exit 4", HOSTILE];
    home.appctl([&["start", "--bg"][..], &parent].concat()).ok();
}

/// Everything that shows a session, each as a table and as JSON.
#[track_caller]
fn all_show_it_harmlessly(home: &Home, session: &Session<'_>) {
    let id = session.id.as_str();
    for args in [
        &["ls"][..],
        &["ls", "--all"],
        &["ls", "--tree"],
        &["show", id],
        &["show", id, "--show-secrets"],
        &["why", id],
        &["peek", id],
        &["logs", id],
        &["logs", "--timestamps", id],
        &["export", id],
        &["task", "ls"],
        &["task", "ls", id],
        &["events"],
        &["notices"],
        &["daemon", "status"],
        &["doctor"],
    ] {
        harmless(home, args);
        harmless(home, &[&["--json"], args].concat());
    }
}

#[test]
fn what_is_planted_in_a_session_acts_on_no_terminal() {
    let home = Home::new();
    let session = planted(&home);
    report(&home, &session);
    session.wait_for("waiting for a person", |view| !view["attention"].is_null());
    all_show_it_harmlessly(&home, &session);
    let id = session.id.as_str();
    harmless(&home, &["wait", "--timeout", "0s", id]);
    harmless(&home, &["rm", id]);

    session.appctl("send", &["x", "--enter"]).ok();
    session.wait_over();
    all_show_it_harmlessly(&home, &session);
    harmless(&home, &["wait", id]);
    harmless(&home, &["attach", id]);
    harmless(&home, &["send", id, "x"]);
    harmless(&home, &["resume", "--bg", id]);
    harmless(&home, &["pause", id]);
    harmless(&home, &["continue", id]);
    harmless(&home, &["stop", id]);
    harmless(&home, &["prune", "--dry-run"]);
    harmless(&home, &["rm", "--force", id]);
    harmless(&home, &["daemon", "logs"]);
    assert_harmless(home.daemon_log().as_bytes(), "appd.log");
}

/// The list to choose from draws on the terminal, so only what was planted is looked for.
#[test]
fn the_list_to_choose_from_shows_it_harmlessly() {
    let home = Home::new();
    let session = planted(&home);
    report(&home, &session);
    for args in [&[][..], &["attach"], &["resume"]] {
        let mut terminal = home.terminal(args);
        terminal.wait_until_contains("leave");
        terminal.keys("\x1b");
        terminal.wait_exit();
        let raw = terminal.raw();
        for (forbidden, what) in &FORBIDDEN[..2] {
            assert!(!raw.windows(forbidden.len()).any(|it| it == *forbidden), "{what}: {args:?}");
        }
        for (forbidden, what) in &FORBIDDEN[3..] {
            assert!(!raw.windows(forbidden.len()).any(|it| it == *forbidden), "{what}: {args:?}");
        }
    }
}

#[test]
fn what_a_caller_writes_comes_back_harmlessly() {
    let home = Home::new();
    let session = home.start("plain", &["sleep", "1000"]);
    let id = session.id.as_str();
    for args in [
        &[HOSTILE][..],
        &["--help", HOSTILE],
        &[&format!("--{HOSTILE}")],
        &["show", HOSTILE],
        &["logs", HOSTILE],
        &["logs", "--since", HOSTILE, id],
        &["rename", id, HOSTILE],
        &["send", id, "--key", HOSTILE],
        &["wait", "--for", &format!("text={HOSTILE}("), id],
        &["wait", "--for", HOSTILE, id],
        &["start", "--bg", "--name", HOSTILE, "--", "true"],
        &["start", "--bg", "--cwd", &format!("/{HOSTILE}"), "--", "true"],
        &["start", "--bg", "--", &format!("/{HOSTILE}")],
        &["start", "--bg", "--", HOSTILE],
        &["start", "--bg", "--trust", HOSTILE, "--", "true"],
        &["start", "--bg", "-e", &format!("={HOSTILE}"), "--", "true"],
        &["start", "--bg", "-e", HOSTILE, "--", "true"],
        &["start", "--bg", "--memory", HOSTILE, "--", "true"],
        &["start", "--bg", "--parent", HOSTILE, "--", "true"],
        &["task", "end", "--session", id, "--id", "x", "--outcome", HOSTILE],
        &["notify", "test", "--channel", HOSTILE],
        &["hooks", "install", HOSTILE],
        &["export", id, "-o", &format!("/{HOSTILE}/x")],
        &["completions", HOSTILE],
    ] {
        harmless(&home, args);
        harmless(&home, &[&["--json"], args].concat());
    }
    assert_harmless(home.daemon_log().as_bytes(), "appd.log");
}

/// Files that somebody else may have written: settings, profiles, a program that will not run.
#[test]
fn what_stands_in_files_is_told_harmlessly() {
    let home = Home::new();
    let text = json!(HOSTILE).to_string().replace('\u{7f}', "\\u007f");
    let odd = format!("[notify]\n{text} = {text}\nmute = [{text}]\nchannels = [{text}]\n");
    fs::write(home.config_dir().join("config.toml"), odd).unwrap();
    let agents = home.config_dir().join("agents");
    fs::create_dir(&agents).unwrap();
    let named = format!("{}.toml", HOSTILE.replace('/', "_"));
    fs::write(agents.join(&named), format!("name = {:?}\n\x1b]0;owned\x07", "x")).unwrap();
    let program = home.user_dir().join(HOSTILE);
    fs::write(&program, "#!/nonexistent\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    harmless(&home, &["start", "--bg", "--", program.to_str().unwrap()]);
    harmless(&home, &["start", "--bg", "--", "true"]);
    for args in [&["config", "check"][..], &["doctor"], &["daemon", "logs"], &["hooks", "status"]] {
        harmless(&home, args);
        harmless(&home, &[&["--json"], args].concat());
    }
    assert_harmless(home.daemon_log().as_bytes(), "appd.log");
}
