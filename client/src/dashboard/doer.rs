//! Doing what the person asks for, each thing on a thread of its own, so that neither keys
//! nor another deed wait for it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use app_sys::places::Places;

use super::deed::{Deed, Done, Outcome};
use super::feed::{News, Teller};
use crate::command::deeds;
use crate::connect::{Absent, Daemon};
use crate::exit::Code;
use crate::report::{Explain, Report};

/// Things that are being done at the same time, at most.
const MOST: usize = 8;

/// Why something was not even begun.
#[derive(Debug, thiserror::Error)]
enum DoerError {
    #[error("{MOST} things are being done already")]
    Busy,
    #[error("nothing can be done aside")]
    Thread(#[source] std::io::Error),
}

impl Explain for DoerError {
    fn code(&self) -> Code {
        match self {
            Self::Busy => Code::Busy,
            Self::Thread(_) => Code::Failed,
        }
    }

    fn hint(&self) -> Option<String> {
        Some("Try again in a moment.".into())
    }
}

/// Has things done.
pub(super) struct Doer {
    places: Places,
    teller: Teller,
    busy: Arc<AtomicUsize>,
}

impl Doer {
    /// Tells what came of them.
    pub(super) fn new(places: &Places, teller: Teller) -> Self {
        Self { places: places.clone(), teller, busy: Arc::default() }
    }

    /// Whether something is being done.
    pub(super) fn is_busy(&self) -> bool {
        self.busy.load(Ordering::Acquire) > 0
    }

    /// Begins it. What comes of it is told, or returned if it could not be begun.
    pub(super) fn begin(&self, deed: Deed) -> Option<Outcome> {
        let refused = |deed, error: DoerError| Some(Outcome { deed, result: Err(error.into()) });
        if self.busy.load(Ordering::Acquire) >= MOST {
            return refused(deed, DoerError::Busy);
        }
        self.busy.fetch_add(1, Ordering::AcqRel);
        let (places, teller, busy) = (self.places.clone(), self.teller.clone(), self.busy.clone());
        let copy = deed.clone();
        let begun = thread::Builder::new().name("deed".into()).spawn(move || {
            let result = carry_out(&places, &deed);
            // Told first, rung last: who waits for the last deed finds what came of it.
            teller.tell(News::Done(Outcome { deed, result }));
            busy.fetch_sub(1, Ordering::AcqRel);
            teller.ring();
        });
        match begun {
            Ok(_) => None,
            Err(error) => {
                self.busy.fetch_sub(1, Ordering::AcqRel);
                refused(copy, DoerError::Thread(error))
            }
        }
    }
}

fn carry_out(places: &Places, deed: &Deed) -> Result<Done, Report> {
    let mut daemon = Daemon::new(places, Absent::Start);
    let daemon = &mut daemon;
    match deed {
        Deed::Stop(view) => deeds::stop(daemon, view).map(Done::saying),
        Deed::Remove(view) => deeds::remove(daemon, view).map(Done::saying),
        Deed::Pin(view, pinned) => deeds::pin(daemon, view, *pinned).map(Done::saying),
        Deed::Pause(view) => deeds::pause(daemon, view).map(Done::saying),
        Deed::Continue(view) => deeds::go_on(daemon, view).map(Done::saying),
        Deed::Resume(view) => deeds::resume(daemon, view).map(Done::saying),
        Deed::Rename(view, name) => deeds::rename(daemon, view, name).map(Done::saying),
        Deed::Send(view, text) => deeds::send(places, daemon, view, text).map(Done::saying),
        Deed::Start(filled) => {
            let (id, said) = deeds::start(daemon, &filled.words(), filled.named(), &filled.cwd())?;
            Ok(Done { made: Some(id), ..Done::saying(said) })
        }
        Deed::Seen(id) => deeds::seen(daemon, *id).map(|()| Done::quietly()),
        Deed::Notices(id) => Ok(Done { notices: deeds::notices(daemon, *id)?, ..Done::quietly() }),
    }
}
