//! `pin` and `unpin`: a session is kept, or not: in the registry and in its directory.

use app_sys::clock;
use app_wire::control::{ErrorCode, Failure, Reply, Target};

use super::disk::on_disk;
use super::resolve::resolve_all;
use crate::ledger;
use crate::server::failure::{failure, of_store};
use crate::service::Service;

pub(in crate::server) async fn handle(
    service: &Service,
    targets: &[Target],
    pinned: bool,
) -> Result<Reply, Failure> {
    for id in resolve_all(service, targets).await? {
        let at = clock::wall_ms();
        let known = service.store.with(move |registry| registry.pin(id, pinned, at)).await;
        if !known.map_err(|error| of_store(&error))? {
            return Err(failure(ErrorCode::NotFound, format!("the session {id} was removed")));
        }
        let places = service.config.places.clone();
        on_disk(move || {
            let mut meta = ledger::read_meta(&places.session_dir(id))?;
            meta.pinned = pinned;
            ledger::write_meta(&places, &meta)
        })
        .await?;
    }
    Ok(Reply::Done)
}
