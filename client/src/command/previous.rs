//! `appctl attach -`: back to the session that was opened before the last one.
//!
//! A small file in the runtime directory has the two that were opened last. Nothing depends
//! on it: where it cannot be written or read, `-` means nothing.

use app_model::SessionId;
use app_sys::durable;
use app_sys::places::Places;

/// Notes that this session is shown on a terminal.
pub(super) fn note(places: &Places, id: SessionId) {
    let (last, before) = read(places);
    if last != Some(id) {
        let both = [Some(id), last.or(before)].into_iter().flatten();
        let text: String = both.map(|id| format!("{id}\n")).collect();
        durable::write_quick(&places.opened_file(), text.as_bytes()).ok();
    }
}

/// The one before the last.
pub(super) fn previous(places: &Places) -> Option<SessionId> {
    read(places).1
}

fn read(places: &Places) -> (Option<SessionId>, Option<SessionId>) {
    let text = std::fs::read_to_string(places.opened_file()).unwrap_or_default();
    let mut ids = text.lines().map_while(|line| line.parse().ok());
    (ids.next(), ids.next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_back_and_forth_between_two() {
        let dir = tempfile::tempdir().unwrap();
        let here = dir.path().to_path_buf();
        let places = Places { runtime: here.clone(), state: here.clone(), config: here };
        let (one, two, three) = (SessionId(1), SessionId(2), SessionId(3));
        assert_eq!(previous(&places), None);
        note(&places, one);
        assert_eq!(previous(&places), None);
        for (next, before) in [(two, one), (two, one), (one, two), (three, one)] {
            note(&places, next);
            assert_eq!(previous(&places), Some(before), "after {next}");
        }
        std::fs::write(places.opened_file(), "nonsense\n").unwrap();
        assert_eq!(previous(&places), None);
    }
}
