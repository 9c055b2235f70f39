//! A server that is posted to, in the manner of ntfy: the title, the priority and the tags
//! are headers, the rest is the body.
//!
//! # Invariants
//!
//! 1. Every attempt has a limit of its own, and there are so many attempts and no more.
//! 2. The address is not told in errors or in the log: it may be all that keeps others out.

use std::time::Duration;

use app_model::notice::{Notice, Urgency};
use app_model::settings::Webhook;
use tokio::sync::Semaphore;
use ureq::Agent;

use super::channels::Parcel;

/// Attempts that may be under way at once. Each has a thread.
const AT_ONCE: usize = 2;

/// The pause before the second attempt; doubled before each one after.
const FIRST_PAUSE: Duration = Duration::from_millis(500);

/// Longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Redirections that are followed.
const REDIRECTS: u32 = 3;

/// Why the server did not take a notice.
#[derive(Debug, thiserror::Error)]
pub(super) enum WebhookError {
    /// It could not be reached, or did not answer in time.
    #[error("the server could not be reached in {attempts} attempts")]
    Unreached {
        /// How often it was tried.
        attempts: u32,
        /// What was wrong the last time.
        source: Box<ureq::Error>,
    },
    /// It answered, and took nothing.
    #[error("the server answered {status}, after {attempts} attempts")]
    Refused {
        /// Its answer.
        status: u16,
        /// How often it was tried.
        attempts: u32,
    },
    /// The daemon ends.
    #[error("the daemon ends")]
    Ending,
}

/// The way to servers.
#[derive(Debug)]
pub(super) struct Poster(Semaphore);

impl Default for Poster {
    fn default() -> Self {
        Self(Semaphore::new(AT_ONCE))
    }
}

