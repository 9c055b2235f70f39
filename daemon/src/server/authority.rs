//! What may be asked by whom, as a pure function of the request.
//!
//! ```text
//!   control socket ──► the person, and what is trusted like them ──► everything
//!   a session's own socket ──► trust × what the request does × whom it is about
//! ```
//!
//! # Invariants
//!
//! 1. Every request is decided here by name: a new one does not compile before it is.
//! 2. What is about all sessions is answered for the session and its tasks, or not at all.

use app_model::{SessionId, Trust};
use app_wire::control::{Request, Target};

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Caller {
    /// Whoever may use the control socket.
    Person,
    /// A program inside this session.
    Inside {
        /// The session.
        session: SessionId,
        /// How much it may ask for.
        trust: Trust,
    },
}

/// What the session that a request names is to the one that the caller is in. Of several,
/// the most distant counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Relation {
    /// It is the same.
    Own,
    /// It was started from there.
    Below,
    /// Anything else.
    Other,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    /// It is about a session that is none of the caller's.
    Others,
    /// A session does not do this to itself.
    Itself,
    /// It needs more trust.
    Trust(Trust),
}

/// What a request does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Does {
    /// Tells what everybody may know.
    Nothing,
    /// Looks at sessions.
    Look,
    /// Says what happened inside a session.
    Tell,
    /// Changes what sessions do, or what a person has yet to see of them.
    Act,
    /// Deletes what is known of them.
    Erase,
    /// Concerns all sessions, or the daemon.
    Govern,
}

/// Decides about a request. `relation` is what the sessions are that it names; a request
/// that names none is about the caller's own.
pub(super) fn decide(trust: Trust, request: &Request, relation: Relation) -> Result<(), Denied> {
    let does = does(request);
    let needs = match does {
        Does::Nothing | Does::Look | Does::Tell => Trust::Report,
        Does::Act | Does::Erase => Trust::Task,
        Does::Govern => Trust::Full,
    };
    match (trust, does, relation) {
        (Trust::Full, _, _) | (_, Does::Nothing, _) => Ok(()),
        _ if trust < needs => Err(Denied::Trust(needs)),
        (_, _, Relation::Other) => Err(Denied::Others),
        (_, Does::Erase, Relation::Own) => Err(Denied::Itself),
        (_, _, Relation::Own | Relation::Below) => Ok(()),
    }
}

fn does(request: &Request) -> Does {
    match request {
        Request::Status => Does::Nothing,
        Request::List { .. }
        | Request::Show { .. }
        | Request::Find { .. }
        | Request::Tasks { .. }
        | Request::Why { .. }
        | Request::Unenforced { .. }
        | Request::Wait { .. }
        | Request::WaitFor { .. }
        | Request::Notices { .. } => Does::Look,
        Request::Report(_) => Does::Tell,
        Request::Start(_)
        | Request::Resume(_)
        | Request::Wake { .. }
        | Request::Stop { .. }
        | Request::Rename { .. }
        | Request::Detach { .. }
        | Request::Pause { .. }
        | Request::Continue { .. }
        | Request::Pin { .. }
        | Request::Seen { .. }
        | Request::NoticesSeen { .. } => Does::Act,
        Request::Remove { .. } => Does::Erase,
        Request::Events { .. }
        | Request::NotifyTest { .. }
        | Request::Prune { .. }
        | Request::Shutdown { .. } => Does::Govern,
    }
}

/// The sessions that a request names, for whoever asks to put others in their place.
pub(super) fn targets(request: &mut Request) -> Vec<&mut Target> {
    match request {
        Request::Show { target }
        | Request::Find { target }
        | Request::Why { target }
        | Request::Unenforced { target }
        | Request::WaitFor { target, .. }
        | Request::Wake { target, .. }
        | Request::Rename { target, .. }
        | Request::Detach { target } => vec![target],
        Request::Tasks { target, .. } => target.iter_mut().collect(),
        Request::Wait { targets, .. }
        | Request::Stop { targets, .. }
        | Request::Remove { targets, .. }
        | Request::Pause { targets }
        | Request::Continue { targets }
        | Request::Pin { targets, .. } => targets.iter_mut().collect(),
        Request::Report(reported) => vec![&mut reported.target],
        Request::Start(start) => start.parent.iter_mut().collect(),
        Request::Resume(resume) => vec![&mut resume.target],
        // `Seen` has the number of its session, which needs no looking up.
        Request::Seen { .. }
        | Request::Status
        | Request::List { .. }
        | Request::Notices { .. }
        | Request::NoticesSeen { .. }
        | Request::Events { .. }
        | Request::NotifyTest { .. }
        | Request::Prune { .. }
        | Request::Shutdown { .. } => vec![],
    }
}

