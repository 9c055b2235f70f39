//! Named points at which a process can be made to die: for tests of what a crash leaves.
//!
//! A test sets two variables for the programs it starts: [`POINT`], the name of a point,
//! perhaps with `:2` for the second time it is reached, and [`MARK`], a file that does not
//! exist. The first process that reaches the point makes the file, and is gone.
//!
//! # Invariants
//!
//! 1. Where debug assertions are off, as in what is released, [`point`] is empty and the
//!    variables mean nothing.
//! 2. One process dies of one mark: who finds the file goes on, so what takes the place of
//!    the dead may have the same environment.
//! 3. It is a death by SIGKILL: nothing is flushed, dropped or said on the way. Only where a
//!    test says `panic-NAME`, and there is such a point, it is a panic.

/// Names the variable with the point, and which time it is reached.
pub const POINT: &str = "APPCTL_FAULT";

/// Names the variable with the file that tells of the death.
pub const MARK: &str = "APPCTL_FAULT_MARK";

/// Dies here, if a test wants that.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn point(_name: &str) {}

/// Panics here, if a test wants that: it names the point as `panic-NAME`.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn panics(_name: &str) {}

#[cfg(debug_assertions)]
pub use planned::{panics, point};

#[cfg(debug_assertions)]
mod planned {
    use std::fs::File;
    use std::path::PathBuf;
    use std::sync::OnceLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use rustix::process::{Signal, getpid, kill_process};

    use super::{MARK, POINT};

    /// What is to happen in this process.
    struct Plan {
        point: String,
        time: u32,
        mark: PathBuf,
        reached: AtomicU32,
    }

    static PLAN: OnceLock<Option<Plan>> = OnceLock::new();

    /// Dies here, if a test wants that.
    pub fn point(name: &str) {
        if let Some(plan) = PLAN.get_or_init(plan)
            && plan.reach(name)
        {
            // It does not return: the signal is taken before the call is over.
            kill_process(getpid(), Signal::KILL).ok();
        }
    }

    /// Panics here, if a test wants that: it names the point as `panic-NAME`.
    #[expect(clippy::panic, reason = "that is what it is for")]
    pub fn panics(name: &str) {
        if let Some(plan) = PLAN.get_or_init(plan)
            && plan.point.strip_prefix("panic-") == Some(name)
            && plan.reach(&plan.point)
        {
            panic!("a test wants a panic at {name}");
        }
    }

    fn plan() -> Option<Plan> {
        let named = std::env::var(POINT).ok()?;
        let mark = std::env::var_os(MARK)?.into();
        let (point, time) = split(&named);
        Some(Plan { point: point.to_owned(), time, mark, reached: AtomicU32::new(0) })
    }

    /// The point, and which time it is reached: the first when it does not say.
    pub(super) fn split(named: &str) -> (&str, u32) {
        let counted = named.rsplit_once(':').and_then(|(point, n)| Some((point, n.parse().ok()?)));
        counted.unwrap_or((named, 1))
    }

    impl Plan {
        /// Whether what is planned is to happen now.
        fn reach(&self, name: &str) -> bool {
            if name != self.point {
                return false;
            }
            let time = self.reached.fetch_add(1, Ordering::Relaxed) + 1;
            time == self.time && File::create_new(&self.mark).is_ok()
        }
    }
}

#[cfg(all(test, debug_assertions))]
mod tests {
    use super::planned::split;

    #[test]
    fn a_point_may_say_which_time_it_means() {
        assert_eq!(split("start.registered"), ("start.registered", 1));
        assert_eq!(split("run.spawned:2"), ("run.spawned", 2));
        assert_eq!(split("odd:name"), ("odd:name", 1));
    }

    #[test]
    fn without_a_plan_every_point_is_passed() {
        super::point("anything");
    }
}
