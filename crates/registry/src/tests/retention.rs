//! What may be removed to make room, and what may not.

use app_model::idle::Cause;
use app_model::restart::Due;

use super::*;

#[test]
fn only_what_nobody_uses_or_wants_may_go_oldest_end_first() {
    let mut rig = Rig::new();
    for (id, ended_at_ms) in [(1, 90), (2, 30), (3, 60), (4, 60), (5, 10), (6, 10), (7, 10)] {
        let id = rig.started(id, "a", 1);
        let end = RunEnd { ended_at_ms, ..end(id, Exit::Code(0)) };
        match id.0 {
            // Live, asleep, coming back.
            5 => continue,
            6 => assert!(rig.registry.sleep_asked(id, RunNumber::FIRST, Cause::Idle, 11).unwrap()),
            _ => {}
        }
        let due = Due::after(std::time::Duration::from_secs(1), &clocks(100));
        let next = if id.0 == 7 { Planned::Again { attempt: 1, due } } else { Planned::Stay };
        rig.registry.run_ended(&RunEnd { next, ..end }, None, 20).unwrap();
    }
    rig.registry.pin(SessionId(3), true, 50).unwrap();
    let child = NewSession { parent: Some(SessionId(4)), ..session(SessionId(8), "task", 2) };
    rig.registry.insert_session(&child).unwrap();
    let may_go = rig.registry.prunable(None).unwrap();
    let ids: Vec<_> = may_go.iter().map(|old| old.id.0).collect();
    assert_eq!(ids, [2, 1], "pinned and the parent of a live task stay");
    let rest = rig.registry.prunable(Some((30, SessionId(2)))).unwrap();
    assert_eq!(rest.len(), 1);
}

#[test]
fn what_was_run_again_in_the_meantime_stays() {
    let mut rig = Rig::new();
    for id in [1, 2, 3] {
        let id = rig.started(id, "a", 1);
        rig.ended(id, Exit::Code(0), None);
    }
    let old = rig.registry.prunable(None).unwrap();
    rig.registry.insert_run(SessionId(1), RunNumber(2), BOOT, 30).unwrap();
    rig.registry.pin(SessionId(2), true, 30).unwrap();
    let removed = [0, 1, 2].map(|n| rig.registry.remove_pruned(&old[n], 40).unwrap());
    assert_eq!(removed, [false, false, true]);
    assert_eq!(rig.registry.tombstones().unwrap(), [SessionId(3)]);
    assert!(!rig.registry.remove_pruned(&old[2], 41).unwrap());
}
