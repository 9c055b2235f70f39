//! A whole machine of a test's own that can be started anew: a real systemd as its first
//! process, log-ins that linger, and a boot id that changes.
//!
//! Its root is the root of this machine under a layer in memory, so all that is installed
//! here is there, and what happens there stays there. It shares the kernel: a restart is the
//! end of the first process, which the kernel tells by a signal (`pid_namespaces(7)`).
//!
//! Needs root. All of it is gone when this is dropped.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use crate::home::{self, Home};
use crate::outcome::Outcome;
use crate::process::Process;
use crate::{binaries, manager, process, wait};

/// What makes the world that the first process lives in, and becomes it. `$1` is its root.
const BEGIN: &str = r#"set -e
mount --bind "$1" "$1"
cd "$1"
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs tmpfs tmp
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm run/old
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
ln -s pts/ptmx dev/ptmx
for device in null zero full random urandom tty; do
    : > dev/$device
    mount --bind /dev/$device dev/$device
done
mount -t tmpfs tmpfs dev/shm
cat /proc/sys/kernel/random/uuid > run/boot-id
mount --bind run/boot-id proc/sys/kernel/random/boot_id
cd "$1"
pivot_root . run/old
cd /
umount -l /run/old
exec env -i container=test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
    /lib/systemd/systemd --log-target=console --log-level=info
"#;

/// Where the programs under test are in it.
const PROGRAMS: &str = "usr/local/bin";

/// What this machine may have of the programs' own, and the other one has not.
const NOT_THERE: [&str; 4] =
    ["root/.local/state/appctl", "root/.config/appctl", "root/.config/systemd", ".dockerenv"];

/// The signal by which the kernel tells that the first process asked for a restart.
const RESTART: i32 = 1;

/// The other machine.
pub struct Guest<'a> {
    home: &'a Home,
    layer: PathBuf,
    root: PathBuf,
    group: PathBuf,
    process: Option<Child>,
}

impl<'a> Guest<'a> {
    /// Makes one below this home, with the programs under test, and starts it.
    ///
    /// # Panics
    /// When it does not come up.
    #[track_caller]
    pub fn boot(home: &'a Home) -> Self {
        let (layer, root) = (home.path().join("layer"), home.path().join("root"));
        let name = home.path().file_name().unwrap();
        let group = manager::tree().join(format!("appctl-test-{}", name.display()));
        fs::create_dir_all(group.join("machine")).unwrap();
        for dir in [&layer, &root] {
            fs::create_dir(dir).unwrap();
        }
        let mut guest = Self { home, layer, root, group, process: None };
        guest.lay_out();
        guest.start();
        guest
    }

    fn lay_out(&self) {
        let layer = self.layer.display();
        call(
            Command::new("mount").args(["-t", "tmpfs", "-o", "mode=755", "tmpfs"]).arg(&self.layer),
        );
        for part in ["upper", "work"] {
            fs::create_dir(self.layer.join(part)).unwrap();
        }
        let options = format!("lowerdir=/,upperdir={layer}/upper,workdir={layer}/work");
        call(
            Command::new("mount")
                .args(["-t", "overlay", "overlay", "-o", &options])
                .arg(&self.root),
        );
        for path in NOT_THERE {
            call(Command::new("rm").arg("-rf").arg(self.root.join(path)));
        }
        for program in binaries::PROGRAMS {
            fs::copy(self.home.program(program), self.root.join(PROGRAMS).join(program)).unwrap();
        }
        fs::write(self.root.join("etc/machine-id"), "").unwrap();
        let lingers = self.root.join("var/lib/systemd/linger");
        fs::create_dir_all(&lingers).unwrap();
        fs::write(lingers.join("root"), "").unwrap();
    }

