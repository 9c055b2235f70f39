//! One session: with everything known for `show`, or with what is at hand.

use app_wire::control::{Failure, Reply, Target};

use super::limits;
use super::resolve::{find, resolve, view_of};
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
    let mut view = view_of(service, id, detail).await?;
    limits::add(service, &mut view).await;
    Ok(Reply::Session(Box::new(view)))
}
