//! The policy said in the simplest way: one row, one member, one answer. Shares no code with `policy` or `query`.
use kernel::Uuid;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reach {
    None,
    Own,
    Assigned,
    Team,
    Location,
    All,
}

impl Reach {
    pub const EACH: [Reach; 6] =
        [Reach::None, Reach::Own, Reach::Assigned, Reach::Team, Reach::Location, Reach::All];
    pub fn name(self) -> &'static str {
        match self {
            Reach::None => "none",
            Reach::Own => "own",
            Reach::Assigned => "assigned",
            Reach::Team => "team",
            Reach::Location => "location",
            Reach::All => "all",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Right {
    pub read: Reach,
    pub hidden: Vec<&'static str>,
}

/// By object.
#[derive(Debug, Clone, Default)]
pub struct Role {
    pub objects: BTreeMap<&'static str, Right>,
    pub sees_log: bool,
}

/// What the model says about the rows of an object, and what the test put into one.
#[derive(Debug, Clone)]
pub struct Row {
    pub object: &'static str,
    pub id: Uuid,
    pub location: Option<Uuid>,
    pub owner: Option<Uuid>,
    pub assigned: Vec<Uuid>,
    /// The client that it belongs to.
    pub client: Option<Uuid>,
    /// The row that it lives in: whole of a part, first end of a link.
    pub home: Option<usize>,
    /// References that embedding follows: field without `_id`, and the row.
    pub refers: BTreeMap<&'static str, usize>,
    pub archived: bool,
    /// Field, and a word that stands nowhere else.
    pub words: Vec<(&'static str, String)>,
    /// Words that stood there before.
    pub old_words: Vec<(&'static str, String)>,
}

#[derive(Debug, Clone)]
pub struct Member {
    pub id: Uuid,
    pub client: Option<Uuid>,
    pub team: BTreeSet<Uuid>,
    /// Role, and where it is held; `None`: everywhere.
    pub holds: Vec<(usize, Option<Uuid>)>,
}

pub struct World {
    pub locations: Vec<Uuid>,
    pub roles: Vec<Role>,
    /// Location, role, object: what the role may read there instead.
    pub overrides: Vec<(Uuid, usize, &'static str, Reach)>,
    pub members: Vec<Member>,
    pub rows: Vec<Row>,
    /// The same rows, at the same places, as they were at a moment before some of them changed.
    pub then: Vec<Row>,
}

fn home_of(object: &str) -> Option<&'static str> {
    match object {
        "invoice_line" => Some("invoice"),
        "deal_contact" => Some("deal"),
        _ => None,
    }
}

/// What a role hides of the home are not fields of the part.
fn said_hidden(rights: &BTreeMap<&'static str, Right>, said: &str, object: &str) -> Vec<&'static str> {
    if said == object { rights[said].hidden.clone() } else { vec![] }
}

impl World {
    /// One entry for each way by which the member may read the object at all: the right, and where it holds.
    fn ways(&self, member: &Member, named: &str) -> Vec<(Right, Option<Uuid>)> {
        let mut ways = vec![];
        for (role, place) in &member.holds {
            // A part or a link of which a role says nothing follows its home, overrides included.
            let rights = &self.roles[*role].objects;
            let said = [Some(named), home_of(named)].into_iter().flatten().find(|o| rights.contains_key(o));
            let Some(object) = said else { continue };
            let right = &Right { hidden: said_hidden(rights, object, named), ..rights[object].clone() };
            let there = |at: Uuid| {
                let over = self.overrides.iter().find(|(l, r, o, _)| (*l, *r, *o) == (at, *role, object));
                Right { read: over.map_or(right.read, |o| o.3), ..right.clone() }
            };
            match place {
                Some(at) => ways.push((there(*at), Some(*at))),
                // Held everywhere but not the same everywhere: held in each location as it is there.
                None if self.overrides.iter().any(|(_, r, ..)| r == role) => {
                    ways.extend(self.locations.iter().map(|at| (there(*at), Some(*at))));
                }
                None => ways.push((right.clone(), None)),
            }
        }
        ways.retain(|(right, _)| right.read != Reach::None);
        ways
    }

    pub fn may_read_object(&self, member: &Member, object: &str) -> bool {
        !self.ways(member, object).is_empty()
    }

    pub fn sees_log(&self, member: &Member) -> bool {
        member.holds.iter().any(|(role, _)| self.roles[*role].sees_log)
    }

    /// The ways that open this row.
    fn ways_to(&self, member: &Member, row: &Row) -> Vec<Right> {
        self.ways_among(&self.rows, member, row)
    }

    fn ways_among(&self, rows: &[Row], member: &Member, row: &Row) -> Vec<Right> {
        // A part or a link is where its home is, and whoever may read its object reads what their home lets them.
        let mut ground = row;
        while let Some(home) = ground.home {
            ground = &rows[home];
        }
        let opens = |(right, place): &(Right, Option<Uuid>)| {
            let here = place.is_none_or(|at| ground.location == Some(at));
            let mine = ground.owner == Some(member.id)
                || (member.client.is_some() && ground.client == member.client);
            let at_work = mine || ground.assigned.contains(&member.id);
            let holders = ground.owner.iter().chain(&ground.assigned);
            let in_team = at_work || holders.clone().any(|h| member.team.contains(h));
            here && match right.read {
                Reach::None => false,
                Reach::Own => mine,
                Reach::Assigned => at_work,
                Reach::Team => in_team,
                Reach::Location | Reach::All => true,
            }
        };
        let mut all = self.ways(member, row.object);
        all.retain(opens);
        all.into_iter().map(|(right, _)| right).collect()
    }

    pub fn may_read(&self, member: &Member, row: &Row) -> bool {
        !self.ways_to(member, row).is_empty()
    }

    /// Of the past: within reach now, and then.
    pub fn may_read_then(&self, member: &Member, at: usize) -> bool {
        self.may_read(member, &self.rows[at])
            && !self.ways_among(&self.then, member, &self.then[at]).is_empty()
    }

    /// Whether the past of a field may be shown: some way to the row, now or then, does not hide it.
    pub fn may_see_then(&self, member: &Member, at: usize, field: &str) -> bool {
        let then = self.ways_among(&self.then, member, &self.then[at]);
        let mut ways = self.ways_to(member, &self.rows[at]).into_iter().chain(then);
        self.may_read_then(member, at) && ways.any(|right| !right.hidden.contains(&field))
    }

    /// Whether the field of this row may be shown: some way to the row does not hide it.
    pub fn may_see(&self, member: &Member, row: &Row, field: &str) -> bool {
        self.ways_to(member, row).iter().any(|right| !right.hidden.contains(&field))
    }

    /// Whether it must be shown: no way to the object hides it. Between the two a server may be careful.
    pub fn must_see(&self, member: &Member, row: &Row, field: &str) -> bool {
        self.may_read(member, row)
            && self.ways(member, row.object).iter().all(|(right, _)| !right.hidden.contains(&field))
    }

    /// Hidden on every way: asking for it is a refusal.
    pub fn never_sees(&self, member: &Member, object: &str, field: &str) -> bool {
        let ways = self.ways(member, object);
        !ways.is_empty() && ways.iter().all(|(right, _)| right.hidden.contains(&field))
    }
}
