//! The user's systemd on D-Bus (org.freedesktop.systemd1(5)): as much of it as scopes need.
//!
//! # Invariants
//!
//! 1. Who waits for a job is on the list before the job is made, or its end could be missed.
//! 2. Nothing is started by asking: without an owner of the name, nobody is there.

use std::collections::HashMap;

use app_sys::process::Signal;
use futures_util::StreamExt as _;
use tokio::sync::{mpsc, oneshot};
use tracing::debug;
use zbus::fdo::DBusProxy;
use zbus::{Connection, OwnedObjectPath, Variant, proxy};

use super::entry::{Entry, Property, properties, release_of};

/// Jobs that may be waited for before they are made.
const WAITERS: usize = 64;

/// The name that systemd owns on the bus.
const NAME: &str = "org.freedesktop.systemd1";

/// What `UnitExists` and `NoSuchUnit` begin with.
const ERRORS: &str = "org.freedesktop.systemd1.";

/// A unit as `ListUnitsByPatterns` shows it; the first is its name.
type UnitRow =
    (String, String, String, String, String, String, OwnedObjectPath, u32, String, OwnedObjectPath);

#[proxy(
    default_service = "org.freedesktop.systemd1",
    default_path = "/org/freedesktop/systemd1",
    interface = "org.freedesktop.systemd1.Manager"
)]
trait Systemd {
    #[zbus(no_autostart)]
    fn subscribe(&self) -> zbus::Result<()>;

