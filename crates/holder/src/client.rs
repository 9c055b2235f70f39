//! One connection: what it has said, what it is, and what waits for it.
//!
//! # Invariants
//!
//! 1. Nothing here blocks: reads and writes take what the kernel has or has room for.
//! 2. A client that breaks the protocol is [`Gone`], alone; others never notice.
//! 3. A lagging client gets no output until it has taken everything before and there is
//!    room again; then a snapshot makes up for what it missed.
//! 4. A terminal that was handed over is put right before its client is forgotten.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::time::Instant;

use app_model::TerminalSize;
use app_model::look::Sight;
use app_model::notice::voice::Voice;
use app_sys::poll::Interest;
use app_sys::socket;
use app_wire::hello::HELLO_LEN;
use app_wire::hold::{Attach, Decoder, DetachReason, FromHolder, HELLO, RefusedCode, ToHolder};

use crate::focus::{self, Focus};
use crate::glance::Glance;
use crate::handed::{Back, Handed, Place, Typed};
use crate::limits;
use crate::looks::Looks;
use crate::model::{BACK_TO_NORMAL, Model};
use crate::outbox::Outbox;

/// Names one connection for the life of the holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ClientId(pub(crate) u32);

/// The connection is of no use any more: it ended, broke, or spoke nonsense.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Gone;

/// How much of the output an attachment gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    /// All of it, as it comes.
    Live,
    /// None, until there is room for a snapshot.
    Lagging,
}

/// What an attached client is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Attachment {
    /// Its terminal's size.
    pub(crate) size: TerminalSize,
    /// An observer.
    pub(crate) read_only: bool,
    /// How its terminal is told something.
    pub(crate) voice: Voice,
    flow: Flow,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// It has not said hello yet; a stranger has until then.
    Greeting {
        until: Option<Instant>,
    },
    Talking,
}

/// A connection.
#[derive(Debug)]
pub(crate) struct Client {
    pub(crate) id: ClientId,
    /// It hears of every change of the status.
    pub(crate) watches: bool,
    /// It is shown the program.
    pub(crate) looks: Option<Box<Looks>>,
    /// What its terminal says of its focus.
    pub(crate) focus: Focus,
    /// Its next message waits for room in the input queue.
    pub(crate) paused: bool,
    pub(crate) attachment: Option<Attachment>,
    handed: Option<Handed>,
    /// Its terminal has another size than the program's.
    glance: Option<Glance>,
    /// A descriptor that came, for the message that it came with.
    descriptor: Option<OwnedFd>,
    /// The connection is over; only its terminal is still to be put right.
    over: bool,
    stream: UnixStream,
    decoder: Decoder,
    outbox: Outbox,
    stage: Stage,
    /// When it last took bytes, or had nothing to take.
    progress_at: Instant,
    /// It does not take anything any more.
    deaf: bool,
    /// Since when it has been slowing the child without a pause.
    holding_since: Option<Instant>,
}

impl Client {
    /// A new connection. A stranger has limited time to say hello.
    pub(crate) fn new(
        id: ClientId,
        stream: UnixStream,
        until: Option<Instant>,
        now: Instant,
    ) -> io::Result<Self> {
        stream.set_nonblocking(true)?;
        Ok(Self {
            id,
            watches: false,
            looks: None,
            focus: Focus::default(),
            paused: false,
            attachment: None,
            handed: None,
            glance: None,
            descriptor: None,
            over: false,
            stream,
            decoder: Decoder::new(),
            outbox: Outbox::new(HELLO.encode()),
            stage: Stage::Greeting { until },
            progress_at: now,
            deaf: false,
            holding_since: None,
        })
    }

    pub(crate) fn wants_read(&self) -> bool {
        !self.paused && !self.over
    }

    pub(crate) fn wants_write(&self) -> bool {
        !self.outbox.is_empty() || (self.is_lagging() && self.handed.is_none())
    }

    /// The terminal that was handed over, and whether its keys and room on it are awaited.
    pub(crate) fn tty(&self) -> Option<(&File, bool, bool)> {
        let handed = self.handed.as_ref()?;
        let write = handed.bell().is_none() && (handed.len() > 0 || self.is_lagging());
        Some((handed.tty(), !handed.is_leaving(), write))
    }

    /// Readable when more of a flood can be written to it.
    pub(crate) fn bell(&self) -> Option<&UnixStream> {
        self.handed.as_ref().and_then(Handed::bell)
    }

