//! `appctl show`: everything about one session.

use app_model::restart::{Comeback, MOST_RESTARTS, Restart};
use app_model::text::printable;
use app_model::{OsText, SessionView, spec};

use super::Done;
use super::context::{Context, show_named};
use crate::cli;
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
    let output = context.output;
    if output.json {
        output.json(&session::detail(&view, args.show_secrets))?;
        return Ok(Status::DONE);
    }
    let command = if args.show_secrets {
        spec::whole_command_line(&view.argv)
    } else {
        spec::command_line(&view.argv)
    };
    output.text(&text(&view, command, app_sys::clock::wall_ms(), Paint::new(output.colour)))?;
    context.seen(&mut daemon, &view);
    Ok(Status::DONE)
}

fn text(view: &SessionView, command: String, now_ms: i64, paint: Paint) -> String {
    let badge = if view.background { paint.badge(" bg") } else { String::new() };
    let mut out = format!(
        "{} · {}{badge} · {}\n",
        view.id,
        paint.bold(&printable(&view.name)),
        state_and_age(view, now_ms, |word| paint.state(word)),
    );
    for (label, value) in facts(view, command) {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            out.push_str(&format!("  {} {}\n", paint.dim(&format!("{label:<9}")), value));
        }
    }
    out
}

fn facts(view: &SessionView, command: String) -> [(&'static str, Option<String>); 24] {
    let number = |n: Option<u32>| n.map(|n| n.to_string());
    [
        ("command", Some(command)),
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
        ("limits", view.limits.map(|limits| limits.shown())),
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
    use super::*;
    use crate::render::session::samples::failed;

    #[test]
    fn what_is_known_is_shown_and_cannot_act_on_the_terminal() {
        let command = spec::command_line(&failed().argv);
        insta::assert_snapshot!(text(&failed(), command, 241_500, Paint::new(false)), @r"
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
}
