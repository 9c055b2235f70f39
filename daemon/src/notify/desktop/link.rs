//! A server of notifications on the session bus.
//!
//! ```text
//!  parcel ──► Server ──► Link ──Notify──► server
//!                          ▲                │
//!                          └─ listen ◄──────┘ button pressed, bubble closed, server gone
//! ```
//!
//! The bus is where `DBUS_SESSION_BUS_ADDRESS` says, else `$XDG_RUNTIME_DIR/bus`. A server is
//! looked for when there is something to show and none is known, so one that comes later, or
//! comes back, is found; nothing is asked before that.
//!
//! # Invariants
//!
//! 1. A link speaks with one server by its unique name, and hears that one alone. When that
//!    name is gone the link is, and the next notice looks for a server anew.
//! 2. Notices are shown one after the other, so that two of one session share a bubble.
//! 3. The buttons of a bubble work from the moment it is there: the link listens before
//!    anything is shown.

use std::collections::HashMap;
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app_model::notice::{Notice, NoticeKind, Urgency, markup_escaped};
use app_model::text::{columns, printable};
use futures_util::StreamExt as _;
use tokio::sync::Mutex as AsyncMutex;
use tracing::{debug, warn};
use zbus::message::Type;
use zbus::names::{OwnedUniqueName, UniqueName};
use zbus::{Connection, DynamicType, MatchRule, Message, MessageStream, Variant};

use super::bubbles::{Bubble, Bubbles};
use super::{APP_NAME, DesktopError};
use crate::notify::channels::Parcel;
use crate::notify::{channels, open};
use crate::service::Service;

/// The name that servers own, and their interface.
const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// The name of the bus itself, and its interface.
const BUS: &str = "org.freedesktop.DBus";

/// Signals of a server that may wait for us. There is one for each thing a person does.
const SIGNALS: NonZeroUsize = NonZeroUsize::new(64).expect("it is not zero");

/// A click on the bubble itself.
const DEFAULT: &str = "default";

/// The button that opens the session. A click on the bubble does the same.
const ATTACH: &str = "attach";

/// The button that takes the bubble away, and what it tells off the list of the unseen.
const DISMISS: &str = "dismiss";

/// `NotificationClosed` says that a person did it.
const BY_A_PERSON: u32 = 2;

/// Columns of a title that most desktops show on one line, bold and beside an icon.
const TITLE_COLUMNS: usize = 40;

/// The server's own choice of how long a bubble stays.
const USUAL_TIME: i32 = -1;

/// Whoever shows notifications, if that is known.
#[derive(Debug, Default)]
pub(super) struct Server {
    link: AsyncMutex<Option<Arc<Link>>>,
}

impl Server {
    /// Shows a notice in the place of the session's earlier one.
    pub(super) async fn show(
        &self,
        service: &Service,
        parcel: &Parcel,
    ) -> Result<(), DesktopError> {
        let mut known = self.link.lock().await;
        if let Some(link) = known.as_ref().filter(|link| link.is_there()) {
            match link.show(parcel).await {
                // It went before it could take it, and another one may have come.
                Err(error) if is_gone(&error) => debug!(%error, "the desktop has left"),
                shown => return Ok(shown?),
            }
        }
        *known = None;
        let link = Link::find(service).await?;
        link.show(parcel).await?;
        *known = Some(link);
        Ok(())
    }
}

/// Whether nobody can have taken what was sent.
fn is_gone(error: &zbus::Error) -> bool {
    match error {
        zbus::Error::FDO(error) => matches!(
            **error,
            zbus::fdo::Error::ServiceUnknown(_) | zbus::fdo::Error::NameHasNoOwner(_)
        ),
        zbus::Error::InputOutput(_) => true,
        _ => false,
    }
}

/// A server that is there, and what it shows for us.
#[derive(Debug)]
struct Link {
    connection: Connection,
    server: OwnedUniqueName,
    abilities: Abilities,
    bubbles: Mutex<Bubbles>,
    gone: AtomicBool,
}

/// What a server says it can do.
#[derive(Clone, Copy, Debug)]
struct Abilities {
    /// It reads the body as markup.
    markup: bool,
    /// It shows buttons.
    actions: bool,
}

