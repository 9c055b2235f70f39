//! Sentences and half-sentences about a session.

use app_model::elapsed::{ago, elapsed};
use app_model::text::printable;
use app_model::{Exit, SessionView};

/// How long it has run, or when it ended: `3m 20s`, `finished 3m ago`.
pub(crate) fn elapsed_or_age(view: &SessionView, now_ms: i64) -> String {
    match view.ended_at_ms {
        Some(ended) if !view.phase.is_live() => {
            format!("finished {}", ago(u64::try_from(now_ms - ended).unwrap_or(0)))
        }
        Some(_) | None => view.elapsed_ms.map(elapsed).unwrap_or_default(),
    }
}

/// `7c5dcf5d · flaky-test`.
pub(crate) fn id_and_name(view: &SessionView) -> String {
    format!("{} · {}", view.id, printable(&view.name))
}

/// `7c5dcf5d · flaky-test · 3m 20s`, without the last part when it is not known.
pub(crate) fn id_name_elapsed(view: &SessionView) -> String {
    match view.elapsed_ms {
        Some(ms) => format!("{} · {}", id_and_name(view), elapsed(ms)),
        None => id_and_name(view),
    }
}

/// `[ended · exit 0 · 3m 20s]`.
pub(crate) fn ended(exit: Exit, elapsed_ms: Option<u64>) -> String {
    match elapsed_ms {
        Some(ms) => format!("[ended · {} · {}]", exit.reason(), elapsed(ms)),
        None => format!("[ended · {}]", exit.reason()),
    }
}

/// An amount of data: `512 bytes`, `1.5 MiB`.
pub(crate) fn amount(bytes: u64) -> String {
    let (unit, name) = match bytes {
        0..1_024 => return format!("{bytes} bytes"),
        1_024..1_048_576 => (1 << 10, "KiB"),
        1_048_576.. => (1 << 20, "MiB"),
    };
    format!("{}.{} {name}", bytes / unit, bytes % unit * 10 / unit)
}

/// A path below the home directory with `~` for it.
pub(crate) fn short_path(path: &str, home: Option<&str>) -> String {
    let rest = home.filter(|home| home.len() > 1).and_then(|home| path.strip_prefix(home));
    match rest {
        Some("") => "~".into(),
        Some(rest) if rest.starts_with('/') => format!("~{rest}"),
        Some(_) | None => path.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_are_told_in_one_line() {
        assert_eq!(ended(Exit::Code(0), Some(200_000)), "[ended · exit 0 · 3m 20s]");
        let signal = Exit::Signal(app_model::Signal::TERM);
        assert_eq!(ended(signal, None), "[ended · signal TERM]");
    }

    #[test]
    fn amounts_have_the_unit_that_suits_them() {
        assert_eq!(amount(1_023), "1023 bytes");
        assert_eq!(amount(1_536), "1.5 KiB");
        assert_eq!(amount(5 << 30), "5120.0 MiB");
    }

    #[test]
    fn only_what_is_below_home_is_shortened() {
        assert_eq!(short_path("/home/me/x", Some("/home/me")), "~/x");
        assert_eq!(short_path("/home/me", Some("/home/me")), "~");
        assert_eq!(short_path("/home/melissa", Some("/home/me")), "/home/melissa");
        assert_eq!(short_path("/x", Some("/")), "/x");
        assert_eq!(short_path("/x", None), "/x");
    }
}
