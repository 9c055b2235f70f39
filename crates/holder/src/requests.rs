//! What clients ask for, one arm per message.

use std::time::{Duration, Instant};

use app_sys::clock;
use app_wire::hold::{
    Attach, DetachReason, FromHolder, Handover, OUTPUT_CHUNK, RefusedCode, Send, ToHolder,
};

use crate::client::ClientId;
use crate::handed::Typed;
use crate::holder::{Body, Holder};
use crate::reports;

impl Holder {
    /// A client has sent something, or hung up.
    pub(crate) fn on_readable(&mut self, id: ClientId, now: Instant) {
        let Some(client) = self.clients.get_mut(id) else { return };
        let received = client.receive();
        self.serve(id, now);
        if received.is_err() {
            self.left(id, now);
        }
    }

    /// Answers what has arrived whole, up to the point where the input queue is full.
    pub(crate) fn serve(&mut self, id: ClientId, now: Instant) {
        loop {
            let full = matches!(&self.body, Body::Terminal(t) if t.input.is_full());
            let Some(client) = self.clients.get_mut(id) else { return };
            if full && client.drives() && !client.is_handed() {
                client.paused = true;
                break;
            }
            match client.next_message() {
                Ok(Some(message)) => self.answer(id, message, now),
                Ok(None) => break,
                Err(_) => {
                    // Our hello says what is spoken here.
                    client.flush(now);
                    return self.left(id, now);
                }
            }
        }
        if let Some(client) = self.clients.get_mut(id) {
            client.flush(now);
        }
    }

    fn answer(&mut self, id: ClientId, message: ToHolder, now: Instant) {
        match message {
            ToHolder::Attach(attach) => self.attach(id, attach, now),
            ToHolder::Input(bytes) => self.type_in(id, bytes, now),
            ToHolder::Resize(size) => {
                let Some(client) = self.clients.get_mut(id) else { return };
                let Some(attachment) = &mut client.attachment else { return };
                attachment.size = size.at_least_one();
                self.take_size_of(id, now);
                self.fit_all(now);
            }
            ToHolder::Detach => self.detach(id, DetachReason::Asked, now),
            ToHolder::Watch => {
                let status = FromHolder::Status(self.status());
                if let Some(client) = self.clients.get_mut(id) {
                    client.watches = true;
                    client.say(&status);
                }
            }
            ToHolder::Status => self.reply(id, &FromHolder::Status(self.status())),
            ToHolder::Screen { ansi, history_lines } => self.show(id, ansi, history_lines, now),
            ToHolder::Send(send) => self.send(id, send, now),
            ToHolder::Stop { grace_ms } => {
                self.stop(Duration::from_millis(grace_ms.into()), now);
                self.reply(id, &FromHolder::Done);
            }
            ToHolder::Kill => {
                self.kill(now);
                self.reply(id, &FromHolder::Done);
            }
            ToHolder::DetachAll => self.detach_all(id, now),
            ToHolder::WatchLooks => self.watch_looks(id, now),
            ToHolder::Tell(tell) => self.tell(id, tell, now),
            ToHolder::Pause => self.pause(id),
            ToHolder::Continue => {
                self.go_on();
                self.reply(id, &FromHolder::Done);
            }
            // Of a later release, which does not expect an answer from an old holder.
            ToHolder::Unknown(_) => {}
        }
    }

    pub(crate) fn reply(&mut self, id: ClientId, message: &FromHolder) {
        if let Some(client) = self.clients.get_mut(id) {
            client.say(message);
        }
    }

    pub(crate) fn refuse(&mut self, id: ClientId, code: RefusedCode, message: &str) {
        self.reply(id, &FromHolder::Refused { code, message: message.into() });
    }

    fn attach(&mut self, id: ClientId, attach: Attach, now: Instant) {
        if self.ended.is_some() {
            return self.refuse(id, RefusedCode::Ended, "the run is over");
        }
        let Body::Terminal(terminal) = &self.body else {
            return self.refuse(id, RefusedCode::NoTerminal, "the run has no terminal");
        };
        let attach = Attach { size: attach.size.at_least_one(), ..attach };
        if let Some(Handover { detach_key }) = attach.terminal
            && let Some(client) = self.clients.get_mut(id)
            && let Err(error) = client.take_terminal(detach_key, attach.size, terminal.device())
        {
            let message = format!("the terminal cannot be taken over: {error}");
            return self.refuse(id, RefusedCode::BadTerminal, &message);
        }
        if attach.terminal.is_some() {
            self.reply(id, &FromHolder::Done);
        }
        if attach.steal {
            self.detach_others(id, DetachReason::Stolen, now);
        }
        let Body::Terminal(terminal) = &mut self.body else { return };
        // The size first, so that the snapshot is already of that size.
        if !attach.read_only {
            terminal.acted(id, attach.size, now);
        }
        let snapshot = terminal.recorder(now).screen().snapshot(attach.history_lines);
        if let Some(client) = self.clients.get_mut(id) {
            client.attach(&attach, &snapshot);
        }
        self.fit_all(now);
    }

    fn type_in(&mut self, id: ClientId, bytes: Vec<u8>, now: Instant) {
        let Some(client) = self.clients.get_mut(id) else { return };
        let Body::Terminal(terminal) = &mut self.body else { return };
        if client.attachment.is_none() {
            return; // Input that crossed a detach.
        }
        let is_wanted = || terminal.recorder(now).screen().reports_focus();
        let typed = client.focus.listen(&bytes, now, is_wanted);
        self.pass_in(id, typed, now);
    }

