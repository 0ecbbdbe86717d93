//! Statements in the making: columns, joins and conditions of one `select`, and the relations that hang on it.
use crate::ask::{Aggregate, Filter, Item, Path, Pick};
use crate::filter::follow;
use crate::reach::reach_from;
use crate::shape::{self, Expr};
use crate::{ManyPlan, Member, Shape, reach, then};
use indexmap::IndexMap;
use kernel::{Problem, Value};
use meta::{Codec, Field, Model, Object, Place};
use policy::{Act, Actor, Grant};
use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;

pub struct Planner<'a> {
    pub model: &'a Model,
    pub actor: &'a Actor,
    /// Rows of a to-many relation for one parent, at most.
    pub most: u64,
    /// Whether secret fields may be asked for by name.
    pub secrets: bool,
    pub embeds: Cell<usize>,
    /// Rows as they were at `$2`.
    pub then: bool,
    /// The record that is asked for alone, by its parameter.
    pub only: Option<usize>,
    /// What the statement begins with: by object, how its rows are rebuilt.
    pub rebuilt: RefCell<IndexMap<String, String>>,
}

/// One row in `from`, and what the asker may see of it.
pub struct Level<'a> {
    pub object: &'a Object,
    pub alias: String,
    pub sees: Rc<dyn Fn(&str) -> bool + 'a>,
    pub place: Placed,
}

#[derive(Clone, Copy, PartialEq)]
pub enum Placed {
    Root,
    /// Its members stand beside the root's.
    Spread,
    /// A JSON object of its own.
    Nested,
}

/// One `select` in the making.
pub struct Stmt {
    pub params: Vec<Value>,
    pub columns: Vec<String>,
    pub many: Vec<ManyPlan>,
    pub grouped: bool,
    /// Nobody reads the columns: only joins and conditions are made.
    pub silent: bool,
    /// Ordinals of the columns to group by.
    pub keys: Vec<usize>,
    pub labels: Vec<Label>,
    /// Columns that stand before ours in the reply.
    pub before: usize,
    pub aliases: usize,
    /// Conditions without columns: what must hold for the statement to be run at all.
    pub guards: Vec<String>,
}

/// A name of the reply that an order may use.
pub struct Label {
    pub alias: String,
    pub label: String,
    pub column: usize,
    pub expr: Expr,
}

/// What hangs on one level: joins, conditions, and the relations that filters and orders may name.
#[derive(Default)]
pub struct Scope<'a> {
    pub joins: String,
    pub conditions: Vec<String>,
    pub seen: Vec<Seen<'a>>,
    pub inner: bool,
}

pub struct Seen<'a> {
    pub key: String,
    pub what: SeenAs<'a>,
}

pub enum SeenAs<'a> {
    One(Level<'a>),
    /// The `exists` of a to-many relation; empty when nobody asked.
    Many(String),
}

impl<'a> Level<'a> {
    pub fn root(object: &'a Object, alias: &str, sees: Rc<dyn Fn(&str) -> bool + 'a>) -> Self {
        Self { object, alias: alias.into(), sees, place: Placed::Root }
    }
    pub fn get(&self, name: &str) -> Option<&'a Field> {
        self.object.fields.get(name).filter(|f| (self.sees)(&f.name))
    }
    fn field(&self, name: &str) -> Result<&'a Field, Problem> {
        self.get(name).ok_or_else(|| self.no_such_field(name))
    }
    pub fn key(&self) -> String {
        shape::key(self.object, &self.alias)
    }
    /// A hidden field and one that does not exist get the same answer.
    pub fn no_such_field(&self, name: &str) -> Problem {
        let problem =
            Problem::new("query.no_such_field", format!("`{}` has no field `{name}`.", self.object.name))
                .at(name);
        let near = self
            .object
            .fields
            .keys()
            .filter(|f| (self.sees)(f))
            .map(|f| (strsim::jaro_winkler(f, name), f))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0));
        match near {
            Some((_, field)) => problem.hint(format!("Did you mean `{field}`?")),
            None => problem,
        }
    }
}

impl Stmt {
    pub fn new(params: Vec<Value>) -> Self {
        Self {
            params,
            columns: vec![],
            many: vec![],
            grouped: false,
            silent: false,
            keys: vec![],
            labels: vec![],
            before: 0,
            aliases: 0,
            guards: vec![],
        }
    }
    /// The index of the column in the reply, added when it is not there yet.
    pub fn column(&mut self, sql: &str) -> usize {
        let at = self.columns.iter().position(|c| c == sql).unwrap_or_else(|| {
            self.columns.push(sql.to_owned());
            self.columns.len() - 1
        });
        self.before + at
    }
    /// A column that rows are told apart by.
    pub fn key_column(&mut self, sql: &str) -> usize {
        let column = self.column(sql);
        let ordinal = column - self.before + 1;
        if self.grouped && !self.keys.contains(&ordinal) {
            self.keys.push(ordinal);
        }
        column
    }
    pub fn selected(&self) -> String {
        if self.columns.is_empty() { "1".into() } else { self.columns.join(", ") }
    }
    pub fn group_by(&self) -> String {
        if !self.grouped || self.keys.is_empty() {
            return String::new();
        }
        let keys: Vec<_> = self.keys.iter().map(usize::to_string).collect();
        format!("\ngroup by {}", keys.join(", "))
    }
    pub fn alias(&mut self) -> String {
        self.aliases += 1;
        format!("e{}", self.aliases)
    }
}

