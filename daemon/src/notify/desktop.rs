//! The desktop's own notifications: D-Bus on Linux (Desktop Notifications Specification
//! 1.2), Notification Center on macOS.
//!
//! Each notice connects anew, so a desktop that comes later, or comes back, is found. The
//! session bus is where `DBUS_SESSION_BUS_ADDRESS` says, else `$XDG_RUNTIME_DIR/bus`.
//!
//! # Invariants
//!
//! 1. A session has one bubble: its next notice replaces the one before.
//! 2. A bubble is listened to only while there is room for it, and not for ever.

use std::time::Duration;

use notify_rust::Notification;

use super::channels::Parcel;

/// How long the desktop may take. A bus that accepts and never answers is common enough.
const LIMIT: Duration = Duration::from_secs(2);

/// The name under which the desktop files our notices.
const APP_NAME: &str = "appctl";

/// Why the desktop did not show a notice.
#[derive(Debug, thiserror::Error)]
pub(super) enum DesktopError {
    /// There is no bus, or nobody on it who shows notices.
    #[error("the desktop did not take it")]
    Refused(#[from] notify_rust::error::Error),
    /// There is no bus, or nobody on it who answers.
    #[cfg(not(target_os = "macos"))]
    #[error("the desktop cannot be asked")]
    Unasked(#[from] zbus::Error),
    /// It said nothing.
    #[error("the desktop said nothing for {LIMIT:?}")]
    Silent,
}

/// The desktop, and the bubbles that are on it.
#[derive(Debug, Default)]
pub(super) struct Desktop {
    #[cfg(not(target_os = "macos"))]
    bubbles: bus::Bubbles,
}

impl Desktop {
    /// Shows a notice, or says why not, within [`LIMIT`]. `attach` is the command that
    /// opens a session, if the settings name one.
    pub(super) async fn show(
        &self,
        parcel: &Parcel,
        attach: Option<&str>,
    ) -> Result<(), DesktopError> {
        match tokio::time::timeout(LIMIT, self.send(parcel, attach)).await {
            Ok(sent) => sent,
            Err(_) => Err(DesktopError::Silent),
        }
    }

    #[cfg(not(target_os = "macos"))]
    async fn send(&self, parcel: &Parcel, attach: Option<&str>) -> Result<(), DesktopError> {
        let abilities = bus::abilities().await?;
        let mut notification = notification(parcel, abilities.markup);
        self.bubbles.show(&mut notification, parcel, attach, abilities).await
    }

    /// The call blocks, and the first one may ask the person for an application unless one
    /// is named before.
    #[cfg(target_os = "macos")]
    async fn send(&self, parcel: &Parcel, _attach: Option<&str>) -> Result<(), DesktopError> {
        let notification = notification(parcel, false);
        let shown = tokio::task::spawn_blocking(move || {
            notify_rust::set_application("com.apple.Terminal")?;
            notification.show().map(drop)
        });
        Ok(shown.await.unwrap_or(Ok(()))?)
    }
}

fn notification(parcel: &Parcel, markup: bool) -> Notification {
    let notice = &parcel.notice;
    let body =
        if markup { app_model::notice::markup_escaped(&notice.body) } else { notice.body.clone() };
    let mut notification = Notification::new();
    notification.appname(APP_NAME).summary(&notice.title).body(&body);
    notification
}

#[cfg(not(target_os = "macos"))]
mod bus {
    //! What only a desktop on D-Bus can do: replace a bubble, and have buttons on it.

    use std::collections::VecDeque;
    use std::sync::{Arc, Mutex, PoisonError};
    use std::time::Duration;

    use app_model::SessionId;
    use app_model::notice::Urgency;
    use notify_rust::{Notification, NotificationHandle, NotificationResponse};
    use tokio::sync::{OwnedSemaphorePermit, Semaphore};
    use tracing::debug;

    use super::DesktopError;
    use crate::notify::channels::Parcel;
    use crate::notify::open;

    /// Bubbles whose number is remembered.
    const REMEMBERED: usize = 256;

    /// Bubbles whose buttons work at once. Each needs a connection.
    const LISTENED_TO: usize = 16;

    /// How long the buttons of a bubble work.
    const LISTEN_LIMIT: Duration = Duration::from_secs(60 * 60);

    /// The button that opens the session. A click on the bubble itself does the same.
    const ATTACH: &str = "attach";

    /// The button that takes the bubble away.
    const DISMISS: &str = "dismiss";

    /// What a desktop says it can do.
    #[derive(Clone, Copy, Debug)]
    pub(super) struct Abilities {
        /// It reads the body as markup.
        pub(super) markup: bool,
        /// It shows buttons.
        pub(super) actions: bool,
    }

    /// Asks the desktop what it can do.
    pub(super) async fn abilities() -> Result<Abilities, zbus::Error> {
        let connection = zbus::Connection::session().await?;
        let server = "org.freedesktop.Notifications";
        let reply = connection
            .call_method(
                Some(server),
                "/org/freedesktop/Notifications",
                Some(server),
                "GetCapabilities",
                &(),
            )
            .await?;
        let names: Vec<String> = reply.body().deserialize()?;
        let can = |ability: &str| names.iter().any(|name| name == ability);
        Ok(Abilities { markup: can("body-markup"), actions: can("actions") })
    }

    /// The bubbles that were shown last.
    #[derive(Debug)]
    pub(super) struct Bubbles {
        /// The newest bubble of each session, by the desktop's number for it.
        numbers: Mutex<VecDeque<(SessionId, u32)>>,
        listeners: Arc<Semaphore>,
    }

    impl Default for Bubbles {
        fn default() -> Self {
            let listeners = Arc::new(Semaphore::new(LISTENED_TO));
            Self { numbers: Mutex::default(), listeners }
        }
    }

    impl Bubbles {
        /// Shows it in the place of the session's earlier one, with buttons if they work.
        pub(super) async fn show(
            &self,
            notification: &mut Notification,
            parcel: &Parcel,
            attach: Option<&str>,
            abilities: Abilities,
        ) -> Result<(), DesktopError> {
            notification.icon("utilities-terminal").urgency(urgency(parcel.notice.urgency()));
            if let Some(number) = parcel.session.and_then(|session| self.number(session)) {
                notification.id(number);
            }
            let room = self.listeners.clone().try_acquire_owned().ok();
            let buttons = parcel.session.zip(room).filter(|_| abilities.actions);
            if buttons.is_some() {
                notification.action("default", "Attach");
                notification.action(ATTACH, "Attach").action(DISMISS, "Dismiss");
            }
            let handle = notification.show_async().await?;
            if let Some(session) = parcel.session {
                self.remember(session, handle.id());
            }
            if let Some((session, room)) = buttons {
                let attach = attach.map(str::to_owned);
                tokio::spawn(listen(handle, session, attach, room));
            }
            Ok(())
        }

        fn number(&self, session: SessionId) -> Option<u32> {
            let numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
            numbers.iter().find(|(whose, _)| *whose == session).map(|(_, number)| *number)
        }

        fn remember(&self, session: SessionId, number: u32) {
            let mut numbers = self.numbers.lock().unwrap_or_else(PoisonError::into_inner);
            numbers.retain(|(whose, _)| *whose != session);
            numbers.push_back((session, number));
            if numbers.len() > REMEMBERED {
                numbers.pop_front();
            }
        }
    }

    fn urgency(urgency: Urgency) -> notify_rust::Urgency {
        match urgency {
            Urgency::Low => notify_rust::Urgency::Low,
            Urgency::Normal => notify_rust::Urgency::Normal,
            Urgency::Critical => notify_rust::Urgency::Critical,
        }
    }

    /// Waits for a button, for the end of the bubble, or for long enough.
    async fn listen(
        handle: NotificationHandle,
        session: SessionId,
        attach: Option<String>,
        room: OwnedSemaphorePermit,
    ) {
        let mut pressed = None;
        let wait = handle.wait_for_action_async(|response| pressed = Some(response.clone()));
        let answered = tokio::time::timeout(LISTEN_LIMIT, wait).await;
        drop(room);
        debug!(%session, ?pressed, in_time = answered.is_ok(), "a bubble is done with");
        match pressed {
            Some(NotificationResponse::Default) => open::session(session, attach.as_deref()).await,
            Some(NotificationResponse::Action(key)) if key == ATTACH => {
                open::session(session, attach.as_deref()).await;
            }
            Some(NotificationResponse::Action(_)) => handle.close_async().await,
            Some(NotificationResponse::Reply(_) | NotificationResponse::Closed(_)) | None => {}
        }
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_session_has_one_bubble_and_old_ones_are_forgotten() {
            let bubbles = Bubbles::default();
            bubbles.remember(SessionId(1), 10);
            bubbles.remember(SessionId(1), 11);
            assert_eq!(bubbles.number(SessionId(1)), Some(11));
            for n in 0..300 {
                bubbles.remember(SessionId(1_000 + n), n);
            }
            assert_eq!(bubbles.number(SessionId(1)), None);
            assert_eq!(bubbles.numbers.lock().unwrap().len(), REMEMBERED);
        }
    }
}
