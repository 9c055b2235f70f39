//! Collecting children that have ended.

use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

use rustix::process::{WaitId, WaitIdOptions, WaitOptions, wait, waitid};

use super::Pid;

/// A child that has ended.
pub type Reaped = (Pid, ExitStatus);

/// Collects every child that has ended, adopted ones included, without blocking.
///
/// For processes that own all their children, such as a holder: it also takes the status
/// that [`crate::spawn::Child::try_wait`] would have returned.
pub fn reap() -> impl Iterator<Item = Reaped> {
    std::iter::from_fn(|| {
        loop {
            match wait(WaitOptions::NOHANG) {
                Ok(Some((pid, status))) => {
                    let raw = u32::try_from(pid.as_raw_nonzero().get()).ok();
                    let pid = raw.and_then(Pid::new)?;
                    return Some((pid, ExitStatus::from_raw(status.as_raw())));
                }
                Err(rustix::io::Errno::INTR) => {}
                Ok(None) | Err(_) => return None,
            }
        }
    })
}

/// Whether this process has any child, running or not yet collected.
pub fn has_children() -> bool {
    let options = WaitIdOptions::EXITED | WaitIdOptions::NOHANG | WaitIdOptions::NOWAIT;
    !matches!(waitid(WaitId::All, options), Err(rustix::io::Errno::CHILD))
}

// Tested in `tests/subreaper.rs`: `reap` would take the children of other tests.
