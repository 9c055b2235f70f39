//! How the open files that the daemon may have are shared out, so that neither sessions nor
//! clients take what the others need: a daemon that cannot accept anybody could not even be
//! asked to stop a session.
//!
//! A live session costs the daemon two descriptors: its holder's connection, and the socket
//! for the programs inside it. A client costs one. Starting a session takes a few more for a
//! moment, which are in `OWN`.

/// Kept for the daemon itself: log, registry, socket, signals, what a start needs.
const OWN: u64 = 24;

/// What a live session takes.
const PER_SESSION: u64 = 2;

/// Clients at the same time, however many descriptors there are.
const MOST_CLIENTS: u64 = 1_024;

/// Clients at the same time, however few there are.
const LEAST_CLIENTS: u64 = 4;

/// Of what is shared, one part in so many is for clients.
const CLIENTS_PART: u64 = 4;

/// Clients inside of sessions, as a part of the others: they are beside them, so that what
/// runs in sessions leaves room for the person.
const INSIDE_PART: u64 = 2;

/// How many of whom there may be at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Clients. More of them wait.
    pub clients: usize,
    /// Clients inside of sessions. More of them are turned away.
    pub inside: usize,
    /// Live sessions. More are refused.
    pub sessions: usize,
}

impl Budget {
    /// For a process that may have so many open files; none is no limit.
    pub fn of(limit: Option<u64>) -> Self {
        let shared = limit.unwrap_or(u64::MAX).saturating_sub(OWN);
        let clients = (shared / CLIENTS_PART).clamp(LEAST_CLIENTS, MOST_CLIENTS);
        let inside = clients / INSIDE_PART;
        let count = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        let sessions = shared.saturating_sub(clients + inside) / PER_SESSION;
        Self { clients: count(clients), inside: count(inside), sessions: count(sessions) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_limit_leaves_room_for_everybody() {
        let budget = Budget::of(None);
        assert_eq!(budget.clients, 1_024);
        assert!(budget.sessions > 1_000_000);
    }

    #[test]
    fn a_low_limit_is_shared_and_never_exceeded() {
        for limit in 32..5_000 {
            let Budget { clients, inside, sessions } = Budget::of(Some(limit));
            assert!(clients >= 4 && inside >= 2 && sessions >= 1, "{limit}");
            let used = (clients + inside) as u64 + sessions as u64 * PER_SESSION + OWN;
            assert!(used <= limit, "{limit}");
        }
        assert_eq!(Budget::of(Some(3)), Budget { clients: 4, inside: 2, sessions: 0 });
    }
}
