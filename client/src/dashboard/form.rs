//! The form for a new session: a command line, a name, a directory.

use crossterm::event::{KeyCode, KeyEvent};
use tui_input::Input;

use crate::tui::edit;

/// What can be filled in, in this order. A line for an agent's profile or its model would
/// stand between the name and the directory.
pub(super) const LABELS: [&str; 3] = ["command", "name", "directory"];

const COMMAND: usize = 0;
const NAME: usize = 1;
const DIRECTORY: usize = 2;

/// What was filled in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Filled {
    /// A line for the shell.
    pub(super) command: String,
    /// A name; none if it is left to the program's.
    pub(super) name: Option<String>,
    /// Where to run it; `~` is the home directory.
    pub(super) directory: String,
}

impl Filled {
    /// The program and its arguments.
    pub(super) fn words(&self) -> Vec<String> {
        words(&self.command)
    }

    /// The name: without one, that of the first program in a line for the shell.
    pub(super) fn named(&self) -> Option<&str> {
        let for_shell = || {
            let first = self.command.split_whitespace().find(|word| !word.contains('='))?;
            let base = first.rsplit('/').next()?;
            let is_word = base.chars().all(|c| c.is_alphanumeric() || "-_.".contains(c));
            (is_word && !base.is_empty() && !base.starts_with('-')).then_some(base)
        };
        self.name.as_deref().or_else(for_shell)
    }

    /// Where to run it, written out.
    pub(super) fn cwd(&self) -> String {
        let home = crate::command::home().unwrap_or_default();
        match self.directory.strip_prefix('~') {
            _ if self.directory.is_empty() => ".".into(),
            Some("") => home,
            Some(rest) if rest.starts_with('/') => home + rest,
            Some(_) | None => self.directory.clone(),
        }
    }
}

/// What a key led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// More to type.
    Stay,
    /// Nothing is wanted.
    Leave,
    /// This is.
    Start(Filled),
}

/// The form while it is filled in.
#[derive(Clone, Debug)]
pub(super) struct Form {
    lines: [Input; LABELS.len()],
    at: usize,
}

impl Form {
    /// An empty one, in a directory.
    pub(super) fn new(directory: &str) -> Self {
        let mut lines: [Input; LABELS.len()] = Default::default();
        lines[DIRECTORY] = Input::new(directory.to_owned());
        Self { lines, at: COMMAND }
    }

    /// The lines and which of them is typed into.
    pub(super) fn lines(&self) -> (&[Input; LABELS.len()], usize) {
        (&self.lines, self.at)
    }

    /// Takes a key.
    pub(super) fn press(&mut self, key: KeyEvent) -> Step {
        match key.code {
            KeyCode::Esc => return Step::Leave,
            KeyCode::Tab | KeyCode::Down => self.at = (self.at + 1) % LABELS.len(),
            KeyCode::BackTab | KeyCode::Up => {
                self.at = (self.at + LABELS.len() - 1) % LABELS.len();
            }
            KeyCode::Enter if self.text(COMMAND).is_empty() => self.at = COMMAND,
            KeyCode::Enter => return Step::Start(self.filled()),
            _ => {
                edit::press(&mut self.lines[self.at], key);
            }
        }
        Step::Stay
    }

    /// Takes a pasted text.
    pub(super) fn paste(&mut self, text: &str) {
        edit::paste(&mut self.lines[self.at], text);
    }

    fn text(&self, line: usize) -> &str {
        self.lines[line].value().trim()
    }

    fn filled(&self) -> Filled {
        Filled {
            command: self.text(COMMAND).to_owned(),
            name: Some(self.text(NAME).to_owned()).filter(|name| !name.is_empty()),
            directory: self.text(DIRECTORY).to_owned(),
        }
    }
}

/// The words of a command line: as it is where it is plain, for the shell to read where it
/// is not.
fn words(line: &str) -> Vec<String> {
    let plain = |c: char| c.is_alphanumeric() || " -_=+./:,@%^".contains(c);
    // `NAME=value command` sets a variable in a shell.
    let assigns = line.split(' ').next().is_some_and(|first| first.contains('='));
    if line.chars().all(plain) && !assigns {
        return line.split_whitespace().map(str::to_owned).collect();
    }
    ["/bin/sh", "-c", line].map(str::to_owned).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn type_in(form: &mut Form, text: &str) {
        for c in text.chars() {
            assert_eq!(form.press(KeyCode::Char(c).into()), Step::Stay);
        }
    }

    #[test]
    fn a_command_is_needed_and_the_rest_is_not() {
        let mut form = Form::new("~/src");
        assert_eq!(form.press(KeyCode::Enter.into()), Step::Stay);
        type_in(&mut form, " cargo test ");
        let filled = Filled { command: "cargo test".into(), name: None, directory: "~/src".into() };
        assert_eq!(form.press(KeyCode::Enter.into()), Step::Start(filled.clone()));
        form.press(KeyCode::Tab.into());
        type_in(&mut form, "flaky");
        form.press(KeyCode::Tab.into());
        form.press(KeyCode::Tab.into());
        form.paste("!\n");
        let filled =
            Filled { name: Some("flaky".into()), command: "cargo test !".into(), ..filled };
        assert_eq!(form.press(KeyCode::Enter.into()), Step::Start(filled));
        assert_eq!(form.press(KeyCode::Esc.into()), Step::Leave);
    }

    #[test]
    fn a_plain_line_is_words_and_any_other_is_for_the_shell() {
        assert_eq!(words("cargo  test -p x"), ["cargo", "test", "-p", "x"]);
        for line in ["make && echo done", "echo 'a b'", "ls *.rs", "cd ~/x; make", "A=1 make"] {
            assert_eq!(words(line), ["/bin/sh", "-c", line]);
        }
        assert_eq!(words("make V=1"), ["make", "V=1"]);
    }
}
