//! A workspace thrown by dice: roles, people, places and records, in the server and in the naive model alike.
use super::naive::{Member, Reach, Right, Role, Row, World};
use kernel::{Timestamp, Uuid};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use records::{RowResult, Source, SourceKind};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::doors::workspaces::{self, NewWorkspace, WorkspaceChange};
use testkit::{Client, TestApp};

#[derive(Clone, Copy)]
pub struct Plural {
    pub object: &'static str,
    pub plural: &'static str,
    pub archivable: bool,
    pub located: bool,
}

pub const OBJECTS: [Plural; 8] = [
    of("client", "clients", true, true),
    of("contact", "contacts", true, true),
    of("deal", "deals", true, true),
    of("deal_contact", "deal_contacts", false, true),
    of("invoice", "invoices", false, true),
    of("invoice_line", "invoice_lines", false, true),
    of("task", "tasks", true, true),
    of("boat", "boats", true, true),
];

const fn of(object: &'static str, plural: &'static str, archivable: bool, located: bool) -> Plural {
    Plural { object, plural, archivable, located }
}

/// Fields that hold words, and so can be hidden.
const WORDS: [(&str, &[&str]); 8] = [
    ("client", &["name", "email", "registration_number", "tax_id", "berth"]),
    ("contact", &["job_title", "department", "email", "last_name"]),
    ("deal", &["name", "next_step", "description", "competitor"]),
    ("deal_contact", &["note"]),
    ("invoice", &["subject", "reference"]),
    ("invoice_line", &["description"]),
    ("task", &["name", "blocked_reason"]),
    ("boat", &["name", "hull", "note"]),
];

/// `last_name` stands in the contact's name too, and a title cannot be hidden.
const ALWAYS_SHOWN: [&str; 3] = ["last_name", "name", "description"];

/// What the workspace has made itself: an object like any other, and a field of a shipped one that is searched.
fn own_objects() -> Value {
    let text = |name: &str| json!({ "name": name, "kind": "text", "personal": false });
    let user = |name: &str, many: bool| match many {
        true => json!({ "name": name, "kind": "user", "many": true, "personal": true }),
        false => json!({ "name": name, "kind": "user", "personal": true }),
    };
    let client = json!({ "name": "client_id", "kind": "reference", "to": "client", "on_delete": "restrict", "personal": false });
    let search = ["name", "email", "phone", "website", "tax_id", "external_id", "berth"];
    json!([
        { "name": "boat", "plural": "boats", "scope": "location", "title": "name", "search": ["name", "hull"],
          "own": ["owner_id"], "assigned": ["assignee_ids"], "client": "client_id",
          "fields": [text("name"), text("hull"), text("note"), user("owner_id", false), user("assignee_ids", true), client] },
        { "extend": "client", "search": search, "fields": [text("berth")] }
    ])
}

const ROLES: usize = 9;
const MEMBERS: usize = 9;

pub struct Site {
    /// Serves until the comparison is over.
    _app: TestApp,
    pub world: World,
    pub browsers: Vec<Client>,
    /// Fields that `?q=` looks at, by object.
    pub searched: HashMap<&'static str, Vec<String>>,
    /// A record of every object in another workspace.
    pub foreign: HashMap<&'static str, Uuid>,
    /// Between the making of the records and the last changes to them.
    pub moment: Timestamp,
}

