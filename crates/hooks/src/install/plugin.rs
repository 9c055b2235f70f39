//! opencode's plugin: a file that is all ours.

use super::{Edit, EditError, Status};

/// The file.
const PLUGIN: &str = include_str!("opencode.js");

/// How the file begins in every release.
const MARK: &str = "// appctl: ";

pub(super) fn install(text: Option<&str>) -> Result<Edit, EditError> {
    match text {
        Some(text) if !text.starts_with(MARK) => Err(EditError::NotOurs),
        Some(PLUGIN) => Ok(Edit::Unchanged),
        Some(_) | None => Ok(Edit::Write(PLUGIN.to_owned())),
    }
}

pub(super) fn uninstall(text: Option<&str>) -> Result<Edit, EditError> {
    match text {
        None => Ok(Edit::Unchanged),
        Some(text) if text.starts_with(MARK) => Ok(Edit::Remove),
        Some(_) => Err(EditError::NotOurs),
    }
}

pub(super) fn status(text: Option<&str>) -> Result<Status, EditError> {
    Ok(match text {
        None => Status::Absent,
        Some(PLUGIN) => Status::Installed,
        Some(text) if text.starts_with(MARK) => Status::Partial(vec!["another release".into()]),
        Some(_) => Status::Taken("a file that appctl did not make".into()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_comes_and_goes_and_is_brought_up_to_date() {
        assert!(PLUGIN.starts_with(MARK));
        assert!(PLUGIN.contains(r#"spawn("appctl", ["hook", "opencode"]"#));
        let written = Edit::Write(PLUGIN.to_owned());
        assert_eq!(install(None), Ok(written.clone()));
        assert_eq!(install(Some(PLUGIN)), Ok(Edit::Unchanged));
        assert_eq!(install(Some("// appctl: an older one\n")), Ok(written));
        assert_eq!(status(Some(PLUGIN)), Ok(Status::Installed));
        assert_eq!(uninstall(Some(PLUGIN)), Ok(Edit::Remove));
        assert_eq!(uninstall(None), Ok(Edit::Unchanged));
    }

    #[test]
    fn a_file_of_somebody_else_is_left_alone() {
        assert_eq!(install(Some("export const x = 1\n")), Err(EditError::NotOurs));
        assert_eq!(uninstall(Some("")), Err(EditError::NotOurs));
    }
}
