//! The list as a value: sessions, filter, selection. Keys go in, a decision comes out.
//!
//! # Invariants
//!
//! 1. The selection is on a session that matches, or there is none that does.
//! 2. Without a filter the order is the daemon's, newest first; with one, the best match
//!    comes first and equally good ones keep that order.

use app_model::{SessionId, SessionView};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::Input;

use crate::tui::edit;
use crate::tui::filter::{Filter, haystack};
use crate::tui::preview::Preview;

/// What a key led to.
pub(super) enum Step {
    /// Nothing that ends the list.
    Stay,
    /// The person wants none.
    Leave,
    /// The person wants this one.
    Choose(Box<SessionView>),
}

/// The list and where the person is in it.
pub(super) struct List {
    views: Vec<SessionView>,
    /// When `views` were true, on the clock that counts suspend.
    loaded_boot_ms: u64,
    /// How much older they are now.
    age_ms: u64,
    /// The wall time, for "finished 3m ago".
    pub(super) now_ms: i64,
    /// The home directory, shown as `~`.
    pub(super) home: Option<String>,
    /// What was typed.
    pub(super) filter: Input,
    /// Indices into `views`, in the order in which they are shown.
    shown: Vec<usize>,
    /// Index into `shown`.
    pub(super) cursor: usize,
    /// Rows that the list had when it was drawn last: what a page is.
    pub(super) page: usize,
    preview: Preview,
    matches: Filter,
}

impl List {
    /// A list of these, nothing typed, the newest selected.
    pub(super) fn new(views: Vec<SessionView>, loaded_boot_ms: u64, home: Option<String>) -> Self {
        Self {
            shown: (0..views.len()).collect(),
            views,
            loaded_boot_ms,
            age_ms: 0,
            now_ms: 0,
            home,
            filter: Input::default(),
            cursor: 0,
            page: 1,
            preview: Preview::default(),
            matches: Filter::default(),
        }
    }

    /// Brings times up to date.
    pub(super) fn set_time(&mut self, boot_ms: u64, wall_ms: i64) {
        self.age_ms = boot_ms.saturating_sub(self.loaded_boot_ms);
        self.now_ms = wall_ms;
    }

    /// How many there are in all.
    pub(super) fn count(&self) -> usize {
        self.views.len()
    }

    /// Those that match, in order.
    pub(super) fn shown(&self) -> impl ExactSizeIterator<Item = &SessionView> {
        self.shown.iter().map(|&index| &self.views[index])
    }

    /// The one under the cursor.
    pub(super) fn selected(&self) -> Option<&SessionView> {
        self.shown.get(self.cursor).map(|&index| &self.views[index])
    }

    /// How long a session has run by now.
    pub(super) fn elapsed_ms(&self, view: &SessionView) -> Option<u64> {
        let age = if view.phase.is_live() { self.age_ms } else { 0 };
        view.elapsed_ms.map(|ms| ms.saturating_add(age))
    }

    /// Whether anything changes by itself.
    pub(super) fn has_live(&self) -> bool {
        self.shown().any(|view| view.phase.is_live())
    }

    /// A preview was loaded.
    pub(super) fn show(&mut self, preview: Option<Preview>) {
        if let Some(preview) = preview {
            self.preview = preview;
        }
    }

    /// The selected session's last screen, if it was loaded.
    pub(super) fn preview(&self) -> Option<&[String]> {
        let view = self.selected()?;
        (self.preview.of == Some((view.id, view.run))).then_some(&self.preview.lines[..])
    }

