//! The laws of the workspace. A breach fails with the reason.
//!
//! `docs/ARCHITECTURE.md` draws who depends on whom and why; here it is law.

#![expect(
    clippy::unwrap_used,
    reason = "a failed step is a failed check, and says so by its panic"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, Package, PackageId};

/// Who of ours may depend on whom of ours, in the programs that are shipped.
const MAY_USE: &[(&str, &[&str])] = &[
    ("app-model", &[]),
    ("app-wire", &["app-model"]),
    ("app-sys", &[]),
    ("app-term", &[]),
    ("app-registry", &["app-model"]),
    ("app-agents", &["app-model"]),
    ("app-hooks", &["app-model"]),
    ("app-settings", &["app-model"]),
    ("app-holder", &["app-model", "app-sys", "app-term", "app-wire"]),
    (
        "appd",
        &[
            "app-agents",
            "app-hooks",
            "app-model",
            "app-registry",
            "app-settings",
            "app-sys",
            "app-term",
            "app-wire",
        ],
    ),
    ("appctl", &["app-hooks", "app-model", "app-settings", "app-sys", "app-wire"]),
    // Not shipped. It helps build scripts.
    ("app-link", &[]),
    // Not shipped. The harness knows the protocols and nothing of how they are served;
    // xtask writes completions and manual pages from the client's command line.
    ("app-tests", &["app-model", "app-wire"]),
    ("xtask", &["appctl"]),
    // Not shipped. It throws everything at whatever takes bytes from outside.
    ("app-fuzz", &["app-hooks", "app-model", "app-term", "app-wire", "appctl"]),
];

/// What build scripts of ours may use of ours. It is on no program's list above.
const BUILD_MAY_USE: &[&str] = &["app-link"];

/// Outside crates that only one of ours may use.
const FENCED: &[(&str, &str)] = &[
    ("rusqlite", "app-registry"),
    ("ratatui", "appctl"),
    ("crossterm", "appctl"),
    ("notify-rust", "appd"),
    ("zbus", "appd"),
    ("ureq", "appd"),
    ("sysinfo", "appd"),
];

/// What must never reach the holder: it is small because it outlives everything else, and
/// there is one of it for every session.
const NOT_IN_HOLDER: &[&str] = &["tokio", "rusqlite", "clap", "zbus", "tracing-subscriber"];

/// The only place of `unsafe`.
const UNSAFE_HOME: &str = "crates/sys/";

/// Lines before the first `#[cfg(test)]`. A longer file has more than one noun in it.
const FILE_LIMIT: usize = 800;

/// Packages in `Cargo.lock`. Each is code that somebody has to trust and build; raise this
/// only on purpose, in a change of its own that says what is bought.
const LOCKED_PACKAGES: usize = 380;

