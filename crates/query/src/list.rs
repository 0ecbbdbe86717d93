//! The planner's doors: a list, one record, the rows a bulk change is about.
use crate::ask::{Ask, Count, Filter, Item, Join, Order};
use crate::build::{Level, Planner, Scope, Stmt};
use crate::page::{self, Sort};
use crate::{Estimate, Plan, Statement, shape, view};
use kernel::{Problem, Problems, Timestamp, Uuid, Value};
use meta::{Model, Object, Place};
use policy::{Act, Actor, Grant, Read};

/// How many rows a list gives when it is not told, and at most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    pub default: Option<u64>,
    pub most: Option<u64>,
    /// Rows of one to-many relation for one parent.
    pub embedded: u64,
    /// Whether secret fields may be asked for by name.
    pub secrets: bool,
}

impl Default for Limits {
    fn default() -> Self {
        Self { default: Some(100), most: Some(1000), embedded: 1000, secrets: true }
    }
}

/// Rows that `q=` looks at before they are sorted.
const FOUND: u64 = 10_000;
/// Words of `q=` that count.
const WORDS: usize = 10;

/// The rows of a collection, as far as the grant reaches.
pub fn list(model: &Model, actor: &Actor, grant: &Grant<Read>, ask: &Ask) -> Result<Plan, Problems> {
    list_within(&Limits::default(), model, actor, grant, ask)
}

pub fn list_within(
    limits: &Limits,
    model: &Model,
    actor: &Actor,
    grant: &Grant<Read>,
    ask: &Ask,
) -> Result<Plan, Problems> {
    let mut planner = Planner::new(model, actor, limits.embedded);
    planner.secrets = limits.secrets;
    let mut question = Question { planner, grant, these: None, moment: None };
    question.as_of(ask);
    question.list(limits, ask).map_err(|p| vec![p])
}

/// Where the id stands among the parameters of `one`.
pub const ONE: usize = 1;

/// One record, archived or not.
pub fn one(model: &Model, actor: &Actor, grant: &Grant<Read>, id: Uuid, ask: &Ask) -> Result<Plan, Problems> {
    let limits = Limits::default();
    let ids = [id];
    let mut question = Question {
        planner: Planner::new(model, actor, limits.embedded),
        grant,
        these: Some(&ids),
        moment: None,
    };
    question.as_of(ask);
    question.one(ask).map_err(|p| vec![p])
}

/// Records that are named one by one, in that order, archived or not.
pub fn these(
    model: &Model,
    actor: &Actor,
    grant: &Grant<Read>,
    ids: &[Uuid],
    ask: &Ask,
) -> Result<Plan, Problems> {
    let limits = Limits::default();
    let question = Question {
        planner: Planner::new(model, actor, limits.embedded),
        grant,
        these: Some(ids),
        moment: None,
    };
    question.these(ids, ask).map_err(|p| vec![p])
}

/// Ids of the rows that the filters match, locked in order of id: what a bulk change is about. `limit + 1` tells
/// whether there are more than allowed.
pub fn matching<A: Act>(
    model: &Model,
    actor: &Actor,
    grant: &Grant<A>,
    ask: &Ask,
    limit: u64,
) -> Result<Statement, Problems> {
    let limits = Limits::default();
    let question =
        Question { planner: Planner::new(model, actor, limits.embedded), grant, these: None, moment: None };
    question.matching(ask, limit).map_err(|p| vec![p])
}

struct Question<'a, A> {
    planner: Planner<'a>,
    grant: &'a Grant<A>,
    /// The records that are asked for by their ids.
    these: Option<&'a [Uuid]>,
    /// `as_of`: rows as they were.
    moment: Option<Timestamp>,
}

/// The rows of the main statement, before order and limit.
struct Rows {
    shape: crate::Shape,
    /// Conditions on the row itself, and those that need joined rows.
    near: Vec<String>,
    far: Vec<String>,
    joins: String,
    search: bool,
    /// The table, or what stands for it.
    from: String,
}

