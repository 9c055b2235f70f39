//! Strangers on both sockets: garbage, huge and truncated frames, silence. Each costs its
//! own connection and nobody else anything.

use std::io::Write as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use app_model::TerminalSize;
use app_model::notice::voice::Voice;
use app_tests::peer::{Control, Hold, connect, wait_closed};
use app_tests::{Home, Session, process};
use app_wire::control::{self, ErrorCode, MAX_REQUEST, Reply, Request};
use app_wire::hello::{HELLO_LEN, Hello, Version};
use app_wire::hold::{self, Attach, FromHolder, MAX_PAYLOAD, ToHolder};

/// Most memory that a stranger may make a program take, over what it takes anyway.
const COST_KIB: u64 = 24 << 10;

/// A session that answers, to see whether anyone was hurt.
fn witness(home: &Home) -> Session<'_> {
    let session = home.start_sh("witness", "echo ready; while read x; do echo heard $x; done");
    session.wait_screen_contains("ready");
    session
}

/// Everything still works: the same daemon, the same holder, and both answer at once.
#[track_caller]
fn nobody_was_hurt(home: &Home, session: &Session<'_>, daemon: u32) {
    let asked = Instant::now();
    let view = session.show();
    assert_eq!(view["phase"], "running", "{view:#}");
    assert_eq!(home.daemon_pid(), daemon);
    let mut terminal = session.attach();
    terminal.type_line("fine");
    terminal.wait_until_contains("heard fine");
    assert!(asked.elapsed() < Duration::from_secs(20), "{:?}", asked.elapsed());
}

/// What a stranger may say first, and whether it is the beginning of a hello.
fn first_words() -> Vec<Vec<u8>> {
    let noise: Vec<u8> =
        (0u32..4096).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    vec![b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_vec(), vec![0; 64], vec![0xff; 64], noise]
}

#[track_caller]
fn strangers_are_shown_out(socket: &Path) {
    for words in first_words() {
        let mut stream = connect(socket);
        // It may hang up before all is said.
        stream.write_all(&words).ok();
        wait_closed(&mut stream);
    }
}

#[test]
fn garbage_on_the_control_socket_costs_only_its_own_connection() {
    let home = Home::new();
    let session = witness(&home);
    let daemon = home.daemon_pid();
    strangers_are_shown_out(&home.control_socket());
    nobody_was_hurt(&home, &session, daemon);
}

#[test]
fn garbage_on_a_holders_socket_costs_only_its_own_connection() {
    let home = Home::new();
    let session = witness(&home);
    let daemon = home.daemon_pid();
    strangers_are_shown_out(&home.run_socket(&session.id));
    nobody_was_hurt(&home, &session, daemon);
}

#[test]
fn a_wrong_hello_is_answered_by_a_hello_and_the_end() {
    let home = Home::new();
    let session = witness(&home);
    let daemon = home.daemon_pid();
    let later = |magic| Hello { magic, oldest: Version(900), newest: Version(901) };
    for (socket, magic) in
        [(home.control_socket(), *b"appc"), (home.run_socket(&session.id), *b"aphd")]
    {
        let mut stream = connect(&socket);
        stream.write_all(&later(magic).encode()).unwrap();
        let mut theirs = [0; HELLO_LEN];
        std::io::Read::read_exact(&mut stream, &mut theirs).unwrap();
        assert_eq!(theirs[..4], magic, "a client must learn what the other side speaks");
        wait_closed(&mut stream);
    }
    nobody_was_hurt(&home, &session, daemon);
}

#[test]
fn a_huge_frame_is_refused_before_it_is_read() {
    let home = Home::new();
    let session = witness(&home);
    let daemon = home.daemon_pid();
    let before = process::memory_kib(daemon);
    for length in [u32::MAX, u32::try_from(MAX_REQUEST).unwrap() + 1] {
        let mut control = Control::connect(&home.control_socket());
        control.0.write_all(&length.to_le_bytes()).unwrap();
        wait_closed(&mut control.0);
    }
    let cost = process::memory_kib(daemon).saturating_sub(before);
    assert!(cost < COST_KIB, "{cost} KiB");
    nobody_was_hurt(&home, &session, daemon);
}

#[test]
fn a_huge_frame_is_refused_by_a_holder_before_it_is_read() {
    let home = Home::new();
    let session = witness(&home);
    let (daemon, holder) = (home.daemon_pid(), session.holder_pid());
    let before = process::memory_kib(holder);
    for length in [u32::MAX, u32::try_from(MAX_PAYLOAD).unwrap() + 1] {
        let mut hold = Hold::connect(&home.run_socket(&session.id));
        hold.say_bytes(&[&length.to_le_bytes()[..], &[1]].concat());
        wait_closed(hold.stream());
    }
    let cost = process::memory_kib(holder).saturating_sub(before);
    assert!(cost < 4096, "{cost} KiB");
    nobody_was_hurt(&home, &session, daemon);
}

