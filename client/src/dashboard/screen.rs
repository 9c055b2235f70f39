//! One sitting at the dashboard: from taking the terminal to giving it back.

use std::io;
use std::time::{Duration, Instant};

use app_model::SessionId;
use app_sys::places::Places;
use app_sys::poll::{self, Interest};
use app_sys::signals::{Signal, Signals};
use crossterm::event::{self, Event, KeyEventKind};
use ratatui::layout::Rect;

use super::board::Board;
use super::doer::Doer;
use super::draw::draw;
use super::feed::Feed;
use super::mode::Step;
use crate::attach::{size_of_any, stop_here};
use crate::tui::palette::Palette;
use crate::tui::preview::Previews;
use crate::tui::screen::Screen;

/// How often times that run are brought up to date.
const TICK: Duration = Duration::from_secs(1);

/// How often times that stand are: `finished 3m ago`.
const SLOW_TICK: Duration = Duration::from_secs(30);

/// How often it is asked what live sessions use and show in their title, while any is in
/// sight.
const USAGE_PACE: Duration = Duration::from_secs(5);

/// News do not have it drawn more often than this; keys do.
const FRAME: Duration = Duration::from_millis(33);

/// How long what was begun may take after the dashboard was left.
pub(super) const FINISH_LIMIT: Duration = Duration::from_secs(2);

/// Events of the terminal that are taken before it is drawn again.
const MOST_EVENTS: usize = 256;

/// What ends or interrupts a sitting.
const SIGNALS: [Signal; 7] = [
    Signal::WINCH,
    Signal::HUP,
    Signal::TERM,
    Signal::INT,
    Signal::QUIT,
    Signal::TSTP,
    Signal::CONT,
];

/// Why it is over.
pub(super) enum Left {
    /// The person has seen enough, or the terminal is gone.
    ForGood,
    /// This session is to be shown instead.
    Attach(SessionId),
}

/// A sitting. Dropping it gives the terminal back.
pub(super) struct Sitting<'a> {
    screen: Screen,
    signals: Signals,
    previews: Previews,
    places: &'a Places,
    palette: Palette,
    /// It was drawn then.
    drawn: Instant,
    /// Something is to be seen that has not been drawn.
    is_dirty: bool,
    asked_usage: Instant,
    asked_screen: Instant,
}

impl<'a> Sitting<'a> {
    /// Takes the terminal.
    pub(super) fn begin(places: &'a Places, palette: Palette) -> io::Result<Self> {
        let signals = Signals::new(&SIGNALS)?;
        let previews = Previews::start(places)?;
        let now = Instant::now();
        let screen = take_terminal(places)?;
        Ok(Self {
            screen,
            signals,
            previews,
            places,
            palette,
            drawn: now,
            is_dirty: true,
            asked_usage: now,
            asked_screen: now,
        })
    }

    /// Goes on until there is a reason not to.
    pub(super) fn run(
        mut self,
        board: &mut Board,
        feed: &mut Feed,
        doer: &Doer,
    ) -> io::Result<Left> {
        self.redraw(board)?;
        loop {
            self.previews.want(board.wants_preview(), false);
            let stdin = io::stdin();
            let mut interests = [
                Interest::read(&stdin),
                Interest::read(&self.signals),
                Interest::read(&*feed),
                Interest::read(&self.previews),
            ];
            let idle = poll::wait(&mut interests, Some(self.pause(board)))? == 0;
            let [input, signals, news, loaded] = interests.map(|interest| interest.ready);
            if input.hangup || (signals.read && self.hear_signals()?) {
                return Ok(Left::ForGood);
            }
            self.set_time(board);
            let mut steps = Vec::new();
            if news.read {
                steps.extend(feed.take().into_iter().flat_map(|news| board.hear(news)));
                self.is_dirty = true;
            }
            if loaded.read
                && let Some(preview) = self.previews.take()
            {
                board.preview = preview;
                self.is_dirty = true;
            }
            board.settle();
            if input.read {
                steps.extend(read_input(board)?);
            }
            for step in steps {
                match step {
                    Step::Leave => return Ok(Left::ForGood),
                    Step::Attach(id) => return Ok(Left::Attach(id)),
                    Step::Suspend => self.suspend()?,
                    Step::Do(deed) => {
                        let refused = doer.begin(deed).map(super::feed::News::Done);
                        refused.into_iter().for_each(|news| drop(board.hear(news)));
                    }
                }
            }
            self.look_again(board, feed);
            let is_due = self.is_dirty && self.drawn.elapsed() >= FRAME;
            if idle || input.read || signals.read || is_due {
                self.redraw(board)?;
            }
        }
    }

