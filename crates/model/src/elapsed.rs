//! Durations as people read them.
//!
//! One format everywhere: `45s`, `3m 20s`, `3h 2m 5s`, `2d 4h`. Seconds are whole and
//! rounded down, so that nothing is said to have taken longer than it did.

const SECOND: u64 = 1_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A duration in milliseconds, in the format above.
pub fn elapsed(ms: u64) -> String {
    let (days, hours) = (ms / DAY, ms % DAY / HOUR);
    let (minutes, seconds) = (ms % HOUR / MINUTE, ms % MINUTE / SECOND);
    if days > 0 {
        format!("{days}d {hours}h")
    } else if hours > 0 {
        format!("{hours}h {minutes}m {seconds}s")
    } else if minutes > 0 {
        format!("{minutes}m {seconds}s")
    } else {
        format!("{seconds}s")
    }
}

/// How long ago something was, by its largest unit: `just now`, `45s ago`, `3m ago`.
pub fn ago(ms: u64) -> String {
    let (count, unit) = match ms {
        0..SECOND => return "just now".into(),
        SECOND..MINUTE => (ms / SECOND, 's'),
        MINUTE..HOUR => (ms / MINUTE, 'm'),
        HOUR..DAY => (ms / HOUR, 'h'),
        DAY.. => (ms / DAY, 'd'),
    };
    format!("{count}{unit} ago")
}

/// The text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a duration; write 10s, 5m, 2h, 500ms or a number of seconds")]
pub struct BadDuration(pub String);

/// Reads `10s`, `5m`, `2h`, `1d`, `500ms`, `1.5s`, several of them (`1m 30s`), or a bare
/// number of seconds. Returns milliseconds.
pub fn parse(text: &str) -> Result<u64, BadDuration> {
    let bad = || BadDuration(text.to_owned());
    let mut rest = text.trim();
    if rest.is_empty() {
        return Err(bad());
    }
    let mut total: u64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, after) = after.split_at(letters);
        let unit = match unit {
            "ms" => 1,
            "" | "s" | "sec" => SECOND,
            "m" | "min" => MINUTE,
            "h" => HOUR,
            "d" => DAY,
            _ => return Err(bad()),
        };
        let ms = scaled(number, unit).ok_or_else(bad)?;
        total = total.checked_add(ms).ok_or_else(bad)?;
        rest = after.trim_start();
    }
    Ok(total)
}

/// A decimal number of units, in milliseconds.
fn scaled(number: &str, unit: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let whole: u64 = whole.parse().ok()?;
    let mut ms = whole.checked_mul(unit)?;
    if !fraction.is_empty() {
        let digits: u64 = fraction.get(..fraction.len().min(9))?.parse().ok()?;
        let scale = 10u64.pow(u32::try_from(fraction.len().min(9)).ok()?);
        ms = ms.checked_add(digits.checked_mul(unit)? / scale)?;
    }
    Some(ms)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_size_has_its_form() {
        for (ms, shown) in [
            (0, "0s"),
            (999, "0s"),
            (45_999, "45s"),
            (200_000, "3m 20s"),
            (3 * HOUR + 2 * MINUTE + 5 * SECOND, "3h 2m 5s"),
            (HOUR, "1h 0m 0s"),
            (2 * DAY + 4 * HOUR + 59 * MINUTE, "2d 4h"),
            (400 * HOUR, "16d 16h"),
        ] {
            assert_eq!(elapsed(ms), shown);
        }
    }

    #[test]
    fn ago_uses_the_largest_unit() {
        assert_eq!(ago(10), "just now");
        assert_eq!(ago(3 * MINUTE + 59 * SECOND), "3m ago");
        assert_eq!(ago(49 * HOUR), "2d ago");
    }

    #[test]
    fn durations_are_read() {
        assert_eq!(parse("10"), Ok(10_000));
        assert_eq!(parse("500ms"), Ok(500));
        assert_eq!(parse("1m 30s"), Ok(90_000));
        assert_eq!(parse("1h30m"), Ok(5_400_000));
        assert_eq!(parse("1.5s"), Ok(1_500));
        for bad in ["", "x", "-1", "10 parsecs", "1..5s", ".", "99999999999999999999s"] {
            assert!(parse(bad).is_err(), "{bad:?} was accepted");
        }
    }
}