#[test]
fn truncated_frames_are_nothing() {
    let home = Home::new();
    let session = witness(&home);
    let daemon = home.daemon_pid();
    let request = control::encode(&Request::Status).unwrap();
    for cut in 0..4 + request.len() {
        let mut bytes = u32::try_from(request.len()).unwrap().to_le_bytes().to_vec();
        bytes.extend_from_slice(&request);
        let mut control = Control::connect(&home.control_socket());
        control.0.write_all(&bytes[..cut]).unwrap();
        control.0.shutdown(std::net::Shutdown::Write).unwrap();
        wait_closed(&mut control.0);
    }
    let attach = ToHolder::Attach(Attach {
        size: TerminalSize::DEFAULT,
        history_lines: 0,
        read_only: false,
        steal: false,
        terminal: None,
        voice: Voice::Bell,
    })
    .to_bytes();
    for cut in 0..attach.len() {
        let mut hold = Hold::connect(&home.run_socket(&session.id));
        hold.say_bytes(&attach[..cut]);
        hold.stream().shutdown(std::net::Shutdown::Write).unwrap();
        wait_closed(hold.stream());
    }
    nobody_was_hurt(&home, &session, daemon);
}

/// A variant of a later release gets a clean error, and the stream stays in step.
#[test]
fn a_request_that_nobody_knows_is_answered_and_the_next_one_too() {
    let home = Home::new();
    let session = witness(&home);
    let daemon = home.daemon_pid();
    let mut control = Control::connect(&home.control_socket());
    let long = vec![0xab; 10_000];
    for body in [&[200u8][..], &[], &[251, 255, 255], &long, &[0, 7, 7]] {
        control.send_body(body);
        match control.reply() {
            Reply::Failed(failure) => assert_eq!(failure.code, ErrorCode::Usage, "{failure:?}"),
            other => panic!("{other:?}"),
        }
    }
    match control.ask(&Request::Status) {
        Reply::Status(status) => assert_eq!(status.pid, daemon),
        other => panic!("{other:?}"),
    }
    nobody_was_hurt(&home, &session, daemon);
}

/// A few bytes that claim to be a long list.
#[test]
fn a_body_that_lies_about_lengths_costs_nothing() {
    let home = Home::new();
    let session = witness(&home);
    let daemon = home.daemon_pid();
    let before = process::memory_kib(daemon);
    let real =
        control::encode(&Request::Stop { targets: vec![], grace_ms: None, keep_tasks: false })
            .unwrap();
    let variant = real[0];
    let mut control = Control::connect(&home.control_socket());
    for lie in [vec![252, 255, 255, 255, 255], vec![253, 255, 255, 255, 255, 255, 255, 255, 127]] {
        control.send_body(&[&[variant][..], &lie].concat());
        assert!(matches!(control.reply(), Reply::Failed(_)));
    }
    assert!(process::memory_kib(daemon).saturating_sub(before) < COST_KIB);
    nobody_was_hurt(&home, &session, daemon);
}

#[test]
fn a_kind_that_a_holder_does_not_know_is_skipped() {
    let home = Home::new();
    let session = witness(&home);
    let mut hold = Hold::connect(&home.run_socket(&session.id));
    let mut unknown = Vec::new();
    hold::encode_frame(0x7f, b"from a later release", &mut unknown);
    hold.say_bytes(&unknown);
    hold.say(&ToHolder::Status);
    let status = hold.hear_until(|message| matches!(message, FromHolder::Status(_)));
    let FromHolder::Status(status) = status else { panic!("{status:?}") };
    assert_eq!(status.session.to_string(), session.id);
    assert_eq!(status.child_pid, session.pid());
}

#[test]
fn a_connection_that_says_nothing_is_dropped_in_the_end_and_blocks_nobody() {
    let home = Home::new();
    let session = witness(&home);
    let daemon = home.daemon_pid();
    let mut silent: Vec<UnixStream> = (0..30)
        .map(|_| connect(&home.control_socket()))
        .chain((0..30).map(|_| connect(&home.run_socket(&session.id))))
        .collect();
    nobody_was_hurt(&home, &session, daemon);
    for stream in &mut silent {
        wait_closed(stream);
    }
    nobody_was_hurt(&home, &session, daemon);
}

/// More connections than anyone has a use for, at once.
#[test]
fn a_crowd_of_connections_locks_nobody_out_for_good() {
    let home = Home::new();
    let session = witness(&home);
    let daemon = home.daemon_pid();
    let crowd: Vec<_> = (0..300)
        .filter_map(|n| {
            let socket =
                if n % 2 == 0 { home.control_socket() } else { home.run_socket(&session.id) };
            UnixStream::connect(socket).ok()
        })
        .collect();
    drop(crowd);
    nobody_was_hurt(&home, &session, daemon);
}

