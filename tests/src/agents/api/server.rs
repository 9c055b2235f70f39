//! The threads that answer, and what they share with the test.

use std::collections::BTreeSet;
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::json;

use super::asked::Asked;
use super::http::Connection;
use super::reply::{self, Reply};
use crate::wait::{self, Deadline};

/// Requests that are kept; a test makes some dozens. Further ones are refused, which no test
/// can miss.
const REQUESTS: usize = 1000;

/// Connections at a time. An agent has a handful.
const CONNECTIONS: usize = 64;

/// How often a held answer tells the agent that it is still there, which is also how it
/// learns that the agent has gone.
const BREATH: Duration = Duration::from_millis(100);

/// How long an answer is held at most. It is longer than any test waits.
const HELD_LIMIT: Duration = Duration::from_secs(170);

/// A model that answers as it is told.
pub struct Api {
    shared: Arc<Shared>,
    address: SocketAddr,
    listener: Arc<TcpListener>,
    listening: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    asked: Vec<Asked>,
    /// What was no request, and why.
    refused: Vec<String>,
    /// Numbers of requests whose answer was begun and not wanted to its end.
    abandoned: BTreeSet<usize>,
    answered: BTreeSet<usize>,
    open: BTreeSet<String>,
    connections: usize,
    closing: bool,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let value = change(&mut self.state());
        self.changed.notify_all();
        value
    }
}

impl Default for Api {
    fn default() -> Self {
        Self::start()
    }
}

impl Api {
    /// Listens on the loopback device of this thread's network.
    ///
    /// # Panics
    /// When there is no such device.
    pub fn start() -> Self {
        let listener = Arc::new(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap());
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let listening = Some(thread::spawn({
            let (shared, listener) = (Arc::clone(&shared), Arc::clone(&listener));
            move || listen(&listener, &shared)
        }));
        Self { shared, address, listener, listening }
    }

    /// Where it is: `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far.
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.state().asked.clone()
    }

    /// Waits for a request that `wanted` accepts, which may have come already.
    #[track_caller]
    pub fn wait_asked(&self, what: &str, wanted: impl Fn(&Asked) -> bool) -> Asked {
        self.wait(what, |state| state.asked.iter().find(|asked| wanted(asked)).cloned())
    }

    /// Waits until the model is asked to work on a prompt with these words.
    #[track_caller]
    pub fn wait_prompt(&self, words: &str) -> Asked {
        self.wait_asked(words, |asked| asked.is_work() && asked.prompt.contains(words))
    }

    /// Waits until the answer to a request has been given in full.
    #[track_caller]
    pub fn wait_answered(&self, asked: &Asked) {
        let number = asked.number;
        self.wait(&format!("the end of the answer to {asked:?}"), |state| {
            state.answered.contains(&number).then_some(())
        });
    }

    /// Waits until nobody wants the rest of a held answer any more.
    #[track_caller]
    pub fn wait_abandoned(&self, asked: &Asked) {
        let number = asked.number;
        self.wait(&format!("nobody to want the answer to {asked:?}"), |state| {
            state.abandoned.contains(&number).then_some(())
        });
    }

    /// Lets every answer go on that is held at this gate, now or later.
    pub fn let_go(&self, gate: &str) {
        self.shared.change(|state| state.open.insert(gate.to_owned()));
    }

    #[track_caller]
    fn wait<T>(&self, what: &str, look: impl Fn(&State) -> Option<T>) -> T {
        let deadline = Deadline::usual();
        let mut state = self.shared.state();
        loop {
            if let Some(found) = look(&state) {
                return found;
            }
            let Some(left) = deadline.left() else {
                let (asked, refused) = (state.asked.clone(), state.refused.clone());
                drop(state);
                panic!(
                    "waited {:?} for {what}; asked: {asked:#?}; refused: {refused:#?}",
                    wait::LIMIT
                )
            };
            state = self.shared.changed.wait_timeout(state, left).unwrap().0;
        }
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.shared.change(|state| state.closing = true);
        // Whoever waits for connections hears of it, also from another network.
        rustix::net::shutdown(&self.listener, rustix::net::Shutdown::Both).ok();
        if let Some(listening) = self.listening.take() {
            listening.join().ok();
        }
    }
}

fn listen(listener: &TcpListener, shared: &Arc<Shared>) {
    for stream in listener.incoming() {
        if shared.state().closing {
            return;
        }
        let Ok(stream) = stream else { continue };
        let has_room = shared.change(|state| {
            let has_room = state.connections < CONNECTIONS;
            state.connections += usize::from(has_room);
            has_room
        });
        if has_room {
            let shared = Arc::clone(shared);
            // It ends with its connection, or soon after `closing`.
            thread::spawn(move || {
                serve(stream, &shared);
                shared.change(|state| state.connections -= 1);
            });
        }
    }
}

