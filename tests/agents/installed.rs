//! Our hooks in the settings of real agents: put in, used, taken out again.

use std::fs;
use std::path::PathBuf;

use app_tests::agents::script::HEARD;
use app_tests::agents::{Agent, Claude, Codex, Gemini, Opencode, Rig};
use app_tests::{Session, wait};
use serde_json::Value;

/// A file of a person's settings, and what was in it.
struct Kept {
    path: PathBuf,
    before: String,
}

impl Kept {
    /// The file in an odd form, but with the same meaning.
    fn oddly(rig: &Rig, path: &str, odd: impl Fn(&str) -> String) -> Self {
        let path = rig.home.user_dir().join(path);
        let before = odd(&fs::read_to_string(&path).unwrap());
        fs::write(&path, &before).unwrap();
        Self { path, before }
    }

    fn now(&self) -> String {
        fs::read_to_string(&self.path).unwrap()
    }
}

/// JSON as nobody else writes it: white space everywhere, no end of the last line.
fn odd_json(text: &str) -> String {
    let text = text.replace("\":", "\"  :\r\n\t ").replace("}]", "} \n ]");
    format!("\n  {text}  ")
}

/// The same with comments, for those who read them.
fn odd_json_with_comments(text: &str) -> String {
    let text = odd_json(text).replacen('{', "{ // mine\n  /* too */ ", 1);
    format!("// settings\n{text}\n// the end")
}

fn install(rig: &Rig, agent: &str) {
    rig.home.appctl(["hooks", "install", agent]).ok();
}

fn uninstall(rig: &Rig, agent: &str) {
    rig.home.appctl(["hooks", "uninstall", agent]).ok();
}

/// A hook of ours has told that it has answered.
fn hooks_tell(session: &Session<'_>) {
    session.wait_for("idle by the word of a hook", |view| {
        let why = session.appctl("why", &["--json"]).ok().json();
        let turn = why["facts"].as_array().unwrap().iter().find(|fact| fact["fact"] == "turn");
        view["turn"] == "idle" && turn.unwrap()["evidence"]["source"] == "hook"
    });
}

/// What a person does with it; it may write its settings anew then, in a form of its own.
type Use<'u, 'r, A> = &'u dyn Fn(&A, &Session<'r>);

/// The agent, by its name on our command line and with its files.
struct Way<'w> {
    name: &'w str,
    files: &'w [Kept],
    /// Arguments that have the prompt in them; without any it is typed.
    prompt: &'w [&'w str],
}

/// Its files after it was used with our hooks, when those are out again, are what they are
/// after it was used without: byte for byte.
fn leaves_no_trace<'r, A: Agent<'r>>(agent: &A, way: &Way<'_>, used: Use<'_, 'r, A>) {
    let rig = agent.rig();
    let &Way { name, files, prompt } = way;
    let run = |ours: bool| {
        for file in files {
            fs::write(&file.path, &file.before).unwrap();
        }
        if ours {
            install(rig, name);
            uninstall(rig, name);
            assert!(files.iter().all(|file| file.now() == file.before), "{name}: not used");
            install(rig, name);
        }
        let session = agent.start_with(&[], prompt);
        agent.wait_ready(&session);
        used(agent, &session);
        if prompt.is_empty() {
            agent.prompt(&session, "say something");
        }
        session.wait_screen_contains(HEARD);
        if ours {
            hooks_tell(&session);
        }
        session.appctl("stop", &[]).ok();
        session.wait_over();
        session.appctl("rm", &[]).ok();
        if ours {
            uninstall(rig, name);
        }
        files.iter().map(Kept::now).collect::<Vec<_>>()
    };
    let without = run(false);
    for ((file, now), without) in files.iter().zip(run(true)).zip(without) {
        assert_eq!(now, without, "{}", file.path.display());
    }
}

