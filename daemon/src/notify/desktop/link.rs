//! The server of notifications on the session bus that is there, if that is known.
//!
//! ```text
//!  parcel ──► Server ──► Link ──notify-rust──► server
//!                         │                      │
//!                         ├── listen::to, for each bubble ◄── button pressed, bubble closed
//!                         └── watch ◄── the same, if it is told to all; server gone
//! ```
//!
//! `notify-rust` shows notifications and listens to them. What it cannot do is asked of the bus
//! directly: what a server can do, when it is gone, and what a server that tells all the bus
//! says of several bubbles at once, or before there is somebody to listen
//! (`docs/decisions/0014-notify-rust-and-what-it-misses.md`).
//!
//! The bus is where `DBUS_SESSION_BUS_ADDRESS` says, else `$XDG_RUNTIME_DIR/bus`. A server is
//! looked for when there is something to show and none is known, so one that comes later, or
//! comes back, is found; nothing is asked before that.
//!
//! # Invariants
//!
//! 1. A link is about one server by its unique name. When that one is not the server any more
//!    the link is over, nobody listens to its bubbles, and the next notice looks for a server
//!    anew.
//! 2. Notices are shown one after the other, so that two of one session share a bubble.
//! 3. Something comes of a bubble once, and nothing of one that was replaced: who hears of it
//!    first takes it out of the list.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use app_model::SessionId;
use futures_util::StreamExt as _;
use notify_rust::{NotificationHandle, NotificationResponse};
use tokio::sync::Mutex as AsyncMutex;
use tokio_util::task::AbortOnDropHandle;
use tracing::debug;
use zbus::message::Type;
use zbus::names::{OwnedUniqueName, UniqueName};
use zbus::{Connection, MatchRule, Message, MessageStream};

use super::DesktopError;
use super::bubbles::{Bubble, Bubbles, Which};
use super::listen::{self, Became};
use super::look::{self, Abilities};
use crate::notify::channels::Parcel;
use crate::service::Service;

/// The name that servers own, and their interface.
const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// The name of the bus itself, and its interface.
const BUS: &str = "org.freedesktop.DBus";
const BUS_PATH: &str = "/org/freedesktop/DBus";

/// Signals that may wait for us. There is one for each thing a person does.
const SIGNALS: NonZeroUsize = NonZeroUsize::new(64).expect("it is not zero");

/// Whoever listens to one bubble, until this is dropped.
#[derive(Debug)]
struct Listener {
    handle: Arc<NotificationHandle>,
    _task: AbortOnDropHandle<()>,
}

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
        let link = match known.as_ref() {
            Some(link) if link.is_there().await => link.clone(),
            Some(_) | None => {
                // A number of a bubble means nothing to another server (invariant 1).
                drop(known.take().inspect(|old| old.end()));
                known.insert(Link::find(service).await?).clone()
            }
        };
        link.show(service, parcel).await
    }
}

/// A server that is there, and what it shows for us.
#[derive(Debug)]
pub(super) struct Link {
    connection: Connection,
    server: OwnedUniqueName,
    abilities: Abilities,
    /// None when the link is over.
    bubbles: Mutex<Option<Bubbles<Listener>>>,
}

impl Link {
    /// Looks for a server, and watches it.
    async fn find(service: &Service) -> Result<Arc<Self>, zbus::Error> {
        let connection = Connection::session().await?;
        // Before it is asked, so that no end of it is missed.
        let changes = changes_of_server(&connection).await?;
        let reply =
            connection.call_method(Some(NAME), PATH, Some(NAME), "GetCapabilities", &()).await?;
        let header = reply.header();
        let server = header.sender().ok_or(zbus::Error::MissingField)?.to_owned();
        let names: Vec<String> = reply.body().deserialize()?;
        let can = |ability: &str| names.iter().any(|name| name == ability);
        let signals = signals_of(&connection, &server).await?;
        let abilities = Abilities { markup: can("body-markup"), actions: can("actions") };
        debug!(%server, ?abilities, "found a desktop");
        let bubbles = Mutex::new(Some(Bubbles::default()));
        let link = Arc::new(Self { connection, server: server.into(), abilities, bubbles });
        tokio::spawn(link.clone().watch(service.clone(), signals, changes));
        Ok(link)
    }

    /// Whether it is the server still. `notify-rust` speaks to whoever is.
    async fn is_there(&self) -> bool {
        if self.bubbles().is_none() || self.connection.is_closed() {
            return false;
        }
        let asked =
            self.connection.call_method(Some(BUS), BUS_PATH, Some(BUS), "GetNameOwner", &NAME);
        let Ok(reply) = asked.await else { return false };
        reply.body().deserialize::<&str>().is_ok_and(|owner| owner == self.server.as_str())
    }

