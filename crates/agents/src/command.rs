//! Which program a list of arguments starts, behind those that only start others.
//!
//! A shell is not looked through: what `sh -c` runs is a script, not a program.

use app_model::OsText;

/// Most programs in front of the one that is meant.
const MAX_WRAPPERS: usize = 8;

/// What is started.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Started {
    /// A program, a module or a script: its path or name.
    Program(String),
    /// A package that a package manager runs.
    Package(String),
}

/// How a program in front of another takes its arguments.
struct Wrapper {
    /// Options that take the next argument.
    valued: &'static [&'static str],
    /// Options with which it starts nothing that we could know.
    opaque: &'static [&'static str],
    then: Then,
}

/// What the first argument is that is no option.
enum Then {
    /// A program with its arguments.
    Command,
    /// A script.
    Script,
    /// A package, whose program is started.
    Package,
    /// One of these words and then a package. Anything else is not ours.
    Subcommand(&'static [&'static str]),
}

const ENV: Wrapper = Wrapper {
    valued: &["-u", "--unset", "-C", "--chdir", "-a", "--argv0"],
    opaque: &["-S", "--split-string"],
    then: Then::Command,
};
const NICE: Wrapper = Wrapper { valued: &["-n", "--adjustment"], opaque: &[], then: Then::Command };
const STDBUF: Wrapper = Wrapper {
    valued: &["-i", "-o", "-e", "--input", "--output", "--error"],
    opaque: &[],
    then: Then::Command,
};
const PLAIN: Wrapper = Wrapper { valued: &[], opaque: &[], then: Then::Command };
const NODE: Wrapper = Wrapper {
    valued: &[
        "-r",
        "--require",
        "--import",
        "--loader",
        "--experimental-loader",
        "-C",
        "--conditions",
    ],
    opaque: &["-e", "--eval", "-p", "--print", "-c", "--check"],
    then: Then::Script,
};
const NPX: Wrapper = Wrapper {
    valued: &["-p", "--package", "-w", "--workspace"],
    opaque: &["-c", "--call"],
    then: Then::Package,
};
const MANAGER: Wrapper = Wrapper {
    valued: &["-C", "--dir", "--prefix", "--directory", "--project"],
    opaque: &[],
    then: Then::Subcommand(&["exec", "x", "dlx", "run", "tool"]),
};
const PYTHON: Wrapper = Wrapper { valued: &["-W", "-X"], opaque: &["-c"], then: Then::Script };
const UVX: Wrapper = Wrapper {
    valued: &["--from", "--with", "-p", "--python", "--index-url", "--refresh-package", "-w"],
    opaque: &[],
    then: Then::Package,
};

fn wrapper(base: &str) -> Option<&'static Wrapper> {
    Some(match base {
        "env" => &ENV,
        "nice" | "ionice" => &NICE,
        "nohup" | "setsid" | "caffeinate" | "time" => &PLAIN,
        "stdbuf" => &STDBUF,
        "node" | "nodejs" | "deno" => &NODE,
        "npx" | "bunx" | "pnpx" => &NPX,
        "npm" | "pnpm" | "yarn" | "bun" | "uv" | "pipx" => &MANAGER,
        "uvx" => &UVX,
        _ if is_python(base) => &PYTHON,
        _ => return None,
    })
}

/// `python`, `python3`, `python3.12`.
fn is_python(base: &str) -> bool {
    let version = base.strip_prefix("python");
    version.is_some_and(|version| version.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

/// What these arguments start.
pub(crate) fn started(argv: &[OsText]) -> Option<Started> {
    let mut rest: Vec<String> =
        argv.iter().map(|argument| String::from_utf8_lossy(&argument.0).into_owned()).collect();
    for _ in 0..MAX_WRAPPERS {
        let first = rest.first()?;
        let base = base_of(first);
        let Some(wrapper) = wrapper(base) else { return Some(Started::Program(first.clone())) };
        let (is_python, is_env) = (is_python(base), base == "env");
        rest.remove(0);
        if is_python && let Some(module) = module(&rest) {
            return Some(Started::Program(module));
        }
        let at = operand(&rest, wrapper, is_env)?;
        rest.drain(..at);
        match wrapper.then {
            Then::Command => {}
            Then::Script => return rest.into_iter().next().map(Started::Program),
            Then::Package => return rest.into_iter().next().map(Started::Package),
            Then::Subcommand(words) => {
                let valued = &UVX;
                let is_word = |word: &String| words.contains(&word.as_str());
                let mut after = rest.iter().take_while(|word| is_word(word)).count();
                if after == 0 {
                    // `bun script.js`.
                    return rest.into_iter().next().map(Started::Program);
                }
                after += operand(&rest[after..], valued, false)?;
                return rest.into_iter().nth(after).map(Started::Package);
            }
        }
    }
    None
}

/// Where the first argument is that is no option, or nothing if there is none that counts.
fn operand(rest: &[String], wrapper: &Wrapper, assigns: bool) -> Option<usize> {
    let mut at = 0;
    while let Some(argument) = rest.get(at) {
        if argument == "--" {
            return (at + 1 < rest.len()).then_some(at + 1);
        }
        if wrapper.opaque.iter().any(|option| is_option(argument, option)) {
            return None;
        }
        let is_assignment = assigns && argument.contains('=');
        if wrapper.valued.contains(&argument.as_str()) {
            at += 2;
        } else if argument.starts_with('-') || is_assignment {
            at += 1;
        } else {
            return Some(at);
        }
    }
    None
}

/// Whether `argument` is this option, with or without a value in the same word.
fn is_option(argument: &str, option: &str) -> bool {
    argument == option
        || (option.starts_with("--")
            && argument.strip_prefix(option).is_some_and(|rest| rest.starts_with('=')))
}

/// The module of `python -m module`, with other options in front of it.
fn module(rest: &[String]) -> Option<String> {
    let mut at = 0;
    while let Some(argument) = rest.get(at).filter(|argument| argument.starts_with('-')) {
        match argument.as_str() {
            "-m" => return rest.get(at + 1).cloned(),
            "-c" => return None,
            "-W" | "-X" => at += 2,
            _ => at += 1,
        }
    }
    None
}

/// The last part of a path; a login shell's `-` is no part of the name.
fn base_of(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path).trim_start_matches('-')
}

/// `name` without what a script's name ends with.
fn stem_of(name: &str) -> &str {
    let ends = [".js", ".mjs", ".cjs", ".ts", ".py"];
    ends.iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

/// `@scope/name@1.2` and `name==1.2` without the version, and without extras.
fn unversioned(package: &str) -> &str {
    let scope = usize::from(package.starts_with('@'));
    let end = package[scope..].find(['@', '=', '[', '<', '>']).map(|at| at + scope);
    &package[..end.unwrap_or(package.len())]
}

impl Started {
    /// Whether this is one of these programs, or comes from one of these packages.
    pub(crate) fn is_one_of(&self, programs: &[String], packages: &[String]) -> bool {
        match self {
            Self::Program(path) => {
                let name = stem_of(base_of(path));
                let module = path.split('.').next().unwrap_or(path);
                let inside = |package: &String| path.contains(&format!("node_modules/{package}/"));
                programs.iter().any(|program| program == name || program == module)
                    || packages.iter().any(inside)
            }
            Self::Package(package) => {
                let name = unversioned(package);
                packages.iter().any(|known| known == name)
                    || Self::Program(name.to_owned()).is_program(programs)
            }
        }
    }

    fn is_program(&self, programs: &[String]) -> bool {
        self.is_one_of(programs, &[])
    }
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
