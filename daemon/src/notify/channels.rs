//! The ways to a person, and the order in which they are tried.

use app_model::notice::{Notice, NoticeKind};
use app_model::settings::{Channel, Notify};
use app_model::{SessionId, causes};
use app_wire::control::Told;
use tokio::time::Instant;

use super::{command, desktop, terminal, webhook};
use crate::service::Service;

/// A notice on its way.
#[derive(Clone, Debug)]
pub(super) struct Parcel {
    /// The notices that it tells, by their numbers.
    pub(super) numbers: Vec<u64>,
    /// About this session; none for several.
    pub(super) session: Option<SessionId>,
    /// The session's name.
    pub(super) name: String,
    /// The profile of the session's agent.
    pub(super) agent: Option<String>,
    /// What is told.
    pub(super) notice: Notice,
}

/// What the channels remember from one notice to the next.
#[derive(Debug, Default)]
pub struct Channels {
    pub(super) desktop: desktop::Desktop,
    pub(super) webhook: webhook::Poster,
}

/// Why a channel did not take a notice.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    /// The desktop did not.
    #[error(transparent)]
    Desktop(#[from] desktop::DesktopError),
    /// The command did not.
    #[error(transparent)]
    Command(#[from] command::CommandError),
    /// The server did not.
    #[error(transparent)]
    Webhook(#[from] webhook::WebhookError),
    /// No terminal did.
    #[error(transparent)]
    Terminal(#[from] terminal::TerminalError),
    /// The settings do not say how it works.
    #[error("it is not set up")]
    NotSetUp,
}

/// Tries one channel after the other. Says which one took it, or why none did.
pub(super) async fn first_that_takes(
    service: &Service,
    parcel: &Parcel,
) -> Result<Channel, String> {
    let settings = settings(service, parcel.agent.as_deref()).await;
    let mut whys = Vec::new();
    for &channel in &settings.channels {
        match show(service, &settings, channel, parcel).await {
            Ok(()) => return Ok(channel),
            Err(refused) => whys.push(format!("{}: {}", channel.word(), explained(&refused))),
        }
    }
    if whys.is_empty() {
        return Err("the settings name no channel".into());
    }
    Err(whys.join("; "))
}

async fn settings(service: &Service, agent: Option<&str>) -> Notify {
    let file = service.notices.settings.clone();
    // The file may lie on a disk that is slow.
    let current = tokio::task::spawn_blocking(move || file.current()).await;
    current.map(|settings| settings.notify.for_agent(agent)).unwrap_or_default()
}

/// The command that opens a session, if the settings name one.
#[cfg(not(target_os = "macos"))]
pub(super) async fn attach_command(service: &Service) -> Option<String> {
    settings(service, None).await.attach_command
}

async fn show(
    service: &Service,
    settings: &Notify,
    channel: Channel,
    parcel: &Parcel,
) -> Result<(), Refused> {
    match channel {
        Channel::Desktop => Ok(service.notices.channels.desktop.show(service, parcel).await?),
        Channel::Command => match &settings.command {
            Some(command) => Ok(command::run(command, parcel).await?),
            None => Err(Refused::NotSetUp),
        },
        Channel::Webhook => match &settings.webhook {
            Some(webhook) => Ok(service.notices.channels.webhook.post(webhook, parcel).await?),
            None => Err(Refused::NotSetUp),
        },
        Channel::Terminal => Ok(terminal::tell(service, parcel).await?),
    }
}

/// Shows a notice for a test on this channel, or on each that the settings name.
pub async fn test(service: &Service, channel: Option<Channel>) -> Vec<Told> {
    let settings = settings(service, None).await;
    let channels = channel.map_or_else(|| settings.channels.clone(), |channel| vec![channel]);
    let mut told = Vec::new();
    for channel in channels {
        let parcel = Parcel {
            numbers: vec![],
            session: None,
            name: "test".into(),
            agent: None,
            notice: Notice {
                kind: NoticeKind::Test,
                title: "✔ appctl can tell you".into(),
                body: format!("This is how a notice looks on the channel `{}`.", channel.word()),
                failed: false,
            },
        };
        let asked = Instant::now();
        let shown = show(service, &settings, channel, &parcel).await;
        told.push(Told {
            channel: channel.word().to_owned(),
            failed: shown.err().map(|refused| explained(&refused)),
            took_ms: u64::try_from(asked.elapsed().as_millis()).unwrap_or(u64::MAX),
        });
    }
    told
}

/// An error with everything that led to it, on one line.
fn explained(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    for cause in causes(error) {
        text.push_str(&format!(": {cause}"));
    }
    app_model::text::printable(&text)
}
