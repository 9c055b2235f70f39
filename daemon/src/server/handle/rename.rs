//! `rename`: another name, in the registry and in the session's directory.

use app_model::name;
use app_sys::{clock, fault};
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
    fault::point("rename.committed");
    on_disk(move || ledger::rename(&places, id, name)).await?;
    fault::point("rename.written");
    Ok(Reply::Done)
}
