//! What a notice looks like as a notification: text, icon, urgency and buttons. Pure.

use app_model::notice::{Notice, NoticeKind, Urgency, markup_escaped};
use app_model::text::{columns, printable};
use notify_rust::Notification;

use super::APP_NAME;
use crate::notify::channels::Parcel;

/// A click on the bubble itself.
pub(super) const DEFAULT: &str = "default";

/// The button that opens the session. A click on the bubble does the same.
pub(super) const ATTACH: &str = "attach";

/// The button that takes the bubble away, and what it tells off the list of the unseen.
pub(super) const DISMISS: &str = "dismiss";

/// Columns of a title that most desktops show on one line, bold and beside an icon.
const TITLE_COLUMNS: usize = 40;

/// What a server says it can do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Abilities {
    /// It reads the body as markup.
    pub(super) markup: bool,
    /// It shows buttons.
    pub(super) actions: bool,
}

/// The notification for a server with these abilities. It stays as long as the server likes.
pub(super) fn notification(parcel: &Parcel, abilities: Abilities) -> Notification {
    let notice = &parcel.notice;
    let text = body(parcel);
    let text = if abilities.markup { markup_escaped(&text) } else { text };
    let mut notification = Notification::new();
    notification.appname(APP_NAME).icon(icon(notice)).summary(&notice.title).body(&text);
    notification.urgency(degree(notice.urgency()));
    for (key, word) in buttons(parcel, abilities) {
        notification.action(key, word);
    }
    notification
}

/// Keys and words of the buttons. What tells nothing that is listed has none.
fn buttons(parcel: &Parcel, abilities: Abilities) -> &'static [(&'static str, &'static str)] {
    if !abilities.actions || parcel.numbers.is_empty() {
        &[]
    } else if parcel.session.is_some() {
        // A server that draws a button for the click on the bubble draws none without a word.
        &[(DEFAULT, ""), (ATTACH, "Attach"), (DISMISS, "Dismiss")]
    } else {
        &[(DISMISS, "Dismiss")]
    }
}

/// The text below the title. Some desktops cut a long title at its end, where it says what
/// became of the session and how long it took; that is then said here too.
fn body(parcel: &Parcel) -> String {
    let Notice { title, body, .. } = &parcel.notice;
    let rest = parcel.session.and_then(|_| after_name(title, &parcel.name));
    match rest {
        Some(rest) if columns(title) > TITLE_COLUMNS => format!("{rest}\n{body}"),
        Some(_) | None => body.clone(),
    }
}

/// What a title says after the session's name.
fn after_name<'t>(title: &'t str, name: &str) -> Option<&'t str> {
    let (_mark, text) = title.split_once(' ')?;
    Some(text.strip_prefix(printable(name).as_str())?.trim_start_matches([' ', ':']))
}

/// Names of icons that every icon theme has.
fn icon(notice: &Notice) -> &'static str {
    match notice.kind {
        _ if notice.failed => "dialog-error",
        NoticeKind::NeedsInput => "dialog-question",
        NoticeKind::Failed => "dialog-error",
        NoticeKind::Interrupted => "dialog-warning",
        NoticeKind::Finished | NoticeKind::TurnEnded | NoticeKind::Summary | NoticeKind::Test => {
            "utilities-terminal"
        }
    }
}

fn degree(urgency: Urgency) -> notify_rust::Urgency {
    match urgency {
        Urgency::Low => notify_rust::Urgency::Low,
        Urgency::Normal => notify_rust::Urgency::Normal,
        Urgency::Critical => notify_rust::Urgency::Critical,
    }
}

#[cfg(test)]
mod tests {
    use app_model::SessionId;

    use super::*;

    fn parcel(name: &str, title: &str) -> Parcel {
        Parcel {
            numbers: vec![1],
            session: Some(SessionId(1)),
            name: name.into(),
            agent: None,
            notice: Notice {
                kind: NoticeKind::Failed,
                title: title.into(),
                body: "/src".into(),
                failed: true,
            },
        }
    }

    #[test]
    fn what_may_be_cut_off_a_title_is_said_below_it() {
        let long = parcel("nightly-flaky-test", "✘ nightly-flaky-test failed (exit 2) · 3h 2m 5s");
        assert_eq!(body(&long), "failed (exit 2) · 3h 2m 5s\n/src");
        let task = parcel("a-long-name", "✔ a-long-name: the second of two tasks finished · 41s");
        assert_eq!(body(&task), "the second of two tasks finished · 41s\n/src");
        let short = parcel("flaky-test", "✘ flaky-test failed (exit 2) · 3h 2m 5s");
        assert_eq!(body(&short), "/src");
        let title = "48 more finished · 12 failed · 3 need you";
        let summary = Parcel { session: None, ..parcel("", title) };
        assert_eq!(body(&summary), "/src");
    }

    #[test]
    fn a_server_is_asked_for_what_it_can_do_and_no_more() {
        let told = parcel("a&b", "✘ a&b failed · 1s");
        let told = Parcel { notice: Notice { body: "<b>".into(), ..told.notice.clone() }, ..told };
        let plain = notification(&told, Abilities { markup: false, actions: false });
        assert_eq!((plain.body.as_str(), plain.actions.len()), ("<b>", 0));
        let all = Abilities { markup: true, actions: true };
        let rich = notification(&told, all);
        assert_eq!(rich.body, "&lt;b&gt;");
        assert_eq!(rich.actions, ["default", "", "attach", "Attach", "dismiss", "Dismiss"]);
        let summary = notification(&Parcel { session: None, ..told.clone() }, all);
        assert_eq!(summary.actions, ["dismiss", "Dismiss"]);
        let nothing_listed = notification(&Parcel { numbers: vec![], ..told }, all);
        assert!(nothing_listed.actions.is_empty());
    }
}
