//! What agents send and what stands in their settings: an event becomes short, printable
//! reports, and what is put into a file can be taken out again without a trace.
//!
//! ```text
//!   agent │ what │ event or file…
//! ```

use app_hooks::{Agent, Edit, Form, Status, install, parse, status, translate, uninstall};
use app_model::report::MAX_TEXT;

use crate::input::Input;

/// What the rest of an input is.
#[derive(Clone, Copy)]
enum What {
    Event,
    File(Form),
}

const WHATS: [What; 5] = [
    What::Event,
    What::Event,
    What::File(Form::Hooks),
    What::File(Form::Notify),
    What::File(Form::Plugin),
];

/// Panics when the input breaks it.
pub fn run(bytes: &[u8]) {
    let mut input = Input::new(bytes);
    let agent = input.pick(&Agent::ALL);
    let what = input.pick(&WHATS);
    let rest = input.rest();
    match what {
        What::Event => event(agent, rest),
        What::File(form) => {
            if let Ok(text) = std::str::from_utf8(rest) {
                file(agent, form, text);
            }
        }
    }
}

fn event(agent: Agent, bytes: &[u8]) {
    let Ok(event) = parse(bytes) else { return };
    assert!(event.is_object(), "an event is an object");
    for report in translate(agent, &event) {
        for text in report.texts() {
            assert!(text.chars().count() <= MAX_TEXT, "too long: {report:?}");
            assert!(!text.chars().any(char::is_control), "not printable: {report:?}");
        }
    }
}

fn file(agent: Agent, form: Form, text: &str) {
    // What it is refused for is another matter.
    let Ok(before) = status(agent, form, Some(text)) else { return };
    match install(agent, form, Some(text)) {
        Err(_) => {}
        Ok(Edit::Unchanged) => assert!(
            matches!(before, Status::Installed | Status::Taken(_)),
            "nothing was put in, and there was {before:?} in {text:?}"
        ),
        Ok(Edit::Remove) => panic!("a file is removed by putting something in: {text:?}"),
        Ok(Edit::Write(with)) => installed(agent, form, (text, &before), &with),
    }
    match uninstall(agent, form, Some(text)) {
        Err(_) | Ok(Edit::Remove) => {}
        Ok(Edit::Unchanged) => assert!(
            matches!(before, Status::Absent | Status::Taken(_)),
            "nothing was taken out, and there was {before:?} in {text:?}"
        ),
        Ok(Edit::Write(without)) => {
            let left = status(agent, form, Some(&without));
            assert_eq!(left, Ok(Status::Absent), "{text:?} became {without:?}");
        }
    }
}

/// `with` is what `text`, of which `before` was true, became.
fn installed(agent: Agent, form: Form, (text, before): (&str, &Status), with: &str) {
    let there = status(agent, form, Some(with));
    assert_eq!(there, Ok(Status::Installed), "{text:?} became {with:?}");
    let again = install(agent, form, Some(with));
    assert_eq!(again, Ok(Edit::Unchanged), "{with:?} a second time");
    if *before == Status::Absent {
        let out = uninstall(agent, form, Some(with));
        assert_eq!(out, Ok(Edit::Write(text.to_owned())), "out of {with:?}");
    }
}

pub(crate) const WORDS: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"\n",
    b"\r\n",
    b"\t",
    b" // said\n",
    b"/* said */",
    b"# said\n",
    b"\xef\xbb\xbf",
    b"\"hooks\":{",
    b"\"hooks\":[",
    b"\"hooks\": {}",
    b"\"version\":1,",
    b"\"Stop\":[",
    b"\"stop\": []",
    b"\"type\":\"command\",",
    b"\"command\":\"appctl hook claude\"",
    b"\"command\":\"appctl hook codex\"",
    b"\"bash\":\"appctl hook copilot --event agentStop\"",
    b"\"timeout\":5",
    b"notify = [\"appctl\", \"hook\", \"codex\"]\n",
    b"notify = [",
    b"\"\"\"",
    b"'''",
    b"[tui]\n",
    b"// appctl: tells appctl what happens in opencode",
    b"\"hook_event_name\":\"PermissionRequest\",",
    b"\"hook_event_name\":\"Stop\",",
    b"\"hook_event_name\":\"Notification\",",
    b"\"type\":\"agent-turn-complete\",",
    b"\"type\":\"permission.asked\",\"properties\":{",
    b"\"tool_name\":\"Bash\",",
    b"\"tool_input\":{\"command\":",
    b"\"background_tasks\":[{\"status\":\"running\"}],",
    b"\"agent_id\":\"a\",",
    b"\"session_id\":\"s\"",
    b"\"\\u001b[31m\"",
    b"\"a\":1",
    b"null",
    "\"字\u{301}\"".as_bytes(),
];
