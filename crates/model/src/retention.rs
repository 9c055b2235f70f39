//! What is removed of sessions that ended, because it is too old or too much.
//!
//! # Invariants
//!
//! 1. Who is asked about may be removed: what is live, asleep, pinned, or comes back by
//!    itself is never in the list.
//! 2. A session is removed for its age alone. For room, only what it wrote is deleted: what
//!    it ran, and how it ended, stays until it is old, and so it can be resumed.
//! 3. The oldest ends go first.

use crate::SessionId;

/// Milliseconds in a day.
const DAY_MS: i64 = 86_400_000;

/// How long and how much is kept. The table `[retention]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention {
    /// A session that ended more days ago is removed.
    pub days: u32,
    /// All sessions that ended may take so many bytes together.
    pub max_bytes: u64,
}

impl Retention {
    /// The most days that can be asked for: a hundred years.
    pub const MOST_DAYS: u32 = 36_500;
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: 30, max_bytes: 2 << 30 }
    }
}

/// A session that ended, and what its directory takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Which.
    pub id: SessionId,
    /// When it ended, milliseconds since the Unix epoch.
    pub ended_at_ms: i64,
    /// Bytes of what it wrote.
    pub transcript_bytes: u64,
    /// Bytes of everything else.
    pub other_bytes: u64,
}

/// What becomes of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is removed.
    Remove,
    /// What it wrote is deleted.
    Empty,
}

/// Decides about sessions that ended, oldest end first, and says how many bytes that frees
/// of each. Those that stay as they are do not come out.
pub fn decide(kept: &[Kept], policy: Retention, now_ms: i64) -> Vec<(Kept, Fate, u64)> {
    let oldest = now_ms.saturating_sub(i64::from(policy.days).saturating_mul(DAY_MS));
    let is_old = |one: &&Kept| one.ended_at_ms < oldest;
    let mut fates: Vec<_> =
        kept.iter().filter(is_old).map(|one| (*one, Fate::Remove, size(one))).collect();
    let young = || kept.iter().filter(|one| !is_old(one));
    let mut total: u64 = young().map(size).sum();
    for one in young() {
        if total <= policy.max_bytes {
            break;
        }
        if one.transcript_bytes > 0 {
            total -= one.transcript_bytes;
            fates.push((*one, Fate::Empty, one.transcript_bytes));
        }
    }
    fates
}

fn size(kept: &Kept) -> u64 {
    kept.transcript_bytes.saturating_add(kept.other_bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_000 * DAY_MS;

    fn kept(id: u32, days_ago: i64, transcript_bytes: u64) -> Kept {
        let ended_at_ms = NOW - days_ago * DAY_MS;
        Kept { id: SessionId(id), ended_at_ms, transcript_bytes, other_bytes: 10 }
    }

    fn told(kept: &[Kept], max_bytes: u64) -> Vec<(u32, Fate, u64)> {
        let fates = decide(kept, Retention { days: 30, max_bytes }, NOW);
        fates.into_iter().map(|(one, fate, bytes)| (one.id.0, fate, bytes)).collect()
    }

    #[test]
    fn what_is_older_than_the_limit_is_removed_and_the_rest_stays() {
        let all = [kept(1, 31, 5), kept(2, 30, 5), kept(3, 0, 5)];
        assert_eq!(told(&all, 1 << 30), [(1, Fate::Remove, 15)]);
    }

    #[test]
    fn for_room_transcripts_go_oldest_first_and_sessions_stay() {
        let all = [kept(1, 3, 100), kept(2, 2, 0), kept(3, 1, 100), kept(4, 0, 100)];
        assert_eq!(told(&all, 340), []);
        assert_eq!(told(&all, 339), [(1, Fate::Empty, 100)]);
        assert_eq!(told(&all, 240), [(1, Fate::Empty, 100)]);
        assert_eq!(told(&all, 239), [(1, Fate::Empty, 100), (3, Fate::Empty, 100)]);
        assert_eq!(told(&all, 0).len(), 3, "and not more than there is");
    }

    #[test]
    fn what_is_removed_for_its_age_makes_room() {
        let all = [kept(1, 40, 1_000), kept(2, 1, 100)];
        assert_eq!(told(&all, 200), [(1, Fate::Remove, 1_010)]);
    }

    proptest! {
        /// Invariants 2 and 3, and that room is made if it can be.
        #[test]
        fn young_sessions_stay_and_what_is_left_fits(
            sizes in prop::collection::vec((0_u64..1_000, 0_i64..60), 0..40),
            max_bytes in 0_u64..20_000,
        ) {
            let mut all: Vec<_> = (0_u32..).zip(&sizes).map(|(id, &(b, d))| kept(id, d, b)).collect();
            all.sort_by_key(|one| one.ended_at_ms);
            let policy = Retention { days: 30, max_bytes };
            let fates = decide(&all, policy, NOW);
            for (one, fate, _) in &fates {
                let old = one.ended_at_ms < NOW - 30 * DAY_MS;
                prop_assert_eq!(*fate == Fate::Remove, old);
            }
            let freed: u64 = fates.iter().map(|(.., bytes)| bytes).sum();
            let left = all.iter().map(size).sum::<u64>() - freed;
            let emptied: Vec<_> = fates.iter().filter(|(_, fate, _)| *fate == Fate::Empty).collect();
            let more = all.iter().filter(|one| one.ended_at_ms >= NOW - 30 * DAY_MS)
                .filter(|one| one.transcript_bytes > 0).count() > emptied.len();
            prop_assert!(left <= max_bytes || !more);
            prop_assert!(emptied.windows(2).all(|two| two[0].0.ended_at_ms <= two[1].0.ended_at_ms));
        }
    }
}
