//! `unenforced`, and whatever else is said of limits: which were asked for, and which of them
//! mean nothing here.

use app_model::{Limit, Limits, SessionId};
use app_wire::control::{Failure, Reply, Target};

use super::disk::on_disk;
use super::resolve::resolve;
use crate::ledger;
use crate::scope;
use crate::server::failure::of_shutdown;
use crate::service::Service;
use crate::session::SessionHandle;

pub(in crate::server) async fn handle(
    service: &Service,
    target: &Target,
) -> Result<Reply, Failure> {
    let id = resolve(service, target).await?;
    let live = service.supervisor.get(id).await.map_err(of_shutdown)?;
    let status = live.and_then(|live| live.live().status);
    let found = match status {
        Some(status) => {
            let limits = limits_of(service, id).await?;
            Some(words(&look(id, status.holder_pid, limits).await))
        }
        None => None,
    };
    Ok(Reply::Unenforced(found))
}

/// Words for the limits that are not enforced on this run.
pub(super) async fn unenforced(
    service: &Service,
    live: &SessionHandle,
    limits: Limits,
) -> Vec<String> {
    let asked = limits.set();
    if asked.is_empty() {
        return vec![];
    }
    let holder = live.live().status.map(|status| status.holder_pid);
    let found = match holder {
        _ if !service.scopes.may_be_there() => asked,
        Some(holder) => look(live.id, holder, limits).await,
        // It is over, and nobody has seen its group.
        None => vec![],
    };
    words(&found)
}

/// Looks at the group that the holder is in.
async fn look(id: SessionId, holder: u32, limits: Limits) -> Vec<Limit> {
    let looked = tokio::task::spawn_blocking(move || scope::unenforced(id, holder, &limits));
    looked.await.unwrap_or_default()
}

fn words(limits: &[Limit]) -> Vec<String> {
    limits.iter().map(|limit| limit.word().to_owned()).collect()
}

/// The limits of a session, as its spec has them.
pub(super) async fn limits_of(service: &Service, id: SessionId) -> Result<Limits, Failure> {
    let places = service.config.places.clone();
    let spec = on_disk(move || ledger::read_spec(&places.session_dir(id))).await?;
    Ok(spec.limits)
}