    /// There is a flood: what is written to its terminal is written by a thread from now on.
    pub(crate) fn write_apart(&mut self, now: Instant) {
        let live = self.attachment.is_some_and(|attachment| attachment.flow == Flow::Live);
        if let Some(handed) = self.handed.as_mut().filter(|_| live && self.glance.is_none()) {
            handed.write_apart(now);
        }
    }

    /// What to wait for until it has taken everything.
    pub(crate) fn room(&self) -> impl Iterator<Item = Interest<'_>> {
        let socket = (!self.outbox.is_empty()).then(|| Interest::write(self));
        let tty = self.handed.as_ref().filter(|handed| handed.len() > 0);
        socket.into_iter().chain(tty.map(Handed::room))
    }

    /// Whether its terminal was handed over.
    pub(crate) fn is_handed(&self) -> bool {
        self.handed.is_some()
    }

    /// Bytes of output that wait.
    fn waiting(&self) -> usize {
        self.handed.as_ref().map_or_else(|| self.outbox.len(), Handed::len)
    }

    pub(crate) fn has_output_waiting(&self) -> bool {
        !self.outbox.is_empty() || self.waiting() > 0 || self.is_leaving()
    }

    /// Whether its terminal is being given back.
    fn is_leaving(&self) -> bool {
        self.handed.as_ref().is_some_and(Handed::is_leaving)
    }

    /// Takes what has arrived, up to a turn's worth. What it said before it hung up still
    /// counts, so look for messages even if this says [`Gone`].
    pub(crate) fn receive(&mut self) -> Result<(), Gone> {
        let mut buffer = [0; 4096];
        let mut taken = 0;
        while taken < limits::CLIENT_READ {
            match socket::receive_with(&self.stream, &mut buffer) {
                Ok((0, _)) => return Err(Gone),
                Ok((count, descriptor)) => {
                    // One that no message asks for is closed when the next comes.
                    self.descriptor = descriptor.or(self.descriptor.take());
                    self.decoder.push(&buffer[..count]);
                    taken += count;
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Gone),
            }
        }
        Ok(())
    }

    /// The next message that has arrived whole.
    pub(crate) fn next_message(&mut self) -> Result<Option<ToHolder>, Gone> {
        if let Stage::Greeting { .. } = self.stage {
            let Some(theirs) = self.decoder.take::<HELLO_LEN>() else { return Ok(None) };
            HELLO.agree(theirs).map_err(|_| Gone)?;
            self.stage = Stage::Talking;
        }
        let frame = self.decoder.next_frame().map_err(|_| Gone)?;
        frame.map(ToHolder::decode).transpose().map_err(|_| Gone)
    }

    /// Queues a message.
    pub(crate) fn say(&mut self, message: &FromHolder) {
        self.outbox.push(message);
    }

    /// Queues output of the child, if it is attached and keeps up.
    pub(crate) fn output(&mut self, bytes: &[u8], now: Instant) -> bool {
        if let Some(glance) = &mut self.glance {
            glance.stir(now);
            return false;
        }
        let live = self.attachment.is_some_and(|attachment| attachment.flow == Flow::Live);
        if live {
            self.push_output(bytes);
        }
        live
    }

    fn push_output(&mut self, bytes: &[u8]) {
        match &mut self.handed {
            Some(handed) => handed.push(bytes),
            None => self.outbox.push_output(bytes),
        }
    }

    fn drop_output(&mut self) {
        match &mut self.handed {
            Some(handed) => handed.clear(),
            None => self.outbox.drop_output(),
        }
    }

    /// Takes the terminal that came with a message.
    pub(crate) fn take_terminal(
        &mut self,
        detach_key: u8,
        size: TerminalSize,
        own: Option<u64>,
    ) -> io::Result<()> {
        let missing = || io::Error::new(io::ErrorKind::InvalidInput, "none came with the request");
        let fd = self.descriptor.take().ok_or_else(missing)?;
        self.handed = Some(Handed::take(fd, detach_key, size, own)?);
        Ok(())
    }

    /// Makes it an attachment that begins with this snapshot.
    pub(crate) fn attach(&mut self, attach: &Attach, snapshot: &[u8]) {
        self.outbox.drop_output();
        self.forget_focus();
        let Attach { size, read_only, voice, .. } = *attach;
        self.attachment = Some(Attachment { size, read_only, voice, flow: Flow::Live });
        // First: a snapshot may end within a sequence.
        self.push_output(&[focus::ASK, snapshot].concat());
    }

    /// Writes something to its terminal that is not of the program, whose output stands
    /// between two sequences. Says whether it could be.
    pub(crate) fn slip_in(&mut self, bytes: &[u8], now: Instant) -> bool {
        let takes = self.attachment.is_some_and(|attachment| attachment.flow == Flow::Live);
        if takes {
            self.push_output(bytes);
            self.flush(now);
        }
        takes
    }

    /// Shows pictures to a terminal whose size is not this one, the program's. Says whether
    /// it is to go on with the output instead, after a snapshot that makes up for it.
    pub(crate) fn fit(&mut self, program: TerminalSize, now: Instant) -> bool {
        let Some(size) = self.attachment.map(|attachment| attachment.size) else {
            self.glance = None;
            return false;
        };
        if (size.rows, size.cols) == (program.rows, program.cols) {
            return self.glance.take().is_some();
        }
        if !self.glance.as_ref().is_some_and(|glance| glance.fits(size)) {
            self.drop_output();
            self.push_output(&[BACK_TO_NORMAL, focus::ASK].concat());
            self.glance = Some(Glance::new(size, now));
        }
        if let Some(attachment) = &mut self.attachment {
            attachment.flow = Flow::Live;
        }
        false
    }

    /// Starts anew from this snapshot.
    pub(crate) fn repaint(&mut self, snapshot: &[u8], now: Instant) {
        self.drop_output();
        self.push_anew(snapshot);
        self.flush(now);
    }

    /// Queues a snapshot for a terminal that shows something else, or half of it.
    fn push_anew(&mut self, snapshot: &[u8]) {
        self.push_output(&[BACK_TO_NORMAL, focus::ASK, snapshot].concat());
    }

    /// Whether a picture is due that it can take.
    pub(crate) fn wants_picture(&self, now: Instant) -> bool {
        let due = self.glance.as_ref().and_then(Glance::due_at);
        due.is_some_and(|at| now >= at) && self.waiting() == 0
    }

    /// Shows it the screen as it is.
    pub(crate) fn draw(&mut self, screen: &mut Model, now: Instant) {
        if let Some(glance) = &mut self.glance {
            glance.drawn(now);
            let picture = screen.picture(&mut glance.view);
            self.push_output(&picture);
            self.flush(now);
        }
    }

    /// When it looks at the program again. Not before it has read what it was told.
    pub(crate) fn look_at(&self, flooded: bool) -> Option<Instant> {
        self.looks.as_ref().filter(|_| self.outbox.is_empty())?.due_at(flooded)
    }

    /// Tells it what it has not heard of this.
    pub(crate) fn show(&mut self, sight: &Sight, now: Instant) {
        if self.looks.as_mut().is_some_and(|looks| looks.see(sight, now)) {
            self.say(&FromHolder::Look(Box::new(sight.clone())));
            self.flush(now);
        }
    }

    /// Nothing is known of the focus of its terminal.
    pub(crate) fn forget_focus(&mut self) {
        self.focus = Focus::default();
    }

    /// Ends the attachment; output that waits is of no use any more.
    pub(crate) fn detach(&mut self, goodbye: FromHolder, now: Instant) {
        (self.attachment, self.glance) = (None, None);
        match &mut self.handed {
            Some(handed) => handed.leave(Place::Bottom, goodbye, now),
            None => {
                self.outbox.drop_output();
                self.say(&goodbye);
            }
        }
        self.flush(now);
    }

    /// The run is over: its last output stays to be seen.
    pub(crate) fn end(&mut self, goodbye: FromHolder, now: Instant) {
        match (&mut self.handed, self.attachment) {
            // It is on its way out and will hear why.
            (Some(handed), _) if handed.is_leaving() => {}
            (Some(handed), Some(attachment)) => {
                let place = Place::Cursor { cols: attachment.size.cols };
                handed.leave(place, goodbye, now);
            }
            _ => self.say(&goodbye),
        }
    }

    /// The connection is over. Says whether that is all: else its terminal is still to be
    /// put right.
    pub(crate) fn hang_up(&mut self, now: Instant) -> bool {
        (self.over, self.watches, self.deaf) = (true, false, true);
        self.looks = None;
        self.outbox.clear();
        let goodbye = FromHolder::Detached(DetachReason::Asked);
        if let (Some(handed), Some(attachment)) = (&mut self.handed, self.attachment) {
            handed.abandon(attachment.size.cols, goodbye.clone(), now);
        }
        self.detach(goodbye, now);
        self.is_over()
    }

    /// Whether nothing is left to do for it.
    pub(crate) fn is_over(&self) -> bool {
        self.over && self.handed.is_none()
    }

    /// What was typed on the terminal that was handed over.
    pub(crate) fn typed(&mut self, now: Instant) -> Option<Typed> {
        self.handed.as_mut().filter(|handed| !handed.is_leaving()).map(|handed| handed.read(now))
    }

    /// What was held back because it might have become a report of the focus.
    pub(crate) fn release(&mut self, now: Instant) -> Option<Vec<u8>> {
        self.focus.due_at().is_some_and(|at| now >= at).then(|| self.focus.release())
    }

    /// What has become of keys that were held back.
    pub(crate) fn tick(&mut self, now: Instant) -> Option<Typed> {
        let handed = self.handed.as_mut().filter(|handed| !handed.is_leaving())?;
        handed.deadline().is_some_and(|at| now >= at).then(|| handed.tick(now))
    }

    /// The terminal that was handed over is gone.
    pub(crate) fn lose_terminal(&mut self) {
        (self.handed, self.attachment, self.glance) = (None, None, None);
        self.say(&FromHolder::Detached(DetachReason::Asked));
    }

    /// Whether it types: what it says goes through the input queue.
    pub(crate) fn drives(&self) -> bool {
        self.attachment.is_some_and(|attachment| !attachment.read_only)
    }

    pub(crate) fn is_lagging(&self) -> bool {
        self.attachment.is_some_and(|attachment| attachment.flow == Flow::Lagging)
    }

    /// Goes on with this snapshot instead of what it missed.
    pub(crate) fn catch_up(&mut self, snapshot: &[u8]) {
        if let Some(attachment) = &mut self.attachment {
            attachment.flow = Flow::Live;
            self.push_anew(snapshot);
        }
    }

    /// Writes what waits, as far as there is room. A peer that is gone is not dropped
    /// here: what it said before it left is still to be read, and the end after it.
    ///
    /// Its terminal comes first: that is what a person waits for, and what is said of a
    /// terminal that was given back is said after that.
    pub(crate) fn flush(&mut self, now: Instant) {
        self.flush_terminal(now);
        let was_waiting = !self.outbox.is_empty();
        match self.outbox.write_to(&mut &self.stream) {
            Ok(0) if was_waiting => {}
            Ok(_) => self.progress_at = now,
            Err(_) => {
                self.attachment = None;
                self.deaf = true;
            }
        }
        if self.deaf {
            self.outbox.clear();
        }
        match (self.holds_up(), self.holding_since) {
            (true, None) => self.holding_since = Some(now),
            (true, Some(_)) => {}
            (false, _) => self.holding_since = None,
        }
    }

    fn flush_terminal(&mut self, now: Instant) {
        let Some(handed) = &mut self.handed else { return };
        match handed.flush(now) {
            Ok(0) => {}
            Ok(_) => self.progress_at = now,
            Err(_) if handed.is_leaving() => handed.clear(),
            Err(_) => return self.lose_terminal(),
        }
        if let Some(Back { goodbye, is_right }) = handed.finish(now) {
            self.handed = None; // Its settings are back before the client hears of it.
            if !is_right {
                let message = "the terminal did not take its reset".into();
                self.say(&FromHolder::Refused { code: RefusedCode::Busy, message });
            }
            self.say(&goodbye);
        }
    }

    /// Whether the child has to wait for it.
    pub(crate) fn holds_up(&self) -> bool {
        self.attachment.is_some_and(|attachment| attachment.flow == Flow::Live)
            && self.waiting() > limits::HIGH_WATER
    }

    /// When something must be decided about it: its hello, or its slowness.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let slow = match self.stage {
            Stage::Greeting { until } => until,
            Stage::Talking => self.slow_at(),
        };
        // While it takes nothing, the room that it makes is awaited.
        let picture = self.glance.as_ref().filter(|_| self.waiting() == 0);
        let picture = picture.and_then(Glance::due_at);
        let handed = self.handed.as_ref().and_then(Handed::deadline);
        [slow, handed, picture, self.focus.due_at()].into_iter().flatten().min()
    }

    /// When it is left behind, if it takes nothing until then.
    fn slow_at(&self) -> Option<Instant> {
        let since = self.holding_since?;
        Some((self.progress_at + limits::STALL).min(since + limits::HOLD_UP))
    }

    /// Decides what is due.
    pub(crate) fn on_time(&mut self, now: Instant) -> Result<(), Gone> {
        if let Stage::Greeting { until } = self.stage {
            return if until.is_some_and(|at| now >= at) { Err(Gone) } else { Ok(()) };
        }
        let is_slow = self.slow_at().is_some_and(|at| now >= at);
        if self.is_leaving() || is_slow {
            // It may have taken something that was not noticed yet.
            self.flush(now);
        }
        if let Some(handed) = &mut self.handed {
            handed.settle(now);
        }
        if self.slow_at().is_some_and(|at| now >= at) {
            self.holding_since = None;
            if let Some(attachment) = &mut self.attachment {
                attachment.flow = Flow::Lagging;
                self.drop_output();
            }
        }
        Ok(())
    }
}