    #[track_caller]
    fn start(&mut self) {
        let console = fs::File::create(self.home.path().join("console")).unwrap();
        let mut begin = manager::in_group(&self.group.join("machine"), "unshare");
        begin.args(["--mount", "--pid", "--cgroup", "--uts", "--ipc", "--net", "--fork"]);
        begin.args(["--propagation", "private", "sh", "-c", BEGIN, "sh"]).arg(&self.root);
        begin.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").current_dir("/");
        begin.stdin(Stdio::null()).stdout(console.try_clone().unwrap()).stderr(console);
        self.process = Some(begin.spawn().unwrap());
        wait::until("the other machine to be up", || {
            self.first_process().ok_or_else(|| self.console())?;
            let said = self.run("systemctl", ["--user", "is-active", "default.target"]);
            if said.code() == 0 { Ok(()) } else { Err(format!("{said:?}\n{}", self.console())) }
        });
    }

    /// Starts the machine anew, as a person at it would, and waits until it is up again.
    ///
    /// # Panics
    /// When it does not come up, or goes down in another way.
    #[track_caller]
    pub fn restart(&mut self) {
        let first = self.first_process().map(Process::of).unwrap();
        self.run("systemctl", ["reboot"]);
        first.wait_over();
        let status = self.process.take().unwrap().wait().unwrap();
        assert_eq!(status.signal(), Some(RESTART), "{status}: {}", self.console());
        self.start();
    }

    /// Runs a command there, as the one user that there is, who has not logged in.
    #[track_caller]
    pub fn run<S: AsRef<OsStr>>(
        &self,
        program: &str,
        args: impl IntoIterator<Item = S>,
    ) -> Outcome {
        let mut command = Command::new(binaries::installed("nsenter"));
        command.args(["--target", &self.first_process().unwrap_or(0).to_string(), "--all", "--"]);
        command.arg(program).args(args).stdin(Stdio::null()).env_clear().envs([
            ("PATH", "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
            ("HOME", "/root"),
            ("USER", "root"),
            ("LC_ALL", "C.UTF-8"),
            ("XDG_RUNTIME_DIR", "/run/user/0"),
            ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/run/user/0/bus"),
        ]);
        home::run(command, b"")
    }

    /// Runs `appctl` there.
    #[track_caller]
    pub fn appctl<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Outcome {
        self.run("appctl", args)
    }

    /// Names the boot.
    #[track_caller]
    pub fn boot_id(&self) -> String {
        self.run("cat", ["/proc/sys/kernel/random/boot_id"]).ok().out()
    }

    /// Its first process, by its number here.
    fn first_process(&self) -> Option<u32> {
        let unshare = self.process.as_ref()?.id();
        let first = process::children(unshare).first().copied()?;
        // Before that it is the shell that makes its world.
        (process::command_line(first).starts_with("/lib/systemd/systemd")).then_some(first)
    }

    /// What it has said while it started.
    pub fn console(&self) -> String {
        fs::read_to_string(self.home.path().join("console")).unwrap_or_default()
    }
}

impl Drop for Guest<'_> {
    fn drop(&mut self) {
        drop(fs::write(self.group.join("cgroup.kill"), "1"));
        if let Some(mut process) = self.process.take() {
            drop(process.wait());
        }
        for mounted in [&self.root, &self.layer] {
            let done = Command::new("umount").arg("-l").arg(mounted).status();
            if !done.is_ok_and(|status| status.success()) {
                eprintln!("{} stays mounted", mounted.display());
            }
        }
        manager::remove_groups(&self.group);
    }
}

#[track_caller]
fn call(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}

/// Why there can be no other machine here, if there can be none.
pub fn not_possible_here() -> Option<&'static str> {
    let needed = [
        ("/lib/systemd/system/user@.service", "systemd has no managers of users"),
        ("/lib/systemd/system/systemd-logind.service", "there is no logind"),
        ("/lib/systemd/system/dbus.service", "there is no bus of the system"),
    ];
    needed.into_iter().find(|(path, _)| !Path::new(path).exists()).map(|(_, why)| why)
}