    fn bubbles(&self) -> MutexGuard<'_, Option<Bubbles<Listener>>> {
        self.bubbles.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn show(
        self: &Arc<Self>,
        service: &Service,
        parcel: &Parcel,
    ) -> Result<(), DesktopError> {
        let mut notification = look::notification(parcel, self.abilities);
        if let Some(number) = parcel.session.and_then(|session| self.number_of(session)) {
            notification.id(number);
        }
        let handle = notification.show_async().await?;
        // Of what tells nothing that is listed, nothing can come.
        if !parcel.numbers.is_empty() {
            self.shown(service, parcel, handle);
        }
        Ok(())
    }

    fn number_of(&self, session: SessionId) -> Option<u32> {
        self.bubbles().as_ref()?.of_session(session)
    }

    /// The bubble is listened to from now on, unless the server is gone already.
    fn shown(self: &Arc<Self>, service: &Service, parcel: &Parcel, handle: NotificationHandle) {
        let mut bubbles = self.bubbles();
        let Some(bubbles) = bubbles.as_mut() else { return };
        let (session, notices) = (parcel.session, parcel.numbers.clone());
        let bubble = Bubble { number: handle.id(), session, notices };
        bubbles.shown(bubble, |serial| {
            let handle = Arc::new(handle);
            let listening = listen::to(handle.clone(), self.clone(), service.clone(), serial);
            Listener { handle, _task: AbortOnDropHandle::new(tokio::spawn(listening)) }
        });
    }

    /// Something became of a bubble. It is done unless the bubble was replaced, or its server
    /// is gone.
    pub(super) fn became(&self, service: &Service, which: Which, became: Became) {
        let done = self.bubbles().as_mut().and_then(|bubbles| bubbles.done(which));
        if let Some((bubble, listener)) = done {
            let handle = listener.map(|listener| listener.handle);
            tokio::spawn(listen::act(became, bubble, handle, service.clone()));
        }
    }

    /// Watches until the server, or the bus, is gone.
    async fn watch(
        self: Arc<Self>,
        service: Service,
        mut signals: MessageStream,
        mut changes: MessageStream,
    ) {
        loop {
            // Both are cancel-safe: a message that was not taken stays in its stream.
            tokio::select! {
                signal = signals.next() => match signal {
                    Some(Ok(signal)) => self.hear(&service, &signal),
                    Some(Err(_)) | None => break,
                },
                change = changes.next() => match change {
                    Some(Ok(change)) if !self.is_end(&change) => {}
                    Some(_) | None => break,
                },
            }
        }
        self.end();
    }

    fn hear(&self, service: &Service, signal: &Message) {
        let Some((number, response)) = heard(signal) else { return };
        if let Some(became) = listen::became(&response) {
            self.became(service, Which::Theirs(number), became);
        }
    }

    fn is_end(&self, change: &Message) -> bool {
        let body = change.body();
        let owners = body.deserialize::<(&str, &str, &str)>();
        owners.is_ok_and(|(_name, old, _new)| old == self.server.as_str())
    }

    /// Nobody listens to its bubbles any more.
    fn end(&self) {
        if self.bubbles().take().is_some() {
            debug!(server = %self.server, "the desktop is gone");
        }
    }
}

/// What a server tells everybody of a bubble.
fn heard(signal: &Message) -> Option<(u32, NotificationResponse)> {
    let header = signal.header();
    let body = signal.body();
    match header.member()?.as_str() {
        "ActionInvoked" => {
            let (number, key) = body.deserialize::<(u32, String)>().ok()?;
            let click = key == look::DEFAULT;
            let pressed = NotificationResponse::Action(key);
            Some((number, if click { NotificationResponse::Default } else { pressed }))
        }
        "NotificationClosed" => {
            let (number, reason) = body.deserialize::<(u32, u32)>().ok()?;
            Some((number, NotificationResponse::Closed(reason.into())))
        }
        _ => None,
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

/// Every change of who shows notifications.
async fn changes_of_server(connection: &Connection) -> Result<MessageStream, zbus::Error> {
    let rule = MatchRule::builder().msg_type(Type::Signal).sender(BUS).interface(BUS);
    let rule = rule.member("NameOwnerChanged").arg(0, NAME).build()?;
    MessageStream::for_match_rule(rule, connection, Some(SIGNALS)).await
}