impl AsFd for Client {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.stream.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn connected(until: Option<Instant>) -> (Client, UnixStream, Instant) {
        let (ours, theirs) = socket::pair().unwrap();
        let now = Instant::now();
        (Client::new(ClientId(1), ours, until, now).unwrap(), theirs, now)
    }

    #[test]
    fn a_wrong_hello_and_garbage_are_the_end_of_it() {
        let (mut client, mut peer, _) = connected(None);
        peer.write_all(b"GET / HT").unwrap();
        client.receive().unwrap();
        assert_eq!(client.next_message(), Err(Gone));

        let (mut client, mut peer, _) = connected(None);
        peer.write_all(&HELLO.encode()).unwrap();
        peer.write_all(&[0xff; 5]).unwrap();
        client.receive().unwrap();
        assert_eq!(client.next_message(), Err(Gone));

        let (mut client, peer, _) = connected(None);
        drop(peer);
        assert_eq!(client.receive(), Err(Gone));
    }

    #[test]
    fn a_stranger_that_says_nothing_is_dropped_in_time() {
        let (mut client, _peer, now) = connected(None);
        assert_eq!((client.deadline(), client.on_time(now)), (None, Ok(())));
        let until = now + limits::HELLO_LIMIT;
        let (mut client, _peer, _) = connected(Some(until));
        assert_eq!(client.on_time(now), Ok(()));
        assert_eq!(client.on_time(until), Err(Gone));
    }