impl Link {
    /// Looks for a server, and listens to it.
    async fn find(service: &Service) -> Result<Arc<Self>, zbus::Error> {
        let connection = Connection::session().await?;
        let reply =
            connection.call_method(Some(NAME), PATH, Some(NAME), "GetCapabilities", &()).await?;
        let header = reply.header();
        let server = header.sender().ok_or(zbus::Error::MissingField)?.to_owned();
        let names: Vec<String> = reply.body().deserialize()?;
        let can = |ability: &str| names.iter().any(|name| name == ability);
        let abilities = Abilities { markup: can("body-markup"), actions: can("actions") };
        let signals = signals_of(&connection, &server).await?;
        let leaves = end_of(&connection, &server).await?;
        debug!(%server, ?abilities, "found a desktop");
        let link = Arc::new(Self {
            connection,
            server: server.into(),
            abilities,
            bubbles: Mutex::default(),
            gone: AtomicBool::new(false),
        });
        tokio::spawn(link.clone().listen(service.clone(), signals, leaves));
        Ok(link)
    }

    fn is_there(&self) -> bool {
        !self.gone.load(Ordering::Acquire) && !self.connection.is_closed()
    }

    fn bubbles(&self) -> MutexGuard<'_, Bubbles> {
        self.bubbles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn show(&self, parcel: &Parcel) -> Result<(), zbus::Error> {
        let notice = &parcel.notice;
        let text = body(parcel);
        let text = if self.abilities.markup { markup_escaped(&text) } else { text };
        let replaces = parcel.session.and_then(|session| self.bubbles().of_session(session));
        let hints = HashMap::from([("urgency", Variant::U8(degree(notice.urgency())))]);
        let arguments = (
            APP_NAME,
            replaces.unwrap_or(0),
            icon(notice),
            notice.title.as_str(),
            text,
            self.buttons(parcel),
            hints,
            USUAL_TIME,
        );
        let reply = self.call("Notify", &arguments).await?;
        let number = reply.body().deserialize()?;
        let (session, notices) = (parcel.session, parcel.numbers.clone());
        self.bubbles().shown(Bubble { number, session, notices });
        Ok(())
    }

    /// Keys and words of the buttons. What tells nothing that is listed has none.
    fn buttons(&self, parcel: &Parcel) -> &'static [&'static str] {
        if !self.abilities.actions || parcel.numbers.is_empty() {
            &[]
        } else if parcel.session.is_some() {
            // A server that draws a button for the click on the bubble draws none without a word.
            &[DEFAULT, "", ATTACH, "Attach", DISMISS, "Dismiss"]
        } else {
            &[DISMISS, "Dismiss"]
        }
    }

    async fn call<B>(&self, method: &str, arguments: &B) -> Result<Message, zbus::Error>
    where
        B: serde::Serialize + DynamicType,
    {
        self.connection.call_method(Some(&self.server), PATH, Some(NAME), method, arguments).await
    }

    /// Listens until the server, or the bus, is gone.
    async fn listen(
        self: Arc<Self>,
        service: Service,
        mut signals: MessageStream,
        mut leaves: MessageStream,
    ) {
        loop {
            // Both are cancel-safe: a message that was not taken stays in its stream.
            tokio::select! {
                message = signals.next() => match message {
                    Some(Ok(message)) => self.hear(&service, &message),
                    Some(Err(_)) | None => break,
                },
                _ = leaves.next() => break,
            }
        }
        self.gone.store(true, Ordering::Release);
        debug!(server = %self.server, "the desktop is gone");
    }

    fn hear(self: &Arc<Self>, service: &Service, message: &Message) {
        let header = message.header();
        let body = message.body();
        match header.member().map(|member| member.as_str()) {
            Some("ActionInvoked") => {
                if let Ok((number, key)) = body.deserialize::<(u32, String)>() {
                    self.pressed(service, number, &key);
                }
            }
            Some("NotificationClosed") => {
                if let Ok((number, reason)) = body.deserialize::<(u32, u32)>() {
                    self.closed(service, number, reason);
                }
            }
            Some(_) | None => {}
        }
    }

    fn pressed(self: &Arc<Self>, service: &Service, number: u32, key: &str) {
        let Some(bubble) = self.bubbles().get(number).cloned() else { return };
        debug!(number, key, "a button was pressed");
        match (key, bubble.session) {
            (DEFAULT | ATTACH, Some(session)) => {
                let service = service.clone();
                tokio::spawn(async move {
                    let command = channels::attach_command(&service).await;
                    open::session(session, command.as_deref()).await;
                });
            }
            (DISMISS, _) => {}
            (_, _) => return,
        }
        tokio::spawn(seen(service.clone(), bubble.notices));
        let link = self.clone();
        // Most servers have closed it by themselves.
        tokio::spawn(async move { link.call("CloseNotification", &number).await.ok() });
    }

    fn closed(&self, service: &Service, number: u32, reason: u32) {
        let Some(bubble) = self.bubbles().closed(number) else { return };
        if reason == BY_A_PERSON {
            tokio::spawn(seen(service.clone(), bubble.notices));
        }
    }
}

