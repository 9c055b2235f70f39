//! A whole machine of a test's own, computed by qemu: a kernel that enforces limits, a systemd
//! as its first process, a user who lingers, a disk, and a switch for the power.
//!
//! ```text
//!   Machine ── lines ──► a port of the machine ──► [`AGENT`] ── as root or as the user ──► shell
//!           ◄── up BOOT · said NUMBER CODE .OUT .ERR · told WORDS ──┘
//! ```
//!
//! It has no network. What it is made of lies where `APPCTL_MACHINE` says (`cargo xtask machine`
//! makes it); the disk is copied, so each test finds it as if nobody had been there before.
//!
//! # Invariants
//!
//! 1. One request at a time, and each of its answers is waited for, with a bound.
//! 2. What was told is what has arrived here: the power may go right after it.
//! 3. qemu ends with this, whichever way this ends.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixStream;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::outcome::Outcome;
use crate::{binaries, wait};

/// Where the disk, the kernel and qemu are.
const PLACE: &str = "APPCTL_MACHINE";

/// How long a start or a restart may take. It is half a minute where nothing else runs.
const BOOT_LIMIT: Duration = Duration::from_secs(300);

/// How long one request may take.
const REQUEST_LIMIT: Duration = Duration::from_secs(120);

/// Room for the programs under test on their disk, beyond what they take.
const SPARE_BYTES: u64 = 8 << 20;

/// Lines of the console that a failure shows.
const CONSOLE_LINES: usize = 40;

/// Everything that the kernel is told.
const KERNEL_LINE: &str = "console=ttyS0 root=/dev/vda rw panic=1 mitigations=off quiet";

/// The one user there, beside root.
pub const USER: &str = "person";

/// What does there what is asked for, line by line: a number, a user, and words for the shell.
const AGENT: &str = r#"exec 3<>/dev/virtio-ports/appctl.test
export LC_ALL=C.UTF-8 PATH=/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
run() {
    [ "$1" != root ] || { bash -c "$2"; return; }
    id=$(id -u "$1")
    setpriv --reuid "$1" --regid "$1" --init-groups env -i LC_ALL=$LC_ALL PATH=$PATH \
        HOME="/home/$1" USER="$1" SHELL=/bin/bash XDG_RUNTIME_DIR="/run/user/$id" \
        DBUS_SESSION_BUS_ADDRESS="unix:path=/run/user/$id/bus" bash -c "cd; $2"
}
mkdir -p /run/appctl-test && cd / || exit
echo "up $(cat /proc/sys/kernel/random/boot_id)" >&3
while IFS=' ' read -r number who words <&3; do
    run "$who" "$words" </dev/null >/run/appctl-test/out 2>/run/appctl-test/err
    echo "said $number $? .$(hex /run/appctl-test/out) .$(hex /run/appctl-test/err)" >&3
done
"#;

/// The machine.
pub struct Machine {
    dir: TempDir,
    place: PathBuf,
    running: Option<Running>,
    boot_id: String,
}

/// qemu, and the way to its port.
struct Running {
    qemu: Child,
    lines: BufReader<UnixStream>,
    asked: u64,
}

impl Machine {
    /// Starts one with the programs under test, and waits until its user's systemd is up.
    ///
    /// # Panics
    /// When it does not come up.
    #[track_caller]
    pub fn boot() -> Self {
        let place = env::var_os(PLACE).map(PathBuf::from);
        let place = place.expect("`cargo xtask machine` makes the machine and says where it is");
        let dir = tempfile::Builder::new().prefix("appctl-vm").tempdir_in("/tmp").unwrap();
        let mut copy = Command::new("cp");
        copy.args(["--sparse=always", "--reflink=auto"]).arg(place.join("disk.img"));
        call(copy.arg(dir.path().join("disk.img")));
        programs(dir.path());
        let mut machine = Self { dir, place, running: None, boot_id: String::new() };
        machine.start();
        machine
    }

    /// Gives it power, and waits until it is up.
    #[track_caller]
    pub fn start(&mut self) {
        let socket = self.dir.path().join("port");
        fs::remove_file(&socket).ok();
        let mut qemu = self.qemu().spawn().unwrap();
        let port = wait::until("qemu to listen", || {
            assert!(qemu.try_wait().unwrap().is_none(), "qemu: {}", self.console());
            UnixStream::connect(&socket).map_err(|error| error.to_string())
        });
        self.running = Some(Running { qemu, lines: BufReader::new(port), asked: 0 });
        self.wait_up();
    }

