//! `start`: a new session, registered before it is started.

use app_model::environment::{self, SESSION_VARIABLE, SOCKET_VARIABLE};
use app_model::notice::policy::When;
use app_model::restart::Restart;
use app_model::{Kind, OsText, SessionId, Spec, Trust, name};
use app_registry::{NewSession, Registry, RegistryError};
use app_sys::places::Places;
use app_sys::{clock, fault};
use app_wire::control::{ErrorCode, Failure, NotifyWhen, Reply, Start, Started};
use tracing::info;

use super::limits::unenforced;
use super::resolve::resolve;
use super::tasks::too_many;
use crate::clocks::clocks;
use crate::ledger::{self, LedgerError, Meta};
use crate::notify::Teller;
use crate::recover::bury;
use crate::server::failure::{caused, failure, of_ledger, of_shutdown, of_store, of_up, room};
use crate::service::Service;
use crate::session::{Begin, UpOutcome};

/// How often a random id may turn out to be taken.
const ID_TRIES: usize = 16;

pub(in crate::server) async fn handle(service: &Service, start: Start) -> Result<Reply, Failure> {
    start.spec.check().map_err(|wrong| failure(ErrorCode::Usage, wrong.to_string()))?;
    let name = match &start.name {
        Some(name) => name::checked(name).map_err(|wrong| Failure {
            hint: Some("Choose another with `--name NAME`.".into()),
            ..failure(ErrorCode::Usage, wrong.to_string())
        })?,
        None => name::from_argv(&start.spec.argv),
    };
    let parent = match &start.parent {
        Some(parent) => Some(resolve(service, parent).await?),
        None => None,
    };
    // In a task of its own: a client that hangs up must not leave half a session.
    let service = service.clone();
    let begun = tokio::spawn(async move { begin(&service, start, name, parent).await });
    begun.await.unwrap_or_else(|panic| Err(caused("the start failed", &panic)))
}

async fn begin(
    service: &Service,
    start: Start,
    name: String,
    parent: Option<SessionId>,
) -> Result<Reply, Failure> {
    let command = start.spec.command_line();
    let limits = start.spec.limits;
    room(service)?;
    let (id, name) = register(service, start, name, parent).await?;
    fault::point("start.directory-made");
    let actor = service.supervisor.enter(id, Begin::First).await.map_err(of_shutdown)?;
    match actor.up().await {
        Ok(UpOutcome::Started(run) | UpOutcome::WasLive(run)) => {
            info!(session = %id, name, "started");
            let unenforced = unenforced(service, &actor, limits).await;
            fault::point("start.not-answered");
            Ok(Reply::Started(Started { id, name, run, unenforced }))
        }
        Err(refused) => {
            undo(service, id).await;
            Err(of_up(&refused, &command))
        }
    }
}

/// Takes an id nobody has, and writes the session down under it: in the registry first,
/// then in a directory of its own.
async fn register(
    service: &Service,
    start: Start,
    name: String,
    parent: Option<SessionId>,
) -> Result<(SessionId, String), Failure> {
    let first = Registration {
        meta: Meta {
            id: random_id()?,
            name,
            kind: if parent.is_some() { Kind::Task } else { Kind::Session },
            parent,
            background: start.background,
            agent: start.agent,
            model: start.model,
            notify: when(start.notify).word().into(),
            restart: start.restart.word().into(),
            pinned: false,
            created_at_ms: clock::wall_ms(),
        },
        spec: start.spec,
        boot_id: service.config.boot_id.clone(),
    };
    let mut next = Some(first);
    for _ in 0..ID_TRIES {
        let Some(registration) = next.take() else { break };
        let (places, teller) = (service.config.places.clone(), service.notices.clone());
        // Both on the registry's thread: it is the one that waits for the disk, and going
        // back and forth between threads would take longer than the writing.
        let written = service
            .store
            .with(move |registry| registration.write(registry, &places, &teller))
            .await;
        match written.map_err(|error| of_store(&error))? {
            Written::Done(id, name) => return Ok((id, name)),
            Written::Taken(mut again) => {
                again.meta.id = random_id()?;
                next = Some(*again);
            }
            Written::TooMany(parent, most) => return Err(too_many(parent, most)),
            Written::NoDirectory(id, error) => {
                undo(service, id).await;
                return Err(of_ledger(&error));
            }
        }
    }
    Err(failure(ErrorCode::Failed, format!("{ID_TRIES} random ids were all taken")))
}