    fn set_time(&self, board: &mut Board) {
        let size = size_of_any().unwrap_or_default();
        let area = Rect::new(0, 0, size.cols, size.rows);
        board.set(app_sys::clock::boot_ms(), app_sys::clock::wall_ms(), area);
    }

    fn redraw(&mut self, board: &mut Board) -> io::Result<()> {
        self.set_time(board);
        board.settle();
        let palette = self.palette;
        self.screen.draw(|frame| draw(frame, board, palette))?;
        (self.drawn, self.is_dirty) = (Instant::now(), false);
        app_sys::fault::panics("dashboard.drawn");
        app_sys::fault::point("dashboard.drawn");
        Ok(())
    }

    /// How long nothing need be done if nothing happens.
    fn pause(&self, board: &Board) -> Duration {
        if self.is_dirty {
            return FRAME.saturating_sub(self.drawn.elapsed());
        }
        let tick = if board.has_running() { TICK } else { SLOW_TICK };
        tick.saturating_sub(self.drawn.elapsed())
    }

    /// Asks for what no event tells of, now and then, as long as it is to be seen.
    fn look_again(&mut self, board: &Board, feed: &Feed) {
        if !board.has_running() {
            return;
        }
        if self.asked_usage.elapsed() >= USAGE_PACE {
            self.asked_usage = Instant::now();
            feed.want_usage();
        }
        if self.asked_screen.elapsed() >= TICK {
            self.asked_screen = Instant::now();
            self.previews.want(board.wants_preview(), true);
        }
    }

    /// Returns whether one of them says to leave.
    fn hear_signals(&mut self) -> io::Result<bool> {
        let mut leave = false;
        for signal in self.signals.drain() {
            match signal {
                Signal::TSTP => self.suspend()?,
                Signal::WINCH | Signal::CONT => self.is_dirty = true,
                _ => leave = true,
            }
        }
        Ok(leave)
    }

    /// Gives the terminal back, stops this process, and takes the terminal again.
    fn suspend(&mut self) -> io::Result<()> {
        self.screen.leave();
        stop_here(&mut self.signals)?;
        self.screen = take_terminal(self.places)?;
        self.is_dirty = true;
        Ok(())
    }
}

fn take_terminal(places: &Places) -> io::Result<Screen> {
    let mut screen = Screen::enter(places)?;
    screen.listen_to_all()?;
    Ok(screen)
}

/// Takes what was typed and clicked, as far as it means this list.
fn read_input(board: &mut Board) -> io::Result<Vec<Step>> {
    let mut steps = Vec::new();
    for _ in 0..MOST_EVENTS {
        if !event::poll(Duration::ZERO)? {
            break;
        }
        match event::read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => steps.extend(board.press(key)),
            Event::Mouse(mouse) => steps.extend(board.mouse(mouse)),
            Event::Paste(text) => board.paste(&text),
            Event::Key(_) | Event::FocusGained | Event::FocusLost | Event::Resize(..) => {}
        }
        // The next key means what is chosen after this one.
        board.settle();
        if steps.iter().any(|step| !matches!(step, Step::Do(_))) {
            break;
        }
    }
    Ok(steps)
}