    /// What was typed and is for the program.
    fn pass_in(&mut self, id: ClientId, bytes: Vec<u8>, now: Instant) {
        let Some(client) = self.clients.get_mut(id) else { return };
        if !client.drives() || bytes.is_empty() {
            return; // An observer, or nothing but a report.
        }
        if reports::is_typed(&bytes) {
            self.last_typed_at_ms = clock::wall_ms();
        }
        self.stir_looks(now);
        let other_speaks = matches!(&self.body, Body::Terminal(t) if !t.answers(id));
        if other_speaks && reports::only_reports(&bytes) {
            return; // Another terminal answers the program; nobody typed this.
        }
        self.take_size_of(id, now);
        let Body::Terminal(terminal) = &mut self.body else { return };
        if terminal.input.is_full() {
            return; // Only of a terminal that was handed over; others wait.
        }
        terminal.input.push(bytes);
        terminal.write_input(now);
    }

    /// This client acted last: if it drives, the terminal takes its size.
    fn take_size_of(&mut self, id: ClientId, now: Instant) {
        let Some(client) = self.clients.get_mut(id) else { return };
        let Some(attachment) = client.attachment.filter(|it| !it.read_only) else { return };
        let Body::Terminal(terminal) = &mut self.body else { return };
        if terminal.acted(id, attachment.size, now) {
            self.fit_all(now);
        }
    }

    fn show(&mut self, id: ClientId, ansi: bool, history_lines: u32, now: Instant) {
        let Body::Terminal(terminal) = &mut self.body else {
            return self.refuse(id, RefusedCode::NoTerminal, "the run has no terminal");
        };
        let mut recorder = terminal.recorder(now);
        let bytes = if ansi {
            recorder.screen().snapshot(history_lines)
        } else {
            recorder.screen().text().into_bytes()
        };
        drop(recorder);
        let Some(client) = self.clients.get_mut(id) else { return };
        let mut rest = bytes.as_slice();
        loop {
            let (piece, after) = rest.split_at(rest.len().min(OUTPUT_CHUNK));
            let last = after.is_empty();
            client.say(&FromHolder::Screen { last, bytes: piece.to_vec() });
            if last {
                return;
            }
            rest = after;
        }
    }

    fn send(&mut self, id: ClientId, send: Send, now: Instant) {
        if self.ended.is_some() {
            return self.refuse(id, RefusedCode::Ended, "the run is over");
        }
        let Body::Terminal(terminal) = &mut self.body else {
            return self.refuse(id, RefusedCode::NoTerminal, "the run has no terminal");
        };
        if !terminal.input.has_room_for(send.data.len()) {
            let message = "the program does not read its input; nothing was typed";
            return self.refuse(id, RefusedCode::Busy, message);
        }
        let brackets_paste = terminal.recorder(now).screen().brackets_paste();
        terminal.input.push_send(send, brackets_paste);
        terminal.write_input(now);
        self.last_typed_at_ms = clock::wall_ms();
        self.stir_looks(now);
        self.reply(id, &FromHolder::Done);
    }

    /// A client's terminal that was handed over can be read or written.
    pub(crate) fn on_typed(&mut self, id: ClientId, now: Instant) {
        let typed = self.clients.get_mut(id).and_then(|client| client.typed(now));
        self.heard(id, typed, now);
    }

    /// Keys that were held back may be due.
    pub(crate) fn on_held_keys(&mut self, now: Instant) {
        let ids: Vec<ClientId> = self.clients.iter().map(|client| client.id).collect();
        for id in ids {
            let typed = self.clients.get_mut(id).and_then(|client| client.tick(now));
            self.heard(id, typed, now);
            if let Some(keys) = self.clients.get_mut(id).and_then(|client| client.release(now)) {
                self.pass_in(id, keys, now);
            }
        }
    }

    fn heard(&mut self, id: ClientId, typed: Option<Typed>, now: Instant) {
        match typed {
            None => {}
            Some(Typed::Keys(keys)) => self.type_in(id, keys, now),
            Some(Typed::Leave(keys, reason)) => {
                self.type_in(id, keys, now);
                self.detach(id, reason, now);
            }
            Some(Typed::Gone) => {
                if let Some(client) = self.clients.get_mut(id) {
                    client.lose_terminal();
                    client.flush(now);
                }
                self.pass_size_on(id, now);
            }
        }
    }

    fn detach(&mut self, id: ClientId, reason: DetachReason, now: Instant) {
        if let Some(client) = self.clients.get_mut(id) {
            client.detach(FromHolder::Detached(reason), now);
        }
        self.pass_size_on(id, now);
    }

    /// A connection is over.
    fn left(&mut self, id: ClientId, now: Instant) {
        self.clients.remove(id, now);
        self.pass_size_on(id, now);
    }

    /// When the driver that decided the size is gone, another one does, if there is one.
    fn pass_size_on(&mut self, gone: ClientId, now: Instant) {
        let Body::Terminal(terminal) = &self.body else { return };
        if !terminal.was_decided_by(gone) {
            return;
        }
        let next = self.clients.iter().find(|client| client.drives()).map(|client| client.id);
        if let Some(next) = next {
            self.take_size_of(next, now);
        }
    }

    fn detach_others(&mut self, id: ClientId, reason: DetachReason, now: Instant) {
        let others = self.clients.iter_mut().filter(|it| it.id != id && it.attachment.is_some());
        for client in others {
            client.detach(FromHolder::Detached(reason), now);
        }
    }

    fn detach_all(&mut self, id: ClientId, now: Instant) {
        for client in self.clients.iter_mut().filter(|client| client.attachment.is_some()) {
            client.detach(FromHolder::Detached(DetachReason::ByCommand), now);
        }
        self.reply(id, &FromHolder::Done);
    }
}
