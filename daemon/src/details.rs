//! What only who asks for everything about one session wants to know: what it uses, what it
//! was started with, where the kernel keeps it.

use std::sync::Arc;

use app_model::view::Usage;
use app_model::{Limits, SessionId, SessionView, Trust};
use app_sys::places::Places;

use crate::gather::Gathering;
use crate::usage::Usages;
use crate::{ledger, scope};

/// The session, and its holder while that lives.
type Subject = (SessionId, Option<u32>);

/// Looks at one session after the other, once for all who ask at the same time.
#[derive(Clone, Debug, Default)]
pub struct Inspector {
    looks: Arc<Gathering<Subject, Details>>,
}

/// What the kernel and the session's directory say.
#[derive(Clone, Debug)]
struct Details {
    usage: Option<Usage>,
    scope: Option<String>,
    started_with: Option<(Limits, Trust)>,
}

impl Inspector {
    /// Adds it to what is known of a session. What cannot be read is left out: a session
    /// whose directory is damaged is shown all the same.
    pub async fn add(&self, places: &Places, usages: &Arc<Usages>, view: &mut SessionView) {
        let subject = (view.id, view.holder_pid.filter(|_| view.phase.is_live()));
        let (places, usages) = (places.clone(), Arc::clone(usages));
        let look = move |subject: &Subject| Details::of(*subject, &places, &usages);
        let Some(details) = self.looks.see(subject, look).await else { return };
        view.usage = details.usage;
        view.scope = details.scope;
        if let Some((limits, trust)) = details.started_with {
            view.limits = Some(limits).filter(|limits| !limits.set().is_empty());
            view.trust = Some(trust);
        }
    }
}

impl Details {
    /// Blocks.
    fn of((id, holder): Subject, places: &Places, usages: &Usages) -> Self {
        let spec = ledger::read_spec(&places.session_dir(id)).ok();
        Self {
            usage: holder.and_then(|holder| usages.of(&[(id, holder)]).remove(&id)),
            scope: holder.and_then(|holder| scope::scope_of(id, holder)),
            started_with: spec.map(|spec| (spec.limits, spec.trust)),
        }
    }
}
