//! Every read surface against a naive model of the policy: random roles, reaches, locations, overrides, teams, portal
//! users and records. Every text of every record holds a word that stands nowhere else, so whatever a surface
//! answers, the words in it tell what it gave away. One of the objects, and a field of another, are the workspace's own. Another workspace in the same database holds words that nobody
//! here may ever read.
//!
//! By hand with fresh dice: `POLICY_SEED=$RANDOM ./test policy`.
mod naive;
mod world;

use crate::policy::naive::{Member, Row, World};
use futures_util::future::join_all;
use kernel::Uuid;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use testkit::Client;
use world::{OBJECTS, Plural, Site};

type Words = BTreeSet<String>;

#[tokio::test(flavor = "multi_thread")]
async fn no_surface_tells_more_or_less_than_the_policy() {
    // These dice once met a link whose home had changed hands since the moment that `as_of` names.
    let seed = std::env::var("POLICY_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(2);
    let site = Site::build(seed).await;
    let asked =
        join_all((0..site.world.members.len()).map(|m| Reader::new(&site, m).read_everything())).await;
    let asked: usize = asked.into_iter().sum();
    assert!(asked > 500, "only {asked} answers were compared");
    eprintln!("seed {seed}: {asked} answers compared with the naive model");
}

/// One member with a browser.
struct Reader<'a> {
    site: &'a Site,
    world: &'a World,
    me: &'a Member,
    browser: &'a Client,
    /// Words that some surface may show, the present ones and those that a history may.
    open: Words,
    open_with_old: Words,
    answers: std::cell::Cell<usize>,
}

impl<'a> Reader<'a> {
    fn new(site: &'a Site, member: usize) -> Self {
        let (world, me) = (&site.world, &site.world.members[member]);
        let seen = |row: &&Row, field: &str| world.may_see(me, row, field);
        let mut open = Words::new();
        let mut open_with_old = Words::new();
        for row in &world.rows {
            let now = row.words.iter().filter(|(f, _)| seen(&row, f)).map(|(_, w)| w.clone());
            open.extend(now);
            let then = row.old_words.iter().filter(|(f, _)| seen(&row, f)).map(|(_, w)| w.clone());
            open_with_old.extend(then);
        }
        open_with_old.extend(open.iter().cloned());
        Self { site, world, me, browser: &site.browsers[member], open, open_with_old, answers: 0.into() }
    }

    async fn read_everything(self) -> usize {
        for plural in OBJECTS {
            self.lists(plural).await;
            self.fields(plural).await;
            self.words(plural).await;
            self.single_records(plural).await;
            self.files(plural).await;
            self.the_past(plural).await;
        }
        self.everything_searched().await;
        self.embeds().await;
        self.the_log().await;
        self.answers.get()
    }