/// What bincode misreads or cannot write: it is positional and does not describe itself.
const BANNED_ON_THE_WIRE: &[&str] = &["skip", "default", "flatten", "untagged", "tag"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The metadata with every dependency resolved, features of all members on.
fn metadata() -> Metadata {
    let manifest = root().join("Cargo.toml");
    let mut command = MetadataCommand::new();
    command.manifest_path(manifest).features(CargoOpt::AllFeatures);
    command.other_options(vec!["--offline".into()]).exec().unwrap()
}

fn members(metadata: &Metadata) -> Vec<&Package> {
    metadata.workspace_packages()
}

/// Names of what a package depends on in this way.
fn dependencies(package: &Package, kind: DependencyKind) -> BTreeSet<&str> {
    package.dependencies.iter().filter(|d| d.kind == kind).map(|d| d.name.as_str()).collect()
}

#[test]
fn dependencies_point_down() {
    let metadata = metadata();
    let members = members(&metadata);
    let ours: BTreeSet<&str> = members.iter().map(|package| package.name.as_str()).collect();
    let law: BTreeMap<&str, &[&str]> = MAY_USE.iter().copied().collect();
    for package in members {
        let name = package.name.as_str();
        let allowed = law.get(name).unwrap_or_else(|| {
            panic!("{name} is new: say in MAY_USE what it may use, and in ARCHITECTURE why")
        });
        for used in dependencies(package, DependencyKind::Normal).intersection(&ours) {
            assert!(allowed.contains(used), "{name} must not depend on {used}");
        }
        for used in dependencies(package, DependencyKind::Build).intersection(&ours) {
            assert!(BUILD_MAY_USE.contains(used), "{name} must not be built with {used}");
        }
    }
}

#[test]
fn fenced_crates_have_one_user() {
    for package in members(&metadata()) {
        for &(fenced, owner) in FENCED {
            let uses = [DependencyKind::Normal, DependencyKind::Build]
                .into_iter()
                .any(|kind| dependencies(package, kind).contains(fenced));
            assert!(
                !uses || package.name.as_str() == owner,
                "only {owner} may use {fenced}, and {} does",
                package.name
            );
        }
    }
}

/// Everything that a package needs to be built, however far down.
fn closure(metadata: &Metadata, name: &str) -> BTreeSet<String> {
    let resolve = metadata.resolve.as_ref().unwrap();
    let nodes: BTreeMap<&PackageId, _> = resolve.nodes.iter().map(|n| (&n.id, n)).collect();
    let start = members(metadata).into_iter().find(|p| p.name.as_str() == name).unwrap();
    let mut found = BTreeSet::new();
    let mut left = vec![&start.id];
    while let Some(id) = left.pop() {
        for dependency in &nodes[id].deps {
            let is_shipped = dependency.dep_kinds.iter().any(|k| k.kind == DependencyKind::Normal);
            if is_shipped && found.insert(metadata[&dependency.pkg].name.to_string()) {
                left.push(&dependency.pkg);
            }
        }
    }
    found
}

#[test]
fn the_holder_stays_small() {
    let metadata = metadata();
    let tree = closure(&metadata, "app-holder");
    assert!(tree.contains("app-wire"), "the tree was not read: {tree:?}");
    for &banned in NOT_IN_HOLDER {
        assert!(!tree.contains(banned), "{banned} must not reach the holder");
    }
}

#[test]
fn the_client_never_sees_the_registry() {
    let tree = closure(&metadata(), "appctl");
    for banned in ["rusqlite", "app-registry", "app-term", "zbus"] {
        assert!(!tree.contains(banned), "{banned} must not reach the client");
    }
}

#[test]
fn every_member_inherits_the_lints_of_the_workspace() {
    for package in members(&metadata()) {
        let manifest = fs::read_to_string(&package.manifest_path).unwrap();
        let lints = manifest.split_once("[lints]").map(|(_, after)| after.trim_start());
        assert!(
            lints.is_some_and(|after| after.starts_with("workspace = true")),
            "{} needs `[lints] workspace = true`",
            package.manifest_path
        );
        for field in ["version", "edition", "rust-version", "license"] {
            let inherited = manifest.contains(&format!("{field}.workspace = true"));
            assert!(inherited, "{} does not inherit `{field}`", package.manifest_path);
        }
    }
}

#[test]
fn the_packages_stay_within_their_budget() {
    let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
    let count = lock.lines().filter(|line| *line == "[[package]]").count();
    assert!(count <= LOCKED_PACKAGES, "{count} packages, and {LOCKED_PACKAGES} is the budget");
}

/// What Git knows or would take: tracked files and new ones that are not ignored.
fn files() -> Vec<PathBuf> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let output = git.current_dir(root()).output().unwrap();
    let listed = if output.status.success() { output.stdout } else { Vec::new() };
    let mut files: Vec<PathBuf> = String::from_utf8(listed)
        .unwrap()
        .split_terminator('\0')
        .map(PathBuf::from)
        .filter(|path| root().join(path).is_file())
        .collect();
    if files.is_empty() {
        // An archive of the sources has no Git; its files are all there is.
        walk(Path::new(""), &mut files);
    }
    assert!(files.iter().any(|path| path == Path::new("Cargo.toml")), "no files were found");
    files
}

fn walk(below: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(root().join(below)).unwrap().flatten() {
        let name = entry.file_name();
        let path = below.join(&name);
        let is_dir = entry.file_type().unwrap().is_dir();
        if name == "target" || name == ".git" {
            continue;
        }
        if is_dir { walk(&path, files) } else { files.push(path) }
    }
}

/// Rust sources with their text.
fn sources() -> Vec<(PathBuf, String)> {
    let is_rust = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "rs");
    files()
        .into_iter()
        .filter(is_rust)
        .map(|path| {
            let text = fs::read_to_string(root().join(&path)).unwrap();
            (path, text)
        })
        .collect()
}

/// A line without its comment and without what stands in quotes: code, roughly.
fn code(line: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    let mut escaped = false;
    let mut previous = ' ';
    for c in line.chars() {
        if !quoted && previous == '/' && c == '/' {
            break;
        }
        if c == '"' && !escaped && previous != '\'' {
            quoted = !quoted;
        }
        escaped = quoted && c == '\\' && !escaped;
        if !quoted {
            out.push(c);
        }
        previous = c;
    }
    out
}

/// Whether `word` stands alone in `code`.
fn has_word(code: &str, word: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let before = code[..at].chars().next_back().is_some_and(is_part);
        let after = code[at + word.len()..].chars().next().is_some_and(is_part);
        !before && !after
    })
}