/// A person has put these notices away.
async fn seen(service: Service, notices: Vec<u64>) {
    let written = service.store.with(move |registry| registry.notices_put_away(&notices)).await;
    if let Err(refused) = written {
        let error = &refused as &dyn std::error::Error;
        warn!(error, "what was seen could not be written down");
    }
}

async fn signals_of(
    connection: &Connection,
    server: &UniqueName<'_>,
) -> Result<MessageStream, zbus::Error> {
    let rule =
        MatchRule::builder().msg_type(Type::Signal).sender(server).interface(NAME).build()?;
    MessageStream::for_match_rule(rule, connection, Some(SIGNALS)).await
}

/// Something comes when the server has gone.
async fn end_of(
    connection: &Connection,
    server: &UniqueName<'_>,
) -> Result<MessageStream, zbus::Error> {
    let rule = MatchRule::builder().msg_type(Type::Signal).sender(BUS).interface(BUS);
    let rule = rule.member("NameOwnerChanged").arg(0, server.as_str()).build()?;
    MessageStream::for_match_rule(rule, connection, Some(SIGNALS)).await
}

/// The text below the title. Some desktops cut a long title at its end, where it says what
/// became of the session and how long it took; that is then said here too.
fn body(parcel: &Parcel) -> String {
    let Notice { title, body, .. } = &parcel.notice;
    let rest = parcel.session.and_then(|_| after_name(title, &parcel.name));
    match rest {
        Some(rest) if columns(title) > TITLE_COLUMNS => format!("{rest}\n{body}"),
        Some(_) | None => body.clone(),
    }
}

/// What a title says after the session's name.
fn after_name<'t>(title: &'t str, name: &str) -> Option<&'t str> {
    let (_mark, text) = title.split_once(' ')?;
    Some(text.strip_prefix(printable(name).as_str())?.trim_start_matches([' ', ':']))
}

/// Names of icons that every icon theme has.
fn icon(notice: &Notice) -> &'static str {
    match notice.kind {
        _ if notice.failed => "dialog-error",
        NoticeKind::NeedsInput => "dialog-question",
        NoticeKind::Failed => "dialog-error",
        NoticeKind::Interrupted => "dialog-warning",
        NoticeKind::Finished | NoticeKind::TurnEnded | NoticeKind::Summary | NoticeKind::Test => {
            "utilities-terminal"
        }
    }
}

/// As the specification numbers them.
fn degree(urgency: Urgency) -> u8 {
    match urgency {
        Urgency::Low => 0,
        Urgency::Normal => 1,
        Urgency::Critical => 2,
    }
}

#[cfg(test)]
mod tests {
    use app_model::SessionId;

    use super::*;

    fn parcel(name: &str, title: &str) -> Parcel {
        Parcel {
            numbers: vec![1],
            session: Some(SessionId(1)),
            name: name.into(),
            agent: None,
            notice: Notice {
                kind: NoticeKind::Failed,
                title: title.into(),
                body: "/src".into(),
                failed: true,
            },
        }
    }

    #[test]
    fn what_may_be_cut_off_a_title_is_said_below_it() {
        let long = parcel("nightly-flaky-test", "✘ nightly-flaky-test failed (exit 2) · 3h 2m 5s");
        assert_eq!(body(&long), "failed (exit 2) · 3h 2m 5s\n/src");
        let task = parcel("a-long-name", "✔ a-long-name: the second of two tasks finished · 41s");
        assert_eq!(body(&task), "the second of two tasks finished · 41s\n/src");
        let short = parcel("flaky-test", "✘ flaky-test failed (exit 2) · 3h 2m 5s");
        assert_eq!(body(&short), "/src");
        let title = "48 more finished · 12 failed · 3 need you";
        let summary = Parcel { session: None, ..parcel("", title) };
        assert_eq!(body(&summary), "/src");
    }
}
