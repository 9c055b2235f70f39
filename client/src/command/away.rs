//! What a person missed: said once, by the next verb that they use on a terminal.
//!
//! # Invariants
//!
//! 1. Nothing depends on it: a daemon that cannot say it, or does not know the question,
//!    is no reason for a verb to fail.

use std::io::IsTerminal as _;

use app_wire::control::{NoticeView, Reply, Request};

use super::context::Context;
use crate::connect::Daemon;

/// The same at the end of a verb: who wants to see a session does not wait for it.
pub(super) fn tell_at_last(context: &Context) {
    if let Ok(mut daemon) = context.daemon_if_any() {
        tell(context, &mut daemon);
    }
}

/// Says on standard error what was to be told and reached nobody.
pub(super) fn tell(context: &Context, daemon: &mut Daemon) {
    if !context.output.for_person() || !std::io::stderr().is_terminal() {
        return;
    }
    let Ok(Reply::Notices(unseen)) = daemon.ask(&Request::Notices { unseen: true }) else {
        return; // Invariant 1.
    };
    let missed: Vec<_> =
        unseen.iter().filter(|notice| notice.channel.is_none() && notice.why.is_some()).collect();
    let Some(through) = missed.iter().map(|notice| notice.number).max() else { return };
    context.output.note(&line(&missed));
    drop(daemon.ask(&Request::NoticesSeen { through }));
}

fn line(missed: &[&NoticeView]) -> String {
    let count = |kind: &str| missed.iter().filter(|notice| notice.kind == kind).count();
    let words = [
        ("finished", "finished", "finished"),
        ("failed", "failed", "failed"),
        ("needs-input", "needs you", "need you"),
        ("turn-ended", "has answered", "have answered"),
    ];
    let parts: Vec<_> = words
        .into_iter()
        .filter_map(|(kind, one, many)| match count(kind) {
            0 => None,
            1 => Some(format!("1 {one}")),
            count => Some(format!("{count} {many}")),
        })
        .collect();
    format!("while you were away: {}", parts.join(", "))
}

#[cfg(test)]
mod tests {
    use app_model::SessionId;

    use super::*;

    #[test]
    fn each_kind_is_counted_in_its_own_words() {
        let notice = |kind: &str| NoticeView {
            number: 1,
            session: SessionId(1),
            name: "x".into(),
            kind: kind.into(),
            title: String::new(),
            body: String::new(),
            at_ms: 0,
            channel: None,
            why: Some("no desktop".into()),
            seen: false,
        };
        let all = ["finished", "finished", "finished", "needs-input"].map(notice);
        let missed: Vec<_> = all.iter().collect();
        assert_eq!(line(&missed), "while you were away: 3 finished, 1 needs you");
        let all = ["failed", "turn-ended", "turn-ended"].map(notice);
        let missed: Vec<_> = all.iter().collect();
        assert_eq!(line(&missed), "while you were away: 1 failed, 2 have answered");
    }
}
