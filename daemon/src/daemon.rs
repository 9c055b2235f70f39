//! The life of a daemon, from the lock to the end.

use std::os::unix::net::UnixListener;
use std::sync::Arc;

use app_sys::lock::Lock;
use app_sys::{clock, process};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{Notify, Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tracing::{info, warn};

use crate::boot::{self, Begin, BootError, Control, Starter};
use crate::budget::Budget;
use crate::comeback;
use crate::config::{self, Config};
use crate::details::Inspector;
use crate::disk::Disk;
use crate::idle;
use crate::manager;
use crate::notify::{self, Rollups, Teller};
use crate::pressure;
use crate::profiles::KnownProfiles;
use crate::prune;
use crate::rebuild::open_or_rebuild;
use crate::recover::recover;
use crate::scope::{Scopes, leave_foreign_scope};
use crate::server::{accept, inside};
use crate::service::Service;
use crate::session::actor::Around;
use crate::store::Store;
use crate::supervisor::Supervisor;

/// Most threads for work that may wait for a disk: reading records, deleting directories,
/// looking at the process table.
const BLOCKING_THREADS: usize = 8;

/// Sockets of sessions that may wait to be served: taking one takes no time.
const DOORS: usize = 64;

/// Runs until somebody ends it. Only for the holder of the lock.
pub fn run(begin: Begin, lock: Lock, starter: Starter) -> Result<(), BootError> {
    let Begin { places, inherited, on_demand } = begin;
    let limits = process::raise_fd_limit()
        .inspect_err(|error| warn!(%error, "the limit of open files stays as it is"))
        .ok();
    let config = Config {
        programs: config::programs(),
        budget: Budget::of(process::fd_limit().soft),
        boot_id: clock::boot_id(),
        session_fd_limit: limits.and_then(|limits| limits.soft),
        on_demand,
        places,
    };
    // One thread runs all tasks: they only wait and decide, and handing one from thread to
    // thread would cost more than any of them does.
    let runtime = tokio::runtime::Builder::new_current_thread()
        .max_blocking_threads(BLOCKING_THREADS)
        .enable_all()
        .build()
        .map_err(|source| BootError::System { what: "threads", source });
    let outcome = runtime.and_then(|runtime| {
        let outcome = runtime.block_on(serve(config, inherited, &lock, starter));
        // Tasks that wait for the outside world must not keep the daemon.
        runtime.shutdown_background();
        outcome
    });
    info!("the daemon ends");
    // Given back by the kernel when the process is gone, and not before: a thread may still
    // be closing the registry, which is no other daemon's until then.
    std::mem::forget(lock);
    outcome
}

async fn serve(
    config: Config,
    inherited: Option<UnixListener>,
    lock: &Lock,
    starter: Starter,
) -> Result<(), BootError> {
    let open = CancellationToken::new();
    let (service, control, rollups) = match set_up(config, inherited, lock, open.clone()).await {
        Ok(ready) => ready,
        Err(error) => {
            starter.failed(&error);
            return Err(error);
        }
    };
    open.cancel();
    tokio::spawn(notify::run(service.clone()));
    tokio::spawn(comeback::run(service.clone()));
    tokio::spawn(idle::run(service.clone()));
    tokio::spawn(pressure::run(service.clone()));
    tokio::spawn(prune::run(service.clone()));
    tokio::spawn(notify::roll_up(service.clone(), rollups));
    let signals = tokio::spawn(end_on_signals(service.end.clone()));
    info!(version = env!("CARGO_PKG_VERSION"), pid = std::process::id(), "the daemon is ready");
    starter.ready();
    tokio::spawn(manager::run(service.supervisor.clone()));
    if service.config.on_demand {
        tokio::spawn(leave_foreign_scope(service.scopes.clone()));
    }
    let socket = service.config.places.control_socket();
    accept::run(control.listener, service).await;
    manager::ending();
    signals.abort();
    if control.is_ours {
        // If it fails, the next daemon does it.
        drop(std::fs::remove_file(socket));
    }
    Ok(())
}

/// Everything but the answering of requests: clients that connect now wait a moment, those
/// inside of sessions until it is `open`.
async fn set_up(
    config: Config,
    inherited: Option<UnixListener>,
    lock: &Lock,
    open: CancellationToken,
) -> Result<(Service, Control, Rollups), BootError> {
    let control = boot::listen(&config.places, inherited, lock)?;
    let profiles = KnownProfiles::read(config.places.config.join("agents"));
    let places = config.places.clone();
    let registry = tokio::task::spawn_blocking(move || open_or_rebuild(&places))
        .await
        .map_err(|panic| BootError::System { what: "a thread", source: panic.into() })??;
    profiles.settled().await;
    let end = CancellationToken::new();
    let store = Store::spawn(registry, end.clone())
        .map_err(|source| BootError::System { what: "a thread", source })?;
    let config = Arc::new(config);
    let (notices, rollups) = Teller::new(&config.places.config_file());
    let scopes = Scopes::look();
    let (planned, resting) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let disk = Disk::spawn(config.places.clone());
    let around = Around {
        store: store.clone(),
        notices: notices.clone(),
        profiles,
        scopes: scopes.clone(),
        planned: planned.clone(),
        resting: resting.clone(),
        disk: disk.clone(),
    };
    let (doors, opened) = mpsc::channel(DOORS);
    let service = Service {
        supervisor: Supervisor::spawn(config.clone(), around, doors),
        clients: Arc::new(Semaphore::new(config.budget.clients)),
        inside: Arc::new(Semaphore::new(config.budget.inside)),
        config,
        store,
        notices,
        scopes,
        planned,
        resting,
        disk,
        usages: Arc::default(),
        inspector: Inspector::default(),
        end,
        started_boot_ms: clock::boot_ms(),
    };
    tokio::spawn(inside::run(opened, service.clone(), open));
    recover(&service).await?;
    Ok((service, control, rollups))
}

/// SIGTERM and SIGINT end the daemon; SIGHUP does not: it outlives terminals.
async fn end_on_signals(end: CancellationToken) {
    let handlers = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
        signal(SignalKind::hangup()),
    );
    let (Ok(mut terminate), Ok(mut interrupt), Ok(mut hangup)) = handlers else {
        warn!("signals cannot be handled; they end the daemon the hard way");
        return;
    };
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => {}
        }
    }
    info!("told to end by a signal");
    end.cancel();
}
