//! Relations of a statement: to-one records joined to it, to-many ones as statements of their own.
use crate::ask::{Embed, Filter, Item, Join, Order, Path};
use crate::build::{Level, Placed, Planner, Scope, Seen, SeenAs, Stmt, prefix};
use crate::clauses::asks_presence;
use crate::list::live;
use crate::page::order_by;
use crate::relation::{How, Relation, resolve};
use crate::{ManyPlan, Member, Statement, reach, shape};
use kernel::{Problem, Value};
use meta::{Field, Object};
use policy::{Grant, Read};
use std::rc::Rc;

/// Relations that one question may embed: each to-many one is a statement.
const EMBEDS: usize = 40;

impl<'a> Planner<'a> {
    pub fn embed(
        &self,
        stmt: &mut Stmt,
        level: &Level<'a>,
        embed: &Embed,
        scope: &mut Scope<'a>,
        filters: &[Filter],
    ) -> Result<Option<Member>, Problem> {
        self.embeds.set(self.embeds.get() + 1);
        if self.embeds.get() > EMBEDS {
            return Err(Problem::new("query.invalid", format!("More than {EMBEDS} relations are too many."))
                .at("select"));
        }
        let relation =
            resolve(self.model, level.object, &*level.sees, &embed.relation, embed.hint.as_deref())?;
        let asked = level.get(embed.key()).is_none() && filters.iter().any(|f| asks_presence(f, embed.key()));
        if relation.is_to_one() {
            self.one(stmt, level, embed, &relation, scope, asked)
        } else {
            self.many(stmt, level, embed, &relation, scope, asked)
        }
    }

    /// The embedded object's row, with the asker's own rights on it.
    fn other(
        &self,
        object: &'a Object,
        alias: String,
        place: Placed,
    ) -> Result<(Rc<Grant<Read>>, Level<'a>), Problem> {
        let grant = Rc::new(policy::grant::<Read>(self.model, self.actor, &object.name)?);
        let sees = grant.clone();
        Ok((grant, Level { object, alias, sees: Rc::new(move |f| sees.may_see(f)), place }))
    }

    fn one(
        &self,
        stmt: &mut Stmt,
        level: &Level<'a>,
        embed: &Embed,
        relation: &Relation<'a>,
        scope: &mut Scope<'a>,
        asked: bool,
    ) -> Result<Option<Member>, Problem> {
        let place = match (embed.spread, level.place) {
            (true, Placed::Root | Placed::Spread) => Placed::Spread,
            _ => Placed::Nested,
        };
        let alias = stmt.alias();
        let (grant, other) = self.other(relation.target, alias, place)?;
        let is_inner = embed.join == Join::Inner;
        if stmt.silent && !is_inner && !asked {
            // A left join on a key neither adds rows nor takes any away; names are checked all the same.
            self.check(&other, embed)?;
            scope.seen.push(Seen { key: embed.key().into(), what: SeenAs::One(other) });
            return Ok(None);
        }
        let mut on = vec![format!("{}.workspace_id = $1", other.alias)];
        match relation.how {
            How::Out(field) => {
                on.push(format!("{} = {}", other.key(), shape::column(level.object, field, &level.alias)))
            }
            How::In(field) => {
                self.visible(&other, field, embed)?;
                on.push(format!("{} = {}", shape::column(other.object, field, &other.alias), level.key()));
                // Uniqueness is among live records.
                on.extend(live(other.object, &other.alias, &embed.filters));
            }
            How::Through { .. } | How::Several(_) => {}
        }
        on.extend(self.reach(&grant, &other.alias, &mut stmt.params));
        let mut inside = Scope::default();
        let shape = self.members(stmt, &other, &embed.items, &mut inside, &embed.filters)?;
        for filter in &embed.filters {
            on.push(self.filter(stmt, &other, filter, &inside)?);
        }
        on.append(&mut inside.conditions);
        let join = if is_inner { "join" } else { "left join" };
        let (from, on) = (self.from(other.object, &other.alias), on.join(" and "));
        let nested = &inside.joins;
        // An inner join inside stays inside: it may take away the embedded record, not ours.
        let text = match (nested.is_empty(), inside.inner) {
            (false, true) => format!("\n{join} ({from}{nested}) on {on}"),
            _ => format!("\n{join} {from} on {on}{nested}"),
        };
        scope.joins.push_str(&text);
        scope.inner |= is_inner || inside.inner;
        let shown = !stmt.silent && !shape.members.is_empty();
        let member = shown.then(|| {
            if embed.spread {
                return Member::Spread { shape };
            }
            let present = stmt.key_column(&other.key());
            Member::One { prefix: prefix(embed.key()), present, shape }
        });
        scope.seen.push(Seen { key: embed.key().into(), what: SeenAs::One(other) });
        Ok(member)
    }

