//! A few seconds of every target: the seeds and the same made inputs each time. For other
//! ones, and many more of them, there is `cargo xtask fuzz`.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a failed step is a failed check")]

use app_fuzz::{Target, driver};

/// What the whole process may ever have held: the inputs are of a few kilobytes, and the
/// largest screen they ask for takes a few megabytes.
#[cfg(target_os = "linux")]
const MEMORY_KIB: u64 = 256 << 10;

fn holds(name: &str) {
    let target = Target::named(name).unwrap();
    let tried = driver::run(&target, 7, |tried| tried < target.cases)
        .unwrap_or_else(|broken| panic!("{name}: {broken}"));
    assert!(tried >= target.cases);
    #[cfg(target_os = "linux")]
    {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
        let peak: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        assert!(peak < MEMORY_KIB, "{name}: {peak} KiB were in use");
    }
}

#[test]
fn any_output_leaves_a_screen_that_a_snapshot_carries_over() {
    holds("screen");
}

#[test]
fn any_bytes_are_frames_of_the_holder_protocol_or_an_error() {
    holds("hold");
}

#[test]
fn any_bytes_are_messages_of_the_control_protocol_or_an_error() {
    holds("control");
}

#[test]
fn anything_typed_but_the_key_passes() {
    holds("keys");
}

#[test]
fn any_event_and_any_settings_of_an_agent_are_understood_or_left_alone() {
    holds("hooks");
}

#[test]
fn any_transcript_is_read_in_full() {
    holds("transcript");
}