    fn rows(&self, object: &'a str) -> impl Iterator<Item = &'a Row> {
        self.world.rows.iter().filter(move |r| r.object == object)
    }

    fn mine(&self, object: &'a str) -> impl Iterator<Item = &'a Row> {
        self.rows(object).filter(|r| self.world.may_read(self.me, r))
    }

    /// Asks, and holds every word of the answer against what may be seen.
    async fn get(&self, path: &str) -> testkit::Answer {
        self.get_as(self.browser, path, false).await
    }

    async fn get_as(&self, browser: &Client, path: &str, with_history: bool) -> testkit::Answer {
        let answer = browser.get(path).await;
        self.answers.set(self.answers.get() + 1);
        let open = if with_history { &self.open_with_old } else { &self.open };
        let told = words(&answer.text);
        let leaked: Vec<_> =
            told.iter().filter(|w| !open.contains(*w) && !path.contains(w.as_str())).collect();
        assert!(
            leaked.is_empty(),
            "{path} tells {leaked:?} to {:?}: {}",
            self.me,
            self.site.explain(&leaked)
        );
        assert!(answer.status() < 500, "{path}: {}", answer.text);
        answer
    }

    /// Ids of the answer against the rows that must be there, and their words.
    fn same(&self, path: &str, rows: &[Value], expected: &[&Row]) {
        let got: BTreeSet<Uuid> = rows.iter().map(id_of).collect();
        let due: BTreeSet<Uuid> = expected.iter().map(|r| r.id).collect();
        assert_eq!(got, due, "{path} for {:?}", self.me);
        let told = words(&json!(rows).to_string());
        for row in expected {
            for (field, word) in row.words.iter().filter(|(f, _)| self.world.must_see(self.me, row, f)) {
                assert!(told.contains(word), "{path} leaves out {field} of {row:?} for {:?}", self.me);
            }
        }
    }

    async fn lists(&self, Plural { object, plural, archivable, located }: Plural) {
        let every = if archivable { "&or=(archived_at.is.null,archived_at.not.is.null)" } else { "" };
        let path = format!("/api/v1/{plural}?limit=1000");
        let answer = self.get(&path).await;
        if !self.world.may_read_object(self.me, object) {
            assert_eq!(answer.refusal(), (403, "policy.denied"), "{path} for {:?}", self.me);
            return;
        }
        let live: Vec<&Row> = self.mine(object).filter(|r| !r.archived).collect();
        let all: Vec<&Row> = self.mine(object).collect();
        self.same(&path, list(&answer), &live);
        let path = format!("/api/v1/{plural}?limit=1000{every}");
        self.same(&path, list(&self.get(&path).await), &all);

        let one = format!("/api/v1/{plural}?limit=1&select=id{every}");
        let counted = self.get_as(&self.browser.with("prefer", "count=exact"), &one, false).await;
        let range = counted.header("content-range").to_owned();
        assert_eq!(range.rsplit('/').next(), Some(all.len().to_string().as_str()), "{one} for {:?}", self.me);
        let path = format!("/api/v1/{plural}?select=count(){every}");
        assert_eq!(list(&self.get(&path).await)[0]["count"], all.len(), "{path} for {:?}", self.me);

        for location in self.site.world.locations.iter().filter(|_| located) {
            let path = format!("/api/v1/{plural}?limit=1000{every}");
            let there = self.browser.with("x-location-id", location.to_string());
            let answer = self.get_as(&there, &path, false).await;
            // Who holds no role there may not choose it.
            if answer.status() == 200 {
                let here: Vec<&Row> =
                    all.iter().copied().filter(|r| self.site.location_of(r) == Some(*location)).collect();
                let got: BTreeSet<Uuid> = list(&answer).iter().map(id_of).collect();
                assert!(
                    here.iter().all(|r| self.site.has_overrides() || got.contains(&r.id)),
                    "{path} at {location}"
                );
                assert!(got.iter().all(|id| here.iter().any(|r| r.id == *id)), "{path} at {location}");
            }
        }
    }

    /// A hidden field is no filter, no order and no column.
    async fn fields(&self, Plural { object, plural, .. }: Plural) {
        let Some(row) = self.rows(object).next() else { return };
        for (field, word) in &row.words {
            if self.world.never_sees(self.me, object, field) {
                for ask in [format!("{field}=eq.{word}"), format!("order={field}"), format!("select={field}")]
                {
                    let path = format!("/api/v1/{plural}?{ask}");
                    let answer = self.get(&path).await;
                    assert!((400..500).contains(&answer.status()), "{path} is answered: {}", answer.text);
                }
            }
        }
        for row in self.rows(object).step_by(7) {
            for (field, word) in &row.words {
                let path = format!("/api/v1/{plural}?select=id&{field}=like.*{word}*&archived_at=is.null");
                let path = if object == "client" { path } else { path.replace("&archived_at=is.null", "") };
                let answer = self.get(&path).await;
                let found = answer.status() == 200 && !list(&answer).is_empty();
                assert!(
                    !found || self.world.may_see(self.me, row, field),
                    "{path} finds it for {:?}",
                    self.me
                );
            }
        }
    }

    /// Full-text search finds a row by what may be seen of it, and by nothing else.
    async fn words(&self, Plural { object, plural, .. }: Plural) {
        let searched = &self.site.searched[object];
        for row in self.rows(object).step_by(5) {
            for (field, word) in &row.words {
                let answer = self.get(&format!("/api/v1/{plural}?select=id&q={word}")).await;
                if searched.is_empty() || answer.status() != 200 {
                    assert!(answer.status() >= 400, "{}", answer.text);
                    continue;
                }
                let found = list(&answer).iter().any(|r| id_of(r) == row.id);
                let (may, must) =
                    (self.world.may_see(self.me, row, field), self.world.must_see(self.me, row, field));
                assert!(!found || may, "{plural}?q={word} finds a row by hidden {field} for {:?}", self.me);
                let due = must && searched.iter().any(|f| f == field) && !row.archived;
                let all_searched = searched.iter().all(|f| self.world.must_see(self.me, row, f));
                assert!(found || !due || !all_searched, "{plural}?q={word} does not find {row:?}");
            }
        }
    }

    async fn single_records(&self, Plural { object, plural, .. }: Plural) {
        for row in self.rows(object).step_by(4) {
            let may = self.world.may_read(self.me, row);
            let refused = if self.world.may_read_object(self.me, object) { 404 } else { 403 };
            for (rest, history) in [("", false), ("/history", true)] {
                let path = format!("/api/v1/{plural}/{}{rest}", row.id);
                let answer = self.get_as(self.browser, &path, history).await;
                assert_eq!(answer.status(), if may { 200 } else { refused }, "{path} for {:?}", self.me);
            }
        }
        let path = format!("/api/v1/{plural}/{}", self.site.foreign[object]);
        assert!([403, 404].contains(&self.get(&path).await.status()), "{path}");
    }

    /// A list as a file holds what the list holds.
    async fn files(&self, Plural { object, plural, .. }: Plural) {
        let path = format!("/api/v1/{plural}/export?format=jsonl");
        let answer = self.get(&path).await;
        if !self.world.may_read_object(self.me, object) {
            assert_eq!(answer.refusal(), (403, "policy.denied"), "{path} for {:?}", self.me);
            return;
        }
        assert_eq!(answer.status(), 200, "{path}: {}", answer.text);
        let rows: Vec<Value> = answer.text.lines().map(|l| serde_json::from_str(l).expect("JSON")).collect();
        let live: Vec<&Row> = self.mine(object).filter(|r| !r.archived).collect();
        self.same(&path, &rows, &live);
        let path = format!("/api/v1/{plural}/export?format=csv&header=names");
        let csv = self.get(&path).await.expect_status(200);
        assert_eq!(csv.text.lines().count(), live.len() + 1, "{path} for {:?}", self.me);
    }

    /// What was to be read then, by who may read it now and might have then.
    async fn the_past(&self, Plural { object, plural, .. }: Plural) {
        let (world, moment) = (self.world, self.site.moment);
        let path = format!("/api/v1/{plural}?limit=1000&as_of={moment}");
        let answer = self.browser.get(&path).await;
        self.answers.set(self.answers.get() + 1);
        if !world.may_read_object(self.me, object) {
            assert_eq!(answer.refusal(), (403, "policy.denied"), "{path} for {:?}", self.me);
            return;
        }
        let there: Vec<usize> = (0..world.then.len()).filter(|n| world.then[*n].object == object).collect();
        let due: Vec<usize> = there.iter().copied().filter(|n| world.may_read_then(self.me, *n)).collect();
        let live: BTreeSet<Uuid> =
            due.iter().map(|n| &world.then[*n]).filter(|r| !r.archived).map(|r| r.id).collect();
        let got: BTreeSet<Uuid> = list(&answer).iter().map(id_of).collect();
        assert_eq!(got, live, "{path} for {:?}", self.me);
        self.of_the_past(&path, &answer.text, &due);
        let path = format!("/api/v1/{plural}?select=count()&as_of={moment}");
        assert_eq!(list(&self.get(&path).await)[0]["count"], live.len(), "{path} for {:?}", self.me);
        let path = format!("/api/v1/{plural}/export?format=jsonl&as_of={moment}");
        self.of_the_past(&path, &self.browser.get(&path).await.text, &due);
        for n in there.into_iter().step_by(6) {
            let path = format!("/api/v1/{plural}/{}?as_of={moment}", world.then[n].id);
            let answer = self.browser.get(&path).await;
            self.answers.set(self.answers.get() + 1);
            let status = if due.contains(&n) { 200 } else { 404 };
            assert_eq!(answer.status(), status, "{path} for {:?}: {}", self.me, answer.text);
            self.of_the_past(&path, &answer.text, &due);
        }
    }

    /// Every word is one that stood there then and may be seen; what must be seen of the rows that are told is there.
    fn of_the_past(&self, path: &str, text: &str, rows: &[usize]) {
        let told = words(text);
        let mut open = Words::new();
        for n in rows {
            let row = &self.world.then[*n];
            let may = row.words.iter().filter(|(f, _)| self.world.may_see_then(self.me, *n, f));
            open.extend(may.map(|(_, w)| w.clone()));
        }
        let leaked: Vec<_> = told.difference(&open).collect();
        assert!(
            leaked.is_empty(),
            "{path} tells {leaked:?} to {:?}: {}",
            self.me,
            self.site.explain(&leaked)
        );
        for row in rows.iter().map(|n| &self.world.then[*n]).filter(|r| text.contains(&r.id.to_string())) {
            for (field, word) in row.words.iter().filter(|(f, _)| self.world.must_see(self.me, row, f)) {
                assert!(told.contains(word), "{path} leaves out {field} of {row:?} for {:?}", self.me);
            }
        }
    }

    /// The search over everything finds a row by what may be seen of it, and by nothing else.
    async fn everything_searched(&self) {
        for row in self.world.rows.iter().step_by(9) {
            for (field, word) in &row.words {
                let path = format!("/api/v1/search?q={word}");
                let answer = self.get(&path).await.expect_status(200);
                let results = answer.json["results"].as_array().expect("results");
                for found in results {
                    let found_row =
                        self.world.rows.iter().find(|r| r.id == id_of(found)).expect("one of ours");
                    assert!(
                        self.world.may_read(self.me, found_row),
                        "{path} finds {found} for {:?}",
                        self.me
                    );
                }
                let found = results.iter().find(|r| id_of(r) == row.id);
                let (may, must) =
                    (self.world.may_see(self.me, row, field), self.world.must_see(self.me, row, field));
                let by_it = found.is_some_and(|r| {
                    r["matched"].as_array().is_some_and(|m| m.iter().any(|name| name == *field))
                });
                let is_guess = answer.json["mistyped"] == true;
                assert!(may || !by_it, "{path} finds a row by hidden {field} for {:?}", self.me);
                assert!(may || found.is_none() || is_guess, "{path} finds it for {:?}", self.me);
                let searched = &self.site.searched[row.object];
                let alone = row.home.is_none() && !row.archived && searched.iter().any(|f| f == field);
                let all_searched = searched.iter().all(|f| self.world.must_see(self.me, row, f));
                assert!(found.is_some() || !(must && alone && all_searched), "{path} does not find {row:?}");
            }
        }
    }

    /// Relations in both directions show what a list of the other object would.
    async fn embeds(&self) {
        for (of, plural, many, other) in [
            ("client", "clients", "deals", "deal"),
            ("client", "clients", "contacts", "contact"),
            ("client", "clients", "invoices", "invoice"),
            ("client", "clients", "boats", "boat"),
            ("invoice", "invoices", "lines", "invoice_line"),
        ] {
            let path = format!("/api/v1/{plural}?select=id,{many}(*)&limit=1000");
            let answer = self.get(&path).await;
            if answer.status() != 200 {
                let may = [of, other].iter().all(|o| self.world.may_read_object(self.me, o));
                assert!(!may, "{path} for {:?}: {}", self.me, answer.text);
                continue;
            }
            let link = if of == "client" { "client" } else { "invoice" };
            for whole in list(&answer) {
                let inner = whole[many].as_array().expect("a list");
                let due: Vec<&Row> = self
                    .mine(other)
                    .filter(|r| {
                        !r.archived
                            && r.refers.get(link).map(|i| self.world.rows[*i].id) == Some(id_of(whole))
                    })
                    .collect();
                self.same(&path, inner, &due);
            }
        }
        for (object, plural, one, other) in [
            ("deal", "deals", "client", "client"),
            ("invoice", "invoices", "client", "client"),
            ("boat", "boats", "client", "client"),
        ] {
            let path = format!("/api/v1/{plural}?select=id,{one}(*)&limit=1000");
            let answer = self.get(&path).await;
            if answer.status() != 200 {
                let may = [object, other].iter().all(|o| self.world.may_read_object(self.me, o));
                assert!(!may, "{path} for {:?}: {}", self.me, answer.text);
                continue;
            }
            for row in self.mine(object).filter(|r| !r.archived) {
                let told = list(&answer).iter().find(|r| id_of(r) == row.id).expect("listed");
                let client = row.refers.get(one).map(|i| &self.world.rows[*i]);
                let open = client.is_some_and(|c| self.world.may_read(self.me, c));
                assert_eq!(told[one].is_object(), open, "{path}: {told}");
            }
            // What may not be read of the other end is no filter either.
            for client in self.rows("client").step_by(6) {
                for (field, word) in &client.words {
                    let path =
                        format!("/api/v1/{plural}?select=id,{one}!inner(id)&{one}.{field}=like.*{word}*");
                    let answer = self.get(&path).await;
                    let found = answer.status() == 200 && !list(&answer).is_empty();
                    assert!(!found || self.world.may_see(self.me, client, field), "{path} for {:?}", self.me);
                }
            }
        }
    }

    async fn the_log(&self) {
        let log = self.get_as(self.browser, "/api/v1/changes?limit=200", true).await;
        assert!([200, 403].contains(&log.status()), "{}", log.text);
        for change in list(&log).iter().take(20) {
            let path = format!("/api/v1/changes/{}", change["id"].as_str().expect("an id"));
            self.get_as(self.browser, &path, true).await;
        }
        if self.world.sees_log(self.me) {
            assert_eq!(log.status(), 200, "{}", log.text);
        }
    }
}

fn list(answer: &testkit::Answer) -> &[Value] {
    answer.json.as_array().or_else(|| answer.json["data"].as_array()).map_or(&[], Vec::as_slice)
}

fn id_of(row: &Value) -> Uuid {
    row["id"].as_str().expect("an id").parse().expect("a uuid")
}

/// The words of the test in a text: `qx` and eight digits.
fn words(text: &str) -> Words {
    let at = text.match_indices("qx").map(|(at, _)| at);
    at.filter_map(|at| text.get(at..at + 10))
        .filter(|w| w[2..].bytes().all(|b| b.is_ascii_digit()))
        .map(str::to_owned)
        .collect()
}
