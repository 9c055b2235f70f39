//! Codex's `notify`: one line at the head of its `config.toml`, where no table has begun.
//!
//! There is room for one program only. One that is there stays, and ours is not installed.

use toml_edit::{DocumentMut, Item};

use super::{Edit, EditError, Status};

/// The line, as it is written and known again.
const LINE: &str = r#"notify = ["appctl", "hook", "codex"]"#;

/// Most characters of another program's line that are shown.
const MAX_SHOWN: usize = 100;

pub(super) fn install(text: Option<&str>) -> Result<Edit, EditError> {
    if status(text)? != Status::Absent {
        return Ok(Edit::Unchanged);
    }
    Ok(Edit::Write(match text {
        None => format!("{LINE}\n"),
        // Without a line end, by which a file that was there is told from one that was made.
        Some("") => LINE.to_owned(),
        Some(text) => {
            let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
            format!("{LINE}{newline}{text}")
        }
    }))
}

pub(super) fn uninstall(text: Option<&str>) -> Result<Edit, EditError> {
    let Some(text) = text else { return Ok(Edit::Unchanged) };
    if status(Some(text))? != Status::Installed {
        return Ok(Edit::Unchanged);
    }
    let Some((start, line)) = lines(text).find(|(_, line)| line.trim() == LINE) else {
        return Err(EditError::ChangedByHand(LINE));
    };
    let mut left = text.to_owned();
    left.replace_range(start..start + line.len(), "");
    if status(Some(&left))? == Status::Installed {
        // The line stands in something else, such as a text over several lines.
        return Err(EditError::ChangedByHand(LINE));
    }
    let was_made = left.is_empty() && line.ends_with('\n');
    Ok(if was_made { Edit::Remove } else { Edit::Write(left) })
}

pub(super) fn status(text: Option<&str>) -> Result<Status, EditError> {
    let text = text.unwrap_or_default();
    let document: DocumentMut = text.parse().map_err(|error: toml_edit::TomlError| {
        let (line, column) = place(text, error.span().map_or(0, |span| span.start));
        EditError::Unreadable { line, column, reason: error.message().to_owned() }
    })?;
    Ok(match document.get("notify") {
        None => Status::Absent,
        Some(item) if is_ours(item) => Status::Installed,
        Some(item) => {
            let shown: String = item.to_string().trim().chars().take(MAX_SHOWN).collect();
            Status::Taken(format!("notify = {shown}"))
        }
    })
}

fn is_ours(item: &Item) -> bool {
    let Some(list) = item.as_array() else { return false };
    let words: Vec<&str> = list.iter().filter_map(toml_edit::Value::as_str).collect();
    match words.as_slice() {
        [program, "hook", "codex"] => program.rsplit('/').next() == Some("appctl"),
        _ => false,
    }
}

/// Every line with its end, and where it begins.
fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    text.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some((start, line))
    })
}

/// Line and column, counted from 1.
fn place(text: &str, at: usize) -> (usize, usize) {
    let before = text.get(..at).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_out_as_it_went_in() {
        for text in [
            None,
            Some(""),
            Some("\n"),
            Some("model = \"x\""),
            Some("# mine\nmodel = \"x\"\n\n[tui]\nnotifications = true\n"),
            Some("model = \"x\"\r\n[a]\r\n"),
            Some("[hooks]\nnotify = [\"other\"]\n"),
        ] {
            let Edit::Write(new) = install(text).unwrap() else { panic!("{text:?}") };
            assert_eq!(status(Some(&new)), Ok(Status::Installed));
            assert_eq!(install(Some(&new)), Ok(Edit::Unchanged));
            let expected = text.map_or(Edit::Remove, |text| Edit::Write(text.to_owned()));
            assert_eq!(uninstall(Some(&new)), Ok(expected), "{text:?}");
            assert_eq!(uninstall(text), Ok(Edit::Unchanged));
        }
    }

    #[test]
    fn another_program_keeps_its_place() {
        let text = "notify = [\"notify-send\", \"Codex\"]\n";
        let taken = Status::Taken("notify = [\"notify-send\", \"Codex\"]".into());
        assert_eq!(status(Some(text)), Ok(taken));
        assert_eq!(install(Some(text)), Ok(Edit::Unchanged));
        assert_eq!(uninstall(Some(text)), Ok(Edit::Unchanged));
    }

    #[test]
    fn what_is_not_toml_or_was_changed_is_left_alone() {
        let error = install(Some("a = 1\nb = = 2\n")).unwrap_err();
        assert!(matches!(error, EditError::Unreadable { line: 2, .. }), "{error}");
        let changed = "notify = [\n  \"/opt/appctl\", \"hook\", \"codex\",\n]\n";
        assert_eq!(status(Some(changed)), Ok(Status::Installed));
        assert_eq!(uninstall(Some(changed)), Err(EditError::ChangedByHand(LINE)));
        let moved = "# mine\n  notify = [\"appctl\", \"hook\", \"codex\"]  \nmodel = \"x\"\n";
        assert_eq!(uninstall(Some(moved)), Ok(Edit::Write("# mine\nmodel = \"x\"\n".into())));
    }
}
