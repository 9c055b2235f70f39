//! Requests from inside a session: measured, and cut down to what is the session's own.

use app_model::SessionId;
use app_model::Trust;
use app_model::selector::parse;
use app_model::text::printable;
use app_registry::{Found, Registry, RegistryError};
use app_wire::control::{ErrorCode, Failure, Request, Start, Target};

use crate::server::authority::{Denied, Relation, decide, targets};
use crate::server::failure::{failure, of_store};
use crate::server::handle::resolve::{last_used, the_one};
use crate::service::Service;

/// Inside which session the question is, and how much that may ask.
#[derive(Clone, Copy, Debug)]
pub(super) struct Inside {
    pub(super) session: SessionId,
    pub(super) trust: Trust,
}

impl Inside {
    /// The request with every session in it named by its id, none of them another's; or why
    /// it is refused.
    pub(super) async fn admit(
        self,
        service: &Service,
        mut request: Request,
    ) -> Result<Request, Failure> {
        // Without enough trust nobody is even looked for.
        decide(self.trust, &request, Relation::Below).map_err(|no| self.refused(no, None))?;
        let mut relation = Relation::Own;
        let mut named = None;
        if let Request::Seen { session } = &request {
            relation = self.relation(service, *session).await?;
            named = Some(session.to_string());
        }
        for target in targets(&mut request) {
            let (id, its) = self.meant(service, target).await?;
            if its > relation || named.is_none() {
                named = Some(shown(target));
            }
            relation = relation.max(its);
            *target = Target::Named(id.to_string());
        }
        decide(self.trust, &request, relation).map_err(|no| self.refused(no, named.as_deref()))?;
        self.cut_down(request)
    }

    /// What is about everybody, or comes from nowhere, is about this session.
    fn cut_down(self, mut request: Request) -> Result<Request, Failure> {
        let own = || Some(Target::Named(self.session.to_string()));
        match &mut request {
            Request::Tasks { target, .. } if target.is_none() => *target = own(),
            Request::Start(start) => self.cut_down_start(start)?,
            _ => {}
        }
        Ok(request)
    }

    /// What is started from inside belongs to the session, and is trusted no more than it.
    fn cut_down_start(self, start: &mut Start) -> Result<(), Failure> {
        if start.parent.is_none() {
            start.parent = Some(Target::Named(self.session.to_string()));
        }
        if start.spec.trust > self.trust {
            return Err(self.refused(Denied::Trust(start.spec.trust), None));
        }
        Ok(())
    }

    /// The session that is meant: one that belongs here, if any of that name does.
    async fn meant(
        self,
        service: &Service,
        target: &Target,
    ) -> Result<(SessionId, Relation), Failure> {
        let text = match target {
            Target::Named(text) if *text == self.session.to_string() => {
                return Ok((self.session, Relation::Own)); // What programs are told to use.
            }
            Target::Named(text) => text.clone(),
            Target::Last => {
                let id = last_used(service).await?;
                return Ok((id, self.relation(service, id).await?));
            }
        };
        let wanted = text.clone();
        let found = service.store.with(move |registry| self.find(registry, &wanted)).await;
        match found.map_err(|error| of_store(&error))? {
            Some((found, relation)) => Ok((the_one(&text, found)?, relation)),
            None => Err(self.refused(Denied::Others, Some(&printable(&text)))),
        }
    }

    /// What a text means here; nothing if it means several sessions and none of them belongs
    /// here. Names of others are not suggested.
    fn find(
        self,
        registry: &mut Registry,
        text: &str,
    ) -> Result<Option<(Found, Relation)>, RegistryError> {
        let rows = match registry.find(&parse(text))? {
            Found::One(id) => {
                let relation = self.relation_in(registry, id)?;
                return Ok(Some((Found::One(id), relation)));
            }
            Found::None { .. } => {
                let family = registry.family(self.session, true)?;
                let names = family.into_iter().map(|row| row.view.name).collect();
                return Ok(Some((Found::None { names }, Relation::Own)));
            }
            Found::Several(rows) => rows,
        };
        let mut ours = Vec::new();
        for row in rows {
            let relation = self.relation_in(registry, row.view.id)?;
            if relation != Relation::Other {
                ours.push((row, relation));
            }
        }
        Ok(match ours.as_slice() {
            [] => None,
            [(row, relation)] => Some((Found::One(row.view.id), *relation)),
            [_, _, ..] => {
                let rows = ours.into_iter().map(|(row, _)| row).collect();
                Some((Found::Several(rows), Relation::Below))
            }
        })
    }

    async fn relation(self, service: &Service, id: SessionId) -> Result<Relation, Failure> {
        let relation = service.store.with(move |registry| self.relation_in(registry, id)).await;
        relation.map_err(|error| of_store(&error))
    }

    fn relation_in(
        self,
        registry: &mut Registry,
        id: SessionId,
    ) -> Result<Relation, RegistryError> {
        Ok(match id {
            id if id == self.session => Relation::Own,
            id if registry.is_below(id, self.session)? => Relation::Below,
            _ => Relation::Other,
        })
    }

    /// `named` is the session that stands in the way, as it was named.
    fn refused(self, why: Denied, named: Option<&str>) -> Failure {
        let Self { session, trust } = self;
        let message = match (why, named) {
            (Denied::Others, Some(named)) => {
                format!("the session `{named}` is none of {session}, from inside of which you ask")
            }
            (Denied::Itself, _) => format!("the session {session} may not remove itself"),
            (Denied::Others, None) | (Denied::Trust(_), _) => {
                format!("this is not permitted from inside of session {session}")
            }
        };
        let because = match why {
            Denied::Others | Denied::Itself => {
                format!("it has `--trust {}`: for itself and its tasks", trust.word())
            }
            Denied::Trust(needs) => {
                format!("it has `--trust {}`, and this takes `{}`", trust.word(), needs.word())
            }
        };
        Failure {
            because: vec![because],
            hint: Some(
                "Start the session with `--trust full`; or, outside of a sandbox, run `env -u \
                 APPCTL_SOCKET appctl …`."
                    .into(),
            ),
            ..failure(ErrorCode::NotPermitted, message)
        }
    }
}

fn shown(target: &Target) -> String {
    match target {
        Target::Named(text) => printable(text),
        Target::Last => "the last one".to_owned(),
    }
}
