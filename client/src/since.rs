//! A time as people say it: so long ago, a time of day, a date.

use std::str::FromStr;

use app_model::elapsed;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _, Zoned};

/// A point in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Since {
    /// So many milliseconds ago.
    Ago(u64),
    /// Then, milliseconds since the Unix epoch.
    At(i64),
    /// The last time that clocks here showed this.
    Clock(Time),
}

/// The text is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no time; write 90s, 10m, 2h or 1d for so long ago, 14:30, or a date and time")]
pub(crate) struct BadTime(String);

impl FromStr for Since {
    type Err = BadTime;

    fn from_str(text: &str) -> Result<Self, BadTime> {
        let text = text.trim();
        if let Ok(ms) = elapsed::parse(text) {
            return Ok(Self::Ago(ms));
        }
        if let Ok(at) = text.parse::<Timestamp>() {
            return Ok(Self::At(at.as_millisecond()));
        }
        // A date is a date and time as well, to the parser; and so is a time of day.
        let local = text.parse::<DateTime>().ok();
        let local = local.or_else(|| text.parse::<Date>().ok().map(DateTime::from));
        if let Some(at) = local.and_then(|it| it.to_zoned(TimeZone::system()).ok()) {
            return Ok(Self::At(at.timestamp().as_millisecond()));
        }
        text.parse().map(Self::Clock).map_err(|_| BadTime(text.to_owned()))
    }
}

impl Since {
    /// The point in time, seen from now, in milliseconds since the Unix epoch.
    pub(crate) fn seen_from(&self, now_ms: i64) -> i64 {
        match self {
            Self::Ago(ms) => now_ms.saturating_sub(i64::try_from(*ms).unwrap_or(i64::MAX)),
            Self::At(at) => *at,
            Self::Clock(time) => {
                let now = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::MIN);
                let now = now.to_zoned(TimeZone::system());
                last(*time, &now).map_or(now_ms, |at| at.timestamp().as_millisecond())
            }
        }
    }
}

/// The last time that clocks showed this; nothing at the beginning of the calendar.
fn last(time: Time, now: &Zoned) -> Option<Zoned> {
    let on = |date: Date| date.to_datetime(time).to_zoned(now.time_zone().clone()).ok();
    let today = on(now.date())?;
    if today <= *now { Some(today) } else { on(now.date().checked_sub(1.day()).ok()?) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn durations_dates_and_times_of_day_are_read() {
        let read = |text: &str| text.parse::<Since>().unwrap();
        assert_eq!(read("10m"), Since::Ago(600_000));
        assert_eq!(read(" 1d"), Since::Ago(86_400_000));
        assert_eq!(read("90"), Since::Ago(90_000));
        assert_eq!(read("2026-11-21T10:00:00+02:00"), Since::At(at("2026-11-21T08:00:00Z")));
        assert_eq!(read("14:30"), Since::Clock(Time::constant(14, 30, 0, 0)));
        assert_eq!(read("14:30:05"), Since::Clock(Time::constant(14, 30, 5, 0)));
        for local in ["2026-11-21", "2026-11-21T10:00", "2026-11-21 10:00:30"] {
            assert!(matches!(read(local), Since::At(_)), "{local}");
        }
        for bad in ["", "x", "-1", "25:00", "10 parsecs", "tomorrow"] {
            assert!(bad.parse::<Since>().is_err(), "{bad:?} was accepted");
        }
    }

    #[test]
    fn a_time_of_day_is_the_last_one_that_was() {
        let now = "2026-11-21T10:00:00+02:00[+02:00]".parse::<Zoned>().unwrap();
        let last = |text: &str| last(text.parse().unwrap(), &now).unwrap().to_string();
        assert!(last("09:30").starts_with("2026-11-21T09:30:00+02:00"));
        assert!(last("10:00").starts_with("2026-11-21T10:00:00"));
        assert!(last("10:01").starts_with("2026-11-20T10:01:00"));
    }

    #[test]
    fn so_long_ago_is_counted_from_now() {
        assert_eq!(Since::Ago(5_000).seen_from(7_000), 2_000);
        assert_eq!(Since::Ago(u64::MAX).seen_from(7_000), 7_000 - i64::MAX);
        assert_eq!(Since::At(3).seen_from(7_000), 3);
    }
}
