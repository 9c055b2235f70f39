//! What escape sequences without parameters mean.

use crate::charset::Charset;
use crate::terminal::Terminal;

impl Terminal {
    /// Obeys `ESC`, intermediates, final byte.
    pub(crate) fn esc(&mut self, intermediates: &[u8], byte: u8) {
        match (intermediates, byte) {
            ([], b'7') => self.save_cursor(),
            ([], b'8') => self.restore_cursor(),
            ([], b'D') => self.index(),
            ([], b'E') => {
                self.carriage_return();
                self.index();
            }
            ([], b'H') => self.tabs.set(self.cursor.col, true, self.cols),
            ([], b'M') => self.reverse_index(),
            ([], b'N') => self.shift_once(2),
            ([], b'O') => self.shift_once(3),
            ([], b'c') => self.reset(),
            ([], b'n') => self.shift(2),
            ([], b'o') => self.shift(3),
            ([], b'=') => self.switches.application_keypad = true,
            ([], b'>') => self.switches.application_keypad = false,
            ([b'#'], b'8') => self.align(),
            ([b'('], set) => self.designate(0, set),
            ([b')' | b'-'], set) => self.designate(1, set),
            ([b'*' | b'.'], set) => self.designate(2, set),
            ([b'+' | b'/'], set) => self.designate(3, set),
            _ => {}
        }
    }

    fn designate(&mut self, set: usize, byte: u8) {
        self.charsets.sets[set] = Charset::from_final(byte);
        self.repeatable = None;
    }

    fn shift_once(&mut self, set: u8) {
        self.single_shift = Some(set);
        self.repeatable = None;
    }
}
