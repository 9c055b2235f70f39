//! The desktop's own notifications: D-Bus on Linux (Desktop Notifications Specification
//! 1.2), Notification Center on macOS.

use std::time::Duration;

use app_model::notice::Notice;
use notify_rust::Notification;

/// How long the desktop may take. A bus that accepts and never answers is common enough.
const LIMIT: Duration = Duration::from_secs(2);

/// The name under which the desktop files our notices.
const APP_NAME: &str = "appctl";

/// Why the desktop did not show a notice.
#[derive(Debug, thiserror::Error)]
pub(super) enum DesktopError {
    /// There is no bus, or nobody on it who shows notices.
    #[error("the desktop did not take it")]
    Refused(#[source] notify_rust::error::Error),
    /// It said nothing.
    #[error("the desktop said nothing for {LIMIT:?}")]
    Silent,
}

/// Shows a notice, or says why not, within [`LIMIT`].
pub(super) async fn show(notice: &Notice) -> Result<(), DesktopError> {
    let notification = notification(notice);
    match tokio::time::timeout(LIMIT, send(notification)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(refused)) => Err(DesktopError::Refused(refused)),
        Err(_) => Err(DesktopError::Silent),
    }
}

fn notification(notice: &Notice) -> Notification {
    let mut notification = Notification::new();
    notification.appname(APP_NAME).summary(&notice.title).body(&notice.body);
    #[cfg(not(target_os = "macos"))]
    {
        use notify_rust::Urgency;
        let urgency = if notice.failed { Urgency::Critical } else { Urgency::Normal };
        notification.icon("utilities-terminal").urgency(urgency);
    }
    notification
}

#[cfg(not(target_os = "macos"))]
async fn send(notification: Notification) -> notify_rust::error::Result<()> {
    notification.show_async().await.map(drop)
}

/// The call blocks, and the first one may ask the person for an application unless one
/// is named before.
#[cfg(target_os = "macos")]
async fn send(notification: Notification) -> notify_rust::error::Result<()> {
    let shown = tokio::task::spawn_blocking(move || {
        notify_rust::set_application("com.apple.Terminal")?;
        notification.show().map(drop)
    });
    shown.await.unwrap_or(Ok(()))
}
