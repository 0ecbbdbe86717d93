//! What somebody missed who comes back: from the log, as far as two minutes back.
use crate::Event;
use jiff::SignedDuration;
use kernel::{Outcome, Timestamp};
use policy::Actor;
use records::{Engine, Told};

/// Whoever was away for longer looks at everything anew.
const FURTHEST: SignedDuration = SignedDuration::from_mins(2);
/// A change bears the time when it began; whatever stood later may have begun earlier by so much. Some changes are
/// told twice for it, which harms nobody.
const OVERLAP: SignedDuration = SignedDuration::from_secs(30);
/// Change sets that are told again, at most.
const MOST: usize = 200;

/// Until when somebody has heard everything: the id of the last event that reached them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Since(Timestamp);

impl Since {
    pub fn parse(text: &str) -> Option<Self> {
        Timestamp::from_microsecond(text.trim().parse().ok()?).ok().map(Self)
    }
    pub fn now() -> Self {
        Self(Timestamp::now())
    }
    pub(crate) fn of(told: &Told) -> Self {
        Self(told.at)
    }
}

impl std::fmt::Display for Since {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.as_microsecond())
    }
}

pub(crate) async fn since(engine: &Engine, actor: &Actor, since: Since) -> Outcome<Vec<Event>> {
    if Timestamp::now().duration_since(since.0) > FURTHEST {
        return Ok(vec![Event::Reload]);
    }
    let (sets, more) = engine.sets_since(actor.workspace, since.0 - OVERLAP, MOST).await?;
    if more {
        return Ok(vec![Event::Reload]);
    }
    let told = engine.told(actor.workspace, &sets).await?;
    changes(engine, actor, &told.iter().collect::<Vec<_>>()).await
}

/// What the member may know of these.
pub(crate) async fn changes(engine: &Engine, actor: &Actor, told: &[&Told]) -> Outcome<Vec<Event>> {
    let seen = engine.seen(actor, told).await?;
    let event = |(told, seen): (&&Told, Option<serde_json::Value>)| {
        Some(Event::Change { id: Since::of(told), what: seen? })
    };
    Ok(told.iter().zip(seen).filter_map(event).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_of_an_event_is_read_back() {
        let now = Since::parse("1763764000000001").expect("an id");
        assert_eq!(now.to_string(), "1763764000000001");
        assert_eq!(Since::parse("yesterday"), None);
    }
}