impl Site {
    pub async fn build(seed: u64) -> Self {
        let dice = &mut StdRng::seed_from_u64(seed);
        let app = TestApp::new("sales").await;
        let mut maker = Maker {
            dice,
            app: &app,
            admin: app.sign_in_as("admin").await,
            workspace: app.workspace.id,
            words: 0,
            rows: vec![],
        };
        overlay(&app, app.workspace.id, json!({ "objects": own_objects() })).await;
        // As long as there are no locations, records are in none.
        maker.records(&[], &[], 6).await;
        let mut locations = vec![];
        for n in 0..3 {
            let body =
                json!({ "name": format!("Place {n}"), "type": "branch", "slug": format!("place-{n}") });
            locations.push(maker.given("location", body).await);
        }
        let roles = maker.roles().await;
        let mut overrides: Vec<(Uuid, usize, &'static str, Reach)> = vec![];
        for _ in 0..4 {
            let (at, role) =
                (*locations.choose(maker.dice).expect("some"), maker.dice.random_range(0..ROLES));
            let objects: Vec<_> = roles[role].objects.keys().copied().collect();
            let Some(object) = objects.choose(maker.dice) else { continue };
            if overrides.iter().any(|(l, r, ..)| (*l, *r) == (at, role)) {
                continue;
            }
            let read = *Reach::EACH.choose(maker.dice).expect("some");
            let rights = json!({ "objects": { (*object): { "read": read.name() } } });
            let identity = &app.node.identity;
            identity.put_override(&app.actor(), at, &format!("r{role}"), &rights).await.expect("an override");
            overrides.push((at, role, *object, read));
        }
        let (mut members, browsers) = maker.members(&locations).await;
        maker.records(&members, &locations, 24).await;
        maker.archive_some().await;
        maker.portals(&mut members).await;
        maker.teams(&mut members).await;
        let then = maker.rows.clone();
        let moment = a_moment().await;
        maker.change_some(&members).await;
        let rows = maker.rows;
        let foreign = foreign(&app).await;
        let model = app.node.engine.model(&app.actor()).await.expect("a model");
        let searched = OBJECTS.iter().map(|o| (o.object, model.objects[o.object].search.clone())).collect();
        let world = World { locations, roles, overrides, members, rows, then };
        Self { _app: app, world, browsers, searched, foreign, moment }
    }

    /// Where a row is: a part or a link is where its home is.
    pub fn location_of(&self, row: &Row) -> Option<Uuid> {
        row.home.map_or(row.location, |home| self.location_of(&self.world.rows[home]))
    }

    pub fn has_overrides(&self) -> bool {
        !self.world.overrides.is_empty()
    }

    /// Whose words these are.
    pub fn explain(&self, leaked: &[&String]) -> String {
        let holds = |row: &&Row| row.words.iter().chain(&row.old_words).any(|(_, w)| leaked.contains(&w));
        format!("{:?}", self.world.rows.iter().filter(holds).collect::<Vec<_>>())
    }
}

struct Maker<'a> {
    dice: &'a mut StdRng,
    app: &'a TestApp,
    admin: Client,
    workspace: Uuid,
    words: u32,
    rows: Vec<Row>,
}

