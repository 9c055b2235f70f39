//! A recording as an asciicast, which asciinema and its players play: a header and then one
//! event per line, all of them JSON. Version 3 counts time from the event before, version 2
//! from the beginning.
//!
//! # Invariants
//!
//! 1. Every line is UTF-8: a character that was cut goes with the event that has its end,
//!    and what is none becomes U+FFFD.
//! 2. Time never runs backwards.

use app_model::Exit;
use clap::ValueEnum;
use serde::Serialize;
use serde_json::json;

use crate::record::Beginning;
use crate::render::json::on_a_line;
use crate::render::words::amount;

/// Which form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// Asciicast version 3, of asciinema 3
    Asciicast,
    /// Asciicast version 2, which older players know
    AsciicastV2,
}

/// What the header says.
#[derive(Clone, Debug)]
pub(crate) struct About {
    /// When it begins, and how large the terminal is then.
    pub(crate) beginning: Beginning,
    /// The kind of terminal.
    pub(crate) term: Option<String>,
    /// The session's name.
    pub(crate) title: String,
    /// What ran.
    pub(crate) command: String,
}

/// Makes events, each a line without its end.
#[derive(Debug)]
pub(crate) struct Writer {
    format: Format,
    /// When the recording begins, and when the last event was.
    begins_ms: u64,
    last_ms: u64,
    /// The beginning of a character whose end has not come.
    cut: Vec<u8>,
}

#[derive(Serialize)]
struct HeaderV3<'a> {
    version: u8,
    term: Term<'a>,
    timestamp: i64,
    title: &'a str,
    command: &'a str,
}

#[derive(Serialize)]
struct Term<'a> {
    cols: u16,
    rows: u16,
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    kind: Option<&'a str>,
}

#[derive(Serialize)]
struct HeaderV2<'a> {
    version: u8,
    width: u16,
    height: u16,
    timestamp: i64,
    title: &'a str,
    command: &'a str,
    env: serde_json::Value,
}

impl Writer {
    /// Begins, with the header.
    pub(crate) fn new(format: Format, about: &About) -> (Self, String) {
        let Beginning { at, rows, cols } = about.beginning;
        let timestamp = at.wall_ms.div_euclid(1_000);
        let (title, command) = (about.title.as_str(), about.command.as_str());
        let header = match format {
            Format::Asciicast => {
                let term = Term { cols, rows, kind: about.term.as_deref() };
                json_line(&HeaderV3 { version: 3, term, timestamp, title, command })
            }
            Format::AsciicastV2 => {
                let env = about.term.as_ref().map_or(json!({}), |term| json!({ "TERM": term }));
                let (width, height) = (cols, rows);
                json_line(&HeaderV2 { version: 2, width, height, timestamp, title, command, env })
            }
        };
        (Self { format, begins_ms: at.elapsed_ms, last_ms: at.elapsed_ms, cut: Vec::new() }, header)
    }

    /// Output; nothing when there is no whole character.
    pub(crate) fn output(&mut self, at_ms: u64, bytes: &[u8]) -> Option<String> {
        let text = self.text(bytes);
        (!text.is_empty()).then(|| self.event(at_ms, "o", &text))
    }

    /// Another size.
    pub(crate) fn resize(&mut self, at_ms: u64, rows: u16, cols: u16) -> String {
        self.event(at_ms, "r", &format!("{cols}x{rows}"))
    }

    /// A place at which output is missing: a marker.
    pub(crate) fn gap(&mut self, at_ms: u64, lost: u64) -> String {
        self.event(at_ms, "m", &format!("{} could not be recorded", amount(lost)))
    }

    /// What is left, and how it ended if it has.
    pub(crate) fn finish(mut self, end: Option<(u64, Exit)>) -> Vec<String> {
        let mut lines = Vec::new();
        if !std::mem::take(&mut self.cut).is_empty() {
            lines.push(self.event(0, "o", "\u{fffd}"));
        }
        if let Some((at_ms, exit)) = end
            && self.format == Format::Asciicast
        {
            lines.push(self.event(at_ms, "x", &exit.shell_code().to_string()));
        }
        lines
    }

