//! The command line of `cargo xtask`, parsed by hand so that it compiles in no time.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::path::PathBuf;

pub(crate) const USAGE: &str = "\
usage: cargo xtask VERB …

  run [--release] [ARGS…]       build appctl, appd and appd-holder, then be `appctl ARGS…`
                                (dev profile unless --release comes first)
  test [--quick] [-- ARGS…]     everything that must pass before a change lands; ARGS go to
                                the test runner, as in `cargo xtask test -- wire`
      --quick                   without Debian packages, cargo-deny and rustdoc
  install [--prefix DIR] [--destdir DIR]
                                release build, put in place with completions and man pages
      --prefix DIR              where it will live (default: ~/.local)
      --destdir DIR             put the whole tree under DIR instead of /, for packagers
  fuzz [TARGET] [--seconds N]   look for an input that breaks TARGET, or any of them, for N
                                seconds each (default: 60); libFuzzer's way where it is to
                                be had
  differential                  attach in the midst of recorded and of random output, and
                                let xterm.js judge what is to be seen
  agents                        let real coding agents run in sessions, with a model that
                                the tests speak for
  macos                         type-check the programs for macOS and link what can be, with
                                a compiler from Debian's packages and a linker from pip
  machine [NAME]                boot a whole machine in an emulator, and run the tests that
                                need its kernel there, or those of this name: limits, restarts,
                                losses of power
  soak [--minutes N] [--sessions N] [--seed N]
                                use everything at once for N minutes (default: 2) and with up
                                to so many sessions (default: 500) while daemons, holders,
                                clients and programs are killed, then check what is left
  upgrade [--from REV]          build the programs of REV (default: the newest tag) too, and
                                check that sessions, clients and daemons of both releases
                                get on
  miri                          run the tests of crates without system calls in Miri, which
                                sees undefined behaviour in all that they use
  pictures [NAME]               draw docs/pictures anew, or one of them: sessions before and
                                after coming back, and notices
  help                          print this";

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Task {
    Help,
    Run(RunOptions),
    Test(TestOptions),
    Install(InstallOptions),
    Fuzz(FuzzOptions),
    Differential,
    Agents,
    /// All the tests, or those of this name.
    Machine(Option<String>),
    Macos,
    Miri,
    Soak(SoakOptions),
    /// From this revision, or from the newest tag.
    Upgrade(Option<String>),
    /// One of them, or all.
    Pictures(Option<String>),
}

