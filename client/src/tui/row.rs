//! A session as one row of a list, of any width.
//!
//! ```text
//!   ● flaky-test           bg  cargo test                ~/src/app        3m 20s
//!   │ name                 │   what it does or asks      directory        time
//!   │                      └ in the background, * pinned
//!   └ filled: alive · ring: waits or sleeps · mark: ended
//! ```
//!
//! # Invariants
//!
//! 1. Every cell is printable text, whatever a session is called or writes.
//! 2. No row is wider than it was told, and all of one width align.
//! 3. What does not fit is left out from the right of this list: time, name, badge, what it
//!    does, directory, model, use.

use app_model::elapsed::{ago, elapsed};
use app_model::text::{clipped, columns, printable};
use app_model::view::Usage;
use app_model::{Exit, Phase, SessionView, Turn, spec};
use ratatui::text::{Line, Span};

use super::palette::Palette;
use crate::render::words::{elapsed_or_age, short_path};

/// Columns from which a directory has a place.
const DIRECTORY_FROM: usize = 72;

/// Columns from which a time is told in words: `finished 3m ago`.
const WORDS_FROM: usize = 100;

/// Columns from which a model has a place.
const MODEL_FROM: usize = 120;

/// Columns from which there is a place for what a session uses.
const USAGE_FROM: usize = 130;

/// Columns of a step to the right, for what belongs to something.
const STEP: usize = 2;

/// Steps to the right at most.
const MOST_STEPS: usize = 6;

/// What a row shows of a session beside its view.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    /// The session.
    pub(crate) view: &'a SessionView,
    /// How long it has run by now.
    pub(crate) elapsed_ms: Option<u64>,
    /// How many it belongs to, one above the other.
    pub(crate) depth: usize,
    /// What share of a processor it uses, in percent.
    pub(crate) cpu: Option<u64>,
}

/// What all rows of a list have in common.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// Their width.
    pub(crate) width: usize,
    /// Whether something else says in which state they are, say a heading.
    pub(crate) grouped: bool,
    /// The wall time.
    pub(crate) now_ms: i64,
    /// The home directory, shown as `~`.
    pub(crate) home: Option<&'a str>,
    /// The colours.
    pub(crate) palette: Palette,
}

/// How wide the cells are; 0 for those that are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Widths {
    name: usize,
    state: usize,
    now: usize,
    model: usize,
    directory: usize,
    usage: usize,
    when: usize,
}

/// Columns of the badge: `bg`, and `*` for what is pinned.
const BADGE: usize = 3;

impl Widths {
    fn of(width: usize, grouped: bool) -> Self {
        let from = |least: usize, columns: usize| if width < least { 0 } else { columns };
        let mut widths = Self {
            name: (width / 5).clamp(12, 28),
            state: if grouped { 0 } else { 11 },
            now: 0,
            model: from(if grouped { MODEL_FROM } else { USAGE_FROM }, 12),
            directory: from(DIRECTORY_FROM, (width / 7).clamp(12, 40)),
            usage: from(USAGE_FROM, 11),
            when: if width < WORDS_FROM { 9 } else { 18 },
        };
        // The sign and the badge with the gaps after them, and a gap before each other cell.
        let gap = |cell: usize| if cell == 0 { 0 } else { cell + 1 };
        let rest = [widths.state, widths.model, widths.directory, widths.usage, widths.when];
        let used = 2 + widths.name + 1 + BADGE + rest.into_iter().map(gap).sum::<usize>();
        let left = width.saturating_sub(used);
        if !grouped && width < DIRECTORY_FROM {
            widths.name += left; // The state takes the place of what it does.
        } else {
            widths.now = left.saturating_sub(1);
        }
        widths
    }
}

/// The row of a session.
pub(crate) fn session(subject: Subject<'_>, place: Place<'_>) -> Line<'static> {
    let Place { width, grouped, now_ms, home, palette } = place;
    let Subject { view, .. } = subject;
    let widths = Widths::of(width, grouped);
    let indent = (STEP * subject.depth.min(MOST_STEPS)).min(widths.name / 2);
    let badge = if view.background { "bg" } else { "" };
    let pin = if view.pinned { "*" } else { "" };
    let (does, asks) = does(view);
    let does_style = if asks { palette.question() } else { ratatui::style::Style::new() };
    let mut cells = vec![
        Span::raw(" ".repeat(indent)),
        Span::styled(format!("{} ", sign(view)), palette.state(view)),
        Span::raw(cell(&printable(&view.name), widths.name - indent) + " "),
        Span::styled(cell(&format!("{badge:<2}{pin}"), BADGE), palette.badge()),
    ];
    if !grouped {
        cells.push(Span::styled(gapped(view.state(), widths.state), palette.state(view)));
    }
    cells.push(Span::styled(gapped(&does, widths.now), does_style));
    let model = view.model.as_deref().map(printable).unwrap_or_default();
    cells.push(Span::styled(gapped(&model, widths.model), palette.dim()));
    let path = short_path(&view.cwd.shown(), home);
    cells.push(Span::styled(gapped(&path, widths.directory), palette.dim()));
    cells.push(Span::styled(right(&used(subject), widths.usage), palette.dim()));
    cells.push(Span::raw(right(&when(subject, now_ms, width >= WORDS_FROM), widths.when)));
    clipped_line(cells, width)
}

