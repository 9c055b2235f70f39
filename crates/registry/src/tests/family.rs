//! Who belongs to whom, over generations.

use super::*;

/// A session below `parent`.
fn child(rig: &mut Rig, id: u32, parent: SessionId) -> SessionId {
    let new = NewSession { parent: Some(parent), ..session(SessionId(id), "task", i64::from(id)) };
    assert!(rig.registry.insert_session(&new).unwrap());
    SessionId(id)
}

#[test]
fn a_family_is_a_session_and_all_that_was_started_from_it() {
    let mut rig = Rig::new();
    let (top, other) = (rig.started(1, "top", 1), rig.started(9, "other", 9));
    let task = child(&mut rig, 2, top);
    let below = child(&mut rig, 3, task);
    let theirs = child(&mut rig, 10, other);

    let is_below = |rig: &mut Rig, id, top| rig.registry.is_below(id, top).unwrap();
    for id in [task, below] {
        assert!(is_below(&mut rig, id, top), "{id}");
        assert!(!is_below(&mut rig, id, other), "{id}");
    }
    for id in [top, other, theirs, SessionId(77)] {
        assert!(!is_below(&mut rig, id, top), "{id}");
    }
    assert!(!is_below(&mut rig, top, below), "up is not down");

    let family = |rig: &mut Rig, top, all| -> Vec<_> {
        let rows = rig.registry.family(top, all).unwrap();
        rows.into_iter().map(|row| row.view.id).collect()
    };
    assert_eq!(family(&mut rig, top, false), [below, task, top]);
    assert_eq!(family(&mut rig, task, false), [below, task]);
    rig.registry.run_started(&start(below, RunNumber::FIRST)).unwrap();
    rig.ended(below, Exit::Code(0), None);
    rig.registry.mark_seen(below).unwrap();
    assert_eq!(family(&mut rig, top, false), [task, top]);
    assert_eq!(family(&mut rig, top, true), [below, task, top]);
}
