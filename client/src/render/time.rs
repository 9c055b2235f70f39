//! Instants as text.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// RFC 3339 in UTC with milliseconds, as every `--json` has it.
pub(crate) fn rfc3339(ms: i64) -> String {
    timestamp(ms).strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

/// RFC 3339 in the time of this place with milliseconds, for people.
pub(crate) fn local(ms: i64) -> String {
    in_zone(ms, TimeZone::system())
}

/// The time of day in this place, with the date unless it is today's: `14:02`,
/// `Nov 20 14:02`.
pub(crate) fn clock_time(ms: i64, now_ms: i64) -> String {
    clock_time_in(ms, now_ms, TimeZone::system())
}

fn clock_time_in(ms: i64, now_ms: i64, zone: TimeZone) -> String {
    let today = timestamp(now_ms).to_zoned(zone.clone()).date();
    let at = timestamp(ms).to_zoned(zone);
    let form = if at.date() == today { "%H:%M" } else { "%b %-d %H:%M" };
    at.strftime(form).to_string()
}

fn in_zone(ms: i64, zone: TimeZone) -> String {
    timestamp(ms).to_zoned(zone).strftime("%Y-%m-%dT%H:%M:%S%.3f%:z").to_string()
}

/// Outside of what a calendar knows (years -9999 to 9999) the nearest end is taken.
fn timestamp(ms: i64) -> Timestamp {
    let nearest = if ms < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_millisecond(ms).unwrap_or(nearest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_see_their_own_time_and_how_far_it_is_from_utc() {
        let zone = TimeZone::fixed(jiff::tz::offset(2));
        assert_eq!(in_zone(1_763_716_496_789, zone), "2025-11-21T11:14:56.789+02:00");
    }

    #[test]
    fn a_time_of_another_day_has_its_date() {
        let zone = || TimeZone::fixed(jiff::tz::offset(2));
        let at = 1_763_716_496_789;
        assert_eq!(clock_time_in(at, at + 60_000, zone()), "11:14");
        assert_eq!(clock_time_in(at, at + 86_400_000, zone()), "Nov 21 11:14");
    }

    #[test]
    fn times_are_utc_with_milliseconds() {
        assert_eq!(rfc3339(0), "1970-01-01T00:00:00.000Z");
        assert_eq!(rfc3339(1_763_716_496_789), "2025-11-21T09:14:56.789Z");
        assert_eq!(rfc3339(i64::MAX).len(), 24);
    }
}
