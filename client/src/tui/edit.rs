//! What a key does to a line of text that is being typed.

use app_model::text::printable;
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use tui_input::{Input, InputRequest};

/// Types a key into a line. Returns whether the text is another one now.
pub(crate) fn press(line: &mut Input, key: KeyEvent) -> bool {
    let request = request(key.code, key.modifiers);
    request.and_then(|request| line.handle(request)).is_some_and(|changed| changed.value)
}

/// Types a pasted text into a line, without what acts on a terminal.
pub(crate) fn paste(line: &mut Input, text: &str) {
    for c in printable(text).chars() {
        line.handle(InputRequest::InsertChar(c));
    }
}

/// The part of a line that fits into so many columns, and the column of the cursor in it.
pub(crate) fn window(line: &Input, room: usize) -> (String, usize) {
    let scroll = line.visual_scroll(room);
    let mut left = scroll;
    let shown = printable(line.value())
        .chars()
        .skip_while(|&c| {
            let hidden = left > 0;
            left = left.saturating_sub(app_model::text::columns(c.encode_utf8(&mut [0; 4])));
            hidden
        })
        .collect();
    (shown, line.visual_cursor().saturating_sub(scroll))
}

fn request(code: KeyCode, modifiers: KeyModifiers) -> Option<InputRequest> {
    let ctrl = modifiers.contains(KeyModifiers::CONTROL);
    let alt = modifiers.contains(KeyModifiers::ALT);
    Some(match code {
        KeyCode::Char('u') if ctrl => InputRequest::DeleteLine,
        KeyCode::Char('w') if ctrl => InputRequest::DeletePrevWord,
        KeyCode::Char('h') if ctrl => InputRequest::DeletePrevChar,
        KeyCode::Char('a') if ctrl => InputRequest::GoToStart,
        KeyCode::Char('e') if ctrl => InputRequest::GoToEnd,
        KeyCode::Char(c) if !ctrl && !alt => InputRequest::InsertChar(c),
        KeyCode::Backspace if alt => InputRequest::DeletePrevWord,
        KeyCode::Backspace => InputRequest::DeletePrevChar,
        KeyCode::Delete => InputRequest::DeleteNextChar,
        KeyCode::Left => InputRequest::GoToPrevChar,
        KeyCode::Right => InputRequest::GoToNextChar,
        KeyCode::Home => InputRequest::GoToStart,
        KeyCode::End => InputRequest::GoToEnd,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_edit_and_say_whether_the_text_changed() {
        let mut line = Input::default();
        assert!(press(&mut line, KeyCode::Char('a').into()));
        assert!(press(&mut line, KeyCode::Char('b').into()));
        assert!(!press(&mut line, KeyCode::Left.into()));
        assert!(press(&mut line, KeyCode::Backspace.into()));
        assert_eq!(line.value(), "b");
        assert!(!press(&mut line, KeyCode::F(5).into()));
        assert!(press(&mut line, KeyEvent::new(KeyCode::Char('u'), KeyModifiers::CONTROL)));
        assert_eq!(line.value(), "");
    }

    #[test]
    fn a_paste_is_one_harmless_line() {
        let mut line = Input::default();
        paste(&mut line, "one\r\ntwo\x1b[31m");
        assert_eq!(line.value(), "one  two\u{fffd}[31m");
    }

    #[test]
    fn the_end_of_a_long_line_is_in_sight_while_it_is_typed() {
        let line = Input::new("日本語 and more".into());
        let (shown, column) = window(&line, 8);
        assert!(shown.ends_with("more") && column <= 8, "{shown:?} {column}");
        assert_eq!(window(&line, 40), ("日本語 and more".into(), 15));
    }
}
