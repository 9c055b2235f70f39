//! The table of `ls`: aligned and clipped on a terminal, whole lines in a pipe.
//!
//! # Invariants
//!
//! 1. Every cell is printable text, whatever a session is called.
//! 2. On a terminal no line is wider than the terminal.
//! 3. In a pipe there is one line per session with all of its text, fields separated by
//!    tabs, and no heading.

use app_model::text::{clipped, columns, printable};
use app_model::view::Group;
use app_model::{SessionView, spec};

use super::style::Paint;
use super::words::{elapsed_or_age, short_path};

/// Columns between columns.
const GAP: usize = 2;

/// No column but the last may take more than this.
const WIDEST: usize = 32;

const HEADINGS: [&str; COUNT] = ["ID", "NAME", "", "STATE", "ELAPSED", "DIR", "COMMAND"];
const COUNT: usize = 7;
const BADGE: usize = 2;
const STATE: usize = 3;
const ELAPSED: usize = 4;

/// Where the table goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    /// The terminal's width; none in a pipe.
    pub(crate) width: Option<usize>,
    /// Colours.
    pub(crate) paint: Paint,
    /// The home directory, shown as `~`.
    pub(crate) home: Option<&'a str>,
    /// The wall time.
    pub(crate) now_ms: i64,
}

/// The sessions as a table, with line ends: in groups for a person, in their order in a
/// pipe.
pub(crate) fn sessions(views: &[SessionView], place: Place<'_>) -> String {
    let mut views: Vec<_> = views.iter().collect();
    let Some(width) = place.width else {
        return views.into_iter().map(|view| row(view, place).join("\t") + "\n").collect();
    };
    views.sort_by_key(|view| view.group());
    let rows: Vec<_> = views.iter().map(|view| (view.group(), row(view, place))).collect();
    aligned(&rows, width, place.paint)
}

fn row(view: &SessionView, place: Place<'_>) -> [String; COUNT] {
    let cwd = view.cwd.shown();
    [
        view.id.to_string(),
        printable(&view.name),
        if view.background { "bg".into() } else { String::new() },
        view.state().into(),
        elapsed_or_age(view, place.now_ms),
        if place.width.is_some() { short_path(&cwd, place.home) } else { cwd },
        match &view.attention {
            Some(raised) => format!("? {}", printable(&raised.why)),
            None => spec::command_line(&view.argv),
        },
    ]
}

fn aligned(rows: &[(Group, [String; COUNT])], width: usize, paint: Paint) -> String {
    let widest = |index: usize| {
        let cells = rows.iter().map(|(_, row)| columns(&row[index]));
        cells.chain([columns(HEADINGS[index])]).max().unwrap_or(0).min(WIDEST)
    };
    let widths: [usize; COUNT] = std::array::from_fn(widest);
    let heading = HEADINGS.map(str::to_owned);
    let mut out = line(&heading, &widths, width, |_, text| paint.bold(text));
    let in_groups = rows.first().map(|(group, _)| group) != rows.last().map(|(group, _)| group);
    let mut above = None;
    for (group, row) in rows {
        if in_groups && above.replace(*group) != Some(*group) {
            out.push_str(&paint.dim(&clipped(group.heading(), width)));
            out.push('\n');
        }
        out.push_str(&line(row, &widths, width, |index, text| match index {
            BADGE => paint.badge(text),
            STATE => paint.state(text),
            ELAPSED => paint.dim(text),
            _ => text.to_owned(),
        }));
    }
    out
}

fn line(
    cells: &[String; COUNT],
    widths: &[usize; COUNT],
    width: usize,
    painted: impl Fn(usize, &str) -> String,
) -> String {
    let mut out = String::new();
    let mut used = 0;
    for (index, cell) in cells.iter().enumerate() {
        if widths[index] == 0 {
            continue; // Nobody has a badge.
        }
        let gap = if index == 0 { 0 } else { GAP };
        let room = width.saturating_sub(used + gap);
        if room == 0 {
            break; // Invariant 2.
        }
        let last = index + 1 == COUNT;
        let text = clipped(cell, if last { room } else { widths[index].min(room) });
        let padding = if last { 0 } else { widths[index].min(room) - columns(&text) };
        out.push_str(&" ".repeat(gap));
        out.push_str(&painted(index, &text));
        out.push_str(&" ".repeat(padding));
        used += gap + columns(&text) + padding;
    }
    out.truncate(out.trim_end_matches(' ').len());
    out.push('\n');
    out
}

#[cfg(test)]
mod tests {
    use app_model::view::Attention;

    use super::super::session::samples::{failed, running};
    use super::*;

    fn place(width: Option<usize>) -> Place<'static> {
        Place { width, paint: Paint::new(false), home: Some("/home/me"), now_ms: 241_500 }
    }

    #[test]
    fn a_terminal_gets_a_table() {
        insta::assert_snapshot!(sessions(&[running(), failed()], place(Some(100))), @r"
        ID        NAME            STATE    ELAPSED          DIR        COMMAND
        working
        7c5dcf5d  flaky-test  bg  running  3m 20s           ~/src/app  cargo test
        failed
        01234567  build�[31m      failed   finished 3m ago  ~/src/app  make 'all the things'
        ");
    }

    #[test]
    fn who_waits_for_a_person_comes_first_with_the_question() {
        let asks = SessionView {
            attention: Some(Attention { why: "Run \x1btests?".into(), since_ms: 0 }),
            ..running()
        };
        insta::assert_snapshot!(sessions(&[failed(), asks], place(Some(100))), @r"
        ID        NAME            STATE        ELAPSED          DIR        COMMAND
        needs you
        7c5dcf5d  flaky-test  bg  needs-input  3m 20s           ~/src/app  ? Run �tests?
        failed
        01234567  build�[31m      failed       finished 3m ago  ~/src/app  make 'all the things'
        ");
    }

    #[test]
    fn a_narrow_terminal_gets_a_clipped_one() {
        let table = sessions(&[running(), failed()], place(Some(40)));
        assert!(table.lines().all(|line| columns(line) <= 40), "{table}");
        for width in 0..60 {
            let table = sessions(&[running()], place(Some(width)));
            assert!(table.lines().all(|line| columns(line) <= width), "{width}: {table}");
        }
    }

    #[test]
    fn a_pipe_gets_everything() {
        insta::assert_snapshot!(sessions(&[running(), failed()], place(None)), @r"
        7c5dcf5d	flaky-test	bg	running	3m 20s	/home/me/src/app	cargo test
        01234567	build�[31m		failed	finished 3m ago	/home/me/src/app	make 'all the things'
        ");
    }

    #[test]
    fn colours_take_no_room() {
        let coloured = Place { paint: Paint::new(true), ..place(Some(100)) };
        let text = sessions(&[running()], coloured);
        assert!(text.contains("\x1b["));
        assert_eq!(
            app_model::plain::plain_text(text.as_bytes()),
            sessions(&[running()], place(Some(100)))
        );
    }
}