/// How Cargo compiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    Dev,
    Release,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RunOptions {
    pub(crate) profile: Profile,
    /// What `appctl` gets, untouched: it may be anything, even bytes that are no UTF-8.
    pub(crate) arguments: Vec<OsString>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct TestOptions {
    pub(crate) quick: bool,
    /// What the test runner gets after its own arguments.
    pub(crate) filters: Vec<OsString>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct InstallOptions {
    /// `None` is `~/.local`.
    pub(crate) prefix: Option<PathBuf>,
    pub(crate) destdir: Option<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct FuzzOptions {
    /// `None` is all of them.
    pub(crate) target: Option<String>,
    /// For each.
    pub(crate) seconds: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SoakOptions {
    pub(crate) minutes: u32,
    pub(crate) sessions: u32,
    /// `None` is another one each time.
    pub(crate) seed: Option<u32>,
}

impl Default for SoakOptions {
    fn default() -> Self {
        Self { minutes: 2, sessions: 500, seed: None }
    }
}

/// A command line that makes no sense.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum UsageError {
    NoVerb,
    UnknownVerb { verb: OsString },
    UnknownArgument { verb: &'static str, argument: OsString },
    NoValue { option: &'static str },
    NoNumber { option: &'static str },
    NoRevision { option: &'static str },
}

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoVerb => write!(f, "say what to do"),
            Self::UnknownVerb { verb } => write!(f, "there is no verb `{}`", verb.display()),
            Self::UnknownArgument { verb, argument } => {
                write!(f, "`{verb}` does not take `{}`", argument.display())
            }
            Self::NoValue { option } => write!(f, "`{option}` needs a directory"),
            Self::NoNumber { option } => write!(f, "`{option}` needs a number"),
            Self::NoRevision { option } => write!(f, "`{option}` needs a revision"),
        }
    }
}

/// Reads the arguments that come after the program's own name.
pub(crate) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Task, UsageError> {
    let mut arguments = arguments.into_iter().peekable();
    let mut profile = Profile::Dev;
    // Before the verb or after it: both read well, and neither can mean anything else.
    while arguments.next_if(|argument| argument == "--release").is_some() {
        profile = Profile::Release;
    }
    let verb = arguments.next().ok_or(UsageError::NoVerb)?;
    match verb.to_str() {
        Some("run") => {
            while arguments.next_if(|argument| argument == "--release").is_some() {
                profile = Profile::Release;
            }
            Ok(Task::Run(RunOptions { profile, arguments: arguments.collect() }))
        }
        _ if profile == Profile::Release => {
            Err(UsageError::UnknownVerb { verb: "--release".into() })
        }
        Some("test") => parse_test(arguments),
        Some("install") => parse_install(arguments),
        Some("fuzz") => parse_fuzz(arguments),
        Some("soak") => parse_soak(arguments),
        Some("upgrade") => parse_upgrade(arguments),
        Some("miri") => alone("miri", Task::Miri, arguments),
        Some("pictures") => parse_named("pictures", Task::Pictures, arguments),
        Some("differential") => alone("differential", Task::Differential, arguments),
        Some("agents") => alone("agents", Task::Agents, arguments),
        Some("machine") => parse_named("machine", Task::Machine, arguments),
        Some("macos") => alone("macos", Task::Macos, arguments),
        Some("help" | "--help" | "-h") => Ok(Task::Help),
        _ => Err(UsageError::UnknownVerb { verb }),
    }
}

fn parse_test(mut arguments: impl Iterator<Item = OsString>) -> Result<Task, UsageError> {
    let mut options = TestOptions::default();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--quick") => options.quick = true,
            Some("--") => options.filters = arguments.by_ref().collect(),
            Some("--help" | "-h") => return Ok(Task::Help),
            _ => return Err(UsageError::UnknownArgument { verb: "test", argument }),
        }
    }
    Ok(Task::Test(options))
}

fn parse_install(mut arguments: impl Iterator<Item = OsString>) -> Result<Task, UsageError> {
    let mut options = InstallOptions::default();
    while let Some(argument) = arguments.next() {
        if argument == "--help" || argument == "-h" {
            return Ok(Task::Help);
        } else if let Some(value) = directory(&argument, "--prefix", &mut arguments)? {
            options.prefix = Some(value);
        } else if let Some(value) = directory(&argument, "--destdir", &mut arguments)? {
            options.destdir = Some(value);
        } else {
            return Err(UsageError::UnknownArgument { verb: "install", argument });
        }
    }
    Ok(Task::Install(options))
}

/// A verb that takes nothing.
fn alone(
    verb: &'static str,
    task: Task,
    mut arguments: impl Iterator<Item = OsString>,
) -> Result<Task, UsageError> {
    match arguments.next() {
        None => Ok(task),
        Some(argument) if argument == "--help" || argument == "-h" => Ok(Task::Help),
        Some(argument) => Err(UsageError::UnknownArgument { verb, argument }),
    }
}

/// A verb that takes one name, or none for all.
fn parse_named(
    verb: &'static str,
    task: impl FnOnce(Option<String>) -> Task,
    mut arguments: impl Iterator<Item = OsString>,
) -> Result<Task, UsageError> {
    match arguments.next().map(|name| name.to_string_lossy().into_owned()) {
        Some(name) if name == "--help" || name == "-h" => Ok(Task::Help),
        name => alone(verb, task(name), arguments),
    }
}

fn parse_upgrade(mut arguments: impl Iterator<Item = OsString>) -> Result<Task, UsageError> {
    let mut from = None;
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--help" | "-h") => return Ok(Task::Help),
            Some("--from") => {
                let revision = arguments.next().and_then(|revision| revision.into_string().ok());
                let no_value = UsageError::NoRevision { option: "--from" };
                from = Some(revision.filter(|text| !text.is_empty()).ok_or(no_value)?);
            }
            _ => return Err(UsageError::UnknownArgument { verb: "upgrade", argument }),
        }
    }
    Ok(Task::Upgrade(from))
}

