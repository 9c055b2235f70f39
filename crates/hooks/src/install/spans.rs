//! A JSON text and where things are in it: cutting out and putting in without touching a
//! byte of the rest. Comments and commas too many are taken, as editors and agents do.

use jsonc_parser::ast::{Object, Value};
use jsonc_parser::common::Ranged as _;
use jsonc_parser::tokens::Token;
use jsonc_parser::{CollectOptions, CommentCollectionStrategy, ParseOptions, parse_to_ast};

use super::EditError;
use super::render::Style;

/// What white space is in JSON.
pub(super) const BLANK: [char; 4] = [' ', '\t', '\n', '\r'];

/// A part of a text, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// A list or an object: its brackets and what is between them.
#[derive(Clone, Debug)]
pub(super) struct Container {
    pub(super) span: Span,
    pub(super) children: Vec<Span>,
}

/// What a removal comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Removed {
    /// The text without it.
    Text(String),
    /// It was all that its container held, and the container was made for it: remove that.
    Container,
}

/// A text that was understood.
pub(super) struct Document<'a> {
    pub(super) text: &'a str,
    /// `None` if the text is blank.
    pub(super) root: Option<Object<'a>>,
    commas: Vec<Span>,
}

/// What an agent takes: JSON, comments, and commas after the last entry.
fn options() -> ParseOptions {
    ParseOptions {
        allow_comments: true,
        allow_trailing_commas: true,
        allow_loose_object_property_names: false,
        allow_missing_commas: false,
        allow_single_quoted_strings: false,
        allow_hexadecimal_numbers: false,
        allow_unary_plus_numbers: false,
        allow_bare_decimal_point_numbers: false,
        allow_non_finite_numbers: false,
        allow_extended_string_escapes: false,
    }
}

impl<'a> Document<'a> {
    /// Reads a text whose value is an object, or which is blank.
    pub(super) fn parse(text: &'a str) -> Result<Self, EditError> {
        let collect = CollectOptions { comments: CommentCollectionStrategy::Off, tokens: true };
        let parsed = parse_to_ast(text, &collect, &options()).map_err(|error| {
            let (line, column) = (error.line_display(), error.column_display());
            EditError::Unreadable { line, column, reason: error.kind().to_string() }
        })?;
        let root = match parsed.value {
            Some(Value::Object(root)) => Some(root),
            None if text.trim_matches(BLANK).is_empty() => None,
            Some(_) | None => return Err(unexpected("the file", "a JSON object")),
        };
        let tokens = parsed.tokens.unwrap_or_default();
        let commas = tokens.iter().filter(|token| matches!(token.token, Token::Comma));
        let commas = commas.map(|token| span(&token.range)).collect();
        Ok(Self { text, root, commas })
    }

    /// The text with one more entry at the end of a container. `body` is given the
    /// indentation and returns the entry.
    pub(super) fn appended(
        &self,
        container: &Container,
        style: &Style,
        body: impl FnOnce(&str) -> String,
    ) -> String {
        let open = container.span.start + 1;
        let outer = self.indent_of(container.span.start);
        let Some(last) = container.children.last() else {
            // No white space: see `without`.
            return self.with(&[(open, body(&format!("{outer}{}", style.unit)))]);
        };
        let close = container.span.end - 1;
        let comma = self.commas.iter().find(|comma| comma.start >= last.end && comma.end <= close);
        let from = comma.map_or(last.end, |comma| comma.end);
        let rest = self.text.get(from..close).unwrap_or_default();
        let at = from + rest.trim_end_matches(BLANK).len();
        let indent = self.line_start(last.start).unwrap_or(format!("{outer}{}", style.unit));
        // After a comment to the end of its line there is a new one: then the text has lines.
        let entry = format!("{}{}", style.gap(&indent), body(&indent));
        match comma {
            Some(_) => self.with(&[(at, format!("{entry},"))]),
            None => self.with(&[(last.end, ",".into()), (at, entry)]),
        }
    }

