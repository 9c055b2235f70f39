//! Kills one of us every now and then.

use std::time::{Duration, Instant};

use app_tests::process::{self, Process};
use app_tests::{Home, wait};

use crate::dice::Dice;

/// Most milliseconds between two deaths.
const PAUSE_MS: u64 = 1_000;

/// Who may die.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Victim {
    Daemon,
    Holder,
    Client,
    /// What runs in a session, or a part of it.
    Program,
}

impl Victim {
    pub(crate) const ALL: [Self; 4] = [Self::Daemon, Self::Holder, Self::Client, Self::Program];

    /// One of them, if there is any.
    fn choose(self, home: &Home, dice: &mut Dice) -> Option<Process> {
        let program = match self {
            Self::Daemon => "appd",
            Self::Holder | Self::Program => "appd-holder",
            Self::Client => "appctl",
        };
        let ours: Vec<u32> = process::that_know(&home.runtime_dir())
            .into_iter()
            .filter(|&pid| {
                let line = process::command_line(pid);
                line.split(' ').next().is_some_and(|word| word.ends_with(&format!("/{program}")))
            })
            .collect();
        let &chosen = dice.one_of(&ours)?;
        match self {
            Self::Daemon | Self::Holder | Self::Client => Process::find(chosen),
            Self::Program => {
                let &child = dice.one_of(&process::children(chosen))?;
                // Held first: then nobody else can have the number.
                Process::find(child).filter(|held| process::parent(held.pid) == Some(chosen))
            }
        }
    }
}

/// Kills some of `victims` until then. Returns how many died.
pub(crate) fn go_on(home: &Home, dice: &mut Dice, victims: &[Victim], until: Instant) -> u64 {
    let mut count = 0;
    while Instant::now() < until {
        wait::ready(&mut [], Some(Duration::from_millis(dice.below(PAUSE_MS))));
        let Some(victim) = dice.one_of(victims) else { break };
        if let Some(process) = victim.choose(home, dice) {
            process.signal(rustix::process::Signal::KILL);
            count += 1;
        }
    }
    count
}