    #[test]
    fn a_client_that_takes_nothing_holds_up_the_child_for_no_longer_than_the_limit() {
        let (mut client, _peer, now) = connected(None);
        client.stage = Stage::Talking;
        let attach = Attach {
            size: TerminalSize::DEFAULT,
            history_lines: 0,
            read_only: false,
            steal: false,
            terminal: None,
            voice: Voice::Bell,
        };
        client.attach(&attach, b"");
        while !client.holds_up() {
            client.output(&[b'x'; 64 << 10], now);
            client.flush(now);
        }
        assert_eq!(client.deadline(), Some(now + limits::STALL));
        client.on_time(now + limits::STALL).unwrap();
        assert!(client.is_lagging() && !client.holds_up());
        assert!(!client.output(b"missed", now));
        assert!(client.outbox.len() < limits::OUTPUT_BATCH + 5, "only what had begun is left");
        assert_eq!(client.deadline(), None);
    }

    #[test]
    fn a_watcher_that_does_not_read_has_one_look_waiting_for_it() {
        let (mut client, _peer, now) = connected(None);
        client.looks = Some(Box::new(Looks::new(Sight::default(), now)));
        client.flush(now);
        let mut at = now;
        let mut full = None;
        for last_typed_at_ms in 1..=1000 {
            if let Some(looks) = &mut client.looks {
                looks.stir(at);
            }
            at += limits::TIMES_GAP;
            let Some(due) = client.look_at(false) else {
                full.get_or_insert(client.outbox.len());
                continue;
            };
            assert!(due <= at && full.is_none());
            let look = app_model::look::Look {
                lines: vec!["x".repeat(400); 40],
                ..app_model::look::Look::default()
            };
            client.show(&Sight { look, last_typed_at_ms, ..Sight::default() }, at);
        }
        assert_eq!(full, Some(client.outbox.len()), "nothing was added");
        assert!(client.outbox.len() < 20_000);
    }
}
