//! One session: with everything known for `show`, or with what is at hand.

use app_wire::control::{Failure, Reply, Target};

use super::resolve::{find, fresh_view_of, resolve};
use crate::service::Service;

pub(in crate::server) async fn handle(
    service: &Service,
    target: &Target,
    detail: bool,
) -> Result<Reply, Failure> {
    if !detail {
        return Ok(Reply::Session(Box::new(find(service, target).await?)));
    }
    let id = resolve(service, target).await?;
    let mut view = fresh_view_of(service, id).await?;
    service.inspector.add(&service.config.places, &service.usages, &mut view).await;
    Ok(Reply::Session(Box::new(view)))
}
