//! `appctl reset`: this terminal, as a shell needs it.

use std::io;

use app_sys::tty;

use super::Done;
use super::context::Context;
use crate::attach::put_right;
use crate::exit::{Code, Status};
use crate::report::Explain;

/// The terminal cannot be reset.
#[derive(Debug, thiserror::Error)]
enum ResetError {
    #[error("there is no terminal to reset")]
    NoTerminal,
    #[error("cannot reset this terminal")]
    Failed(#[source] io::Error),
}

impl Explain for ResetError {
    fn code(&self) -> Code {
        match self {
            Self::NoTerminal => Code::Usage,
            Self::Failed(_) => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        matches!(self, Self::NoTerminal)
            .then(|| "Run it in the terminal that is to be put right.".into())
    }

    fn because(&self) -> Vec<String> {
        match self {
            Self::NoTerminal => vec![],
            Self::Failed(source) => vec![source.to_string()],
        }
    }
}

pub(super) fn run(_: &Context) -> Done {
    let (stdin, stdout) = (io::stdin(), io::stdout());
    let terminal = if tty::is_terminal(&stdin) {
        tty::open_anew(&stdin)
    } else if tty::is_terminal(&stdout) {
        tty::open_anew(&stdout)
    } else {
        return Err(ResetError::NoTerminal.into());
    };
    terminal.and_then(|terminal| put_right(&terminal)).map_err(ResetError::Failed)?;
    Ok(Status::DONE)
}
