//! What a new scope is to be, as systemd is told (org.freedesktop.systemd1(5)).

use app_model::Limits;

/// A scope that is about to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it may be called; the first that is free.
    pub names: Vec<String>,
    /// What it is in.
    pub slice: &'static str,
    /// One line for people.
    pub description: String,
    /// Who is in it first.
    pub pid: u32,
    /// What all in it together may use.
    pub limits: Limits,
}

/// The value of a property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Property {
    /// Text.
    Text(String),
    /// A number.
    Number(u64),
    /// Yes or no.
    Flag(bool),
    /// Processes.
    Pids(Vec<u32>),
    /// Names of units.
    Units(Vec<String>),
}

/// The daemon's own unit, where it is a service. It is told to go before any scope is when
/// all go: a run that ends with the machine is not one that fails.
const DAEMON: &str = "appd.service";

/// Microseconds of a second that are one percent of it.
const PERCENT_USEC: u64 = 10_000;

/// The first release that knows what a scope does when the kernel kills in it; asked of an
/// older one, it refuses the whole scope.
const KNOWS_OOM_POLICY: u32 = 253;

/// The scope's properties, for a systemd of this release.
pub(super) fn properties(entry: &Entry, release: u32) -> Vec<(&'static str, Property)> {
    let mut properties = vec![
        ("Description", Property::Text(entry.description.clone())),
        ("Slice", Property::Text(entry.slice.into())),
        ("PIDs", Property::Pids(vec![entry.pid])),
        // What starts before it stops after it.
        ("Before", Property::Units(vec![DAEMON.into()])),
        // Gone with its last process, however that ended: its name is wanted again.
        ("CollectMode", Property::Text("inactive-or-failed".into())),
    ];
    // One process that is killed is not the end of all, least of the holder.
    properties.push(if release >= KNOWS_OOM_POLICY {
        ("OOMPolicy", Property::Text("continue".into()))
    } else {
        // There it is what a scope does whose groups systemd leaves alone; of any other it
        // asks all processes to end as soon as the kernel has killed one.
        ("Delegate", Property::Flag(true))
    });
    let Limits { memory_bytes, cpu_percent, tasks } = entry.limits;
    let limits = [
        ("MemoryMax", memory_bytes),
        ("CPUQuotaPerSecUSec", cpu_percent.map(|percent| u64::from(percent) * PERCENT_USEC)),
        ("TasksMax", tasks),
    ];
    properties.extend(
        limits
            .into_iter()
            .filter_map(|(name, limit)| limit.map(|number| (name, Property::Number(number)))),
    );
    properties
}

/// The release in what systemd calls its version: `252.38-1~deb12u1`, `v257`.
pub(super) fn release_of(version: &str) -> u32 {
    let version = version.trim_start_matches('v');
    let digits = version.find(|c: char| !c.is_ascii_digit()).unwrap_or(version.len());
    version[..digits].parse().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(limits: Limits) -> Entry {
        Entry {
            names: vec!["appctl-7c5dcf5d.scope".into()],
            slice: "appctl.slice",
            description: "flaky-test".into(),
            pid: 42,
            limits,
        }
    }

    #[test]
    fn limits_are_told_in_the_units_of_systemd() {
        let limits =
            Limits { memory_bytes: Some(4 << 30), cpu_percent: Some(200), tasks: Some(500) };
        let told = properties(&entry(limits), 252);
        assert!(told.contains(&("PIDs", Property::Pids(vec![42]))));
        assert!(told.contains(&("MemoryMax", Property::Number(4 << 30))));
        assert!(told.contains(&("CPUQuotaPerSecUSec", Property::Number(2_000_000))));
        assert!(told.contains(&("TasksMax", Property::Number(500))));
    }

    #[test]
    fn what_is_not_asked_for_and_what_is_not_known_is_not_told() {
        let names = |release| -> Vec<_> {
            properties(&entry(Limits::default()), release).iter().map(|told| told.0).collect()
        };
        assert_eq!(
            names(252),
            ["Description", "Slice", "PIDs", "Before", "CollectMode", "Delegate"]
        );
        assert_eq!(
            names(253),
            ["Description", "Slice", "PIDs", "Before", "CollectMode", "OOMPolicy"]
        );
    }

    #[test]
    fn a_release_is_the_number_that_a_version_begins_with() {
        assert_eq!(release_of("252.38-1~deb12u1"), 252);
        assert_eq!(release_of("v257"), 257);
        assert_eq!(release_of("unknown"), 0);
    }
}