    fn event(&mut self, at_ms: u64, code: &str, data: &str) -> String {
        let before_ms = self.last_ms;
        self.last_ms = at_ms.max(before_ms); // Invariant 2.
        let since = match self.format {
            Format::Asciicast => self.last_ms - before_ms,
            Format::AsciicastV2 => self.last_ms - self.begins_ms,
        };
        let (seconds, ms) = (since / 1_000, since % 1_000);
        format!("[{seconds}.{ms:03},\"{code}\",{}]", json_line(&data))
    }

    /// The whole characters that there are now (invariant 1).
    fn text(&mut self, bytes: &[u8]) -> String {
        let mut all = std::mem::take(&mut self.cut);
        all.extend_from_slice(bytes);
        let (mut text, mut rest) = (String::new(), &all[..]);
        loop {
            let error = match std::str::from_utf8(rest) {
                Ok(valid) => return text + valid,
                Err(error) => error,
            };
            let (valid, after) = rest.split_at(error.valid_up_to());
            text += &String::from_utf8_lossy(valid);
            let Some(length) = error.error_len() else {
                self.cut = after.to_vec();
                return text;
            };
            text.push(char::REPLACEMENT_CHARACTER);
            rest = &after[length..];
        }
    }
}

fn json_line(value: &impl Serialize) -> String {
    on_a_line(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::Moment;

    fn about() -> About {
        let at = Moment { elapsed_ms: 500, wall_ms: 1_763_716_496_789 };
        About {
            beginning: Beginning { at, rows: 24, cols: 80 },
            term: Some("xterm-256color".into()),
            title: "flaky \"test\"".into(),
            command: "make -j2".into(),
        }
    }

    fn cast(format: Format) -> String {
        let (mut writer, header) = Writer::new(format, &about());
        let mut lines = vec![header];
        lines.extend(writer.output(500, b"\x1b[31mh\xc3"));
        lines.extend(writer.output(600, b"\xa9"));
        lines.push(writer.resize(700, 50, 200));
        lines.extend(writer.output(650, b"\xff\xe2\x82"));
        lines.push(writer.gap(900, 1_536));
        lines.extend(writer.output(900, b"x"));
        lines.extend(writer.output(950, b"\xe2"));
        lines.extend(writer.finish(Some((12_345, Exit::Code(7)))));
        lines.join("\n")
    }

    #[test]
    fn version_3_counts_from_the_event_before() {
        insta::assert_snapshot!(cast(Format::Asciicast), @r#"
        {"version":3,"term":{"cols":80,"rows":24,"type":"xterm-256color"},"timestamp":1763716496,"title":"flaky \"test\"","command":"make -j2"}
        [0.000,"o","\u001b[31mh"]
        [0.100,"o","é"]
        [0.100,"r","200x50"]
        [0.000,"o","�"]
        [0.200,"m","1.5 KiB could not be recorded"]
        [0.000,"o","�x"]
        [0.000,"o","�"]
        [11.445,"x","7"]
        "#);
    }

    #[test]
    fn version_2_counts_from_the_beginning() {
        insta::assert_snapshot!(cast(Format::AsciicastV2), @r#"
        {"version":2,"width":80,"height":24,"timestamp":1763716496,"title":"flaky \"test\"","command":"make -j2","env":{"TERM":"xterm-256color"}}
        [0.000,"o","\u001b[31mh"]
        [0.100,"o","é"]
        [0.200,"r","200x50"]
        [0.200,"o","�"]
        [0.400,"m","1.5 KiB could not be recorded"]
        [0.400,"o","�x"]
        [0.400,"o","�"]
        "#);
    }

    #[test]
    fn characters_come_back_however_they_are_cut() {
        let text = "a é € 🦀 日本\x1b[1m";
        for size in 1..7 {
            let (mut writer, _) = Writer::new(Format::Asciicast, &about());
            let events = text.as_bytes().chunks(size).filter_map(|cut| writer.output(0, cut));
            let data = events
                .map(|event| -> (f64, String, String) { serde_json::from_str(&event).unwrap() });
            assert_eq!(data.map(|event| event.2).collect::<String>(), text);
        }
    }
}
