//! `appctl notices`: what a person was told, and what could not be told; newest first.

use app_model::elapsed::ago;
use app_model::text::printable;
use app_wire::control::{NoticeView, Reply, Request};
use serde_json::{Value, json};

use super::Done;
use super::context::{Context, demand};
use crate::cli;
use crate::connect::AskError;
use crate::exit::{Code, Status};
use crate::render::style::Paint;
use crate::render::time::rfc3339;
use crate::report::Explain as _;

pub(super) fn run(context: &Context, args: &cli::Notices) -> Done {
    let mut daemon = context.daemon()?;
    let output = context.output;
    let Reply::Notices(notices) = daemon.ask(&Request::Notices { unseen: args.unseen })? else {
        return Err(AskError::OffTopic.into());
    };
    if output.json {
        output.json(&notices.iter().map(object).collect::<Vec<_>>())?;
        return Ok(Status::DONE);
    }
    if notices.is_empty() && output.terminal {
        output.note(if args.unseen { "nothing that you have not seen" } else { "no notices" });
    }
    let paint = Paint::new(output.colour);
    let now = app_sys::clock::wall_ms();
    let lines: String = notices.iter().map(|notice| line(notice, paint, now)).collect();
    output.text(&lines)?;
    // Only a person on a terminal has seen them.
    if output.for_person()
        && let Some(newest) = notices.first()
    {
        match demand(&mut daemon, &Request::NoticesSeen { through: newest.number }) {
            // Whoever may only look has still seen them.
            Err(refused) if refused.code() == Code::NotPermitted => {}
            done => done?,
        }
    }
    Ok(Status::DONE)
}

fn line(notice: &NoticeView, paint: Paint, now_ms: i64) -> String {
    let age = ago(u64::try_from(now_ms - notice.at_ms).unwrap_or(0));
    let title = printable(&notice.title);
    let title = if notice.seen { title } else { paint.bold(&title) };
    let fate = match (&notice.channel, &notice.why) {
        (Some(channel), _) => printable(channel),
        (None, Some(why)) => format!("reached nobody: {}", printable(why)),
        (None, None) => "not shown yet".to_owned(),
    };
    format!("{}  {title}  {}\n", notice.session, paint.dim(&format!("{age} · {fate}")))
}

fn object(notice: &NoticeView) -> Value {
    json!({
        "number": notice.number,
        "session": notice.session,
        "name": notice.name,
        "kind": notice.kind,
        "title": notice.title,
        "body": notice.body,
        "at": rfc3339(notice.at_ms),
        "channel": notice.channel,
        "why": notice.why,
        "seen": notice.seen,
    })
}

#[cfg(test)]
mod tests {
    use app_model::SessionId;

    use super::*;

    #[test]
    fn a_line_says_what_and_when_and_whom_it_reached() {
        let notice = NoticeView {
            number: 7,
            session: SessionId(0x7c5d_cf5d),
            name: "x".into(),
            kind: "finished".into(),
            title: "✔ x\x1b finished · 3m 20s".into(),
            body: String::new(),
            at_ms: 1_000,
            channel: None,
            why: Some("desktop: there is none".into()),
            seen: true,
        };
        let told = line(&notice, Paint::new(false), 61_000);
        assert!(told.starts_with("7c5dcf5d  ✔ x"), "{told}");
        assert!(told.ends_with("1m ago · reached nobody: desktop: there is none\n"), "{told}");
        assert!(!told.trim_end().chars().any(char::is_control), "{told}");
        let shown = NoticeView { channel: Some("desktop".into()), why: None, ..notice };
        assert!(line(&shown, Paint::new(false), 0).ends_with("just now · desktop\n"));
        assert_eq!(object(&shown)["at"], "1970-01-01T00:00:01.000Z");
    }
}