    fn start_transient_unit(
        &self,
        name: &str,
        mode: &str,
        properties: &[(&str, Variant<'_>)],
        aux: &[(&str, Vec<(&str, Variant<'_>)>)],
    ) -> zbus::Result<OwnedObjectPath>;

    fn list_units_by_patterns(
        &self,
        states: &[&str],
        patterns: &[&str],
    ) -> zbus::Result<Vec<UnitRow>>;

    fn get_unit_processes(&self, name: &str) -> zbus::Result<Vec<(String, u32, String)>>;

    fn kill_unit(&self, name: &str, whom: &str, signal: i32) -> zbus::Result<()>;

    #[zbus(property(emits_changed_signal = "const"))]
    fn version(&self) -> zbus::Result<String>;

    #[zbus(signal)]
    fn job_removed(
        &self,
        id: u32,
        job: OwnedObjectPath,
        unit: String,
        result: String,
    ) -> zbus::Result<()>;
}

/// Why systemd has not done something.
#[derive(Debug, thiserror::Error)]
pub(super) enum ManagerError {
    /// The bus, or systemd, said no.
    #[error("systemd refused")]
    Refused(#[from] zbus::Error),
    /// The bus said no.
    #[error("the bus refused")]
    Bus(#[from] zbus::fdo::Error),
    /// The job came to nothing.
    #[error("the job for `{unit}` ended as `{result}`")]
    Job {
        /// Which unit.
        unit: String,
        /// How, in systemd's word.
        result: String,
    },
    /// All the names are taken.
    #[error("the units {0:?} exist already")]
    Taken(Vec<String>),
    /// The connection is over.
    #[error("the connection to the bus has ended")]
    HungUp,
}

impl ManagerError {
    /// Whether asking once more on the same connection is of no use.
    pub(super) fn is_of_the_connection(&self) -> bool {
        match self {
            Self::Refused(zbus::Error::MethodError(..)) => false,
            Self::Job { .. } | Self::Taken(_) => false,
            Self::Refused(_) | Self::Bus(_) | Self::HungUp => true,
        }
    }
}

/// Somebody who wants to know how the job for a unit ends.
struct Waiter {
    unit: String,
    done: oneshot::Sender<String>,
}

/// A connection to it, cheap to clone.
#[derive(Clone, Debug)]
pub(super) struct Manager {
    systemd: SystemdProxy<'static>,
    waiters: mpsc::Sender<Waiter>,
    release: u32,
}

impl Manager {
    /// Connects to it, or waits until it comes; `absent` is called when nothing speaks for
    /// that. Without a bus there is nothing to wait for.
    pub(super) async fn seek(absent: impl FnOnce()) -> Result<Self, ManagerError> {
        let connection = Connection::session().await?;
        let bus = DBusProxy::new(&connection).await?;
        let mut owners = bus.receive_name_owner_changed_with_args(&[(0, NAME)]).await?;
        // Invariant 2.
        if !bus.name_has_owner(NAME.try_into()?).await? {
            // A bus that was only now started, perhaps by us, has it as a guest in a moment.
            if !runs_here() {
                absent();
            }
            loop {
                let change = owners.next().await.ok_or(ManagerError::HungUp)?;
                if change.args().is_ok_and(|args| args.new_owner().is_some()) {
                    break;
                }
            }
        }
        Self::on(&connection).await
    }

    async fn on(connection: &Connection) -> Result<Self, ManagerError> {
        let systemd = SystemdProxy::new(connection).await?;
        let removed = systemd.receive_job_removed().await?;
        systemd.subscribe().await?;
        let release = release_of(&systemd.version().await?);
        let (waiters, asked) = mpsc::channel(WAITERS);
        tokio::spawn(attend(removed, asked));
        Ok(Self { systemd, waiters, release })
    }

    /// Which release it is.
    pub(super) fn release(&self) -> u32 {
        self.release
    }

    /// Makes a scope and waits until its processes are in it. Returns its name.
    pub(super) async fn start(&self, entry: &Entry) -> Result<String, ManagerError> {
        let properties = properties(entry, self.release);
        for unit in &entry.names {
            let (done, ended) = oneshot::channel();
            let waiter = Waiter { unit: unit.clone(), done };
            self.waiters.send(waiter).await.map_err(|_| ManagerError::HungUp)?; // Invariant 1.
            let told: Vec<_> =
                properties.iter().map(|(name, value)| (*name, value_of(value))).collect();
            match self.systemd.start_transient_unit(unit, "fail", &told, &[]).await {
                Ok(_) => {
                    let result = ended.await.map_err(|_| ManagerError::HungUp)?;
                    return match result.as_str() {
                        "done" => Ok(unit.clone()),
                        _ => Err(ManagerError::Job { unit: unit.clone(), result }),
                    };
                }
                Err(refused) if is_named(&refused, "UnitExists") => {}
                Err(refused) => return Err(refused.into()),
            }
        }
        Err(ManagerError::Taken(entry.names.clone()))
    }

    /// The units whose names match one of these.
    pub(super) async fn units(&self, patterns: &[String]) -> Result<Vec<String>, ManagerError> {
        let patterns: Vec<_> = patterns.iter().map(String::as_str).collect();
        let rows = self.systemd.list_units_by_patterns(&[], &patterns).await?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    /// Who is in a unit; nobody if it is gone.
    pub(super) async fn processes(&self, unit: &str) -> Result<Vec<u32>, ManagerError> {
        match self.systemd.get_unit_processes(unit).await {
            Ok(rows) => Ok(rows.into_iter().map(|row| row.1).collect()),
            Err(refused) if is_named(&refused, "NoSuchUnit") => Ok(vec![]),
            Err(refused) => Err(refused.into()),
        }
    }

    /// Ends all in a unit at once.
    pub(super) async fn kill_all(&self, unit: &str) -> Result<(), ManagerError> {
        match self.systemd.kill_unit(unit, "all", Signal::KILL.number()).await {
            Err(refused) if !is_named(&refused, "NoSuchUnit") => Err(refused.into()),
            Ok(()) | Err(_) => Ok(()),
        }
    }
}

/// Whether the user has a systemd, bus or not: it listens at this place for its own tools.
fn runs_here() -> bool {
    let runtime = std::env::var_os("XDG_RUNTIME_DIR").map(std::path::PathBuf::from);
    runtime.is_some_and(|runtime| runtime.join("systemd/private").exists())
}

fn value_of(property: &Property) -> Variant<'static> {
    match property {
        Property::Text(text) => Variant::from(text.clone()),
        Property::Number(number) => Variant::from(*number),
        Property::Flag(flag) => Variant::from(*flag),
        Property::Pids(pids) => Variant::from(pids.clone()),
        Property::Units(units) => Variant::from(units.clone()),
    }
}

fn is_named(refused: &zbus::Error, name: &str) -> bool {
    let zbus::Error::MethodError(said, ..) = refused else { return false };
    said.as_str().strip_prefix(ERRORS) == Some(name)
}

/// Tells those who wait how their jobs have ended, until the connection or the last
/// [`Manager`] is gone.
async fn attend(mut removed: JobRemovedStream, mut asked: mpsc::Receiver<Waiter>) {
    let mut waiting: HashMap<String, oneshot::Sender<String>> = HashMap::new();
    loop {
        tokio::select! {
            // Invariant 1: whoever is on the way to the list comes before any job.
            biased;
            waiter = asked.recv() => match waiter {
                Some(Waiter { unit, done }) => {
                    waiting.retain(|_, done| !done.is_closed());
                    waiting.insert(unit, done);
                }
                None => return,
            },
            signal = removed.next() => {
                let Some(signal) = signal else { return };
                let Ok(JobRemovedArgs { unit, result, .. }) = signal.args() else {
                    debug!("the end of a job cannot be read");
                    continue;
                };
                if let Some(done) = waiting.remove(&unit) {
                    // They may have given up.
                    drop(done.send(result));
                }
            }
        }
    }
}