    /// Names inside an embed that the statement leaves out are looked up all the same: a count refuses what the
    /// list refuses.
    fn check(&self, other: &Level<'a>, embed: &Embed) -> Result<(), Problem> {
        let mut scratch = Stmt::new(vec![]);
        scratch.silent = true;
        let mut inside = Scope::default();
        self.members(&mut scratch, other, &embed.items, &mut inside, &embed.filters)?;
        embed.filters.iter().try_for_each(|f| self.filter(&mut scratch, other, f, &inside).map(|_| ()))
    }

    fn many(
        &self,
        stmt: &mut Stmt,
        level: &Level<'a>,
        embed: &Embed,
        relation: &Relation<'a>,
        scope: &mut Scope<'a>,
        asked: bool,
    ) -> Result<Option<Member>, Problem> {
        if self.then {
            let detail =
                format!("`{}` has many records, of which the past is not known here.", embed.relation);
            return Err(Problem::new("query.unsupported", detail)
                .at("as_of")
                .hint("Ask for them by themselves, with the same `as_of`, filtered by this record."));
        }
        if embed.spread {
            return Err(Problem::new(
                "query.unsupported",
                format!("`{}` has many records, so it cannot be spread.", embed.relation),
            )
            .at("select")
            .hint(format!("Without the three points it is a list: `{}(…)`.", embed.relation)));
        }
        let exists = match asked || embed.join == Join::Inner {
            true => self.exists(stmt, level, embed, relation)?,
            false => String::new(),
        };
        if embed.join == Join::Inner {
            scope.conditions.push(exists.clone());
        }
        scope.seen.push(Seen { key: embed.key().into(), what: SeenAs::Many(exists) });
        if stmt.silent || !shows(&embed.items) {
            return Ok(None);
        }
        if stmt.grouped {
            let detail =
                format!("`{}` has many records, which do not fit beside an aggregate.", embed.relation);
            return Err(Problem::new("query.unsupported", detail).at("select"));
        }
        let mut plan = self.many_plan(level, embed, relation)?;
        plan.parent = stmt.column(&level.key());
        stmt.many.push(plan);
        Ok(Some(Member::Many { prefix: prefix(embed.key()), slot: stmt.many.len() - 1 }))
    }

    /// Rows of a to-many relation for `$2`, the parents.
    fn many_plan(
        &self,
        level: &Level<'a>,
        embed: &Embed,
        relation: &Relation<'a>,
    ) -> Result<ManyPlan, Problem> {
        let workspace = Value::Id(self.actor.workspace);
        let mut stmt = Stmt { before: 1, ..Stmt::new(vec![workspace, Value::Ids(vec![])]) };
        let (grant, other) = self.other(relation.target, "a".into(), Placed::Root)?;
        stmt.grouped = self.groups(&other, &embed.items);
        let (from, mut all) = self.related(&mut stmt, level, &other, embed, relation, "p.id")?;
        all.extend(live(other.object, &other.alias, &embed.filters));
        all.extend(reach(self.model, &grant, &other.alias, &mut stmt.params));
        let mut scope = Scope::default();
        let shape = self.members(&mut stmt, &other, &embed.items, &mut scope, &embed.filters)?;
        for filter in &embed.filters {
            all.push(self.filter(&mut stmt, &other, filter, &scope)?);
        }
        all.append(&mut scope.conditions);
        let sorts = match (embed.order.as_slice(), &relation.how) {
            ([], How::In(_))
                if other.object.part_of.is_some() && other.get("position").is_some() && !stmt.grouped =>
            {
                let by_position = Order { path: Path::field("position"), ..Default::default() };
                self.sorts(&mut stmt, &other, &[by_position], &scope)?
            }
            (order, _) => self.sorts(&mut stmt, &other, order, &scope)?,
        };
        all.append(&mut stmt.guards);
        let id = if stmt.grouped { 0 } else { stmt.column(&other.key()) };
        let limit = embed.limit.unwrap_or(self.most).min(self.most);
        let offset = if embed.offset > 0 { format!("\noffset {}", embed.offset) } else { String::new() };
        let text = format!(
            "select p.id, c.*\nfrom unnest($2::{}[]) p(id)\ncross join lateral (\nselect {}\nfrom {from}{}\nwhere {}{}{}\nlimit {limit}{offset}\n) c",
            shape::key_type(level.object),
            stmt.selected(),
            scope.joins,
            all.join(" and "),
            stmt.group_by(),
            order_by(&sorts),
        );
        let rows = Statement { text, params: stmt.params };
        Ok(ManyPlan { rows, shape, many: stmt.many, parent: 0, id })
    }

