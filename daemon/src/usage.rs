//! What sessions use: processor time, memory and processes of everything below their
//! holders. For many sessions from one look at the process table, for a few from what the
//! kernel lists below each.

use std::collections::HashMap;

use app_model::SessionId;
use app_model::view::Usage;
use app_sys::process::{self, Load, Pid};

/// So many sessions are looked at one by one.
const FEW: usize = 16;

/// The usage of each session, given its holder's process. Blocks for some milliseconds.
/// The holder itself does not count.
pub fn of_sessions(holders: &[(SessionId, u32)]) -> HashMap<SessionId, Usage> {
    if holders.len() <= FEW
        && let Some(used) = one_by_one(holders)
    {
        return used;
    }
    let loads = loads();
    let mut children: HashMap<u32, Vec<&Load>> = HashMap::with_capacity(loads.len());
    for load in &loads {
        children.entry(load.parent).or_default().push(load);
    }
    holders.iter().map(|&(id, holder)| (id, below(&children, holder))).collect()
}

/// Nothing where the kernel has no such lists.
fn one_by_one(holders: &[(SessionId, u32)]) -> Option<HashMap<SessionId, Usage>> {
    let mut used = HashMap::with_capacity(holders.len());
    for &(id, holder) in holders {
        let mut usage = Usage { cpu_ms: 0, rss_bytes: 0, processes: 0 };
        let below = Pid::new(holder).map_or(Some(Vec::new()), process::loads_below)?;
        below.iter().for_each(|load| add(&mut usage, load));
        used.insert(id, usage);
    }
    Some(used)
}

fn add(usage: &mut Usage, load: &Load) {
    usage.cpu_ms += load.cpu_ms;
    usage.rss_bytes += load.rss_bytes;
    usage.processes += 1;
}

/// What everything below a process uses together.
fn below(children: &HashMap<u32, Vec<&Load>>, root: u32) -> Usage {
    let mut usage = Usage { cpu_ms: 0, rss_bytes: 0, processes: 0 };
    let mut left = vec![root];
    while let Some(parent) = left.pop() {
        for load in children.get(&parent).into_iter().flatten() {
            add(&mut usage, load);
            left.push(load.pid);
        }
    }
    usage
}

#[cfg(target_os = "linux")]
fn loads() -> Vec<Load> {
    process::loads()
}

#[cfg(not(target_os = "linux"))]
fn loads() -> Vec<Load> {
    use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

    let Ok(mut system) = System::new() else { return Vec::new() };
    let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
    let all = system.processes().iter();
    all.filter_map(|(pid, process)| {
        Some(Load {
            pid: pid.as_u32(),
            parent: process.parent()?.as_u32(),
            cpu_ms: process.accumulated_cpu_time(),
            rss_bytes: process.memory(),
        })
    })
    .collect()
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
        let mut children: HashMap<u32, Vec<&Load>> = HashMap::new();
        for load in &loads {
            children.entry(load.parent).or_default().push(load);
        }
        let used = below(&children, 10);
        assert_eq!(used, Usage { cpu_ms: 36, rss_bytes: 36_000, processes: 3 });
        assert_eq!(below(&children, 20).processes, 0);
    }
}
