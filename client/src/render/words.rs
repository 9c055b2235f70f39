//! Sentences and half-sentences about a session.

use app_model::elapsed::{ago, elapsed};
use app_model::restart::Plan;
use app_model::text::printable;
use app_model::{Exit, Phase, SessionView};

use super::time::clock_time;

/// How long it has run, when it ended, or when it comes back: `3m 20s`, `finished 3m ago`,
/// `in 8s`, `by reboot at 14:02 · resumable`, `for 2h 0m 5s`, `gave up after 10 restarts`.
/// Stands after the word for its state.
pub(crate) fn elapsed_or_age(view: &SessionView, now_ms: i64) -> String {
    match view.comeback.plan {
        Plan::Again { in_ms } if view.is_restarting() => {
            return format!("in {}", elapsed(in_ms.div_ceil(1_000) * 1_000));
        }
        Plan::GaveUp => return format!("gave up after {} restarts", view.comeback.attempts),
        Plan::Again { .. } | Plan::Nothing => {}
    }
    if view.was_interrupted() {
        return by_reboot(view, now_ms);
    }
    match view.ended_at_ms {
        Some(ended) if view.phase == Phase::Asleep => {
            format!("for {}", elapsed(u64::try_from(now_ms - ended).unwrap_or(0)))
        }
        Some(ended) if !view.phase.is_live() => {
            format!("finished {}", ago(u64::try_from(now_ms - ended).unwrap_or(0)))
        }
        Some(_) | None => view.elapsed_ms.map(elapsed).unwrap_or_default(),
    }
}

/// `by reboot at 14:02 · resumable`, without the time when it is not known: then the end
/// is put where the run began.
fn by_reboot(view: &SessionView, now_ms: i64) -> String {
    let ended = view.ended_at_ms.filter(|&at| view.started_at_ms.is_none_or(|began| began < at));
    let at = ended.map(|at| format!(" at {}", clock_time(at, now_ms))).unwrap_or_default();
    format!("by reboot{at} · resumable")
}

/// What became of a session, in one phrase: `running · 3m 20s`, `failed · finished 3m ago`,
/// `restarting in 8s`, `asleep for 2h 0m 5s`, `interrupted by reboot at 14:02 · resumable`.
pub(crate) fn state_and_age(
    view: &SessionView,
    now_ms: i64,
    state: impl Fn(&str) -> String,
) -> String {
    let word = view.state();
    let gap = if matches!(word, "restarting" | "interrupted" | "asleep") { " " } else { " · " };
    format!("{}{gap}{}", state(word), elapsed_or_age(view, now_ms))
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

/// `[ended · exit 0 · 3m 20s]`, of a session as it is now; for one whose machine was
/// restarted `[interrupted by reboot at 14:02 · resumable]`, and for one that comes back
/// also when.
pub(crate) fn ended_now(view: &SessionView, exit: Exit, now_ms: i64) -> String {
    if view.was_interrupted() && !view.is_restarting() {
        return format!("[interrupted {}]", by_reboot(view, now_ms));
    }
    let line = ended(exit, view.elapsed_ms);
    match line.strip_suffix(']') {
        Some(line) if view.is_restarting() => {
            format!("{line} · restarting {}]", elapsed_or_age(view, now_ms))
        }
        Some(_) | None => line,
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
    use app_model::Lost;
    use app_model::restart::{Comeback, Restart};

    use super::super::session::samples::failed;
    use super::*;

    #[test]
    fn ends_are_told_in_one_line() {
        assert_eq!(ended(Exit::Code(0), Some(200_000)), "[ended · exit 0 · 3m 20s]");
        let signal = Exit::Signal(app_model::Signal::TERM);
        assert_eq!(ended(signal, None), "[ended · signal TERM]");
    }

    #[test]
    fn a_restart_of_the_machine_is_told_with_its_time_if_that_is_known() {
        let known = SessionView {
            phase: Phase::Lost,
            exit: Some(Exit::Lost(Lost::Reboot)),
            ended_at_ms: Some(61_500),
            ..failed()
        };
        let phrase = |view: &SessionView| state_and_age(view, 70_000, str::to_owned);
        let at = clock_time(61_500, 70_000);
        assert_eq!(phrase(&known), format!("interrupted by reboot at {at} · resumable"));
        let line = ended_now(&known, Exit::Lost(Lost::Reboot), 70_000);
        assert_eq!(line, format!("[interrupted by reboot at {at} · resumable]"));
        let unknown = SessionView { ended_at_ms: known.started_at_ms, ..known };
        assert_eq!(phrase(&unknown), "interrupted by reboot · resumable");
    }

    #[test]
    fn what_comes_back_says_when_and_what_does_not_says_why() {
        let phrase = |view: &SessionView| state_and_age(view, 241_500, str::to_owned);
        let plan = |plan, attempts| SessionView {
            comeback: Comeback { policy: Restart::OnFailure, attempts, plan },
            ..failed()
        };
        let soon = plan(Plan::Again { in_ms: 7_200 }, 4);
        assert_eq!(phrase(&soon), "restarting in 8s");
        let line = ended_now(&soon, Exit::Code(2), 241_500);
        assert_eq!(line, "[ended · exit 2 · 1m 0s · restarting in 8s]");
        assert_eq!(phrase(&plan(Plan::GaveUp, 10)), "failed · gave up after 10 restarts");
        assert_eq!(phrase(&plan(Plan::Nothing, 0)), "failed · finished 3m ago");
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
