//! A kernel that runs out of the memory that a control group may have.

use std::fs;
use std::path::{Path, PathBuf};

use app_tests::{Home, wait};
use serde_json::json;

/// Enough for a daemon and a holder.
const LIMIT: u64 = 192 << 20;

/// A control group of either version with little memory, gone when this is dropped.
struct Small(PathBuf);

impl Small {
    fn new(name: &str) -> Self {
        let first = Path::new("/sys/fs/cgroup/memory");
        let (tree, file) = if first.is_dir() {
            (first, "memory.limit_in_bytes")
        } else {
            (Path::new("/sys/fs/cgroup"), "memory.max")
        };
        let group = tree.join(name);
        fs::create_dir(&group).unwrap();
        let group = Self(group);
        fs::write(group.0.join(file), LIMIT.to_string()).unwrap();
        group
    }
}

impl Drop for Small {
    fn drop(&mut self) {
        wait::until("the control group to be empty", || {
            fs::remove_dir(&self.0).map_err(|error| error.to_string())
        });
    }
}

#[test]
#[ignore = "needs root"]
fn a_program_that_the_kernel_kills_for_want_of_memory_is_lost_to_that() {
    let home = Home::new();
    let name = home.path().file_name().unwrap().to_str().unwrap().to_owned();
    let group = Small::new(&format!("appctl-test-{name}"));
    let mut shell = home.command("sh");
    shell.args(["-c", "echo $$ >\"$0\" && exec \"$@\""]).arg(group.0.join("cgroup.procs"));
    shell.arg(home.program("appctl")).args(["start", "--bg", "-q", "-n", "big", "--no-tty", "--"]);
    // It keeps its last line, and this one has no end.
    shell.args(["tail", "/dev/zero"]);
    let id = app_tests::home::run(shell, b"").ok().out().trim().to_owned();
    let session = home.session(id);
    let view = session.wait_over();
    assert_eq!(view["exit"], json!({ "lost": "oom" }), "{view:#}");
    // A kill by a person is one.
    let other = home.start("small", &["sleep", "1000"]);
    other.program().kill();
    assert_eq!(other.wait_over()["exit"], json!({ "signal": "KILL" }));
    home.appctl(["daemon", "stop", "--sessions"]).ok();
}
