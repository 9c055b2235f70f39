//! Notification Center: it shows a title and a text, and tells us nothing of them later.

use notify_rust::Notification;

use super::{APP_NAME, DesktopError};
use crate::notify::channels::Parcel;
use crate::service::Service;

/// Notification Center.
#[derive(Debug, Default)]
pub(super) struct Center;

impl Center {
    /// The call blocks, and the first one may ask the person for an application unless one
    /// is named before.
    pub(super) async fn show(
        &self,
        _service: &Service,
        parcel: &Parcel,
    ) -> Result<(), DesktopError> {
        let mut notification = Notification::new();
        let notice = &parcel.notice;
        notification.appname(APP_NAME).summary(&notice.title).body(&notice.body);
        let shown = tokio::task::spawn_blocking(move || {
            notify_rust::set_application("com.apple.Terminal")?;
            notification.show().map(drop)
        });
        Ok(shown.await.unwrap_or(Ok(()))?)
    }
}
