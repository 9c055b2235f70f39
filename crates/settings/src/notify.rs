//! The table `[notify]`.

use app_model::notice::NoticeKind;
use app_model::settings::{
    Channel, CommandChannel, Notify, Overrides, QuietHours, Rollup, Webhook,
};

use crate::table::{Table, Value};

/// How long a command may take unless the settings say otherwise.
const COMMAND_TIMEOUT_MS: u64 = 10_000;

/// How long one attempt to reach a server may take unless the settings say otherwise.
const WEBHOOK_TIMEOUT_MS: u64 = 10_000;

/// Attempts after the first unless the settings say otherwise.
const WEBHOOK_RETRIES: u32 = 3;

/// Most attempts after the first.
const MAX_RETRIES: u32 = 10;

/// Longest time that a channel may be given: what takes longer is not a notice.
const MAX_TIMEOUT_MS: u64 = 5 * 60_000;

pub(crate) fn read(mut table: Table<'_, '_>) -> Notify {
    let over = overrides(&mut table);
    let attach_command = table.value("attach_command");
    let (command, webhook) = (table.table("command"), table.table("webhook"));
    let (has_command, has_webhook) = (command.is_some(), webhook.is_some());
    let command = command.and_then(read_command);
    let webhook = webhook.and_then(read_webhook);
    let agents = table.table("agents").map(Table::tables).unwrap_or_default();
    let agents: Vec<_> = agents
        .into_iter()
        .map(|(name, mut table)| {
            let over = overrides(&mut table);
            check_channels(&table, over.channels.as_deref(), has_command, has_webhook);
            table.finish();
            (name, over)
        })
        .collect();
    check_channels(&table, over.channels.as_deref(), has_command, has_webhook);
    table.finish();
    let default = Notify::default();
    Notify {
        min_duration_ms: over.min_duration_ms.unwrap_or(default.min_duration_ms),
        channels: over.channels.unwrap_or(default.channels),
        rollup: over.rollup.unwrap_or(default.rollup),
        quiet_hours: over.quiet_hours,
        mute: over.mute.unwrap_or(default.mute),
        on: over.on.unwrap_or(default.on),
        attach_command: attach_command.and_then(|value| attach(&value)),
        command,
        webhook,
        agents: agents.into_iter().collect(),
    }
}

/// The keys that every profile may have otherwise.
fn overrides(table: &mut Table<'_, '_>) -> Overrides {
    let rollups = [("each", Rollup::Each), ("parent", Rollup::Parent)];
    let kinds = NoticeKind::CHOICE.map(|kind| (kind.word(), kind));
    let channels = Channel::ALL.map(|channel| (channel.word(), channel));
    Overrides {
        min_duration_ms: table.value("min_duration").and_then(|value| value.duration_ms()),
        channels: table
            .value("channels")
            .and_then(|value| value.list(|channel| channel.choice(&channels))),
        rollup: table.value("rollup").and_then(|value| value.choice(&rollups)),
        quiet_hours: table.value("quiet_hours").and_then(|value| {
            value.read(|text| text.parse::<QuietHours>().map_err(|why| why.to_string()))
        }),
        mute: table.value("mute").and_then(|value| value.truth()),
        on: table.value("on").and_then(|value| value.list(|kind| kind.choice(&kinds))),
    }
}

/// A channel that needs a table and has none would never take anything.
fn check_channels(table: &Table<'_, '_>, named: Option<&[Channel]>, command: bool, webhook: bool) {
    let missing = named.unwrap_or_default().iter().filter(|channel| match channel {
        Channel::Desktop | Channel::Terminal => false,
        Channel::Command => !command,
        Channel::Webhook => !webhook,
    });
    for channel in missing {
        let word = channel.word();
        table.refuse(&format!("the channel `{word}` needs a table `[notify.{word}]`"));
    }
}

fn attach(value: &Value<'_, '_>) -> Option<String> {
    value.read(|text| {
        if text.contains("{id}") {
            Ok(text.to_owned())
        } else {
            Err("it needs `{id}` where the session stands".to_owned())
        }
    })
}

fn read_command(mut table: Table<'_, '_>) -> Option<CommandChannel> {
    let timeout_ms = timeout(&mut table).unwrap_or(COMMAND_TIMEOUT_MS);
    let argv = table.value("argv");
    if argv.is_none() {
        table.refuse("`argv` is missing: the program and its arguments, as a list");
    }
    table.finish();
    let argv = argv?;
    let words = argv.list(|word| {
        word.read(|text| {
            if text.contains('\0') { Err("it has a NUL".to_owned()) } else { Ok(text.to_owned()) }
        })
    })?;
    if words.first().is_none_or(String::is_empty) {
        argv.refuse("name the program first");
        return None;
    }
    Some(CommandChannel { argv: words, timeout_ms })
}

fn read_webhook(mut table: Table<'_, '_>) -> Option<Webhook> {
    let timeout_ms = timeout(&mut table).unwrap_or(WEBHOOK_TIMEOUT_MS);
    let retries = table.value("retries").and_then(|value| value.number(0, MAX_RETRIES));
    let url = table.value("url");
    if url.is_none() {
        table.refuse("`url` is missing");
    }
    table.finish();
    let url = url?.read(|text| {
        let is_http = text.starts_with("http://") || text.starts_with("https://");
        let is_clean = !text.chars().any(|c| c.is_control() || c.is_whitespace());
        if is_http && is_clean {
            Ok(text.to_owned())
        } else {
            Err("write an address that begins with `http://` or `https://`".to_owned())
        }
    })?;
    Some(Webhook { url, timeout_ms, retries: retries.unwrap_or(WEBHOOK_RETRIES) })
}

fn timeout(table: &mut Table<'_, '_>) -> Option<u64> {
    let value = table.value("timeout")?;
    let ms = value.duration_ms()?;
    if !(1..=MAX_TIMEOUT_MS).contains(&ms) {
        value.refuse("write a time of up to 5m, and not none");
        return None;
    }
    Some(ms)
}
