//! `appctl why`: what is believed of a session, and what each belief rests on.

use app_model::elapsed::ago;
use app_model::evidence::Evidence;
use app_model::text::printable;
use app_sys::clock;
use app_wire::control::{Fact, Reply, Request, Target, Why};
use serde_json::{Value, json};

use super::{Context, Done};
use crate::cli::One;
use crate::connect::AskError;
use crate::exit::Status;
use crate::render::time::rfc3339;
use crate::render::words::id_and_name;

pub(super) fn run(context: &Context, args: &One) -> Done {
    let request = Request::Why { target: Target::Named(args.id.clone()) };
    let Reply::Why(why) = context.daemon()?.ask(&request)? else {
        return Err(AskError::OffTopic.into());
    };
    if context.output.json {
        context.output.json(&as_json(&why))?;
    } else {
        context.output.text(&as_text(&why, clock::wall_ms()))?;
    }
    Ok(Status::DONE)
}

fn as_json(why: &Why) -> Value {
    let evidence = |it: &Evidence| json!({ "source": it.source, "detail": it.detail, "since": rfc3339(it.since_ms) });
    let facts = why.facts.iter().map(|fact| {
        json!({
            "fact": fact.name,
            "value": fact.value,
            "evidence": fact.evidence.as_ref().map(evidence),
            "overruled": fact.overruled.iter().map(evidence).collect::<Vec<_>>(),
        })
    });
    json!({
        "id": why.session.id,
        "name": why.session.name,
        "state": why.session.state(),
        "facts": facts.collect::<Vec<_>>(),
    })
}

fn as_text(why: &Why, now_ms: i64) -> String {
    let mut out = format!("{} · {}\n", id_and_name(&why.session), why.session.state());
    for Fact { name, value, evidence, overruled } in &why.facts {
        out.push_str(&format!("{:<10} {}\n", printable(name), printable(value)));
        match evidence {
            Some(evidence) => out.push_str(&line("because", evidence, now_ms)),
            None => out.push_str("           because  nothing tells\n"),
        }
        for evidence in overruled {
            out.push_str(&line("against", evidence, now_ms));
        }
    }
    out
}

fn line(word: &str, evidence: &Evidence, now_ms: i64) -> String {
    let Evidence { source, detail, since_ms } = evidence;
    let source = json!(source);
    let since = ago(u64::try_from(now_ms - since_ms).unwrap_or(0));
    let source = source.as_str().unwrap_or_default();
    format!("           {word}  {source}: {} · {since}\n", printable(detail))
}

#[cfg(test)]
mod tests {
    use app_model::evidence::Source;

    use super::*;
    use crate::render::session::samples::running;

    #[test]
    fn each_fact_stands_with_what_it_rests_on() {
        let evidence =
            |source, detail: &str| Evidence { source, detail: detail.into(), since_ms: 1_000 };
        let fact = Fact {
            name: "turn".into(),
            value: "working".into(),
            evidence: Some(evidence(Source::Hook, "claude UserPromptSubmit")),
            overruled: vec![evidence(Source::Title, "rule idle: \u{1b}x")],
        };
        let unknown = Fact {
            name: "attention".into(),
            value: "none".into(),
            evidence: None,
            overruled: vec![],
        };
        let why = Why { session: running(), facts: vec![fact, unknown] };
        insta::assert_snapshot!(as_text(&why, 61_000), @r"
        7c5dcf5d · flaky-test · running
        turn       working
                   because  hook: claude UserPromptSubmit · 1m ago
                   against  title: rule idle: �x · 1m ago
        attention  none
                   because  nothing tells
        ");
        assert_eq!(as_json(&why)["facts"][0]["evidence"]["source"], "hook");
    }
}
