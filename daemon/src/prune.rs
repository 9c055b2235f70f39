//! Makes room: removes what is left of sessions that ended long ago, or took too much.
//!
//! Once soon after the start and then once a day, and when somebody asks. What goes is
//! decided by [`app_model::retention`]; here directories are measured, and deleted.
//!
//! # Invariants
//!
//! 1. A session that was run, pinned or put to sleep since it was looked at stays: the
//!    registry decides in the transaction that forgets it.
//! 2. A crash in between costs nothing: what was forgotten has a tombstone, and what was
//!    deleted of a transcript would have gone next.
//! 3. One directory at a time, away from the daemon's loop, and the registry is asked for
//!    little at a time: whoever starts a session or looks at one does not wait.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::path::Path;
use std::time::Duration;

use app_model::SessionId;
use app_model::retention::{Fate, Kept, decide};
use app_registry::{PRUNABLE, Prunable};
use app_sys::{clock, fault};
use app_wire::control::{Pruned, PrunedSession};
use tracing::{info, warn};

use crate::ledger;
use crate::recover::bury;
use crate::service::Service;
use crate::store::StoreError;

/// How long after the start the first look is: those who wait for the daemon come first.
const AFTER_START: Duration = Duration::from_secs(5);

/// From one look to the next.
const EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// Sessions that an answer names.
const NAMED: usize = 1_000;

/// Runs until the daemon ends.
pub async fn run(service: Service) {
    let mut pause = AFTER_START;
    loop {
        tokio::select! {
            () = tokio::time::sleep(pause) => pause = EVERY,
            () = service.end.cancelled() => return,
        }
        if let Err(refused) = prune(&service, false).await {
            let error = &refused as &dyn std::error::Error;
            warn!(error, "no room could be made; it is tried again tomorrow");
        }
    }
}

/// Makes room, or with `dry_run` only says what that would remove.
pub async fn prune(service: &Service, dry_run: bool) -> Result<Pruned, StoreError> {
    let (policy, all) = (service.settings().await.retention, prunable(service).await?);
    let mut kept = Vec::with_capacity(all.len());
    for old in &all {
        kept.push(measured(service, old).await);
    }
    let old: HashMap<SessionId, Prunable> = all.into_iter().map(|old| (old.id, old)).collect();
    let mut pruned = Pruned { sessions: vec![], count: 0, bytes: 0, dry_run };
    for (one, fate, bytes) in decide(&kept, policy, clock::wall_ms()) {
        let Some(old) = old.get(&one.id) else { continue };
        fault::point("prune.chosen");
        if !dry_run && !carry_out(service, old, fate, bytes).await? {
            continue; // Invariant 1.
        }
        pruned.count += 1;
        pruned.bytes += bytes;
        if pruned.sessions.len() < NAMED {
            let removed = fate == Fate::Remove;
            let (id, name, ended_at_ms) = (old.id, old.name.clone(), old.ended_at_ms);
            pruned.sessions.push(PrunedSession { id, name, ended_at_ms, bytes, removed });
        }
    }
    if !dry_run && pruned.count > 0 {
        info!(sessions = pruned.count, bytes = pruned.bytes, "made room");
    }
    Ok(pruned)
}

async fn prunable(service: &Service) -> Result<Vec<Prunable>, StoreError> {
    let mut all: Vec<Prunable> = Vec::new();
    loop {
        let after = all.last().map(|last| (last.ended_at_ms, last.id));
        let page = service.store.with(move |registry| registry.prunable(after)).await?;
        let is_last = page.len() < PRUNABLE;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

async fn measured(service: &Service, old: &Prunable) -> Kept {
    let dir = service.config.places.session_dir(old.id);
    let (transcript_bytes, other_bytes) =
        tokio::task::spawn_blocking(move || size(&dir)).await.unwrap_or((0, 0));
    Kept { id: old.id, ended_at_ms: old.ended_at_ms, transcript_bytes, other_bytes }
}

/// Says whether it was done.
async fn carry_out(
    service: &Service,
    old: &Prunable,
    fate: Fate,
    bytes: u64,
) -> Result<bool, StoreError> {
    let (id, at) = (old.id, clock::wall_ms());
    match fate {
        Fate::Remove => {
            let gone = old.clone();
            let dir = service.config.places.session_dir(id);
            let forgotten = service.store.with(move |registry| {
                let forgotten = registry.remove_pruned(&gone, at)?;
                if forgotten && let Err(refused) = ledger::disown(&dir) {
                    warn!(session = %id, error = &refused as &dyn std::error::Error, "left a name");
                }
                Ok(forgotten)
            });
            let forgotten = forgotten.await?;
            if forgotten {
                fault::point("prune.forgotten");
                bury(service, id).await;
            }
            Ok(forgotten)
        }
        Fate::Empty => {
            let (dir, newest) = (service.config.places.session_dir(id), old.run.0);
            let emptied = tokio::task::spawn_blocking(move || empty(&dir, newest)).await;
            if !emptied.unwrap_or(false) {
                return Ok(false);
            }
            fault::point("prune.emptied");
            service.store.with(move |registry| registry.emptied(id, bytes, at)).await?;
            Ok(true)
        }
    }
}

/// Bytes on disk in a session's directory: of what it wrote, and of everything else.
fn size(dir: &Path) -> (u64, u64) {
    let (mut transcripts, mut other) = (0, 0);
    for (path, is_run, meta) in files(dir) {
        if is_run && is_transcript(&path) {
            transcripts += on_disk(&meta);
        } else {
            other += on_disk(&meta);
        }
    }
    (transcripts, other)
}

/// Deletes what runs up to `newest` wrote. Says whether all of it is gone.
fn empty(dir: &Path, newest: u32) -> bool {
    let mut all = true;
    for (path, is_run, _) in files(dir) {
        let run = path.parent().and_then(Path::file_name).and_then(|name| name.to_str());
        let run = run.and_then(|name| name.strip_prefix("run-")?.parse::<u32>().ok());
        let goes = is_run && is_transcript(&path) && run.is_some_and(|run| run <= newest);
        if goes && let Err(error) = fs::remove_file(&path) {
            warn!(path = %path.display(), %error, "could not be deleted");
            all = false;
        }
        if goes {
            fault::point("prune.deleted");
        }
    }
    all
}

/// The files of a session, and whether each is a run's. Links are not followed.
fn files(dir: &Path) -> Vec<(std::path::PathBuf, bool, Metadata)> {
    let entries = |dir: &Path| fs::read_dir(dir).into_iter().flatten().flatten();
    let mut found = Vec::new();
    for entry in entries(dir) {
        let Ok(meta) = entry.path().symlink_metadata() else { continue };
        if !meta.is_dir() {
            found.push((entry.path(), false, meta));
            continue;
        }
        for inner in entries(&entry.path()) {
            if let Ok(meta) = inner.path().symlink_metadata() {
                found.push((inner.path(), true, meta));
            }
        }
    }
    found
}

fn is_transcript(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.starts_with("transcript.") || name.starts_with("timing.")
}

/// What a file takes, holes not counted.
fn on_disk(meta: &Metadata) -> u64 {
    use std::os::unix::fs::MetadataExt as _;

    /// What `st_blocks` counts in.
    const BLOCK: u64 = 512;
    meta.blocks().saturating_mul(BLOCK)
}
