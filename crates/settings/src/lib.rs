//! The settings file `config.toml`: from text to [`Settings`], or to everything that is
//! wrong with it.
//!
//! Both the daemon and `appctl config check` read it here, so they agree on what is right.
//!
//! # Invariants
//!
//! 1. Every error is found in one go, and names the line and the key; a key that does not
//!    exist is told with the nearest one that does.
//! 2. A file that is wrong in one place gives no settings at all: half a file is not what
//!    anybody meant.
//! 3. A missing file is all defaults.

mod idle;
mod notify;
mod retention;
mod table;
mod tasks;

use std::io::{self, Read as _};
use std::path::Path;

use app_model::settings::Settings;
use toml::de::DeTable;

use crate::table::{Source, Table};

/// The file's name in the directory of the configuration.
pub const FILE: &str = "config.toml";

/// Largest file that is read.
pub const MAX_BYTES: u64 = 256 << 10;

/// One thing that is wrong with the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{line}: {message}")]
pub struct Wrong {
    /// In this line, counted from 1.
    pub line: usize,
    /// About this key, with the tables it is in; empty if the file is no TOML.
    pub key: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// Why there are no settings.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file is there and cannot be read.
    #[error("the settings cannot be read")]
    Unreadable(#[source] io::Error),
    /// It can be read, and this is wrong; never empty, in the order of the lines.
    #[error("the settings are wrong in {} places, first in line {}", .0.len(),
        .0.first().map(ToString::to_string).unwrap_or_default())]
    Wrong(Vec<Wrong>),
}

/// The settings in this file; the defaults if there is none.
pub fn read(path: &Path) -> Result<Settings, SettingsError> {
    let file = match std::fs::File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Settings::default()),
        Err(error) => return Err(SettingsError::Unreadable(error)),
    };
    let mut text = String::new();
    // One byte more than may be, to see that there is more.
    file.take(MAX_BYTES + 1).read_to_string(&mut text).map_err(SettingsError::Unreadable)?;
    if u64::try_from(text.len()).unwrap_or(u64::MAX) > MAX_BYTES {
        return Err(SettingsError::Unreadable(io::ErrorKind::FileTooLarge.into()));
    }
    parse(&text).map_err(SettingsError::Wrong)
}

/// The settings in this text, or everything that is wrong with it.
pub fn parse(text: &str) -> Result<Settings, Vec<Wrong>> {
    let source = Source::new(text);
    let (document, broken) = DeTable::parse_recoverable(text);
    if !broken.is_empty() {
        return Err(broken
            .iter()
            .map(|error| Wrong {
                line: source.line(error.span().map_or(0, |span| span.start)),
                key: String::new(),
                message: error.message().to_owned(),
            })
            .collect());
    }
    let mut top = Table::top(&source, document.get_ref());
    let settings = Settings {
        notify: top.table("notify").map(|table| notify::read(table)).unwrap_or_default(),
        tasks: top.table("tasks").map(|table| tasks::read(table)).unwrap_or_default(),
        retention: top.table("retention").map(|table| retention::read(table)).unwrap_or_default(),
        idle: top.table("idle").map(|table| idle::read(table)).unwrap_or_default(),
    };
    top.finish();
    let mut wrong = source.into_wrong();
    wrong.sort_by_key(|wrong| wrong.line);
    if wrong.is_empty() { Ok(settings) } else { Err(wrong) }
}

#[cfg(test)]
mod tests {
    use app_model::notice::NoticeKind;
    use app_model::retention::Retention;
    use app_model::settings::{Channel, Idle, Rollup};
    use proptest::prelude::*;

    use super::*;

    const ALL: &str = r#"
[notify]
min_duration = "1m 30s"
channels = ["webhook", "command"]
rollup = "parent"
quiet_hours = "22:00-07:00"
mute = false
on = ["failed", "needs-input"]
attach_command = "foot -e appctl attach {id}"

[notify.command]
argv = ["logger", "-t", "appctl"]
timeout = "3s"

[notify.webhook]
url = "https://ntfy.example/topic"
timeout = "5s"
retries = 2

[notify.agents.claude]
min_duration = "0s"
mute = true

[tasks]
max_live = 200

[retention]
days = 7
max_bytes = "500 MiB"

[idle]
after = "1h"
under_pressure = false
"#;

    #[test]
    fn every_key_is_read() {
        let settings = parse(ALL).unwrap();
        assert_eq!(settings.tasks.max_live, 200);
        assert_eq!(settings.retention, Retention { days: 7, max_bytes: 500 << 20 });
        assert_eq!(settings.idle, Idle { after_ms: Some(3_600_000), under_pressure: false });
        let notify = settings.notify;
        assert_eq!(notify.min_duration_ms, 90_000);
        assert_eq!(notify.channels, [Channel::Webhook, Channel::Command]);
        assert_eq!(notify.rollup, Rollup::Parent);
        assert_eq!(notify.quiet_hours.map(|hours| (hours.from, hours.to)), Some((1320, 420)));
        assert_eq!(notify.on, [NoticeKind::Failed, NoticeKind::NeedsInput]);
        assert_eq!(notify.attach_command.as_deref(), Some("foot -e appctl attach {id}"));
        let command = notify.command.unwrap();
        assert_eq!((command.argv.len(), command.timeout_ms), (3, 3_000));
        let webhook = notify.webhook.unwrap();
        assert_eq!((webhook.url.as_str(), webhook.retries), ("https://ntfy.example/topic", 2));
        assert_eq!(notify.agents["claude"].min_duration_ms, Some(0));
        assert_eq!(notify.agents["claude"].mute, Some(true));
    }

