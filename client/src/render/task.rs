//! Tasks as a table, as JSON, and as branches below their sessions.
//!
//! # Invariants
//!
//! 1. Every cell is printable text, whatever a task is called.
//! 2. On a terminal no line is wider than the terminal.

use app_model::elapsed::elapsed;
use app_model::report::Outcome;
use app_model::task::TaskView;
use app_model::text::{clipped, columns, printable};
use app_model::{Phase, SessionId, SessionView};
use serde::Serialize;

use super::style::Paint;
use super::table::Place;
use super::time::rfc3339;
use super::words::{elapsed_or_age, id_and_name};

/// Columns of a label at most.
const LABEL: usize = 40;

/// One task of `task ls --json`.
#[derive(Serialize)]
pub(crate) struct TaskJson<'a> {
    /// What names it: the session's id, or the identity it was reported with.
    id: String,
    kind: &'static str,
    parent: SessionId,
    session: Option<SessionId>,
    source: Option<&'a str>,
    label: &'a str,
    model: Option<&'a str>,
    phase: Phase,
    state: &'static str,
    outcome: Option<Outcome>,
    summary: Option<&'a str>,
    started_at: String,
    ended_at: Option<String>,
    elapsed_ms: u64,
    elapsed: String,
}

/// Tasks for scripts.
pub(crate) fn array(tasks: &[TaskView]) -> Vec<TaskJson<'_>> {
    tasks.iter().map(json).collect()
}

fn json(task: &TaskView) -> TaskJson<'_> {
    TaskJson {
        id: name(task),
        kind: if task.session.is_some() { "session" } else { "reported" },
        parent: task.parent,
        session: task.session,
        source: Some(task.source.as_str()).filter(|source| !source.is_empty()),
        label: &task.label,
        model: task.model.as_deref(),
        phase: task.phase,
        state: state(task),
        outcome: task.outcome,
        summary: task.summary.as_deref(),
        started_at: rfc3339(task.started_at_ms),
        ended_at: task.ended_at_ms.map(rfc3339),
        elapsed_ms: task.elapsed_ms,
        elapsed: elapsed(task.elapsed_ms),
    }
}

fn name(task: &TaskView) -> String {
    task.session.map_or_else(|| task.ext.clone(), |id| id.to_string())
}

/// One word for people.
pub(crate) fn state(task: &TaskView) -> &'static str {
    match task.outcome {
        None if task.phase.is_live() => "working",
        None => task.phase.word(),
        Some(Outcome::Ok) => "done",
        Some(Outcome::Failed) => "failed",
        Some(Outcome::Cancelled) => "cancelled",
    }
}

