//! Attaching, with the daemon and the holder played by the test and a real terminal.

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd as _, OwnedFd};
use std::os::unix::net::{UnixListener, UnixStream};
use std::process::Child;
use std::time::Duration;

use crate::support::{Home, ID};
use app_model::{Exit, SessionView};
use app_sys::poll;
use app_sys::process::{self, Pid, Signal};
use app_sys::pty::{self, WinSize};
use app_wire::control::{Reply, Request};
use app_wire::hello::HELLO_LEN;
use app_wire::hold::{Decoder, FromHolder, HELLO, ToHolder};

const BOUND: Option<Duration> = Some(Duration::from_secs(30));

/// `appctl attach` on a terminal, before a holder.
struct Rig {
    home: Home,
    terminal: pty::Pty,
    screen: Vec<u8>,
    child: Child,
    holder: Holder,
}

/// The holder that the test plays.
struct Holder {
    stream: UnixStream,
    decoder: Decoder,
}

impl Holder {
    fn accept(listener: &UnixListener) -> Self {
        let (mut stream, _) = listener.accept().unwrap();
        stream.set_read_timeout(BOUND).unwrap();
        stream.write_all(&HELLO.encode()).unwrap();
        let mut theirs = [0; HELLO_LEN];
        stream.read_exact(&mut theirs).unwrap();
        HELLO.agree(theirs).unwrap();
        Self { stream, decoder: Decoder::new() }
    }

    /// The next message, or nothing when the client hung up.
    fn hear(&mut self) -> Option<ToHolder> {
        loop {
            if let Some(frame) = self.decoder.next_frame().unwrap() {
                return Some(ToHolder::decode(frame).unwrap());
            }
            let mut room = [0; 4096];
            match self.stream.read(&mut room).unwrap() {
                0 => return None,
                count => self.decoder.push(&room[..count]),
            }
        }
    }

    fn say(&mut self, message: &FromHolder) {
        self.stream.write_all(&message.to_bytes()).unwrap();
    }
}

impl Rig {
    fn new() -> Self {
        let home = Home::new();
        let view = home.session();
        // Answered once; what is asked after the end finds nobody, and that is fine.
        let daemon = home.play_daemon(move |request| match request {
            Request::Find { .. } => Reply::Session(Box::new(SessionView::clone(&view))),
            Request::Notices { .. } => Reply::Notices(vec![]),
            other => unreachable!("{other:?}"),
        });
        let listener = home.listen_as_holder();
        let terminal = pty::open(WinSize { rows: 5, cols: 40, xpixel: 0, ypixel: 0 }).unwrap();
        let stdio = || terminal.slave.try_clone().unwrap();
        let id = ID.to_string();
        let mut command = home.command(["attach", "--relay", &id]);
        command.stdin(stdio()).stdout(stdio()).stderr(stdio());
        let child = command.spawn().unwrap();
        let mut holder = Holder::accept(&listener);
        daemon.join().unwrap();
        let Some(ToHolder::Attach(attach)) = holder.hear() else {
            unreachable!("the first request is not to attach");
        };
        assert_eq!((attach.size.rows, attach.size.cols, attach.read_only), (5, 40, false));
        Self { home, terminal, screen: Vec::new(), child, holder }
    }

    fn type_in(&self, bytes: &[u8]) {
        let mut master = File::from(self.terminal.master.try_clone().unwrap());
        master.write_all(bytes).unwrap();
    }

    /// Reads the terminal until it shows `text`.
    fn until(&mut self, text: &str) {
        let mut master = File::from(self.terminal.master.try_clone().unwrap());
        while !String::from_utf8_lossy(&self.screen).contains(text) {
            let shown = || String::from_utf8_lossy(&self.screen).into_owned();
            assert!(poll::readable(&master, BOUND).unwrap(), "no {text:?} in {:?}", shown());
            let mut room = [0; 4096];
            match master.read(&mut room) {
                Ok(count) => self.screen.extend_from_slice(&room[..count]),
                Err(error) => assert_eq!(error.kind(), io::ErrorKind::WouldBlock),
            }
        }
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::new(self.child.id()).unwrap();
        let identity = process::identity_of(pid).unwrap();
        assert!(process::signal(&identity, signal).unwrap());
    }