    #[test]
    fn nothing_is_all_defaults() {
        assert_eq!(parse("").unwrap(), Settings::default());
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(read(&dir.path().join(FILE)).unwrap(), Settings::default());
        std::fs::create_dir(dir.path().join(FILE)).unwrap();
        assert!(matches!(read(&dir.path().join(FILE)), Err(SettingsError::Unreadable(_))));
    }

    #[track_caller]
    fn wrong(text: &str) -> Vec<(usize, String, String)> {
        let wrong = parse(text).expect_err("it was accepted");
        wrong.into_iter().map(|wrong| (wrong.line, wrong.key, wrong.message)).collect()
    }

    #[test]
    fn every_error_names_its_line_its_key_and_what_would_be_right() {
        let text = "[notify]\nmin_duraton = \"1s\"\nmute = \"yes\"\nrollup = \"some\"\n\
                    channels = [\"desktop\", \"destop\"]\nmin_duration = \"soon\"\n\
                    [notfy]\n";
        let found = wrong(text);
        let lines: Vec<_> = found.iter().map(|(line, ..)| *line).collect();
        assert_eq!(lines, [2, 3, 4, 5, 6, 7]);
        assert_eq!(found[0].1, "notify.min_duraton");
        assert!(found[0].2.contains("`min_duration`"), "{found:?}");
        assert!(found[1].2.contains("`true` or `false`"), "{found:?}");
        assert!(found[2].2.contains("`each`") && found[2].2.contains("`parent`"), "{found:?}");
        assert!(found[3].2.contains("did you mean `desktop`?"), "{found:?}");
        assert!(found[5].2.contains("`notify`"), "{found:?}");
    }

    #[test]
    fn what_is_no_toml_is_told_with_its_line() {
        let found = wrong("[notify]\n\nmute = \n");
        assert_eq!(found[0].0, 3, "{found:?}");
        assert!(found[0].1.is_empty());
    }

    #[test]
    fn a_channel_needs_its_table() {
        let found = wrong("[notify]\nchannels = [\"webhook\"]\n");
        assert!(found[0].2.contains("[notify.webhook]"), "{found:?}");
        let found = wrong("[notify.command]\ntimeout = \"1s\"\n");
        assert!(found[0].2.contains("`argv`"), "{found:?}");
        let found = wrong("[notify.command]\nargv = []\n");
        assert_eq!(found[0].0, 2, "{found:?}");
        let found = wrong("[notify.webhook]\nurl = \"ftp://x\"\n");
        assert!(found[0].2.contains("http"), "{found:?}");
    }

    #[test]
    fn nothing_sleeps_at_once_and_nothing_unless_it_is_said_after_what() {
        assert_eq!(parse("[idle]\n").unwrap().idle.after_ms, None);
        let found = wrong("[idle]\nafter = \"500ms\"\n");
        assert_eq!((found[0].0, found[0].1.as_str()), (2, "idle.after"));
        assert!(found[0].2.contains("`1s` or more"), "{found:?}");
        assert!(wrong("[idle]\nafer = \"1h\"\n")[0].2.contains("`after`"));
        let found = wrong("[idle]\nunder_pressure = \"on\"\n");
        assert!(found[0].2.contains("`true` or `false`"), "{found:?}");
    }

    #[test]
    fn a_number_has_its_bounds() {
        for text in ["0", "1001", "-1", "\"64\""] {
            let found = wrong(&format!("[tasks]\nmax_live = {text}\n"));
            assert_eq!((found[0].0, found[0].1.as_str()), (2, "tasks.max_live"));
            assert!(found[0].2.contains("from 1 to 1000"), "{found:?}");
        }
        let found = wrong("[tasks]\nmax_life = 9\n");
        assert!(found[0].2.contains("did you mean `max_live`?"), "{found:?}");
    }

    #[test]
    fn an_amount_of_data_has_its_unit() {
        let read = |text: &str| parse(&format!("[retention]\nmax_bytes = {text}\n"));
        for (text, bytes) in
            [("0", 0), ("4096", 4_096), ("'64KiB'", 64 << 10), ("'1 TiB'", 1 << 40)]
        {
            assert_eq!(read(text).unwrap().retention.max_bytes, bytes, "{text}");
        }
        for text in ["-1", "'2 GB'", "'GiB'", "'99999999999 TiB'", "true", "''"] {
            let found = wrong(&format!("[retention]\nmax_bytes = {text}\n"));
            assert!(found[0].2.contains("2 GiB"), "{text}: {found:?}");
        }
    }

    #[test]
    fn control_characters_of_the_file_do_not_reach_a_message() {
        let found = wrong("\"a\\u001b[31m\" = 1\n");
        assert!(!found[0].2.chars().any(char::is_control), "{found:?}");
        assert!(!found[0].1.chars().any(char::is_control), "{found:?}");
    }

    proptest! {
        #[test]
        fn no_text_is_too_much(text in "[\\[\\]a-z_.=\" \n0-9\\-{},]{0,200}") {
            if let Err(wrong) = parse(&text) {
                prop_assert!(!wrong.is_empty());
                let lines = text.lines().count() + 1;
                prop_assert!(wrong.iter().all(|wrong| (1..=lines).contains(&wrong.line)));
            }
        }
    }
}