/// Tasks as a table, or in a pipe as lines with tabs.
pub(crate) fn table(tasks: &[TaskView], width: Option<usize>, paint: Paint) -> String {
    let rows: Vec<[String; 6]> = tasks.iter().map(row).collect();
    let Some(width) = width else {
        return rows.iter().map(|row| row.join("\t") + "\n").collect();
    };
    let headings = ["SESSION", "TASK", "LABEL", "STATE", "ELAPSED", "SUMMARY"].map(str::to_owned);
    let widest = |index: usize| {
        let cells = rows.iter().chain([&headings]).map(|row| columns(&row[index]));
        cells.max().unwrap_or(0).min(LABEL)
    };
    let widths: [usize; 6] = std::array::from_fn(widest);
    let line = |cells: &[String; 6]| {
        let cells = cells.iter().zip(widths).map(|(cell, width)| {
            let cell = clipped(cell, width);
            let padding = width.saturating_sub(columns(&cell));
            cell + &" ".repeat(padding)
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        clipped(line.trim_end(), width)
    };
    let mut out = paint.bold(&line(&headings)) + "\n";
    for row in &rows {
        out.push_str(&line(row));
        out.push('\n');
    }
    out
}

fn row(task: &TaskView) -> [String; 6] {
    let summary = task.summary.as_deref().unwrap_or_default();
    let model = task.model.as_deref().map(|model| format!(" ({model})")).unwrap_or_default();
    [
        task.parent.to_string(),
        printable(&name(task)),
        printable(&format!("{}{model}", task.label)),
        state(task).into(),
        elapsed(task.elapsed_ms),
        printable(summary),
    ]
}

/// Sessions with their tasks below them.
pub(crate) fn tree(views: &[SessionView], tasks: &[TaskView], place: Place<'_>) -> String {
    let shown = |id: SessionId| views.iter().any(|view| view.id == id);
    let tops = views.iter().filter(|view| view.parent.is_none_or(|parent| !shown(parent)));
    let mut out = String::new();
    for top in tops {
        branch(&mut out, Branch { views, tasks, place }, top, 0);
    }
    out
}

#[derive(Clone, Copy)]
struct Branch<'a> {
    views: &'a [SessionView],
    tasks: &'a [TaskView],
    place: Place<'a>,
}

/// No family is deeper than this.
const DEEPEST: usize = 16;

fn branch(out: &mut String, of: Branch<'_>, view: &SessionView, depth: usize) {
    let Branch { views, tasks, place } = of;
    let model = after_state(view.model.as_deref());
    let age = elapsed_or_age(view, place.now_ms);
    let line = format!("{} · {}{} · {age}", id_and_name(view), view.state(), model);
    leaf(out, place, depth, &line);
    if depth == DEEPEST {
        return;
    }
    for child in views.iter().filter(|child| child.parent == Some(view.id)) {
        branch(out, of, child, depth + 1);
    }
    let unseen = |task: &&TaskView| {
        let listed = task.session.is_some_and(|id| views.iter().any(|view| view.id == id));
        task.parent == view.id && !listed
    };
    for task in tasks.iter().filter(unseen) {
        let (label, model) = (printable(&task.label), after_state(task.model.as_deref()));
        let line = format!("{label} · {}{model} · {}", state(task), elapsed(task.elapsed_ms));
        leaf(out, place, depth + 1, &line);
    }
}

/// The model, to follow a state; nothing where none is known.
fn after_state(model: Option<&str>) -> String {
    model.map(|model| format!(" · {}", printable(model))).unwrap_or_default()
}

fn leaf(out: &mut String, place: Place<'_>, depth: usize, line: &str) {
    let mark = if depth == 0 { String::new() } else { "  ".repeat(depth - 1) + "└ " };
    let line = format!("{mark}{line}");
    out.push_str(&place.width.map_or(line.clone(), |width| clipped(&line, width)));
    out.push('\n');
}

#[cfg(test)]
mod tests {
    use super::super::session::samples::running;
    use super::*;

    fn reported() -> TaskView {
        TaskView {
            parent: running().id,
            session: None,
            ext: "a1".into(),
            source: "claude".into(),
            label: "review \x1b auth".into(),
            model: Some("haiku".into()),
            phase: Phase::Running,
            outcome: None,
            summary: None,
            started_at_ms: 0,
            ended_at_ms: None,
            elapsed_ms: 200_000,
        }
    }

    fn place() -> Place<'static> {
        Place { width: Some(60), paint: Paint::new(false), home: None, now_ms: 241_500 }
    }

    #[test]
    fn a_tree_shows_whom_a_task_belongs_to() {
        let child = SessionView {
            id: SessionId(0x0123_4567),
            name: "tests".into(),
            parent: Some(running().id),
            ..running()
        };
        insta::assert_snapshot!(tree(&[child, running()], &[reported()], place()), @r"
        7c5dcf5d · flaky-test · running · 3m 20s
        └ 01234567 · tests · running · 3m 20s
        └ review � auth · working · haiku · 3m 20s
        ");
    }

    #[test]
    fn a_table_says_how_it_went() {
        let over = TaskView {
            outcome: Some(Outcome::Ok),
            phase: Phase::Ended,
            summary: Some("nothing to complain about".into()),
            ..reported()
        };
        insta::assert_snapshot!(table(&[over, reported()], Some(80), Paint::new(false)), @r"
        SESSION   TASK  LABEL                  STATE    ELAPSED  SUMMARY
        7c5dcf5d  a1    review � auth (haiku)  done     3m 20s   nothing to complain ab…
        7c5dcf5d  a1    review � auth (haiku)  working  3m 20s
        ");
    }
}
