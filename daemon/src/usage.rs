//! What sessions use: processor time, memory and processes of everything below their
//! holders. For a few from what the kernel lists below each, for many from one look at the
//! process table, which serves all who ask within `AGE`.
//!
//! # Invariants
//!
//! 1. The holder itself does not count.
//! 2. A session that the table does not know yet is looked at by itself.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use app_model::SessionId;
use app_model::view::Usage;
use app_sys::process::{self, Pid};
use sysinfo::{Process, ProcessRefreshKind, ProcessesToUpdate, System};

/// So many sessions of a list are looked at one by one.
pub const FEW: usize = 16;

/// Processes of which something is kept between two looks at a few, until all is forgotten.
const KEPT: usize = 256;

/// How long a look at the process table is good for.
const AGE: Duration = Duration::from_secs(1);

/// Says what sessions use.
#[derive(Debug, Default)]
pub struct Usages {
    table: Mutex<Option<Table>>,
    few: Mutex<Looker>,
}

impl Usages {
    /// The usage of each session, given its holder's process. Blocks for some milliseconds;
    /// of many sessions it may be `AGE` old.
    pub fn of(&self, holders: &[(SessionId, u32)]) -> HashMap<SessionId, Usage> {
        if holders.len() <= FEW {
            let mut few = self.few.lock().unwrap_or_else(PoisonError::into_inner);
            return holders.iter().map(|&(id, holder)| (id, few.below(holder))).collect();
        }
        // Who comes second waits for the first one's look instead of taking another.
        let mut table = self.table.lock().unwrap_or_else(PoisonError::into_inner);
        let table = match &mut *table {
            Some(table) if table.taken.elapsed() < AGE => table,
            old => old.insert(Table::take()),
        };
        // Invariant 2.
        let used = |holder| table.below(holder).unwrap_or_else(|| Looker::default().below(holder));
        holders.iter().map(|&(id, holder)| (id, used(holder))).collect()
    }
}

/// What a process uses, and whose child it is.
#[derive(Clone, Copy, Debug)]
struct Load {
    pid: u32,
    parent: u32,
    cpu_ms: u64,
    rss_bytes: u64,
}

/// Who is whose child, at one moment.
#[derive(Debug)]
struct Table {
    taken: Instant,
    children: HashMap<u32, Vec<Load>>,
}

impl Table {
    fn take() -> Self {
        let Ok(mut system) = System::new() else { return Self::of(Vec::new()) };
        refresh(&mut system, ProcessesToUpdate::All);
        Self::of(system.processes().values().filter_map(load_of).collect())
    }

    fn of(loads: Vec<Load>) -> Self {
        let mut children: HashMap<u32, Vec<Load>> = HashMap::with_capacity(loads.len());
        for load in loads {
            children.entry(load.parent).or_default().push(load);
        }
        Self { taken: Instant::now(), children }
    }

    /// What everything below a process uses together; nothing if there is nothing below it.
    fn below(&self, root: u32) -> Option<Usage> {
        self.children.get(&root)?;
        let mut usage = NOTHING;
        let mut left = vec![root];
        while let Some(parent) = left.pop() {
            for load in self.children.get(&parent).into_iter().flatten() {
                add(&mut usage, load);
                left.push(load.pid);
            }
        }
        Some(usage)
    }
}

const NOTHING: Usage = Usage { cpu_ms: 0, rss_bytes: 0, processes: 0 };

fn add(usage: &mut Usage, load: &Load) {
    usage.cpu_ms += load.cpu_ms;
    usage.rss_bytes += load.rss_bytes;
    usage.processes += 1;
}

/// Looks at the processes below one after the other. It keeps what does not change: most of
/// the work is to read for the first time what the kernel says of the machine and of a process.
#[derive(Debug, Default)]
struct Looker(Option<System>);

impl Looker {
    /// What is below this holder now.
    fn below(&mut self, holder: u32) -> Usage {
        let below = Pid::new(holder).map_or(Some(Vec::new()), process::pids_below);
        // Where the kernel has no lists of children, its whole table is looked at.
        let Some(below) = below else { return Table::take().below(holder).unwrap_or(NOTHING) };
        let below: Vec<_> = below.iter().map(|pid| sysinfo::Pid::from_u32(pid.as_u32())).collect();
        if self.0.as_ref().is_none_or(|system| system.processes().len() > KEPT) {
            self.0 = System::new().ok();
        }
        let Some(system) = &mut self.0 else { return NOTHING };
        refresh(system, ProcessesToUpdate::Some(&below));
        let mut usage = NOTHING;
        let now = below.iter().filter_map(|pid| system.process(*pid));
        now.filter_map(load_of).for_each(|load| add(&mut usage, &load));
        usage
    }
}

fn refresh(system: &mut System, which: ProcessesToUpdate<'_>) {
    let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
    system.refresh_processes_specifics(which, true, what);
}

/// Nothing of a process whose parent is not known.
fn load_of(process: &Process) -> Option<Load> {
    Some(Load {
        pid: process.pid().as_u32(),
        parent: process.parent()?.as_u32(),
        cpu_ms: process.accumulated_cpu_time(),
        rss_bytes: process.memory(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(pid: u32, parent: u32) -> Load {
        Load { pid, parent, cpu_ms: u64::from(pid), rss_bytes: 1_000 * u64::from(pid) }
    }

    #[test]
    fn a_session_uses_what_is_below_its_holder_over_generations() {
        let loads = [load(10, 1), load(11, 10), load(12, 11), load(13, 10), load(20, 1)];
        let table = Table::of(loads.to_vec());
        let used = Usage { cpu_ms: 36, rss_bytes: 36_000, processes: 3 };
        assert_eq!(table.below(10), Some(used));
        assert_eq!(table.below(20), None);
    }

    #[test]
    fn one_look_serves_all_who_ask_soon_and_misses_nobody() {
        let usages = Usages::default();
        // The holder's role is ours: whatever we start is below it.
        let us = std::process::id();
        let many: Vec<_> = (0..).map(SessionId).zip([us; FEW + 1]).collect();
        let before = usages.of(&many)[&SessionId(0)].processes;
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        let soon = usages.of(&many)[&SessionId(0)].processes;
        let exact = usages.of(&many[..1])[&SessionId(0)].processes;
        let fresh = Usages::default().of(&many)[&SessionId(0)].processes;
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!((exact, fresh), (before + 1, before + 1));
        assert!(soon == before || soon == exact, "{soon}");
    }
}
