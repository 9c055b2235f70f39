//! Keys and the mouse: what each of them does to the dashboard.
//!
//! # Invariants
//!
//! 1. Nothing is stopped, removed or run again by one key alone: `y` has to follow.
//! 2. A key that does nothing here says so, where somebody may have expected something.

use app_model::text::printable;
use app_model::{Phase, SessionView};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers, MouseButton, MouseEvent, MouseEventKind};
use tui_input::Input;

use super::board::Board;
use super::deed::Deed;
use super::form::{self, Form};
use super::layout::Areas;
use super::mode::{Mode, Step};
use super::rows::Row;
use crate::tui::edit;

/// Two clicks within this time are one that opens, milliseconds.
const DOUBLE_CLICK_MS: u64 = 400;

/// Rows that one notch of the wheel scrolls by.
const NOTCH: isize = 3;

impl Board {
    /// Takes a key. What it leads to comes out.
    pub(super) fn press(&mut self, key: KeyEvent) -> Vec<Step> {
        let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Char('c') if ctrl => return self.leave(),
            KeyCode::Char('z') if ctrl => return vec![Step::Suspend],
            _ => self.notes.pass(),
        }
        match std::mem::replace(&mut self.mode, Mode::List) {
            Mode::List => self.in_list(key),
            Mode::Filter => self.in_filter(key),
            Mode::Peek => {
                self.mode = Mode::Peek;
                self.in_peek(key)
            }
            Mode::Confirm(deed) => self.answer(key, deed),
            Mode::Rename(view, line) => self.in_rename(key, view, line),
            Mode::New(form) => self.in_form(key, form),
            // The key that ends them means nothing else.
            Mode::Help | Mode::Messages => vec![],
        }
    }

    /// Takes a pasted text, where there is a line to take it.
    pub(super) fn paste(&mut self, text: &str) {
        let can_reply = self.can_reply();
        match &mut self.mode {
            Mode::Filter => {
                edit::paste(&mut self.filter, text);
                self.refilter();
            }
            Mode::Peek if can_reply => edit::paste(&mut self.reply, text),
            Mode::Rename(_, line) => edit::paste(line, text),
            Mode::New(form) => form.paste(text),
            Mode::List | Mode::Peek | Mode::Confirm(_) | Mode::Help | Mode::Messages => {}
        }
    }

    /// Takes what the mouse did.
    pub(super) fn mouse(&mut self, event: MouseEvent) -> Vec<Step> {
        let list = Areas::of(self.area, &self.mode).list;
        match event.kind {
            MouseEventKind::ScrollUp => self.scroll(-NOTCH),
            MouseEventKind::ScrollDown => self.scroll(NOTCH),
            MouseEventKind::Down(MouseButton::Left)
                if (list.top()..list.bottom()).contains(&event.row)
                    && matches!(self.mode, Mode::List | Mode::Filter | Mode::Peek) =>
            {
                let row = self.top + usize::from(event.row - list.top());
                return self.click(row);
            }
            _ => {}
        }
        vec![]
    }

    fn click(&mut self, row: usize) -> Vec<Step> {
        self.keep_draft();
        let steps = self.clicked_on(row);
        // The line is filled again, perhaps for another session.
        if matches!(self.mode, Mode::Peek) && steps.is_empty() { self.look() } else { steps }
    }

    fn clicked_on(&mut self, row: usize) -> Vec<Step> {
        if let Some(&Row::Folded { of, .. }) = self.rows.get(row) {
            self.unfold(of, true);
            return vec![];
        }
        let Some(id) = self.choose_row(row) else { return vec![] };
        let before = self.clicked.replace((id, self.boot_ms));
        if before.is_some_and(|(of, at)| of == id && self.boot_ms < at + DOUBLE_CLICK_MS) {
            self.clicked = None;
            return self.open();
        }
        vec![]
    }

    /// Moves the cursor, if that is what the key is for.
    fn moves(&mut self, key: KeyEvent, letters: bool) -> Option<isize> {
        let page = self.page();
        let all = isize::try_from(self.rows.len()).unwrap_or(isize::MAX);
        Some(match key.code {
            KeyCode::Up => -1,
            KeyCode::Down => 1,
            KeyCode::PageUp => -page,
            KeyCode::PageDown => page,
            KeyCode::Char('k') if letters => -1,
            KeyCode::Char('j') if letters => 1,
            KeyCode::Home if letters => -all,
            KeyCode::End if letters => all,
            KeyCode::Char('g') if letters => -all,
            KeyCode::Char('G') if letters => all,
            _ => return None,
        })
    }

    fn in_list(&mut self, key: KeyEvent) -> Vec<Step> {
        if let Some(by) = self.moves(key, true) {
            self.step(by);
            return vec![];
        }
        match key.code {
            KeyCode::Esc if self.notes.put_away() => {}
            KeyCode::Esc if !self.filter.value().is_empty() => self.clear_filter(),
            KeyCode::Esc | KeyCode::Char('q') => return self.leave(),
            KeyCode::Char('/') => self.mode = Mode::Filter,
            KeyCode::Char('n') => self.mode = Mode::New(Form::new(&self.directory)),
            KeyCode::Char('?') => self.mode = Mode::Help,
            KeyCode::Char('!') => {
                self.notes.put_away();
                self.mode = Mode::Messages;
            }
            KeyCode::Enter => return self.open(),
            KeyCode::Char(' ') => return self.open_peek(),
            code => return self.with_chosen(code),
        }
        vec![]
    }

    /// What a key does to the session under the cursor.
    fn with_chosen(&mut self, code: KeyCode) -> Vec<Step> {
        let Some(view) = self.chosen().map(|entry| Box::new(entry.view.clone())) else {
            return vec![];
        };
        let is_live = view.phase.is_live();
        let now = self.now_ms;
        match code {
            KeyCode::Char('p') => {
                let pinned = !view.pinned;
                return vec![Step::Do(Deed::Pin(view, pinned))];
            }
            KeyCode::Char('s')
                if is_live || view.phase == Phase::Asleep || view.is_restarting() =>
            {
                self.mode = Mode::Confirm(Deed::Stop(view));
            }
            KeyCode::Char('s') => self.notes.say("it is not running; d removes it", now),
            KeyCode::Char('d') => self.mode = Mode::Confirm(Deed::Remove(view)),
            KeyCode::Char('r') if is_live => {
                self.notes.say("it is running; Enter opens it", now);
            }
            KeyCode::Char('r') if view.phase == Phase::Asleep => {
                return vec![Step::Do(Deed::Resume(view))];
            }
            KeyCode::Char('r') => self.mode = Mode::Confirm(Deed::Resume(view)),
            KeyCode::Char('z') if view.phase == Phase::Paused => {
                return vec![Step::Do(Deed::Continue(view))];
            }
            KeyCode::Char('z') if is_live => return vec![Step::Do(Deed::Pause(view))],
            KeyCode::Char('z') => self.notes.say("it is not running", now),
            KeyCode::Char('R') => {
                let line = Input::new(view.name.clone());
                self.mode = Mode::Rename(view, line);
            }
            KeyCode::Right | KeyCode::Char('l') => self.unfold(view.id, true),
            KeyCode::Left | KeyCode::Char('h') => self.unfold(view.id, false),
            _ => {}
        }
        vec![]
    }

    /// Opens the chosen session: on this terminal, or what it has left.
    fn open(&mut self) -> Vec<Step> {
        let Some(view) = self.chosen().map(|entry| &entry.view) else { return vec![] };
        if view.phase.is_live() || view.phase == Phase::Asleep {
            return vec![Step::Attach(view.id)];
        }
        let text = format!("{} is over; r in the list runs it again", printable(&view.name));
        self.notes.say(&text, self.now_ms);
        self.open_peek()
    }

    fn in_filter(&mut self, key: KeyEvent) -> Vec<Step> {
        self.mode = Mode::Filter;
        if let Some(by) = self.moves(key, false) {
            self.step(by);
            return vec![];
        }
        match key.code {
            KeyCode::Esc => {
                self.clear_filter();
                self.mode = Mode::List;
            }
            KeyCode::Enter => self.mode = Mode::List,
            _ => {
                if edit::press(&mut self.filter, key) {
                    self.refilter();
                }
            }
        }
        vec![]
    }

    fn in_peek(&mut self, key: KeyEvent) -> Vec<Step> {
        if let Some(by) = self.moves(key, false) {
            return self.peek_step(by);
        }
        let is_empty = self.reply.value().trim().is_empty();
        match key.code {
            KeyCode::Esc if self.notes.put_away() => {}
            KeyCode::Esc => self.leave_peek(),
            KeyCode::Char(' ') if is_empty => self.leave_peek(),
            KeyCode::Enter if is_empty && self.can_reply() => {
                return self.peeked().map(Step::Attach).into_iter().collect();
            }
            KeyCode::Enter if !is_empty => return self.send(),
            // It may have ended in the midst of a word: the rest of it must not mean anything
            // else, so nothing does.
            _ if !self.can_reply() => {}
            _ => {
                edit::press(&mut self.reply, key);
            }
        }
        vec![]
    }

    fn answer(&mut self, key: KeyEvent, deed: Deed) -> Vec<Step> {
        if matches!(key.code, KeyCode::Char('y' | 'Y')) {
            return vec![Step::Do(deed)];
        }
        self.notes.say("left as it is", self.now_ms);
        vec![]
    }

    fn in_rename(&mut self, key: KeyEvent, view: Box<SessionView>, mut line: Input) -> Vec<Step> {
        match key.code {
            KeyCode::Esc => return vec![],
            KeyCode::Enter if line.value().trim().is_empty() => return vec![],
            KeyCode::Enter => {
                let name = line.value().trim().to_owned();
                return vec![Step::Do(Deed::Rename(view, name))];
            }
            _ => {
                edit::press(&mut line, key);
            }
        }
        self.mode = Mode::Rename(view, line);
        vec![]
    }

    fn in_form(&mut self, key: KeyEvent, mut form: Form) -> Vec<Step> {
        match form.press(key) {
            form::Step::Stay => self.mode = Mode::New(form),
            form::Step::Leave => {}
            form::Step::Start(filled) => return vec![Step::Do(Deed::Start(filled))],
        }
        vec![]
    }

    fn leave(&mut self) -> Vec<Step> {
        self.keep_draft();
        vec![Step::Leave]
    }
}
