//! Instants as text.

use jiff::Timestamp;

/// RFC 3339 in UTC with milliseconds, as every `--json` has it.
pub(crate) fn rfc3339(ms: i64) -> String {
    // Outside of what a calendar knows (years -9999 to 9999) the nearest end is shown.
    let at = Timestamp::from_millisecond(ms).unwrap_or(if ms < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    });
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_utc_with_milliseconds() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_763_716_496_789), "2025-11-21T09:14:56.789Z");
        assert_eq!(rfc3339(i64::MAX).len(), 24);
    }
}
