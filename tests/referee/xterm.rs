//! The other terminal: a process that is asked line by line.

use std::ffi::OsString;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::json;

/// Says where its packages are: a `node_modules`.
const PLACE: &str = "APPCTL_XTERM";

/// xterm.js, in a process of its own.
pub(crate) struct Xterm {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Xterm {
    /// Starts it, where it is installed.
    pub(crate) fn start() -> Option<Self> {
        let Some(place) = std::env::var_os(PLACE).filter(|place| !place.is_empty()) else {
            eprintln!(
                "━━ NOT JUDGED ━━ xterm.js is not here, so no other terminal has seen our \
                 snapshots; `cargo xtask differential` fetches it"
            );
            return None;
        };
        Some(Self::of(place))
    }

    fn of(place: OsString) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("referee/xterm.cjs");
        let mut command = Command::new("node");
        command.arg(script).env("NODE_PATH", place);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, input, output }
    }

    /// Everything that is to be said of a terminal that was shown this.
    pub(crate) fn shows(&mut self, (rows, cols): (u16, u16), output: &[&[u8]]) -> Vec<String> {
        let output: Vec<String> = output.iter().map(|piece| base64(piece)).collect();
        let asked = json!({ "rows": rows, "cols": cols, "output": output });
        writeln!(self.input.as_mut().unwrap(), "{asked}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for Xterm {
    fn drop(&mut self) {
        // It ends when nobody can ask any more.
        self.input = None;
        self.child.wait().ok();
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let at = |index: usize| u32::from(three.get(index).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            let used = digit <= three.len();
            let index = (bits >> (18 - 6 * digit)) as usize & 63;
            out.push(if used { char::from(DIGITS[index]) } else { '=' });
        }
    }
    out
}
