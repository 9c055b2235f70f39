//! How often the kernel has killed for want of memory in our control group.
//!
//! Version 2 counts in `memory.events`, version 1 in `memory.oom_control`; both are lines
//! of a word and a number. Elsewhere there is no such file, and nothing is known.

use std::fs;
use std::path::{Path, PathBuf};

/// Where control groups are mounted; with both versions, the second is below.
const MOUNT: &str = "/sys/fs/cgroup";

/// A counter, and where it stood.
#[derive(Debug)]
pub(crate) struct OomKills {
    before: Option<(PathBuf, u64)>,
}

impl OomKills {
    /// Where the counter of this process's group stands now.
    pub(crate) fn so_far() -> Self {
        Self { before: count(own()) }
    }

    /// Whether it has killed since. Not known means no.
    pub(crate) fn have_grown(&self) -> bool {
        self.have_grown_in(own())
    }

    /// A busy systemd may have moved us late, after the program was started: then what was
    /// counted before was counted elsewhere, and this group is as old as our place in it.
    fn have_grown_in(&self, candidates: Vec<PathBuf>) -> bool {
        let Some((path, now)) = count(candidates) else { return false };
        match &self.before {
            Some((same, before)) if *same == path => now > *before,
            Some(_) | None => now > 0,
        }
    }
}

/// The counters that may be this process's.
fn own() -> Vec<PathBuf> {
    counters(&fs::read_to_string("/proc/self/cgroup").unwrap_or_default())
}

/// The first that there is, and where it stands.
fn count(candidates: Vec<PathBuf>) -> Option<(PathBuf, u64)> {
    candidates.into_iter().find_map(|path| {
        let count = read(&path)?;
        Some((path, count))
    })
}

fn read(path: &Path) -> Option<u64> {
    kills(&fs::read_to_string(path).ok()?)
}

/// The files that may count for a process of these groups (cgroups(7), `/proc/PID/cgroup`):
/// lines of `number:controllers:path`, where version 2 has the number 0 and no controllers.
fn counters(groups: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for line in groups.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let path = path.trim_start_matches('/');
        if controllers.split(',').any(|name| name == "memory") {
            found.push(Path::new(MOUNT).join("memory").join(path).join("memory.oom_control"));
        } else if controllers.is_empty() {
            found.push(Path::new(MOUNT).join(path).join("memory.events"));
            found.push(Path::new(MOUNT).join("unified").join(path).join("memory.events"));
        }
    }
    found
}

/// The number in the line `oom_kill N`.
fn kills(text: &str) -> Option<u64> {
    let mut lines = text.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(word, _)| *word == "oom_kill").and_then(|(_, number)| number.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_versions_count_in_lines_of_a_word_and_a_number() {
        let events = "low 0\nhigh 12\nmax 3\noom 2\noom_kill 1\noom_group_kill 0\n";
        assert_eq!(kills(events), Some(1));
        assert_eq!(kills("oom_kill_disable 0\nunder_oom 0\noom_kill 7\n"), Some(7));
        assert_eq!(kills("oom 2\noom_kill x\n"), None);
        assert_eq!(kills(""), None);
    }

    #[test]
    fn the_counter_is_that_of_the_groups_one_is_in() {
        let both = "12:pids:/a\n3:cpu,memory:/x:y\nnonsense\n0::/user.slice/b.scope\n";
        assert_eq!(
            counters(both),
            [
                PathBuf::from("/sys/fs/cgroup/memory/x:y/memory.oom_control"),
                "/sys/fs/cgroup/user.slice/b.scope/memory.events".into(),
                "/sys/fs/cgroup/unified/user.slice/b.scope/memory.events".into(),
            ]
        );
    }

    #[test]
    fn only_a_count_that_is_known_can_grow() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("memory.events");
        let group = || vec![dir.path().join("none"), dir.path().join("memory.events")];
        fs::write(&file, "oom_kill 4\n").unwrap();
        let kills = OomKills { before: count(group()) };
        assert!(!kills.have_grown_in(group()));
        fs::write(&file, "oom_kill 5\n").unwrap();
        assert!(kills.have_grown_in(group()));
        fs::remove_file(&file).unwrap();
        assert!(!kills.have_grown_in(group()));
        assert!(!kills.have_grown_in(vec![]));
    }

    /// A scope that systemd made only when the program ran already.
    #[test]
    fn what_was_killed_in_a_group_that_was_entered_late_counts() {
        let dir = tempfile::tempdir().unwrap();
        let [first, late] = ["first", "late"].map(|name| dir.path().join(name));
        fs::write(&first, "oom_kill 4\n").unwrap();
        fs::write(&late, "oom_kill 0\n").unwrap();
        for before in [count(vec![first]), None] {
            let kills = OomKills { before };
            fs::write(&late, "oom_kill 0\n").unwrap();
            assert!(!kills.have_grown_in(vec![late.clone()]));
            fs::write(&late, "oom_kill 1\n").unwrap();
            assert!(kills.have_grown_in(vec![late.clone()]));
        }
    }
}
