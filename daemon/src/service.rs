//! What every request may use: handles to the owners of the daemon's state.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use app_model::SessionId;
use app_model::SessionView;
use app_model::restart::Plan;
use app_model::settings::Settings;
use app_registry::SessionRow;
use app_sys::clock;
use app_wire::hold::Status;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;

use crate::clocks::clocks;
use crate::config::Config;
use crate::details::Inspector;
use crate::disk::Disk;
use crate::notify::Teller;
use crate::scope::Scopes;
use crate::session::{Live, SessionHandle};
use crate::store::Store;
use crate::supervisor::Supervisor;
use crate::usage::{FEW, Usages};

/// How long a list waits for a holder that is slow to say what is true.
const REFRESH_LIMIT: Duration = Duration::from_millis(300);

/// What is known of live sessions.
pub type Known = HashMap<SessionId, Live>;

/// Handles, cheap to clone.
#[derive(Clone, Debug)]
pub struct Service {
    /// What the daemon was told.
    pub config: Arc<Config>,
    /// The registry.
    pub store: Store,
    /// The live sessions.
    pub supervisor: Supervisor,
    /// What tells a person.
    pub notices: Teller,
    /// What puts runs into scopes.
    pub scopes: Scopes,
    /// Woken when a run has been planned, or what was planned has changed.
    pub planned: Arc<Notify>,
    /// Woken when a session has come to rest.
    pub resting: Arc<Notify>,
    /// Room for clients on the control socket.
    pub clients: Arc<Semaphore>,
    /// Room for clients inside of sessions.
    pub inside: Arc<Semaphore>,
    /// What brings things to the disk.
    pub disk: Disk,
    /// What sessions use.
    pub usages: Arc<Usages>,
    /// What looks at all there is to know of one session.
    pub inspector: Inspector,
    /// Ends the daemon.
    pub end: CancellationToken,
    /// When it started, on the clock that counts suspend.
    pub started_boot_ms: u64,
}

impl Service {
    /// The settings as they are now, looked at away from the loop.
    pub async fn settings(&self) -> Arc<Settings> {
        let notices = self.notices.clone();
        tokio::task::spawn_blocking(move || notices.settings()).await.unwrap_or_default()
    }

    /// What is known live; with `detail` holders are asked first: of a few all, of many those
    /// that do not tell by themselves, or a list would wake every one of them. Take it *before*
    /// the rows it is laid over: then a run that ends in between shows as ended.
    pub async fn known(&self, live: &[SessionHandle], detail: bool) -> Known {
        if detail {
            let few = live.len() <= FEW;
            let asked = live.iter().filter(|handle| few || !handle.live().tells_times());
            let asked = asked.map(|handle| handle.refresh(REFRESH_LIMIT));
            futures_util::future::join_all(asked).await;
        }
        live.iter().map(|handle| (handle.id, handle.live())).collect()
    }

    /// Sessions as they are shown: the registry's rows, what is known live, and with
    /// `detail` what the kernel must be asked for.
    pub async fn views(
        &self,
        rows: Vec<SessionRow>,
        known: &Known,
        detail: bool,
    ) -> Vec<SessionView> {
        let mut views: Vec<_> = rows.into_iter().map(|row| self.view(row, known)).collect();
        if detail {
            self.add_usage(&mut views).await;
        }
        views
    }

    fn view(&self, row: SessionRow, known: &Known) -> SessionView {
        let SessionRow { mut view, boot_id, started_boot_ms, due, .. } = row;
        view.dir = self.config.places.session_dir(view.id).into();
        if view.exit.is_some() {
            if let Some(due) = due {
                let left = due.left(&clocks()).as_millis();
                view.comeback.plan = Plan::Again { in_ms: u64::try_from(left).unwrap_or(0) };
            }
            return view;
        }
        if boot_id == self.config.boot_id {
            view.elapsed_ms = started_boot_ms.map(|start| clock::boot_ms().saturating_sub(start));
        }
        if let Some(live) = known.get(&view.id).filter(|live| live.run == view.run && !live.over) {
            view.phase = live.phase;
            if let Some(status) = &live.status {
                lay_over(&mut view, status);
            }
        }
        view
    }

    async fn add_usage(&self, views: &mut [SessionView]) {
        let holders: Vec<_> = views
            .iter()
            .filter(|view| view.phase.is_live())
            .filter_map(|view| Some((view.id, view.holder_pid?)))
            .collect();
        if holders.is_empty() {
            return;
        }
        let usages = self.usages.clone();
        let looked = tokio::task::spawn_blocking(move || usages.of(&holders)).await;
        let used = looked.unwrap_or_default();
        for view in views {
            view.usage = used.get(&view.id).copied();
        }
    }
}

/// What a holder says of its run, on what the registry knows.
fn lay_over(view: &mut SessionView, status: &Status) {
    view.attached = status.attached;
    view.title.clone_from(&status.title);
    view.pid = Some(status.child_pid);
    view.holder_pid = Some(status.holder_pid);
    view.last_output_at_ms = Some(status.last_output_at_ms).filter(|&at| at > 0);
}
