//! One file per verb: asks, shows, and says what to exit with.

mod attach;
mod away;
mod bare;
mod completions;
mod config;
mod context;
mod daemon;
pub(crate) mod deeds;
mod detach;
mod doctor;
mod events;
mod export;
mod follow;
mod hook;
mod hooks;
mod logs;
mod ls;
mod man;
mod notices;
mod notify;
mod pause;
mod peek;
mod pin;
mod previous;
mod prune;
mod rename;
mod replay;
mod reset;
mod resume;
mod rm;
mod send;
mod service;
mod show;
mod start;
mod stop;
mod task;
mod wait;
mod wake;
mod watch;
mod why;

pub(crate) use attach::here as attach_here;
pub(crate) use context::{Context, exactly, home, list, own_session};

use crate::cli::Verb;
use crate::exit::Status;
use crate::report::Report;

/// What a verb comes to.
type Done = Result<Status, Report>;

/// Carries out one verb; without one, opens the list of sessions.
pub(crate) fn run(verb: Option<Verb>, context: &Context) -> Done {
    let Some(verb) = verb else {
        return bare::run(context);
    };
    match verb {
        Verb::Start(args) => start::run(context, args),
        Verb::Attach(args) => attach::run(context, args),
        Verb::Detach(args) => detach::run(context, args),
        Verb::Resume(args) => resume::run(context, args),
        Verb::Ls(args) => ls::run(context, &args),
        Verb::Show(args) => show::run(context, args),
        Verb::Why(args) => why::run(context, &args),
        Verb::Logs(args) => logs::run(context, args),
        Verb::Replay(args) => replay::run(context, args),
        Verb::Export(args) => export::run(context, args),
        Verb::Peek(args) => peek::run(context, args),
        Verb::Send(args) => send::run(context, args),
        Verb::Wait(args) => wait::run(context, args),
        Verb::Stop(args) => stop::stop(context, args),
        Verb::Kill(args) => stop::kill(context, args),
        Verb::Pause(args) => pause::pause(context, args),
        Verb::Continue(args) => pause::go_on(context, args),
        Verb::Rename(args) => rename::run(context, args),
        Verb::Prune(args) => prune::run(context, &args),
        Verb::Pin(which) => pin::run(context, &which, true),
        Verb::Unpin(which) => pin::run(context, &which, false),
        Verb::Rm(args) => rm::run(context, args),
        Verb::Task(verb) => task::run(context, verb),
        Verb::Events(args) => events::run(context, &args),
        Verb::Notices(args) => notices::run(context, &args),
        Verb::Notify(verb) => notify::run(context, verb),
        Verb::Doctor(args) => doctor::run(context, &args),
        Verb::Config(verb) => config::run(context, &verb),
        Verb::Daemon(verb) => daemon::run(context, &verb),
        Verb::Service(verb) => service::run(context, &verb),
        Verb::Hooks(verb) => hooks::run(context, &verb),
        Verb::Hook(args) => hook::run(args),
        Verb::Reset => reset::run(context),
        Verb::Completions { shell } => completions::run(context, shell),
        Verb::Man { dir } => man::run(context, &dir),
    }
}
