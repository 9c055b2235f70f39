//! What a run may use, all of its processes together.
//!
//! Amounts are written as people write them to systemd: `4G`, `200%`, `500`.

use serde::{Deserialize, Serialize};

/// Less memory than this does not even hold what looks after the run.
pub const LEAST_MEMORY: u64 = 32 << 20;

/// Fewer tasks than this do not even hold what looks after the run.
pub const LEAST_TASKS: u64 = 16;

/// The limits of a run. None is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Memory, bytes. What asks for more is killed.
    pub memory_bytes: Option<u64>,
    /// Processor time, in percent of one processor.
    pub cpu_percent: Option<u32>,
    /// Processes and threads.
    pub tasks: Option<u64>,
}

/// One of the limits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Of memory.
    Memory,
    /// Of processor time.
    Cpu,
    /// Of processes and threads.
    Tasks,
}

impl Limit {
    /// Its word on the command line and in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Cpu => "cpu",
            Self::Tasks => "tasks",
        }
    }
}

impl Limits {
    /// Those that are set.
    pub fn set(&self) -> Vec<Limit> {
        let set = [
            self.memory_bytes.map(|_| Limit::Memory),
            self.cpu_percent.map(|_| Limit::Cpu),
            self.tasks.map(|_| Limit::Tasks),
        ];
        set.into_iter().flatten().collect()
    }

    /// All of them in a line, as they are written on the command line; empty without any.
    pub fn shown(&self) -> String {
        let shown = [
            self.memory_bytes.map(|bytes| format!("memory {}", shown_bytes(bytes))),
            self.cpu_percent.map(|percent| format!("cpu {percent}%")),
            self.tasks.map(|tasks| format!("tasks {tasks}")),
        ];
        shown.into_iter().flatten().collect::<Vec<_>>().join(", ")
    }
}

/// Why an amount is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadLimit {
    /// It cannot be read as memory.
    #[error("`{0}` is no amount of memory; write 512M or 4G")]
    Memory(String),
    /// It is too little.
    #[error("`{0}` is too little memory; at least {least} are needed", least = shown_bytes(LEAST_MEMORY))]
    LittleMemory(String),
    /// It cannot be read as processor time.
    #[error("`{0}` is no share of a processor; write 50% for half of one, 200% for two")]
    Cpu(String),
    /// It cannot be read as a number of tasks.
    #[error("`{0}` is no number of tasks; write a number of at least {LEAST_TASKS}")]
    Tasks(String),
}

/// Reads `4G`, `512M`, `65536K` or plain bytes; a unit is 1024 times the one before.
pub fn memory(text: &str) -> Result<u64, BadLimit> {
    let bad = || BadLimit::Memory(text.to_owned());
    let (number, unit) =
        text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let shift = match unit {
        "" | "B" => 0,
        "K" | "KiB" => 10,
        "M" | "MiB" => 20,
        "G" | "GiB" => 30,
        "T" | "TiB" => 40,
        _ => return Err(bad()),
    };
    let number: u64 = number.parse().map_err(|_| bad())?;
    let bytes = number.checked_mul(1 << shift).ok_or_else(bad)?;
    if bytes < LEAST_MEMORY { Err(BadLimit::LittleMemory(text.to_owned())) } else { Ok(bytes) }
}

/// Reads `200%`: so much of one processor.
pub fn cpu(text: &str) -> Result<u32, BadLimit> {
    let percent = text.strip_suffix('%').and_then(|number| number.parse().ok());
    percent.filter(|&percent| percent > 0).ok_or_else(|| BadLimit::Cpu(text.to_owned()))
}

/// Reads a number of processes and threads.
pub fn tasks(text: &str) -> Result<u64, BadLimit> {
    let tasks = text.parse().ok().filter(|&tasks| tasks >= LEAST_TASKS);
    tasks.ok_or_else(|| BadLimit::Tasks(text.to_owned()))
}

/// In the largest unit that needs no fraction.
fn shown_bytes(bytes: u64) -> String {
    let units = [(40, "T"), (30, "G"), (20, "M"), (10, "K")];
    let fits = |shift: u32| bytes >= 1 << shift && bytes.trailing_zeros() >= shift;
    match units.into_iter().find(|&(shift, _)| fits(shift)) {
        Some((shift, unit)) => format!("{}{unit}", bytes >> shift),
        None => bytes.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        assert_eq!(memory("4G"), Ok(4 << 30));
        assert_eq!(memory("512MiB"), Ok(512 << 20));
        assert_eq!(memory("33554432"), Ok(LEAST_MEMORY));
        assert_eq!((cpu("200%"), cpu("5%")), (Ok(200), Ok(5)));
        assert_eq!(tasks("500"), Ok(500));
    }

    #[test]
    fn what_is_no_amount_is_named_with_one_that_is() {
        for bad in ["", "G", "4X", "-1G", "1.5G", "99999999999T", "4g "] {
            assert_eq!(memory(bad), Err(BadLimit::Memory(bad.into())), "{bad}");
        }
        assert_eq!(
            memory("1K").unwrap_err().to_string(),
            "`1K` is too little memory; at least 32M are needed"
        );
        for bad in ["", "%", "0%", "200", "-1%", "1.5%", "4294967296%"] {
            assert_eq!(cpu(bad), Err(BadLimit::Cpu(bad.into())), "{bad}");
        }
        for bad in ["", "0", "15", "x", "-20"] {
            assert_eq!(tasks(bad), Err(BadLimit::Tasks(bad.into())), "{bad}");
        }
    }

    #[test]
    fn limits_are_shown_as_they_are_written() {
        let limits =
            Limits { memory_bytes: Some(1536 << 20), cpu_percent: Some(50), tasks: Some(64) };
        assert_eq!(limits.shown(), "memory 1536M, cpu 50%, tasks 64");
        assert_eq!(limits.set(), [Limit::Memory, Limit::Cpu, Limit::Tasks]);
        assert_eq!(Limits::default().shown(), "");
    }

    proptest! {
        #[test]
        fn memory_reads_back_what_is_shown(bytes in LEAST_MEMORY..u64::MAX) {
            prop_assert_eq!(memory(&shown_bytes(bytes)), Ok(bytes));
        }
    }
}
