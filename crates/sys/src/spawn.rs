//! Starting a program so that it finds the world as if a person had started it.
//!
//! # Invariants
//!
//! 1. [`launch`] succeeds only if exec succeeded: the program runs, or the error says
//!    what is missing.
//! 2. The child leads a session of its own, has the terminal it was given as its
//!    controlling one or none, default signal dispositions, nothing blocked, the limit on
//!    descriptors that we were started with, and no descriptor of ours but 0, 1 and 2.
//! 3. Its environment is exactly the given one, and its program is found on the `PATH`
//!    in there, not on ours.

use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio as StdStdio};

use rustix::fs::Access;
use rustix::process::{WaitOptions, waitpid};

use crate::process::{Pid, restore_fd_limit, write_claim};
use crate::{os, signals};

/// Where programs are looked for when the environment has no `PATH`.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// What the child has as descriptors 0, 1 and 2.
#[derive(Debug)]
pub enum Stdio {
    /// This terminal three times; it becomes the child's controlling terminal.
    Terminal(OwnedFd),
    /// `/dev/null` to read from, these to write to, and no terminal.
    Files {
        /// Descriptor 1.
        stdout: OwnedFd,
        /// Descriptor 2.
        stderr: OwnedFd,
    },
}

/// What to start. `Debug` keeps the environment to itself: it holds people's keys.
pub struct Launch {
    /// The program and its arguments; not empty.
    pub argv: Vec<OsString>,
    /// Where it runs.
    pub cwd: PathBuf,
    /// Its whole environment.
    pub env: Vec<(OsString, OsString)>,
    /// Its descriptors.
    pub stdio: Stdio,
    /// Where it writes down who it is, before it is the program; see
    /// [`claimed`](crate::process::claimed).
    pub claim: Option<File>,
}

impl std::fmt::Debug for Launch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Launch")
            .field("argv", &self.argv)
            .field("cwd", &self.cwd)
            .field("stdio", &self.stdio)
            .finish_non_exhaustive()
    }
}

