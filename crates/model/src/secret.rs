//! What looks like a secret on a command line, and is not shown.
//!
//! People pass keys to programs as arguments. A command is run with exactly what it was
//! given; where it is *shown*, what looks like a secret is `***`. This is a courtesy to who
//! shares a screen or a log, and no boundary: whoever may use the session can see the rest.
//!
//! # Invariants
//!
//! 1. Hiding changes nothing but what is hidden, and hiding twice is hiding once.
//! 2. A name is judged by its words, so that `--max-tokens 4096` and `--author` stay.

use std::borrow::Cow;

use crate::OsText;

/// What stands for a secret.
pub const HIDDEN: &str = "***";

/// Words in the name of something secret.
const WORDS: &[&str] = &[
    "KEY",
    "APIKEY",
    "TOKEN",
    "SECRET",
    "PASS",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "PWD",
    "CREDENTIAL",
    "CREDENTIALS",
    "AUTH",
    "AUTHORIZATION",
    "BEARER",
    "COOKIE",
];

/// Last words of names that say where a secret is, or what it is called, not what it is.
const PLACES: &[&str] = &["FILE", "PATH", "DIR", "SOCK", "NAME", "TYPE", "MODE", "METHOD"];

/// How keys begin that services hand out.
const PREFIXES: &[&str] = &[
    "sk-",
    "sk_live_",
    "sk_test_",
    "rk_live_",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxa-",
    "xoxb-",
    "xoxp-",
    "xoxr-",
    "xoxs-",
    "AKIA",
    "ASIA",
    "AIza",
    "hf_",
    "npm_",
    "pypi-",
    "eyJ",
];

/// Nothing shorter than this is taken for a key by its beginning alone.
const LEAST_KEY: usize = 16;

/// Whether what goes by this name is a secret: a variable, an option, a header.
pub fn is_secret_name(name: &str) -> bool {
    let words = words(name);
    let is_place = words.last().is_some_and(|last| PLACES.contains(&last.as_str()));
    !is_place && words.iter().any(|word| WORDS.contains(&word.as_str()))
}

/// The words of a name, in capitals: `--apiKey`, `API_KEY` and `api-key` have the same.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        was_lower = c.is_lowercase();
        if let Some(word) = words.last_mut().filter(|_| c.is_alphanumeric()) {
            word.extend(c.to_uppercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Arguments with secrets hidden.
pub fn argv(argv: &[OsText]) -> Vec<OsText> {
    let mut follows = false;
    argv.iter()
        .map(|argument| {
            let text = String::from_utf8_lossy(&argument.0);
            let is_option = text.starts_with('-');
            let is_value = std::mem::replace(&mut follows, is_option && asks_for_secret(&text));
            if is_value && !is_option && !text.is_empty() {
                return HIDDEN.into();
            }
            match hidden(&text) {
                // Nothing was hidden: every byte stays, UTF-8 or not.
                Cow::Borrowed(_) => argument.clone(),
                Cow::Owned(hidden) => hidden.as_str().into(),
            }
        })
        .collect()
}

/// Whether the argument after this option is a secret.
fn asks_for_secret(option: &str) -> bool {
    option.starts_with("--") && !option.contains(['=', ' ']) && is_secret_name(option)
}

/// One argument, which may be a whole script, with secrets hidden.
pub fn hidden(text: &str) -> Cow<'_, str> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let is_start = out.chars().next_back().is_none_or(|before| !is_of_word(before));
        let taken = Some(is_start).filter(|&start| start).and_then(|_| {
            password(rest, &mut out)
                .or_else(|| key(rest, &mut out))
                .or_else(|| named(rest, &mut out))
        });
        let taken = taken.unwrap_or_else(|| {
            out.push(first);
            first.len_utf8()
        });
        rest = &rest[taken..];
    }
    if out == text { Cow::Borrowed(text) } else { Cow::Owned(out) }
}

/// Characters that names and keys are made of.
fn is_of_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '-' | '.')
}

/// The word that `text` begins with.
fn word(text: &str) -> &str {
    &text[..text.find(|c| !is_of_word(c)).unwrap_or(text.len())]
}

/// `scheme://user:password@`: writes it without the password, and says how much was read.
fn password(text: &str, out: &mut String) -> Option<usize> {
    let after = text[word(text).len()..].strip_prefix("://").filter(|_| !word(text).is_empty())?;
    let is_end = |c: char| matches!(c, '/' | '?' | '#' | '\'' | '"') || c.is_whitespace();
    let authority = &after[..after.find(is_end).unwrap_or(after.len())];
    let (user, _) = authority.rsplit_once('@')?;
    let (user, secret) = user.split_once(':').filter(|(_, secret)| !secret.is_empty())?;
    let begins = text.len() - after.len() + user.len() + 1;
    out.push_str(&text[..begins]);
    out.push_str(HIDDEN);
    Some(begins + secret.len())
}

/// A key, known by its beginning.
fn key(text: &str, out: &mut String) -> Option<usize> {
    let word = word(text);
    let is_key = word.len() >= LEAST_KEY && PREFIXES.iter().any(|begin| word.starts_with(begin));
    is_key.then(|| {
        out.push_str(HIDDEN);
        word.len()
    })
}

/// `NAME=value`, `--name=value` or `Name: value` with the name of a secret.
fn named(text: &str, out: &mut String) -> Option<usize> {
    let name = word(text);
    let mark = text[name.len()..].chars().next().filter(|mark| matches!(mark, '=' | ':'))?;
    if !is_secret_name(name) {
        return None;
    }
    let after = &text[name.len() + 1..];
    let blanks = after.len() - after.trim_start_matches(' ').len();
    let value = match (mark, blanks) {
        ('=', 0) => quoted(after),
        // A header goes on to its end, and has a blank: `ssh:host` is none.
        (':', 1..) => &after[..after.find(['\'', '"', '\n']).unwrap_or(after.len())],
        _ => return None,
    };
    if value.trim().is_empty() {
        return None;
    }
    out.push_str(&text[..name.len() + 1]);
    out.push_str(&after[..blanks]);
    out.push_str(HIDDEN);
    Some(name.len() + 1 + value.len())
}