impl<'a, A: Act> Question<'a, A> {
    fn object(&self) -> Result<&'a Object, Problem> {
        self.planner.model.object(self.grant.object())
    }
    fn level(&self, object: &'a Object) -> Level<'a> {
        let grant = self.grant;
        Level::root(object, "a", std::rc::Rc::new(move |field| grant.may_see(field)))
    }
    fn stmt(&self) -> Stmt {
        let mut params = vec![Value::Id(self.grant.workspace())];
        params.extend(self.moment.map(Value::Time));
        if let (Some(_), Some([id])) = (self.planner.only, self.these) {
            params.push(Value::Id(*id));
        }
        Stmt::new(params)
    }
    fn as_of(&mut self, ask: &Ask) {
        self.moment = ask.as_of;
        self.planner.then = ask.as_of.is_some();
        self.planner.only = (self.planner.then && self.these.is_some()).then_some(3);
        // The object that is asked for is the first of those that are rebuilt.
        if let (true, Ok(object)) = (self.planner.then, self.object()) {
            self.planner.from(object, "a");
        }
    }

    fn list(&self, limits: &Limits, ask: &Ask) -> Result<Plan, Problem> {
        let object = self.object()?;
        let ask = &*view::with_view(object, ask)?;
        let level = self.level(object);
        let items = ask.select.as_deref().unwrap_or(&[Item::Star]);
        let mut stmt = self.stmt();
        stmt.grouped = self.planner.groups(&level, items);
        let mut scope = Scope::default();
        let mut rows = self.rows(&mut stmt, &level, items, ask, &mut scope)?;
        let sorts = self.planner.sorts(&mut stmt, &level, &ask.order, &scope)?;
        rows.near.append(&mut stmt.guards);
        let limit = match (ask.limit.or(limits.default), limits.most) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        let mut plan = Plan {
            limit,
            offset: ask.offset,
            ordered: page::name_of(&object.name, &sorts),
            ..Default::default()
        };
        if !stmt.grouped && object.key.len() == 1 && sorts.iter().all(Sort::can_continue) {
            plan.cursor = sorts.iter().map(|s| stmt.column(&s.expr.selected())).collect();
            plan.cursor_codecs = sorts.iter().map(|s| s.expr.codec).collect();
        }
        let after = match &ask.cursor {
            Some(_) if plan.cursor.is_empty() => {
                return Err(Problem::new("query.invalid", "This order cannot be continued by a cursor.")
                    .at("cursor")
                    .hint("Use `offset`, or order by plain fields."));
            }
            Some(cursor) => Some(page::after(cursor, plan.ordered, &sorts, &mut stmt.params)?),
            None => None,
        };
        let mut text = self.planner.begun(rows.text(&stmt, object, after));
        text.push_str(&page::order_by(&sorts));
        if let Some(limit) = limit {
            text.push_str(&format!("\nlimit {limit}"));
        }
        if ask.offset > 0 {
            stmt.params.push(Value::Int(i64::try_from(ask.offset).unwrap_or(i64::MAX)));
            text.push_str(&format!("\noffset ${}::bigint", stmt.params.len()));
        }
        plan.rows = Statement { text, params: stmt.params };
        plan.shape = rows.shape;
        plan.many = stmt.many;
        plan.past = self.past();
        self.count(&mut plan, &level, items, ask)?;
        Ok(plan)
    }

    fn count(&self, plan: &mut Plan, level: &Level<'a>, items: &[Item], ask: &Ask) -> Result<(), Problem> {
        match ask.count {
            Count::None => {}
            Count::Exact => plan.count = Some(self.counted(level, items, ask, true)?),
            Count::Planned | Count::Estimated => {
                let rows = self.counted(level, items, ask, false)?;
                let exact = match ask.count {
                    Count::Estimated => Some(self.counted(level, items, ask, true)?),
                    _ => None,
                };
                plan.estimate = Some(Estimate { rows, exact });
            }
        }
        Ok(())
    }

    /// The same rows without columns, order and limit: counted, or only selected.
    fn counted(
        &self,
        level: &Level<'a>,
        items: &[Item],
        ask: &Ask,
        count: bool,
    ) -> Result<Statement, Problem> {
        let mut stmt = self.stmt();
        stmt.grouped = self.planner.groups(level, items);
        stmt.silent = !stmt.grouped;
        let rows = self.rows(&mut stmt, level, items, ask, &mut Scope::default())?;
        let text = if stmt.grouped {
            let inner = self.planner.begun(rows.text(&stmt, level.object, None));
            if count { format!("select count(*) from (\n{inner}\n) t") } else { inner }
        } else {
            stmt.columns = vec![if count { "count(*)".into() } else { "1".into() }];
            self.planner.begun(rows.text(&stmt, level.object, None))
        };
        Ok(Statement { text, params: stmt.params })
    }

    fn one(&self, ask: &Ask) -> Result<Plan, Problem> {
        let object = self.object()?;
        let level = self.level(object);
        let items = ask.select.as_deref().unwrap_or(&[Item::Star]);
        let mut stmt = self.stmt();
        if self.planner.groups(&level, items) {
            return Err(
                Problem::new("query.unsupported", "One record has nothing to aggregate.").at("select")
            );
        }
        let mut rows = self.rows(&mut stmt, &level, items, ask, &mut Scope::default())?;
        // As of a time before a merge there were two.
        rows.near.extend(not_merged(object, &level.alias).filter(|_| self.moment.is_none()));
        let text = self.planner.begun(rows.text(&stmt, object, None));
        let rows_statement = Statement { text, params: stmt.params };
        Ok(Plan {
            past: self.past(),
            rows: rows_statement,
            shape: rows.shape,
            many: stmt.many,
            limit: Some(1),
            ..Default::default()
        })
    }

    fn these(&self, ids: &[Uuid], ask: &Ask) -> Result<Plan, Problem> {
        let object = self.object()?;
        let level = self.level(object);
        let items = ask.select.as_deref().unwrap_or(&[Item::Star]);
        let mut stmt = self.stmt();
        stmt.grouped = self.planner.groups(&level, items);
        let rows = self.rows(&mut stmt, &level, items, ask, &mut Scope::default())?;
        let mut text = rows.text(&stmt, object, None);
        if !stmt.grouped {
            stmt.params.push(Value::Ids(ids.to_vec()));
            let key = shape::key(object, &level.alias);
            text.push_str(&format!("\norder by array_position(${}::uuid[], {key})", stmt.params.len()));
        }
        let rows_statement = Statement { text, params: stmt.params };
        Ok(Plan { rows: rows_statement, shape: rows.shape, many: stmt.many, ..Default::default() })
    }

    /// The objects whose rows are rebuilt for this question, all of them; not the one record that is asked for.
    fn past(&self) -> Vec<String> {
        let rebuilt = self.planner.rebuilt.borrow();
        rebuilt.keys().skip(usize::from(self.planner.only.is_some())).cloned().collect()
    }

    fn matching(&self, ask: &Ask, limit: u64) -> Result<Statement, Problem> {
        if ask.as_of.is_some() {
            return Err(Problem::new("query.unsupported", "The past cannot be changed.").at("as_of"));
        }
        if ask.offset > 0 {
            return Err(Problem::new("query.unsupported", "A change of many records takes no offset.")
                .at("offset")
                .hint("Say which by a filter, or how many by `limit` and `order`."));
        }
        let object = self.object()?;
        let ask = &*view::with_view(object, ask)?;
        let narrowed = |i: &Item| matches!(i, Item::Embed(e) if e.join == Join::Inner);
        let by_embed = ask.select.iter().flatten().any(narrowed);
        if ask.filters.is_empty() && ask.q.is_none() && ask.limit.is_none() && !by_embed {
            return Err(Problem::new("query.unbounded", "This would change every record.")
                .hint("Say which by a filter: `?id=eq.…`, `?status=eq.draft`."));
        }
        let level = self.level(object);
        let items = ask.select.as_deref().unwrap_or(&[]);
        let mut stmt = self.stmt();
        stmt.silent = true;
        let mut scope = Scope::default();
        let mut rows = self.rows(&mut stmt, &level, items, ask, &mut scope)?;
        // With a limit of its own the order decides which rows; without one, rows are locked in order of id so that
        // two requests lock alike.
        let order: &[Order] = if ask.limit.is_some() { &ask.order } else { &[] };
        let sorts = self.planner.sorts(&mut stmt, &level, order, &scope)?;
        rows.near.append(&mut stmt.guards);
        stmt.columns = vec![shape::key(object, &level.alias)];
        let mut text = rows.text(&stmt, object, None);
        text.push_str(&page::order_by(&sorts));
        text.push_str(&format!("\nlimit {}\nfor update of a", ask.limit.map_or(limit, |l| l.min(limit))));
        Ok(Statement { text, params: stmt.params })
    }

    fn rows(
        &self,
        stmt: &mut Stmt,
        level: &Level<'a>,
        items: &[Item],
        ask: &Ask,
        scope: &mut Scope<'a>,
    ) -> Result<Rows, Problem> {
        let object = level.object;
        let alias = &level.alias;
        let from = self.planner.from(object, alias);
        let mut near = vec![format!("{alias}.workspace_id = $1")];
        match self.these {
            Some([id]) => {
                stmt.params.push(Value::Id(*id));
                near.push(format!("{} = ${}::uuid", shape::key(object, alias), stmt.params.len()));
            }
            Some(ids) => {
                stmt.params.push(Value::Ids(ids.to_vec()));
                near.push(format!("{} = any(${}::uuid[])", shape::key(object, alias), stmt.params.len()));
            }
            None => near.extend(live(object, alias, &ask.filters)),
        }
        near.extend(self.planner.reach(self.grant, alias, &mut stmt.params));
        if let Some(q) = &ask.q {
            near.extend(search(stmt, level, q, self.planner.then)?);
        }
        let shape = self.planner.members(stmt, level, items, scope, &ask.filters)?;
        for filter in &ask.filters {
            let sql = self.planner.filter(stmt, level, filter, scope)?;
            let joined = scope.seen.iter().any(|s| filter.names(&s.key));
            if joined { &mut scope.conditions } else { &mut near }.push(sql);
        }
        let joins = std::mem::take(&mut scope.joins);
        let far = std::mem::take(&mut scope.conditions);
        let search = ask.q.is_some() && self.these.is_none() && !self.planner.then;
        Ok(Rows { shape, near, far, joins, search, from })
    }
}

