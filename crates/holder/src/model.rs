//! The screen model, behind a wall: whatever goes wrong in it stays in it.
//!
//! # Invariants
//!
//! 1. No panic of the model leaves this module. The model that panicked is thrown away
//!    and an empty one takes its place; the program repaints sooner or later.

use std::panic::{AssertUnwindSafe, catch_unwind};

use app_model::TerminalSize;
use app_model::look::{Look, MAX_LINES, fitted};
use app_term::{History, Prompt, Screen, Stated, View};

use crate::notes::Notes;
use crate::questions::Facts;

#[cfg(panic = "abort")]
compile_error!("a panic of the screen model must not end the holder: build with unwinding");

/// Brings a terminal that was left in the middle of anything to where a snapshot begins,
/// without touching what it has scrolled away: half a sequence is cancelled, the primary
/// screen shown, then every mode, colour, margin and tab stop put back, and the screen
/// cleared.
pub(crate) const BACK_TO_NORMAL: &[u8] = b"\x18\x1b[<99u\x1b[?1049l\x1b[?1047l\x1b[?47l\x1b[!p\
    \x1b[?5;9;45;69;1000;1002;1003;1004;1005;1006;1015;1016;2004;2026;2027;2031;2048l\
    \x1b[?7;1007h\x1b[4;20l\x1b[<99u\x1b[>4m\x1b[0 q\x1b(B\x0f\
    \x1b]104\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\\
    \x1b[?5W\x1b[r\x1b[m\x1b[H\x1b[J";

/// A screen that cannot take the holder down.
#[derive(Debug)]
pub(crate) struct Model {
    screen: Screen,
    size: TerminalSize,
    history_lines: usize,
    notes: Notes,
    noted: bool,
}

impl Model {
    pub(crate) fn new(size: TerminalSize, history_lines: u32, notes: Notes) -> Self {
        let history_lines = usize::try_from(history_lines).unwrap_or(usize::MAX);
        let screen = Screen::new(size.rows, size.cols, history_lines);
        Self { screen, size, history_lines, notes, noted: false }
    }

    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.guarded(|screen| screen.feed(bytes));
    }

    /// Passes over output that comes next and will not be seen; see [`Screen::skim`].
    pub(crate) fn skim(&mut self, stretch: &[u8]) -> usize {
        self.guarded(|screen| screen.skim(stretch))
    }

    pub(crate) fn resize(&mut self, size: TerminalSize) {
        self.size = size;
        self.guarded(|screen| screen.resize(size.rows, size.cols));
    }

    /// Bytes that paint the screen.
    pub(crate) fn snapshot(&mut self, history_lines: u32) -> Vec<u8> {
        let history = match history_lines {
            0 => History::None,
            u32::MAX => History::All,
            lines => History::Lines(usize::try_from(lines).unwrap_or(usize::MAX)),
        };
        self.guarded(|screen| screen.snapshot(history))
    }

    /// Bytes that bring a terminal of another size up to date.
    pub(crate) fn picture(&mut self, view: &mut View) -> Vec<u8> {
        self.guarded(|screen| view.draw(screen))
    }

    /// The screen as plain text.
    pub(crate) fn text(&mut self) -> String {
        self.guarded(|screen| screen.text())
    }

    pub(crate) fn last_line(&mut self) -> Option<String> {
        self.guarded(|screen| screen.last_line())
    }

    pub(crate) fn title(&self) -> &str {
        self.screen.title()
    }

    /// What can be seen of the program.
    pub(crate) fn look(&mut self) -> Look {
        self.guarded(|screen| look_at(screen))
    }

    /// Whether terminals are to report when they have the focus.
    pub(crate) fn reports_focus(&self) -> bool {
        self.screen.modes().focus_events
    }

    /// Whether the output stands between two sequences and two characters: something else
    /// can be written to the terminals that have it so far.
    pub(crate) fn is_between(&self) -> bool {
        self.screen.is_between_sequences()
    }

    /// What a question at this point is to be answered with.
    pub(crate) fn facts(&self) -> Facts {
        let Self { screen, size, .. } = self;
        Facts { size: *size, cursor: screen.cursor(), modes: screen.modes() }
    }

    /// Whether pasted text is to be bracketed.
    pub(crate) fn brackets_paste(&self) -> bool {
        self.screen.modes().bracketed_paste
    }

    fn guarded<T: Default>(&mut self, f: impl FnOnce(&mut Screen) -> T) -> T {
        let screen = &mut self.screen;
        if let Ok(done) = catch_unwind(AssertUnwindSafe(|| f(screen))) {
            return done;
        }
        if !self.noted {
            self.notes.add("the screen model failed and was started anew");
            self.noted = true;
        }
        self.screen = Screen::new(self.size.rows, self.size.cols, self.history_lines);
        T::default()
    }
}

fn look_at(screen: &Screen) -> Look {
    let signals = screen.signals();
    let state = match signals.state {
        None => "",
        Some(Stated::Idle) => "idle",
        Some(Stated::Working) => "working",
        Some(Stated::Done) => "done",
        Some(Stated::Blocked) => "blocked",
        Some(Stated::Error) => "error",
    };
    let prompt = match signals.prompt {
        None | Some(Prompt::Ended(_)) => None,
        Some(Prompt::Shown) => Some(true),
        Some(Prompt::Running) => Some(false),
    };
    Look {
        title: fitted(screen.title()).to_owned(),
        progress: screen.progress().map_or(0, |progress| progress.state),
        state: state.to_owned(),
        prompt,
        command_exit: signals.exit,
        bells: u32::try_from(screen.bells()).unwrap_or(u32::MAX),
        messages: signals.messages,
        message: fitted(&signals.message).to_owned(),
        lines: screen.foot(MAX_LINES).iter().map(|line| fitted(line).to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_in_any_state_shows_the_same_after_a_repaint() {
        let dir = tempfile::tempdir().unwrap();
        let notes = Notes::new(dir.path().join("holder.log"));
        let mut model = Model::new(TerminalSize::DEFAULT, 10, notes.clone());
        model.feed(b"\x1b[31mred\x1b[m text\r\n\x1b[5;7Hhere");
        let mut stale = Model::new(TerminalSize::DEFAULT, 10, notes.clone());
        let left =
            b"\x1b[?1049h\x1b[?1003;1006;2004;69h\x1b[3;9r\x1b[?6h\x1b[7mold\x1b[>5u\x1b]2;half";
        stale.feed(left);
        stale.feed(&[BACK_TO_NORMAL, &model.snapshot(0)].concat());
        assert_eq!(stale.text(), model.text());
        assert_eq!(stale.screen.modes(), model.screen.modes());
        assert_eq!(stale.screen.cursor(), model.screen.cursor());
        assert_eq!(stale.snapshot(0), model.snapshot(0));
    }

    #[test]
    fn a_look_has_what_the_program_says_and_the_foot_of_its_screen() {
        let dir = tempfile::tempdir().unwrap();
        let notes = Notes::new(dir.path().join("holder.log"));
        let mut model = Model::new(TerminalSize::DEFAULT, 10, notes);
        assert_eq!(model.look(), Look::default());
        model.feed(b"\x1b]2;vim\x07\x07\x1b]9;4;3\x07\x1b]9;look here\x07\x1b]7501;state=done\x07");
        model.feed(b"\x1b]133;C\x07one\r\n\r\n two \x1b]133;D;4\x07");
        let seen = Look {
            title: "vim".into(),
            progress: 3,
            state: "done".into(),
            prompt: None,
            command_exit: Some(4),
            bells: 1,
            messages: 1,
            message: "look here".into(),
            lines: vec!["one".into(), " two".into()],
        };
        assert_eq!(model.look(), seen);
        model.feed(b"\x1b]133;A\x07$ \x1b[?1004h");
        assert_eq!((model.look().prompt, model.reports_focus()), (Some(true), true));
    }

    #[test]
    fn a_panic_costs_the_picture_and_one_note() {
        let dir = tempfile::tempdir().unwrap();
        let notes = Notes::new(dir.path().join("holder.log"));
        let mut model = Model::new(TerminalSize::DEFAULT, 10, notes.clone());
        model.feed(b"lost");
        for _ in 0..2 {
            model.guarded::<()>(|_| panic!("as a bug would"));
        }
        model.feed(b"painted again");
        assert_eq!(model.last_line().as_deref(), Some("painted again"));
        let log = std::fs::read_to_string(dir.path().join("holder.log")).unwrap();
        assert_eq!(log.lines().count(), 1);
    }
}