    /// Whether a related row that fits the embed's filters exists.
    fn exists(
        &self,
        stmt: &mut Stmt,
        level: &Level<'a>,
        embed: &Embed,
        relation: &Relation<'a>,
    ) -> Result<String, Problem> {
        let alias = stmt.alias();
        let (grant, other) = self.other(relation.target, alias, Placed::Nested)?;
        let (from, mut all) = self.related(stmt, level, &other, embed, relation, &level.key())?;
        all.extend(live(other.object, &other.alias, &embed.filters));
        all.extend(reach(self.model, &grant, &other.alias, &mut stmt.params));
        let mut scope = Scope::default();
        let loud = std::mem::replace(&mut stmt.silent, true);
        self.members(stmt, &other, &embed.items, &mut scope, &embed.filters)?;
        stmt.silent = loud;
        for filter in &embed.filters {
            all.push(self.filter(stmt, &other, filter, &scope)?);
        }
        all.append(&mut scope.conditions);
        Ok(format!("exists (select 1 from {from}{} where {})", scope.joins, all.join(" and ")))
    }

    /// `from` and the conditions that tie the related rows to the parent's `id`.
    fn related(
        &self,
        stmt: &mut Stmt,
        level: &Level<'a>,
        other: &Level<'a>,
        embed: &Embed,
        relation: &Relation<'a>,
        id: &str,
    ) -> Result<(String, Vec<String>), Problem> {
        let (table, alias) = (shape::from(other.object, &other.alias), &other.alias);
        let mine = format!("{alias}.workspace_id = $1");
        match relation.how {
            How::In(field) | How::Out(field) => {
                self.visible(other, field, embed)?;
                let tie = format!("{} = {id}", shape::column(other.object, field, alias));
                Ok((table, vec![mine, tie]))
            }
            How::Through { link, ours, theirs } => {
                let (grant, between) = self.other(link, stmt.alias(), Placed::Nested)?;
                self.visible(&between, ours, embed)?;
                self.visible(&between, theirs, embed)?;
                let between = &between.alias;
                let theirs = shape::column(link, theirs, between);
                let from = format!(
                    "{}\njoin {table} on {mine} and {} = {theirs}",
                    shape::from(link, between),
                    other.key()
                );
                let mut all = vec![
                    format!("{between}.workspace_id = $1"),
                    format!("{} = {id}", shape::column(link, ours, between)),
                ];
                all.extend(live(link, between, &[]));
                all.extend(reach(self.model, &grant, between, &mut stmt.params));
                Ok((from, all))
            }
            How::Several(field) => {
                let holder = stmt.alias();
                let ids = shape::column(level.object, field, &holder);
                let from = format!(
                    "{}\njoin {table} on {mine} and {} = any({ids})",
                    shape::from(level.object, &holder),
                    other.key()
                );
                let key = shape::key(level.object, &holder);
                Ok((from, vec![format!("{holder}.workspace_id = $1"), format!("{key} = {id}")]))
            }
        }
    }

    /// A relation made by a field that the asker must not see does not exist for them.
    fn visible(&self, holder: &Level<'a>, field: &Field, embed: &Embed) -> Result<(), Problem> {
        if (holder.sees)(&field.name) {
            return Ok(());
        }
        Err(Problem::new("query.no_such_relation", format!("There is no relation `{}`.", embed.relation))
            .at("select"))
    }
}

/// Whether anything would be seen of the embed.
fn shows(items: &[Item]) -> bool {
    items.iter().any(|item| match item {
        Item::Embed(embed) => shows(&embed.items),
        _ => true,
    })
}
