//! Ending a program whose holder is gone or does not listen.

use app_sys::process::{self, Identity};
use tracing::warn;

use super::Link;

/// How often the tree of a lost holder is looked at for processes that are new in it.
const STOP_ROUNDS: usize = 10;

impl Link {
    /// Ends the program's whole tree and the holder. They are stopped first, until no new
    /// one turns up: a process that forks while it is looked for would leave a child that
    /// nobody finds.
    pub(super) fn kill_without_holder(&mut self) {
        let mut found: Vec<Identity> = Vec::new();
        for _ in 0..STOP_ROUNDS {
            let roots = [self.child, self.holder];
            let alive: Vec<_> = roots.into_iter().flatten().filter(process::is_alive).collect();
            let below = alive.iter().flat_map(|root| process::descendants(root.pid));
            let tree: Vec<_> = below.map(|process| process.identity).chain(alive.clone()).collect();
            let new: Vec<_> = tree.into_iter().filter(|one| !found.contains(one)).collect();
            if new.is_empty() {
                break;
            }
            for identity in new {
                self.signal(&identity, process::Signal::STOP);
                found.push(identity);
            }
        }
        for identity in found {
            self.signal(&identity, process::Signal::KILL);
        }
    }

    fn signal(&self, identity: &Identity, signal: process::Signal) {
        if let Err(refused) = process::signal(identity, signal) {
            warn!(session = %self.site.session, pid = %identity.pid, ?signal,
                  error = &refused as &dyn std::error::Error, "could not be signalled");
        }
    }
}