impl Rows {
    fn text(&self, stmt: &Stmt, object: &Object, after: Option<String>) -> String {
        let columns = stmt.selected();
        let from = &self.from;
        let joins = &self.joins;
        let group = stmt.group_by();
        let far = self.far.iter().map(String::as_str).chain(after.as_deref());
        if !self.search {
            let all: Vec<_> = self.near.iter().map(String::as_str).chain(far).collect();
            return format!("select {columns}\nfrom {from}{joins}\nwhere {}{group}", all.join(" and "));
        }
        // Found first, sorted afterwards: otherwise the planner walks the index of the order and looks at every row.
        let near = self.near.join(" and ");
        let key = shape::key(object, "a");
        let far: Vec<_> = far.collect();
        let far = if far.is_empty() { String::new() } else { format!("\nwhere {}", far.join(" and ")) };
        format!(
            "with found as materialized (\nselect {key} as id\nfrom {from}\nwhere {near}\nlimit {FOUND}\n)\n\
             select {columns}\nfrom found\njoin {from} on a.workspace_id = $1 and {key} = found.id{joins}{far}{group}"
        )
    }
}

/// Archived rows are left out, unless a filter speaks of them.
pub(crate) fn live(object: &Object, alias: &str, filters: &[Filter]) -> Option<String> {
    let asked = || filters.iter().any(|f| f.names("archived_at"));
    (object.archivable && !asked()).then(|| format!("{alias}.archived_at is null"))
}

