//! Commands that run inside a session, and what they say there.

use std::fs;

use serde_json::Value;

use crate::home::Home;
use crate::session::Session;
use crate::wait;

/// What one command came to.
#[derive(Debug)]
pub struct Said {
    /// The command.
    pub line: String,
    /// Its exit code.
    pub code: i32,
    /// What it wrote, on both of its outputs.
    pub text: String,
}

impl Said {
    /// It did what it was asked.
    ///
    /// # Panics
    /// When it did not.
    #[track_caller]
    pub fn ok(&self) -> &Self {
        assert_eq!(self.code, 0, "{self:#?}");
        self
    }

    /// It was refused, for want of permission, with what to do about it.
    ///
    /// # Panics
    /// When it was not.
    #[track_caller]
    pub fn refused(&self) -> &Self {
        assert_eq!(self.code, 77, "{self:#?}");
        for part in ["error: ", "because: ", "hint: ", "--trust full", "env -u APPCTL_SOCKET"] {
            assert!(self.text.contains(part), "no {part:?}: {self:#?}");
        }
        self
    }

    /// The JSON that it wrote.
    ///
    /// # Panics
    /// When that is none.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.ok().text).unwrap_or_else(|error| panic!("{error}: {self:#?}"))
    }

    /// The ids in the list that it wrote.
    ///
    /// # Panics
    /// When that is none.
    #[track_caller]
    pub fn ids(&self) -> Vec<String> {
        let list = self.json();
        list.as_array().unwrap().iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
    }
}

/// A script that runs each of the commands and keeps what they say.
#[must_use]
pub fn script(lines: &[&str]) -> String {
    let commands = lines
        .iter()
        .enumerate()
        .map(|(n, line)| format!("{{ {line}; }} >said.{n} 2>&1 </dev/null; echo $? >code.{n}\n"));
    format!("{}echo all-done; exec cat\n", commands.collect::<String>())
}

/// What the commands of a [`script`] have said, once all of them were run.
///
/// # Panics
/// When they are not run in time.
#[track_caller]
pub fn said(home: &Home, lines: &[&str]) -> Vec<Said> {
    let last = home.user_dir().join(format!("code.{}", lines.len() - 1));
    wait::until("the commands inside to be over", || {
        let code = fs::read_to_string(&last).map_err(|error| error.to_string())?;
        if code.ends_with('\n') { Ok(()) } else { Err(code) }
    });
    let read = |file: String| fs::read_to_string(home.user_dir().join(file)).unwrap();
    let said = lines.iter().enumerate().map(|(n, line)| Said {
        line: (*line).to_owned(),
        code: read(format!("code.{n}")).trim().parse().unwrap(),
        text: read(format!("said.{n}")),
    });
    said.collect()
}

/// Runs commands inside a new session. What earlier ones have said is forgotten.
///
/// # Panics
/// When they are not run in time.
#[track_caller]
pub fn run_inside<'h>(
    home: &'h Home,
    options: &[&str],
    lines: &[&str],
) -> (Session<'h>, Vec<Said>) {
    for n in 0..lines.len() {
        fs::remove_file(home.user_dir().join(format!("code.{n}"))).ok();
    }
    let options = [&["-n", "outer"], options].concat();
    let session = home.start_with(&options, &["sh", "-c", &script(lines)]);
    let said = said(home, lines);
    (session, said)
}
