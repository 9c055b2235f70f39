//! JSON that is written, in the style of the file it goes into.
//!
//! # Invariants
//!
//! 1. A list or object that is written has white space after its opening bracket. By that
//!    one that was written is told from one that was there, empty; see `settings`.

/// A value to be written.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// A string. Ours need no escapes but those of JSON's own.
    Text(String),
    /// A number.
    Number(u32),
    /// A list.
    List(Vec<Self>),
    /// An object.
    Object(Vec<(String, Self)>),
}

/// How a file is written.
#[derive(Clone, Debug)]
pub(super) struct Style {
    /// Its line end.
    pub(super) newline: &'static str,
    /// One step to the right.
    pub(super) unit: String,
    /// Whether it has lines at all.
    pub(super) lines: bool,
}

impl Style {
    /// That of a file that is made anew.
    pub(super) fn new_file() -> Self {
        Self { newline: "\n", unit: "  ".into(), lines: true }
    }

    /// All on one line.
    pub(super) fn one_line() -> Self {
        Self { lines: false, ..Self::new_file() }
    }

    /// What stands before something that begins a line, or follows on the same one.
    pub(super) fn gap(&self, indent: &str) -> String {
        if self.lines { format!("{}{indent}", self.newline) } else { " ".into() }
    }
}

impl Node {
    /// The text of the value, whose first line begins `indent` to the right.
    pub(super) fn render(&self, indent: &str, style: &Style) -> String {
        match self {
            Self::Text(text) => quoted(text),
            Self::Number(number) => number.to_string(),
            Self::List(items) => {
                let inner = format!("{indent}{}", style.unit);
                let items = items.iter().map(|item| item.render(&inner, style));
                wrapped('[', items, ']', indent, style)
            }
            Self::Object(fields) => {
                let inner = format!("{indent}{}", style.unit);
                let fields =
                    fields.iter().map(|(name, value)| property(name, value, &inner, style));
                wrapped('{', fields, '}', indent, style)
            }
        }
    }
}

/// A name and its value.
pub(super) fn property(name: &str, value: &Node, indent: &str, style: &Style) -> String {
    format!("{}: {}", quoted(name), value.render(indent, style))
}

fn wrapped(
    open: char,
    items: impl Iterator<Item = String>,
    close: char,
    indent: &str,
    style: &Style,
) -> String {
    let gap = style.gap(&format!("{indent}{}", style.unit));
    let items: Vec<String> = items.map(|item| format!("{gap}{item}")).collect();
    format!("{open}{}{}{close}", items.join(","), style.gap(indent))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Node {
        let list = Node::List(vec![Node::Text("a\"b".into()), Node::Number(5)]);
        Node::Object(vec![("x".into(), list)])
    }

    #[test]
    fn values_are_written_in_lines_or_on_one() {
        assert_eq!(sample().render("", &Style::one_line()), r#"{ "x": [ "a\"b", 5 ] }"#);
        let tabs = Style { unit: "\t".into(), newline: "\r\n", lines: true };
        assert_eq!(
            sample().render("\t", &tabs),
            "{\r\n\t\t\"x\": [\r\n\t\t\t\"a\\\"b\",\r\n\t\t\t5\r\n\t\t]\r\n\t}"
        );
    }
}
