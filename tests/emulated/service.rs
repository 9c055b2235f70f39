//! The daemon in log-ins and as a service, with a real logind that ends whatever stays behind.

use app_tests::{Machine, wait};
use serde_json::{Value, json};

fn scope_of(view: &Value) -> String {
    format!("appctl-{}.scope", view["id"].as_str().unwrap())
}

/// Processes are where systemd was asked to put them.
#[track_caller]
fn is_in_its_scope(machine: &mut Machine, session: &str) {
    let view = machine.show(session);
    assert_eq!(view["scope"], json!(scope_of(&view)), "{view:#}");
    let expected = format!(
        "0::/user.slice/user-1000.slice/user@1000.service/appctl.slice/{}\n",
        scope_of(&view)
    );
    for which in ["pid", "holder_pid"] {
        let group = machine.root(&format!("cat /proc/{}/cgroup", view[which])).ok().out();
        assert_eq!(group, expected, "{which}");
    }
}

#[test]
fn what_was_started_in_a_log_in_outlives_it_where_log_outs_end_everything() {
    let mut machine = Machine::boot();
    // A log-in by way of PAM, which logind knows of and ends with all that is in it.
    let script =
        "cat /proc/self/cgroup; (setsid sleep 4242 &); appctl start --bg -q -n kept -- sleep 1000";
    let said = machine.root(&format!("runuser -l person -c '{script}'")).ok().out();
    assert!(said.contains("/user-1000.slice/session-"), "a log-in: {said}");
    wait::until("the log-in to be over", || {
        let left = machine.root("pgrep -u person -f '^sleep 4242'").out();
        if left.is_empty() { Ok(()) } else { Err(left) }
    });
    let view = machine.show("kept");
    assert_eq!((&view["phase"], &view["run"]), (&json!("running"), &json!(1)), "{view:#}");
    is_in_its_scope(&mut machine, "kept");
}

#[test]
fn an_installed_service_runs_and_each_of_its_sessions_is_in_a_scope() {
    let mut machine = Machine::boot();
    let before = machine.begin("-n before -- sleep 1000");
    machine.appctl("service install").ok();
    assert_eq!(machine.user("systemctl --user is-active appd.service").ok().out(), "active\n");
    let daemon = machine.appctl("daemon status --json").ok().json()["pid"].clone();
    let group = machine.root(&format!("cat /proc/{daemon}/cgroup")).ok().out();
    assert!(group.ends_with("/user@1000.service/app.slice/appd.service\n"), "{group}");
    let after = machine.begin("-n after -- sleep 1000");
    is_in_its_scope(&mut machine, &after);
    assert_eq!(machine.show(&before)["phase"], "running");
    let status = machine.appctl("service status --json").ok().json();
    assert_eq!(
        (&status["installed"], &status["enabled"]),
        (&json!(true), &json!(true)),
        "{status:#}"
    );
}
