//! Our hooks in a JSON settings file.
//!
//! How what was made is told from what was there, so that taking out leaves no trace:
//!
//! * An entry goes to the end of its list or object. With it comes the comma before it, or
//!   the one after it where the file has commas after last entries.
//! * A list or object that is made for an entry has white space after its opening bracket
//!   (`render`); into one that was there and empty, the entry goes without any.
//! * A file that is made ends with one line end; into a blank one that was there the object
//!   goes at the end, with none.
//!
//! A person may move and reformat all of it: then what is ours is still found by its
//! command, and only empty brackets may stay behind.
//!
//! # Invariants
//!
//! 1. Nothing is put in that would not come out again byte for byte: it is tried.

use jsonc_parser::ast::{Array, Object, Value};

use super::render::{self, Node, Style};
use super::spans::{self, Container, Document, Removed, property, unexpected};
use super::{Edit, EditError, Status, wanted};
use crate::agent::Agent;

/// What some editors put before everything else.
const MARK: char = '\u{feff}';

/// A file less what is ours.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Stripped {
    /// There is none, or none would be left.
    Missing,
    /// This is in it.
    Text(String),
}

pub(super) fn install(agent: Agent, text: Option<&str>) -> Result<Edit, EditError> {
    let before = strip(agent, text)?;
    if status(agent, text)? == Status::Installed {
        return Ok(Edit::Unchanged);
    }
    let new = match text {
        None => format!("{}\n", wanted::root(agent).render("", &Style::new_file())),
        Some(text) => match text.strip_prefix(MARK) {
            Some(rest) => format!("{MARK}{}", added(agent, rest)?),
            None => added(agent, text)?,
        },
    };
    // Invariant 1.
    let there = status(agent, Some(&new)).map_err(|_| EditError::NoPlace)?;
    let back = strip(agent, Some(&new)).map_err(|_| EditError::NoPlace)?;
    if there != Status::Installed || back != before {
        return Err(EditError::NoPlace);
    }
    Ok(Edit::Write(new))
}

pub(super) fn uninstall(agent: Agent, text: Option<&str>) -> Result<Edit, EditError> {
    Ok(match strip(agent, text)? {
        Stripped::Missing if text.is_none() => Edit::Unchanged,
        Stripped::Missing => Edit::Remove,
        Stripped::Text(left) if Some(left.as_str()) == text => Edit::Unchanged,
        Stripped::Text(left) => Edit::Write(left),
    })
}

pub(super) fn status(agent: Agent, text: Option<&str>) -> Result<Status, EditError> {
    let text = text.unwrap_or_default();
    let document = Document::parse(text.strip_prefix(MARK).unwrap_or(text))?;
    let mut missing = vec![];
    for event in wanted::events(agent) {
        let list = match hooks(&document)? {
            Some((_, hooks)) => event_list(hooks, event)?,
            None => None,
        };
        if !list.is_some_and(|(_, list)| list.elements.iter().any(|entry| has_ours(agent, entry))) {
            missing.push((*event).to_owned());
        }
    }
    Ok(match missing.len() {
        0 => Status::Installed,
        all if all == wanted::events(agent).len() => Status::Absent,
        _ => Status::Partial(missing),
    })
}

/// The text with a hook for every event that has none of ours.
fn added(agent: Agent, text: &str) -> Result<String, EditError> {
    let document = Document::parse(text)?;
    let style = document.style();
    if document.root.is_none() {
        return Ok(format!("{text}{}", wanted::root(agent).render("", &style)));
    }
    let mut text = text.to_owned();
    for event in wanted::events(agent) {
        if let Some(more) = with_event(agent, &text, event, &style)? {
            text = more;
        }
    }
    Ok(text)
}

/// The text with a hook for this event, unless it has one of ours.
fn with_event(
    agent: Agent,
    text: &str,
    event: &str,
    style: &Style,
) -> Result<Option<String>, EditError> {
    let document = Document::parse(text)?;
    let Some(root) = &document.root else { return Ok(None) };
    let entry = wanted::entry(agent, event);
    let Some((_, hooks)) = hooks(&document)? else {
        let list = Node::List(vec![entry]);
        let hooks = Node::Object(vec![(event.to_owned(), list)]);
        let body = |indent: &str| render::property("hooks", &hooks, indent, style);
        return Ok(Some(document.appended(&spans::of_object(root), style, body)));
    };
    let Some((_, list)) = event_list(hooks, event)? else {
        let list = Node::List(vec![entry]);
        let body = |indent: &str| render::property(event, &list, indent, style);
        return Ok(Some(document.appended(&spans::of_object(hooks), style, body)));
    };
    if list.elements.iter().any(|entry| has_ours(agent, entry)) {
        return Ok(None);
    }
    let body = |indent: &str| entry.render(indent, style);
    Ok(Some(document.appended(&spans::of_list(list), style, body)))
}

