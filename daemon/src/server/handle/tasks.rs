//! `task ls`: sessions that belong to another, and work inside agents that is heard of.

use app_model::report::Outcome;
use app_model::task::TaskView;
use app_model::{Exit, Phase, SessionId, SessionView};
use app_registry::{MAX_TASKS, TaskRow};
use app_sys::clock;
use app_wire::control::{Failure, Reply, Target};

use super::resolve::resolve;
use crate::server::failure::{of_shutdown, of_store};
use crate::service::Service;

pub(in crate::server) async fn handle(
    service: &Service,
    target: Option<&Target>,
    all: bool,
) -> Result<Reply, Failure> {
    let of = match target {
        Some(target) => Some(resolve(service, target).await?),
        None => None,
    };
    let live = service.supervisor.all().await.map_err(of_shutdown)?;
    let known = service.known(&live, false).await;
    let found = service
        .store
        .with(move |registry| Ok((registry.children(of, all)?, registry.reported_tasks(of, all)?)));
    let (children, reported) = found.await.map_err(|error| of_store(&error))?;
    let children = service.views(children, &known, false).await;
    let boot_id = &service.config.boot_id;
    let mut tasks: Vec<_> = children.iter().filter_map(of_session).collect();
    tasks.extend(reported.into_iter().map(|row| of_report(row, boot_id)));
    tasks.sort_by_key(|task| std::cmp::Reverse(task.started_at_ms));
    tasks.truncate(MAX_TASKS);
    Ok(Reply::Tasks(tasks))
}

/// A session as a task of its parent.
fn of_session(view: &SessionView) -> Option<TaskView> {
    Some(TaskView {
        parent: view.parent?,
        session: Some(view.id),
        ext: String::new(),
        source: String::new(),
        label: view.name.clone(),
        model: view.model.clone(),
        phase: view.phase,
        outcome: view.exit.map(|exit| match exit {
            Exit::Code(0) => Outcome::Ok,
            _ if view.stop_asked || view.was_interrupted() => Outcome::Cancelled,
            Exit::Code(_) | Exit::Signal(_) | Exit::Lost(_) => Outcome::Failed,
        }),
        summary: view.last_line.clone(),
        started_at_ms: view.started_at_ms.unwrap_or(view.created_at_ms),
        ended_at_ms: view.ended_at_ms,
        elapsed_ms: view.elapsed_ms.unwrap_or(0),
    })
}

fn of_report(row: TaskRow, boot_id: &str) -> TaskView {
    let so_far = || {
        let (boot, wall) = (clock::boot_ms(), clock::wall_ms());
        if row.boot_id == boot_id {
            boot.saturating_sub(row.began_boot_ms)
        } else {
            u64::try_from(wall - row.began_at_ms).unwrap_or(0)
        }
    };
    TaskView {
        parent: row.session,
        session: None,
        elapsed_ms: row.elapsed_ms.unwrap_or_else(so_far),
        phase: if row.ended_at_ms.is_some() { Phase::Ended } else { Phase::Running },
        ext: row.ext,
        source: row.source,
        label: row.label,
        model: row.model,
        outcome: row.outcome,
        summary: row.summary,
        started_at_ms: row.began_at_ms,
        ended_at_ms: row.ended_at_ms,
    }
}

/// There are as many live tasks as there may be.
pub(super) fn too_many(parent: SessionId, most: u32) -> Failure {
    let s = if most == 1 { "" } else { "s" };
    Failure {
        hint: Some(format!(
            "Wait for one of them: `appctl task ls {parent}` lists them. Or allow more: \
             `max_live` in the table `[tasks]` of config.toml."
        )),
        ..crate::server::failure::failure(
            app_wire::control::ErrorCode::Conflict,
            format!("the session {parent} has {most} live task{s}, and may not have more"),
        )
    }
}