    fn code(&mut self) -> i32 {
        self.child.wait().unwrap().code().expect("it was not killed")
    }

    fn is_cooked(&self) -> bool {
        let modes = rustix::termios::tcgetattr(self.terminal.slave.as_fd()).unwrap().local_modes;
        modes.contains(rustix::termios::LocalModes::ICANON | rustix::termios::LocalModes::ECHO)
    }
}

#[test]
fn keys_and_output_pass_and_the_key_detaches() {
    let mut rig = Rig::new();
    rig.holder.say(&FromHolder::Output(b"\x1b[?1000hwelcome".to_vec()));
    rig.until("welcome");
    assert!(!rig.is_cooked());
    rig.type_in(b"ls\r");
    assert_eq!(rig.holder.hear(), Some(ToHolder::Input(b"ls\r".to_vec())));
    rig.type_in(b"\x1c");
    assert_eq!(rig.holder.hear(), Some(ToHolder::Detach));
    assert_eq!(rig.holder.hear(), None);
    rig.until("[detached · 7c5dcf5d · demo]");
    assert_eq!(rig.code(), 0);
    assert!(rig.is_cooked());
    let shown = String::from_utf8(rig.screen).unwrap();
    let (set, reset) = (shown.find("\x1b[?1000h").unwrap(), shown.rfind("\x1b[?1000l").unwrap());
    assert!(set < reset, "{shown:?}");
}

#[test]
fn the_last_output_is_shown_and_the_programs_code_passed_on() {
    let mut rig = Rig::new();
    rig.holder.say(&FromHolder::Output(b"good".to_vec()));
    rig.holder.say(&FromHolder::Output(b"bye".to_vec()));
    rig.holder.say(&FromHolder::Exited { exit: Exit::Code(3), elapsed_ms: 200_000 });
    rig.until("[ended · exit 3 · 3m 20s]");
    assert!(String::from_utf8_lossy(&rig.screen).contains("goodbye"));
    assert_eq!(rig.code(), 3);
    assert!(rig.is_cooked());
}

#[test]
fn a_new_size_is_passed_on() {
    let mut rig = Rig::new();
    rig.holder.say(&FromHolder::Output(b"ready".to_vec()));
    rig.until("ready");
    let size = WinSize { rows: 9, cols: 20, xpixel: 0, ypixel: 0 };
    pty::set_size(&rig.terminal.master, size).unwrap();
    rig.signal(Signal::WINCH);
    let Some(ToHolder::Resize(size)) = rig.holder.hear() else {
        unreachable!("no resize");
    };
    assert_eq!((size.rows, size.cols), (9, 20));
    rig.signal(Signal::TERM);
    rig.until("[detached");
    assert_eq!(rig.code(), 0);
}

/// A terminal that nobody reads, as after Ctrl-S, must not make the client deaf.
#[test]
fn a_stopped_terminal_does_not_stop_signals() {
    let mut rig = Rig::new();
    let mut stream = rig.holder.stream.try_clone().unwrap();
    let flood = std::thread::spawn(move || {
        let output = FromHolder::Output(vec![b'x'; 60_000]).to_bytes();
        // Blocks when everything in between is full, and fails when the client is gone.
        while stream.write_all(&output).is_ok() {}
    });
    rig.until("xxx");
    rig.signal(Signal::TERM);
    assert_eq!(rig.code(), 0);
    drop(rig.holder);
    flood.join().unwrap();
    assert!(rig.home.path("runtime").exists());
}

#[test]
fn a_terminal_that_hangs_up_detaches() {
    let mut rig = Rig::new();
    rig.holder.say(&FromHolder::Output(b"ready".to_vec()));
    rig.until("ready");
    let pty::Pty { master, slave } = rig.terminal;
    drop::<[OwnedFd; 2]>([master, slave]);
    let status = rig.child.wait().unwrap();
    assert_eq!(status.code(), Some(0));
}
