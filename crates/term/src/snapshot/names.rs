//! Parts of a snapshot that touch no cell: names, colours, tab stops, keyboards.

use super::Writer;
use crate::keyboard::Keyboard;
use crate::title::Names;

impl Writer<'_> {
    /// Titles, colours and the working directory.
    pub(super) fn names(&mut self) {
        let terminal = self.terminal;
        let mut last = Names::default();
        for names in &terminal.titles.pushed {
            self.set_names(&mut last, names);
            self.push(b"\x1b[22;0t");
        }
        self.set_names(&mut last, &terminal.titles.current);
        for (index, spec) in &terminal.colors.palette {
            self.osc(&format!("4;{index};{spec}"));
        }
        for (number, spec) in &terminal.colors.dynamic {
            self.osc(&format!("{number};{spec}"));
        }
        if let Some(directory) = &terminal.working_directory {
            self.osc(&format!("7;{directory}"));
        }
    }

    fn set_names(&mut self, last: &mut Names, names: &Names) {
        if names.title != last.title && names.title == names.icon {
            self.osc(&format!("0;{}", names.title));
        } else {
            if names.icon != last.icon {
                self.osc(&format!("1;{}", names.icon));
            }
            if names.title != last.title {
                self.osc(&format!("2;{}", names.title));
            }
        }
        last.clone_from(names);
    }

    fn osc(&mut self, body: &str) {
        self.push(b"\x1b]");
        self.push(body.as_bytes());
        self.push(b"\x1b\\");
    }

    pub(super) fn progress(&mut self) {
        if let Some(progress) = self.terminal.progress {
            self.osc(&format!("9;4;{};{}", progress.state, progress.percent));
        }
    }

    pub(super) fn tabs(&mut self) {
        let terminal = self.terminal;
        if terminal.tabs.are_default(terminal.cols) {
            return;
        }
        self.push(b"\x1b[3g");
        for col in (0..terminal.cols).filter(|&col| terminal.tabs.is_stop(col)) {
            self.goto(0, col);
            self.push(b"\x1bH");
        }
        self.push(b"\x1b[H");
    }

    /// The kitty keyboard of the screen that is shown.
    pub(super) fn keyboard(&mut self, keyboard: &Keyboard) {
        let mut flags = keyboard.pushed.iter().chain([&keyboard.flags]);
        if let Some(first) = flags.next().filter(|&&first| first != 0) {
            self.csi_marked('=', *first, ";1u");
        }
        for flags in flags {
            self.csi_marked('>', *flags, "u");
        }
    }

    /// The flags of the alternate screen outlive it.
    pub(super) fn hidden_keyboard(&mut self) {
        let terminal = self.terminal;
        if terminal.alternate.is_none() && terminal.keyboards[1] != Keyboard::default() {
            self.push(b"\x1b[?1049h");
            self.keyboard(&terminal.keyboards[1]);
            self.push(b"\x1b[?1049l");
        }
    }

    pub(super) fn csi_marked(&mut self, mark: char, number: u8, end: &str) {
        self.push(format!("\x1b[{mark}{number}{end}").as_bytes());
    }
}