/// The value that a text begins with, as a shell reads it: up to a blank or the end of the
/// command, in quotes or not. A quote that nothing of the value follows is not the value's.
fn quoted(text: &str) -> &str {
    let ends = |c: char| c.is_whitespace() || matches!(c, ';' | '&' | '|');
    let mut at = 0;
    while let Some(next) = text[at..].chars().next().filter(|&next| !ends(next)) {
        let after = &text[at + next.len_utf8()..];
        if !matches!(next, '\'' | '"') {
            at += next.len_utf8();
            continue;
        }
        if at > 0 && after.chars().next().is_none_or(ends) {
            break;
        }
        at = after.find(next).map_or(text.len(), |closed| at + closed + 2);
    }
    &text[..at]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(args: &[&str]) -> String {
        let args: Vec<OsText> = args.iter().map(|&text| text.into()).collect();
        argv(&args).iter().map(OsText::shown).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_are_judged_by_their_words() {
        for secret in [
            "API_KEY",
            "OPENAI_API_KEY",
            "apiKey",
            "--api-key",
            "GITHUB_TOKEN",
            "--token",
            "AWS_SECRET_ACCESS_KEY",
            "DB_PASSWORD",
            "Authorization",
            "X-Auth-Token",
            "GOOGLE_CREDENTIALS",
            "HTTP_AUTH",
            "Cookie",
            "--password",
        ] {
            assert!(is_secret_name(secret), "{secret}");
        }
        for open in [
            "PATH",
            "--max-tokens",
            "--author",
            "KEYBOARD",
            "MONKEY",
            "SSH_AUTH_SOCK",
            "--token-file",
            "--key-path",
            "TOKENIZERS",
            "",
            "--",
            "--compass",
        ] {
            assert!(!is_secret_name(open), "{open}");
        }
    }

    #[test]
    fn what_looks_like_a_secret_is_hidden_and_the_rest_stays() {
        for (given, shown) in [
            (&["x", "--api-key=abc", "y"][..], "x --api-key=*** y"),
            (&["x", "--token", "abc", "y"], "x --token *** y"),
            (&["x", "--token", "--verbose"], "x --token --verbose"),
            (&["x", "--token"], "x --token"),
            (&["x", "--max-tokens", "4096"], "x --max-tokens 4096"),
            (&["x", "--key-file", "/k"], "x --key-file /k"),
            (&["env", "OPENAI_API_KEY=abc", "A=b", "x"], "env OPENAI_API_KEY=*** A=b x"),
            (&["curl", "https://me:pw@host/p?q=1"], "curl https://me:***@host/p?q=1"),
            (&["curl", "https://me@host/a:b@c"], "curl https://me@host/a:b@c"),
            (&["git", "clone", "git@host:me/repo"], "git clone git@host:me/repo"),
            (&["x", "sk-proj-0123456789abcdef"], "x ***"),
            (&["x", "--flag=ghp_0123456789abcdefghij"], "x --flag=***"),
            (&["x", "AKIAIOSFODNN7EXAMPLE"], "x ***"),
            (
                &["x", "sk-learn", "task-force-of-many-people"],
                "x sk-learn task-force-of-many-people",
            ),
            (&["curl", "-H", "Authorization: Bearer a b"], "curl -H Authorization: ***"),
            (&["curl", "-H", "Accept: text/html"], "curl -H Accept: text/html"),
            (
                &["sh", "-c", "TOKEN='a b' run --password=x; echo done"],
                "sh -c TOKEN=*** run --password=***; echo done",
            ),
            (&["sh", "-c", "curl -H \"X-Api-Key: abc\" u"], "sh -c curl -H \"X-Api-Key: ***\" u"),
            (&["x", "KEY="], "x KEY="),
            (&["sh", "-c", "A_KEY=\"a\"b'c' run"], "sh -c A_KEY=*** run"),
            (&["sh", "-c", "A_KEY=a\"b c\"d run"], "sh -c A_KEY=*** run"),
            (&["sh", "-c", "run \"A_KEY=a\" \"x\""], "sh -c run \"A_KEY=***\" \"x\""),
            (&["x", "TOKEN=\"\"="], "x TOKEN=***"),
            (&[], ""),
        ] {
            assert_eq!(line(given), shown);
        }
    }

    #[test]
    fn arguments_without_secrets_keep_every_byte() {
        let odd = OsText(vec![b'a', 0xff, b'=']);
        assert_eq!(argv(std::slice::from_ref(&odd)), [odd]);
        let token = OsText([b"TOKEN=".as_slice(), &[0xff, b'x']].concat());
        assert_eq!(argv(&[token])[0].shown(), "TOKEN=***");
    }

    proptest! {
        #[test]
        fn hiding_is_done_once_and_ends(text in "([a-zA-Z:=@/'\" _é-]|TOKEN|://|sk-){0,40}") {
            let once = hidden(&text).into_owned();
            prop_assert_eq!(hidden(&once).into_owned(), once);
        }

        #[test]
        fn no_named_secret_is_left(secret in "[a-z0-9]{1,30}Z", before in "[a-z ]{0,10}") {
            let given = [OsText::from(format!("{before} MY_TOKEN={secret}").as_str()),
                         "--password".into(), secret.as_str().into()];
            for argument in argv(&given) {
                prop_assert!(!argument.shown().contains(&secret), "{argument:?}");
            }
        }
    }
}