/// What is there besides ours.
fn strip(agent: Agent, text: Option<&str>) -> Result<Stripped, EditError> {
    let Some(text) = text else { return Ok(Stripped::Missing) };
    let (mark, mut left) = match text.strip_prefix(MARK) {
        Some(rest) => ("\u{feff}", rest.to_owned()),
        None => ("", text.to_owned()),
    };
    // Each round takes one out; there are no more than there are brackets.
    for _ in 0..left.len() {
        match without_last(agent, &left)? {
            Some(Stripped::Text(less)) => left = less,
            Some(Stripped::Missing) => return Ok(Stripped::Missing),
            None => break,
        }
    }
    Ok(Stripped::Text(format!("{mark}{left}")))
}

/// The text without the last of ours; `None` if there is none.
fn without_last(agent: Agent, text: &str) -> Result<Option<Stripped>, EditError> {
    let document = Document::parse(text)?;
    let (Some(root), Some((at, hooks))) = (&document.root, hooks(&document)?) else {
        return Ok(None);
    };
    for (index, property) in hooks.properties.iter().enumerate().rev() {
        let Value::Array(list) = &property.value else { continue };
        let ours = list.elements.iter().rposition(|entry| has_ours(agent, entry));
        let Some((ours, entry)) = ours.and_then(|ours| Some((ours, list.elements.get(ours)?)))
        else {
            continue;
        };
        let removed = within_group(agent, &document, entry)
            .unwrap_or_else(|| document.without(&spans::of_list(list), ours));
        let removed = or_container(removed, || document.without(&spans::of_object(hooks), index));
        let removed = or_container(removed, || {
            if is_made(agent, root) {
                return Removed::Container;
            }
            document.without(&spans::of_object(root), at)
        });
        return Ok(Some(match removed {
            Removed::Text(text) => Stripped::Text(text),
            Removed::Container => without_root(text, &spans::of_object(root)),
        }));
    }
    Ok(None)
}

/// What is left of a text whose object was all ours.
fn without_root(text: &str, root: &Container) -> Stripped {
    let before = text.get(..root.span.start).unwrap_or_default();
    let after = text.get(root.span.end..).unwrap_or_default();
    match (before, after) {
        ("", "\n" | "\r\n") => Stripped::Missing,
        _ => Stripped::Text(format!("{before}{after}")),
    }
}

/// A group that holds hooks of others, too, only loses ours.
fn within_group(agent: Agent, document: &Document<'_>, group: &Value<'_>) -> Option<Removed> {
    let list = group_hooks(agent, group)?;
    let is_ours = |hook: &Value<'_>| is_our_hook(agent, hook);
    let others = list.elements.iter().any(|hook| !is_ours(hook));
    let last = list.elements.iter().rposition(is_ours)?;
    others.then(|| document.without(&spans::of_list(list), last))
}

fn or_container(removed: Removed, container: impl FnOnce() -> Removed) -> Removed {
    match removed {
        Removed::Text(text) => Removed::Text(text),
        Removed::Container => container(),
    }
}

/// Whether an object holds what a file is made with, and nothing else: hooks, which are
/// looked at elsewhere, and after them the version.
fn is_made(agent: Agent, root: &Object<'_>) -> bool {
    let names: Vec<&str> = root.properties.iter().map(|property| property.name.as_str()).collect();
    wanted::needs_version(agent) && names == ["hooks", "version"]
}

/// Where the hooks are: which property, and what is in it.
fn hooks<'o, 'a>(document: &'o Document<'a>) -> Result<Option<(usize, &'o Object<'a>)>, EditError> {
    let Some(root) = &document.root else { return Ok(None) };
    match property(root, "hooks")? {
        Some((at, Value::Object(hooks))) => Ok(Some((at, hooks))),
        Some(_) => Err(unexpected("hooks", "an object")),
        None => Ok(None),
    }
}

fn event_list<'o, 'a>(
    hooks: &'o Object<'a>,
    event: &str,
) -> Result<Option<(usize, &'o Array<'a>)>, EditError> {
    match property(hooks, event)? {
        Some((at, Value::Array(list))) => Ok(Some((at, list))),
        Some(_) => Err(unexpected(&format!("hooks.{event}"), "a list")),
        None => Ok(None),
    }
}

/// Whether an entry of an event's list is ours, or a group that holds one of ours.
fn has_ours(agent: Agent, entry: &Value<'_>) -> bool {
    match group_hooks(agent, entry) {
        Some(list) => list.elements.iter().any(|hook| is_our_hook(agent, hook)),
        None => is_our_hook(agent, entry),
    }
}

fn group_hooks<'o, 'a>(agent: Agent, entry: &'o Value<'a>) -> Option<&'o Array<'a>> {
    let group = entry.as_object().filter(|_| wanted::in_groups(agent))?;
    let hooks = group.properties.iter().find(|property| property.name.as_str() == "hooks")?;
    hooks.value.as_array()
}

fn is_our_hook(agent: Agent, hook: &Value<'_>) -> bool {
    let Some(hook) = hook.as_object() else { return false };
    let field = wanted::command_field(agent);
    hook.properties.iter().any(|property| {
        property.name.as_str() == field
            && property
                .value
                .as_string_lit()
                .is_some_and(|text| wanted::is_ours(agent, &text.value))
    })
}

#[cfg(test)]
#[path = "settings_tests.rs"]
mod tests;