impl Poster {
    /// Posts a notice, again after a while if that may help.
    pub(super) async fn post(&self, to: &Webhook, parcel: &Parcel) -> Result<(), WebhookError> {
        let mut pause = FIRST_PAUSE;
        let mut attempts = 0;
        loop {
            attempts += 1;
            let failed = match self.attempt(to, &parcel.notice).await? {
                Ok(status) if (200..300).contains(&status) => return Ok(()),
                Ok(status) => WebhookError::Refused { status, attempts },
                Err(source) => WebhookError::Unreached { attempts, source: Box::new(source) },
            };
            if attempts > to.retries || !may_pass(&failed) {
                return Err(failed);
            }
            tokio::time::sleep(pause).await;
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// One attempt, on a thread: it gives the status of the answer.
    async fn attempt(
        &self,
        to: &Webhook,
        notice: &Notice,
    ) -> Result<Result<u16, ureq::Error>, WebhookError> {
        let _room = self.0.acquire().await.map_err(|_| WebhookError::Ending)?;
        let (url, notice) = (to.url.clone(), notice.clone());
        let limit = Duration::from_millis(to.timeout_ms);
        let sent = tokio::task::spawn_blocking(move || send(&url, &notice, limit)).await;
        sent.map_err(|_| WebhookError::Ending)
    }
}

fn send(url: &str, notice: &Notice, limit: Duration) -> Result<u16, ureq::Error> {
    let agent: Agent = Agent::config_builder()
        .timeout_global(Some(limit))
        .http_status_as_error(false)
        .max_redirects(REDIRECTS)
        .user_agent(concat!("appd/", env!("CARGO_PKG_VERSION")))
        .build()
        .into();
    let answer = agent
        .post(url)
        // As bytes: a header's text is Latin to the client, and UTF-8 to the server.
        .header("Title", notice.title.as_bytes())
        .header("Priority", priority(notice.urgency()))
        .header("Tags", notice.kind.word())
        .content_type("text/plain; charset=utf-8")
        .send(&notice.body)?;
    Ok(answer.status().as_u16())
}

fn priority(urgency: Urgency) -> &'static str {
    match urgency {
        Urgency::Low => "low",
        Urgency::Normal => "default",
        Urgency::Critical => "high",
    }
}

/// Whether it may be different after a while: the server is not there, or has too much to
/// do.
fn may_pass(failed: &WebhookError) -> bool {
    match failed {
        WebhookError::Unreached { source, .. } => {
            !matches!(**source, ureq::Error::BadUri(_) | ureq::Error::Http(_))
        }
        WebhookError::Refused { status, .. } => *status == 429 || *status >= 500,
        WebhookError::Ending => false,
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;
    use std::thread::{self, JoinHandle};

    use app_model::notice::NoticeKind;

    use super::*;

    /// A server that gives these answers, one to each connection, and returns what it was
    /// sent.
    fn server(answers: &'static [&'static str]) -> (Webhook, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/topic", listener.local_addr().unwrap());
        let serve = move || {
            let mut got = Vec::new();
            for answer in answers {
                let (mut stream, _) = listener.accept().unwrap();
                let mut request = Vec::new();
                let mut piece = [0; 1024];
                while !request.ends_with(b"/src") {
                    let read = stream.read(&mut piece).unwrap();
                    assert!(read > 0, "{}", String::from_utf8_lossy(&request));
                    request.extend_from_slice(&piece[..read]);
                }
                got.push(String::from_utf8(request).unwrap());
                stream.write_all(answer.as_bytes()).unwrap();
            }
            got
        };
        (Webhook { url, timeout_ms: 30_000, retries: 2 }, thread::spawn(serve))
    }

    fn parcel() -> Parcel {
        Parcel {
            numbers: vec![1],
            session: None,
            name: "x".into(),
            agent: None,
            notice: Notice {
                kind: NoticeKind::Failed,
                title: "✘ x failed (exit 2) · 41s".into(),
                body: "/src".into(),
                failed: true,
            },
        }
    }

    const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const BUSY: &str = "HTTP/1.1 503 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    const NEVER: &str = "HTTP/1.1 403 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";

    #[tokio::test(start_paused = true)]
    async fn it_is_posted_in_the_manner_of_ntfy_and_again_if_the_server_is_busy() {
        let (webhook, server) = server(&[BUSY, OK]);
        Poster::default().post(&webhook, &parcel()).await.unwrap();
        let got = server.join().unwrap();
        assert_eq!(got.len(), 2);
        let request = got[1].to_lowercase();
        assert!(request.starts_with("post /topic http/1.1\r\n"), "{request}");
        assert!(request.contains("\r\ntitle: ✘ x failed (exit 2) · 41s\r\n"), "{request}");
        assert!(request.contains("\r\npriority: high\r\n"), "{request}");
        assert!(request.contains("\r\ntags: failed\r\n"), "{request}");
        assert!(request.ends_with("\r\n\r\n/src"), "{request}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_is_final() {
        let (webhook, server) = server(&[NEVER]);
        let refused = Poster::default().post(&webhook, &parcel()).await;
        assert!(
            matches!(refused, Err(WebhookError::Refused { status: 403, attempts: 1 })),
            "{refused:?}"
        );
        assert_eq!(server.join().unwrap().len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_is_not_there_is_tried_so_often_and_its_address_is_not_told() {
        let unused = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let url = format!("http://{unused}/secret-topic");
        let webhook = Webhook { url, timeout_ms: 30_000, retries: 2 };
        let refused = Poster::default().post(&webhook, &parcel()).await.unwrap_err();
        assert!(matches!(refused, WebhookError::Unreached { attempts: 3, .. }), "{refused:?}");
        let source = std::error::Error::source(&refused).unwrap();
        assert!(!format!("{refused} {source}").contains("secret-topic"));
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_has_its_limit() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let webhook = Webhook { url, timeout_ms: 200, retries: 0 };
        let refused = Poster::default().post(&webhook, &parcel()).await.unwrap_err();
        assert!(matches!(refused, WebhookError::Unreached { attempts: 1, .. }), "{refused:?}");
    }
}
