//! opencode, through the plugin of `install/plugin.rs`, which passes the events of its bus
//! on and adds `child: true` to those of a conversation that a subagent has.

use app_model::report::{Outcome, Report};
use serde_json::Value;

use super::{conversation, turn_ended, turn_failed};
use crate::event;

pub(super) fn translate(event: &Value) -> Vec<Report> {
    let Some(name) = event::raw(event, &["type"]) else { return vec![] };
    let empty = Value::Null;
    let about = event.get("properties").unwrap_or(&empty);
    if event.get("child").and_then(Value::as_bool) == Some(true) {
        return of_subagent(name, about);
    }
    match name {
        "session.created" => conversation(about.get("info").unwrap_or(&empty), &["id"]),
        "session.status" if event::raw(about, &["status", "type"]) == Some("busy") => {
            // A conversation that was taken up again was created in another life.
            let mut reports = conversation(about, &["sessionID"]);
            reports.push(Report::TurnBegan);
            reports
        }
        "session.idle" => vec![turn_ended()],
        "session.error" if was_interrupted(about) => vec![turn_ended()],
        "session.error" => vec![turn_failed(error(about))],
        "permission.asked" | "permission.updated" | "question.asked" => asked(name, about),
        "permission.replied" | "question.replied" | "question.rejected" => vec![Report::Answered],
        "server.instance.disposed" => vec![Report::Ended],
        _ => vec![],
    }
}

fn of_subagent(name: &str, about: &Value) -> Vec<Report> {
    let ended = |outcome, summary| {
        let ext = event::text(about, &["sessionID"]);
        ext.map(|ext| Report::TaskEnded { ext, outcome, summary }).into_iter().collect()
    };
    match name {
        "session.created" => {
            let Some(ext) = event::text(about, &["info", "id"]) else { return vec![] };
            let label = event::text(about, &["info", "title"]).unwrap_or_else(|| "subagent".into());
            vec![Report::TaskBegan { ext, label, model: None }]
        }
        "session.idle" => ended(Outcome::Ok, None),
        "session.error" if was_interrupted(about) => ended(Outcome::Cancelled, None),
        "session.error" => ended(Outcome::Failed, error(about)),
        "permission.asked" | "permission.updated" | "question.asked" => asked(name, about),
        "permission.replied" | "question.replied" | "question.rejected" => vec![Report::Answered],
        _ => vec![],
    }
}

fn asked(name: &str, about: &Value) -> Vec<Report> {
    let question = event::entries(about, &["questions"]).next();
    let question = question.and_then(|question| event::text(question, &["question"]));
    let what = event::text(about, &["metadata", "command"]).or_else(|| {
        event::entries(about, &["patterns"]).next().and_then(Value::as_str).map(event::shown)
    });
    let text = match (event::first(about, &["permission", "title", "type"]), what) {
        _ if name == "question.asked" => question.unwrap_or_else(|| "it asks a question".into()),
        (Some(kind), Some(what)) => event::shown(&format!("{kind}: {what}")),
        (kind, what) => kind.or(what).unwrap_or_else(|| "permission is needed".into()),
    };
    vec![Report::NeedsInput { text }]
}

/// A person pressed Escape, which is no failure.
fn was_interrupted(about: &Value) -> bool {
    event::raw(about, &["error", "name"]) == Some("MessageAbortedError")
}

fn error(about: &Value) -> Option<String> {
    event::text(about, &["error", "data", "message"])
        .or_else(|| event::text(about, &["error", "name"]))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_event_says_what_it_is() {
        let needs = |text: &str| vec![Report::NeedsInput { text: text.into() }];
        let cases = [
            (
                json!({"type": "session.created", "properties": {"info": {"id": "ses_1"}}}),
                vec![Report::Conversation { id: "ses_1".into() }],
            ),
            (
                json!({"type": "session.status",
                "properties": {"sessionID": "ses_1", "status": {"type": "busy"}}}),
                vec![Report::Conversation { id: "ses_1".into() }, Report::TurnBegan],
            ),
            (
                json!({"type": "session.status",
                "properties": {"sessionID": "ses_1", "status": {"type": "retry"}}}),
                vec![],
            ),
            (
                json!({"type": "session.idle", "properties": {"sessionID": "ses_1"}}),
                vec![turn_ended()],
            ),
            (
                json!({"type": "session.error", "properties": {"sessionID": "ses_1",
                "error": {"name": "APIError", "data": {"message": "no credit"}}}}),
                vec![turn_failed(Some("no credit".into()))],
            ),
            (
                json!({"type": "session.error", "properties": {"sessionID": "ses_1",
                "error": {"name": "MessageAbortedError"}}}),
                vec![turn_ended()],
            ),
            (
                json!({"type": "permission.asked", "properties": {"permission": "bash",
                "patterns": ["rm *"], "metadata": {"command": "rm x"}}}),
                needs("bash: rm x"),
            ),
            (
                json!({"type": "permission.asked", "properties": {"permission": "edit",
                "patterns": ["src/*"]}}),
                needs("edit: src/*"),
            ),
            (
                json!({"type": "question.asked", "properties": {"questions": [{"question": "Which?"}]}}),
                needs("Which?"),
            ),
            (json!({"type": "permission.replied", "properties": {}}), vec![Report::Answered]),
            (json!({"type": "server.instance.disposed"}), vec![Report::Ended]),
            (json!({"type": "file.edited"}), vec![]),
            (json!({"type": "session.created"}), vec![]),
        ];
        for (event, reports) in cases {
            assert_eq!(translate(&event), reports, "{event}");
        }
    }

    #[test]
    fn a_conversation_inside_another_is_a_task() {
        let began = json!({"type": "session.created", "child": true,
            "properties": {"info": {"id": "ses_2", "parentID": "ses_1", "title": "Explore"}}});
        let task = Report::TaskBegan { ext: "ses_2".into(), label: "Explore".into(), model: None };
        assert_eq!(translate(&began), vec![task]);
        let busy = json!({"type": "session.status", "child": true,
            "properties": {"sessionID": "ses_2", "status": {"type": "busy"}}});
        assert_eq!(translate(&busy), vec![]);
        let idle =
            json!({"type": "session.idle", "child": true, "properties": {"sessionID": "ses_2"}});
        let ended = Report::TaskEnded { ext: "ses_2".into(), outcome: Outcome::Ok, summary: None };
        assert_eq!(translate(&idle), vec![ended]);
    }
}
