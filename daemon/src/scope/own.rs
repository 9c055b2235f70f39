//! The daemon's own place: one that was started on demand belongs to whoever started it,
//! and ends with their log-in, unless it moves.

use std::fs;

use app_model::Limits;
use tracing::{info, warn};

use super::entry::Entry;
use super::{Scopes, names};

/// Moves this process into a scope of its own if it is in somebody else's.
pub async fn leave_foreign_scope(scopes: Scopes) {
    let Ok(groups) = fs::read_to_string("/proc/self/cgroup") else { return };
    let unit = names::path_in(&groups).and_then(names::unit_of).unwrap_or_default();
    if !names::is_foreign_scope(unit) || scopes.manager().await.is_none() {
        return;
    }
    let pid = std::process::id();
    let entry = Entry {
        names: vec![names::of_daemon(pid)],
        slice: names::DAEMON_SLICE,
        description: "Supervisor of long-running terminal work, started on demand".into(),
        pid,
        limits: Limits::default(),
    };
    match scopes.make(entry).await {
        Some(now) => info!(from = unit, now, "in a scope of its own"),
        None => warn!(unit, "the daemon stays there, and ends with it"),
    }
}
