//! `appctl show`: everything about one session.

use app_model::restart::{Comeback, MOST_RESTARTS, Restart};
use app_model::text::printable;
use app_model::{OsText, SessionView, spec};
use app_wire::control::{Reply, Request};

use super::Done;
use super::context::{Context, exactly, show_named};
use crate::cli;
use crate::connect::Daemon;
use crate::exit::Status;
use crate::render::session;
use crate::render::style::Paint;
use crate::render::time::rfc3339;
use crate::render::words::state_and_age;

/// Bytes in a mebibyte.
const MIB: u64 = 1 << 20;

pub(super) fn run(context: &Context, args: cli::Show) -> Done {
    let mut daemon = context.daemon()?;
    let view = show_named(&mut daemon, &args.id)?;
    let unenforced = unenforced(&mut daemon, &view);
    let output = context.output;
    if output.json {
        output.json(&session::detail(&view, unenforced, args.show_secrets))?;
        return Ok(Status::DONE);
    }
    let command = if args.show_secrets {
        spec::whole_command_line(&view.argv)
    } else {
        spec::command_line(&view.argv)
    };
    let told = Told { command, limits: limits(&view, unenforced.as_deref()) };
    output.text(&text(&view, told, app_sys::clock::wall_ms(), Paint::new(output.colour)))?;
    context.seen(&mut daemon, &view);
    Ok(Status::DONE)
}

/// Which of its limits nothing enforces. Not known of one that does not run, and of one that a
/// daemon looks after that cannot tell.
fn unenforced(daemon: &mut Daemon, view: &SessionView) -> Option<Vec<String>> {
    view.limits.filter(|_| view.phase.is_live())?;
    match daemon.ask(&Request::Unenforced { target: exactly(view.id) }) {
        Ok(Reply::Unenforced(words)) => words,
        _ => None,
    }
}

/// What is told in other words than the daemon's.
struct Told {
    command: String,
    limits: Option<String>,
}

/// The limits, and whether they are worth anything.
fn limits(view: &SessionView, unenforced: Option<&[String]>) -> Option<String> {
    let limits = view.limits?.shown();
    Some(match unenforced {
        None => limits,
        Some([]) => format!("{limits} · enforced"),
        Some(words) => {
            let words: Vec<_> = words.iter().map(|word| printable(word)).collect();
            format!("{limits} · not enforced here: {}", words.join(", "))
        }
    })
}

fn text(view: &SessionView, told: Told, now_ms: i64, paint: Paint) -> String {
    let badge = if view.background { paint.badge(" bg") } else { String::new() };
    let mut out = format!(
        "{} · {}{badge} · {}\n",
        view.id,
        paint.bold(&printable(&view.name)),
        state_and_age(view, now_ms, |word| paint.state(word)),
    );
    for (label, value) in facts(view, told) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            out.push_str(&format!("  {} {}\n", paint.dim(&format!("{label:<9}")), value));
        }
    }
    out
}

fn facts(view: &SessionView, told: Told) -> [(&'static str, Option<String>); 24] {
    let number = |n: Option<u32>| n.map(|n| n.to_string());
    [
        ("command", Some(told.command)),
        ("directory", Some(view.cwd.shown())),
        ("parent", view.parent.map(|id| id.to_string())),
        ("agent", view.agent.as_deref().map(printable)),
        ("model", view.model.as_deref().map(printable)),
        ("run", Some(view.run.to_string())),
        ("restart", restart(view.comeback)),
        ("pinned", view.pinned.then(|| "yes".into())),
        ("exit", view.exit.map(|exit| exit.reason())),
        ("took", view.exit.and(view.elapsed_ms).map(app_model::elapsed::elapsed)),
        ("process", number(view.pid)),
        ("holder", number(view.holder_pid)),
        ("attached", Some(view.attached).filter(|&n| n > 0).map(|n| n.to_string())),
        ("attention", view.attention.as_ref().map(|raised| printable(&raised.why))),
        ("title", Some(printable(&view.title))),
        ("last line", view.last_line.as_deref().map(printable)),
        ("created", Some(rfc3339(view.created_at_ms))),
        ("started", view.started_at_ms.map(rfc3339)),
        ("ended", view.ended_at_ms.map(rfc3339)),
        ("usage", usage(view)),
        ("limits", told.limits),
        ("scope", view.scope.as_deref().map(printable)),
        ("trust", view.trust.map(|trust| trust.word().into())),
        ("records", Some(OsText::shown(&view.dir))),
    ]
}

/// The policy, and how often it has started the session in a row.
fn restart(comeback: Comeback) -> Option<String> {
    let Comeback { policy, attempts, .. } = comeback;
    match (policy, attempts) {
        (Restart::Never, 0) => None,
        (policy, 0) => Some(policy.word().into()),
        (policy, attempts) => {
            Some(format!("{}, {attempts} of {MOST_RESTARTS} in a row", policy.word()))
        }
    }
}

fn usage(view: &SessionView) -> Option<String> {
    let usage = view.usage?;
    Some(format!(
        "{} of processor time, {} MiB, {} processes",
        app_model::elapsed::elapsed(usage.cpu_ms),
        usage.rss_bytes / MIB,
        usage.processes,
    ))
}

#[cfg(test)]
mod tests {
    use app_model::Limits;

    use super::*;
    use crate::render::session::samples::failed;

    #[test]
    fn what_is_known_is_shown_and_cannot_act_on_the_terminal() {
        let command = spec::command_line(&failed().argv);
        let told = Told { command, limits: None };
        insta::assert_snapshot!(text(&failed(), told, 241_500, Paint::new(false)), @r"
        01234567 · build�[31m · failed · finished 3m ago
          command   make 'all the things'
          directory /home/me/src/app
          run       1
          exit      exit 2
          took      1m 0s
          last line error: no rule to make target
          created   1970-01-01T00:00:01.000Z
          started   1970-01-01T00:00:01.500Z
          ended     1970-01-01T00:01:01.500Z
          records   /home/me/.local/state/appctl/sessions/7c5dcf5d
        ");
    }

    #[test]
    fn a_limit_says_whether_it_is_one() {
        let amounts = Limits { memory_bytes: Some(60 << 20), cpu_percent: Some(50), tasks: None };
        let view = SessionView { limits: Some(amounts), ..failed() };
        let told = |unenforced: Option<&[String]>| limits(&view, unenforced).unwrap();
        assert_eq!(told(None), "memory 60M, cpu 50%");
        assert_eq!(told(Some(&[])), "memory 60M, cpu 50% · enforced");
        let words = ["cpu".to_owned(), "\x1b[31m".to_owned()];
        assert_eq!(
            told(Some(&words)),
            "memory 60M, cpu 50% · not enforced here: cpu, \u{fffd}[31m"
        );
        assert_eq!(limits(&failed(), Some(&[])), None);
    }
}
