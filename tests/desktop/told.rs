//! What a server is asked to show, and what a person sees of it.

use app_tests::Session;
use app_tests::desktop::{Asked, Dunst, Monitor, Xfce};

use crate::Desk;

/// Keys and words of the buttons of a bubble about one session.
const BUTTONS: [&str; 6] = ["default", "", "attach", "Attach", "dismiss", "Dismiss"];

/// A fine session, one that failed and one that was killed, each a second long.
fn ends(desk: &Desk) -> [Asked; 3] {
    let monitor = Monitor::start(&desk.bus);
    let mut told = Vec::new();
    for (name, script) in [
        ("fine", "sleep 1.1; echo '3 passed, <b>0</b> failed & done'"),
        ("nightly-flaky-test-of-all", "echo '1 failed'; exit 2"),
        ("victim", "kill -SEGV $$"),
    ] {
        desk.home.start_sh(name, script).wait_over();
        told = monitor.wait_asked(told.len() + 1);
    }
    told.try_into().unwrap()
}

#[track_caller]
fn assert_told(desk: &Desk, [fine, failed, killed]: [Asked; 3]) {
    let dir = desk.home.user_dir();
    let dir = dir.to_str().unwrap();
    let text = |asked: &Asked| (asked.title.clone(), asked.body.clone());
    let passed = "3 passed, &lt;b&gt;0&lt;/b&gt; failed &amp; done";
    assert_eq!(text(&fine), ("✔ fine finished · 1s".into(), format!("{dir}\n{passed}")));
    // Its title is one that some desktops cut.
    let what = "failed (exit 2) · 0s";
    let title = format!("✘ nightly-flaky-test-of-all {what}");
    assert_eq!(text(&failed), (title, format!("{what}\n{dir}\n1 failed")));
    assert!(killed.title == "✘ victim failed (signal SEGV) · 0s", "{killed:?}");
    for asked in [&fine, &failed, &killed] {
        assert_eq!((asked.app.as_str(), asked.replaces), ("appctl", 0), "{asked:?}");
        assert_eq!(asked.actions, BUTTONS, "{asked:?}");
    }
    let how = |asked: &Asked| (asked.urgency, asked.icon.clone());
    assert_eq!(how(&fine), (Some(1), "utilities-terminal".into()));
    assert_eq!(how(&failed), (Some(2), "dialog-error".into()));
    assert_eq!(how(&killed), (Some(2), "dialog-error".into()));
}

#[test]
fn dunst_shows_name_outcome_time_directory_and_last_line() {
    let desk = Desk::new();
    let dunst = Dunst::start(&desk.bus, &desk.display);
    let told = ends(&desk);
    let window = dunst.wait_bubbles(3);
    // dunst's own colours: red for what cannot wait, and a quiet blue.
    let picture = desk.display.picture();
    let red = picture.count(window, |[r, g, b]| r > 0x80 && g < 0x20 && b < 0x20);
    let blue = picture.count(window, |[r, _, b]| b > 0x60 && r < 0x40);
    assert!(red > 3_000 && blue > 3_000, "{red} red and {blue} blue dots in {window:?}");
    assert_told(&desk, told.clone());
    let shown: Vec<_> = dunst.history().into_iter().map(|notice| notice.title).collect();
    let asked: Vec<_> = told.iter().map(|asked| asked.title.clone()).collect();
    assert!(asked.iter().all(|title| shown.contains(title)), "{shown:?} {asked:?}");
}

#[test]
fn xfce_shows_the_same_with_an_icon() {
    let desk = Desk::new();
    let xfce = Xfce::start(&desk.bus, &desk.display);
    let told = ends(&desk);
    let bubbles = xfce.wait_bubbles(3);
    assert_told(&desk, told);
    // The failures have an icon that is mostly red.
    let is_red = |[r, g, b]: [u8; 3]| r > 0xa0 && g < 0x50 && b < 0x50;
    let picture = desk.display.picture();
    let red = bubbles.iter().filter(|&&bubble| picture.count(bubble, is_red) > 500).count();
    assert_eq!(red, 2, "{bubbles:?}");
}

/// An agent of which a hook says that it asks.
fn asking<'h>(desk: &'h Desk, name: &str) -> Session<'h> {
    let session = desk.home.start_with(&["-n", name, "--agent", "claude"], &["sleep", "1000"]);
    for hook in [
        r#"{"session_id":"c1","hook_event_name":"SessionStart","source":"startup"}"#,
        r#"{"session_id":"c1","hook_event_name":"PermissionRequest","tool_name":"Bash",
            "tool_input":{"command":"cargo test"}}"#,
    ] {
        let mut appctl = desk.home.appctl_command(["hook", "claude"]);
        appctl.env("APPCTL_SESSION", &session.id);
        app_tests::home::run(appctl, hook.as_bytes()).ok();
    }
    session
}

#[test]
fn a_question_is_shown_with_what_is_asked() {
    let desk = Desk::new();
    let dunst = Dunst::start(&desk.bus, &desk.display);
    let monitor = Monitor::start(&desk.bus);
    let _session = asking(&desk, "review");
    let asked = &monitor.wait_asked(1)[0];
    assert_eq!(asked.title, "? review needs you");
    assert!(asked.body.ends_with("\nBash: cargo test"), "{asked:?}");
    assert_eq!((asked.urgency, asked.icon.as_str()), (Some(2), "dialog-question"));
    dunst.wait_bubbles(1);
}

/// The bubble of a session is replaced by its next one: there is never a second.
#[test]
fn a_session_has_one_bubble() {
    let desk = Desk::new();
    let dunst = Dunst::start(&desk.bus, &desk.display);
    let monitor = Monitor::start(&desk.bus);
    let session = desk.home.start_sh("again", "echo first run; exit 1");
    session.wait_over();
    dunst.wait_bubbles(1);
    desk.home.wait_event("notice.sent", &session.id);
    session.appctl("resume", &["--bg"]).ok();
    session.wait_over();
    let asked = monitor.wait_asked(2);
    assert!(asked[0].replaces == 0 && asked[1].replaces > 0, "{asked:?}");
    wait_sent(&desk, 2);
    assert_eq!(dunst.displayed(), 1);
    assert_eq!(dunst.history().len(), 1);
}

/// Waits until the desktop has taken this many notices.
#[track_caller]
fn wait_sent(desk: &Desk, count: usize) {
    app_tests::wait::until(&format!("{count} notices sent"), || {
        let events = desk.home.events();
        let sent = events.iter().filter(|event| event["type"] == "notice.sent").count();
        if sent == count { Ok(()) } else { Err(format!("{sent}")) }
    });
}
