//! Much output, and nobody there to see it.

use std::time::{Duration, Instant};

use app_tests::{Home, process, wait};

/// Most memory a holder may use for itself, whatever its program writes.
const HOLDER_KIB: u64 = 32 << 10;

#[test]
fn fifty_megabytes_are_written_while_nobody_looks() {
    let home = Home::new();
    let script =
        "head -c 50000000 /dev/zero | tr '\\0' 'x' | fold -w 99; echo; echo the end; exec cat";
    let session = home.start_sh("flood", script);
    let holder = session.holder_pid();
    let mut slowest = Duration::ZERO;
    let mut most_kib = 0;
    wait::until("the end of the flood", || {
        let asked = Instant::now();
        home.appctl(["ls"]).ok();
        slowest = slowest.max(asked.elapsed());
        most_kib = most_kib.max(process::memory_kib(holder));
        let screen = session.appctl("peek", &[]).ok().out();
        if screen.contains("the end") { Ok(()) } else { Err(screen) }
    });
    session.appctl("logs", &["-n", "1"]).ok().prints("the end\n");
    assert!(slowest < Duration::from_secs(5), "the daemon answers meanwhile: {slowest:?}");
    assert!(most_kib < HOLDER_KIB, "{most_kib} KiB in the holder");
    let last = session.appctl("logs", &["-n", "1000"]).ok().out();
    assert_eq!(last.lines().count(), 1000);
    assert!(last.lines().take(999).all(|line| line.bytes().all(|b| b == b'x')));
    assert!(process::memory_kib(home.daemon_pid()) < 64 << 10);
    let mut terminal = session.attach();
    terminal.wait_until_contains("the end");
}

#[test]
fn fifty_megabytes_without_a_terminal_are_all_kept() {
    let home = Home::new();
    let script = "head -c 50000000 /dev/zero | tr '\\0' 'x'; echo; echo the end";
    let session = home.start_with(&["--no-tty"], &["sh", "-c", script]);
    session.wait_over();
    session.appctl("logs", &["-n", "1"]).ok().prints("the end\n");
    let raw = session.appctl("logs", &["--raw"]).ok().stdout;
    assert_eq!(raw.len(), 50_000_000 + 1 + "the end\n".len());
}

/// Sequences that cost a parser much: an endless title, a repeat of the most, a deep stack.
#[test]
fn sequences_that_are_made_to_hurt_end_nobody_and_cost_little() {
    let home = Home::new();
    let script = r"
        printf '\033]0;'; head -c 20000000 /dev/zero | tr '\0' t; printf '\007'
        i=0; while [ $i -lt 2000 ]; do i=$((i+1)); printf 'x\033[65535b'; done
        i=0; while [ $i -lt 5000 ]; do i=$((i+1)); printf '\033[>1u\033[22t'; done
        printf '\033P'; head -c 5000000 /dev/zero | tr '\0' d; printf '\033\\'
        printf '\033[99999;99999H\033[99999L\033[99999P\033[!p\n'; echo the end; exec cat";
    let session = home.start_sh("bombs", script);
    let holder = session.holder_pid();
    session.wait_screen_contains("the end");
    assert!(process::memory_kib(holder) < HOLDER_KIB, "{}", process::memory_kib(holder));
    let mut terminal = session.attach();
    terminal.wait_until_contains("the end");
    terminal.type_line("alive");
    terminal.wait_until_contains("alive");
}

/// Bytes that are no text at all, as from `cat /bin/ls`.
#[test]
fn binary_output_ends_nobody() {
    let home = Home::new();
    let session = home
        .start_sh("binary", "head -c 300000 /bin/bash; printf '\\033c'; echo the end; exec cat");
    session.wait_screen_contains("the end");
    let logs = session.appctl("logs", &["-n", "1000000"]).ok();
    assert!(!logs.out().chars().any(|c| c.is_control() && c != '\n'), "only text is printed");
    assert_eq!(session.show()["phase"], "running");
}

/// Input waiting for the program must not keep its output from being read.
#[test]
fn a_program_that_writes_before_it_reads_does_not_block() {
    let home = Home::new();
    let script = "stty raw -echo; echo ready; until [ -e go ]; do sleep 0.05; done; \
                  seq 1 100000; head -c 300000 >/dev/null; echo the end; sleep 1000";
    let session = home.start_sh("full", script);
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    terminal.keys("x".repeat(300_000));
    std::fs::write(home.user_dir().join("go"), "").unwrap();
    terminal.wait_until_contains("the end");
}

#[test]
fn a_fast_program_and_a_terminal_that_reads_get_along() {
    let home = Home::new();
    let session = home.start_sh("fast", "echo ready; read x; seq 1 300000; echo the end; exec cat");
    let mut terminal = session.attach();
    terminal.wait_until_contains("ready");
    terminal.type_line("");
    terminal.wait_until_contains("the end");
    let shown = terminal.screen().text_with_history();
    assert!(shown.contains("\n299999\n300000\n"), "{terminal}");
}
