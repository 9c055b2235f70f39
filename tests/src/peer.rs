//! The two protocols byte by byte: for tests that say what no program of ours would.

use std::io::{self, Read as _, Write as _};
use std::net::Shutdown;
use std::os::fd::AsFd as _;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

use app_wire::control::{self, Reply, Request};
use app_wire::hello::{HELLO_LEN, Hello};
use app_wire::hold::{self, FromHolder, ToHolder};

use crate::wait::{self, Deadline, LIMIT};

/// Connects to a socket; reads fail after the usual limit.
#[track_caller]
pub fn connect(socket: &Path) -> UnixStream {
    let stream = UnixStream::connect(socket)
        .unwrap_or_else(|error| panic!("cannot connect to `{}`: {error}", socket.display()));
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.set_write_timeout(Some(LIMIT)).unwrap();
    stream
}

/// Waits until the other side ends the connection, whatever it still says.
///
/// # Panics
/// When it does not.
#[track_caller]
pub fn wait_closed(stream: &mut UnixStream) {
    let mut rest = [0; 4096];
    loop {
        match stream.read(&mut rest) {
            Ok(0) => return,
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return,
            Err(error) => panic!("the other side keeps the connection: {error}"),
        }
    }
}

/// Types a line into a session through its holder's socket: no daemon is needed.
#[track_caller]
pub fn type_line(socket: &Path, line: &str) {
    let mut holder = Hold::connect(socket);
    let data = line.as_bytes().to_vec();
    holder.say(&ToHolder::Send(hold::Send { data, enter: true, keys: false }));
    holder.hear_until(|message| *message == FromHolder::Done);
}

/// A client of the control protocol.
pub struct Control(pub UnixStream);

impl Control {
    /// Connects and exchanges hellos.
    #[track_caller]
    pub fn connect(socket: &Path) -> Self {
        let mut stream = connect(socket);
        stream.write_all(&control::HELLO.encode()).unwrap();
        let theirs = read_hello(&mut stream);
        control::HELLO.agree(theirs).unwrap();
        Self(stream)
    }

    /// Sends a frame with this body.
    #[track_caller]
    pub fn send_body(&mut self, body: &[u8]) {
        let length = u32::try_from(body.len()).unwrap();
        self.0.write_all(&length.to_le_bytes()).unwrap();
        self.0.write_all(body).unwrap();
    }

    /// Reads one reply.
    #[track_caller]
    pub fn reply(&mut self) -> Reply {
        let mut length = [0; 4];
        self.0.read_exact(&mut length).unwrap();
        let length = u32::from_le_bytes(length) as usize;
        assert!(length <= control::MAX_REPLY, "a reply of {length} bytes");
        let mut body = vec![0; length];
        self.0.read_exact(&mut body).unwrap();
        control::decode_reply(&body).unwrap()
    }

    /// Asks, and reads the first reply.
    #[track_caller]
    pub fn ask(&mut self, request: &Request) -> Reply {
        self.send_body(&control::encode(request).unwrap());
        self.reply()
    }
}

/// A client of a holder.
pub struct Hold {
    stream: UnixStream,
    decoder: hold::Decoder,
}

impl Hold {
    /// Connects and exchanges hellos.
    #[track_caller]
    pub fn connect(socket: &Path) -> Self {
        let mut stream = connect(socket);
        stream.write_all(&hold::HELLO.encode()).unwrap();
        let theirs = read_hello(&mut stream);
        hold::HELLO.agree(theirs).unwrap();
        Self { stream, decoder: hold::Decoder::new() }
    }

    /// Sends a message.
    #[track_caller]
    pub fn say(&mut self, message: &ToHolder) {
        self.stream.write_all(&message.to_bytes()).unwrap();
    }

    /// Sends bytes.
    #[track_caller]
    pub fn say_bytes(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).unwrap();
    }

    /// Reads one message.
    #[track_caller]
    pub fn hear(&mut self) -> FromHolder {
        loop {
            if let Some(frame) = self.decoder.next_frame().unwrap() {
                return FromHolder::decode(frame).unwrap();
            }
            let mut bytes = vec![0; 64 << 10];
            let count = self.stream.read(&mut bytes).unwrap();
            assert!(count > 0, "the holder ended the connection");
            self.decoder.push(&bytes[..count]);
        }
    }

    /// Reads messages until one satisfies `check`.
    #[track_caller]
    pub fn hear_until(&mut self, check: impl Fn(&FromHolder) -> bool) -> FromHolder {
        loop {
            let message = self.hear();
            if check(&message) {
                return message;
            }
        }
    }

    /// The connection itself.
    pub fn stream(&mut self) -> &mut UnixStream {
        &mut self.stream
    }
}

#[track_caller]
fn read_hello(stream: &mut UnixStream) -> [u8; HELLO_LEN] {
    let mut theirs = [0; HELLO_LEN];
    stream.read_exact(&mut theirs).unwrap();
    theirs
}

/// A daemon of another release: it says its hello and nothing else.
pub struct FakeDaemon {
    listener: UnixListener,
    hello: Hello,
}

impl FakeDaemon {
    /// Listens where a daemon would.
    #[track_caller]
    pub fn listen(socket: &Path, hello: Hello) -> Self {
        Self { listener: UnixListener::bind(socket).unwrap(), hello }
    }

    /// Serves one client: hellos, then silence until the client leaves.
    #[track_caller]
    pub fn serve_one(&self) {
        assert!(
            wait::readable(self.listener.as_fd(), Deadline::usual()),
            "no client came to the fake daemon"
        );
        let (mut stream, _) = self.listener.accept().unwrap();
        stream.set_read_timeout(Some(LIMIT)).unwrap();
        stream.write_all(&self.hello.encode()).unwrap();
        wait_closed(&mut stream);
        stream.shutdown(Shutdown::Both).ok();
    }
}