#[cfg(test)]
mod tests {
    use app_model::report::Stamp;
    use app_model::restart::Restart;
    use app_model::{Limits, Spec};
    use app_wire::control::{Awaited, Reported, Resume, Start};

    use super::*;

    fn other() -> Target {
        Target::Named("other".into())
    }

    fn start() -> Request {
        let spec = Spec {
            argv: vec!["true".into()],
            cwd: "/".into(),
            env: vec![],
            terminal: None,
            history_lines: 0,
            transcript_bytes: 0,
            umask: None,
            limits: Limits::default(),
            trust: Trust::Task,
        };
        Request::Start(Box::new(Start {
            spec,
            name: None,
            background: true,
            parent: Some(other()),
            agent: None,
            model: None,
            notify: None,
            restart: Restart::Never,
        }))
    }

    fn report() -> Request {
        let stamp = Stamp { source: "x".into(), generation: 0, sequence: 0 };
        Request::Report(Box::new(Reported { target: other(), stamp, reports: vec![] }))
    }

    /// Every request with what it takes: the trust for the caller's own session and for one
    /// below it; how many sessions it names.
    fn table() -> Vec<(Request, [Trust; 2], usize)> {
        let (target, targets) = (other, || vec![other(), other()]);
        let (look, act, all) = ([Trust::Report; 2], [Trust::Task; 2], [Trust::Full; 2]);
        let resume = Resume { target: other(), size: None, background: true };
        vec![
            (Request::Status, look, 0),
            (Request::List { all: true, detail: true }, look, 0),
            (Request::Show { target: target() }, look, 1),
            (Request::Find { target: target() }, look, 1),
            (Request::Tasks { target: None, all: true }, look, 0),
            (Request::Tasks { target: Some(target()), all: true }, look, 1),
            (Request::Why { target: target() }, look, 1),
            (Request::Unenforced { target: target() }, look, 1),
            (Request::Wait { targets: targets(), any: true }, look, 2),
            (Request::WaitFor { target: target(), what: Awaited::Idle }, look, 1),
            (Request::Notices { unseen: true }, look, 0),
            (Request::NoticesSeen { through: 1 }, act, 0),
            (Request::Seen { session: SessionId(1) }, act, 0),
            (report(), look, 1),
            (start(), act, 1),
            (Request::Resume(resume), act, 1),
            (Request::Wake { target: target(), size: None }, act, 1),
            (Request::Stop { targets: targets(), grace_ms: None, keep_tasks: false }, act, 2),
            (Request::Rename { target: target(), name: "x".into() }, act, 1),
            (Request::Detach { target: target() }, act, 1),
            (Request::Pause { targets: targets() }, act, 2),
            (Request::Continue { targets: targets() }, act, 2),
            (Request::Pin { targets: targets(), pinned: true }, act, 2),
            (Request::Remove { targets: targets(), force: true }, [Trust::Full, Trust::Task], 2),
            (Request::Events { since: None, follow: true }, all, 0),
            (Request::NotifyTest { channel: None }, all, 0),
            (Request::Prune { dry_run: true }, all, 0),
            (Request::Shutdown { sessions: true }, all, 0),
        ]
    }

    #[test]
    fn each_request_takes_the_trust_that_stands_in_the_table() {
        for (request, [own, below], _) in table() {
            for trust in Trust::ALL {
                let may = |relation| decide(trust, &request, relation).is_ok();
                assert_eq!(may(Relation::Own), trust >= own, "{trust:?} {request:?}");
                assert_eq!(may(Relation::Below), trust >= below, "{trust:?} {request:?}");
            }
        }
    }

    #[test]
    fn of_others_nothing_is_told_and_nothing_is_done_without_full_trust() {
        for (request, _, _) in table() {
            let open = request == Request::Status;
            for trust in [Trust::Report, Trust::Task] {
                assert_eq!(decide(trust, &request, Relation::Other).is_ok(), open, "{request:?}");
            }
            assert_eq!(decide(Trust::Full, &request, Relation::Other), Ok(()));
        }
    }

    #[test]
    fn a_refusal_says_what_is_missing() {
        let stop = || Request::Stop { targets: vec![other()], grace_ms: None, keep_tasks: false };
        let remove = Request::Remove { targets: vec![other()], force: true };
        assert_eq!(decide(Trust::Task, &stop(), Relation::Other), Err(Denied::Others));
        let lacks = Err(Denied::Trust(Trust::Task));
        assert_eq!(decide(Trust::Report, &stop(), Relation::Own), lacks);
        assert_eq!(decide(Trust::Task, &remove, Relation::Own), Err(Denied::Itself));
    }

    #[test]
    fn every_session_that_a_request_names_is_found() {
        for (mut request, _, names) in table() {
            let shown = format!("{request:?}");
            assert_eq!(targets(&mut request).len(), names, "{shown}");
            assert_eq!(shown.matches("other").count(), names, "{shown}");
        }
    }
}