impl<'a> Planner<'a> {
    pub fn new(model: &'a Model, actor: &'a Actor, most: u64) -> Self {
        let rebuilt = RefCell::default();
        Self { model, actor, most, secrets: true, embeds: Cell::new(0), then: false, only: None, rebuilt }
    }

    /// What stands in `from` for rows of the object. The engine's own are not in the log.
    pub fn from(&self, object: &Object, alias: &str) -> String {
        if !self.then || object.engine {
            return shape::from(object, alias);
        }
        let mut rebuilt = self.rebuilt.borrow_mut();
        // The first one is the object that is asked for.
        let only = self.only.filter(|_| rebuilt.is_empty());
        rebuilt.entry(object.name.clone()).or_insert_with(|| then::with(object, only));
        format!("{} {alias}", then::table(object))
    }

    /// The statement, behind how its rows are rebuilt.
    pub fn begun(&self, text: String) -> String {
        let rebuilt = self.rebuilt.borrow();
        if rebuilt.is_empty() {
            return text;
        }
        let all: Vec<&str> = rebuilt.values().map(String::as_str).collect();
        format!("with {}\n{text}", all.join(",\n"))
    }

    /// The rows that the grant opens. Of the past: what is within reach now and was then.
    pub fn reach<A: Act>(&self, grant: &Grant<A>, alias: &str, params: &mut Vec<Value>) -> Vec<String> {
        let from = |object: &Object, alias: &str| self.from(object, alias);
        let then = reach_from(self.model, grant, alias, params, &from);
        let mut all: Vec<String> = then.into_iter().collect();
        let object = self.model.objects.get(grant.object()).filter(|o| self.then && !o.engine);
        if let (Some(object), false) = (object, all.is_empty())
            && let Some(now) = reach(self.model, grant, "present", params)
        {
            let from = shape::from(object, "present");
            let (key, id) = (shape::key(object, "present"), shape::key(object, alias));
            all.push(format!(
                "exists (select 1 from {from} where present.workspace_id = $1 and {key} = {id} and {now})"
            ));
        }
        all
    }

    // --- select

    /// Whether an aggregate stands among the items, those spread from a to-one relation included.
    pub fn groups(&self, level: &Level, items: &[Item]) -> bool {
        items.iter().any(|item| match item {
            Item::Star => false,
            Item::Field(pick) => pick.aggregate.is_some() || is_bare_count(level, pick),
            Item::Embed(embed) => embed.spread && aggregates(&embed.items),
        })
    }

    /// Adds columns, joins and relations for the items; says how they become JSON.
    pub fn members(
        &self,
        stmt: &mut Stmt,
        level: &Level<'a>,
        items: &[Item],
        scope: &mut Scope<'a>,
        filters: &[Filter],
    ) -> Result<Shape, Problem> {
        let mut shape = Shape::default();
        for item in items {
            match item {
                Item::Star => self.star(stmt, level, &mut shape),
                Item::Field(pick) if stmt.silent => known(level, pick)?,
                Item::Field(pick) => push(&mut shape, self.pick(stmt, level, pick)?),
                Item::Embed(embed) => {
                    if let Some(member) = self.embed(stmt, level, embed, scope, filters)? {
                        shape.members.push(member);
                    }
                }
            }
        }
        Ok(shape)
    }

    fn star(&self, stmt: &mut Stmt, level: &Level<'a>, shape: &mut Shape) {
        if stmt.silent {
            return;
        }
        let shown = |f: &&Field| f.place != Place::None && !f.secret && (level.sees)(&f.name);
        for field in level.object.fields.values().filter(shown) {
            let expr = shape::expr(level.object, field, &level.alias);
            let column = stmt.key_column(&expr.selected());
            push(shape, Member::Column { prefix: prefix(&field.name), column, codec: expr.codec });
        }
    }

