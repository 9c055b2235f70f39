//! Secrets on command lines and in environments: the program gets them, nobody is shown them.

use app_tests::{Home, process};

#[test]
fn secrets_are_shown_nowhere_unless_they_are_asked_for() {
    let home = Home::new().with("APPCTL_LOG", "trace");
    let words = ["--api-key=hush-1", "--token", "hush-2", "https://me:hush-3@host/"];
    let argv = [&["sh", "-c", "sleep 1000; true", "PASSWORD=hush-4"][..], &words].concat();
    let session = home.start_with(&["-n", "quiet", "-e", "MY_SECRET=hush-5"], &argv);
    let id = session.id.as_str();
    assert_eq!(process::variable(session.pid(), "MY_SECRET").as_deref(), Some("hush-5"));
    let line = process::command_line(session.pid());
    assert!(line.ends_with(&argv[3..].join(" ")), "{line}");

    for args in [
        &["ls"][..],
        &["ls", "--all"],
        &["ls", "--tree"],
        &["show", id],
        &["why", id],
        &["task", "ls"],
        &["events"],
        &["notices"],
        &["doctor"],
        &["export", id],
    ] {
        for args in [args.to_vec(), [&["--json"], args].concat()] {
            let said = home.appctl(&args);
            assert!(!format!("{said:?}").contains("hush"), "{said:?}");
        }
    }
    let shown = session.appctl("show", &[]).ok().out();
    assert!(shown.contains("--api-key=***") && shown.contains("me:***@host"), "{shown}");
    let bad = [&["start", "--bg", "--", "/nonexistent"][..], &words].concat();
    let refused = home.appctl(&bad).exits(127);
    assert!(refused.err().contains("***") && !refused.err().contains("hush"), "{refused:?}");
    let log = home.daemon_log();
    assert!(log.contains("TRACE") || log.contains("DEBUG"), "the log tells all it can: {log}");
    assert!(!log.contains("hush"), "{log}");

    let shown = session.appctl("show", &["--json", "--show-secrets"]).ok().json();
    assert_eq!(shown["argv"], serde_json::json!(argv));
    let shown = session.appctl("show", &["--show-secrets"]).ok().out();
    assert!(shown.contains("hush-1") && !shown.contains("hush-5"), "{shown}");
}