fn parse_soak(mut arguments: impl Iterator<Item = OsString>) -> Result<Task, UsageError> {
    let mut options = SoakOptions::default();
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--help" | "-h") => return Ok(Task::Help),
            Some("--minutes") => options.minutes = number("--minutes", &mut arguments)?,
            Some("--sessions") => options.sessions = number("--sessions", &mut arguments)?,
            Some("--seed") => options.seed = Some(number("--seed", &mut arguments)?),
            _ => return Err(UsageError::UnknownArgument { verb: "soak", argument }),
        }
    }
    Ok(Task::Soak(options))
}

/// The number that follows an option.
fn number(
    option: &'static str,
    rest: &mut impl Iterator<Item = OsString>,
) -> Result<u32, UsageError> {
    let number = rest.next().and_then(|number| number.to_str()?.parse().ok());
    number.ok_or(UsageError::NoNumber { option })
}

fn parse_fuzz(mut arguments: impl Iterator<Item = OsString>) -> Result<Task, UsageError> {
    let mut options = FuzzOptions { target: None, seconds: 60 };
    while let Some(argument) = arguments.next() {
        match argument.to_str() {
            Some("--help" | "-h") => return Ok(Task::Help),
            Some("--seconds") => {
                options.seconds = number("--seconds", &mut arguments)?;
            }
            Some(target) if options.target.is_none() && !target.starts_with('-') => {
                options.target = Some(target.to_owned());
            }
            _ => return Err(UsageError::UnknownArgument { verb: "fuzz", argument }),
        }
    }
    Ok(Task::Fuzz(options))
}

