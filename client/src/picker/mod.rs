//! Choosing a session from a list: type to filter, look at its last screen, Enter.
//!
//! ```text
//!   keys ──► List::press ──► chosen, left or go on      (model.rs: pure)
//!   List ──► draw                                       (draw.rs: pure)
//!   selection ──► Previews (a thread) ──► preview       (tui/preview.rs)
//! ```
//!
//! # Invariants
//!
//! 1. The alternate screen is left and the terminal's settings are restored however this
//!    ends; a terminal that is gone is no reason to panic.
//! 2. Typing never waits for a preview: it is loaded by a thread, one at a time, and
//!    only the newest selection is asked for.
//! 3. Nothing reads from the terminal after the choice: what follows attaches to it.

mod draw;
mod model;

use std::io;
use std::time::Duration;

use app_model::{Phase, SessionView};
use app_sys::places::Places;
use app_sys::poll::{self, Interest};
use app_sys::signals::{Signal, Signals};
use crossterm::event::{self, Event, KeyEventKind};

use self::model::{List, Step};
use crate::command::{home, list};
use crate::connect::Daemon;
use crate::report::{Explain, Report};
use crate::tui::palette::Palette;
use crate::tui::preview::Previews;
use crate::tui::screen::Screen;

/// How often times and the screen of a live session are brought up to date.
const TICK: Duration = Duration::from_secs(1);

/// Which sessions can be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Offer {
    /// Those that can be attached to.
    Live,
    /// All.
    All,
}

/// What the person chose.
pub(crate) enum Choice {
    /// A session.
    Session(Box<SessionView>),
    /// None of them.
    Nothing,
}

/// Why there is no list.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PickerError {
    /// The terminal refuses.
    #[error("cannot show a list on this terminal")]
    Terminal(#[from] io::Error),
}

impl Explain for PickerError {
    fn hint(&self) -> Option<String> {
        Some("Pass an id or a name instead; `appctl ls --all` lists them.".into())
    }
}

/// Lets the person choose.
pub(crate) fn choose(
    mut daemon: Daemon,
    places: &Places,
    offer: Offer,
    palette: Palette,
) -> Result<Choice, Report> {
    let mut views = list(&mut daemon, offer == Offer::All, false)?;
    // The daemon is not needed while the person thinks.
    drop(daemon);
    if offer == Offer::Live {
        views.retain(|view| view.phase.is_live() || view.phase == Phase::Asleep);
    }
    let model = List::new(views, app_sys::clock::boot_ms(), home());
    Ok(run(model, places, palette).map_err(PickerError::Terminal)?)
}

fn run(mut list: List, places: &Places, palette: Palette) -> io::Result<Choice> {
    let caught = [Signal::WINCH, Signal::HUP, Signal::TERM, Signal::INT];
    let mut signals = Signals::new(&caught)?;
    let mut previews = Previews::start(places)?;
    let mut screen = Screen::enter(places)?;
    let stdin = io::stdin();
    loop {
        list.set_time(app_sys::clock::boot_ms(), app_sys::clock::wall_ms());
        screen.draw(|frame| draw::draw(frame, &mut list, palette))?;
        previews.want(list.selected(), false);
        let tick = list.has_live().then_some(TICK);
        let mut interests =
            [Interest::read(&stdin), Interest::read(&signals), Interest::read(&previews)];
        let idle = poll::wait(&mut interests, tick)? == 0;
        let [input, _, loaded] = interests.map(|interest| interest.ready);
        if idle {
            previews.want(list.selected(), true);
        }
        let ends = |signal: &Signal| *signal != Signal::WINCH;
        if input.hangup || signals.drain().iter().any(ends) {
            return Ok(Choice::Nothing);
        }
        if loaded.read {
            list.show(previews.take());
        }
        if input.read
            && let Some(choice) = read_keys(&mut list)?
        {
            return Ok(choice);
        }
    }
}

/// Takes the keys that were typed. `Some` means that the person is done.
fn read_keys(list: &mut List) -> io::Result<Option<Choice>> {
    while event::poll(Duration::ZERO)? {
        let key = match event::read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => key,
            Event::Key(_)
            | Event::FocusGained
            | Event::FocusLost
            | Event::Mouse(_)
            | Event::Paste(_)
            | Event::Resize(..) => continue,
        };
        match list.press(key) {
            Step::Stay => {}
            Step::Leave => return Ok(Some(Choice::Nothing)),
            Step::Choose(view) => return Ok(Some(Choice::Session(view))),
        }
    }
    Ok(None)
}
