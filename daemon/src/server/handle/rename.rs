//! `rename`: another name, in the registry and in the session's directory.

use app_model::name;
use app_sys::clock;
use app_wire::control::{ErrorCode, Failure, Reply, Target};

use super::disk::on_disk;
use super::resolve::resolve;
use crate::ledger;
use crate::server::failure::{failure, of_store};
use crate::service::Service;

pub(in crate::server) async fn handle(
    service: &Service,
    target: &Target,
    name: &str,
) -> Result<Reply, Failure> {
    let id = resolve(service, target).await?;
    let name = name::checked(name).map_err(|wrong| failure(ErrorCode::Usage, wrong.to_string()))?;
    let places = service.config.places.clone();
    let (new, at) = (name.clone(), clock::wall_ms());
    let renamed = service.store.with(move |registry| registry.rename(id, &new, at)).await;
    if !renamed.map_err(|error| of_store(&error))? {
        return Err(failure(ErrorCode::NotFound, format!("the session {id} was removed")));
    }
    on_disk(move || {
        let mut meta = ledger::read_meta(&places.session_dir(id))?;
        meta.name = name;
        ledger::write_meta(&places, &meta)
    })
    .await?;
    Ok(Reply::Done)
}
