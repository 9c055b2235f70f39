//! How a run ended, and the record its holder leaves behind.
//!
//! # Invariants
//!
//! 1. The holder alone writes [`ExitRecord`]; what it says wins over every guess.
//! 2. [`Exit::Lost`] is what the daemon concludes when there is neither a holder nor a
//!    record. A record says only [`Lost::Oom`]: its holder was told so by the kernel.
//! 3. A machine that goes down asks every program to end, and some then say that all went well.
//!    That is neither their failure nor their success: what such an end is told as is
//!    [`ExitRecord::across_restart`]'s to say.

use serde::{Deserialize, Serialize};

use crate::{RunNumber, SessionId, Signal};

/// How a run ended.
///
/// In JSON: `{"code":2}`, `{"signal":"TERM"}` or `{"lost":"reboot"}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Exit {
    /// The program ended by itself with this status, 0 to 255.
    Code(i32),
    /// The program was ended by this signal.
    Signal(Signal),
    /// Nobody saw the end.
    Lost(Lost),
}

/// Why nobody saw a run end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Lost {
    /// The machine was restarted.
    Reboot,
    /// The holder died without leaving a record.
    Holder,
    /// The kernel ran out of memory and chose this run.
    Oom,
}

impl Exit {
    /// The status that a shell would report: 128+n for signal n, which is KILL where the
    /// memory ran out, 1 for any other lost run.
    pub fn shell_code(self) -> u8 {
        match self {
            Self::Code(code) => u8::try_from(code & 0xff).unwrap_or(1),
            Self::Signal(signal) => u8::try_from(128 + (signal.0 & 0x7f)).unwrap_or(128),
            Self::Lost(Lost::Oom) => Self::Signal(Signal::KILL).shell_code(),
            Self::Lost(Lost::Reboot | Lost::Holder) => 1,
        }
    }

    /// The same of an end of which no more is known: it was by the restart if it is how programs
    /// end that are told to go.
    fn across_restart(self) -> Self {
        let ends_all = [Signal::TERM, Signal::HUP, Signal::KILL].map(Self::Signal);
        let is_told = ends_all
            .into_iter()
            .any(|end| self == end || self == Self::Code(i32::from(end.shell_code())));
        if is_told { Self::Lost(Lost::Reboot) } else { self }
    }

    /// Whether the program itself said that all went well.
    pub fn is_success(self) -> bool {
        self == Self::Code(0)
    }

    /// For people, in brackets after `failed`: `exit 2`, `signal TERM`, `lost: reboot`.
    pub fn reason(self) -> String {
        match self {
            Self::Code(code) => format!("exit {code}"),
            Self::Signal(signal) => format!("signal {signal}"),
            Self::Lost(Lost::Reboot) => "lost: reboot".into(),
            Self::Lost(Lost::Holder) => "lost: holder died".into(),
            Self::Lost(Lost::Oom) => "lost: out of memory".into(),
        }
    }
}

/// A process that was still there when its run ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survivor {
    /// Its process id at that time.
    pub pid: u32,
    /// Its name, as the kernel knows it.
    pub name: String,
}

/// The file `run-N/exit`: all that is known about a run that ended.
///
/// Written once, by the holder, by fsync and rename. Fields are only ever added, each
/// with a default, so that every release reads the records of every other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitRecord {
    /// Whose run it was.
    pub session: SessionId,
    /// Which run of the session.
    pub run: RunNumber,
    /// How it ended (invariant 2).
    pub exit: Exit,
    /// Wall time of the start, milliseconds since the Unix epoch.
    pub started_at_ms: i64,
    /// Wall time of the end, milliseconds since the Unix epoch.
    pub ended_at_ms: i64,
    /// Duration on a clock that counts suspend and ignores clock changes, milliseconds.
    pub elapsed_ms: u64,
    /// The boot during which all this happened.
    pub boot_id: String,
    /// The last line that was not blank, as text.
    #[serde(default)]
    pub last_line: Option<String>,
    /// The title the program had set, or nothing.
    #[serde(default)]
    pub title: String,
    /// Bytes the program wrote.
    #[serde(default)]
    pub output_bytes: u64,
    /// How many of them are no longer (or never were) in the transcript.
    #[serde(default)]
    pub dropped_bytes: u64,
    /// Processes of the run that outlived it.
    #[serde(default)]
    pub survivors: Vec<Survivor>,
    /// Its holder had been told to end by a signal, as when the machine goes down, before
    /// anybody asked for the end of the run.
    #[serde(default)]
    pub told_to_go: bool,
}

impl ExitRecord {
    /// How the run ended if nobody had asked for that and it was heard of only after the machine
    /// was restarted: by the restart, if its holder was told to go (invariant 3).
    pub fn across_restart(&self) -> Exit {
        if self.told_to_go { Exit::Lost(Lost::Reboot) } else { self.exit.across_restart() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_told_to_go_by_a_restart_was_interrupted_and_nothing_else_was() {
        for told in [Exit::Signal(Signal::TERM), Exit::Signal(Signal::KILL), Exit::Code(143)] {
            assert_eq!(told.across_restart(), Exit::Lost(Lost::Reboot), "{told:?}");
        }
        let others =
            [Exit::Code(0), Exit::Code(2), Exit::Signal(Signal::INT), Exit::Lost(Lost::Oom)];
        for other in others {
            assert_eq!(other.across_restart(), other);
        }
    }

    #[test]
    fn exits_look_in_json_as_the_contract_says() {
        let json = |exit: Exit| serde_json::to_string(&exit).unwrap();
        assert_eq!(json(Exit::Code(2)), r#"{"code":2}"#);
        assert_eq!(json(Exit::Signal(Signal::TERM)), r#"{"signal":"TERM"}"#);
        assert_eq!(json(Exit::Lost(Lost::Reboot)), r#"{"lost":"reboot"}"#);
    }

    #[test]
    fn codes_are_those_of_a_shell() {
        assert_eq!(Exit::Code(3).shell_code(), 3);
        assert_eq!(Exit::Signal(Signal::KILL).shell_code(), 137);
        assert_eq!(Exit::Lost(Lost::Holder).shell_code(), 1);
        assert_eq!(Exit::Lost(Lost::Oom).shell_code(), 137);
    }

    #[test]
    fn a_record_of_the_first_release_is_read() {
        let old = r#"{"session":"7c5dcf5d","run":1,"exit":{"code":0},"started_at_ms":1,
                      "ended_at_ms":5,"elapsed_ms":4,"boot_id":"b"}"#;
        let record: ExitRecord = serde_json::from_str(old).unwrap();
        assert_eq!(record.exit, Exit::Code(0));
        assert_eq!(record.survivors, []);
        assert!(!record.told_to_go);
    }

    #[test]
    fn whatever_a_program_says_when_its_holder_is_told_to_go_it_was_interrupted() {
        let old = r#"{"session":"7c5dcf5d","run":1,"exit":{"code":0},"started_at_ms":1,
                      "ended_at_ms":5,"elapsed_ms":4,"boot_id":"b"}"#;
        let record: ExitRecord = serde_json::from_str(old).unwrap();
        for exit in [Exit::Code(0), Exit::Code(1), Exit::Signal(Signal::TERM)] {
            let told = ExitRecord { exit, told_to_go: true, ..record.clone() };
            assert_eq!(told.across_restart(), Exit::Lost(Lost::Reboot), "{exit:?}");
        }
        assert_eq!(record.across_restart(), Exit::Code(0), "it was over before");
    }
}