impl Maker<'_> {
    async fn given(&self, object: &str, body: Value) -> Uuid {
        given(self.app, self.workspace, object, body).await
    }

    fn word(&mut self) -> String {
        self.words += 1;
        format!("qx{:08}", self.words)
    }

    fn one_in(&mut self, n: u32) -> bool {
        self.dice.random_range(0..n) == 0
    }

    /// Roles of the workspace's own, in its overlay.
    async fn roles(&mut self) -> Vec<Role> {
        let mut roles = vec![];
        for n in 0..ROLES {
            let mut role = Role::default();
            for (object, fields) in WORDS {
                // Somebody reads everything, somebody nearly nothing.
                if n > 0 && self.one_in(5) {
                    continue;
                }
                let read = if n == 0 { Reach::All } else { *Reach::EACH.choose(self.dice).expect("some") };
                let can_hide: Vec<_> = fields.iter().filter(|f| !ALWAYS_SHOWN.contains(f)).copied().collect();
                let hidden = can_hide.into_iter().filter(|_| n > 0 && self.one_in(3)).collect();
                role.objects.insert(object, Right { read, hidden });
            }
            role.sees_log = n == 0 || self.one_in(3);
            roles.push(role);
        }
        let told: Vec<Value> = roles.iter().enumerate().map(|(n, role)| declared(n, role)).collect();
        overlay(self.app, self.workspace, json!({ "roles": told, "objects": own_objects() })).await;
        roles
    }

    async fn members(&mut self, locations: &[Uuid]) -> (Vec<Member>, Vec<Client>) {
        let (mut members, mut browsers) = (vec![], vec![]);
        for n in 0..MEMBERS {
            let role = if n == 0 { 0 } else { self.dice.random_range(0..ROLES) };
            let person = self.app.person(&format!("r{role}")).await;
            let mut holds = vec![(role, None)];
            let roles = format!("/api/v1/admin/members/{}/roles", person.member);
            let everywhere = self.admin.get(&roles).await.json[0]["id"].as_str().expect("an id").to_owned();
            for _ in 0..self.dice.random_range(0..3) {
                let (role, at) =
                    (self.dice.random_range(0..ROLES), *locations.choose(self.dice).expect("some"));
                if !holds.contains(&(role, Some(at))) {
                    let body = json!({ "role": format!("r{role}"), "location_id": at });
                    self.admin.post(&roles, body).await.expect_status(201);
                    holds.push((role, Some(at)));
                }
            }
            if holds.len() > 1 && n > 0 && self.one_in(2) {
                self.admin.delete(&format!("{roles}/{everywhere}")).await.expect_status(204);
                holds.remove(0);
            }
            let browser = self.app.stranger();
            browser.sign_in(&person.email).await.expect_status(201);
            browsers.push(browser);
            members.push(Member { id: person.member, client: None, team: BTreeSet::new(), holds });
        }
        (members, browsers)
    }

    async fn records(&mut self, members: &[Member], locations: &[Uuid], each: usize) {
        for _ in 0..each {
            self.record("client", members, locations, &[], json!({})).await;
        }
        for object in ["contact", "deal", "invoice", "task", "boat"] {
            for _ in 0..each {
                let client = self.any("client");
                let mut body = json!({ "client_id": self.rows[client].id });
                if object == "invoice" {
                    body["lines"] = json!([]);
                }
                self.record(object, members, locations, &[("client", client)], body).await;
            }
        }
        for _ in 0..each {
            let (deal, contact) = (self.any("deal"), self.any("contact"));
            let both = (self.rows[deal].id, self.rows[contact].id);
            let linked = self.rows.iter().any(|r| {
                r.object == "deal_contact" && r.refers["deal"] == deal && r.refers["contact"] == contact
            });
            if !linked {
                let body = json!({ "deal_id": both.0, "contact_id": both.1, "role": "other" });
                self.record(
                    "deal_contact",
                    members,
                    locations,
                    &[("deal", deal), ("contact", contact)],
                    body,
                )
                .await;
            }
        }
    }

    fn any(&mut self, object: &str) -> usize {
        let all: Vec<usize> = (0..self.rows.len()).filter(|i| self.rows[*i].object == object).collect();
        *all.choose(self.dice).expect("there are some")
    }

    async fn record(
        &mut self,
        object: &'static str,
        members: &[Member],
        locations: &[Uuid],
        refers: &[(&'static str, usize)],
        mut body: Value,
    ) {
        let fields = WORDS.iter().find(|(o, _)| *o == object).expect("known").1;
        let first = self.spoken(fields);
        set_words(&mut body, &first);
        let pick = |dice: &mut StdRng| members.choose(dice).map(|m| m.id);
        let is_link = object == "deal_contact";
        let (mut owner, mut assigned, mut location) = (None, vec![], None);
        if !is_link {
            location = locations.choose(self.dice).copied();
            body["location_id"] = json!(location);
        }
        if ["client", "contact", "deal", "task", "boat"].contains(&object) {
            owner = pick(self.dice).filter(|_| !self.one_in(4));
            body["owner_id"] = json!(owner);
        }
        if ["client", "deal", "task", "boat"].contains(&object) {
            assigned = (0..self.dice.random_range(0..3)).filter_map(|_| pick(self.dice)).collect();
            assigned.sort();
            assigned.dedup();
            body["assignee_ids"] = json!(assigned);
        }
        let mut lines = vec![];
        if object == "invoice" {
            for _ in 0..self.dice.random_range(0..3) {
                lines.push(self.word());
            }
            let line = |word: &String| json!({ "description": word, "quantity": 1, "unit_price": "2", "tax_rate": 19 });
            body["lines"] = lines.iter().map(line).collect();
        }
        let id = self.given(object, body).await;
        let of = |name: &str| refers.iter().find(|(r, _)| *r == name).map(|(_, i)| *i);
        let client = if object == "client" { Some(id) } else { of("client").map(|i| self.rows[i].id) };
        let mut row = Row {
            object,
            id,
            location,
            owner,
            assigned,
            client,
            home: of("deal").filter(|_| is_link),
            refers: refers.iter().copied().collect(),
            archived: false,
            words: first,
            old_words: vec![],
        };
        // What a record said before stands in its history.
        if self.one_in(3) && !is_link {
            let field = *fields.choose(self.dice).expect("some");
            let again = self.spoken(&[field]);
            let mut body = json!({});
            set_words(&mut body, &again);
            self.change(object, id, body).await;
            let at = row.words.iter().position(|(f, _)| *f == field).expect("a word");
            let old = std::mem::replace(&mut row.words[at], again[0].clone());
            row.old_words.push(old);
        }
        self.rows.push(row);
        self.parts(self.rows.len() - 1, lines).await;
    }

    async fn parts(&mut self, invoice: usize, lines: Vec<String>) {
        if lines.is_empty() {
            return;
        }
        let path =
            format!("/api/v1/invoice_lines?select=id,description&invoice_id=eq.{}", self.rows[invoice].id);
        let found = self.admin.get(&path).await.expect_status(200);
        for line in found.json.as_array().expect("a list") {
            let word = line["description"].as_str().expect("a word").to_owned();
            assert!(lines.contains(&word));
            self.rows.push(Row {
                object: "invoice_line",
                id: super::id_of(line),
                location: None,
                owner: None,
                assigned: vec![],
                client: None,
                home: Some(invoice),
                refers: BTreeMap::from([("invoice", invoice)]),
                archived: false,
                words: vec![("description", word)],
                old_words: vec![],
            });
        }
    }

    fn spoken(&mut self, fields: &[&'static str]) -> Vec<(&'static str, String)> {
        fields.iter().map(|f| (*f, self.word())).collect()
    }

    async fn change(&self, object: &str, id: Uuid, body: Value) {
        let source = Source::new(SourceKind::System);
        let actor = policy::Actor::system(self.workspace, "Test");
        let body = body.as_object().expect("an object").clone();
        let mut batch = self.app.node.engine.batch(&actor, source).await.expect("a batch");
        batch.update(object, id, body, None).await.expect("a change");
        batch.commit().await.expect("a change that is accepted");
    }

    /// Words and owners, for who asks how it was.
    async fn change_some(&mut self, members: &[Member]) {
        for n in 0..self.rows.len() {
            let object = self.rows[n].object;
            if self.rows[n].home.is_some() || self.rows[n].archived || !self.one_in(3) {
                continue;
            }
            let fields = WORDS.iter().find(|(o, _)| *o == object).expect("known").1;
            let field = *fields.choose(self.dice).expect("some");
            let again = self.spoken(&[field]);
            let mut body = json!({});
            set_words(&mut body, &again);
            let row = &mut self.rows[n];
            let at = row.words.iter().position(|(f, _)| *f == field).expect("a word");
            let old = std::mem::replace(&mut row.words[at], again[0].clone());
            row.old_words.push(old);
            if object != "invoice" && self.dice.random_range(0..2) == 0 {
                row.owner = members.choose(self.dice).map(|m| m.id);
                body["owner_id"] = json!(row.owner);
            }
            self.change(object, self.rows[n].id, body).await;
        }
    }

    async fn archive_some(&mut self) {
        for n in 0..self.rows.len() {
            let plural = OBJECTS.iter().find(|o| o.object == self.rows[n].object).expect("known");
            if plural.archivable && self.one_in(7) {
                let path = format!("/api/v1/{}/{}/archival", plural.plural, self.rows[n].id);
                self.admin.put(&path, Value::Null).await.expect_status(204);
                self.rows[n].archived = true;
            }
        }
    }

    /// Some members represent a client.
    async fn portals(&mut self, members: &mut [Member]) {
        for member in members.iter_mut().skip(1).step_by(3) {
            let client = self.any("client");
            member.client = Some(self.rows[client].id);
            let path = format!("/api/v1/admin/members/{}", member.id);
            self.admin.patch(&path, json!({ "client_id": member.client })).await;
        }
    }

    async fn teams(&mut self, members: &mut [Member]) {
        for n in 0..2 {
            let some: Vec<Uuid> = (0..3)
                .map(|_| members[self.dice.random_range(0..MEMBERS)].id)
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect();
            self.given("team", json!({ "name": format!("Team {n}"), "member_ids": some })).await;
            for member in members.iter_mut().filter(|m| some.contains(&m.id)) {
                member.team.extend(&some);
            }
        }
    }
}

/// Nothing else happens at it.
async fn a_moment() -> Timestamp {
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    let now = Timestamp::now();
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    now
}

async fn overlay(app: &TestApp, workspace: Uuid, overlay: Value) {
    let change = WorkspaceChange { overlay: Some(overlay), ..Default::default() };
    let changed = workspaces::change(&app.node.store, workspace, &change).await;
    changed.expect("the overlay is accepted");
}

fn set_words(body: &mut Value, words: &[(&'static str, String)]) {
    for (field, word) in words {
        let value = if *field == "email" { format!("{word}@example.com") } else { word.clone() };
        body[*field] = json!(value);
    }
}

fn declared(n: usize, role: &Role) -> Value {
    let objects: BTreeMap<&str, Value> = role
        .objects
        .iter()
        .map(|(object, right)| (*object, json!({ "read": right.read.name(), "hidden": right.hidden })))
        .collect();
    let permissions: &[&str] = if role.sees_log { &["audit.view"] } else { &[] };
    json!({ "name": format!("r{n}"), "label": format!("Role {n}"), "objects": objects, "permissions": permissions })
}

async fn given(app: &TestApp, workspace: Uuid, object: &str, body: Value) -> Uuid {
    let actor = policy::Actor::system(workspace, "Test");
    let mut batch = app.node.engine.batch(&actor, Source::new(SourceKind::System)).await.expect("a batch");
    let body = body.as_object().expect("an object").clone();
    let made = batch.create(object, vec![body]).await.expect("a record");
    if let Err(e) = batch.commit().await {
        panic!("a {object} was not accepted: {e:?}");
    }
    match &made[0] {
        RowResult::Inserted(id) => *id,
        other => panic!("a given {object} was not made: {other:?}"),
    }
}

/// The same kinds of records in a workspace beside, with words that nobody here may read.
async fn foreign(app: &TestApp) -> HashMap<&'static str, Uuid> {
    let new = NewWorkspace {
        slug: "beside".into(),
        name: "Beside".into(),
        blueprints: vec!["sales".into()],
        timezone: "Europe/Berlin".into(),
        currency: "EUR".into(),
        settings: json!({}),
    };
    let beside = workspaces::create(&app.node.store, &new).await.expect("a workspace").id;
    overlay(app, beside, json!({ "objects": own_objects() })).await;
    let mut made = HashMap::new();
    let mut words = 90_000_000;
    let mut made_of = |object: &'static str, mut body: Value| {
        for field in WORDS.iter().find(|(o, _)| *o == object).expect("known").1 {
            words += 1;
            set_words(&mut body, &[(*field, format!("qx{words}"))]);
        }
        given(app, beside, object, body)
    };
    let client = made_of("client", json!({})).await;
    let contact = made_of("contact", json!({ "client_id": client })).await;
    let deal = made_of("deal", json!({ "client_id": client })).await;
    let link =
        made_of("deal_contact", json!({ "deal_id": deal, "contact_id": contact, "role": "other" })).await;
    let invoice = made_of("invoice", json!({ "client_id": client, "lines": [] })).await;
    let task = made_of("task", json!({ "client_id": client })).await;
    let boat = made_of("boat", json!({ "client_id": client })).await;
    made.extend([("client", client), ("contact", contact), ("deal", deal), ("deal_contact", link)]);
    // Any id of that workspace will do for the parts.
    made.extend([("invoice", invoice), ("invoice_line", invoice), ("task", task), ("boat", boat)]);
    made
}
