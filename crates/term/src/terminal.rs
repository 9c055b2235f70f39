//! The state of the terminal, and the upkeep that all its parts share.
//!
//! What programs ask for is done in the files beside this one: `print` (text and control
//! characters), `edit` (erasing, moving, scrolling), `switch` (modes), `csi`, `esc` and
//! `osc` (which sequence means what).
//!
//! # Invariants
//!
//! 1. `alternate` is there exactly while the alternate screen is shown.
//! 2. The cursor is on the screen, and inside the region while the origin mode is set.
//! 3. A cursor that waits to wrap stands on a row that is not wrapped.
//! 4. `repeatable` is the last character written, unless since then cells were erased or
//!    moved, or the charset, the screen, its size or the saved cursor came into play. So it
//!    can still be seen, which a snapshot relies on.
//! 5. Ids in cells, in tails and in the pen are in the pools.

use std::mem;
use std::sync::Arc;

use crate::cell::{Cell, Glyph};
use crate::charset::Charsets;
use crate::colors::Colors;
use crate::cursor::{Cursor, Pen, Saved};
use crate::grid::{Grid, Region};
use crate::intern::{Found, Id, Marks, Pool};
use crate::keyboard::Keyboard;
use crate::modes::Modes;
use crate::row::Row;
use crate::screen::Progress;
use crate::signals::Signals;
use crate::style::{Link, Style};
use crate::tabs::Tabs;
use crate::title::Titles;
use crate::work;

/// How many different styles cells may have; further ones look like the default.
const STYLE_LIMIT: usize = 1 << 18;
/// How many different clusters cells may show; further marks are dropped.
const CLUSTER_LIMIT: usize = 1 << 16;
/// How many different links cells may have; further ones are no links.
const LINK_LIMIT: usize = 1 << 11;

/// Which sequence opened the alternate screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opener {
    /// Mode 47.
    Plain,
    /// Mode 1047.
    Cleared,
    /// Mode 1049: the cursor of the primary screen was kept.
    Saved,
}

/// The alternate screen while it is shown.
#[derive(Debug)]
pub(crate) struct Alternate {
    pub(crate) grid: Grid,
    pub(crate) opener: Opener,
}

/// A value for the primary and one for the alternate screen.
pub(crate) type PerScreen<T> = [T; 2];

/// What cells refer to by id.
#[derive(Debug)]
pub(crate) struct Pools {
    pub(crate) styles: Pool<Style>,
    pub(crate) clusters: Pool<Arc<str>>,
    pub(crate) links: Pool<Arc<Link>>,
}

impl Pools {
    fn new() -> Self {
        Self {
            styles: Pool::new(STYLE_LIMIT),
            clusters: Pool::new(CLUSTER_LIMIT),
            links: Pool::new(LINK_LIMIT),
        }
    }

    pub(crate) fn style(&self, id: Id) -> Style {
        self.styles.get(id).copied().unwrap_or_default()
    }
}

/// A whole terminal, without its parser.
#[derive(Debug)]
pub(crate) struct Terminal {
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) primary: Grid,
    pub(crate) alternate: Option<Alternate>,
    pub(crate) cursor: Cursor,
    pub(crate) pen: Pen,
    pub(crate) charsets: Charsets,
    /// The set that the next character alone is from (SS2, SS3).
    pub(crate) single_shift: Option<u8>,
    pub(crate) saved: PerScreen<Saved>,
    /// Everything but the fields that are known elsewhere; see [`Terminal::modes`].
    pub(crate) switches: Modes,
    pub(crate) region: Region,
    pub(crate) tabs: Tabs,
    pub(crate) keyboards: PerScreen<Keyboard>,
    pub(crate) titles: Titles,
    pub(crate) colors: Colors,
    pub(crate) working_directory: Option<String>,
    pub(crate) progress: Option<Progress>,
    pub(crate) repeatable: Option<char>,
    pub(crate) bells: u64,
    pub(crate) signals: Signals,
    pub(crate) pools: Pools,
}

impl Terminal {
    pub(crate) fn new(rows: usize, cols: usize, history_limit: usize) -> Self {
        Self {
            rows,
            cols,
            primary: Grid::new(rows, history_limit),
            alternate: None,
            cursor: Cursor::default(),
            pen: Pen::default(),
            charsets: Charsets::default(),
            single_shift: None,
            saved: PerScreen::default(),
            switches: Modes::default(),
            region: Region::full(rows, cols),
            tabs: Tabs::default(),
            keyboards: PerScreen::default(),
            titles: Titles::default(),
            colors: Colors::default(),
            working_directory: None,
            progress: None,
            repeatable: None,
            bells: 0,
            signals: Signals::default(),
            pools: Pools::new(),
        }
    }

