//! A machine that is started anew, with the daemon as a service of a user who lingers.

use app_tests::{Guest, Home, guest, wait};
use serde_json::{Value, json};

fn show(guest: &Guest<'_>, name: &str) -> Value {
    guest.appctl(["show", name, "--json"]).ok().json()
}

#[test]
#[ignore = "needs root"]
fn after_a_restart_of_the_machine_what_was_told_to_comes_back_before_anybody_logs_in() {
    if let Some(why) = guest::not_possible_here() {
        return eprintln!("SKIPPED: {why}");
    }
    let home = Home::new();
    let mut guest = Guest::boot(&home);
    guest.appctl(["service", "install"]).ok();
    let start = |options: &[&str], argv: &[&str]| {
        let all = ["start", "--bg", "-q"].iter().chain(options).chain(&["--"]).chain(argv);
        guest.appctl(all).ok();
    };
    start(&["-n", "plain"], &["sleep", "1000"]);
    start(&["-n", "back", "--restart", "on-boot"], &["sleep", "4242"]);
    start(&["-n", "ended"], &["sh", "-c", "exit 3"]);
    assert_eq!(guest.appctl(["wait", "ended"]).code(), 3);
    let before = guest.boot_id();

    guest.restart();
    assert_ne!(guest.boot_id(), before);
    // Nobody has asked for anything yet.
    wait::until("the session to be back", || {
        let found = guest.run("pgrep", ["-f", "^sleep 4242"]);
        let state = || {
            let unit = guest.run("systemctl", ["--user", "--no-pager", "status", "appd.service"]);
            format!("{unit:?}\n{}", guest.console())
        };
        if found.code() == 0 { Ok(()) } else { Err(state()) }
    });
    let back = show(&guest, "back");
    assert_eq!((&back["phase"], &back["run"]), (&json!("running"), &json!(2)), "{back:#}");
    let plain = show(&guest, "plain");
    assert_eq!(plain["exit"], json!({ "lost": "reboot" }), "{plain:#}");
    assert_eq!(plain["state"], "interrupted");
    let told = guest.appctl(["show", "plain"]).ok().out();
    assert!(told.contains("interrupted by reboot"), "{told}");
    assert_eq!(show(&guest, "ended")["exit"], json!({ "code": 3 }));
}