/// The row under the cursor: of one piece, whatever its colours were.
pub(crate) fn chosen(line: &Line<'_>, palette: Palette) -> Line<'static> {
    let text: String = line.spans.iter().map(|span| span.content.as_ref()).collect();
    Line::from(text).style(palette.chosen())
}

/// The row of something else that belongs to a session.
pub(crate) fn other(
    sign: char,
    texts: [&str; 2],
    when: &str,
    depth: usize,
    place: Place<'_>,
) -> Line<'static> {
    let Place { width, grouped, palette, .. } = place;
    let widths = Widths::of(width, grouped);
    let indent = (STEP * depth.min(MOST_STEPS)).min(widths.name / 2);
    let room = width.saturating_sub(indent + 2 + 1 + widths.when);
    let text = match texts[1] {
        "" => printable(texts[0]),
        more => format!("{} · {}", printable(texts[0]), printable(more)),
    };
    let cells = vec![
        Span::raw(" ".repeat(indent)),
        Span::styled(format!("{sign} {}", cell(&text, room)), palette.dim()),
        Span::styled(right(when, widths.when), palette.dim()),
    ];
    clipped_line(cells, width)
}

/// What a session does now or asks, and whether it asks.
pub(crate) fn does(view: &SessionView) -> (String, bool) {
    let text = |text: &str| Some(printable(text.trim())).filter(|text| !text.trim().is_empty());
    let asks = view.attention.as_ref().filter(|_| view.phase.is_live());
    if let Some(raised) = asks {
        return (format!("? {}", printable(&raised.why)), true);
    }
    let title = text(&view.title).filter(|_| view.phase.is_live());
    let last = view.last_line.as_deref().and_then(text);
    let why = || view.exit.filter(|exit| *exit != Exit::Code(0)).map(|exit| exit.reason());
    let command = || spec::command_line(&view.argv);
    (
        title
            .or(last)
            .or_else(|| Some(format!("{} · {}", why()?, command())))
            .unwrap_or_else(command),
        false,
    )
}

/// When a session ended, how long it has run, or when it comes back.
fn when(subject: Subject<'_>, now_ms: i64, in_words: bool) -> String {
    let view = subject.view;
    if in_words && !view.phase.is_live() {
        return elapsed_or_age(view, now_ms);
    }
    if in_words {
        return subject.elapsed_ms.map(elapsed).unwrap_or_default();
    }
    match view.ended_at_ms {
        Some(ended) if view.phase == Phase::Asleep => short(since(ended, now_ms)),
        Some(ended) if !view.phase.is_live() => ago(since(ended, now_ms)),
        Some(_) | None => subject.elapsed_ms.map(short).unwrap_or_default(),
    }
}

fn since(then_ms: i64, now_ms: i64) -> u64 {
    u64::try_from(now_ms - then_ms).unwrap_or(0)
}