    fn qemu(&self) -> Command {
        let file = |name: &str| self.dir.path().join(name).display().to_string();
        let drive = |name, more| format!("file={},if=virtio,format=raw,{more}", file(name));
        // Invariant 3: also when nobody is left to drop this.
        let mut qemu = Command::new(binaries::installed("setpriv"));
        qemu.args(["--pdeathsig", "KILL", "nice", "-n", "10"]).arg(self.place.join("qemu"));
        qemu.args(["-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", "1024"]);
        qemu.args(["-nodefaults", "-no-user-config", "-display", "none", "-vga", "none"]);
        qemu.args(["-nic", "none", "-monitor", "none", "-serial"]);
        qemu.arg(format!("file:{}", file("console")));
        qemu.arg("-kernel").arg(self.place.join("vmlinuz"));
        qemu.arg("-initrd").arg(self.place.join("initrd.img")).args(["-append", KERNEL_LINE]);
        qemu.args(["-drive", &drive("disk.img", "cache=writeback")]);
        qemu.args(["-drive", &drive("programs.img", "readonly=on")]);
        qemu.args(["-device", "virtio-serial-pci", "-chardev"]);
        qemu.arg(format!("socket,id=port,path={},server=on,wait=off", file("port")));
        qemu.args(["-device", "virtserialport,chardev=port,name=appctl.test"]);
        let said = fs::File::create(self.dir.path().join("qemu.log")).unwrap();
        qemu.stdin(Stdio::null()).stdout(said.try_clone().unwrap()).stderr(said);
        qemu
    }

    /// Takes the power away: whatever is not on the disk is gone.
    #[track_caller]
    pub fn cut_power(&mut self) {
        let mut running = self.running.take().expect("it has power");
        running.qemu.kill().unwrap();
        running.qemu.wait().unwrap();
    }

    /// Starts it anew, as a person at it would, and waits until it is up again.
    #[track_caller]
    pub fn restart(&mut self) {
        let before = self.boot_id.clone();
        // Whether there is an answer depends on who ends first.
        self.ask("root", "systemctl reboot");
        self.wait_up();
        assert_ne!(self.boot_id, before, "another boot");
    }

    #[track_caller]
    fn wait_up(&mut self) {
        self.boot_id = self.line_after("up ", BOOT_LIMIT, "a start");
        wait::until_for(BOOT_LIMIT, "the user's systemd to be up", || {
            let said = self.user("systemctl --user is-active default.target");
            if said.code() == 0 { Ok(()) } else { Err(format!("{said:?}\n{}", self.console())) }
        });
    }

    /// Runs a line of shell there as its user, who has not logged in.
    #[track_caller]
    pub fn user(&mut self, words: &str) -> Outcome {
        self.run(USER, words)
    }

    /// The same as root.
    #[track_caller]
    pub fn root(&mut self, words: &str) -> Outcome {
        self.run("root", words)
    }

    /// Runs `appctl` with what is written as in a shell.
    #[track_caller]
    pub fn appctl(&mut self, words: &str) -> Outcome {
        self.user(&format!("appctl {words}"))
    }

    /// Starts a session in the background, and returns its id.
    #[track_caller]
    pub fn begin(&mut self, words: &str) -> String {
        self.appctl(&format!("start --bg -q {words}")).ok().out().trim().to_owned()
    }

    /// All that is known of a session.
    #[track_caller]
    pub fn show(&mut self, session: &str) -> Value {
        self.appctl(&format!("show --json {session}")).ok().json()
    }

    /// All sessions.
    #[track_caller]
    pub fn ls_all(&mut self) -> Vec<Value> {
        let all = self.appctl("ls --all --json").ok().json();
        all.as_array().unwrap().clone()
    }

    /// The directory of the control group that a session's processes are in.
    #[track_caller]
    pub fn group_path(&mut self, session: &str) -> String {
        let pid = self.show(session)["holder_pid"].clone();
        let group = self.root(&format!("cut -d: -f3 /proc/{pid}/cgroup")).ok().out();
        format!("/sys/fs/cgroup{}", group.trim())
    }

