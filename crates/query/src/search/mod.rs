//! The search over all objects: one statement for each. What makes a find is looked for in four places, each bounded:
//! beginnings of titles, the newest rows, the trigram index, and, where that gave few, words with a slip of the fingers.
mod terms;

pub use terms::Terms;

use crate::list::live;
use crate::{Statement, reach, shape};
use kernel::Value;
use meta::{Codec, Field, IndexState, Model, Object, Place};
use policy::{Grant, Read};
use std::fmt::Write;
use terms::mistyped;

/// Titles that begin as was typed.
const NEAR: usize = 20;
/// The newest rows, which answer for what is common: the trigram index is slow with words that every third row holds.
const NEWEST: usize = 1_000;
/// The newest rows, where own fields are searched whose index is not there yet.
const NEWEST_BESIDE: usize = 10_000;
/// Among the newest: so many finds are enough, and the trigram index is left alone.
const ENOUGH: usize = 20;
/// Rows from the trigram index that are ranked.
const FOUND: usize = 100;
/// Rows whose likeness to a mistyped word is measured.
const LIKE: usize = 1_000;
/// From here on two words are alike.
const ALIKE: &str = "0.35";
/// A day counts for freshness as much as the first does, divided by the number of months.
const MONTH: &str = "2592000.0";

/// Columns of a search's rows: id, title, subtitle, fields that matched, the place, score, change, archival.
pub const CODECS: [Codec; 8] = [
    Codec::Uuid,
    Codec::Text,
    Codec::Text,
    Codec::TextArray,
    Codec::Text,
    Codec::Int4,
    Codec::Timestamptz,
    Codec::Bool,
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// As typed.
    Typed,
    /// With one slip per word.
    Mistyped,
}

/// What is asked of every object.
#[derive(Debug, Clone, Copy)]
pub struct Search<'a> {
    pub terms: &'a Terms,
    pub how: How,
    pub archived: bool,
    /// Finds per object.
    pub limit: usize,
}

/// Whether an object has something to search and stands by itself.
pub fn searchable(object: &Object) -> bool {
    object.part_of.is_none() && object.link.is_none() && !object.search.is_empty()
}

/// Which of the objects have rows at all, by name: most are empty in most workspaces, and need not be asked.
pub fn filled(objects: &[&Object], workspace: kernel::Uuid) -> Statement {
    let one = |o: &&Object| {
        let (from, name) = (shape::from(o, "a"), shape::literal(&o.name));
        format!("case when exists (select 1 from {from} where a.workspace_id = $1) then {name} end")
    };
    let all: Vec<_> = objects.iter().map(one).collect();
    let text = format!("select array_remove(array[{}]::text[], null), $1::uuid", all.join(",\n"));
    Statement { text, params: vec![Value::Id(workspace)] }
}

/// The finds in one object, best first. `None`: nothing of what is searched may be seen, or it is not searched this way.
pub fn statement(model: &Model, object: &Object, grant: &Grant<Read>, search: &Search) -> Option<Statement> {
    let seen = |f: &&Field| grant.may_see(&f.name) && !f.secret && f.place != Place::None;
    let stored = !object.engine && (object.is_own() || object.searched().next().is_some());
    let all = || object.search.iter().filter_map(|n| object.fields.get(n));
    let in_column: Vec<&Field> = match stored && !object.is_own() {
        true => object.searched().collect(),
        false => all().collect(),
    };
    let added: Vec<&Field> = match stored && !object.is_own() {
        true => object.searched_beside().filter(seen).collect(),
        false => vec![],
    };
    let kept: Vec<&Field> = in_column.iter().copied().filter(seen).collect();
    let cut = kept.len() < in_column.len();
    let fields: Vec<&Field> = kept.into_iter().chain(added.iter().copied()).collect();
    if fields.is_empty() {
        return None;
    }
    let title = object.fields.get(&object.title).filter(seen);
    let mut making = Making {
        object,
        fields: &fields,
        title,
        stored,
        // The stored column joins all fields: who must not see one of them is shown only what the others hold.
        cut,
        unindexed: added.iter().any(|f| f.index != IndexState::Ready),
        added: &added,
        beginnings: stored
            && object.searched_title().is_some_and(|t| title.is_some_and(|s| s.name == t.name)),
        search,
        params: vec![Value::Id(grant.workspace())],
        numbers: vec![],
    };
    let reach = reach(model, grant, "a", &mut making.params);
    making.statement(reach.map(|r| format!(" and ({r})")).unwrap_or_default())
}