fn way<'w>(name: &'w str, files: &'w [Kept]) -> Way<'w> {
    Way { name, files, prompt: &[] }
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn claude_rewrites_its_settings_and_nothing_of_ours_is_left() {
    let rig = Rig::new();
    let claude = Claude::new(&rig);
    let files = [Kept::oddly(&rig, ".claude/settings.json", odd_json)];
    leaves_no_trace(&claude, &way("claude", &files), &|claude, session| {
        claude.type_line(session, "/model sonnet");
        session.wait_screen_contains("Set model to");
    });
    let now: Value = serde_json::from_str(&files[0].now()).unwrap();
    assert_eq!(now["model"], "sonnet", "it has changed nothing");
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn codex_rewrites_its_settings_and_nothing_of_ours_is_left() {
    let rig = Rig::new();
    let codex = Codex::new(&rig);
    let files = [
        Kept::oddly(&rig, ".codex/hooks.json", odd_json),
        Kept::oddly(&rig, ".codex/config.toml", odd_toml),
    ];
    leaves_no_trace(&codex, &way("codex", &files), &|_, _| ());
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn gemini_has_our_hooks_and_then_not() {
    let rig = Rig::new();
    let gemini = Gemini::new(&rig);
    let files = [Kept::oddly(&rig, ".gemini/settings.json", odd_json_with_comments)];
    let prompt = ["-i", "say something"];
    leaves_no_trace(&gemini, &Way { prompt: &prompt, ..way("gemini", &files) }, &|_, _| ());
}

#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn opencode_has_a_plugin_more_and_then_not() {
    let rig = Rig::new();
    let opencode = Opencode::new(&rig);
    let files = [Kept::oddly(&rig, ".config/opencode/opencode.json", odd_json_with_comments)];
    leaves_no_trace(&opencode, &way("opencode", &files), &|_, _| ());
    let plugins = rig.home.user_dir().join(".config/opencode/plugins");
    let names: Vec<_> = fs::read_dir(plugins).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["log.js"]);
}

fn odd_toml(text: &str) -> String {
    let text = text.replace("model = ", "model   =\t").replace("[tui]", "  [ tui ] # mine");
    format!("# settings\r\n{text}\n# the end")
}

/// It asks whether new hooks may be trusted, and keeps the answer in a file of which a part
/// is ours.
#[test]
#[ignore = "needs agents: cargo xtask agents"]
fn what_codex_itself_changes_stays_and_what_was_there_too() {
    let rig = Rig::new();
    let codex = Codex::new(&rig);
    let config = Kept::oddly(&rig, ".codex/config.toml", odd_toml);
    let hooks = Kept::oddly(&rig, ".codex/hooks.json", odd_json);
    install(&rig, "codex");
    let (with_line, project) = (config.now(), rig.project());
    let session = rig.home.start_with(&["--cwd", project.to_str().unwrap()], &["codex"]);
    session.wait_screen_contains("Trust all and continue");
    // It draws the question before it hears keys.
    wait::until("the second choice", || {
        let screen = session.appctl("peek", &[]).ok().out();
        if screen.contains("› 2. Trust all") {
            return Ok(());
        }
        let key = if screen.contains("› 3.") { "up" } else { "down" };
        session.appctl("send", &["--key", key]).ok();
        Err(screen)
    });
    session.appctl("send", &["--key", "enter"]).ok();
    codex.wait_ready(&session);
    codex.prompt(&session, "say something");
    session.wait_screen_contains(HEARD);
    hooks_tell(&session);
    session.appctl("stop", &[]).ok();
    session.wait_over();
    let changed = config.now();
    assert_ne!(changed, with_line, "it has changed nothing");
    uninstall(&rig, "codex");
    let ours: Vec<&str> = with_line.lines().filter(|line| line.starts_with("notify")).collect();
    let [ours] = ours.as_slice() else { panic!("{ours:?}") };
    let expected: String =
        changed.split_inclusive('\n').filter(|line| line.trim_end() != *ours).collect();
    assert_eq!(config.now(), expected);
    assert_eq!(hooks.now(), hooks.before);
}
