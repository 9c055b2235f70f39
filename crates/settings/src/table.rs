//! Taking a table apart, key by key, and noting what is wrong on the way.
//!
//! # Invariants
//!
//! 1. A key that nobody asked for does not exist: [`Table::finish`] says so.

use std::cell::RefCell;
use std::collections::BTreeSet;

use app_model::elapsed;
use app_model::selector::nearest;
use app_model::text::{clipped, printable};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::Wrong;

/// Most columns of a key or a value in a message.
const SHOWN: usize = 60;

/// The text, and what was found wrong with it.
pub(crate) struct Source<'t> {
    text: &'t str,
    wrong: RefCell<Vec<Wrong>>,
}

impl<'t> Source<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self { text, wrong: RefCell::default() }
    }

    /// The line of a byte, counted from 1.
    pub(crate) fn line(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or(self.text);
        1 + before.bytes().filter(|&byte| byte == b'\n').count()
    }

    pub(crate) fn into_wrong(self) -> Vec<Wrong> {
        self.wrong.into_inner()
    }

    fn note(&self, at: usize, key: String, message: String) {
        self.wrong.borrow_mut().push(Wrong { line: self.line(at), key, message });
    }
}

/// Foreign text in a message.
pub(crate) fn shown(text: &str) -> String {
    clipped(&printable(text), SHOWN)
}

/// A value and where it stands.
pub(crate) struct Value<'s, 't> {
    source: &'s Source<'t>,
    key: String,
    value: &'s Spanned<DeValue<'t>>,
}

impl<'s, 't> Value<'s, 't> {
    /// Notes that it is wrong, and why.
    pub(crate) fn refuse(&self, why: &str) {
        let message = format!("`{}`: {why}", self.key);
        self.source.note(self.value.span().start, self.key.clone(), message);
    }

    pub(crate) fn text(&self) -> Option<&'s str> {
        let text = self.value.get_ref().as_str();
        if text.is_none() {
            self.refuse("write text in quotes");
        }
        text
    }

    /// Text that something understands.
    pub(crate) fn read<T>(&self, read: impl Fn(&str) -> Result<T, String>) -> Option<T> {
        read(self.text()?).map_err(|why| self.refuse(&why)).ok()
    }

    pub(crate) fn duration_ms(&self) -> Option<u64> {
        self.read(|text| elapsed::parse(text).map_err(|bad| printable(&bad.to_string())))
    }

    /// One of these words.
    pub(crate) fn choice<T: Copy>(&self, choices: &[(&str, T)]) -> Option<T> {
        self.read(|text| {
            let found = choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
            found.ok_or_else(|| {
                let words: Vec<_> = choices.iter().map(|(word, _)| format!("`{word}`")).collect();
                let near = nearest(text, choices.iter().map(|(word, _)| *word));
                let meant = near.first().map(|word| format!("; did you mean `{word}`?"));
                let meant = meant.unwrap_or_default();
                format!("`{}` is none of {}{meant}", shown(text), words.join(", "))
            })
        })
    }

    pub(crate) fn truth(&self) -> Option<bool> {
        let truth = self.value.get_ref().as_bool();
        if truth.is_none() {
            self.refuse("write `true` or `false`, without quotes");
        }
        truth
    }

    /// A whole number within these bounds.
    pub(crate) fn number(&self, least: u32, most: u32) -> Option<u32> {
        let number = self.value.get_ref().as_integer();
        let number = number.and_then(|n| u32::from_str_radix(n.as_str(), n.radix()).ok());
        let number = number.filter(|number| (least..=most).contains(number));
        if number.is_none() {
            self.refuse(&format!("write a number from {least} to {most}"));
        }
        number
    }

    /// An amount of data: a number of bytes, or text such as `2 GiB`.
    pub(crate) fn bytes(&self) -> Option<u64> {
        let value = self.value.get_ref();
        let bytes = match (value.as_integer(), value.as_str()) {
            (Some(n), _) => u64::from_str_radix(n.as_str(), n.radix()).ok(),
            (None, Some(text)) => amount(text),
            (None, None) => None,
        };
        if bytes.is_none() {
            self.refuse(
                "write a number of bytes, or an amount such as `\"500 MiB\"` or `\"2 GiB\"`",
            );
        }
        bytes
    }

    /// The items of a list; one that is wrong is noted and left out.
    pub(crate) fn list<T>(&self, item: impl Fn(&Self) -> Option<T>) -> Option<Vec<T>> {
        let Some(items) = self.value.get_ref().as_array() else {
            self.refuse("write a list in brackets");
            return None;
        };
        let each = items
            .iter()
            .filter_map(|value| item(&Self { source: self.source, key: self.key.clone(), value }));
        Some(each.collect())
    }
}

