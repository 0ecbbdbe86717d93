//! Indexes of own fields: built and dropped beside running work, by whoever owns the tables.
use crate::{Store, problems};
use kernel::{Outcome, Uuid, Value};
use meta::{IndexState, Model};
use policy::Actor;
use query::Statement;
use query::shape::{self, IndexPlan};
use tokio_postgres::{Client, Error, Row};

/// Says of every marked field whether its index can be used.
pub(crate) async fn fill_in(store: &Store, workspace: Uuid, model: &mut Model) -> Outcome<()> {
    for object in model.objects.values_mut() {
        let wanted: Vec<String> =
            object.fields.values().filter(|f| object.wants_index(f)).map(|f| f.name.clone()).collect();
        for name in wanted {
            object.fields[&name].index = IndexState::Building;
        }
    }
    let sql = "select object, field, state from kontor.custom_indexes where workspace_id = $1";
    for row in store.door().await?.rows(sql, &[&workspace]).await? {
        let (object, field, state): (String, String, String) = (row.get(0), row.get(1), row.get(2));
        tell_model(model, &object, &field, &state);
    }
    Ok(())
}

/// One line of `kontor.custom_indexes`, told to the model.
pub fn tell_model(model: &mut Model, object: &str, field: &str, state: &str) {
    let Some(object) = model.objects.get_mut(object) else { return };
    if !object.fields.get(field).is_some_and(|f| object.wants_index(f)) {
        return;
    }
    let field = &mut object.fields[field];
    field.index = match state {
        "ready" => IndexState::Ready,
        "failed" => IndexState::Failed,
        _ => IndexState::Building,
    };
}

/// The lines of `kontor.custom_indexes` as the model wants them: what is to be built, and what is no longer wanted.
pub fn lines(workspace: Uuid, model: &Model) -> [Statement; 2] {
    let mut wanted: [Vec<String>; 3] = Default::default();
    for object in model.objects.values() {
        for field in object.fields.values().filter(|f| object.wants_index(f)) {
            let plans = shape::indexes(object, field, workspace);
            let definition = plans.iter().map(|p| p.definition.as_str()).collect::<Vec<_>>().join("; ");
            let line = [object.name.clone(), field.name.clone(), definition];
            wanted.iter_mut().zip(line).for_each(|(column, value)| column.push(value));
        }
    }
    let [objects, fields, definitions] = wanted.map(Value::Texts);
    let leaving = Statement {
        text: "update kontor.custom_indexes i set state = 'leaving', error = null, at = now() \
               where i.workspace_id = $1 and i.state <> 'leaving' and (i.object, i.field) not in \
               (select o, f from unnest($2::text[], $3::text[]) w(o, f))"
            .into(),
        params: vec![workspace.into(), objects.clone(), fields.clone()],
    };
    // The name belongs to the definition: what replaces it is built beside it, and what is left of the old one goes.
    let building = Statement {
        text: "insert into kontor.custom_indexes as i (workspace_id, object, field, definition, name) \
               select $1::uuid, o, f, d, 'own_' || left(md5($1::text || o || '.' || f || d), 20) \
               from unnest($2::text[], $3::text[], $4::text[]) w(o, f, d) \
               on conflict (workspace_id, object, field) do update \
               set definition = excluded.definition, name = excluded.name, state = 'building', error = null, at = now() \
               where i.definition <> excluded.definition or i.state = 'leaving'"
            .into(),
        params: vec![workspace.into(), objects, fields, definitions],
    };
    [leaving, building]
}

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Built {
    pub built: usize,
    pub dropped: usize,
    pub failed: usize,
}

/// One line of `kontor.custom_indexes`.
struct Wanted {
    object: String,
    field: String,
    definition: String,
    name: String,
    leaving: bool,
}

/// Builds what a workspace waits for and drops what it no longer wants. May be called at any time, by several at once,
/// and again after it was interrupted: an index that did not come to its end is dropped and built anew.
pub async fn work(store: &Store, workspace: Uuid) -> Outcome<Built> {
    wanted_anew(store, workspace).await?;
    // A connection of its own: `concurrently` takes long and stands in no transaction, and the lock ends with it.
    let client = crate::migrate::owner(store).await?;
    let lock = i64::from_be_bytes(workspace.as_bytes()[8..].try_into().expect("half of 16 bytes")) ^ LOCK;
    let done = worked_off(store, &client, workspace, lock).await;
    store.forget(workspace);
    done
}

/// A workspace that came from another database, or to another blueprint, has a model and not yet the lines for it.
async fn wanted_anew(store: &Store, workspace: Uuid) -> Outcome<()> {
    let cx = store.begin(&Actor::system(workspace, "index.build")).await?;
    let model = cx.model().clone();
    for statement in lines(workspace, &model) {
        cx.execute(&statement).await?;
    }
    cx.commit().await
}

async fn worked_off(store: &Store, client: &Client, workspace: Uuid, lock: i64) -> Outcome<Built> {
    // Those of searches are of trigrams, which live where their extension does.
    let settings = "set lock_timeout = 0; set statement_timeout = 0;
         select set_config('search_path', quote_ident(n.nspname), false)
         from pg_extension e join pg_namespace n on n.oid = e.extnamespace where e.extname = 'pg_trgm'";
    client.batch_execute(settings).await.map_err(problems::plain)?;
    let mut done = Built::default();
    // What failed before is tried once more, not for ever.
    let mut open = wanted(client, workspace, true).await?;
    while !open.is_empty() {
        let got =
            client.query_one("select pg_try_advisory_lock($1)", &[&lock]).await.map_err(problems::plain)?;
        if !got.get::<_, bool>(0) {
            // Whoever has it looks again when it is given back.
            return Ok(done);
        }
        for wanted in open {
            one(store, client, workspace, &wanted, &mut done).await?;
        }
        sweep(client, workspace).await.map_err(problems::plain)?;
        client.execute("select pg_advisory_unlock($1)", &[&lock]).await.map_err(problems::plain)?;
        open = wanted(client, workspace, false).await?;
    }
    Ok(done)
}

