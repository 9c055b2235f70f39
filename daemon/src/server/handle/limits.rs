//! What is said of limits: which were asked for, and which of them mean nothing here.

use app_model::{Limits, SessionId};
use app_wire::control::Failure;

use super::disk::on_disk;
use crate::ledger;
use crate::scope;
use crate::service::Service;
use crate::session::SessionHandle;

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
        Some(holder) => {
            let id = live.id;
            let looked =
                tokio::task::spawn_blocking(move || scope::unenforced(id, holder, &limits));
            looked.await.unwrap_or_default()
        }
        // It is over, and nobody has seen its group.
        None => vec![],
    };
    found.into_iter().map(|limit| limit.word().to_owned()).collect()
}

/// The limits of a session, as its spec has them.
pub(super) async fn limits_of(service: &Service, id: SessionId) -> Result<Limits, Failure> {
    let places = service.config.places.clone();
    let spec = on_disk(move || ledger::read_spec(&places.session_dir(id))).await?;
    Ok(spec.limits)
}
