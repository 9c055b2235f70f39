//! `cargo xtask install`: the product in its places, for one person or for a packager.
//!
//! 1. Everything is built and generated first. What cannot be made complete is not begun.
//! 2. A file is replaced by renaming a finished one over it: a running daemon keeps the program
//!    it was started from, and nobody ever executes half a file.
//! 3. Doing it again changes nothing.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{self, Path, PathBuf};
use std::{env, fs, io};

use anyhow::{Context as _, Result, bail};

use crate::arguments::{InstallOptions, Profile};
use crate::workspace::{self, PROGRAMS, Workspace};

/// Shell, and where its completions live under a prefix.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "share/bash-completion/completions/appctl"),
    ("zsh", "share/zsh/site-functions/_appctl"),
    ("fish", "share/fish/vendor_completions.d/appctl.fish"),
];

const MANUAL: &str = "share/man/man1";

const PROGRAM_MODE: u32 = 0o755;
const DATA_MODE: u32 = 0o644;

/// One file to put in place.
#[derive(Debug)]
struct Item {
    content: Vec<u8>,
    /// Relative to the prefix.
    place: PathBuf,
    mode: u32,
}

/// What became of an [`Item`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Placed {
    New,
    Replaced,
    Unchanged,
}

pub(crate) fn install(workspace: &Workspace, options: &InstallOptions) -> Result<()> {
    let prefix = prefix(options.prefix.as_deref(), env::var_os("HOME").map(PathBuf::from))?;
    let under = under(&prefix, options.destdir.as_deref())?;
    let programs = workspace.build_programs(Profile::Release)?;
    let items = items(workspace, &programs)?;
    let mut daemon_replaced = false;
    for item in &items {
        let place = under.join(&item.place);
        let placed = put(item, &place)?;
        daemon_replaced |= placed == Placed::Replaced && item.place.ends_with("appd");
        let word = match placed {
            Placed::New => "installed",
            Placed::Replaced => "replaced ",
            Placed::Unchanged => "unchanged",
        };
        println!("{word}  {}", place.display());
    }
    if options.destdir.is_none() {
        advise(&prefix, daemon_replaced);
    }
    Ok(())
}

/// Says what a person may have to do before the files are of use.
fn advise(prefix: &Path, daemon_replaced: bool) {
    let programs = prefix.join("bin");
    let path = env::var_os("PATH").unwrap_or_default();
    if !env::split_paths(&path).any(|entry| entry == programs) {
        println!("note: {} is not in your PATH", programs.display());
    }
    if daemon_replaced {
        println!(
            "note: a daemon that is running keeps its old program until \
             `appctl daemon restart`; sessions go on meanwhile"
        );
    }
}

/// The directory that everything will be found under, once installed.
fn prefix(asked: Option<&Path>, home: Option<PathBuf>) -> Result<PathBuf> {
    match (asked, home) {
        (Some(asked), _) => path::absolute(asked)
            .with_context(|| format!("cannot make {} absolute", asked.display())),
        (None, Some(home)) if home.is_absolute() => Ok(home.join(".local")),
        (None, _) => bail!("HOME is not set; say where with --prefix"),
    }
}

/// Where the prefix is now: the same place, or within a packager's tree.
fn under(prefix: &Path, destdir: Option<&Path>) -> Result<PathBuf> {
    let Some(destdir) = destdir else { return Ok(prefix.into()) };
    let destdir = path::absolute(destdir)
        .with_context(|| format!("cannot make {} absolute", destdir.display()))?;
    Ok(destdir.join(prefix.strip_prefix("/").unwrap_or(prefix)))
}

/// Everything there is to install, complete and in memory.
fn items(workspace: &Workspace, programs: &Path) -> Result<Vec<Item>> {
    let mut items = Vec::new();
    for (_, file) in PROGRAMS {
        let content = read(&programs.join(file))?;
        items.push(Item { content, place: Path::new("bin").join(file), mode: PROGRAM_MODE });
    }
    let appctl = programs.join("appctl");
    for (shell, place) in COMPLETIONS {
        let mut command = workspace.user_command(&appctl);
        let content = workspace::output(command.args(["completions", shell]))?;
        if content.is_empty() {
            bail!("`appctl completions {shell}` printed nothing");
        }
        items.push(Item { content, place: place.into(), mode: DATA_MODE });
    }
    items.extend(manual(workspace, &appctl)?);
    Ok(items)
}

/// The manual pages, which `appctl` itself writes: one for each of its commands.
fn manual(workspace: &Workspace, appctl: &Path) -> Result<Vec<Item>> {
    let directory = workspace.scratch("man")?;
    let mut command = workspace.user_command(appctl);
    workspace::output(command.arg("man").arg(&directory))?;
    let mut pages = Vec::new();
    let entries =
        fs::read_dir(&directory).with_context(|| format!("cannot list {}", directory.display()))?;
    for entry in entries {
        let page = entry.with_context(|| format!("cannot list {}", directory.display()))?.path();
        let Some(name) = page.file_name().filter(|_| page.extension() == Some("1".as_ref())) else {
            bail!("`appctl man` wrote {}, which is no page of section 1", page.display());
        };
        pages.push(Item {
            content: read(&page)?,
            place: Path::new(MANUAL).join(name),
            mode: DATA_MODE,
        });
    }
    if pages.is_empty() {
        bail!("`appctl man {}` wrote no manual page", directory.display());
    }
    pages.sort_by(|a, b| a.place.cmp(&b.place));
    Ok(pages)
}

