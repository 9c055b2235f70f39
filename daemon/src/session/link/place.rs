//! A new holder is brought to where it belongs before it starts anything.

use app_model::Limits;
use app_wire::hold::GO;
use tokio::io::AsyncWriteExt as _;
use tokio::net::UnixStream;

use super::Link;
use crate::ledger;
use crate::scope::ENTER_LIMIT;

/// How long a holder waits for the word to go on, milliseconds: well beyond what its
/// scope may take, since a word that comes later than that is taken for something else.
pub(super) const HOLD_MS: u128 = ENTER_LIMIT.as_millis() * 5;

impl Link {
    /// Puts the holder into its scope, if there can be one, and lets it go on.
    pub(super) async fn place(&self, mut stream: UnixStream) -> UnixStream {
        if self.is_held {
            self.enter().await;
            // A holder that is gone says so by hanging up, which is heard later.
            stream.write_all(&[GO]).await.ok();
        }
        stream
    }

    async fn enter(&self) {
        let Some(holder) = self.holder else { return };
        let dir = self.site.dir.clone();
        let read = tokio::task::spawn_blocking(move || {
            let name = ledger::read_meta(&dir).map_or_else(|_| String::new(), |meta| meta.name);
            let limits = ledger::read_spec(&dir).map_or_else(|_| Limits::default(), |it| it.limits);
            (name, limits)
        });
        let Ok((name, limits)) = read.await else { return };
        let (session, pid) = (self.site.session, holder.pid.as_u32());
        self.scopes.enter(session, self.run, &name, limits, pid).await;
    }
}
