//! What agents' hooks run, and the settings that make agents run it.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;

use app_model::report::Report;
use app_wire::control::{self, Reported, Request, Target};

use crate::support::{Home, ID, greet, read_frame};

/// Plays a daemon that takes `count` reports and answers none of them.
fn take_reports(listener: UnixListener, count: usize) -> JoinHandle<Vec<Reported>> {
    let take = move || {
        let (mut stream, _) = listener.accept().unwrap();
        greet(&mut stream);
        let body = read_frame(&mut stream).unwrap();
        assert_eq!(read_frame(&mut stream), None, "one report is one request");
        match control::decode_request(&body).unwrap() {
            Request::Report(reported) => *reported,
            other => unreachable!("{other:?}"),
        }
    };
    std::thread::spawn(move || (0..count).map(|_| take()).collect())
}

fn inside(mut command: Command) -> Command {
    command.env("APPCTL_SESSION", ID.to_string());
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a hook to its end with this event. It always ends well; what it printed is returned.
fn hook(home: &Home, args: &[&str], event: &str) -> String {
    let mut hook: Child = inside(home.command(args)).spawn().unwrap();
    // A hook that does not read its event has hung up.
    hook.stdin.take().unwrap().write_all(event.as_bytes()).ok();
    let output = hook.wait_with_output().unwrap();
    assert!(output.status.success(), "{args:?} {event}");
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{args:?} {event}");
    String::from_utf8(output.stdout).unwrap()
}

fn log(home: &Home) -> String {
    fs::read_to_string(home.path("state/hooks.log")).unwrap_or_default()
}

#[test]
fn an_event_becomes_a_report_of_the_session_it_comes_from() {
    let home = Home::new();
    let daemon = take_reports(home.listen(), 3);
    let start = r#"{"hook_event_name":"SessionStart","session_id":"6eab639b"}"#;
    assert_eq!(hook(&home, &["hook", "claude"], start), "");
    let notify = r#"{"type":"agent-turn-complete","thread-id":"0199","input-messages":["x"]}"#;
    assert_eq!(hook(&home, &["hook", "codex", notify], ""), "");
    let unnamed = r#"{"toolName":"bash","toolInput":{"command":"rm x"}}"#;
    let args = ["hook", "copilot", "--event", "permissionRequest"];
    assert_eq!(hook(&home, &args, unnamed), "{}\n");

    let taken = daemon.join().unwrap();
    let sources: Vec<&str> = taken.iter().map(|taken| taken.stamp.source.as_str()).collect();
    assert_eq!(sources, ["claude", "codex", "copilot"]);
    for taken in &taken {
        assert_eq!(taken.target, Target::Named(ID.to_string()));
    }
    let conversation = |id: &str| Report::Conversation { id: id.into() };
    assert_eq!(taken[0].reports, [conversation("6eab639b")]);
    let ended = Report::TurnEnded { background: 0, failed: None };
    assert_eq!(taken[1].reports, [conversation("0199"), ended]);
    assert_eq!(taken[2].reports, [Report::NeedsInput { text: "bash: rm x".into() }]);
    // All three were run by this process.
    assert!(taken[0].stamp.generation > 0);
    assert_eq!(taken[0].stamp.generation, taken[1].stamp.generation);
    assert!(taken[0].stamp.sequence < taken[1].stamp.sequence);
    assert_eq!(log(&home), "");
}

#[test]
fn a_later_run_of_the_session_is_a_later_life_of_the_agent() {
    let home = Home::new();
    let daemon = take_reports(home.listen(), 2);
    let event = r#"{"hook_event_name":"Stop"}"#;
    for run in ["run-9", "run-10"] {
        let dir = home.path("state/sessions").join(ID.to_string()).join(run);
        fs::create_dir_all(dir).unwrap();
        hook(&home, &["hook", "claude"], event);
    }
    let taken = daemon.join().unwrap();
    assert!(taken[0].stamp.generation < taken[1].stamp.generation);
}

#[test]
fn outside_of_a_session_nothing_is_read_and_nothing_is_sent() {
    let home = Home::new();
    let listener = home.listen();
    listener.set_nonblocking(true).unwrap();
    for (agent, says) in [("claude", ""), ("gemini", "{}\n")] {
        let mut command = home.command(["hook", agent]);
        let mut hook = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        // The event never ends, and nobody waits for it.
        let stdin = hook.stdin.take();
        let output = hook.wait_with_output().unwrap();
        drop(stdin);
        assert!(output.status.success());
        assert_eq!(String::from_utf8(output.stdout).unwrap(), says);
    }
    assert!(listener.accept().is_err(), "nothing was sent");
    assert_eq!(log(&home), "");
}

#[test]
fn whatever_goes_wrong_the_agent_hears_nothing_of_it_and_the_log_does() {
    let home = Home::new();
    // There is no daemon, and none is started.
    home.install_appd("touch started; exit 1");
    let stop = r#"{"hook_event_name":"Stop"}"#;
    assert_eq!(hook(&home, &["hook", "claude"], stop), "");
    assert_eq!(hook(&home, &["hook", "claude"], "{\"hook_event"), "");
    assert_eq!(hook(&home, &["hook", "claude"], ""), "");
    assert_eq!(hook(&home, &["hook", "cursor"], "[]"), "{}\n");
    assert_eq!(hook(&home, &["hook", "nobody\x1b"], stop), "");
    let log = log(&home);
    let lines: Vec<&str> = log.lines().collect();
    assert_eq!(lines.len(), 5, "{log}");
    for (line, words) in lines.iter().zip([
        "claude: not delivered: no daemon answers on",
        "claude: the event is not a JSON object",
        "claude: the event is not a JSON object",
        "cursor: the event is not a JSON object",
        "no hooks are known of",
    ]) {
        assert!(line.contains(words), "{line}");
        assert!(!line.chars().any(char::is_control), "{line}");
    }
}

#[test]
fn a_daemon_that_hangs_holds_nobody_up() {
    let home = Home::new();
    let listener = home.listen();
    hook(&home, &["hook", "claude"], r#"{"hook_event_name":"Stop"}"#);
    assert!(log(&home).contains("the daemon did not take it"), "{}", log(&home));
    drop(listener);
}

#[test]
fn an_event_that_says_nothing_asks_nothing_of_the_daemon() {
    let home = Home::new();
    let event = r#"{"hook_event_name":"PreCompact"}"#;
    assert_eq!(hook(&home, &["hook", "claude"], event), "");
    assert_eq!(log(&home), "", "a daemon was looked for");
}

#[test]
fn hooks_go_into_the_settings_behind_a_link_and_leave_no_trace() {
    let home = Home::new();
    let before = "{\n  \"model\":   \"opus\"\n}";
    fs::create_dir(home.path(".claude")).unwrap();
    fs::write(home.path("dotfiles"), before).unwrap();
    symlink(home.path("dotfiles"), home.path(".claude/settings.json")).unwrap();

    let ran = home.run(["hooks", "install", "claude"]);
    assert_eq!((ran.code(), ran.stdout().as_str()), (0, "written · ~/.claude/settings.json\n"));
    assert_eq!(ran.stderr(&home), "note: hooks run `appctl`, and it is not on your PATH\n");
    let text = fs::read_to_string(home.path("dotfiles")).unwrap();
    assert!(text.contains(":   \"opus\"") && text.contains("appctl hook claude"), "{text}");
    let again = home.run(["hooks", "install", "claude"]);
    assert_eq!(again.stdout(), "unchanged · ~/.claude/settings.json\n");

    let status = home.run(["--json", "hooks", "status", "claude"]);
    let status: serde_json::Value = serde_json::from_str(&status.stdout()).unwrap();
    assert_eq!(status[0]["status"], "installed");
    assert_eq!(status[0]["agent"], "claude");

    let ran = home.run(["hooks", "uninstall", "claude"]);
    assert_eq!(ran.stdout(), "written · ~/.claude/settings.json\n");
    assert_eq!(fs::read_to_string(home.path("dotfiles")).unwrap(), before);
    assert!(fs::symlink_metadata(home.path(".claude/settings.json")).unwrap().is_symlink());
}

#[test]
fn a_file_that_was_made_is_removed_and_another_program_keeps_its_place() {
    let home = Home::new();
    fs::create_dir(home.path(".codex")).unwrap();
    fs::write(home.path(".codex/config.toml"), "notify = [\"say\"]\n").unwrap();
    let ran = home.run(["hooks", "install", "codex"]);
    insta::assert_snapshot!(ran.stdout(), @r#"
    written · ~/.codex/hooks.json
    left alone · ~/.codex/config.toml · there is room for one only, and it has notify = ["say"]
    "#);
    insta::assert_snapshot!(home.run(["hooks", "status", "codex"]).stdout(), @r#"
    codex     user     installed   ~/.codex/hooks.json
    codex     user     taken       ~/.codex/config.toml  notify = ["say"]
    "#);
    let ran = home.run(["--json", "hooks", "uninstall", "codex"]);
    let done: serde_json::Value = serde_json::from_str(&ran.stdout()).unwrap();
    assert_eq!(done["files"][0]["done"], "removed");
    assert_eq!(done["files"][1]["done"], "taken");
    assert!(!home.path(".codex/hooks.json").exists());
}

#[test]
fn a_project_has_settings_of_its_own() {
    let home = Home::new();
    fs::create_dir(home.path("project")).unwrap();
    let run = |args: [&str; 4]| {
        let output = home.command(args).current_dir(home.path("project")).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let done = run(["hooks", "install", "opencode", "--project"]);
    assert!(done.ends_with("project/.opencode/plugins/appctl.js\n"), "{done}");
    assert!(home.path("project/.opencode/plugins/appctl.js").exists());
    assert!(!home.path(".config").exists());
    let done = run(["hooks", "uninstall", "opencode", "--project"]);
    assert!(done.starts_with("removed · "), "{done}");
    assert!(!home.path("project/.opencode/plugins/appctl.js").exists());
}

#[test]
fn print_writes_nothing() {
    let home = Home::new();
    let ran = home.run(["hooks", "install", "cursor", "--print"]);
    let text: serde_json::Value = serde_json::from_str(&ran.stdout()).unwrap();
    assert_eq!(text["hooks"]["stop"][0]["command"], "appctl hook cursor");
    assert_eq!(ran.stderr(&home), "would be in ~/.cursor/hooks.json:\n");
    assert!(!home.path(".cursor").exists());
}

#[test]
fn settings_that_are_not_understood_are_left_alone() {
    let home = Home::new();
    fs::create_dir(home.path(".gemini")).unwrap();
    fs::write(home.path(".gemini/settings.json"), "{ \"hooks\": 1 }").unwrap();
    let ran = home.run(["hooks", "install", "gemini"]);
    assert_eq!((ran.code(), ran.stdout().as_str()), (1, ""));
    insta::assert_snapshot!(ran.stderr(&home), @r"
    error: `HOME/.gemini/settings.json` is left as it is, because it could not be understood
    because: `hooks` is not an object
    hint: Put the file right, or edit it by hand; docs/HOOKS.md says what to add.
    ");
    let text = fs::read_to_string(home.path(".gemini/settings.json")).unwrap();
    assert_eq!(text, "{ \"hooks\": 1 }");
    let status = home.run(["hooks", "status", "gemini"]);
    assert!(status.stdout().contains("unreadable"), "{}", status.stdout());
}

#[test]
fn hooks_that_the_agent_will_not_read_are_warned_of() {
    let home = Home::new();
    fs::create_dir(home.path(".claude")).unwrap();
    fs::write(home.path(".claude/settings.json"), "{\n  // mine\n}\n").unwrap();
    let ran = home.run(["hooks", "install", "claude"]);
    assert_eq!(ran.code(), 0);
    let warning = "warning: ~/.claude/settings.json: claude passes over a file with comments";
    assert!(ran.stderr(&home).contains(warning), "{}", ran.stderr(&home));
    let status = home.run(["hooks", "status", "claude"]);
    assert!(status.stdout().contains("unread"), "{}", status.stdout());
    fs::write(home.path(".claude/settings.json"), "{}").unwrap();
    let ran = home.run(["hooks", "install", "claude"]);
    assert!(!ran.stderr(&home).contains("passes over"), "{}", ran.stderr(&home));
}
