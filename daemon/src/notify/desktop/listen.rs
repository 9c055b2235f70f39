//! What comes of a bubble: a button is pressed, or it is closed.

use std::sync::Arc;

use app_model::SessionId;
use notify_rust::{CloseReason, NotificationHandle, NotificationResponse};
use tracing::{debug, warn};

use super::bubbles::{Bubble, Serial, Which};
use super::link::Link;
use super::look::{ATTACH, DISMISS};
use crate::notify::{channels, open};
use crate::service::Service;

/// What became of a bubble.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Became {
    /// A person wants the session.
    Wanted,
    /// A person wants nothing more of it.
    Dismissed,
    /// A person closed it.
    Closed,
    /// It is there no more, and nobody says that it was seen.
    Gone,
}

/// Waits until something becomes of the bubble with this number of ours.
pub(super) async fn to(
    handle: Arc<NotificationHandle>,
    link: Arc<Link>,
    service: Service,
    own: Serial,
) {
    let mut heard = None;
    handle.wait_for_action_async(|response| heard = became(response)).await;
    // Nothing is heard of a bus that is gone, and the link is over with it.
    if let Some(became) = heard {
        link.became(&service, Which::Ours(own), became);
    }
}

/// Does what it means that this became of a bubble.
pub(super) async fn act(
    became: Became,
    bubble: Bubble,
    handle: Option<Arc<NotificationHandle>>,
    service: Service,
) {
    debug!(number = bubble.number, ?became, "a bubble is done with");
    if became == Became::Gone {
        return;
    }
    if let (Became::Wanted, Some(session)) = (became, bubble.session) {
        tokio::spawn(open(session, service.clone()));
    }
    seen(&service, bubble.notices).await;
    if let (Became::Wanted | Became::Dismissed, Some(handle)) = (became, handle) {
        // Most servers have closed it by themselves.
        handle.close_async().await;
    }
}

/// None of a button that no bubble of ours has.
pub(super) fn became(response: &NotificationResponse) -> Option<Became> {
    match response {
        NotificationResponse::Default => Some(Became::Wanted),
        NotificationResponse::Action(key) if key == ATTACH => Some(Became::Wanted),
        NotificationResponse::Action(key) if key == DISMISS => Some(Became::Dismissed),
        NotificationResponse::Action(_) | NotificationResponse::Reply(_) => None,
        NotificationResponse::Closed(CloseReason::Dismissed) => Some(Became::Closed),
        NotificationResponse::Closed(
            CloseReason::Expired | CloseReason::CloseAction | CloseReason::Other(_),
        ) => Some(Became::Gone),
    }
}

async fn open(session: SessionId, service: Service) {
    let command = channels::attach_command(&service).await;
    open::session(session, command.as_deref()).await;
}

/// A person has put these notices away.
async fn seen(service: &Service, notices: Vec<u64>) {
    let written = service.store.with(move |registry| registry.notices_put_away(&notices)).await;
    if let Err(refused) = written {
        let error = &refused as &dyn std::error::Error;
        warn!(error, "what was seen could not be written down");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_person_puts_a_notice_away() {
        let closed = |reason: u32| became(&NotificationResponse::Closed(reason.into()));
        assert_eq!(closed(1), Some(Became::Gone));
        assert_eq!(closed(2), Some(Became::Closed));
        assert_eq!(closed(3), Some(Became::Gone));
        assert_eq!(closed(4), Some(Became::Gone));
    }

    #[test]
    fn a_click_opens_as_the_button_does_and_a_button_of_others_does_nothing() {
        let pressed = |key: &str| became(&key.into());
        assert_eq!(became(&NotificationResponse::Default), Some(Became::Wanted));
        assert_eq!(pressed("attach"), Some(Became::Wanted));
        assert_eq!(pressed("dismiss"), Some(Became::Dismissed));
        assert_eq!(pressed("snooze"), None);
    }
}
