//! As much of HTTP/1.1 as agents speak: one request per connection, with a body of known
//! length, and an answer that is whole or a stream of events.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

/// Bytes of a request line with its headers. Agents send one or two KiB.
const HEAD_LIMIT: u64 = 64 << 10;

/// Bytes of a body. A conversation with all tools is some hundred KiB.
const BODY_LIMIT: usize = 16 << 20;

/// How long a peer may keep us waiting for a request, or for room for our answer.
const PEER_LIMIT: Duration = Duration::from_secs(20);

/// A request.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) method: String,
    /// Without what follows the question mark.
    pub(super) path: String,
    /// What the body says; null when there is none.
    pub(super) body: Value,
}

/// One event of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Event {
    /// Empty where events have none.
    pub(super) name: &'static str,
    pub(super) data: Value,
}

/// The side of a connection that answers.
pub(super) struct Connection {
    stream: TcpStream,
}

impl Connection {
    pub(super) fn of(stream: TcpStream) -> std::io::Result<Self> {
        stream.set_read_timeout(Some(PEER_LIMIT))?;
        stream.set_write_timeout(Some(PEER_LIMIT))?;
        Ok(Self { stream })
    }

    /// Reads a request, or says what is wrong with it.
    pub(super) fn request(&mut self) -> Result<Request, String> {
        let mut reader = BufReader::new(&self.stream);
        let (method, path, length) = head(&mut reader)?;
        if length > BODY_LIMIT {
            return Err(format!("a body of {length} bytes"));
        }
        let mut raw = vec![0; length];
        reader.read_exact(&mut raw).map_err(|error| format!("the body: {error}"))?;
        let body = match raw.as_slice() {
            [] => Value::Null,
            raw => serde_json::from_slice(raw).map_err(|error| format!("the body: {error}"))?,
        };
        Ok(Request { method, path, body })
    }

    /// Answers with one JSON value.
    pub(super) fn json(&mut self, status: u16, value: &Value) -> std::io::Result<()> {
        let body = value.to_string();
        let head = format!(
            "HTTP/1.1 {status} As-Told\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        self.stream.write_all(head.as_bytes())?;
        self.stream.write_all(body.as_bytes())
    }

    /// Begins a stream of events. It ends with the connection.
    pub(super) fn begin_events(&mut self) -> std::io::Result<()> {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
                    cache-control: no-cache\r\nconnection: close\r\n\r\n";
        self.stream.write_all(head.as_bytes())
    }

    pub(super) fn events(&mut self, events: &[Event]) -> std::io::Result<()> {
        for Event { name, data } in events {
            let name = if name.is_empty() { String::new() } else { format!("event: {name}\n") };
            self.stream.write_all(format!("{name}data: {data}\n\n").as_bytes())?;
        }
        Ok(())
    }

    /// An empty line, which means nothing; writing it fails once nobody listens any more. A
    /// comment would do for all but Gemini CLI.
    pub(super) fn still_here(&mut self) -> std::io::Result<()> {
        self.stream.write_all(b"\n")
    }
}

/// Method, path and length of the body.
fn head(reader: &mut BufReader<&TcpStream>) -> Result<(String, String, usize), String> {
    let mut head = reader.take(HEAD_LIMIT);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        head.read_line(&mut line).map_err(|error| format!("the head: {error}"))?;
        if !line.ends_with('\n') {
            return Err(format!("a head that ends in {line:?}"));
        }
        match line.trim_end() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let mut words = lines.first().map(String::as_str).unwrap_or_default().split(' ');
    let (Some(method), Some(target)) = (words.next(), words.next()) else {
        return Err(format!("no request line: {lines:?}"));
    };
    let path = target.split('?').next().unwrap_or_default();
    let headers: Vec<(String, &str)> = lines[1..]
        .iter()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim()))
        .collect();
    let value = |name: &str| headers.iter().find(|(known, _)| known == name).map(|&(_, v)| v);
    for other in ["transfer-encoding", "content-encoding"] {
        if let Some(value) = value(other) {
            return Err(format!("{other}: {value} is not understood"));
        }
    }
    let length = value("content-length").unwrap_or("0");
    let length = length.parse().map_err(|_| format!("a body of {length:?} bytes"))?;
    Ok((method.into(), path.into(), length))
}
