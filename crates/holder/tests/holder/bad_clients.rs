//! Whatever a connection does, it does to itself alone.

use std::io::Write as _;

use app_sys::socket;
use app_wire::hold::{FromHolder, HELLO, RefusedCode, ToHolder};

use crate::rig::{BOUND, Conn, Rig, raw_frame, script};

#[test]
fn nonsense_ends_one_connection_and_nothing_else() {
    let rig = Rig::start(&script("exec cat"));
    let mut terminal = rig.attach();
    for nonsense in [&[0xff; 64][..], &raw_frame(1, b"short"), &raw_frame(9, b"")] {
        let mut bad = rig.connect();
        (&bad.stream).write_all(nonsense).unwrap();
        bad.closed();
    }
    let wrong_hello = socket::connect(&rig.socket(), BOUND).unwrap();
    (&wrong_hello).write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    terminal.type_in("still here\r");
    terminal.output("still here");
}

#[test]
fn a_message_of_a_later_release_is_skipped() {
    let rig = Rig::start(&script("exec cat"));
    let mut conn = rig.connect();
    (&conn.stream).write_all(&raw_frame(0x7f, b"whatever it is")).unwrap();
    conn.say(&ToHolder::Status);
    conn.status("an answer", |_| true);
}

#[test]
fn a_request_in_single_bytes_is_understood() {
    let rig = Rig::start(&script("exec cat"));
    let stream = socket::connect(&rig.socket(), BOUND).unwrap();
    let mut bytes = HELLO.encode().to_vec();
    ToHolder::Kill.encode(&mut bytes);
    for byte in bytes {
        (&stream).write_all(&[byte]).unwrap();
    }
    drop(stream);
    let mut rig = rig;
    rig.watcher.exited();
}

#[test]
fn one_connection_too_many_is_told_so() {
    let rig = Rig::start(&script("exec cat"));
    let mut kept = Vec::new();
    while let Some(conn) = accepted(&rig) {
        kept.push(conn);
    }
    assert_eq!(kept.len(), 63, "the first connection counts as well");
    kept.clear();
    // A place is free as soon as the holder has seen an end.
    while accepted(&rig).is_none() {}
}

/// The listener stays readable while nobody can be accepted, which must not spin.
#[test]
#[cfg(target_os = "linux")]
fn a_holder_out_of_descriptors_waits_and_lets_people_in_later() {
    let rig = Rig::start(&script("exec cat"));
    let pid = rig.pid().to_string();
    let limit = |files: &str| {
        std::process::Command::new("prlimit")
            .args(["--pid", &pid, &format!("--nofile={files}:")])
            .status()
            .is_ok_and(|status| status.success())
    };
    let is_free =
        |number: &u32| std::fs::symlink_metadata(format!("/proc/{pid}/fd/{number}")).is_err();
    let next = (0_u32..).find(is_free).unwrap();
    if !limit(&next.to_string()) {
        return; // The tool is missing.
    }
    let mut conn = rig.connect();
    conn.say(&ToHolder::Status);
    let quiet = std::time::Duration::from_millis(500);
    let before = cpu_ticks(&pid);
    assert!(!app_sys::poll::readable(&conn.stream, Some(quiet)).unwrap(), "it was let in");
    assert!(cpu_ticks(&pid) <= before + 2, "it spins");
    assert!(limit("1024"));
    conn.status("an answer", |_| true);
}

/// Hundredths of a second that a process has run.
#[cfg(target_os = "linux")]
fn cpu_ticks(pid: &str) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
}

/// A connection that was let in, or nothing if there are too many.
fn accepted(rig: &Rig) -> Option<Conn> {
    let mut conn = rig.connect();
    // It may be closed already; the answer is there all the same.
    (&conn.stream).write_all(&ToHolder::Status.to_bytes()).ok();
    let is_in = conn.until("an answer", |message| match message {
        FromHolder::Status(_) => Some(true),
        FromHolder::Refused { code: RefusedCode::TooMany, .. } => Some(false),
        _ => None,
    });
    is_in.then_some(conn)
}
