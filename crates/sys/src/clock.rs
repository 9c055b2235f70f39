//! The two clocks: one for people, one for durations.
//!
//! # Invariants
//!
//! 1. Wall time is only for display and for ordering what people see; it may step.
//! 2. Durations are differences of [`boot_ms`], which counts suspend and never steps.
//!    Readings of two boots are not comparable: keep [`boot_id`] next to them.

use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::os;

/// Wall time in milliseconds since the Unix epoch.
#[expect(clippy::disallowed_methods, reason = "this is the one clock")]
pub fn wall_ms() -> i64 {
    let ms = |since: std::time::Duration| i64::try_from(since.as_millis()).unwrap_or(i64::MAX);
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => ms(since),
        Err(before) => -ms(before.duration()),
    }
}

/// Milliseconds since this machine was started, suspend included.
pub fn boot_ms() -> u64 {
    os::boot_ns() / 1_000_000
}

/// Nanoseconds since this machine was started, suspend included: what orders events of
/// several processes.
pub fn boot_ns() -> u64 {
    os::boot_ns()
}

/// Wall time at which this machine was started, milliseconds since the Unix epoch, as far
/// as the wall clock is right now.
pub fn booted_at_ms() -> i64 {
    wall_ms().saturating_sub_unsigned(boot_ms())
}

/// Names this boot of the machine. Empty when the system does not tell. The system is asked
/// once: no process outlives its boot.
pub fn boot_id() -> String {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(os::boot_id).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_boot_clock_does_not_run_backwards_and_the_boot_has_a_name() {
        let first = boot_ms();
        assert!(boot_ms() >= first);
        assert!(!boot_id().is_empty());
        assert_eq!(boot_id(), boot_id());
    }

    #[test]
    fn wall_time_is_of_this_century() {
        assert!(wall_ms() > 1_700_000_000_000);
    }
}