    /// The text without one entry of a container: the inverse of [`appended`](Self::appended).
    pub(super) fn without(&self, container: &Container, index: usize) -> Removed {
        let Some(entry) = container.children.get(index) else {
            return Removed::Text(self.text.to_owned());
        };
        let before = self.text.get(..entry.start).unwrap_or_default();
        let blank_from = before.trim_end_matches(BLANK).len();
        let limit = container.children.get(index + 1).map_or(container.span.end, |next| next.start);
        let after = self.commas.iter().find(|c| c.start >= entry.end && c.end <= limit);
        if let Some(after) = after {
            return Removed::Text(self.less(&[(blank_from, after.end)]));
        }
        if let Some(previous) = index.checked_sub(1).and_then(|i| container.children.get(i)) {
            let comma =
                self.commas.iter().find(|c| c.start >= previous.end && c.end <= entry.start);
            let comma = comma.map_or((entry.start, entry.start), |c| (c.start, c.end));
            return Removed::Text(self.less(&[comma, (blank_from, entry.end)]));
        }
        let inside = |from, to| self.text.get(from..to).unwrap_or_default();
        let left = inside(container.span.start + 1, entry.start);
        let right = inside(entry.end, container.span.end - 1);
        if left.is_empty() {
            // It was there, empty, and what stood in it stands there still.
            return Removed::Text(self.less(&[(entry.start, entry.end)]));
        }
        if left.trim_matches(BLANK).is_empty() && right.trim_matches(BLANK).is_empty() {
            return Removed::Container;
        }
        Removed::Text(self.less(&[(blank_from, entry.end)]))
    }

    /// The style in which the text is written.
    pub(super) fn style(&self) -> Style {
        let newline = if self.text.contains("\r\n") { "\r\n" } else { "\n" };
        let first = self.root.as_ref().and_then(|root| root.properties.first());
        let unit = first.and_then(|first| self.line_start(first.range.start));
        let unit = unit.filter(|unit| !unit.is_empty()).unwrap_or_else(|| "  ".into());
        let root = self.root.as_ref().and_then(|r| self.text.get(r.range.start..r.range.end));
        let lines = first.is_none() || root.is_some_and(|root| root.contains('\n'));
        Style { newline, unit, lines }
    }

    /// The text with these put in, in the order of the places.
    fn with(&self, added: &[(usize, String)]) -> String {
        let mut text = self.text.to_owned();
        for (at, more) in added.iter().rev() {
            text.insert_str(*at, more);
        }
        text
    }

    /// The text less these parts, which do not overlap and are in order.
    fn less(&self, parts: &[(usize, usize)]) -> String {
        let mut text = self.text.to_owned();
        for &(start, end) in parts.iter().rev() {
            text.replace_range(start..end, "");
        }
        text
    }

    /// The white space at the beginning of the line that `at` is on.
    fn indent_of(&self, at: usize) -> String {
        let line = self.line_until(at);
        line.chars().take_while(|c| matches!(c, ' ' | '\t')).collect()
    }

    /// The white space before `at`, if nothing else stands before it on its line.
    fn line_start(&self, at: usize) -> Option<String> {
        let line = self.line_until(at);
        let begins_line = line.len() < at && line.chars().all(|c| matches!(c, ' ' | '\t'));
        begins_line.then(|| line.to_owned())
    }

    fn line_until(&self, at: usize) -> &'a str {
        let before = self.text.get(..at).unwrap_or_default();
        before.rsplit('\n').next().unwrap_or_default()
    }
}

/// The value of a property, which must not be there twice.
pub(super) fn property<'o, 'a>(
    object: &'o Object<'a>,
    name: &str,
) -> Result<Option<(usize, &'o Value<'a>)>, EditError> {
    let named = |(_, property): &(usize, &jsonc_parser::ast::ObjectProp<'_>)| {
        property.name.as_str() == name
    };
    let mut found = object.properties.iter().enumerate().filter(named);
    let first = found.next().map(|(index, property)| (index, &property.value));
    match found.next() {
        Some(_) => Err(EditError::Twice(name.to_owned())),
        None => Ok(first),
    }
}

/// An object's brackets and properties.
pub(super) fn of_object(object: &Object<'_>) -> Container {
    let children = object.properties.iter().map(|property| span(&property.range)).collect();
    Container { span: span(&object.range), children }
}

/// A list's brackets and entries.
pub(super) fn of_list(list: &jsonc_parser::ast::Array<'_>) -> Container {
    let children = list.elements.iter().map(|value| span(&value.range())).collect();
    Container { span: span(&list.range), children }
}

/// What is somewhere else than expected.
pub(super) fn unexpected(what: &str, expected: &'static str) -> EditError {
    EditError::Unexpected { what: what.to_owned(), expected }
}

fn span(range: &jsonc_parser::common::Range) -> Span {
    Span { start: range.start, end: range.end }
}
