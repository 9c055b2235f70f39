//! The dashboard as a value: news and keys go in, what is to be done comes out.
//!
//! ```text
//!   News ──► hear ──┐
//!   keys ──► press ─┴─► settle ──► rows, cursor, top ──► draw
//!              └──► Step: leave, attach, do
//! ```
//!
//! # Invariants
//!
//! 1. After [`settle`](Board::settle) the cursor is on a session that is listed, if any is,
//!    and in sight.
//! 2. The cursor follows its session wherever that moves; where it is gone, it is on what
//!    took its place.
//! 3. No I/O and no clock: the time is told.

use std::collections::{HashMap, HashSet};

use app_model::view::Group;
use app_model::{SessionId, SessionView};
use ratatui::layout::Rect;
use tui_input::Input;

use super::deed::{Deed, Outcome};
use super::feed::News;
use super::layout::Areas;
use super::mode::{Link, Mode, Step};
use super::notes::Notes;
use super::rows::{Row, rows};
use super::sessions::{Entry, Sessions};
use crate::tui::filter::Filter;
use crate::tui::preview::Preview;

/// Where the person is and what is known.
pub(super) struct Board {
    /// All that is known.
    pub(super) sessions: Sessions,
    /// They were listed.
    pub(super) is_loaded: bool,
    /// What the daemon does.
    pub(super) link: Link,
    /// What the keys mean.
    pub(super) mode: Mode,
    /// What the person is told.
    pub(super) notes: Notes,
    /// What was typed to filter.
    pub(super) filter: Input,
    /// The session that is looked into, whatever became of it.
    pub(super) peek_of: Option<SessionId>,
    /// What was typed to it.
    pub(super) reply: Input,
    /// What was typed to sessions and not delivered.
    pub(super) drafts: HashMap<SessionId, String>,
    /// The screen of the session that is looked into.
    pub(super) preview: Preview,
    /// What was told of it, newest first.
    pub(super) notices: Option<(SessionId, Vec<String>)>,
    /// The home directory, shown as `~`.
    pub(super) home: Option<String>,
    /// Where a new session runs unless another place is given.
    pub(super) directory: String,
    /// The time on the clock that counts suspend.
    pub(super) boot_ms: u64,
    /// The wall time.
    pub(super) now_ms: i64,
    /// The terminal.
    pub(super) area: Rect,
    /// The list.
    pub(super) rows: Vec<Row>,
    /// The first row of it that is in sight.
    pub(super) top: usize,
    /// How many sessions are in each group.
    pub(super) counts: Vec<(Group, usize)>,
    chosen: Option<SessionId>,
    /// To be chosen as soon as it is listed.
    awaited: Option<SessionId>,
    /// The chosen one's row, and the rows that can be chosen.
    cursor: usize,
    stops: Vec<usize>,
    unfolded: HashSet<SessionId>,
    matches: Filter,
    /// Best first, while something is filtered for.
    found: Option<Vec<SessionId>>,
    stale: bool,
    pub(super) clicked: Option<(SessionId, u64)>,
}

impl Board {
    /// An empty one.
    pub(super) fn new(home: Option<String>, directory: String) -> Self {
        Self {
            sessions: Sessions::default(),
            is_loaded: false,
            link: Link::Loading,
            mode: Mode::List,
            notes: Notes::default(),
            filter: Input::default(),
            peek_of: None,
            reply: Input::default(),
            drafts: HashMap::new(),
            preview: Preview::default(),
            notices: None,
            home,
            directory,
            boot_ms: 0,
            now_ms: 0,
            area: Rect::new(0, 0, 80, 24),
            rows: Vec::new(),
            top: 0,
            counts: Vec::new(),
            chosen: None,
            awaited: None,
            cursor: 0,
            stops: Vec::new(),
            unfolded: HashSet::new(),
            matches: Filter::default(),
            found: None,
            stale: true,
            clicked: None,
        }
    }

    /// The time and the terminal as they are now.
    pub(super) fn set(&mut self, boot_ms: u64, now_ms: i64, area: Rect) {
        (self.boot_ms, self.now_ms, self.area) = (boot_ms, now_ms, area);
    }