    /// RIS: all but the size and what was said so far is as at the beginning.
    pub(crate) fn reset(&mut self) {
        let (bells, mut signals) = (self.bells, mem::take(&mut self.signals));
        signals.reset();
        *self = Self::new(self.rows, self.cols, self.primary.limit);
        (self.bells, self.signals) = (bells, signals);
    }

    pub(crate) fn modes(&self) -> Modes {
        Modes {
            alternate_screen: self.alternate.is_some(),
            kitty_keyboard: self.keyboards[self.shown()].flags,
            ..self.switches
        }
    }

    /// The index of the screen that is shown in a [`PerScreen`].
    pub(crate) fn shown(&self) -> usize {
        usize::from(self.alternate.is_some())
    }

    pub(crate) fn grid(&self) -> &Grid {
        self.alternate.as_ref().map_or(&self.primary, |alternate| &alternate.grid)
    }

    #[inline]
    pub(crate) fn grid_mut(&mut self) -> &mut Grid {
        match &mut self.alternate {
            Some(alternate) => &mut alternate.grid,
            None => &mut self.primary,
        }
    }

    /// The row of the cursor.
    #[inline]
    pub(crate) fn row_mut(&mut self) -> &mut Row {
        let row = self.cursor.row;
        &mut self.grid_mut().rows[row]
    }

    /// The id of the pen's style.
    #[inline]
    pub(crate) fn pen_id(&mut self) -> Id {
        match self.pen.id {
            Some(id) => id,
            None => {
                let id = self.style_id(self.pen.style);
                self.pen.id = Some(id);
                id
            }
        }
    }

    /// The id of the style that erased cells get.
    pub(crate) fn erase_id(&mut self) -> Id {
        match self.pen.erase_id {
            Some(id) => id,
            None => {
                let id = self.style_id(self.pen.style.erased());
                self.pen.erase_id = Some(id);
                id
            }
        }
    }

    fn style_id(&mut self, style: Style) -> Id {
        if style == Style::default() {
            return Id::NONE;
        }
        let mut found = self.pools.styles.find(&style);
        if found == Found::Sweep {
            self.sweep();
            found = self.pools.styles.find(&style);
        }
        match found {
            Found::Here(id) => id,
            Found::Room => self.pools.styles.add(style),
            Found::Sweep | Found::Full => Id::NONE,
        }
    }

    /// The id of a cluster, unless there are too many.
    pub(crate) fn cluster_id(&mut self, cluster: Arc<str>) -> Option<Id> {
        let mut found = self.pools.clusters.find(&cluster);
        if found == Found::Sweep {
            self.sweep();
            found = self.pools.clusters.find(&cluster);
        }
        match found {
            Found::Here(id) => Some(id),
            Found::Room => Some(self.pools.clusters.add(cluster)),
            Found::Sweep | Found::Full => None,
        }
    }

    /// The id of a link, [`Id::NONE`] when there are too many.
    pub(crate) fn link_id(&mut self, link: Arc<Link>) -> Id {
        let mut found = self.pools.links.find(&link);
        if found == Found::Sweep {
            self.sweep();
            found = self.pools.links.find(&link);
        }
        match found {
            Found::Here(id) => id,
            Found::Room => self.pools.links.add(link),
            Found::Sweep | Found::Full => Id::NONE,
        }
    }

    /// Frees every style, cluster and link that nothing shows.
    fn sweep(&mut self) {
        let (mut styles, mut clusters, mut links) =
            (Marks::default(), Marks::default(), Marks::default());
        let mut cells = 0;
        let alternate = self.alternate.iter().flat_map(|alternate| alternate.grid.all());
        for row in self.primary.all().chain(alternate) {
            cells += 1 + row.cells.len();
            styles.set(row.tail);
            for &Cell { content, style } in &row.cells {
                styles.set(style);
                if let Glyph::Cluster(id) = content.glyph() {
                    clusters.set(id);
                }
            }
        }
        work::count(cells);
        for id in [self.pen.id, self.pen.erase_id].into_iter().flatten() {
            styles.set(id);
        }
        let used = self.pools.styles.iter().filter(|(id, _)| styles.has(*id));
        let carried = self.saved.iter().map(|saved| &saved.style).chain([&self.pen.style]);
        for style in used.map(|(_, style)| style).chain(carried) {
            links.set(style.link);
        }
        self.pools.styles.sweep(&styles, cells);
        self.pools.clusters.sweep(&clusters, cells);
        self.pools.links.sweep(&links, cells);
    }
}
