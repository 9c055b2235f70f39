//! All connections, and the door.
//!
//! # Invariants
//!
//! 1. Never more than [`limits::CLIENTS`]; who comes then is told so.
//! 2. Only this user gets in.
//! 3. When the system is out of something, the door closes for a while instead of
//!    spinning: the listener stays readable as long as somebody waits.

use std::io;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Instant;

use app_sys::socket;
use app_wire::hold::{FromHolder, RefusedCode};

use crate::client::{Client, ClientId};
use crate::limits;

/// The connections of a holder.
#[derive(Debug)]
pub(crate) struct Clients {
    list: Vec<Client>,
    listener: UnixListener,
    /// Nobody is accepted before.
    closed_until: Option<Instant>,
    last_id: u32,
}

impl Clients {
    /// The connection the holder was born with, and whom the non-blocking `listener`
    /// lets in.
    pub(crate) fn new(listener: UnixListener, first: Client) -> Self {
        let last_id = first.id.0;
        Self { list: vec![first], listener, closed_until: None, last_id }
    }

    /// The door, unless it is closed for a while.
    pub(crate) fn door(&self) -> Option<&UnixListener> {
        self.closed_until.is_none().then_some(&self.listener)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Client> {
        self.list.iter()
    }

    pub(crate) fn get_mut(&mut self, id: ClientId) -> Option<&mut Client> {
        self.list.iter_mut().find(|client| client.id == id)
    }

    /// A connection is over.
    pub(crate) fn remove(&mut self, id: ClientId, now: Instant) {
        self.list.retain_mut(|client| client.id != id || !client.hang_up(now));
    }

    /// Forgets those for whom nothing is left to do.
    pub(crate) fn sweep(&mut self) {
        self.list.retain(|client| !client.is_over());
    }

    /// How many are attached.
    pub(crate) fn attached(&self) -> u16 {
        let count = self.list.iter().filter(|client| client.attachment.is_some()).count();
        u16::try_from(count).unwrap_or(u16::MAX)
    }

    /// Whether the child has to wait for somebody.
    pub(crate) fn hold_up(&self) -> bool {
        self.list.iter().any(Client::holds_up)
    }

    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Client> {
        self.list.iter_mut()
    }

    /// Lets everybody in who waits at the door.
    pub(crate) fn accept(&mut self, now: Instant) {
        loop {
            match self.listener.accept() {
                Ok((stream, _)) => self.welcome(stream, now),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::Interrupted | io::ErrorKind::ConnectionAborted
                    ) => {}
                Err(_) => {
                    self.closed_until = Some(now + limits::ACCEPT_BACKOFF);
                    return;
                }
            }
        }
    }

    fn welcome(&mut self, stream: UnixStream, now: Instant) {
        if socket::check_peer(&stream).is_err() {
            return;
        }
        self.last_id = self.last_id.wrapping_add(1);
        let until = now + limits::HELLO_LIMIT;
        let Ok(mut client) = Client::new(ClientId(self.last_id), stream, Some(until), now) else {
            return;
        };
        if self.list.len() >= limits::CLIENTS {
            let message = format!("this run has {} connections already", limits::CLIENTS);
            client.say(&FromHolder::Refused { code: RefusedCode::TooMany, message });
            // The socket is new and has room; if not, it is closed all the same.
            client.flush(now);
            return;
        }
        self.list.push(client);
    }

    /// Drops who did not speak in time, leaves behind who holds up the child, and opens
    /// the door again.
    pub(crate) fn on_time(&mut self, now: Instant) {
        self.list.retain_mut(|client| client.on_time(now).is_ok());
        self.sweep();
        if self.closed_until.is_some_and(|until| now >= until) {
            self.closed_until = None;
        }
    }

    /// When [`Self::on_time`] has something to do.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.list.iter().filter_map(Client::deadline).chain(self.closed_until).min()
    }

    /// Closes the door for good.
    pub(crate) fn into_list(self) -> Vec<Client> {
        self.list
    }
}