async fn one(
    store: &Store,
    client: &Client,
    workspace: Uuid,
    wanted: &Wanted,
    done: &mut Built,
) -> Outcome<()> {
    store.forget(workspace);
    let model = store.model(workspace).await?;
    let field = model.objects.get(&wanted.object).and_then(|o| Some((o, o.fields.get(&wanted.field)?)));
    match field.filter(|(o, f)| o.wants_index(f) && !wanted.leaving) {
        Some((object, field)) => {
            let plans = shape::indexes(object, field, workspace);
            let made = build(client, &object.table, &wanted.name, &plans).await;
            done.built += usize::from(made.is_ok());
            done.failed += usize::from(made.is_err());
            tell(client, workspace, wanted, made.err()).await
        }
        None => {
            remove(client, &wanted.name).await.map_err(problems::plain)?;
            done.dropped += 1;
            forget(client, workspace, wanted).await
        }
    }
}

const LOCK: i64 = 0x6f77_6e5f_6964_7873;

async fn wanted(client: &Client, workspace: Uuid, failed_too: bool) -> Outcome<Vec<Wanted>> {
    let sql = "select object, field, definition, name, state = 'leaving' from kontor.custom_indexes
               where workspace_id = $1 and (state in ('building', 'leaving') or (state = 'failed' and $2))
               order by object, field";
    let rows = client.query(sql, &[&workspace, &failed_too]).await.map_err(problems::plain)?;
    let one = |r: &Row| Wanted {
        object: r.get(0),
        field: r.get(1),
        definition: r.get(2),
        name: r.get(3),
        leaving: r.get(4),
    };
    Ok(rows.iter().map(one).collect())
}

async fn build(client: &Client, table: &str, name: &str, plans: &[IndexPlan]) -> Result<(), Error> {
    let schema = table.split_once('.').map_or("data", |(schema, _)| schema);
    let mut any = false;
    for IndexPlan { suffix, definition } in plans {
        let full = format!("{schema}.\"{name}{suffix}\"");
        // One that failed on its way lies there, is kept up to date and used by nobody.
        let sql = "select indisvalid from pg_index where indexrelid = to_regclass($1)";
        match client.query_opt(sql, &[&full]).await?.map(|r| r.get::<_, bool>(0)) {
            Some(true) => continue,
            Some(false) => client.batch_execute(&format!("drop index concurrently if exists {full}")).await?,
            None => {}
        }
        client.batch_execute(&format!("create index concurrently \"{name}{suffix}\" {definition}")).await?;
        any = true;
    }
    if any {
        // Of an expression nothing is known until then, and the planner would rather walk the workspace.
        client.batch_execute(&format!("analyze {table}")).await?;
    }
    Ok(())
}

/// Indexes of this workspace that no line names: those of a kind that a field no longer has.
async fn sweep(client: &Client, workspace: Uuid) -> Result<(), Error> {
    let sql = "select format('%I.%I', n.nspname, c.relname)
               from pg_class c
               join pg_namespace n on n.oid = c.relnamespace and n.nspname in ('data', 'kontor')
               join pg_index i on i.indexrelid = c.oid
               where c.relname like 'own\\_%' and pg_get_expr(i.indpred, i.indrelid) like '%' || $1 || '%'
                 and not exists (select 1 from kontor.custom_indexes w
                                 where c.relname in (w.name, w.name || '_first', w.name || '_search'))";
    for row in client.query(sql, &[&workspace.to_string()]).await? {
        let name: String = row.get(0);
        client.batch_execute(&format!("drop index concurrently if exists {name}")).await?;
    }
    Ok(())
}

async fn remove(client: &Client, name: &str) -> Result<(), Error> {
    for schema in ["data", "kontor"] {
        for suffix in ["", "_first", "_search"] {
            let sql = format!("drop index concurrently if exists {schema}.\"{name}{suffix}\"");
            client.batch_execute(&sql).await?;
        }
    }
    Ok(())
}

/// The state is part of the model, so every node reads it again. A field that was changed meanwhile is not ready.
async fn tell(client: &Client, workspace: Uuid, wanted: &Wanted, failed: Option<Error>) -> Outcome<()> {
    let error = failed.map(|e| e.as_db_error().map_or_else(|| e.to_string(), |db| db.message().to_owned()));
    if let Some(error) = &error {
        tracing::warn!(workspace.id = %workspace, index.name = wanted.name, error, "Could not build the index of an own field");
    }
    let sql = "with told as (
                   update kontor.custom_indexes
                   set state = case when $5::text is null then 'ready' else 'failed' end, error = $5, at = now()
                   where workspace_id = $1 and object = $2 and field = $3 and definition = $4 and state <> 'leaving'
                   returning workspace_id)
               update kontor.workspaces w set model_revision = model_revision + 1 from told t where w.id = t.workspace_id";
    client
        .execute(sql, &[&workspace, &wanted.object, &wanted.field, &wanted.definition, &error])
        .await
        .map_err(problems::plain)?;
    Ok(())
}

async fn forget(client: &Client, workspace: Uuid, wanted: &Wanted) -> Outcome<()> {
    let sql = "delete from kontor.custom_indexes
               where workspace_id = $1 and object = $2 and field = $3 and name = $4 and state <> 'ready'";
    client
        .execute(sql, &[&workspace, &wanted.object, &wanted.field, &wanted.name])
        .await
        .map_err(problems::plain)?;
    Ok(())
}
