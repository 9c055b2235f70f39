//! Where there is no systemd. The twin of `systemd.rs`: same names, nobody there.

use super::entry::Entry;

/// There is none.
#[derive(Clone, Debug)]
pub(super) enum Manager {}

/// Why there is none.
#[derive(Debug, thiserror::Error)]
pub(super) enum ManagerError {
    /// Not on this system.
    #[error("this system has no systemd")]
    Nowhere,
}

impl ManagerError {
    pub(super) fn is_of_the_connection(&self) -> bool {
        match self {
            Self::Nowhere => false,
        }
    }
}

impl Manager {
    pub(super) async fn seek(_absent: impl FnOnce()) -> Result<Self, ManagerError> {
        Err(ManagerError::Nowhere)
    }

    pub(super) fn release(&self) -> u32 {
        match *self {}
    }

    pub(super) async fn start(&self, _entry: &Entry) -> Result<String, ManagerError> {
        match *self {}
    }

    pub(super) async fn units(&self, _patterns: &[String]) -> Result<Vec<String>, ManagerError> {
        match *self {}
    }

    pub(super) async fn processes(&self, _unit: &str) -> Result<Vec<u32>, ManagerError> {
        match *self {}
    }

    pub(super) async fn kill_all(&self, _unit: &str) -> Result<(), ManagerError> {
        match *self {}
    }
}
