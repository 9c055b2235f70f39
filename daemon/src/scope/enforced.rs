//! Which limits the kernel really enforces on a run: systemd takes a limit for a
//! controller that it was not given, and nothing comes of it.

use std::fs;
use std::path::Path;

use app_model::{Limit, Limits, SessionId};

use super::names;

/// Where control groups of version 2 are mounted, alone or beside version 1.
const MOUNTS: [&str; 2] = ["/sys/fs/cgroup", "/sys/fs/cgroup/unified"];

/// The scope of this session that the process is in.
pub fn scope_of(session: SessionId, pid: u32) -> Option<String> {
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    let unit = names::path_in(&groups).and_then(names::unit_of)?;
    names::is_of(session, unit).then(|| unit.to_owned())
}

/// The limits that are not enforced on a session whose holder this is. Of one that is gone
/// already nothing can be said.
pub fn unenforced(session: SessionId, holder: u32, limits: &Limits) -> Vec<Limit> {
    let Ok(groups) = fs::read_to_string(format!("/proc/{holder}/cgroup")) else { return vec![] };
    let path = path_of_scope(session, &groups);
    missing(limits, |file| {
        let path = path?.trim_start_matches('/');
        let read = |mount| fs::read_to_string(Path::new(mount).join(path).join(file)).ok();
        MOUNTS.into_iter().find_map(read)
    })
}

fn path_of_scope(session: SessionId, groups: &str) -> Option<&str> {
    let path = names::path_in(groups)?;
    names::is_of(session, names::unit_of(path)?).then_some(path)
}

/// The limits that a group's own files do not show.
fn missing(limits: &Limits, read: impl Fn(&str) -> Option<String>) -> Vec<Limit> {
    let is_missing = |limit: &Limit| {
        let file = match limit {
            Limit::Memory => "memory.max",
            Limit::Cpu => "cpu.max",
            Limit::Tasks => "pids.max",
        };
        read(file).is_none_or(|text| text.starts_with("max"))
    };
    limits.set().into_iter().filter(is_missing).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Limits =
        Limits { memory_bytes: Some(1 << 30), cpu_percent: Some(50), tasks: Some(64) };

    #[test]
    fn a_limit_counts_as_enforced_when_the_group_shows_it() {
        let read = |file: &str| match file {
            "memory.max" => Some("1073741824\n".to_owned()),
            "cpu.max" => Some("max 100000\n".to_owned()),
            _ => None,
        };
        assert_eq!(missing(&ALL, read), [Limit::Cpu, Limit::Tasks]);
        assert_eq!(missing(&Limits::default(), read), []);
    }

    #[test]
    fn a_group_that_is_not_the_sessions_shows_nothing() {
        let groups = "0::/user.slice/appctl.slice/appctl-7c5dcf5d.scope\n";
        let path = "/user.slice/appctl.slice/appctl-7c5dcf5d.scope";
        assert_eq!(path_of_scope(SessionId(0x7c5d_cf5d), groups), Some(path));
        assert_eq!(path_of_scope(SessionId(1), groups), None);
        let us = std::process::id();
        assert_eq!(unenforced(SessionId(1), us, &ALL), ALL.set());
    }
}
