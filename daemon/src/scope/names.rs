//! What units are called, and which of them are whose.

use app_model::{RunNumber, SessionId};

/// What all runs of a user are in.
pub(super) const SLICE: &str = "appctl.slice";

/// What a daemon that was started on demand is in: where the user's services are.
pub(super) const DAEMON_SLICE: &str = "app.slice";

/// What a run's scope may be called. The second is for when the first is taken, by what
/// an earlier run has left behind.
pub(super) fn of_run(session: SessionId, run: RunNumber) -> [String; 2] {
    [format!("appctl-{session}.scope"), format!("appctl-{session}-{run}.scope")]
}

/// The patterns (glob(7)) of all that a session's scopes may be called.
pub(super) fn patterns(session: SessionId) -> [String; 2] {
    [format!("appctl-{session}.scope"), format!("appctl-{session}-*.scope")]
}

/// Whether a unit of this name belongs to the session.
pub(super) fn is_of(session: SessionId, unit: &str) -> bool {
    let rest = unit.strip_prefix(&format!("appctl-{session}"));
    match rest.and_then(|rest| rest.strip_suffix(".scope")) {
        Some("") => true,
        Some(run) => run.strip_prefix('-').is_some_and(|run| run.parse::<u32>().is_ok()),
        None => false,
    }
}

/// The scope of a daemon.
pub(super) fn of_daemon(pid: u32) -> String {
    format!("appd-{pid}.scope")
}

/// The path of a process among the control groups that systemd keeps, from
/// `/proc/PID/cgroup` (cgroups(7)), if it is in a unit. With version 1 systemd has a
/// hierarchy of its own by the name of `systemd`; there may be both.
pub(super) fn path_in(groups: &str) -> Option<&str> {
    let path_of = |prefix: &str| {
        let mut paths =
            groups.lines().filter_map(|line| line.split_once(':')?.1.strip_prefix(prefix));
        paths.find(|path| unit_of(path).is_some())
    };
    path_of(":").or_else(|| path_of("name=systemd:"))
}

/// The unit that a path is in: the innermost, as a unit may have groups below its own.
pub(super) fn unit_of(path: &str) -> Option<&str> {
    let is_unit = |part: &&str| part.ends_with(".scope") || part.ends_with(".service");
    path.split('/').rev().find(is_unit)
}

/// Whether a daemon that is there would end with somebody else: with a log-in, with a
/// terminal's window, or with a session of its own.
pub(super) fn is_foreign_scope(unit: &str) -> bool {
    unit.ends_with(".scope") && !unit.starts_with("appd-")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: SessionId = SessionId(0x7c5d_cf5d);

    #[test]
    fn a_run_has_two_names_and_both_are_its_sessions() {
        let [first, second] = of_run(ID, RunNumber(3));
        assert_eq!(first, "appctl-7c5dcf5d.scope");
        assert_eq!(second, "appctl-7c5dcf5d-3.scope");
        assert!(is_of(ID, &first) && is_of(ID, &second));
    }

    #[test]
    fn what_only_looks_like_a_sessions_scope_is_not() {
        for other in [
            "appctl-7c5dcf5d.service",
            "appctl-7c5dcf5d-.scope",
            "appctl-7c5dcf5d-x.scope",
            "appctl-7c5dcf5d0.scope",
            "appctl-7c5dcf5.scope",
            "x-appctl-7c5dcf5d.scope",
            "",
        ] {
            assert!(!is_of(ID, other), "{other}");
        }
    }

    #[test]
    fn the_unit_of_a_process_is_the_innermost() {
        let v2 = "0::/user.slice/user-1.slice/user@1.service/appctl.slice/appctl-1.scope/x\n";
        assert_eq!(path_in(v2).and_then(unit_of), Some("appctl-1.scope"));
        let v1 = "9:memory:/m\n1:name=systemd:/user.slice/session-3.scope\n0::/\n";
        assert_eq!(path_in(v1).and_then(unit_of), Some("session-3.scope"));
        let both = "1:name=systemd:/\n0::/app.slice/appd.service\n";
        assert_eq!(path_in(both).and_then(unit_of), Some("appd.service"));
        assert_eq!(path_in("0::/\n"), None);
        assert_eq!(path_in("9:memory:/a.scope\n"), None);
    }

    #[test]
    fn a_daemon_leaves_scopes_that_are_not_its_own() {
        for foreign in ["session-3.scope", "vte-spawn-1.scope", "appctl-7c5dcf5d.scope"] {
            assert!(is_foreign_scope(foreign), "{foreign}");
        }
        for fine in ["appd.service", "appd-42.scope", "user@0.service"] {
            assert!(!is_foreign_scope(fine), "{fine}");
        }
    }
}
