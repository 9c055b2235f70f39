//! What is believed of a session's agent: its turn, whether a person should look, which
//! conversation it has, and all that this rests on.
//!
//! # Invariants
//!
//! 1. Of a session whose run is over nothing is believed: the end clears it, in the same
//!    transaction.

use app_model::event::kind;
use app_model::view::Attention;
use app_model::{SessionId, Turn};
use rusqlite::{Connection, OptionalExtension as _, params};
use serde_json::json;

use crate::rows::to_json;
use crate::{Registry, RegistryError, events};

/// What is now believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// Whose turn it is.
    pub turn: Turn,
    /// Whether a person should look.
    pub attention: Option<Attention>,
    /// The agent's own identity of its conversation.
    pub conversation: Option<String>,
    /// The one that the next run goes on with.
    pub goes_on: Option<String>,
    /// What all this rests on, for who decided it.
    pub state: String,
}

impl Registry {
    /// Writes down what is believed of a live session, with an event for each fact that
    /// is another one than before. Without effect once its run is over.
    pub fn set_facts(
        &mut self,
        id: SessionId,
        facts: &Facts,
        at_ms: i64,
    ) -> Result<(), RegistryError> {
        self.transact(|db| {
            let Some((turn, why)) = believed(db, id)? else { return Ok(()) };
            let attention = facts.attention.as_ref();
            db.prepare_cached(
                "UPDATE session SET turn = ?2, attention = ?3, attention_since = ?4,
                     conversation = coalesce(?5, conversation), facts = ?6,
                     goes_on = coalesce(?7, goes_on) WHERE id = ?1",
            )?
            .execute(params![
                id.0,
                word(facts.turn),
                attention.map(|raised| &raised.why),
                attention.map(|raised| raised.since_ms),
                facts.conversation,
                facts.state,
                facts.goes_on,
            ])?;
            if turn != word(facts.turn) {
                let data = json!({ "turn": facts.turn, "was": turn });
                events::append(db, at_ms, kind::TURN_CHANGED, Some(id), &data)?;
            }
            match attention {
                Some(raised) if why.as_ref() != Some(&raised.why) => {
                    let data = json!({ "why": raised.why });
                    events::append(db, at_ms, kind::ATTENTION_RAISED, Some(id), &data)
                }
                None if why.is_some() => {
                    events::append(db, at_ms, kind::ATTENTION_CLEARED, Some(id), &json!({}))
                }
                Some(_) | None => Ok(()),
            }
        })
    }

    /// What the belief rested on when it was last written down.
    pub fn facts(&mut self, id: SessionId) -> Result<Option<String>, RegistryError> {
        let mut statement = self.db.prepare_cached("SELECT facts FROM session WHERE id = ?1")?;
        Ok(statement.query_row([id.0], |row| row.get(0)).optional()?.flatten())
    }
}

/// The run is over: nothing is believed any more (invariant 1).
pub(crate) fn clear(db: &Connection, id: SessionId, at_ms: i64) -> Result<(), RegistryError> {
    let raised: Option<String> = db
        .prepare_cached("SELECT attention FROM session WHERE id = ?1")?
        .query_row([id.0], |row| row.get(0))?;
    db.prepare_cached(
        "UPDATE session SET turn = 'unknown', attention = NULL, attention_since = NULL,
             facts = NULL WHERE id = ?1",
    )?
    .execute([id.0])?;
    if raised.is_some() {
        events::append(db, at_ms, kind::ATTENTION_CLEARED, Some(id), &json!({}))?;
    }
    Ok(())
}

/// Turn and attention of a session whose run is alive.
fn believed(
    db: &Connection,
    id: SessionId,
) -> Result<Option<(String, Option<String>)>, RegistryError> {
    let mut statement = db.prepare_cached(
        "SELECT s.turn, s.attention FROM session s
         JOIN run r ON r.session = s.id AND r.run = s.run
         WHERE s.id = ?1 AND r.exit IS NULL",
    )?;
    Ok(statement.query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?)
}

fn word(turn: Turn) -> String {
    to_json(&turn).trim_matches('"').to_owned()
}