/// Why a program was not started.
#[derive(Debug, thiserror::Error)]
pub enum LaunchError {
    /// There is nothing to start.
    #[error("no program was named")]
    Empty,
    /// Its directory does not exist.
    #[error("the directory `{}` does not exist", .path.display())]
    CwdMissing {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Its directory is something else.
    #[error("`{}` is not a directory", .path.display())]
    CwdNotADirectory {
        /// What was named.
        path: PathBuf,
    },
    /// Its directory may not be entered.
    #[error("you may not enter the directory `{}`", .path.display())]
    CwdNotPermitted {
        /// The directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// There is no such program.
    #[error("the program `{}` was not found", .program.display())]
    NotFound {
        /// As it was named.
        program: PathBuf,
    },
    /// The file exists, and its `#!` line or ELF header names a program that does not.
    #[error("`{}` needs an interpreter that does not exist", .path.display())]
    NoInterpreter {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file exists and cannot be executed, or not by us.
    #[error("`{}` cannot be executed", .path.display())]
    NotExecutable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system refused for another reason, say no memory or too many processes.
    #[error("cannot start `{}`", .path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

impl LaunchError {
    /// The code a shell would exit with: 127 not found, 126 found but not executable,
    /// 125 for what is not the program's fault.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::NotFound { .. } | Self::NoInterpreter { .. } => 127,
            Self::NotExecutable { .. } => 126,
            Self::Empty
            | Self::CwdMissing { .. }
            | Self::CwdNotADirectory { .. }
            | Self::CwdNotPermitted { .. }
            | Self::System { .. } => 125,
        }
    }

    /// The file or directory it is about.
    pub fn path(&self) -> &Path {
        match self {
            Self::Empty => Path::new(""),
            Self::CwdMissing { path, .. }
            | Self::CwdNotADirectory { path }
            | Self::CwdNotPermitted { path, .. }
            | Self::NoInterpreter { path, .. }
            | Self::NotExecutable { path, .. }
            | Self::System { path, .. } => path,
            Self::NotFound { program } => program,
        }
    }

    /// The system's error number.
    pub fn errno(&self) -> i32 {
        match self {
            Self::Empty => libc::EINVAL,
            Self::CwdNotADirectory { .. } => libc::ENOTDIR,
            Self::NotFound { .. } => libc::ENOENT,
            Self::CwdMissing { source, .. }
            | Self::CwdNotPermitted { source, .. }
            | Self::NoInterpreter { source, .. }
            | Self::NotExecutable { source, .. }
            | Self::System { source, .. } => source.raw_os_error().unwrap_or(libc::EIO),
        }
    }
}

/// A started program. Dropping it does not end it.
#[derive(Debug)]
pub struct Child {
    pid: Pid,
    exit: Option<OwnedFd>,
}

impl Child {
    /// Its process id, its group's and its session's.
    pub fn pid(&self) -> Pid {
        self.pid
    }

    /// Readable once it has ended. `None` on a kernel without pidfds: use SIGCHLD.
    pub fn exit_fd(&self) -> Option<BorrowedFd<'_>> {
        self.exit.as_ref().map(OwnedFd::as_fd)
    }

    /// Its status, if it has ended; asks only once successfully.
    pub fn try_wait(&self) -> io::Result<Option<ExitStatus>> {
        let waited = waitpid(self.pid.rustix(), WaitOptions::NOHANG)?;
        Ok(waited.map(|(_, status)| ExitStatus::from_raw(status.as_raw())))
    }
}

/// Starts the program (see the module's invariants).
pub fn launch(launch: Launch) -> Result<Child, LaunchError> {
    let Launch { argv, cwd, env, stdio, claim } = launch;
    let Some((name, arguments)) = argv.split_first().filter(|(name, _)| !name.is_empty()) else {
        return Err(LaunchError::Empty);
    };
    check_cwd(&cwd)?;
    let path = find(name, &cwd, &env)?;
    let system = |source| LaunchError::System { path: path.clone(), source };

    let mut command = Command::new(&path);
    command.arg0(name).args(arguments).current_dir(&cwd).env_clear().envs(env);
    let terminal = matches!(stdio, Stdio::Terminal(_));
    connect(&mut command, stdio).map_err(system)?;
    prepare(&mut command, terminal, claim);

    let child = command.spawn().map_err(|source| classify(source, &path))?;
    // The standard library's handle is dropped; it neither ends nor reaps the child.
    let Some(pid) = Pid::new(child.id()) else {
        return Err(system(io::Error::other("the system gave the child a reserved pid")));
    };
    Ok(Child { pid, exit: os::exit_watch(pid).ok() })
}

fn connect(command: &mut Command, stdio: Stdio) -> io::Result<()> {
    match stdio {
        Stdio::Terminal(slave) => {
            command.stdin(slave.try_clone()?).stdout(slave.try_clone()?).stderr(slave);
        }
        Stdio::Files { stdout, stderr } => {
            command.stdin(StdStdio::null()).stdout(stdout).stderr(stderr);
        }
    }
    Ok(())
}

#[expect(unsafe_code, reason = "code between fork and exec must be async-signal-safe")]
fn prepare(command: &mut Command, terminal: bool, claim: Option<File>) {
    let in_child = move || {
        if let Some(claim) = &claim {
            write_claim(claim);
        }
        signals::reset();
        rustix::process::setsid()?;
        if terminal {
            // SAFETY: 0 is open in the child; the terminal was put there before.
            let stdin = unsafe { BorrowedFd::borrow_raw(0) };
            rustix::process::ioctl_tiocsctty(stdin)?;
        }
        restore_fd_limit()?;
        os::close_on_exec_from(3);
        Ok(())
    };
    // SAFETY: the closure makes system calls only: it allocates nothing, takes no lock
    // and cannot panic.
    unsafe { command.pre_exec(in_child) };
}

fn check_cwd(cwd: &Path) -> Result<(), LaunchError> {
    let path = || cwd.to_path_buf();
    match fs::metadata(cwd) {
        Ok(found) if !found.is_dir() => {
            return Err(LaunchError::CwdNotADirectory { path: path() });
        }
        Ok(_) => {}
        Err(source) => {
            return Err(match source.kind() {
                io::ErrorKind::PermissionDenied => {
                    LaunchError::CwdNotPermitted { path: path(), source }
                }
                io::ErrorKind::NotADirectory => LaunchError::CwdNotADirectory { path: path() },
                _ => LaunchError::CwdMissing { path: path(), source },
            });
        }
    }
    rustix::fs::access(cwd, Access::EXEC_OK)
        .map_err(|errno| LaunchError::CwdNotPermitted { path: path(), source: errno.into() })
}

/// Finds the program as execvp(3) would, in the child's directory and on its `PATH`.
/// A file that is there but not executable is only reported if no other is found.
fn find(name: &OsStr, cwd: &Path, env: &[(OsString, OsString)]) -> Result<PathBuf, LaunchError> {
    let program = Path::new(name);
    let mut refused = None;
    let mut candidates: Vec<PathBuf> = Vec::new();
    if program.components().count() > 1 || name.as_encoded_bytes().contains(&b'/') {
        candidates.push(cwd.join(program));
    } else {
        // The last one wins, as in the child's environment.
        let path =
            env.iter().rev().find(|(key, _)| key == "PATH").map(|(_, value)| value.as_os_str());
        let dirs = std::env::split_paths(path.unwrap_or(OsStr::new(DEFAULT_PATH)));
        candidates.extend(dirs.map(|dir| cwd.join(dir).join(program)));
    }
    for candidate in candidates {
        match fs::metadata(&candidate) {
            Ok(found) if found.is_dir() => {
                refused = refused.or(Some((candidate, rustix::io::Errno::ISDIR.into())));
            }
            Ok(_) => match rustix::fs::access(&candidate, Access::EXEC_OK) {
                Ok(()) => return Ok(candidate),
                Err(errno) => refused = refused.or(Some((candidate, errno.into()))),
            },
            Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
                refused = refused.or(Some((candidate, error)));
            }
            Err(_) => {}
        }
    }
    match refused {
        Some((path, source)) => Err(LaunchError::NotExecutable { path, source }),
        None => Err(LaunchError::NotFound { program: program.into() }),
    }
}

/// What a failed fork or exec of an existing, executable file means.
fn classify(source: io::Error, path: &Path) -> LaunchError {
    let path = path.to_path_buf();
    match source.raw_os_error() {
        Some(libc::ENOENT) => LaunchError::NoInterpreter { path, source },
        Some(libc::EACCES | libc::EPERM | libc::ENOEXEC | libc::ETXTBSY | libc::EISDIR) => {
            LaunchError::NotExecutable { path, source }
        }
        _ => LaunchError::System { path, source },
    }
}

#[cfg(test)]
#[path = "spawn_tests.rs"]
mod tests;