    /// Takes news. What it asks for next comes out.
    pub(super) fn hear(&mut self, news: News) -> Vec<Step> {
        self.stale = true;
        match news {
            News::All { views, tasks } => {
                self.sessions.replace(views, tasks, self.boot_ms);
                self.is_loaded = true;
            }
            News::One { view, tasks } => {
                let id = view.id;
                self.sessions.put(*view, self.boot_ms);
                if let Some(tasks) = tasks {
                    self.sessions.put_tasks(id, tasks, self.boot_ms);
                }
            }
            News::Used(views) => {
                for view in views {
                    self.sessions.put(view, self.boot_ms);
                }
            }
            News::Gone(id) => self.sessions.remove(id),
            News::Link(link) => self.hear_link(link),
            News::Done(outcome) => self.hear_outcome(outcome),
            News::Told(id) if self.peeked() == Some(id) => {
                return vec![Step::Do(Deed::Notices(id))];
            }
            News::Told(_) => {}
        }
        vec![]
    }

    fn hear_link(&mut self, link: Link) {
        let was_away = matches!(self.link, Link::Lost | Link::Stopped | Link::Deaf(_));
        if was_away && link == Link::Up {
            self.notes.say("the daemon is back", self.now_ms);
        }
        self.link = link;
    }

    fn hear_outcome(&mut self, Outcome { deed, result }: Outcome) {
        match (deed, result) {
            (Deed::Notices(id), Ok(done)) => self.notices = Some((id, done.notices)),
            // What is only looked at once more is no reason to bother anybody.
            (Deed::Notices(_) | Deed::Seen(_), _) => {}
            (_, Ok(done)) => {
                if let Some(id) = done.made {
                    self.clear_filter();
                    self.awaited = Some(id);
                }
                if let Some(said) = done.said {
                    self.notes.say(&said, self.now_ms);
                }
            }
            (deed, Err(report)) => {
                self.notes.complain(&report, self.now_ms);
                if let Deed::Send(view, text) = deed {
                    self.not_delivered(view.id, text);
                }
            }
        }
    }

    /// Brings the list up to date with what was heard and typed.
    pub(super) fn settle(&mut self) {
        if std::mem::take(&mut self.stale) {
            self.refind();
            let only: Option<HashSet<SessionId>> =
                self.found.as_ref().map(|found| found.iter().copied().collect());
            self.rows = rows(&self.sessions, &self.unfolded, only.as_ref());
            self.stops = (0..self.rows.len())
                .filter(|&index| self.rows[index].session().is_some())
                .collect();
            self.count();
            self.reselect();
        }
        self.fit();
    }

    fn refind(&mut self) {
        let typed = self.filter.value().trim();
        self.found = (!typed.is_empty()).then(|| {
            let mut all: Vec<&Entry> = self.sessions.all().collect();
            all.sort_by_key(|entry| std::cmp::Reverse((entry.view.created_at_ms, entry.view.id)));
            let texts = all.iter().map(|entry| (entry.view.id, entry.haystack.as_str()));
            self.matches.best(typed, texts)
        });
    }

    fn count(&mut self) {
        let mut counts: Vec<(Group, usize)> = Vec::new();
        for entry in self.sessions.all() {
            let group = entry.view.group();
            match counts.iter_mut().find(|(known, _)| *known == group) {
                Some((_, count)) => *count += 1,
                None => counts.push((group, 1)),
            }
        }
        counts.sort();
        self.counts = counts;
    }

    /// Puts the cursor where its session is (invariant 2).
    fn reselect(&mut self) {
        let at = |id| self.rows.iter().position(|row| row.session() == Some(id));
        let made = self.awaited.and_then(at);
        let kept = made.or_else(|| self.chosen.and_then(at));
        let nearest = || {
            let after = self.stops.partition_point(|&stop| stop < self.cursor);
            self.stops.get(after).or(self.stops.last()).copied()
        };
        self.put_cursor(kept.or_else(nearest));
        if made.is_some() {
            self.awaited = None;
        }
    }

    fn put_cursor(&mut self, row: Option<usize>) {
        self.cursor = row.unwrap_or(0);
        self.chosen = row.and_then(|row| self.rows.get(row)?.session()).or(self.chosen);
    }

