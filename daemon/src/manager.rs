//! The service manager that started the daemon, if one did: it hears that we are ready,
//! how many sessions are live, and that we still turn (sd_notify(3)).
//!
//! # Invariants
//!
//! 1. `ready` is said when requests are answered, so whoever is ordered after us finds us.
//! 2. The watchdog is fed only by an answer of the table of sessions, the one task that
//!    nothing works without. A disk that takes its time does not starve it.
//! 3. Without a manager nothing here wakes up.

use std::time::Duration;

use tokio::time::{sleep, timeout};
use tracing::error;

use crate::supervisor::Supervisor;

/// What launchd knows the control socket by.
pub const SOCKET_NAME: &str = "control";

/// Least time between two words about how many sessions are live.
const STATUS_PAUSE: Duration = Duration::from_secs(1);

/// How often the watchdog is fed within its time.
const MEALS: u32 = 3;

/// Tells the manager that we are ready, and then what changes, until the daemon ends.
pub async fn run(supervisor: Supervisor) {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return; // Invariant 3.
    }
    let mut count = supervisor.count();
    say(&Word::Ready);
    if let Some(limit) = watchdog() {
        tokio::spawn(feed(supervisor, limit / MEALS));
    }
    loop {
        let status = live(*count.borrow_and_update());
        say(&Word::Status(&status));
        sleep(STATUS_PAUSE).await;
        if count.changed().await.is_err() {
            return;
        }
    }
}

/// Tells the manager that the daemon ends; the sessions do not.
pub fn ending() {
    say(&Word::Ending);
}

/// What a manager is told.
#[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "launchd asks for no words"))]
enum Word<'a> {
    Ready,
    Status(&'a str),
    Turning,
    Ending,
}

/// Without a manager this does nothing.
#[cfg(target_os = "linux")]
fn say(word: &Word<'_>) {
    use sd_notify::NotifyState;

    let state = match word {
        Word::Ready => NotifyState::Ready,
        Word::Status(text) => NotifyState::Status(text),
        Word::Turning => NotifyState::Watchdog,
        Word::Ending => NotifyState::Stopping,
    };
    if let Err(error) = sd_notify::notify(&[state]) {
        tracing::debug!(%error, "the service manager does not listen");
    }
}

/// launchd asks for no words.
#[cfg(not(target_os = "linux"))]
fn say(_word: &Word<'_>) {}

/// How long the manager bears silence, if it has a watchdog.
#[cfg(target_os = "linux")]
fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

#[cfg(not(target_os = "linux"))]
fn watchdog() -> Option<Duration> {
    None
}

fn live(count: usize) -> String {
    match count {
        1 => "1 session is live".to_owned(),
        count => format!("{count} sessions are live"),
    }
}

/// Says that we turn, as often as asked for. Silence ends in a restart by the manager.
async fn feed(supervisor: Supervisor, every: Duration) {
    loop {
        match timeout(every, supervisor.all()).await {
            Ok(Ok(_)) => say(&Word::Turning),
            Ok(Err(_)) => return, // On our way out.
            Err(_) => error!("the table of sessions does not answer"),
        }
        sleep(every).await;
    }
}
