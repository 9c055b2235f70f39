//! What the profiles see in what agents really wrote.
//!
//! A recording is fed in small pieces, and every look on the way is read.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed check")]

use std::fs;
use std::path::Path;
use std::time::Duration;

use app_agents::Profiles;
use app_model::Turn;
use app_model::evidence::Source;
use app_model::facts::{Change, Facts, Input, Seen};
use app_model::look::{Look, MAX_LINES};
use app_model::reading::Reading;
use app_term::Screen;

/// Bytes between two looks.
const PIECE: usize = 64;

fn recording(name: &str) -> Vec<u8> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/recordings");
    fs::read(data.join(name)).unwrap()
}

fn look(screen: &Screen, state: &str) -> Look {
    let text = screen.text();
    let mut lines: Vec<String> = text
        .lines()
        .map(|line| line.trim_end().to_owned())
        .filter(|line| !line.is_empty())
        .collect();
    lines.drain(..lines.len().saturating_sub(MAX_LINES));
    Look {
        title: screen.title().to_owned(),
        progress: screen.progress().map_or(0, |progress| progress.state),
        state: state.to_owned(),
        lines,
        ..Look::default()
    }
}

/// The newest state that the bytes name (OSC 7501), as far as it has come.
fn state_of(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let named = text.split("\x1b]7501;state=").skip(1);
    let states = named.filter_map(|rest| rest.split_once([':', '\x07', '\x1b']));
    states.last().map_or_else(String::new, |(state, _)| state.to_owned())
}

/// What is read of each look.
fn readings(agent: &str, name: &str) -> Vec<(Look, Vec<Reading>)> {
    let bytes = recording(name);
    let (profiles, _) = Profiles::load(Path::new("/nonexistent/agents"));
    let profile = profiles.named(agent).unwrap();
    let mut screen = Screen::new(30, 100, 0);
    let mut fed = 0;
    let mut all = Vec::new();
    for piece in bytes.chunks(PIECE) {
        screen.feed(piece);
        fed += piece.len();
        let look = look(&screen, &state_of(&bytes[..fed]));
        let readings = profile.read(&look);
        all.push((look, readings));
    }
    all
}

/// What a source says from look to look, without repetitions.
fn story(all: &[(Look, Vec<Reading>)], source: Source) -> Vec<String> {
    let mut story: Vec<String> = all
        .iter()
        .map(|(_, readings)| match readings.iter().find(|reading| reading.source == source) {
            None => "-".to_owned(),
            Some(Reading { attention: Some(text), .. }) => text.clone(),
            Some(Reading { turn: Some(Turn::Working), .. }) => "working".to_owned(),
            Some(Reading { turn: Some(Turn::Idle), .. }) => "idle".to_owned(),
            Some(_) => "hold".to_owned(),
        })
        .collect();
    story.dedup();
    story
}

#[test]
fn claude_shows_its_state_in_the_title_and_its_question_on_the_screen() {
    let all = readings("claude", "claude.30x100");
    let title = story(&all, Source::Title);
    assert_eq!(title, ["idle", "working", "idle", "working", "idle"]);
    let screen = story(&all, Source::Screen);
    let question = "Do you want to proceed?";
    assert_eq!(screen, ["-", "idle", "working", "idle", "working", "idle", question]);
}

#[test]
fn codex_names_its_state_and_shows_it_in_the_title_and_on_the_screen() {
    let all = readings("codex", "codex.30x100");
    let osc = story(&all, Source::Osc);
    let blocked = "it waits for a person";
    assert_eq!(osc, ["-", "idle", "working", "idle", "working", blocked]);
    let title = story(&all, Source::Title);
    assert_eq!(title.last().map(String::as_str), Some("it needs an action"), "{title:?}");
    assert!(title.contains(&"working".to_owned()));
    let screen = story(&all, Source::Screen);
    let question = "Would you like to run the following command?";
    assert_eq!(screen, ["-", "idle", "working", "idle", "working", "idle", question]);
}

/// What follows from the looks when there is `pause` between two of them.
fn changes(all: &[(Look, Vec<Reading>)], pause: Duration) -> Vec<Change> {
    let mut facts = Facts::default();
    let mut now = Duration::from_secs(1);
    let mut changes = facts.apply(Input::Began { agent: true, kept: None }, now, 0);
    let last = all.last().map(|(_, readings)| readings);
    let looks = all.iter().map(|(_, readings)| (readings, pause));
    for (readings, pause) in looks.chain(last.map(|last| (last, Duration::from_secs(60)))) {
        let until = now + pause;
        while let Some(at) = facts.wake_at().filter(|at| *at < until) {
            changes.extend(facts.apply(Input::Woke, at, 0));
        }
        now = until;
        changes.extend(facts.apply(Input::Wrote, now, 0));
        let seen = Seen { readings: readings.clone(), ..Seen::default() };
        changes.extend(facts.apply(Input::Looked(seen), now, 0));
    }
    changes
}

#[test]
fn a_person_is_called_once_by_the_question_and_its_turn_is_not_over() {
    for (agent, name, why) in [
        ("claude", "claude.30x100", "Do you want to proceed?"),
        ("codex", "codex.30x100", "Would you like to run the following command?"),
    ] {
        // As fast as they came: what lasts for less than the named times is not shown.
        let all = changes(&readings(agent, name), Duration::from_millis(5));
        let working = Change::TurnChanged(Turn::Working);
        assert_eq!(all, [working, Change::AttentionRaised { why: why.into() }], "{agent}");
    }
}

#[test]
fn no_program_that_is_no_agent_asks_anything_of_a_profile() {
    let (profiles, _) = Profiles::load(Path::new("/nonexistent/agents"));
    for name in ["vim.24x80", "less.24x80", "top.20x90", "htop.30x100"] {
        let (rows, cols) = name.split_once('.').unwrap().1.split_once('x').unwrap();
        let mut screen = Screen::new(rows.parse().unwrap(), cols.parse().unwrap(), 0);
        screen.feed(&recording(name));
        for profile in profiles.iter() {
            let asks = profile.read(&look(&screen, "")).into_iter().find(|r| r.attention.is_some());
            assert_eq!(asks, None, "{} in {name}", profile.name());
        }
    }
}