/// Brings the file at `place` to what `item` says.
fn put(item: &Item, place: &Path) -> Result<Placed> {
    let before = match fs::read(place) {
        Ok(content) => Some(content),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => {
            return Err(error).with_context(|| format!("cannot read {}", place.display()));
        }
    };
    if before.as_ref() == Some(&item.content) && mode(place) == Some(item.mode) {
        return Ok(Placed::Unchanged);
    }
    replace(item, place).with_context(|| format!("cannot write {}", place.display()))?;
    Ok(if before.is_some() { Placed::Replaced } else { Placed::New })
}

/// Writes a new file beside `place` and renames it over the old one (see 2. above).
fn replace(item: &Item, place: &Path) -> Result<()> {
    let directory = place.parent().context("it has no directory")?;
    let name = place.file_name().context("it has no name")?;
    fs::create_dir_all(directory)?;
    let new = directory.join(format!(".{}.new-{}", name.display(), std::process::id()));
    let written = write_whole(&new, item).and_then(|()| fs::rename(&new, place));
    if written.is_err() {
        // The first error is the one to tell; a leftover is only untidy.
        drop(fs::remove_file(&new));
    }
    Ok(written?)
}

fn write_whole(path: &Path, item: &Item) -> io::Result<()> {
    fs::write(path, &item.content)?;
    fs::set_permissions(path, fs::Permissions::from_mode(item.mode))?;
    // Renamed before it is on the disk, it could be empty after a power cut.
    fs::File::open(path)?.sync_all()
}

fn mode(place: &Path) -> Option<u32> {
    fs::symlink_metadata(place)
        .ok()
        .filter(fs::Metadata::is_file)
        .map(|metadata| metadata.permissions().mode() & 0o7777)
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).with_context(|| format!("cannot read {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn item(content: &str) -> Item {
        Item { content: content.into(), place: "bin/appd".into(), mode: PROGRAM_MODE }
    }

    #[test]
    fn the_prefix_is_dot_local_unless_asked_otherwise() {
        let home = || Some(PathBuf::from("/home/ann"));
        assert_eq!(prefix(None, home()).unwrap(), Path::new("/home/ann/.local"));
        assert_eq!(prefix(Some(Path::new("/usr")), home()).unwrap(), Path::new("/usr"));
        assert!(prefix(None, None).is_err());
        assert!(prefix(None, Some(PathBuf::new())).is_err());
    }

    #[test]
    fn a_packagers_tree_holds_the_whole_prefix() {
        let usr = Path::new("/usr");
        assert_eq!(under(usr, None).unwrap(), usr);
        let destdir = Some(Path::new("/tmp/package"));
        assert_eq!(under(usr, destdir).unwrap(), Path::new("/tmp/package/usr"));
    }

    #[test]
    fn a_file_is_made_replaced_and_then_left_alone() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join("bin/appd");
        assert_eq!(put(&item("one"), &place).unwrap(), Placed::New);
        assert_eq!(put(&item("two"), &place).unwrap(), Placed::Replaced);
        assert_eq!(put(&item("two"), &place).unwrap(), Placed::Unchanged);
        assert_eq!(fs::read_to_string(&place).unwrap(), "two");
        assert_eq!(mode(&place), Some(PROGRAM_MODE));
        let names: Vec<_> = fs::read_dir(home.path().join("bin")).unwrap().collect();
        assert_eq!(names.len(), 1, "nothing is left beside it: {names:?}");
    }

    #[test]
    fn a_file_with_the_wrong_mode_is_replaced() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join("appd");
        fs::write(&place, "one").unwrap();
        fs::set_permissions(&place, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(put(&item("one"), &place).unwrap(), Placed::Replaced);
        assert_eq!(mode(&place), Some(PROGRAM_MODE));
    }

    #[test]
    fn a_running_daemon_keeps_the_program_it_was_started_from() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join("appd");
        put(&item("old"), &place).unwrap();
        let mut running = fs::File::open(&place).unwrap();
        put(&item("new"), &place).unwrap();
        let mut seen = String::new();
        running.read_to_string(&mut seen).unwrap();
        assert_eq!(seen, "old");
    }

    #[test]
    fn a_place_that_cannot_be_written_is_named_and_nothing_is_left() {
        let home = tempfile::tempdir().unwrap();
        let place = home.path().join("appd");
        fs::create_dir(&place).unwrap();
        let error = put(&item("one"), &place).unwrap_err();
        assert!(error.to_string().contains(&place.display().to_string()), "{error}");
        assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1);
    }
}