/// A client that asks for much and reads nothing of it.
#[test]
fn a_client_that_reads_nothing_blocks_nobody() {
    let home = Home::new();
    let session = witness(&home);
    let daemon = home.daemon_pid();
    let mut deaf = Control::connect(&home.control_socket());
    let request = control::encode(&Request::List { all: true, detail: false }).unwrap();
    deaf.0.set_write_timeout(Some(Duration::from_millis(100))).unwrap();
    let mut frames = Vec::new();
    for _ in 0..20_000 {
        frames.extend_from_slice(&u32::try_from(request.len()).unwrap().to_le_bytes());
        frames.extend_from_slice(&request);
    }
    // It blocks when the daemon stops reading: that is the daemon's right.
    deaf.0.write_all(&frames).ok();
    nobody_was_hurt(&home, &session, daemon);
    assert!(process::memory_kib(daemon) < 64 << 10);
}

/// An attachment that reads nothing while the program writes much.
#[test]
fn an_attachment_that_reads_nothing_does_not_stop_the_program() {
    let home = Home::new();
    let session = home.start_sh("flood", "read x; seq 1 1000000; echo the end; exec cat");
    let mut deaf = Hold::connect(&home.run_socket(&session.id));
    deaf.say(&ToHolder::Attach(Attach {
        size: TerminalSize::DEFAULT,
        history_lines: 0,
        read_only: false,
        steal: false,
        terminal: None,
        voice: Voice::Bell,
    }));
    session.wait_attached(1);
    session.appctl("send", &["--enter", ""]).ok();
    session.wait_screen_contains("the end");
    assert!(process::memory_kib(session.holder_pid()) < 32 << 10);
}

/// Only the user may connect; a process of somebody else does not get past the directory,
/// and would be refused by its uid.
#[test]
fn another_user_cannot_use_the_sockets() {
    let home = Home::new();
    let session = witness(&home);
    if !rustix::process::geteuid().is_root() {
        eprintln!(
            "not checked: only root can become somebody else, and the modes are tested elsewhere"
        );
        return;
    }
    // Even with the directories wide open.
    for path in [home.path().to_path_buf(), home.runtime_dir(), home.runtime_dir().join("run")] {
        set_mode(&path, 0o755);
    }
    let status = control::encode(&Request::Status).unwrap();
    let length = u32::try_from(status.len()).unwrap().to_le_bytes();
    let asks = [
        (home.control_socket(), [&control::HELLO.encode()[..], &length, &status].concat()),
        (
            home.run_socket(&session.id),
            [&hold::HELLO.encode()[..], &ToHolder::Status.to_bytes()].concat(),
        ),
    ];
    for (socket, words) in asks {
        set_mode(&socket, 0o666);
        let own = answer_to(&home, &socket, &words, None);
        assert!(own > HELLO_LEN, "its own user is answered: {own} bytes");
        let stranger = answer_to(&home, &socket, &words, Some(65534));
        assert!(stranger <= HELLO_LEN, "{stranger} bytes for a stranger");
        set_mode(&socket, 0o600);
    }
    for path in [home.runtime_dir().join("run"), home.runtime_dir(), home.path().to_path_buf()] {
        set_mode(&path, 0o700);
    }
    assert_eq!(session.show()["phase"], "running");
}

/// How many bytes a user is answered on a socket; to be the test's own takes nobody's name.
fn answer_to(home: &Home, socket: &Path, words: &[u8], user: Option<u32>) -> usize {
    let hex: String = words.iter().map(|byte| format!("{byte:02x}")).collect();
    let script = "import socket, sys\n\
        s = socket.socket(socket.AF_UNIX)\n\
        s.settimeout(20)\n\
        got = b''\n\
        try:\n    \
            s.connect(sys.argv[1])\n    \
            s.sendall(bytes.fromhex(sys.argv[2]))\n    \
            while len(got) < 9:\n        \
                more = s.recv(64)\n        \
                if not more: break\n        \
                got += more\n\
        except (ConnectionError, PermissionError):\n    \
            pass\n\
        print(len(got))";
    let mut command = home.command("setpriv");
    if let Some(user) = user.map(|user| user.to_string()) {
        command.args(["--reuid", &user, "--regid", &user, "--clear-groups"]);
    }
    command.args(["/usr/bin/python3", "-c", script]).arg(socket).arg(hex).current_dir("/");
    app_tests::home::run(command, b"").ok().out().trim().parse().unwrap()
}

fn set_mode(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}
