//! `appctl prune`: room is made now.

use std::time::Duration;

use app_model::elapsed::ago;
use app_model::text::printable;
use app_wire::control::{Pruned, PrunedSession, Reply, Request};
use serde_json::json;

use super::Done;
use super::context::Context;
use crate::cli;
use crate::connect::AskError;
use crate::exit::Status;
use crate::render::time::rfc3339;
use crate::render::words::amount;

/// How long a disk with very many records may take.
const LIMIT: Duration = Duration::from_secs(10 * 60);

pub(super) fn run(context: &Context, args: &cli::Prune) -> Done {
    let mut daemon = context.daemon()?;
    let request = Request::Prune { dry_run: args.dry_run };
    let Reply::Pruned(pruned) = daemon.ask_within(&request, Some(LIMIT))? else {
        return Err(AskError::OffTopic.into());
    };
    if context.output.json {
        context.output.json(&json(&pruned))?;
    } else {
        context.output.text(&text(&pruned, app_sys::clock::wall_ms()))?;
    }
    Ok(Status::DONE)
}

fn json(pruned: &Pruned) -> serde_json::Value {
    let one = |old: &PrunedSession| {
        json!({
            "id": old.id,
            "name": old.name,
            "ended_at": rfc3339(old.ended_at_ms),
            "bytes": old.bytes,
            "removed": old.removed,
        })
    };
    json!({
        "dry_run": pruned.dry_run,
        "count": pruned.count,
        "bytes": pruned.bytes,
        "sessions": pruned.sessions.iter().map(one).collect::<Vec<_>>(),
    })
}

/// A line for each session, and one for all.
fn text(pruned: &Pruned, now_ms: i64) -> String {
    let would = if pruned.dry_run { "would be " } else { "" };
    let mut out = String::new();
    for PrunedSession { id, name, ended_at_ms, bytes, removed } in &pruned.sessions {
        let what = if *removed { "removed" } else { "emptied" };
        let ended = ago(u64::try_from(now_ms - ended_at_ms).unwrap_or(0));
        let (name, bytes) = (printable(name), amount(*bytes));
        out.push_str(&format!("{would}{what} · {id} · {name} · ended {ended} · {bytes}\n"));
    }
    let more = pruned.count.saturating_sub(u64::try_from(pruned.sessions.len()).unwrap_or(0));
    if more > 0 {
        out.push_str(&format!("… and {more} more\n"));
    }
    let (count, bytes) = (pruned.count, amount(pruned.bytes));
    out.push_str(&match (count, pruned.dry_run) {
        (0, _) => "nothing is old enough or too much\n".to_owned(),
        (_, true) => format!("{bytes} of {count} sessions would be free\n"),
        (_, false) => format!("{bytes} of {count} sessions are free\n"),
    });
    out
}

#[cfg(test)]
mod tests {
    use app_model::SessionId;

    use super::*;

    #[test]
    fn it_says_what_went_and_how_much_that_was() {
        let old = |removed| PrunedSession {
            id: SessionId(0x7c5d_cf5d),
            name: "old\x1b[31m".into(),
            ended_at_ms: 0,
            bytes: 1_536,
            removed,
        };
        let pruned = Pruned {
            sessions: vec![old(true), old(false)],
            count: 5,
            bytes: 3_072,
            dry_run: false,
        };
        insta::assert_snapshot!(text(&pruned, 180_000), @r"
        removed · 7c5dcf5d · old�[31m · ended 3m ago · 1.5 KiB
        emptied · 7c5dcf5d · old�[31m · ended 3m ago · 1.5 KiB
        … and 3 more
        3.0 KiB of 5 sessions are free
        ");
        let nothing = Pruned { sessions: vec![], count: 0, bytes: 0, dry_run: true };
        assert_eq!(text(&nothing, 0), "nothing is old enough or too much\n");
    }
}
