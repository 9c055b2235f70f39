//! The test plays the holder behind its socket.

use std::sync::Arc;

use app_model::TerminalSize;
use app_model::look::{Look, Sight};
use app_sys::places::Places;
use app_wire::hold::RefusedCode;
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixListener;
use tokio::process::Child;

use super::*;

const ID: SessionId = SessionId(7);
const RUN: RunNumber = RunNumber::FIRST;

/// A run that is alive, and the link to it.
struct Rig {
    link: HolderLink,
    listener: UnixListener,
    seen: mpsc::Receiver<Seen>,
    /// Stands for the holder's process.
    holder: Child,
    _dir: tempfile::TempDir,
}

impl Rig {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let at = |name: &str| dir.path().join(name);
        let places = Places { runtime: at("r"), state: at("s"), config: at("c") };
        let socket = places.run_socket(ID);
        std::fs::create_dir_all(socket.parent().unwrap()).unwrap();
        let listener = UnixListener::bind(socket).unwrap();
        let config = Config {
            places,
            programs: "/nonexistent".into(),
            budget: crate::budget::Budget::of(None),
            boot_id: "boot".into(),
            session_fd_limit: None,
            on_demand: false,
        };
        let (sender, seen) = mpsc::channel(64);
        let link = HolderLink::new(ID, Arc::new(config), sender, Scopes::none());
        let holder = Command::new("sleep").arg("1000").kill_on_drop(true).spawn().unwrap();
        Self { link, listener, seen, holder, _dir: dir }
    }

    fn adopt(&mut self) {
        let pid = Pid::new(self.holder.id().unwrap()).unwrap();
        let start_time = process::identity_of(pid).unwrap().start_time;
        self.link.adopt(LiveRun {
            session: ID,
            run: RUN,
            stop_asked: false,
            sleep_asked: false,
            boot_id: "boot".into(),
            child: None,
            holder: Some((pid.as_u32(), start_time)),
            started_at_ms: Some(1),
            started_boot_ms: Some(1),
        });
    }

    /// The next connection of the link.
    async fn accept(&self) -> Peer {
        let (mut stream, _) = self.listener.accept().await.unwrap();
        stream.write_all(&HELLO.encode()).await.unwrap();
        let mut hello = [0; HELLO_LEN];
        stream.read_exact(&mut hello).await.unwrap();
        Peer { stream, decoder: Decoder::new() }
    }
}

/// The holder's side of a connection.
struct Peer {
    stream: UnixStream,
    decoder: Decoder,
}

impl Peer {
    async fn hear(&mut self) -> ToHolder {
        let mut buffer = [0; READ];
        loop {
            if let Some(frame) = self.decoder.next_frame().unwrap() {
                return ToHolder::decode(frame).unwrap();
            }
            let count = self.stream.read(&mut buffer).await.unwrap();
            assert!(count > 0, "the link hung up");
            self.decoder.push(&buffer[..count]);
        }
    }

    async fn say(&mut self, message: &FromHolder) {
        self.stream.write_all(&message.to_bytes()).await.unwrap();
    }
}

fn status() -> Status {
    Status {
        session: ID,
        run: RUN,
        holder_pid: 0,
        child_pid: 0,
        child_start: 0,
        started_at_ms: 1,
        started_boot_ms: 1,
        size: TerminalSize::DEFAULT,
        attached: 0,
        stopping: false,
        last_output_at_ms: 0,
        output_bytes: 0,
        title: String::new(),
        focused: None,
        paused: false,
    }
}

#[tokio::test]
async fn looks_are_asked_for_on_every_connection_and_seen() {
    let mut rig = Rig::new();
    rig.link.watch_looks(); // Before there is a run: it counts for all that come.
    rig.adopt();
    for title in ["first", "again"] {
        let mut holder = rig.accept().await;
        assert_eq!(holder.hear().await, ToHolder::Watch);
        assert_eq!(holder.hear().await, ToHolder::WatchLooks);
        let look = Look { title: title.into(), ..Look::default() };
        let sight = Sight { look, last_output_at_ms: 5, ..Sight::default() };
        holder.say(&FromHolder::Look(Box::new(sight.clone()))).await;
        let seen = rig.seen.recv().await.unwrap();
        assert!(matches!(&seen, Seen::Look(seen) if **seen == sight), "{seen:?}");
    }
}

#[tokio::test]
async fn looks_are_asked_for_once_when_that_is_told() {
    let mut rig = Rig::new();
    rig.adopt();
    let mut holder = rig.accept().await;
    assert_eq!(holder.hear().await, ToHolder::Watch);
    rig.link.refresh();
    assert_eq!(holder.hear().await, ToHolder::Status, "nobody told it to ask");
    rig.link.watch_looks();
    rig.link.watch_looks();
    rig.link.detach_all();
    assert_eq!(holder.hear().await, ToHolder::WatchLooks);
    assert_eq!(holder.hear().await, ToHolder::DetachAll);
    drop(holder);
    let mut again = rig.accept().await;
    assert_eq!(again.hear().await, ToHolder::Watch);
    assert_eq!(again.hear().await, ToHolder::WatchLooks);
}

#[tokio::test]
async fn a_holder_that_cannot_be_looked_at_is_no_worse_for_it() {
    let mut rig = Rig::new();
    rig.link.watch_looks();
    rig.adopt();
    let mut holder = rig.accept().await;
    holder.say(&FromHolder::Unknown(0x7f)).await;
    let message = "the run has no terminal".into();
    holder.say(&FromHolder::Refused { code: RefusedCode::NoTerminal, message }).await;
    holder.say(&FromHolder::Status(status())).await;
    let seen = rig.seen.recv().await.unwrap();
    assert!(matches!(&seen, Seen::Status(seen) if **seen == status()), "{seen:?}");
}
