//! How this process uses memory: a holder idles for weeks and there may be a thousand.

use crate::os;

/// Makes the allocator give large blocks back to the system as soon as they are free,
/// and the kernel use no huge pages for this process. Call once, early.
pub fn be_frugal() {
    os::be_frugal();
}

/// Gives free heap back to the system. Costs a walk over the heap: for after bursts.
pub fn trim() {
    os::trim();
}