    /// A file of it.
    #[track_caller]
    pub fn group(&mut self, session: &str, file: &str) -> String {
        let path = self.group_path(session);
        self.root(&format!("cat {path}/{file}")).ok().out()
    }

    /// Runs a line of shell as its user, and goes on as soon as it has told that many things,
    /// each by a line `told WORDS` to descriptor 3. It may go on.
    #[track_caller]
    pub fn told(&mut self, words: &str, count: usize) -> Vec<String> {
        self.ask(USER, words);
        (0..count).map(|_| self.line_after("told ", REQUEST_LIMIT, words)).collect()
    }

    /// Names the boot.
    pub fn boot_id(&self) -> &str {
        &self.boot_id
    }

    #[track_caller]
    fn run(&mut self, who: &str, words: &str) -> Outcome {
        let number = self.ask(who, words);
        let said = self.line_after(&format!("said {number} "), REQUEST_LIMIT, words);
        let [code, out, err] = said.splitn(3, ' ').collect::<Vec<_>>()[..] else {
            panic!("half an answer: {said:?}")
        };
        let code: i32 = code.parse().unwrap();
        Outcome {
            command: words.to_owned(),
            status: ExitStatus::from_raw(code << 8),
            stdout: bytes(out),
            stderr: bytes(err),
        }
    }

    fn ask(&mut self, who: &str, words: &str) -> u64 {
        assert!(!words.contains('\n'), "one line: {words:?}");
        let running = self.running.as_mut().expect("it has power");
        running.asked += 1;
        let line = format!("{} {who} {words}\n", running.asked);
        running.lines.get_mut().write_all(line.as_bytes()).unwrap();
        running.asked
    }

    /// What follows `begin` in the first line that begins so; lines before it are of no use.
    #[track_caller]
    fn line_after(&mut self, begin: &str, limit: Duration, what: &str) -> String {
        let deadline = wait::Deadline::after(limit);
        let mut line = Vec::new();
        loop {
            let Some(left) = deadline.left() else {
                panic!("waited {limit:?} for {begin:?} of {what}: {}", self.console())
            };
            let lines = &mut self.running.as_mut().expect("it has power").lines;
            lines.get_ref().set_read_timeout(Some(left)).unwrap();
            match lines.read_until(b'\n', &mut line) {
                Ok(_) if line.ends_with(b"\n") => {}
                Ok(_) => panic!("qemu has ended at {what}: {}", self.console()),
                Err(_) => continue, // The deadline says when it is enough.
            }
            let text = String::from_utf8_lossy(&line).trim_end().to_owned();
            if let Some(rest) = text.strip_prefix(begin) {
                return rest.to_owned();
            }
            line.clear();
        }
    }

    /// What the machine and qemu have said last.
    pub fn console(&self) -> String {
        let read = |name| fs::read(self.dir.path().join(name)).unwrap_or_default();
        let all = [read("console"), read("qemu.log")].concat();
        let text = String::from_utf8_lossy(&all).into_owned();
        let lines: Vec<_> = text.lines().collect();
        lines[lines.len().saturating_sub(CONSOLE_LINES)..].join("\n")
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        if let Some(mut running) = self.running.take() {
            drop(running.qemu.kill());
            drop(running.qemu.wait());
        }
    }
}

/// Lays out the disk with the programs under test, and with what does there what is asked for.
#[track_caller]
fn programs(dir: &Path) {
    let tree = dir.join("programs");
    fs::create_dir(&tree).unwrap();
    let from = binaries::dir();
    let mut size = SPARE_BYTES;
    for program in binaries::PROGRAMS {
        size += fs::copy(from.join(program), tree.join(program)).unwrap();
    }
    fs::write(tree.join("appctl-test"), AGENT).unwrap();
    let mut make = Command::new(binaries::installed("mke2fs"));
    make.args(["-q", "-F", "-t", "ext4", "-O", "^has_journal", "-d"]).arg(&tree);
    call(make.arg(dir.join("programs.img")).arg(format!("{}M", (size + size / 8) >> 20)));
    fs::remove_dir_all(&tree).unwrap();
}

#[track_caller]
fn call(command: &mut Command) {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
}

/// Reads `.48656c6c6f`.
fn bytes(hex: &str) -> Vec<u8> {
    let digits = hex.strip_prefix('.').unwrap_or_else(|| panic!("not an answer: {hex:?}"));
    let pairs = digits.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}
