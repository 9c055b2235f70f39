//! All profiles: those that are built in, and the user's.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use app_model::OsText;

use crate::command;
use crate::error::{Problem, ProfileError};
use crate::profile::Profile;

/// Most bytes of a profile.
pub(crate) const MAX_FILE: u64 = 64 * 1024;

/// Most profiles that are read from a directory.
pub(crate) const MAX_FILES: usize = 64;

/// File and text of each profile that is built in.
const BUILT_IN: &[(&str, &str)] = &[
    ("aider.toml", include_str!("../profiles/aider.toml")),
    ("amp.toml", include_str!("../profiles/amp.toml")),
    ("claude.toml", include_str!("../profiles/claude.toml")),
    ("codex.toml", include_str!("../profiles/codex.toml")),
    ("copilot.toml", include_str!("../profiles/copilot.toml")),
    ("cursor.toml", include_str!("../profiles/cursor.toml")),
    ("gemini.toml", include_str!("../profiles/gemini.toml")),
    ("goose.toml", include_str!("../profiles/goose.toml")),
    ("opencode.toml", include_str!("../profiles/opencode.toml")),
];

/// Every profile that can be used.
#[derive(Debug)]
pub struct Profiles {
    /// The user's own first.
    all: Vec<Profile>,
}

impl Profiles {
    /// The built-in profiles and those of `dir`, and what is wrong with the ones that cannot
    /// be used. A directory that does not exist has none.
    pub fn load(dir: &Path) -> (Self, Vec<ProfileError>) {
        let mut all: Vec<Profile> = Vec::new();
        let mut errors = Vec::new();
        for file in files(dir, &mut errors) {
            match read(&file) {
                Ok(profile) => all.push(profile),
                Err((line, problem)) => errors.push(ProfileError { file, line, problem }),
            }
        }
        Self::and_built_in(all, errors)
    }

    /// Only those that are built in.
    pub fn built_in() -> Self {
        Self::and_built_in(Vec::new(), Vec::new()).0
    }

    fn and_built_in(
        mut all: Vec<Profile>,
        mut errors: Vec<ProfileError>,
    ) -> (Self, Vec<ProfileError>) {
        for (file, text) in BUILT_IN {
            match Profile::parse(text) {
                Ok(profile) if all.iter().any(|own| own.name() == profile.name()) => {}
                Ok(profile) => all.push(profile),
                Err((line, problem)) => {
                    errors.push(ProfileError { file: file.into(), line, problem });
                }
            }
        }
        (Self { all }, errors)
    }

    /// The profile of this name.
    pub fn named(&self, name: &str) -> Option<&Profile> {
        self.all.iter().find(|profile| profile.name() == name)
    }

    /// The profile of the agent that these arguments start.
    pub fn of_argv(&self, argv: &[OsText]) -> Option<&Profile> {
        let started = command::started(argv)?;
        self.all.iter().find(|profile| started.is_one_of(&profile.programs, &profile.packages))
    }

    /// All of them, the user's own first.
    pub fn iter(&self) -> impl Iterator<Item = &Profile> {
        self.all.iter()
    }
}

/// The files to read, in the order of their names.
fn files(dir: &Path, errors: &mut Vec<ProfileError>) -> Vec<PathBuf> {
    let mut wrong = |file: &Path, problem| {
        errors.push(ProfileError { file: file.to_owned(), line: None, problem });
    };
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Vec::new(),
        Err(error) => {
            wrong(dir, Problem::Unreadable(error));
            return Vec::new();
        }
    };
    let is_profile = |path: &PathBuf| path.extension().is_some_and(|end| end == "toml");
    let mut files: Vec<PathBuf> =
        entries.flatten().map(|entry| entry.path()).filter(is_profile).collect();
    files.sort();
    if files.len() > MAX_FILES {
        wrong(&files[MAX_FILES], Problem::TooMany);
        files.truncate(MAX_FILES);
    }
    files
}

fn read(file: &Path) -> Result<Profile, (Option<usize>, Problem)> {
    let text = text_of(file).map_err(|problem| (None, problem))?;
    let profile = Profile::parse(&text)?;
    if file.file_stem().is_none_or(|stem| stem != profile.name()) {
        return Err((None, Problem::OtherName { name: profile.name().to_owned() }));
    }
    Ok(profile)
}

fn text_of(file: &Path) -> Result<String, Problem> {
    // Asked before it is opened: a pipe would block there.
    if !fs::metadata(file).map_err(Problem::Unreadable)?.is_file() {
        return Err(Problem::NotAFile);
    }
    let mut text = Vec::new();
    File::open(file)
        .and_then(|file| file.take(MAX_FILE + 1).read_to_end(&mut text))
        .map_err(Problem::Unreadable)?;
    if text.len() as u64 > MAX_FILE {
        return Err(Problem::TooBig);
    }
    String::from_utf8(text).map_err(|_| Problem::Syntax("it is not UTF-8".into()))
}