struct Making<'a> {
    object: &'a Object,
    fields: &'a [&'a Field],
    title: Option<&'a Field>,
    /// There is a search column with an index.
    stored: bool,
    cut: bool,
    /// Own fields that the workspace has added to what is searched: they are in no column, and each has an index.
    added: &'a [&'a Field],
    /// Not all of these indexes are there: the newest rows answer meanwhile.
    unindexed: bool,
    /// The stored title may be looked at.
    beginnings: bool,
    search: &'a Search<'a>,
    params: Vec<Value>,
    /// Texts that have a parameter already.
    numbers: Vec<(String, usize)>,
}

impl Making<'_> {
    fn statement(mut self, reach: String) -> Option<Statement> {
        let (object, typed) = (self.object, self.search.how == How::Typed);
        let from = shape::from(object, "a");
        let key = shape::key(object, "a");
        let archived = if self.search.archived { None } else { live(object, "a", &[]) };
        let live = archived.map(|l| format!(" and {l}")).unwrap_or_default();
        let deep = self.search.terms.goes_deep();
        let mut with: Vec<String> = vec![];
        let mut hits: Vec<String> = vec![];
        if typed && self.beginnings {
            let whole = self.folded();
            with.push(format!(
                "near as materialized (\nselect {key} as id from {from}\n\
                 where a.workspace_id = $1{live}{reach} and a.search_title ~>=~ {whole} \
                 and a.search_title ~<~ ({whole} || chr(1114111))\norder by a.search_title using ~<~ limit {NEAR})"
            ));
            hits.push("select id from near".into());
        }
        if typed && (deep || !self.stored || self.object.is_own()) {
            let found = match self.unindexed {
                true => self.found_in_visible(),
                false => self.found(),
            };
            let newest = if self.unindexed { NEWEST_BESIDE } else { NEWEST };
            let order = match object.fields.contains_key("created_at") {
                true => "a.created_at desc, ",
                false => "",
            };
            with.push(format!(
                "newest as materialized (\nselect {key} as id from (\nselect a.* from {from} where a.workspace_id = $1{live} \
                 order by {order}{key} desc limit {newest}) a\nwhere {found}{reach} limit {ENOUGH})"
            ));
            hits.push("select id from newest".into());
        }
        if deep && self.stored {
            let (found, most, gate) = match typed {
                true => (self.found(), FOUND, format!(" and (select count(*) from newest) < {ENOUGH}")),
                false => (self.alike()?, LIKE, String::new()),
            };
            // Without a limit inside, the planner takes it for a question about all of them and asks the trigram index.
            with.push(format!(
                "found as materialized (\nselect {key} as id from {from}\n\
                 where a.workspace_id = $1 and {found}{live}{reach}{gate})"
            ));
            hits.push(format!("select id from (select id from found limit {most}) f"));
        }
        if hits.is_empty() {
            return None;
        }
        let score = if typed { self.rank() } else { self.likeness() };
        let fresh = match object.fields.contains_key("updated_at") {
            true => "a.updated_at",
            false => "null::timestamptz",
        };
        let weight = weight(object);
        with.push(format!(
            "best as materialized (\nselect h.id, ({score} + {weight} \
             + coalesce(20 / (1 + greatest(extract(epoch from now() - {fresh})::float8, 0) / {MONTH}), 0))::integer as score\n\
             from ({}) h join {from} on a.workspace_id = $1 and {key} = h.id{}\norder by 2 desc, 1 desc limit {})",
            hits.join(" union "),
            if typed { String::new() } else { format!("\nwhere {} >= {ALIKE}", self.how_like()) },
            self.search.limit
        ));
        let shown = self.shown(fresh);
        let text = format!(
            "with {}\nselect {shown}\nfrom best join {from} on a.workspace_id = $1 and {key} = best.id\n\
             order by best.score desc, {fresh} desc, {key} desc",
            with.join(",\n")
        );
        Some(Statement { text, params: self.params })
    }

    fn param(&mut self, text: &str) -> String {
        let known = self.numbers.iter().find(|(t, _)| t == text).map(|(_, n)| *n);
        let n = known.unwrap_or_else(|| {
            self.params.push(Value::from(text));
            self.numbers.push((text.to_owned(), self.params.len()));
            self.params.len()
        });
        format!("${n}::text")
    }

    fn pattern(&mut self, word: &str) -> String {
        // In a sub-select, so that it is folded once for a statement and not for each row.
        format!("(select kontor.like_pattern({}))", self.param(word))
    }

    fn folded(&mut self) -> String {
        let whole = self.search.terms.whole.clone();
        format!("(select kontor.fold({}))", self.param(&whole))
    }

    fn value(&self, field: &Field) -> String {
        format!("{}::text", shape::column(self.object, field, "a"))
    }

    /// What the caller may search, as the stored column has it.
    fn visible(&self) -> String {
        let words: Vec<_> = self.fields.iter().map(|f| self.value(f)).collect();
        let mut text = format!("kontor.fold(concat_ws(' ', {}))", words.join(", "));
        for field in self.fields.iter().filter(|f| f.holds_numbers()) {
            let _ = write!(text, " || kontor.search_keys({})", self.value(field));
        }
        format!("({text})")
    }

    /// The text that a row is found and ranked by.
    fn text(&self) -> String {
        if self.stored && !self.cut && self.added.is_empty() {
            "a.search_text".into()
        } else {
            self.visible()
        }
    }

    /// What has an index: the search column and, for each own field beside it, what is folded of it.
    fn indexed(&self) -> Vec<String> {
        let beside = self.added.iter().filter(|f| f.index == IndexState::Ready);
        let column = self.stored.then(|| "a.search_text".to_string());
        column.into_iter().chain(beside.map(|f| shape::searched(f, "a"))).collect()
    }

    /// Every word, or the number.
    fn found(&mut self) -> String {
        let mut all: Vec<Vec<String>> = if self.stored { vec![self.indexed()] } else { vec![] };
        if !self.stored || self.cut {
            all.push(vec![self.visible()]);
        }
        let all: Vec<_> = all.iter().map(|texts| self.found_in(texts)).collect();
        all.join(" and ")
    }

    fn found_in_visible(&mut self) -> String {
        let visible = self.visible();
        self.found_in(&[visible])
    }

    /// Every word in one of the texts, or the number in one.
    fn found_in(&mut self, texts: &[String]) -> String {
        let terms = self.search.terms;
        let mut any = vec![];
        // Beginnings answer for short words, where there is a column for them.
        if terms.has_long_word() || !self.stored || self.object.is_own() {
            let patterns: Vec<_> = terms.words.iter().map(|w| self.pattern(w)).collect();
            let words: Vec<_> = patterns.iter().map(|p| any_like(texts, std::slice::from_ref(p))).collect();
            any.push(format!("({})", words.join(" and ")));
        }
        for key in &terms.keys {
            let key = self.param(key);
            any.push(any_like(texts, &[key]));
        }
        format!("({})", any.join(" or "))
    }

    /// Every word or one of its ends; short words are left to the likeness. Where fields are cut, what may be seen must
    /// hold them too: a word that only a hidden field holds must not be told by the row's being found.
    fn alike(&mut self) -> Option<String> {
        let terms = self.search.terms;
        let visible = self.cut.then(|| vec![self.visible()]);
        let mut all = vec![];
        for texts in std::iter::once(self.indexed()).chain(visible) {
            for word in terms.words.iter().filter(|w| w.chars().count() >= 3) {
                let mut any = vec![self.pattern(word)];
                for end in mistyped(word).iter().flatten() {
                    any.push(self.pattern(end));
                }
                any.dedup();
                all.push(any_like(&texts, &any));
            }
        }
        (!all.is_empty()).then(|| all.join(" and "))
    }

    fn how_like(&mut self) -> String {
        let (whole, text) = (self.folded(), self.text());
        format!("kontor.likeness({whole}, {text})")
    }

    fn likeness(&mut self) -> String {
        format!("100 * {}", self.how_like())
    }

    /// Exact title, exact number, beginning of the title, of a word of the title, of any word, anywhere.
    fn rank(&mut self) -> String {
        let (whole, text) = (self.folded(), self.text());
        let mut rank = String::from("case");
        let title = self.title.map(|t| match self.beginnings {
            true => "a.search_title".to_string(),
            false => format!("kontor.fold({})", self.value(t)),
        });
        if let Some(title) = &title {
            let _ = write!(rank, " when {title} = {whole} then 500");
        }
        for key in &self.search.terms.exact {
            let key = self.param(key);
            let _ = write!(rank, " when {text} like {key} then 400");
        }
        if let Some(title) = &title {
            let _ = write!(rank, " when starts_with({title}, {whole}) then 300");
            let _ = write!(rank, " when position(' ' || {whole} in ' ' || {title}) > 0 then 250");
        }
        let _ = write!(rank, " when position(' ' || {whole} in ' ' || {text}) > 0 then 200 else 100 end");
        rank
    }

    fn shown(&mut self, fresh: &str) -> String {
        let key = shape::key(self.object, "a");
        let title = match self.title {
            Some(title) => format!("left({}, 200)", self.value(title)),
            None => "null::text".into(),
        };
        let beside: Vec<_> = self
            .fields
            .iter()
            .filter(|f| f.name != self.object.title)
            .map(|f| format!("nullif(left({}, 200), '')", self.value(f)))
            .collect();
        let subtitle = match beside.len() {
            0 => "null::text".into(),
            _ => format!("coalesce({})", beside.join(", ")),
        };
        let fields = self.fields.to_vec();
        let tests: Vec<_> = fields.iter().map(|f| (*f, self.matched(f))).collect();
        let names: Vec<_> = tests
            .iter()
            .map(|(f, test)| format!("case when {test} then {} end", shape::literal(&f.name)))
            .collect();
        let first = self.search.terms.words[0].clone();
        let first = self.param(&first);
        let places: Vec<_> = tests
            .iter()
            .map(|(f, test)| {
                let value = self.value(f);
                format!(
                    "when {test} then substr({value}, greatest(position((select kontor.fold({first})) in kontor.fold({value})) - 40, 1), 160)"
                )
            })
            .collect();
        let archived = match self.object.archivable {
            true => "a.archived_at is not null",
            false => "false",
        };
        format!(
            "{key}, {title}, {subtitle}, array_remove(array[{}]::text[], null), case {} end, best.score, {fresh}, {archived}",
            names.join(", "),
            places.join(" ")
        )
    }

    /// Whether it was this field.
    fn matched(&mut self, field: &Field) -> String {
        let terms = self.search.terms;
        let value = self.value(field);
        if self.search.how == How::Mistyped {
            let whole = self.folded();
            return format!("kontor.likeness({whole}, kontor.fold({value})) >= {ALIKE}");
        }
        let words: Vec<_> = terms.words.iter().map(|w| self.pattern(w)).collect();
        let mut test = format!("kontor.fold({value}) like any(array[{}])", words.join(", "));
        if field.holds_numbers() && !terms.keys.is_empty() {
            let keys: Vec<_> = terms.keys.iter().map(|k| self.param(k)).collect();
            let _ = write!(test, " or kontor.search_keys({value}) like any(array[{}])", keys.join(", "));
        }
        test
    }
}

fn any_like(texts: &[String], patterns: &[String]) -> String {
    let any: Vec<_> =
        texts.iter().flat_map(|text| patterns.iter().map(move |p| format!("{text} like {p}"))).collect();
    if any.len() == 1 { any.concat() } else { format!("({})", any.join(" or ")) }
}

/// How much an object counts: by how many others refer to it, 0 to 30. A client stands before a note about it.
fn weight(object: &Object) -> usize {
    3 * object.inverses.len().min(10)
}