/// `2 GiB`, `500MiB`, `64 KiB` in bytes.
fn amount(text: &str) -> Option<u64> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let shift = match unit.trim_start() {
        "KiB" => 10,
        "MiB" => 20,
        "GiB" => 30,
        "TiB" => 40,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(1 << shift)
}

/// A table of which keys are asked for one by one.
pub(crate) struct Table<'s, 't> {
    source: &'s Source<'t>,
    path: String,
    at: usize,
    table: &'s DeTable<'t>,
    asked: BTreeSet<&'static str>,
}

impl<'s, 't> Table<'s, 't> {
    /// The whole file.
    pub(crate) fn top(source: &'s Source<'t>, table: &'s DeTable<'t>) -> Self {
        Self { source, path: String::new(), at: 0, table, asked: BTreeSet::new() }
    }

    pub(crate) fn value(&mut self, key: &'static str) -> Option<Value<'s, 't>> {
        self.asked.insert(key);
        let value = self.table.iter().find(|(name, _)| name.get_ref() == key)?.1;
        Some(Value { source: self.source, key: self.named(key), value })
    }

    pub(crate) fn table(&mut self, key: &'static str) -> Option<Self> {
        let value = self.value(key)?;
        self.below(value)
    }

    fn below(&self, value: Value<'s, 't>) -> Option<Self> {
        let Some(table) = value.value.get_ref().as_table() else {
            value.refuse("this is a table; write its name in brackets on a line of its own");
            return None;
        };
        let at = value.value.span().start;
        Some(Self { source: self.source, path: value.key, at, table, asked: BTreeSet::new() })
    }

    /// All tables within this one, whatever their names.
    pub(crate) fn tables(self) -> Vec<(String, Self)> {
        let each = self.table.iter().filter_map(|(name, value)| {
            let key = self.named(name.get_ref());
            let below = self.below(Value { source: self.source, key, value })?;
            Some((name.get_ref().to_string(), below))
        });
        each.collect()
    }

    /// Notes that something about the whole table is wrong.
    pub(crate) fn refuse(&self, why: &str) {
        let message = format!("`[{}]`: {why}", self.path);
        self.source.note(self.at, self.path.clone(), message);
    }

    /// Notes every key that nobody asked for.
    pub(crate) fn finish(self) {
        for (name, _) in self.table.iter().filter(|(name, _)| !self.is_known(name.get_ref())) {
            let near = nearest(name.get_ref(), self.asked.iter().copied());
            let meant = match near.first() {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    let known: Vec<_> = self.asked.iter().map(|key| format!("`{key}`")).collect();
                    format!("there are {}", known.join(", "))
                }
            };
            let key = self.named(name.get_ref());
            let message = format!("`{key}` does not exist; {meant}");
            self.source.note(name.span().start, key, message);
        }
    }

    fn is_known(&self, name: &str) -> bool {
        self.asked.contains(name)
    }

    fn named(&self, key: &str) -> String {
        let dot = if self.path.is_empty() { "" } else { "." };
        format!("{}{dot}{}", self.path, shown(key))
    }
}
