//! A real `systemd --user` of a test's own.
//!
//! It runs in a mount and a control-group namespace: it sees a control-group tree that is
//! its own, and believes that the machine was booted by systemd. Whoever talks to it and
//! wants processes moved has to run inside, too ([`Manager::command`]).
//!
//! Needs root, for the namespaces. The manager and all it starts are gone when this is
//! dropped, with their control groups.

use std::fs;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::home::{self, Home};
use crate::outcome::Outcome;
use crate::{binaries, wait};

/// What makes the world that the manager lives in, and becomes it.
const BEGIN: &str = r#"set -e
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /run/systemd
mount -t tmpfs tmpfs /run/systemd
mkdir /run/systemd/system
exec /lib/systemd/systemd --user --log-target=console --log-level=info --unit=default.target
"#;

/// Where the manager itself puts its own process is a group below this one.
const OF_MANAGER: &str = "mgr";

/// Where programs run that talk to it.
const OF_CALLERS: &str = "callers";

/// A manager of user services.
pub struct Manager<'a> {
    home: &'a Home,
    process: Child,
    group: PathBuf,
    runtime: PathBuf,
}

impl<'a> Manager<'a> {
    /// Starts one whose units and sockets lie in this home.
    ///
    /// # Panics
    /// When it does not come up.
    #[track_caller]
    pub fn start(home: &'a Home) -> Self {
        let runtime = home.path().join("xdg");
        fs::DirBuilder::new().mode(0o700).create(&runtime).unwrap();
        let name = home.path().file_name().unwrap();
        let group = tree().join(format!("appctl-test-{}", name.display()));
        for part in [OF_MANAGER, OF_CALLERS] {
            fs::create_dir_all(group.join(part)).unwrap();
        }
        let log = fs::File::create(home.path().join("systemd.log")).unwrap();
        let mut begin = in_group(&group.join(OF_MANAGER), "unshare");
        begin.args(["--mount", "--cgroup", "--propagation", "private", "sh", "-c", BEGIN]);
        begin.env_clear().envs(variables(home, &runtime)).current_dir("/");
        begin.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let manager = Self { home, process: begin.spawn().unwrap(), group, runtime };
        wait::until("the user's systemd is up", || {
            if !manager.runtime.join("systemd/private").exists() {
                return Err("no socket yet".to_owned());
            }
            let said = manager.systemctl(["is-active", "default.target"]);
            if said.code() == 0 { Ok(()) } else { Err(format!("{said:?}\n{}", manager.log())) }
        });
        manager
    }

    /// Any command, where the manager lives: with its runtime directory, in its namespaces,
    /// in a control group from which it may move processes.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = in_group(&self.group.join(OF_CALLERS), "nsenter");
        command.args(["--target", &self.process.id().to_string(), "--mount", "--cgroup", "--"]);
        command.arg(program).env_clear().envs(variables(self.home, &self.runtime));
        command.current_dir(self.home.user_dir()).stdin(Stdio::null());
        command
    }

    /// Runs `appctl` there.
    pub fn appctl<S: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Outcome {
        let mut command = self.command(self.home.program("appctl"));
        command.args(args);
        home::run(command, b"")
    }

    /// Runs `systemctl --user` there.
    pub fn systemctl<'s>(&self, args: impl IntoIterator<Item = &'s str>) -> Outcome {
        let mut command = self.command(binaries::installed("systemctl"));
        command.args(["--user", "--no-pager"]).args(args);
        home::run(command, b"")
    }

    /// A property of a unit, as `systemctl show` prints it.
    pub fn property(&self, unit: &str, name: &str) -> String {
        self.systemctl(["show", unit, "--value", "-p", name]).ok().out().trim().to_owned()
    }

    /// The control group of a process, as the manager sees it.
    pub fn group_of(&self, pid: u32) -> String {
        let mut command = self.command("cat");
        command.arg(format!("/proc/{pid}/cgroup"));
        home::run(command, b"").ok().out().trim().to_owned()
    }

    /// What the manager has said.
    pub fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("systemd.log")).unwrap_or_default()
    }
}

impl Drop for Manager<'_> {
    fn drop(&mut self) {
        for group in groups_below(&self.group) {
            // All that live in it; what is there no more needs no end.
            drop(fs::write(group.join("cgroup.kill"), "1"));
        }
        drop(self.process.kill());
        drop(self.process.wait());
        remove_groups(&self.group);
    }
}

/// Removes a group and all below it, once nobody is in them.
pub(crate) fn remove_groups(top: &Path) {
    wait::until("the control groups to be gone", || {
        for group in groups_below(top) {
            fs::remove_dir(&group).map_err(|error| format!("{}: {error}", group.display()))?;
        }
        Ok(())
    });
}

/// The root of the control groups of version 2.
pub(crate) fn tree() -> PathBuf {
    let unified = Path::new("/sys/fs/cgroup/unified");
    if unified.is_dir() { unified.into() } else { "/sys/fs/cgroup".into() }
}

/// Deepest first.
fn groups_below(top: &Path) -> Vec<PathBuf> {
    let mut groups = Vec::new();
    for entry in fs::read_dir(top).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            groups.extend(groups_below(&entry.path()));
        }
    }
    if top.exists() {
        groups.push(top.into());
    }
    groups
}

/// A command that joins a control group before it becomes itself.
pub(crate) fn in_group(group: &Path, program: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", "echo $$ > \"$0\" && exec \"$@\""]);
    command.arg(group.join("cgroup.procs")).arg(binaries::installed(program));
    command
}

fn variables(home: &Home, runtime: &Path) -> Vec<(std::ffi::OsString, std::ffi::OsString)> {
    let mut variables: Vec<_> = home
        .variables()
        .iter()
        .filter(|(name, _)| name != "DBUS_SESSION_BUS_ADDRESS")
        .cloned()
        .collect();
    let bus = format!("unix:path={}/bus", runtime.display());
    variables.push(("XDG_RUNTIME_DIR".into(), runtime.into()));
    variables.push(("DBUS_SESSION_BUS_ADDRESS".into(), bus.into()));
    variables
}
