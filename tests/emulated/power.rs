//! A machine that loses its power: what was told before is still so, and no row lies.

use app_tests::Machine;
use serde_json::{Value, json};

/// What a session is for whose end was told.
const ENDS: &str = "sh -c \"exit 7\"";

/// The power goes, and comes back.
#[track_caller]
fn lose_power(machine: &mut Machine) -> Vec<Value> {
    machine.cut_power();
    machine.start();
    let all = machine.ls_all();
    // Every end is one that can be told without knowing more than what was on the disk.
    for view in &all {
        let is_true = view["exit"] == json!({ "lost": "reboot" }) || view["exit"]["code"] == 7;
        assert!(is_true && view["pid"].is_null(), "{view:#}");
    }
    all
}

#[track_caller]
fn exit_of<'v>(all: &'v [Value], id: &str) -> &'v Value {
    let view = all.iter().find(|view| view["id"] == id);
    &view.unwrap_or_else(|| panic!("{id} is forgotten: {all:#?}"))["exit"]
}

#[test]
fn what_was_told_right_before_the_power_went_is_still_so() {
    let mut machine = Machine::boot();
    machine.appctl("service install").ok();
    let alive = machine.begin("-n alive -- sleep 1000");
    let removed = machine.begin(&format!("-n removed -- {ENDS}"));
    assert_eq!(machine.appctl("wait removed").code(), 7);
    // Each line is told by what was just done, and the power goes right after the last one.
    let script = format!(
        "appctl rm removed && e=$(appctl start --bg -q -n ended -- {ENDS}); \
         appctl wait $e; test $? = 7 && echo told $e >&3; \
         n=$(appctl start --bg -q -n newest -- sleep 1000) && echo told $n >&3; sleep 1000"
    );
    let told = machine.told(&script, 2);
    let all = lose_power(&mut machine);
    assert_eq!(exit_of(&all, &told[0]), &json!({ "code": 7 }));
    assert_eq!(exit_of(&all, &alive), &json!({ "lost": "reboot" }));
    assert!(all.iter().all(|view| view["id"] != removed.as_str()), "it came back: {all:#?}");
    // It may be unknown; if it is not, it is no lie.
    let newest = all.iter().find(|view| view["id"] == told[1].as_str());
    println!("a session that was started in the last moment is known: {}", newest.is_some());
    machine.appctl("resume --bg alive").ok();
    let view = machine.show(&alive);
    assert_eq!((&view["phase"], &view["run"]), (&json!("running"), &json!(2)), "{view:#}");
}

#[test]
fn the_power_may_go_in_the_midst_of_everything() {
    let mut machine = Machine::boot();
    machine.appctl("service install").ok();
    let worker = format!(
        "while :; do i=$(appctl start --bg -q --no-tty -- {ENDS}) || continue; \
         appctl wait $i; test $? = 7 && echo told $i >&3; done"
    );
    let mut told_ever = Vec::new();
    for round in 1..=2 {
        told_ever.extend(machine.told(&format!("work() {{ {worker}; }}; work & work & wait"), 6));
        let all = lose_power(&mut machine);
        for id in &told_ever {
            assert_eq!(exit_of(&all, id), &json!({ "code": 7 }), "round {round}");
        }
    }
}
