//! Hooks of agents, from the event on standard input to what is known of the session.

use app_tests::{Home, wait};

#[test]
fn a_subagent_that_a_hook_tells_of_is_a_task_of_the_session() {
    let home = Home::new();
    let appctl = home.program("appctl");
    let event = r#"{"hook_event_name":"SubagentStart","agent_id":"a1","agent_type":"Explore"}"#;
    let hook = format!("echo '{event}' | {} hook claude; echo told $?; cat", appctl.display());
    let session = home.start_sh("agent", &hook);
    let task = wait::until("the task", || {
        let tasks = home.appctl(["task", "ls", &session.id, "--json"]).ok().json();
        tasks.get(0).cloned().ok_or_else(|| session.peek())
    });
    assert_eq!((&task["label"], &task["state"]), (&"Explore".into(), &"working".into()));
}