fn serve(stream: TcpStream, shared: &Shared) {
    let Ok(mut connection) = Connection::of(stream) else { return };
    let request = match connection.request() {
        Ok(request) => request,
        Err(why) => {
            shared.change(|state| {
                if state.refused.len() < REQUESTS {
                    state.refused.push(why.clone());
                }
            });
            connection.json(400, &json!({ "error": { "message": why } })).ok();
            return;
        }
    };
    let noted = shared.change(|state| {
        let asked = Asked::of(state.asked.len(), &request);
        (asked.number < REQUESTS).then(|| {
            state.asked.push(asked.clone());
            asked
        })
    });
    let Some(asked) = noted else {
        connection.json(500, &json!({ "error": { "message": "too many requests" } })).ok();
        return;
    };
    let given = give(&mut connection, &asked, shared);
    shared.change(|state| match given {
        Ok(true) => state.answered.insert(asked.number),
        Ok(false) | Err(_) => state.abandoned.insert(asked.number),
    });
}

/// Answers; whether to the end.
fn give(connection: &mut Connection, asked: &Asked, shared: &Shared) -> std::io::Result<bool> {
    match reply::to(asked) {
        Reply::Whole { status, body, gate } => {
            let held = gate.is_none_or(|gate| hold(&gate, shared, || Ok(())).unwrap_or(false));
            if held {
                connection.json(status, &body)?;
            }
            Ok(held)
        }
        Reply::Stream { before, gate, after } => {
            connection.begin_events()?;
            connection.events(&before)?;
            if let Some(gate) = gate
                && !hold(&gate, shared, || connection.still_here())?
            {
                return Ok(false);
            }
            connection.events(&after)?;
            Ok(true)
        }
    }
}

/// Waits at a gate, breathing; whether it was opened.
fn hold(
    gate: &str,
    shared: &Shared,
    mut breathe: impl FnMut() -> std::io::Result<()>,
) -> std::io::Result<bool> {
    let deadline = Deadline::after(HELD_LIMIT);
    loop {
        {
            let state = shared.state();
            if state.open.contains(gate) {
                return Ok(true);
            }
            if state.closing || deadline.left().is_none() {
                return Ok(false);
            }
            drop(shared.changed.wait_timeout(state, BREATH).unwrap());
        }
        breathe()?;
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use super::*;
    use crate::agents::script::HEARD;

    fn send(api: &Api, request: &str) -> TcpStream {
        let mut stream = TcpStream::connect(api.address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        stream
    }

    fn prompt(api: &Api, words: &str) -> TcpStream {
        let body = json!({
            "model": "m", "stream": true, "tools": [{ "name": "Bash" }],
            "messages": [{ "role": "user", "content": words }],
        })
        .to_string();
        let length = body.len();
        send(api, &format!("POST /v1/messages HTTP/1.1\r\nContent-Length: {length}\r\n\r\n{body}"))
    }

    fn rest(mut stream: TcpStream) -> String {
        let mut all = String::new();
        stream.read_to_string(&mut all).unwrap();
        all
    }

    #[test]
    fn a_held_answer_is_begun_and_goes_on_when_it_is_let_go() {
        let api = Api::start();
        let stream = prompt(&api, "hello HOLD[gate]");
        let asked = api.wait_prompt("hello");
        assert!(!api.shared.state().answered.contains(&asked.number));
        api.let_go("gate");
        let all = rest(stream);
        assert!(all.contains(HEARD) && all.ends_with("\n\n"), "{all}");
        assert!(all.contains("message_stop"), "{all}");
        api.wait_answered(&asked);
    }

    #[test]
    fn who_leaves_before_the_end_is_noticed() {
        let api = Api::start();
        let stream = prompt(&api, "hello HOLD[never]");
        let asked = api.wait_prompt("hello");
        drop(stream);
        api.wait_abandoned(&asked);
    }

    #[test]
    fn a_refusal_has_the_status_that_the_prompt_names() {
        let api = Api::start();
        let all = rest(prompt(&api, "FAIL[529]"));
        assert!(all.starts_with("HTTP/1.1 529 ") && all.contains("overloaded_error"), "{all}");
    }

    #[test]
    fn what_is_no_request_is_refused_with_the_reason() {
        let api = Api::start();
        let chunked = "POST /v1/messages HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
        let all = rest(send(&api, chunked));
        assert!(all.starts_with("HTTP/1.1 400 ") && all.contains("chunked"), "{all}");
        let huge = "POST /v1/messages HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n";
        let all = rest(send(&api, huge));
        assert!(all.contains("99999999999 bytes"), "{all}");
        assert!(api.asked().is_empty());
    }
}
