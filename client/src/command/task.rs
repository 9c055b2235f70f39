//! `appctl task`: work that belongs to a session.

use app_model::keys::DetachKey;
use app_model::report::{Report as Happened, Stamp};
use app_model::task::TaskView;
use app_sys::clock;
use app_wire::control::{Reply, Reported, Request, Target};

use super::context::{Context, demand};
use super::{Done, start};
use crate::cli::{
    Keys, Reporter, RestartWhen, Start, TaskBegin, TaskEnd, TaskLs, TaskStart, TaskVerb,
};
use crate::connect::{AskError, Daemon};
use crate::exit::Status;
use crate::output::width;
use crate::render::style::Paint;
use crate::render::task;

pub(super) fn run(context: &Context, verb: TaskVerb) -> Done {
    match verb {
        TaskVerb::Start(args) => start::run(context, as_start(args)),
        TaskVerb::Begin(args) => begin(context, args),
        TaskVerb::End(args) => end(context, args),
        TaskVerb::Ls(args) => ls(context, args),
    }
}

/// A task is a session in the background that nobody expects to attach to.
fn as_start(args: TaskStart) -> Start {
    Start {
        bg: true,
        name: args.name,
        surroundings: args.surroundings,
        no_tty: !args.tty,
        agent: None,
        model: None,
        memory: None,
        cpu: None,
        tasks: None,
        notify: None,
        trust: None,
        restart: RestartWhen::Never,
        parent: Some(args.parent),
        quiet: args.quiet,
        keys: Keys { detach_key: DetachKey::None },
        command: args.command,
    }
}

fn begin(context: &Context, args: TaskBegin) -> Done {
    let TaskBegin { reporter, label, model } = args;
    let ext = reporter.id.clone();
    report(context, reporter, Happened::TaskBegan { ext, label, model })
}

fn end(context: &Context, args: TaskEnd) -> Done {
    let TaskEnd { reporter, outcome, summary } = args;
    let ext = reporter.id.clone();
    report(context, reporter, Happened::TaskEnded { ext, outcome, summary })
}

fn report(context: &Context, reporter: Reporter, happened: Happened) -> Done {
    let Reporter { session, source, generation, sequence, .. } = reporter;
    let sequence = sequence.unwrap_or_else(clock::boot_ns);
    let reported = Reported {
        target: Target::Named(session),
        stamp: Stamp { source, generation, sequence },
        reports: vec![happened],
    };
    demand(&mut context.daemon()?, &Request::Report(Box::new(reported)))?;
    Ok(Status::DONE)
}

fn ls(context: &Context, args: TaskLs) -> Done {
    let tasks = tasks(&mut context.daemon()?, args.id.map(Target::Named), args.all)?;
    let output = context.output;
    if output.json {
        output.json(&task::array(&tasks))?;
    } else if tasks.is_empty() && output.terminal {
        output.note("no tasks");
    } else {
        let paint = Paint::new(output.colour);
        output.text(&task::table(&tasks, output.terminal.then(width), paint))?;
    }
    Ok(Status::DONE)
}

/// Tasks, of one session or of all.
pub(super) fn tasks(
    daemon: &mut Daemon,
    target: Option<Target>,
    all: bool,
) -> Result<Vec<TaskView>, AskError> {
    match daemon.ask(&Request::Tasks { target, all })? {
        Reply::Tasks(tasks) => Ok(tasks),
        _ => Err(AskError::OffTopic),
    }
}
