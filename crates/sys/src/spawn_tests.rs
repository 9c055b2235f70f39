//! What a launched child finds, asked of real children.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;

use super::*;
use crate::{poll, pty};

fn wait(child: &Child) -> ExitStatus {
    let exit = child.exit_fd().unwrap();
    poll::readable(&exit, None).unwrap();
    child.try_wait().unwrap().unwrap()
}

fn request(argv: &[&str], stdio: Stdio) -> Launch {
    Launch {
        argv: argv.iter().map(OsString::from).collect(),
        cwd: "/".into(),
        env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        stdio,
        claim: None,
    }
}

fn to_null() -> Stdio {
    let null = || OwnedFd::from(File::options().write(true).open("/dev/null").unwrap());
    Stdio::Files { stdout: null(), stderr: null() }
}

/// Runs a shell script with a pipe as its output, and returns what it wrote.
fn output_of(script: &str, change: impl FnOnce(&mut Launch)) -> String {
    let (mut reader, writer) = io::pipe().unwrap();
    let stdout = OwnedFd::from(writer);
    let stderr = stdout.try_clone().unwrap();
    let mut request = request(&["sh", "-c", script], Stdio::Files { stdout, stderr });
    change(&mut request);
    let child = launch(request).unwrap();
    let mut text = String::new();
    reader.read_to_string(&mut text).unwrap();
    assert!(wait(&child).success(), "{text}");
    text
}

#[test]
fn the_environment_is_the_given_one_and_nothing_else() {
    let text = output_of("env", |launch| launch.env.push(("A".into(), "b".into())));
    let mut lines: Vec<&str> =
        text.lines().filter(|l| !l.starts_with("_=") && !l.starts_with("SHLVL=")).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["A=b", "PATH=/usr/bin:/bin", "PWD=/"]);
}

#[test]
#[cfg(target_os = "linux")]
fn no_signal_is_blocked_or_ignored_and_no_descriptor_leaks() {
    signals::ignore(&[signals::Signal::WINCH]).unwrap();
    let _inheritable = rustix::io::dup(File::open("/dev/null").unwrap()).unwrap();
    let text = output_of("exec grep -E '^Sig(Blk|Ign)' /proc/self/status", |_| {});
    // 32 and 33 belong to the C library, which lets nobody touch them.
    let libc_own = 0b11 << 31;
    for line in text.lines() {
        let mask = u64::from_str_radix(line.split_whitespace().last().unwrap(), 16).unwrap();
        assert_eq!(mask & !libc_own, 0, "{text}");
    }
    signals::restore_default(&[signals::Signal::WINCH]).unwrap();
    // `ls` itself opens the directory as the fourth.
    let text = output_of("exec ls /proc/self/fd", |_| {});
    assert_eq!(text, "0\n1\n2\n3\n");
}

/// Nothing here takes this long unless it hangs.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(20);

#[test]
fn the_child_has_the_terminal_and_leads_its_session() {
    let pty = pty::open(pty::WinSize { rows: 9, cols: 30, xpixel: 0, ypixel: 0 }).unwrap();
    let slave = pty.slave.try_clone().unwrap();
    let script = "stty size; ps -o pid=,sid=,tpgid= -p $$; : </dev/tty && echo own";
    let child = launch(request(&["sh", "-c", script], Stdio::Terminal(slave))).unwrap();
    assert!(wait(&child).success());
    // What a program wrote arrives in pieces, some of them after its end.
    let mut text = String::new();
    while !text.contains("own") && poll::readable(&pty.master, Some(LIMIT)).unwrap() {
        let mut buffer = [0; 4096];
        let count = rustix::io::read(&pty.master, &mut buffer).unwrap();
        text.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    let pid = child.pid().to_string();
    let mut lines = text.lines();
    assert_eq!(lines.next(), Some("9 30"), "{text}");
    let ids: Vec<&str> = lines.next().unwrap().split_whitespace().collect();
    assert_eq!(ids, [&pid, &pid, &pid]);
    assert_eq!(lines.next(), Some("own"));
}

#[test]
fn a_program_is_found_on_the_path_of_the_child() {
    let dir = tempfile::tempdir().unwrap();
    let tool = dir.path().join("tool");
    let mut file = File::create(&tool).unwrap();
    file.write_all(b"#!/bin/sh\nexit 7\n").unwrap();
    file.set_permissions(fs::Permissions::from_mode(0o755)).unwrap();
    drop(file);
    let mut on_path = request(&["tool"], to_null());
    on_path.env = vec![("PATH".into(), dir.path().into())];
    assert_eq!(wait(&launch(on_path).unwrap()).code(), Some(7));
    let mut relative = request(&["./tool"], to_null());
    relative.cwd = dir.path().into();
    assert_eq!(wait(&launch(relative).unwrap()).code(), Some(7));
}

#[test]
fn what_is_missing_is_said_with_the_code_of_a_shell() {
    let dir = tempfile::tempdir().unwrap();
    let plain = dir.path().join("plain");
    fs::write(&plain, b"#!/no/such/shell\n").unwrap();
    let named = plain.to_str().unwrap();

    let missing = launch(request(&["no-such-program-here"], to_null())).unwrap_err();
    assert!(matches!(missing, LaunchError::NotFound { .. }), "{missing}");
    assert_eq!((missing.exit_code(), missing.errno()), (127, libc::ENOENT));

    let refused = launch(request(&[named], to_null())).unwrap_err();
    assert!(matches!(refused, LaunchError::NotExecutable { .. }), "{refused}");
    assert_eq!((refused.exit_code(), refused.errno()), (126, libc::EACCES));

    fs::set_permissions(&plain, fs::Permissions::from_mode(0o755)).unwrap();
    let broken = launch(request(&[named], to_null())).unwrap_err();
    assert!(matches!(broken, LaunchError::NoInterpreter { .. }), "{broken}");

    let directory = launch(request(&["/tmp"], to_null())).unwrap_err();
    assert_eq!(directory.exit_code(), 126);
    assert!(matches!(launch(request(&[], to_null())), Err(LaunchError::Empty)));
}

#[test]
fn a_directory_that_cannot_be_entered_is_named() {
    let in_dir = |cwd: &Path| {
        let mut launch = request(&["true"], to_null());
        launch.cwd = cwd.into();
        super::launch(launch).unwrap_err()
    };
    let missing = in_dir(Path::new("/no/such/dir"));
    assert!(matches!(missing, LaunchError::CwdMissing { .. }), "{missing}");
    assert_eq!((missing.exit_code(), missing.path()), (125, Path::new("/no/such/dir")));
    let file = in_dir(Path::new("/etc/passwd"));
    assert!(matches!(file, LaunchError::CwdNotADirectory { .. }), "{file}");
}