/// The two largest units of a duration: `3m 20s`, `23h 59m`.
pub(crate) fn short(ms: u64) -> String {
    elapsed(ms).split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// What a session uses: `12% 340M`.
fn used(subject: Subject<'_>) -> String {
    let Some(Usage { rss_bytes, .. }) = subject.view.usage else { return String::new() };
    let cpu = subject.cpu.map(|percent| format!("{percent}% ")).unwrap_or_default();
    let mib = rss_bytes >> 20;
    match mib {
        0..1_024 => format!("{cpu}{mib}M"),
        1_024.. => format!("{cpu}{}.{}G", mib / 1_024, mib % 1_024 * 10 / 1_024),
    }
}

/// The sign of a session's state.
pub(crate) fn sign(view: &SessionView) -> char {
    match (view.phase, view.exit) {
        (Phase::Starting | Phase::Running | Phase::Stopping, _) => {
            match (&view.attention, view.turn) {
                (Some(_), _) => '◆',
                (None, Turn::Idle) => '○',
                (None, Turn::Working | Turn::Unknown) => '●',
            }
        }
        (Phase::Ended | Phase::Lost, _) if view.is_restarting() => '↻',
        (Phase::Paused, _) => '‖',
        (Phase::Asleep, _) => '◌',
        (Phase::Ended, Some(Exit::Code(0))) => '✔',
        (Phase::Ended, _) if view.stop_asked => '■',
        (Phase::Ended, _) => '✘',
        (Phase::Lost, _) => '!',
    }
}

/// The text in exactly so many columns.
fn cell(text: &str, width: usize) -> String {
    let text = clipped(text, width);
    let padding = width - columns(&text);
    text + &" ".repeat(padding)
}

/// A gap and the text in exactly so many columns; nothing for a cell that is left out.
fn gapped(text: &str, width: usize) -> String {
    if width == 0 { String::new() } else { format!(" {}", cell(text, width)) }
}

/// The same, its end at the right.
fn right(text: &str, width: usize) -> String {
    if width == 0 {
        return String::new();
    }
    let text = clipped(text, width);
    format!(" {}{text}", " ".repeat(width - columns(&text)))
}

/// Cells in a width that may be smaller than what they need at least.
fn clipped_line(cells: Vec<Span<'static>>, width: usize) -> Line<'static> {
    let mut left = width;
    let mut kept = Vec::with_capacity(cells.len());
    for Span { content, style } in cells {
        let text =
            if columns(&content) <= left { content.into_owned() } else { clipped(&content, left) };
        left -= columns(&text);
        if !text.is_empty() {
            kept.push(Span::styled(text, style));
        }
    }
    Line::from(kept)
}

#[cfg(test)]
mod tests {
    use app_model::view::Attention;

    use super::*;
    use crate::render::session::samples::{failed, running};

    fn place(width: usize, grouped: bool) -> Place<'static> {
        let palette = Palette::new(true);
        Place { width, grouped, now_ms: 241_500, home: Some("/home/me"), palette }
    }

    fn subject(view: &SessionView) -> Subject<'_> {
        Subject { view, elapsed_ms: view.elapsed_ms, depth: 0, cpu: Some(12) }
    }

    fn text(line: &Line<'_>) -> String {
        line.spans.iter().map(|span| span.content.as_ref()).collect()
    }

    #[test]
    fn a_row_is_exactly_as_wide_as_it_may_be_and_harmless() {
        let hostile = SessionView {
            name: "日本\x1b]0;x\x07語".repeat(9),
            model: Some("m\x1b[2J".into()),
            title: "t\u{9b}31m".repeat(40),
            usage: Some(Usage { cpu_ms: 1, rss_bytes: 5 << 30, processes: 1 }),
            attention: Some(Attention { why: "why\x1b[H?".into(), since_ms: 0 }),
            pinned: true,
            ..running()
        };
        for width in 1..320 {
            for grouped in [true, false] {
                for (view, depth) in [(running(), 0), (failed(), 1), (hostile.clone(), 9)] {
                    let subject = Subject { depth, ..subject(&view) };
                    let text = text(&session(subject, place(width, grouped)));
                    assert!(columns(&text) <= width, "{width}: {text:?}");
                    assert!(width < 40 || columns(&text) == width, "{width}: {text:?}");
                    assert!(!text.chars().any(char::is_control), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn signs_tell_states_apart_without_colours() {
        let asks = Some(Attention { why: "?".into(), since_ms: 0 });
        let of = |view: SessionView| sign(&view);
        let idle = SessionView { turn: Turn::Idle, ..running() };
        let signs = [
            of(running()),
            of(idle.clone()),
            of(SessionView { attention: asks, ..idle }),
            of(SessionView { phase: Phase::Paused, ..running() }),
            of(SessionView { phase: Phase::Asleep, ..running() }),
            of(failed()),
            of(SessionView { exit: Some(Exit::Code(0)), ..failed() }),
            of(SessionView { stop_asked: true, ..failed() }),
            of(SessionView { phase: Phase::Lost, ..failed() }),
        ];
        let different: std::collections::BTreeSet<_> = signs.iter().collect();
        assert_eq!(different.len(), signs.len(), "{signs:?}");
    }

    #[test]
    fn a_row_says_what_is_asked_then_what_is_done_then_what_it_is() {
        let why = Some(Attention { why: "Run tests?".into(), since_ms: 0 });
        let titled = SessionView { title: "thinking".into(), ..running() };
        assert_eq!(does(&running()), ("cargo test".into(), false));
        assert_eq!(does(&titled), ("thinking".into(), false));
        assert_eq!(does(&SessionView { attention: why, ..titled }), ("? Run tests?".into(), true));
        assert_eq!(does(&failed()), ("error: no rule to make target".into(), false));
        let silent = SessionView { last_line: Some("  ".into()), ..failed() };
        assert_eq!(does(&silent).0, "exit 2 · make 'all the things'");
    }

    #[test]
    fn long_times_keep_their_largest_units() {
        assert_eq!(short(200_000), "3m 20s");
        assert_eq!(short(86_399_000), "23h 59m");
        assert_eq!(short(5_000), "5s");
    }
}