    /// Has the cursor in sight.
    fn fit(&mut self) {
        let height = self.list_height();
        let heading = self
            .cursor
            .checked_sub(1)
            .filter(|&above| matches!(self.rows.get(above), Some(Row::Heading(_))));
        let first = heading.filter(|_| height > 1).unwrap_or(self.cursor);
        self.top = self.top.min(first);
        self.top = self.top.max((self.cursor + 1).saturating_sub(height));
        self.top = self.top.min(self.rows.len().saturating_sub(height));
    }

    fn list_height(&self) -> usize {
        usize::from(Areas::of(self.area, &self.mode).list.height).max(1)
    }

    /// The rows that are in sight.
    pub(super) fn in_sight(&self) -> &[Row] {
        let height = usize::from(Areas::of(self.area, &self.mode).list.height);
        let first = self.top.min(self.rows.len());
        &self.rows[first..(first + height).min(self.rows.len())]
    }

    /// The session under the cursor.
    pub(super) fn chosen(&self) -> Option<&Entry> {
        let row = self.rows.get(self.cursor)?;
        self.sessions.get(row.session()?)
    }

    /// The row of the cursor.
    pub(super) fn cursor(&self) -> usize {
        self.cursor
    }

    /// Moves the cursor by so many sessions.
    pub(super) fn step(&mut self, by: isize) {
        let at = self.stops.partition_point(|&stop| stop < self.cursor);
        let last = self.stops.len().saturating_sub(1);
        let to = at.saturating_add_signed(by).min(last);
        self.put_cursor(self.stops.get(to).copied());
    }

    /// What a page is.
    pub(super) fn page(&self) -> isize {
        isize::try_from(self.list_height().saturating_sub(1).max(1)).unwrap_or(1)
    }

    /// Scrolls by so many rows; the cursor stays in sight.
    pub(super) fn scroll(&mut self, by: isize) {
        let height = self.list_height();
        let most = self.rows.len().saturating_sub(height);
        self.top = self.top.saturating_add_signed(by).min(most);
        let (first, end) = (self.top, self.top + height);
        if !(first..end).contains(&self.cursor) {
            let mut seen = self.stops.iter().copied().filter(|stop| (first..end).contains(stop));
            let to = if self.cursor < first { seen.next() } else { seen.next_back() };
            if to.is_some() {
                self.put_cursor(to);
            }
        }
    }

    /// Puts the cursor on the session in this row, if there is one.
    pub(super) fn choose_row(&mut self, row: usize) -> Option<SessionId> {
        let id = self.rows.get(row)?.session()?;
        self.put_cursor(Some(row));
        Some(id)
    }

    /// What was typed to filter is another text: the best match is chosen.
    pub(super) fn refilter(&mut self) {
        self.refind();
        self.chosen = self.found.as_ref().and_then(|found| found.first().copied()).or(self.chosen);
        self.stale = true;
    }

    /// Shows everything again.
    pub(super) fn clear_filter(&mut self) {
        self.filter.reset();
        self.stale = true;
    }

    /// Shows all tasks of a session, or a few.
    pub(super) fn unfold(&mut self, id: SessionId, all: bool) {
        if all {
            self.unfolded.insert(id);
        } else {
            self.unfolded.remove(&id);
        }
        self.stale = true;
    }

    /// The session that is looked into.
    pub(super) fn peeked(&self) -> Option<SessionId> {
        self.peek_of.filter(|_| matches!(self.mode, Mode::Peek))
    }

    /// What is known of it, unless it is gone.
    pub(super) fn peeked_entry(&self) -> Option<&Entry> {
        self.sessions.get(self.peeked()?)
    }

    /// The session whose screen is wanted.
    pub(super) fn wants_preview(&self) -> Option<&SessionView> {
        self.peeked_entry().map(|entry| &entry.view)
    }

    /// Whether a time that runs is in sight.
    pub(super) fn has_running(&self) -> bool {
        self.in_sight().iter().any(|row| match *row {
            Row::Session { id, .. } | Row::Task { of: id, .. } => {
                self.sessions.get(id).is_some_and(|entry| entry.view.phase.is_live())
            }
            Row::Heading(_) | Row::Folded { .. } => false,
        }) || self.wants_preview().is_some_and(|view| view.phase.is_live())
    }
}
