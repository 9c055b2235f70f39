//! The daemon's log: a file that cannot grow without end, or standard error.
//!
//! Levels: `error` is our bug; `warn` is bad but possible; `info` can stay on for ever;
//! `debug` can be hidden without loss. `APPCTL_LOG` filters (tracing's syntax). No
//! environment of a session is ever logged, and nothing in a line acts on a terminal.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use app_model::text::printable;
use app_sys::private;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

/// Size at which the file is put aside as `appd.log.1`, and a new one begun.
const MAX_FILE: u64 = 4 << 20;

/// Which lines are written unless `APPCTL_LOG` says otherwise.
const DEFAULT_FILTER: &str = "info";

/// Logs to the file at `path` from now on.
pub fn to_file(path: &Path) -> io::Result<()> {
    let file = LogFile::open(path)?;
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter())
        .with_ansi(false)
        .with_writer(Shared(Mutex::new(file)))
        .finish();
    tracing::subscriber::set_global_default(subscriber).map_err(io::Error::other)
}

/// Logs to standard error from now on.
pub fn to_stderr() -> io::Result<()> {
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter())
        .with_ansi(false)
        .with_writer(|| Harmless(io::stderr()))
        .finish();
    tracing::subscriber::set_global_default(subscriber).map_err(io::Error::other)
}

fn filter() -> EnvFilter {
    EnvFilter::try_from_env("APPCTL_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER))
}

/// A file that is put aside when it is full.
struct LogFile {
    path: PathBuf,
    file: File,
    size: u64,
}

impl LogFile {
    fn open(path: &Path) -> io::Result<Self> {
        let file = private::open_append(path)?;
        let size = file.metadata()?.len();
        Ok(Self { path: path.to_owned(), file, size })
    }

    fn write(&mut self, line: &[u8]) -> io::Result<()> {
        if self.size + line.len() as u64 > MAX_FILE {
            let mut aside = self.path.clone().into_os_string();
            aside.push(".1");
            std::fs::rename(&self.path, aside)?;
            *self = Self::open(&self.path)?;
        }
        self.file.write_all(line)?;
        self.size += line.len() as u64;
        Ok(())
    }
}

struct Shared(Mutex<LogFile>);

struct Line<'a>(&'a Mutex<LogFile>);

impl<'a> MakeWriter<'a> for Shared {
    type Writer = Harmless<Line<'a>>;

    fn make_writer(&'a self) -> Self::Writer {
        Harmless(Line(&self.0))
    }
}

impl Write for Line<'_> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let mut file = self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.write(line)?;
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Writes each event as one line on which nothing acts on a terminal: an error may quote a
/// file's name. It is given one event at a time.
struct Harmless<W>(W);

impl<W: Write> Write for Harmless<W> {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        let line = printable(String::from_utf8_lossy(event).trim_end_matches('\n')) + "\n";
        self.0.write_all(line.as_bytes())?;
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_put_aside_and_one_old_one_is_kept() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("appd.log");
        let mut log = LogFile::open(&path).unwrap();
        let line = vec![b'x'; usize::try_from(MAX_FILE / 2).unwrap()];
        for _ in 0..5 {
            log.write(&line).unwrap();
        }
        assert_eq!(std::fs::metadata(&path).unwrap().len(), MAX_FILE / 2);
        assert_eq!(std::fs::metadata(dir.path().join("appd.log.1")).unwrap().len(), MAX_FILE);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
    }

    #[test]
    fn an_event_is_one_line_whatever_it_quotes() {
        let mut written = Vec::new();
        let event = "a\x1b[2J\u{9b}b\nFORGED\u{202e}\n".as_bytes();
        assert_eq!(Harmless(&mut written).write(event).unwrap(), event.len());
        assert_eq!(String::from_utf8(written).unwrap(), "a\u{fffd}[2J\u{fffd}b FORGED\n");
    }
}