/// A record that ended in another is answered by that one. Asked of archived rows only, so live ones do not pay.
fn not_merged(object: &Object, alias: &str) -> Option<String> {
    let may_be = object.archivable && object.duplicates.is_some();
    may_be.then(|| {
        let name = shape::literal(&object.name);
        format!(
            "({alias}.archived_at is null or not exists (select 1 from kontor.merged_records m \
             where m.workspace_id = $1 and m.record_id = {alias}.id and m.object = {name}))"
        )
    })
}

/// Every word must be found in what the object searches.
fn search(stmt: &mut Stmt, level: &Level, q: &str, then: bool) -> Result<Vec<String>, Problem> {
    let object = level.object;
    let searched: Vec<_> = object.search.iter().filter_map(|name| object.fields.get(name)).collect();
    let visible: Vec<_> = searched.iter().filter(|f| (level.sees)(&f.name)).collect();
    if visible.is_empty() {
        let detail = format!("{} cannot be searched by text.", object.label_plural);
        return Err(Problem::new("query.unsupported", detail).at("q").hint("Filter by a field instead."));
    }
    // The stored column holds all searched fields; who must not see one of them is answered from the others.
    // Of the past there is none: it is not in the log. A workspace's own fields are not in it; its own objects have one
    // that they fill themselves.
    let stored = !object.engine && visible.len() == searched.len() && !then;
    let alias = &level.alias;
    let beside: Vec<_> =
        visible.into_iter().filter(|f| !stored || (f.place == Place::Custom && !object.is_own())).collect();
    Ok(q.split_whitespace()
        .take(WORDS)
        .map(|word| {
            stmt.params.push(Value::from(word));
            let pattern = format!("kontor.like_pattern(${}::text)", stmt.params.len());
            let in_column = stored.then(|| format!("{alias}.search_text like {pattern}"));
            let by_field = beside.iter().map(|f| match stored {
                true => format!("{} like {pattern}", shape::searched(f, alias)),
                false => format!("kontor.fold({}::text) like {pattern}", shape::column(object, f, alias)),
            });
            let any: Vec<_> = in_column.into_iter().chain(by_field).collect();
            if any.len() == 1 { any.concat() } else { format!("({})", any.join(" or ")) }
        })
        .collect())
}