    /// Takes a key.
    pub(super) fn press(&mut self, key: KeyEvent) -> Step {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => return Step::Leave,
            KeyCode::Char('c' | 'g') if ctrl => return Step::Leave,
            KeyCode::Enter => {
                return match self.selected() {
                    Some(view) => Step::Choose(Box::new(view.clone())),
                    None => Step::Stay,
                };
            }
            KeyCode::Up => self.up(1),
            KeyCode::Char('p' | 'k') if ctrl => self.up(1),
            KeyCode::Down => self.down(1),
            KeyCode::Char('n' | 'j') if ctrl => self.down(1),
            KeyCode::PageUp => self.up(self.page),
            KeyCode::PageDown => self.down(self.page),
            _ => {
                if edit::press(&mut self.filter, key) {
                    self.refilter();
                }
            }
        }
        Step::Stay
    }

    fn up(&mut self, rows: usize) {
        self.cursor = self.cursor.saturating_sub(rows);
    }

    fn down(&mut self, rows: usize) {
        self.cursor = (self.cursor + rows).min(self.shown.len().saturating_sub(1));
    }

    fn refilter(&mut self) {
        let texts: Vec<String> = self.views.iter().map(haystack).collect();
        let all = texts.iter().map(String::as_str).enumerate();
        // Equally good ones stay newest first (invariant 2).
        let shown = self.matches.best(self.filter.value(), all);
        let before = self.selected().map(|view| view.id);
        self.shown = shown;
        // While typing, the best match is the one; with nothing typed, the last choice.
        let back = before.filter(|_| self.filter.value().is_empty());
        self.cursor = back.and_then(|id| self.position(id)).unwrap_or(0);
    }

    fn position(&self, id: SessionId) -> Option<usize> {
        self.shown().position(|view| view.id == id)
    }
}

#[cfg(test)]
pub(super) mod samples {
    use super::*;
    use crate::render::session::samples::{failed, running};

    /// Two sessions, times as in the samples.
    pub(in crate::picker) fn list() -> List {
        let mut list = List::new(vec![running(), failed()], 0, Some("/home/me".into()));
        list.set_time(0, 241_500);
        list
    }

    /// Types a text.
    pub(in crate::picker) fn type_in(list: &mut List, text: &str) {
        for c in text.chars() {
            list.press(KeyCode::Char(c).into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::samples::{list, type_in};
    use super::*;
    use crate::render::session::samples::running;

    fn names(list: &List) -> Vec<&str> {
        list.shown().map(|view| view.name.as_str()).collect()
    }

    fn ctrl(c: char) -> KeyEvent {
        KeyEvent::new(KeyCode::Char(c), KeyModifiers::CONTROL)
    }

    #[test]
    fn typing_filters_over_name_id_directory_and_command() {
        for (text, want) in [
            ("flk", "flaky-test"),
            ("7c5d", "flaky-test"),
            ("make", "build\x1b[31m"),
            ("0123", "build\x1b[31m"),
        ] {
            let mut list = list();
            type_in(&mut list, text);
            assert_eq!(names(&list), [want], "{text}");
        }
        let mut list = list();
        type_in(&mut list, "src/app");
        assert_eq!(names(&list).len(), 2);
        type_in(&mut list, "zzz");
        assert!(list.selected().is_none());
        assert!(matches!(list.press(KeyCode::Enter.into()), Step::Stay));
        list.press(ctrl('u'));
        assert_eq!(names(&list).len(), 2);
    }

    #[test]
    fn the_cursor_stays_in_the_list() {
        let mut list = list();
        list.press(KeyCode::Up.into());
        assert_eq!(list.cursor, 0);
        list.press(ctrl('n'));
        list.press(KeyCode::PageDown.into());
        assert_eq!(list.cursor, 1);
        list.press(ctrl('p'));
        assert_eq!(list.cursor, 0);
        let mut none = List::new(vec![], 0, None);
        none.press(KeyCode::Down.into());
        none.press(KeyCode::PageUp.into());
        assert!(none.selected().is_none());
    }

    #[test]
    fn enter_chooses_and_escape_leaves() {
        let mut list = list();
        list.press(KeyCode::Down.into());
        let Step::Choose(view) = list.press(KeyCode::Enter.into()) else {
            panic!("nothing was chosen");
        };
        assert_eq!(view.id, SessionId(0x0123_4567));
        assert!(matches!(list.press(KeyCode::Esc.into()), Step::Leave));
        assert!(matches!(list.press(ctrl('c')), Step::Leave));
    }

    #[test]
    fn times_of_live_sessions_go_on() {
        let mut list = list();
        list.set_time(5_000, 0);
        assert_eq!(list.elapsed_ms(&running()), Some(205_000));
    }
}
