//! The event, from the argument or from standard input.

use std::ffi::OsString;
use std::io::{self, IsTerminal as _, Read};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt as _;
use std::time::{Duration, Instant};

use app_hooks::MAX_EVENT;
use app_sys::poll;

/// How long an agent may take to write its event. It is late on its own account here: it
/// writes as soon as it gets to it.
const READ_LIMIT: Duration = Duration::from_millis(500);

/// Bytes per read.
const PIECE: usize = 64 << 10;

/// There is no event.
#[derive(Debug, thiserror::Error)]
pub(super) enum InputError {
    #[error("standard input is a terminal; an agent writes its event there")]
    Terminal,
    #[error("it was not complete after {} ms", READ_LIMIT.as_millis())]
    Slow,
    #[error("it has more than {MAX_EVENT} bytes")]
    TooLarge,
    #[error("{0}")]
    Read(#[from] io::Error),
}

/// The bytes of the event.
pub(super) fn event(argument: Option<OsString>) -> Result<Vec<u8>, InputError> {
    if let Some(argument) = argument {
        return Ok(argument.into_vec());
    }
    let stdin = io::stdin().lock();
    if stdin.is_terminal() {
        return Err(InputError::Terminal);
    }
    read(stdin, Instant::now() + READ_LIMIT)
}

fn read(mut input: impl Read + AsFd, until: Instant) -> Result<Vec<u8>, InputError> {
    let mut bytes = Vec::new();
    let mut piece = vec![0; PIECE];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if !poll::readable(&input, Some(left))? {
            return Err(InputError::Slow);
        }
        let count = match input.read(&mut piece) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            count => count?,
        };
        match piece.get(..count) {
            Some([]) | None => return Ok(bytes),
            Some(more) if bytes.len() + more.len() <= MAX_EVENT => bytes.extend_from_slice(more),
            Some(_) => return Err(InputError::TooLarge),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn what_is_written_is_read_to_its_end() {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"{}").unwrap();
        drop(writer);
        assert_eq!(read(reader, Instant::now() + READ_LIMIT).unwrap(), b"{}");
    }

    #[test]
    fn a_writer_that_never_ends_is_not_waited_for() {
        let (reader, mut writer) = io::pipe().unwrap();
        writer.write_all(b"{").unwrap();
        let until = Instant::now() + Duration::from_millis(5);
        assert!(matches!(read(reader, until), Err(InputError::Slow)));
        assert!(Instant::now() >= until);
    }

    #[test]
    fn an_event_without_end_is_not_kept() {
        let input = std::fs::File::open("/dev/zero").unwrap();
        let read = read(input, Instant::now() + Duration::from_secs(60));
        assert!(matches!(read, Err(InputError::TooLarge)));
    }
}
