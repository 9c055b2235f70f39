//! Which life of the agent a report is from: the generation of its stamp.
//!
//! It is made of two numbers that both only grow: the run of the session (a reboot ends
//! runs, so a new one follows it), and within a run the time at which the agent's process
//! started. The agent is the nearest ancestor that is no shell: agents run their hooks
//! through one, which is a new process each time.

use std::fs;

use app_model::SessionId;
use app_sys::places::Places;
use app_sys::process::{self, Pid};

/// Most shells between an agent and its hook.
const MAX_SHELLS: usize = 8;

/// Bits of the start time, below those of the run. Hundredths of a second since the boot,
/// or microseconds since 1970: either fits.
const START_BITS: u32 = 52;

/// Bits of the run. The sign of the registry's numbers is left alone.
const RUN_BITS: u32 = 11;

/// What runs other programs and is not meant.
const SHELLS: &[&str] =
    &["sh", "bash", "dash", "zsh", "fish", "ksh", "ash", "busybox", "env", "timeout", "nice"];

/// The generation of a report from below `parent` in this session.
pub(super) fn generation(places: &Places, session: &str, parent: u32) -> u64 {
    compose(run(places, session), started(parent, look))
}

fn compose(run: u64, started: u64) -> u64 {
    let most = (1 << RUN_BITS) - 1;
    (run.min(most) << START_BITS) | started.min((1 << START_BITS) - 1)
}

/// The number of the session's newest run; 0 if it is not known.
fn run(places: &Places, session: &str) -> u64 {
    let Ok(id) = session.parse::<SessionId>() else { return 0 };
    let Ok(entries) = fs::read_dir(places.session_dir(id)) else { return 0 };
    let number =
        |entry: fs::DirEntry| entry.file_name().to_str()?.strip_prefix("run-")?.parse().ok();
    entries.filter_map(Result::ok).filter_map(number).max().unwrap_or(0)
}

/// A process: its name, its parent, its start.
type Looked = (String, u32, u64);

fn look(pid: u32) -> Option<Looked> {
    let process = process::process_of(Pid::new(pid)?)?;
    Some((process.name, process.parent, process.identity.start_time))
}

/// When the agent above these shells started; 0 if it is not known.
fn started(parent: u32, look: impl Fn(u32) -> Option<Looked>) -> u64 {
    let mut pid = parent;
    for _ in 0..=MAX_SHELLS {
        let Some((name, above, started)) = look(pid) else { return 0 };
        if !SHELLS.contains(&name.trim_start_matches('-')) {
            return started;
        }
        pid = above;
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_agent_is_found_above_the_shells_that_run_its_hook() {
        let table = |pid: u32| {
            let (name, parent, started) = match pid {
                9 => ("sh", 8, 900),
                8 => ("-bash", 7, 800),
                7 => ("claude", 6, 700),
                6 => ("appd-holder", 1, 600),
                3 => ("sh", 3, 300),
                _ => return None,
            };
            Some((name.to_owned(), parent, started))
        };
        assert_eq!(started(9, table), 700);
        assert_eq!(started(7, table), 700);
        assert_eq!(started(3, table), 0, "shells without end");
        assert_eq!(started(1, table), 0);
    }

    #[test]
    fn a_later_run_is_greater_and_within_a_run_a_later_start() {
        let last_start = u64::MAX;
        assert!(compose(2, 5) > compose(1, last_start));
        assert!(compose(1, 6) > compose(1, 5));
        assert!(compose(u64::MAX, 6) > compose(u64::MAX, 5));
        assert!(compose(0, 1) > compose(0, 0));
        assert!(i64::try_from(compose(u64::MAX, u64::MAX)).is_ok());
    }

    #[test]
    fn the_newest_run_is_found_in_the_directory_of_the_session() {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().to_path_buf();
        let places = Places { runtime: place.clone(), state: place.clone(), config: place };
        assert_eq!(run(&places, "7c5dcf5d"), 0);
        for name in ["run-2", "run-10", "meta", "run-x"] {
            let path = places.session_dir("7c5dcf5d").join(name);
            fs::create_dir_all(path).unwrap();
        }
        assert_eq!(run(&places, "7c5dcf5d"), 10);
        assert_eq!(run(&places, "../7c5dcf5d"), 0);
    }
}