/// A session that is about to be written down.
struct Registration {
    meta: Meta,
    spec: Spec,
    boot_id: String,
}

enum Written {
    Done(SessionId, String),
    /// Somebody has that id.
    Taken(Box<Registration>),
    /// Its parent has as many live tasks as it may, so many.
    TooMany(SessionId, u32),
    /// The registry has it, the disk does not.
    NoDirectory(SessionId, LedgerError),
}

impl Registration {
    fn write(
        mut self,
        registry: &mut Registry,
        places: &Places,
        teller: &Teller,
    ) -> Result<Written, RegistryError> {
        if let Some(parent) = self.meta.parent {
            let most = teller.settings().tasks.max_live;
            if registry.live_tasks(parent)? >= most {
                return Ok(Written::TooMany(parent, most));
            }
        }
        if !registry.insert_session(&self.row())? {
            return Ok(Written::Taken(Box::new(self)));
        }
        fault::point("start.registered");
        let id = self.meta.id;
        environment::set(&mut self.spec.env, names(places, id, self.spec.trust));
        Ok(match ledger::create(places, &self.meta, &mut self.spec) {
            Ok(()) => Written::Done(id, self.meta.name),
            Err(refused) => Written::NoDirectory(id, refused),
        })
    }

    fn row(&self) -> NewSession {
        let Self { meta, spec, boot_id } = self;
        NewSession {
            id: meta.id,
            name: meta.name.clone(),
            kind: meta.kind,
            parent: meta.parent,
            background: meta.background,
            agent: meta.agent.clone(),
            model: meta.model.clone(),
            argv: spec.argv.clone(),
            cwd: spec.cwd.clone(),
            tty: spec.terminal.is_some(),
            notify: When::of_word(&meta.notify),
            restart: Restart::of_word(&meta.restart),
            pinned: meta.pinned,
            created_at_ms: meta.created_at_ms,
            boot_id: boot_id.clone(),
        }
    }
}

/// The variables by which its programs know where they are.
fn names(places: &Places, id: SessionId, trust: Trust) -> Vec<(OsText, OsText)> {
    let socket = match trust {
        Trust::Full => places.control_socket(),
        Trust::Report | Trust::Task => places.inner_socket(id),
    };
    vec![
        (SESSION_VARIABLE.into(), id.to_string().as_str().into()),
        ("APPCTL_RUNTIME_DIR".into(), places.runtime.clone().into()),
        (SOCKET_VARIABLE.into(), socket.into()),
    ]
}

/// What the client said, if it said anything.
fn when(said: Option<NotifyWhen>) -> When {
    match said {
        None | Some(NotifyWhen::Auto) => When::Auto,
        Some(NotifyWhen::Always) => When::Always,
        Some(NotifyWhen::Never) => When::Never,
    }
}

fn random_id() -> Result<SessionId, Failure> {
    getrandom::u32()
        .map(SessionId)
        .map_err(|error| caused("the system has no random numbers", &error))
}

/// Leaves no trace of a session that never ran.
async fn undo(service: &Service, id: SessionId) {
    let (first, now) = (app_model::RunNumber::FIRST, clocks());
    // Mostly done already by the session's actor; harmless twice. What fails here is
    // found as a run without a holder at the next start.
    drop(service.store.with(move |registry| registry.withdraw_run(id, first, &now)).await);
    fault::point("start.withdrawn");
    bury(service, id).await;
}