/// The value of `option`, when `argument` is that option: `--prefix DIR` or `--prefix=DIR`.
fn directory(
    argument: &OsStr,
    option: &'static str,
    rest: &mut impl Iterator<Item = OsString>,
) -> Result<Option<PathBuf>, UsageError> {
    let value = if argument == option {
        rest.next()
    } else {
        let joined = argument.to_str().and_then(|text| text.strip_prefix(option));
        match joined.and_then(|text| text.strip_prefix('=')) {
            Some(value) => Some(value.into()),
            None => return Ok(None),
        }
    };
    match value {
        Some(value) if !value.is_empty() => Ok(Some(value.into())),
        _ => Err(UsageError::NoValue { option }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Result<Task, UsageError> {
        parse(line.split_whitespace().map(OsString::from))
    }

    fn run(profile: Profile, line: &str) -> Task {
        let arguments = line.split_whitespace().map(OsString::from).collect();
        Task::Run(RunOptions { profile, arguments })
    }

    #[test]
    fn everything_after_run_belongs_to_appctl() {
        let line = "start --bg -n hello -- sh -c true --release --help";
        assert_eq!(parsed(&format!("run {line}")), Ok(run(Profile::Dev, line)));
        assert_eq!(parsed("run"), Ok(run(Profile::Dev, "")));
        assert_eq!(parsed("run -- ls"), Ok(run(Profile::Dev, "-- ls")));
    }

    #[test]
    fn release_is_taken_before_and_right_after_run() {
        assert_eq!(parsed("--release run ls"), Ok(run(Profile::Release, "ls")));
        assert_eq!(parsed("run --release ls"), Ok(run(Profile::Release, "ls")));
        assert!(parsed("--release test").is_err());
    }

    #[test]
    fn arguments_that_are_no_utf8_reach_appctl() {
        use std::os::unix::ffi::OsStringExt as _;
        let odd = OsString::from_vec(vec![b'a', 0xff]);
        let task = parse(["run".into(), odd.clone()]);
        assert_eq!(task, Ok(Task::Run(RunOptions { profile: Profile::Dev, arguments: vec![odd] })));
    }

    #[test]
    fn test_passes_what_follows_the_dashes_on() {
        assert_eq!(parsed("test"), Ok(Task::Test(TestOptions::default())));
        assert_eq!(
            parsed("test --quick -- wire --no-capture -- x"),
            Ok(Task::Test(TestOptions {
                quick: true,
                filters: ["wire", "--no-capture", "--", "x"].map(OsString::from).to_vec(),
            }))
        );
        assert_eq!(
            parsed("test wire"),
            Err(UsageError::UnknownArgument { verb: "test", argument: "wire".into() })
        );
    }

    #[test]
    fn install_takes_directories_in_both_spellings() {
        let wanted =
            InstallOptions { prefix: Some("/usr".into()), destdir: Some("/tmp/package".into()) };
        let task = parsed("install --prefix /usr --destdir=/tmp/package");
        assert_eq!(task, Ok(Task::Install(wanted)));
        for line in ["install --prefix", "install --prefix="] {
            assert_eq!(parsed(line), Err(UsageError::NoValue { option: "--prefix" }));
        }
        assert!(parsed("install --prefixed=/usr").is_err());
    }

    #[test]
    fn fuzz_takes_a_target_and_a_number_of_seconds() {
        let fuzz = |target: Option<&str>, seconds| {
            Ok(Task::Fuzz(FuzzOptions { target: target.map(str::to_owned), seconds }))
        };
        assert_eq!(parsed("fuzz"), fuzz(None, 60));
        assert_eq!(parsed("fuzz screen --seconds 5"), fuzz(Some("screen"), 5));
        assert_eq!(parsed("fuzz --seconds 5 keys"), fuzz(Some("keys"), 5));
        for line in ["fuzz --seconds", "fuzz --seconds soon"] {
            assert_eq!(parsed(line), Err(UsageError::NoNumber { option: "--seconds" }));
        }
        assert!(parsed("fuzz screen keys").is_err());
        assert_eq!(parsed("differential"), Ok(Task::Differential));
        assert!(parsed("differential vim").is_err());
        assert_eq!(parsed("agents"), Ok(Task::Agents));
        assert_eq!(parsed("macos"), Ok(Task::Macos));
        assert!(parsed("agents claude").is_err());
        assert_eq!(parsed("pictures"), Ok(Task::Pictures(None)));
        assert_eq!(parsed("pictures vim"), Ok(Task::Pictures(Some("vim".into()))));
        assert!(parsed("pictures vim htop").is_err());
        assert_eq!(parsed("machine"), Ok(Task::Machine(None)));
        assert_eq!(parsed("machine power"), Ok(Task::Machine(Some("power".into()))));
        assert!(parsed("machine power limits").is_err());
    }

    #[test]
    fn soak_takes_numbers_and_another_seed_each_time() {
        let usual = SoakOptions { minutes: 2, sessions: 500, seed: None };
        assert_eq!(parsed("soak"), Ok(Task::Soak(usual)));
        let wanted = SoakOptions { minutes: 10, sessions: 20, seed: Some(7) };
        assert_eq!(parsed("soak --seed 7 --minutes 10 --sessions 20"), Ok(Task::Soak(wanted)));
        let error = Err(UsageError::NoNumber { option: "--seed" });
        assert_eq!(parsed("soak --seed"), error);
        assert!(parsed("soak 5").is_err());
    }

    #[test]
    fn upgrade_takes_a_revision_or_none() {
        assert_eq!(parsed("upgrade"), Ok(Task::Upgrade(None)));
        assert_eq!(parsed("upgrade --from v1"), Ok(Task::Upgrade(Some("v1".into()))));
        let error = Err(UsageError::NoRevision { option: "--from" });
        assert_eq!(parsed("upgrade --from"), error);
        assert!(parsed("upgrade v1").is_err());
        assert_eq!(parsed("miri"), Ok(Task::Miri));
    }

    #[test]
    fn a_line_without_a_known_verb_is_refused_and_help_is_not() {
        assert_eq!(parsed(""), Err(UsageError::NoVerb));
        assert_eq!(parsed("tset"), Err(UsageError::UnknownVerb { verb: "tset".into() }));
        for line in ["help", "--help", "-h", "test --help", "install -h"] {
            assert_eq!(parsed(line), Ok(Task::Help), "{line}");
        }
    }
}
