//! What is known of agents: built in, and what the person has written.
//!
//! # Invariants
//!
//! 1. A file that is broken is told of and hides nothing else.
//! 2. A directory that does not answer is not waited for: until it does, what is built in is
//!    all there is.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use app_agents::{ProfileError, Profiles};
use tokio::sync::watch;
use tokio::time::timeout;
use tracing::{info, warn};

/// How long the start of the daemon waits for the person's own.
const PATIENCE: Duration = Duration::from_millis(500);

/// A way to them, cheap to clone.
#[derive(Clone, Debug)]
pub struct KnownProfiles(watch::Receiver<Option<Arc<Profiles>>>);

impl KnownProfiles {
    /// Reads those of `dir` in the background.
    pub fn read(dir: PathBuf) -> Self {
        let (known, receiver) = watch::channel(None);
        let late = known.clone();
        let reader = std::thread::Builder::new().name("profiles".into());
        let begun = reader.spawn(move || {
            let (profiles, errors) = Profiles::load(&dir);
            tell(&errors);
            if late.send_replace(Some(Arc::new(profiles))).is_some() {
                info!(dir = %dir.display(), "the profiles have answered after all");
            }
        });
        if let Err(error) = begun {
            warn!(%error, "no profiles but those that are built in");
            known.send_replace(Some(built_in()));
        }
        Self(receiver)
    }

    /// These, and no others ever.
    pub fn fixed(profiles: Profiles) -> Self {
        Self(watch::channel(Some(Arc::new(profiles))).1)
    }

    /// Waits until they have been read, for a moment (invariant 2).
    pub async fn settled(&self) {
        let mut known = self.0.clone();
        if timeout(PATIENCE, known.wait_for(Option::is_some)).await.is_err() {
            warn!("the profiles do not answer; those that are built in are used until they do");
        }
    }

    /// As they are known now.
    pub fn now(&self) -> Arc<Profiles> {
        self.0.borrow().clone().unwrap_or_else(built_in)
    }
}

fn built_in() -> Arc<Profiles> {
    Arc::new(Profiles::built_in())
}

fn tell(errors: &[ProfileError]) {
    for error in errors {
        warn!(error = error as &dyn std::error::Error, "a profile is not used");
    }
}
