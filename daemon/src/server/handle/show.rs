//! `show`: one session with everything known.

use app_wire::control::{Failure, Reply, Target};

use super::resolve::{resolve, view_of};
use crate::service::Service;

pub(in crate::server) async fn handle(
    service: &Service,
    target: &Target,
) -> Result<Reply, Failure> {
    let id = resolve(service, target).await?;
    Ok(Reply::Session(Box::new(view_of(service, id, true).await?)))
}