    fn pick(&self, stmt: &mut Stmt, level: &Level<'a>, pick: &Pick) -> Result<Member, Problem> {
        let bare = pick.path.name.is_empty() || is_bare_count(level, pick);
        let aggregated = bare || pick.aggregate.is_some();
        if aggregated && !stmt.grouped {
            let detail = format!(
                "`{}` stands inside a to-one relation, where there is one row to aggregate.",
                pick.label()
            );
            return Err(Problem::new("query.unsupported", detail)
                .at("select")
                .hint("Spread the relation to aggregate over it: `...client(amount.sum())`."));
        }
        let mut expr = match bare {
            true if level.place == Placed::Root => Expr::plain("count(*)".into(), Codec::Int8),
            true => Expr::plain(format!("count({})", level.key()), Codec::Int8),
            false => self.value(stmt, level, &pick.path)?,
        };
        if let Some(to) = &pick.cast {
            expr = shape::cast(expr, to).map_err(|p| p.at(pick.path.to_string()))?;
        }
        if let Some(function) = pick.aggregate.filter(|_| !bare) {
            expr = aggregate(expr, function, &pick.path)?;
        }
        if let Some(to) = &pick.then {
            expr = shape::cast(expr, to).map_err(|p| p.at(pick.path.to_string()))?;
        }
        let selected = expr.selected();
        let column = if aggregated { stmt.column(&selected) } else { stmt.key_column(&selected) };
        if stmt.grouped || pick.alias.is_some() {
            let label = pick.label().to_owned();
            stmt.labels.push(Label { alias: level.alias.clone(), label, column, expr: expr.clone() });
        }
        Ok(Member::Column { prefix: prefix(pick.label()), column, codec: expr.codec })
    }

    /// A field's value, or what its path leads to.
    pub fn value(&self, stmt: &mut Stmt, level: &Level<'a>, path: &Path) -> Result<Expr, Problem> {
        let field = level.field(&path.name)?;
        if field.secret && !self.secrets {
            let detail = format!("`{}` is secret and stays where it is.", field.name);
            return Err(Problem::new("query.unsupported", detail).at(&field.name));
        }
        if field.place == Place::None {
            let detail = format!("`{}` is a list of records of its own.", field.name);
            return Err(Problem::new("query.unsupported", detail)
                .at(&field.name)
                .hint(format!("Embed it: `select=*,{}(*)`.", field.name)));
        }
        follow(shape::expr(level.object, field, &level.alias), path, &mut stmt.params)
    }
}

fn aggregates(items: &[Item]) -> bool {
    items.iter().any(|item| match item {
        Item::Star => false,
        Item::Field(pick) => pick.aggregate.is_some(),
        Item::Embed(embed) => embed.spread && aggregates(&embed.items),
    })
}

/// Nobody reads the column, yet its name is looked up: a count refuses what the list refuses.
fn known(level: &Level, pick: &Pick) -> Result<(), Problem> {
    if pick.path.name.is_empty() || is_bare_count(level, pick) {
        return Ok(());
    }
    level.field(&pick.path.name).map(|_| ())
}

/// `select=count`, where there is no field of that name: the old way to write `count()`.
fn is_bare_count(level: &Level, pick: &Pick) -> bool {
    pick.path.name == "count"
        && pick.path.steps.is_empty()
        && pick.aggregate.is_none()
        && level.get("count").is_none()
}

fn aggregate(expr: Expr, function: Aggregate, path: &Path) -> Result<Expr, Problem> {
    use Codec::*;
    let sql = &expr.sql;
    let whole = shape::sql_type(expr.codec);
    let (sql, codec) = match (function, expr.codec) {
        (Aggregate::Count, _) => (format!("count({sql})"), Int8),
        // The sum of whole numbers is a whole number; PostgreSQL would widen it to numeric.
        (Aggregate::Sum, Int8 | Int4) => (format!("sum({sql})::bigint"), Int8),
        (Aggregate::Sum, NumericText | Number) => (format!("sum({sql})"), expr.codec),
        (Aggregate::Avg, Int8 | Int4 | NumericText) => (format!("avg({sql})"), NumericText),
        (Aggregate::Avg, Number) => (format!("avg({sql})"), Number),
        (
            Aggregate::Min | Aggregate::Max,
            Int8 | Int4 | NumericText | Number | Date | Timestamptz | Text | Other,
        ) => (format!("{}({sql})::{whole}", function.word()), expr.codec),
        _ => {
            let detail = format!("`{}()` does not fit `{path}`.", function.word());
            return Err(Problem::new("query.unsupported", detail).at(path.to_string()));
        }
    };
    Ok(Expr::plain(sql, codec))
}

/// A member whose name and column stand there already says nothing new.
fn push(shape: &mut Shape, member: Member) {
    let twice = |m: &Member| match (m, &member) {
        (Member::Column { prefix: a, column: x, .. }, Member::Column { prefix: b, column: y, .. }) => {
            x == y && a == b
        }
        _ => false,
    };
    if !shape.members.iter().any(twice) {
        shape.members.push(member);
    }
}

/// `"name":`
pub fn prefix(name: &str) -> Arc<str> {
    let plain = name.bytes().all(|b| b >= 0x20 && b != b'"' && b != b'\\');
    let quoted: Cow<str> = if plain {
        Cow::Owned(format!("\"{name}\":"))
    } else {
        Cow::Owned(format!("{}:", serde_json::Value::from(name)))
    };
    quoted.into()
}
