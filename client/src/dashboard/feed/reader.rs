//! Asking the daemon about what was heard of: once for all that waits.

use std::collections::BTreeMap;
use std::sync::mpsc::Receiver;

use app_model::task::TaskView;
use app_model::{SessionId, SessionView};
use app_sys::places::Places;
use app_wire::control::{ErrorCode, Reply, Request, Target};

use super::{News, Teller};
use crate::command::{exactly, list};
use crate::connect::{Absent, AskError, Daemon};
use crate::dashboard::mode::Link;
use crate::report::Report;

/// What was heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// Anything may be different.
    Everything,
    /// Something about a session is.
    About(SessionId),
    /// Its tasks are, too.
    Tasks(SessionId),
    /// A person was told something about it.
    Told(SessionId),
    /// It was removed.
    Removed(SessionId),
    /// What live sessions use is to be known.
    Usage,
}

/// All that was heard since the last time.
#[derive(Debug, Default, PartialEq, Eq)]
struct Batch {
    everything: bool,
    usage: bool,
    /// Sessions, and whether their tasks have to be asked for.
    about: BTreeMap<SessionId, bool>,
    told: Vec<SessionId>,
    removed: Vec<SessionId>,
}

impl Batch {
    fn add(&mut self, heard: Heard) {
        match heard {
            Heard::Everything => {
                // What is listed from now on is true of all that was heard before.
                *self = Self {
                    everything: true,
                    told: std::mem::take(&mut self.told),
                    ..Self::default()
                };
            }
            Heard::About(id) => {
                self.about.entry(id).or_default();
            }
            Heard::Tasks(id) => {
                self.about.insert(id, true);
            }
            Heard::Told(id) => self.told.push(id),
            Heard::Removed(id) => {
                self.about.remove(&id);
                self.removed.push(id);
            }
            Heard::Usage => self.usage = true,
        }
    }
}

/// Asks about what is heard until nobody listens any more.
pub(super) fn run(places: &Places, heard: &Receiver<Heard>, teller: &Teller) {
    // A daemon that is not there is started by who follows its events, or not at all.
    let mut daemon = Daemon::new(places, Absent::Say);
    while let Ok(first) = heard.recv() {
        let mut batch = Batch::default();
        batch.add(first);
        heard.try_iter().for_each(|more| batch.add(more));
        match ask(&mut daemon, &batch, teller) {
            Ok(true) => {}
            Ok(false) => return,
            Err(error) => {
                daemon = Daemon::new(places, Absent::Say);
                // Without a daemon all is listed when the next one's events are heard.
                let is_away = error.is_hang_up() || error.is_absent();
                if !is_away && !again(&mut daemon, teller) {
                    return;
                }
            }
        }
    }
}

/// Something could not be asked: everything is, once. Returns whether anybody listens.
fn again(daemon: &mut Daemon, teller: &Teller) -> bool {
    let everything = Batch { everything: true, ..Batch::default() };
    ask(daemon, &everything, teller).unwrap_or_else(|error| {
        teller.tell(News::Link(Link::Deaf(Report::from(error).in_a_line())))
    })
}

/// Returns whether anybody listens.
fn ask(daemon: &mut Daemon, batch: &Batch, teller: &Teller) -> Result<bool, AskError> {
    let mut listened = true;
    if batch.everything {
        let views = list(daemon, true, false)?;
        let tasks = tasks(daemon, None)?;
        listened &= teller.tell(News::All { views, tasks });
    }
    for id in &batch.removed {
        listened &= teller.tell(News::Gone(*id));
    }
    for (id, with_tasks) in &batch.about {
        listened &= teller.tell(one(daemon, *id, *with_tasks)?);
    }
    for id in &batch.told {
        listened &= teller.tell(News::Told(*id));
    }
    if batch.usage || batch.everything {
        let mut views = list(daemon, false, true)?;
        views.retain(|view| view.phase.is_live());
        listened &= teller.tell(News::Used(views));
    }
    Ok(listened)
}

fn one(daemon: &mut Daemon, id: SessionId, with_tasks: bool) -> Result<News, AskError> {
    let view: SessionView = match daemon.ask(&Request::Find { target: exactly(id) }) {
        Ok(Reply::Session(view)) => *view,
        Ok(_) => return Err(AskError::OffTopic),
        Err(AskError::Refused(failure)) if failure.code == ErrorCode::NotFound => {
            return Ok(News::Gone(id));
        }
        Err(error) => return Err(error),
    };
    let tasks = if with_tasks { Some(tasks(daemon, Some(exactly(id)))?) } else { None };
    Ok(News::One { view: Box::new(view), tasks })
}

fn tasks(daemon: &mut Daemon, target: Option<Target>) -> Result<Vec<TaskView>, AskError> {
    match daemon.ask(&Request::Tasks { target, all: false })? {
        Reply::Tasks(tasks) => Ok(tasks),
        _ => Err(AskError::OffTopic),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_heard_often_is_asked_once_and_a_new_list_answers_what_came_before_it() {
        let mut batch = Batch::default();
        let (one, two) = (SessionId(1), SessionId(2));
        for heard in [Heard::About(one), Heard::Tasks(one), Heard::About(one), Heard::About(two)] {
            batch.add(heard);
        }
        batch.add(Heard::Removed(two));
        assert_eq!(batch.about, BTreeMap::from([(one, true)]));
        assert_eq!(batch.removed, [two]);
        batch.add(Heard::Everything);
        batch.add(Heard::About(two));
        let about = BTreeMap::from([(two, false)]);
        assert_eq!(batch, Batch { everything: true, about, ..Batch::default() });
    }
}
