//! What makes a terminal usable again, whatever a program did to it.
//!
//! The sequences are written blindly: a terminal ignores what it does not know.

/// Undoes every mode that a program may have set and that would harm a shell.
///
/// It begins by ending whatever sequence was cut off in the middle, and leaves both
/// screens; only then come cursor, margins and colours, which some terminals keep per
/// screen. Title and title stack stay as they are: nobody knows what they were.
pub const RESET: &str = concat!(
    // A sequence or string that was cut off ends here (CAN, then ST).
    "\x18\x1b\\",
    // Synchronized output: show what is held back.
    "\x1b[?2026l",
    // Mouse: X10, normal, highlight, button, any motion; encodings UTF-8, SGR, urxvt,
    // SGR pixels.
    "\x1b[?9l\x1b[?1000l\x1b[?1001l\x1b[?1002l\x1b[?1003l",
    "\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1016l",
    // Focus events, bracketed paste, reports of colour scheme and size.
    "\x1b[?1004l\x1b[?2004l\x1b[?2031l\x1b[?2048l",
    // Kitty keyboard flags of the alternate screen, which has a stack of its own.
    "\x1b[<99u\x1b[=0u",
    // The alternate screen, in all three ways of entering it; there the wheel scrolls again.
    "\x1b[?1049l\x1b[?1047l\x1b[?47l\x1b[?1007h",
    // Kitty keyboard flags of the main screen; modifyOtherKeys, formatOtherKeys.
    "\x1b[<99u\x1b[=0u\x1b[>4m\x1b[>4f",
    // Cursor keys and keypad as usual, backarrow sends DEL.
    "\x1b[?1l\x1b[?66l\x1b>\x1b[?67l",
    // Origin mode, margins and scroll region off; autowrap on; insert, newline mode and
    // reverse video off.
    "\x1b[?6l\x1b[?69l\x1b[r\x1b[?7h\x1b[?45l\x1b[4l\x1b[20l\x1b[?5l",
    // Charsets: ASCII everywhere, G0 in use.
    "\x1b(B\x1b)B\x1b*B\x1b+B\x0f",
    // No attributes, no protection, no hyperlink.
    "\x1b[0m\x1b[0\"q\x1b]8;;\x1b\\",
    // Cursor: visible, the user's own shape.
    "\x1b[?25h\x1b[0 q",
    // Colours of cursor, text, background and palette.
    "\x1b]112\x1b\\\x1b]110\x1b\\\x1b]111\x1b\\\x1b]104\x1b\\",
);

/// [`RESET`], with the cursor where the program left it, on a line that has nothing on it
/// yet, on a terminal with so many columns: as after any program that ends in a terminal.
///
/// Saving and restoring the cursor brings back attributes and charset as well, so these
/// are reset once more. As many blanks as there are columns leave a line that has been
/// begun, and stay on one that has not.
pub fn reset_in_place(cols: u16) -> String {
    let blanks = " ".repeat(cols.into());
    format!("\x1b7{RESET}\x1b8\x1b[0m\x1b(B\x0f{blanks}\r\x1b[K")
}

/// Puts the cursor on a fresh line at the bottom.
pub const TO_BOTTOM: &str = "\x1b[9999;1H\r\n";

/// Puts the cursor on the line after a screen that was written from the top of a
/// terminal with so many rows.
pub fn below(screen: &[u8], rows: u16) -> String {
    let used = 1 + screen.iter().filter(|&&byte| byte == b'\n').count();
    if used < rows.into() { format!("\x1b[{used};1H\r\n") } else { TO_BOTTOM.into() }
}

/// Scrolls what is on the screen into the scrollback and goes home.
///
/// As many line ends as there are rows scroll by exactly as many as are in use, from
/// wherever the cursor is: nothing of the shell's output is overwritten.
pub fn make_room(rows: u16) -> String {
    format!("\r{}\x1b[H", "\n".repeat(rows.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mode_that_harms_a_shell_is_undone() {
        let modes = "9 1000 1001 1002 1003 1005 1006 1015 1016 1004 2004 2026 1049 1047 47 1 6 69";
        for mode in modes.split(' ') {
            assert!(RESET.contains(&format!("\x1b[?{mode}l")), "mode {mode} stays set");
        }
        for other in ["\x1b[?25h", "\x1b[?7h", "\x1b[r", "\x1b>", "\x1b[0m", "\x1b[4l", "\x0f"] {
            assert!(RESET.contains(other), "{other:?} is missing");
        }
        for osc in [112, 110, 111, 104] {
            assert!(RESET.contains(&format!("\x1b]{osc}\x1b\\")), "OSC {osc} is missing");
        }
    }

    #[test]
    fn it_prints_nothing() {
        let text = format!("{RESET}{RESET}x\n");
        assert_eq!(crate::plain::plain_text(text.as_bytes()), "x\n");
    }

    #[test]
    fn what_follows_a_screen_stands_below_it() {
        assert_eq!(below(b"\x1b[Ha\r\nb", 24), "\x1b[2;1H\r\n");
        assert_eq!(below(&b"x\r\n".repeat(24), 24), TO_BOTTOM);
    }

    #[test]
    fn keyboard_flags_go_on_both_screens() {
        let leave = RESET.find("\x1b[?1049l").unwrap();
        let pops: Vec<_> = RESET.match_indices("\x1b[<99u").map(|(at, _)| at).collect();
        assert!(pops[0] < leave && leave < pops[1]);
    }
}
