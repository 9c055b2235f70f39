//! `prune`: makes room now, or says what that would remove.

use app_wire::control::{Failure, Reply};

use crate::prune::prune;
use crate::server::failure::{caused, of_store};
use crate::service::Service;

pub(in crate::server) async fn handle(service: &Service, dry_run: bool) -> Result<Reply, Failure> {
    // In a task of its own: a client that hangs up must not leave half of it.
    let service = service.clone();
    let pruned = tokio::spawn(async move { prune(&service, dry_run).await });
    match pruned.await {
        Ok(pruned) => Ok(Reply::Pruned(pruned.map_err(|error| of_store(&error))?)),
        Err(panic) => Err(caused("no room could be made", &panic)),
    }
}
