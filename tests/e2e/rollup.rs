//! Tasks that are told all together, once none of them is live.

use crate::notices::{BUS, only_the_last_is_told_after, with_settings};

/// Sessions and what is only reported, ended in any order, are told as one.
#[test]
fn tasks_that_roll_up_are_told_once_when_all_have_ended() {
    let home = with_settings("[notify]\nmin_duration = \"0s\"\nrollup = \"parent\"\n");
    let bus = home.bus();
    let mock = bus.mock();
    let home = home.with(BUS, &bus.address);
    let parent = home.start("agent", &["sleep", "1000"]);
    let id = parent.id.as_str();
    let report = |verb: &str, rest: &[&str]| {
        home.appctl([&["task", verb, "--session", id, "--id"], rest].concat()).ok();
    };
    report("begin", &["a", "--label", "one"]);
    report("begin", &["b", "--label", "two"]);
    let task = |name: &str, script: &str| {
        home.start_with(&["--parent", id, "-n", name, "--no-tty"], &["sh", "-c", script])
    };
    task("good", "exit 0").wait_over();
    task("bad", "exit 3").wait_over();
    let stopped = task("stopped", "exec sleep 1000");
    report("end", &["a", "--outcome", "ok"]);
    stopped.appctl("stop", &[]).ok();
    assert_eq!(mock.notices(), [], "one is live");
    report("end", &["b", "--outcome", "failed"]);
    let title = &mock.wait_notices(1)[0].title;
    assert!(title.starts_with("✘ agent · 5 tasks: 2 ok, 2 failed, 1 cancelled · "), "{title}");
    // The next batch has only its own.
    report("begin", &["c", "--label", "three"]);
    report("end", &["c", "--outcome", "ok"]);
    let title = &mock.wait_notices(2)[1].title;
    assert!(title.starts_with("✔ agent · 1 task: 1 ok · "), "{title}");
    only_the_last_is_told_after(&home, 2, || mock.wait_notices(3));
}

/// Whoever looks at the session sees its tasks end.
#[test]
fn tasks_of_a_session_that_somebody_looks_at_are_not_told() {
    let home = with_settings("[notify]\nmin_duration = \"0s\"\nrollup = \"parent\"\n");
    let bus = home.bus();
    let mock = bus.mock();
    let home = home.with(BUS, &bus.address);
    let parent = home.start_sh("agent", "echo ready; exec cat");
    let mut terminal = parent.attach();
    terminal.wait_until_contains("ready");
    parent.wait_attached(1);
    home.start_with(&["--parent", &parent.id, "--no-tty"], &["false"]).wait_over();
    only_the_last_is_told_after(&home, 0, || mock.wait_notices(1));
}