#[test]
fn a_file_is_about_one_thing() {
    for (path, text) in sources() {
        let lines = text.lines().take_while(|line| line.trim() != "#[cfg(test)]").count();
        assert!(lines <= FILE_LIMIT, "{} has {lines} lines", path.display());
    }
}

#[test]
fn every_file_begins_by_explaining_itself() {
    for (path, text) in sources() {
        // `mod tests;` of a documented module is explained there.
        assert!(text.starts_with("//!"), "{} begins without `//!`", path.display());
    }
}

#[test]
fn unsafe_code_has_one_home() {
    for (path, text) in sources() {
        if path.starts_with(UNSAFE_HOME) {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            assert!(
                !has_word(&code(line), "unsafe"),
                "{}:{}: `unsafe` lives in {UNSAFE_HOME} alone",
                path.display(),
                number + 1
            );
        }
    }
}

#[test]
fn nobody_sleeps() {
    for (path, text) in sources() {
        for (number, line) in text.lines().enumerate() {
            assert!(
                !code(line).contains("thread::sleep"),
                "{}:{}: wait for a fact, not for time",
                path.display(),
                number + 1
            );
        }
    }
}

#[test]
fn the_wire_says_everything_it_says() {
    let on_the_wire = |path: &Path| {
        path.starts_with("crates/wire/src") || path == Path::new("crates/model/src/view.rs")
    };
    for (path, text) in sources().into_iter().filter(|(path, _)| on_the_wire(path)) {
        for (number, line) in text.lines().enumerate() {
            let code = code(line);
            let Some((_, attribute)) = code.split_once("#[serde(") else { continue };
            for banned in BANNED_ON_THE_WIRE {
                let words = attribute.split([',', ')', '=', ' ']);
                let found = words.map(str::trim).any(|word| word.starts_with(banned));
                assert!(
                    !found,
                    "{}:{}: bincode is positional and cannot `{banned}`",
                    path.display(),
                    number + 1
                );
            }
        }
        assert!(!text.contains("HashMap"), "{}: bytes must not vary", path.display());
    }
}

/// Names of hosts and places that belong to one machine, not into a repository.
#[test]
fn nothing_here_names_a_registry_or_somebodys_machine() {
    // Written so that this file does not contain them.
    let banned = [
        concat!("static.", "crates", ".io"),
        concat!("index.", "crates", ".io"),
        concat!("registry.", "npmjs", ".org"),
        concat!("pypi", ".org"),
        concat!("proxy.", "golang", ".org"),
        concat!("replace", "-with"),
        concat!("[regis", "tries"),
        concat!("/wo", "rk/"),
        concat!("/ro", "ot/."),
    ];
    for path in files() {
        let Ok(text) = fs::read_to_string(root().join(&path)) else { continue };
        for name in banned {
            assert!(!text.contains(name), "{} contains {name:?}", path.display());
        }
        if path == Path::new("Cargo.lock") {
            only_the_usual_registry(&text);
        }
    }
}

/// A mirror of one network in the lock file would break every other checkout.
fn only_the_usual_registry(lock: &str) {
    let usual = concat!("registry+https://github.com/rust-lang/", "crates", ".io-index");
    for line in lock.lines().filter(|line| line.starts_with("source = ")) {
        let source = line.trim_start_matches("source = ").trim_matches('"');
        assert_eq!(source, usual, "Cargo.lock");
    }
}

#[test]
fn the_reader_of_code_knows_comments_and_strings() {
    assert_eq!(code("let x = 1; // more").trim_end_matches(['/', ' ']), "let x = 1;");
    assert!(!code("say(\"one\", \"two\")").contains(['n', 'w']));
    assert!(has_word("one two", "one") && !has_word("one_two", "one"));
}

/// A table of promises is worth what its proofs are.
#[test]
fn every_test_that_the_table_of_faults_names_exists() {
    let table = fs::read_to_string(root().join("docs/RELIABILITY.md")).unwrap();
    let quoted = table.split('`').skip(1).step_by(2);
    let named: Vec<_> = quoted.filter_map(|words| words.rsplit_once("::")).collect();
    let named = named.iter().filter(|(module, _)| !module.contains("app_"));
    let mut checked = 0;
    for (module, name) in named {
        let (directory, module) = module.split_once("::").unwrap_or(("e2e", module));
        let path = root().join(format!("tests/{directory}/{module}.rs"));
        let file = fs::read_to_string(&path).unwrap_or_default();
        let marks = ["#[test]\n", "#[test]\n#[ignore = \"needs root\"]\n"];
        assert!(
            marks.iter().any(|mark| file.contains(&format!("{mark}fn {name}()"))),
            "docs/RELIABILITY.md names `{module}::{name}`, and {} has no such test",
            path.display()
        );
        checked += 1;
    }
    assert!(checked > 40, "only {checked} were found");
}
