//! A machine that is started anew, by its own systemd.

use app_tests::{Machine, wait};
use serde_json::json;

#[test]
fn after_a_restart_what_was_told_to_is_back_and_nothing_else_runs() {
    let mut machine = Machine::boot();
    machine.appctl("service install").ok();
    machine.begin("-n plain -- sleep 1000");
    machine.begin("-n back --restart on-boot -- sleep 4242");
    machine.begin("-n limited --restart on-boot --memory 60M -- sleep 4343");
    machine.begin("-n stopped --restart on-boot -- sleep 4444");
    machine.begin("-n stubborn -- sh -c 'trap \"\" TERM HUP; while :; do sleep 1; done'");
    machine.appctl("stop stopped").ok();
    machine.begin("-n ended -- sh -c 'exit 3'");
    assert_eq!(machine.appctl("wait ended").code(), 3);

    machine.restart();
    // Nobody has logged in, and nobody has asked for anything.
    wait::until("the sessions to be back", || {
        let found = machine.root("pgrep -u person -f '^sleep 4[23]4[23]$' | wc -l").ok().out();
        let unit = "systemctl --user --no-pager status appd.service";
        if found.trim() == "2" { Ok(()) } else { Err(format!("{found} {:?}", machine.user(unit))) }
    });
    for name in ["back", "limited"] {
        let view = machine.show(name);
        assert_eq!((&view["phase"], &view["run"]), (&json!("running"), &json!(2)), "{view:#}");
        assert_eq!(view["scope"], json!(format!("appctl-{}.scope", view["id"].as_str().unwrap())));
    }
    let limited = machine.show("limited")["id"].as_str().unwrap().to_owned();
    assert_eq!(machine.group(&limited, "memory.max").trim(), (60 << 20).to_string());
    for name in ["plain", "stubborn"] {
        let view = machine.show(name);
        assert_eq!(view["exit"], json!({ "lost": "reboot" }), "{view:#}");
        assert_eq!(view["state"], "interrupted", "{view:#}");
    }
    let stopped = machine.show("stopped");
    assert_eq!((&stopped["state"], &stopped["run"]), (&json!("stopped"), &json!(1)), "{stopped:#}");
    assert_eq!(machine.show("ended")["exit"], json!({ "code": 3 }));
    let runs = machine.ls_all().into_iter().filter(|view| view["pid"].is_number()).count();
    assert_eq!(runs, 2, "{:#?}", machine.ls_all());
    // What was interrupted can be gone on with.
    machine.appctl("resume --bg plain").ok();
    assert_eq!(machine.show("plain")["phase"], "running");
}
