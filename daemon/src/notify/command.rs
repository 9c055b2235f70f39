//! A program of the person's, run for each notice: the notice is one JSON object on its
//! standard input.
//!
//! # Invariants
//!
//! 1. It ends, and with it everything in its process group: by itself or at its limit.

use std::process::Stdio;
use std::time::Duration;

use app_model::settings::CommandChannel;
use app_sys::process::{Pid, Signal, signal_group};
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process::{Child, Command};
use tracing::{info, warn};

use super::channels::Parcel;

/// What is kept of its output, for the log.
const KEPT_OUTPUT: u64 = 4 << 10;

/// Why the command did not take a notice.
#[derive(Debug, thiserror::Error)]
pub(super) enum CommandError {
    /// It could not be started, or not be talked to.
    #[error("`{program}` could not be run")]
    NotRun {
        /// The program.
        program: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// It ran and said no.
    #[error("`{program}` ended with {status}")]
    Refused {
        /// The program.
        program: String,
        /// How it ended.
        status: std::process::ExitStatus,
    },
    /// It did not end.
    #[error("`{program}` was ended after {limit:?}")]
    TooLong {
        /// The program.
        program: String,
        /// The limit.
        limit: Duration,
    },
}

/// Runs the command with a notice.
pub(super) async fn run(channel: &CommandChannel, parcel: &Parcel) -> Result<(), CommandError> {
    let (program, args) = channel.argv.split_first().map_or(("", &[][..]), |(p, a)| (p, a));
    let program = program.to_owned();
    let not_run = |source| CommandError::NotRun { program: program.clone(), source };
    let mut child = Command::new(&program)
        .args(args)
        .current_dir("/")
        .process_group(0)
        .kill_on_drop(true)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(not_run)?;
    let group = child.id().and_then(Pid::new);
    let limit = Duration::from_millis(channel.timeout_ms);
    let ended = tokio::time::timeout(limit, talk(&mut child, as_json(parcel))).await;
    let Ok(ended) = ended else {
        // Not waited for yet, so the group is still its own.
        if let Some(group) = group
            && let Err(error) = signal_group(group, Signal::KILL)
        {
            warn!(program, %error, "the command could not be ended");
        }
        drop(child.wait().await);
        return Err(CommandError::TooLong { program, limit });
    };
    let (status, output) = ended.map_err(not_run)?;
    let output = app_model::text::printable(String::from_utf8_lossy(&output).trim());
    info!(program, %status, output, "the command took a notice");
    if status.success() { Ok(()) } else { Err(CommandError::Refused { program, status }) }
}

/// Gives it the notice and takes what it writes, until it has closed its output and ended.
async fn talk(
    child: &mut Child,
    notice: String,
) -> std::io::Result<(std::process::ExitStatus, Vec<u8>)> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let write = async {
        if let Some(mut stdin) = stdin {
            // It need not read it.
            drop(stdin.write_all(notice.as_bytes()).await);
        }
    };
    let read = async |from: Option<&mut (dyn tokio::io::AsyncRead + Unpin + Send)>| {
        let mut kept = Vec::new();
        if let Some(from) = from {
            let mut first = from.take(KEPT_OUTPUT);
            drop(first.read_to_end(&mut kept).await);
            // The rest is read too: a pipe that nobody reads would hold the program up.
            drop(tokio::io::copy(&mut first.into_inner(), &mut tokio::io::sink()).await);
        }
        kept
    };
    let (mut stdout, mut stderr) = (stdout, stderr);
    let (out, err, ()) = tokio::join!(
        read(stdout.as_mut().map(|out| out as _)),
        read(stderr.as_mut().map(|err| err as _)),
        write
    );
    let status = child.wait().await?;
    Ok((status, [out, err].concat()))
}

/// The notice for programs. Fields are only ever added.
fn as_json(parcel: &Parcel) -> String {
    let notice = &parcel.notice;
    let value = json!({
        "kind": notice.kind.word(),
        "session": parcel.session,
        "name": parcel.name,
        "agent": parcel.agent,
        "title": notice.title,
        "body": notice.body,
        "failed": notice.failed,
        "notices": parcel.numbers,
    });
    format!("{value}\n")
}

#[cfg(test)]
mod tests {
    use app_model::SessionId;
    use app_model::notice::{Notice, NoticeKind};
    use app_sys::poll::{self, Interest};
    use app_sys::process;

    use super::*;

    fn parcel() -> Parcel {
        Parcel {
            numbers: vec![3],
            session: Some(SessionId(7)),
            name: "x".into(),
            agent: None,
            notice: Notice {
                kind: NoticeKind::Failed,
                title: "t".into(),
                body: "b".into(),
                failed: true,
            },
        }
    }

    fn shell(script: &str, timeout_ms: u64) -> CommandChannel {
        let argv = ["/bin/sh", "-c", script].map(str::to_owned).to_vec();
        CommandChannel { argv, timeout_ms }
    }

    #[tokio::test]
    async fn it_gets_the_notice_as_json() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("got");
        let command = shell(&format!("cat > '{}'", file.display()), 30_000);
        run(&command, &parcel()).await.unwrap();
        let got: serde_json::Value =
            serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
        assert_eq!(got["session"], "00000007");
        assert_eq!((&got["kind"], &got["notices"][0]), (&"failed".into(), &3.into()));
    }

    #[tokio::test]
    async fn one_that_fails_or_does_not_exist_has_not_taken_it() {
        let refused = run(&shell("echo no; exit 3", 30_000), &parcel()).await;
        assert!(matches!(refused, Err(CommandError::Refused { .. })), "{refused:?}");
        let missing = CommandChannel { argv: vec!["/nowhere/at-all".into()], timeout_ms: 30_000 };
        let refused = run(&missing, &parcel()).await;
        assert!(matches!(refused, Err(CommandError::NotRun { .. })), "{refused:?}");
    }

    #[tokio::test]
    async fn one_that_hangs_is_ended_with_its_children() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("pid");
        let script = format!("sleep 1000 & echo $! > '{}'; wait", file.display());
        let refused = run(&shell(&script, 2_000), &parcel()).await;
        assert!(matches!(refused, Err(CommandError::TooLong { .. })), "{refused:?}");
        let pid: u32 = std::fs::read_to_string(file).unwrap().trim().parse().unwrap();
        let Some(left) = Pid::new(pid).and_then(process::identity_of) else { return };
        // It was told to die; that is not yet to be dead.
        let Some(watch) = process::watch_exit(&left).unwrap() else { return };
        let over = poll::wait(&mut [Interest::read(&watch)], Some(Duration::from_secs(20)));
        assert_eq!(over.unwrap(), 1, "process {pid} goes on");
    }

    #[tokio::test]
    async fn one_that_writes_without_end_is_held_up_by_nobody() {
        let script = "head -c 300000 /dev/zero; head -c 300000 /dev/zero >&2";
        run(&shell(script, 30_000), &parcel()).await.unwrap();
    }
}
