//! The switches of a terminal: what a program asked for and has not taken back.
//!
//! # Invariants
//!
//! 1. A field is `true`, or not its default, only because the program said so.
//! 2. Mouse tracking and mouse encoding are one choice each: the last one set wins, and
//!    taking back any of them takes back the choice.

/// Which mouse events the program asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mouse {
    /// None.
    #[default]
    Off,
    /// Presses only (mode 9).
    Press,
    /// Presses and releases (mode 1000).
    Click,
    /// Also motion while a button is down (mode 1002).
    Drag,
    /// All motion (mode 1003).
    Motion,
}

/// How mouse events are to be written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MouseEncoding {
    /// One byte per coordinate.
    #[default]
    Legacy,
    /// Coordinates as UTF-8 (mode 1005).
    Utf8,
    /// Decimal, `CSI <` (mode 1006).
    Sgr,
    /// Decimal, the rxvt way (mode 1015).
    Urxvt,
    /// Decimal pixels (mode 1016).
    SgrPixels,
}

/// Every mode a program can set, as one value that is cheap to copy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Modes {
    /// The alternate screen is shown.
    pub alternate_screen: bool,
    /// Pasted text is to be bracketed (2004).
    pub bracketed_paste: bool,
    /// Cursor keys send `SS3` (DECCKM, 1).
    pub application_cursor: bool,
    /// The keypad sends `SS3` (DECKPAM, or 66).
    pub application_keypad: bool,
    /// Focus changes are to be reported (1004).
    pub focus_events: bool,
    /// Which mouse events are to be reported.
    pub mouse: Mouse,
    /// How mouse events are written.
    pub mouse_encoding: MouseEncoding,
    /// The wheel sends cursor keys on the alternate screen (1007). On by default.
    pub alternate_scroll: bool,
    /// Changes between light and dark are to be reported (2031).
    pub color_scheme_events: bool,
    /// Changes of size are to be reported in the stream (2048).
    pub resize_events: bool,
    /// A frame is being drawn and should not be shown yet (2026).
    pub synchronized: bool,
    /// The cursor is visible (25). On by default.
    pub cursor_visible: bool,
    /// The cursor blinks, as far as mode 12 says.
    pub cursor_blink: bool,
    /// The whole screen is shown in reverse (5).
    pub reverse_video: bool,
    /// Cursor positions count from the scroll region (6).
    pub origin: bool,
    /// Text goes on in the next row (7). On by default.
    pub autowrap: bool,
    /// Backspace goes back over a soft wrap (45).
    pub reverse_wrap: bool,
    /// Text pushes what is right of it (IRM, 4).
    pub insert: bool,
    /// A line feed also returns the carriage (LNM, 20).
    pub newline: bool,
    /// Left and right margins can be set (DECLRMM, 69).
    pub margins: bool,
    /// Graphemes are to be clustered (2027). Kept for the terminal; no effect here.
    pub grapheme_clusters: bool,
    /// The kitty keyboard flags in force on the screen shown.
    pub kitty_keyboard: u8,
    /// The `modifyOtherKeys` level of xterm, 0 to 3.
    pub modify_other_keys: u8,
    /// The cursor shape as DECSCUSR numbers it, 0 to 6.
    pub cursor_shape: u8,
}

impl Default for Modes {
    fn default() -> Self {
        Self {
            alternate_screen: false,
            bracketed_paste: false,
            application_cursor: false,
            application_keypad: false,
            focus_events: false,
            mouse: Mouse::Off,
            mouse_encoding: MouseEncoding::Legacy,
            alternate_scroll: true,
            color_scheme_events: false,
            resize_events: false,
            synchronized: false,
            cursor_visible: true,
            cursor_blink: false,
            reverse_video: false,
            origin: false,
            autowrap: true,
            reverse_wrap: false,
            insert: false,
            newline: false,
            margins: false,
            grapheme_clusters: false,
            kitty_keyboard: 0,
            modify_other_keys: 0,
            cursor_shape: 0,
        }
    }
}
