//! What sessions use: processor time, memory and processes of everything below their
//! holders, from one look at the process table.

use std::collections::HashMap;

use app_model::SessionId;
use app_model::view::Usage;
use sysinfo::{Pid, ProcessRefreshKind, ProcessesToUpdate, System};

/// The usage of each session, given its holder's process. Blocks for some milliseconds.
/// The holder itself does not count.
pub fn of_sessions(holders: &[(SessionId, u32)]) -> HashMap<SessionId, Usage> {
    let Ok(mut system) = System::new() else { return HashMap::new() };
    let what = ProcessRefreshKind::nothing().with_cpu().with_memory().without_tasks();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, what);
    let mut children: HashMap<Pid, Vec<Pid>> = HashMap::new();
    for (pid, process) in system.processes() {
        if let Some(parent) = process.parent() {
            children.entry(parent).or_default().push(*pid);
        }
    }
    let below = |holder| tree(&children, Pid::from_u32(holder));
    holders.iter().map(|&(id, holder)| (id, sum(&system, &below(holder)))).collect()
}

fn tree(children: &HashMap<Pid, Vec<Pid>>, root: Pid) -> Vec<Pid> {
    let mut found = children.get(&root).cloned().unwrap_or_default();
    let mut next = 0;
    while let Some(&pid) = found.get(next) {
        found.extend(children.get(&pid).into_iter().flatten());
        next += 1;
    }
    found
}

fn sum(system: &System, pids: &[Pid]) -> Usage {
    let mut usage = Usage { cpu_ms: 0, rss_bytes: 0, processes: 0 };
    for process in pids.iter().filter_map(|&pid| system.process(pid)) {
        usage.cpu_ms += process.accumulated_cpu_time();
        usage.rss_bytes += process.memory();
        usage.processes += 1;
    }
    usage
}
