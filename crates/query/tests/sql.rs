//! The SQL of every kind of question, as files to read: `tests/sql/<name>.sql`. `KONTOR_BLESS=1` writes them anew.
//! PostgreSQL is asked to prepare each, so that what stands there is SQL.
mod support;

use kernel::{Problems, Uuid};
use policy::{Actor, Read, Update};
use query::{Headers, ManyPlan, Plan, Statement};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::PathBuf;
use support::database::{Scratch, connect};
use support::shop::{self, ACME, CITY, HARBOUR, actor};

/// Name of the file, who asks, what for.
fn questions() -> Vec<(&'static str, Actor, &'static str)> {
    let director = || actor(&[("director", None)]);
    let auditor = || Actor { super_admin: true, ..actor(&[]) };
    let here = |role| actor(&[(role, Some(HARBOUR))]);
    let everywhere = |role| actor(&[(role, None)]);
    let portal = || Actor { client: Some(ACME), ..actor(&[("seller", None)]) };
    let narrowed = || Actor { location: Some(CITY), ..actor(&[("director", None)]) };
    vec![
        ("list_everything", director(), "clients"),
        ("list_without_hidden_fields", everywhere("seller"), "clients"),
        ("list_secret_by_name", auditor(), "clients?select=name,iban"),
        (
            "as_of",
            director(),
            "clients?select=name,owner(name)&status=eq.active&as_of=2026-01-31T10:00:00Z&order=name",
        ),
        (
            "as_of_with_reach",
            everywhere("seller"),
            "orders?select=number,client(name)&as_of=2026-01-31T10:00:00Z Prefer: count=exact",
        ),
        (
            "select_alias_cast_json",
            director(),
            "clients?select=called:name,credit_limit::text,address->>city,address->geo->0",
        ),
        ("select_custom_fields", director(), "clients?select=region,vip_level,shoe_size,colours"),
        (
            "filter_operators",
            director(),
            "orders?select=id&amount=gte.100.5&priority=in.(1,2)&ordered_on=lt.2026-01-31&paid=is.true&stage=neq.lost&client_id=eq.00000000-0000-0000-0000-0000000000c1",
        ),
        (
            "filter_text",
            director(),
            "clients?select=id&name=ilike.*acme*&email=not.like.*@example.org&notes=match.^A&status=imatch.x",
        ),
        (
            "filter_any_all",
            director(),
            "orders?select=id&priority=gt(any).{1,2}&number=like(all).{A*,*9}&stage=in.(open,\"on, hold\")",
        ),
        (
            "filter_arrays",
            director(),
            "clients?select=id&tags=cs.{vip,broker}&colours=ov.{red}&address=cs.{\"city\":\"Kiel\"}",
        ),
        (
            "filter_full_text",
            director(),
            "clients?select=id&notes=wfts(german).Boot -Segel&name=fts.kiel|!nord&address=plfts.kiel",
        ),
        (
            "filter_custom_fields",
            director(),
            "clients?select=id&region=eq.north&vip_level=gt.3&shoe_size=is.null",
        ),
        (
            "filter_me_and_today",
            director(),
            "orders?select=id&owner_id=eq.me&ordered_on=gte.today-30&due_at=lt.now&assignee_ids=cs.{me}",
        ),
        (
            "filter_logic",
            director(),
            "orders?select=id&or=(stage.eq.open,and(amount.gt.10,not.or(paid.is.true,priority.is.null)))&not.and=(stage.eq.lost,paid.is.false)",
        ),
        ("filter_archived_on_request", director(), "orders?select=id&archived_at=not.is.null"),
        (
            "order_nulls_and_direction",
            director(),
            "orders?select=id&order=amount.desc.nullslast,ordered_on&limit=10&offset=20",
        ),
        ("order_by_own_field_with_index", director(), "clients?select=id&order=vip_level.desc"),
        ("order_by_own_field_without_index", director(), "clients?select=id&order=shoe_size"),
        ("order_newest_first", director(), "orders?select=id&order=created_at.desc"),
        ("order_by_embedded", director(), "orders?select=id,client(name)&order=client(name).desc"),
        ("embed_to_one", director(), "orders?select=number,client(name),owner(name)"),
        (
            "embed_to_one_inner_nested",
            director(),
            "orders?select=number,client!inner(name,owner!inner(name))&client.owner.name=eq.Mara",
        ),
        ("embed_to_one_inner_inside_left", director(), "orders?select=number,client(name,owner!inner(name))"),
        ("embed_to_one_with_reach", everywhere("seller"), "orders?select=number,client(name)"),
        ("embed_by_hint", director(), "orders?select=number,clients!payer_id(name),who:client(name)"),
        ("embed_spread", director(), "orders?select=number,...client(client_name:name)"),
        (
            "embed_to_many",
            director(),
            "clients?select=name,orders(number,amount)&orders.stage=eq.open&orders.order=amount.desc&orders.limit=3",
        ),
        (
            "embed_to_many_inner",
            director(),
            "clients?select=name,orders!inner(number,lines!inner(product))&orders.lines.product=like.R*",
        ),
        ("embed_to_many_inside_to_one", director(), "orders?select=number,client(name,contacts(name))"),
        ("embed_parts", director(), "orders?select=number,lines(*)"),
        ("embed_parts_with_reach", here("keeper"), "orders?select=number,lines(product)"),
        ("embed_through_link", director(), "orders?select=number,contacts(name)"),
        ("embed_through_link_with_reach", everywhere("assistant"), "orders?select=number,contacts(name)"),
        ("embed_several_members", director(), "orders?select=number,assignees(name)"),
        ("embed_missing", director(), "clients?select=name,orders()&orders=is.null&orders.stage=eq.open"),
        (
            "embed_either_missing",
            director(),
            "orders?select=number,client(),contacts()&or=(client.is.null,contacts.not.is.null)",
        ),
        (
            "aggregate",
            director(),
            "orders?select=stage,amount.sum(),amount.avg(),priority.max(),count()&order=sum.desc",
        ),
        ("aggregate_by_embedded", director(), "orders?select=client(name),total:amount.sum()"),
        ("aggregate_by_spread", director(), "orders?select=...client(status),count()&order=client(status)"),
        ("aggregate_in_to_many", director(), "clients?select=name,orders(stage,amount.sum())"),
        (
            "count_exact",
            director(),
            "orders?select=number,client!inner(name)&client.name=eq.Acme&order=number Prefer: count=exact",
        ),
        ("count_exact_of_groups", director(), "orders?select=stage,count() Prefer: count=exact"),
        ("count_estimated", director(), "orders?select=number&stage=eq.open Prefer: count=estimated"),
        ("search", director(), "clients?select=name&q=acme kiel&status=eq.active&order=name"),
        ("search_with_count", director(), "clients?select=name&q=acme Prefer: count=exact"),
        ("search_members", director(), "members?select=name&q=mara"),
        ("view", director(), "clients?view=active"),
        (
            "view_overridden",
            director(),
            "clients?view=active&status=eq.lost&order=created_at.desc&select=name",
        ),
        ("reach_own", everywhere("seller"), "orders?select=id"),
        ("reach_own_of_client", portal(), "orders?select=id"),
        ("reach_assigned", everywhere("assistant"), "orders?select=id"),
        ("reach_team", everywhere("teammate"), "orders?select=id"),
        ("reach_location", here("keeper"), "orders?select=id"),
        ("reach_own_in_location", here("seller"), "orders?select=id"),
        ("reach_several_roles", actor(&[("seller", None), ("keeper", Some(HARBOUR))]), "orders?select=id"),
        ("reach_parts_through_whole", here("assistant"), "order_lines?select=id"),
        ("reach_links_through_first_end", everywhere("seller"), "order_contacts?select=id"),
        ("reach_without_fields_is_nothing", everywhere("teammate"), "memos?select=id"),
        ("narrowed_to_location", narrowed(), "orders?select=id"),
        ("narrowed_to_location_parts", narrowed(), "order_lines?select=id"),
        ("one", everywhere("seller"), "orders/00000000-0000-0000-0000-0000000000d1?select=*,lines(*)"),
        (
            "these",
            everywhere("seller"),
            "orders/00000000-0000-0000-0000-0000000000d2,00000000-0000-0000-0000-0000000000d1?select=id,client(name)",
        ),
        ("matching", everywhere("seller"), "PATCH orders?stage=eq.open&client_id=is.null"),
        ("matching_limited", director(), "PATCH orders?stage=eq.open&order=amount.desc&limit=2"),
        ("matching_by_embedded", director(), "PATCH orders?select=*,client!inner(name)&client.name=eq.Acme"),
    ]
}

/// What `as_of` reads of the change log.
const LOG: &str = "
    create table kontor.change_sets (workspace_id uuid, id uuid, at timestamptz, member_id uuid);
    create table kontor.changes (workspace_id uuid, change_set_id uuid, seq integer, at timestamptz, object text,
        record_id uuid, before jsonb, after jsonb, version bigint)";

#[tokio::test]
async fn every_question_has_its_sql() {
    let model = shop::model();
    let database = Scratch::new("sql").await;
    let client = connect(&database.name).await;
    client.batch_execute(&shop::ddl(&model)).await.expect("the tables are made");
    client.batch_execute(LOG).await.expect("the log's tables are made");
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sql"));
    let bless = std::env::var_os("KONTOR_BLESS").is_some();
    let mut failures = vec![];
    let mut known = BTreeSet::new();
    for (name, actor, question) in questions() {
        known.insert(format!("{name}.sql"));
        let (text, statements) = match written(&model, &actor, question) {
            Ok(found) => found,
            Err(problems) => {
                failures.push(format!("{name}: {problems:?}"));
                continue;
            }
        };
        for statement in statements {
            if let Err(e) = client.prepare(&statement.text).await {
                let why = e.as_db_error().map_or(e.to_string(), |d| d.message().to_owned());
                failures.push(format!("{name}: {why}\n{}", statement.text));
            }
        }
        let file = folder.join(format!("{name}.sql"));
        if bless {
            std::fs::write(&file, &text).expect("the snapshot is written");
        } else if std::fs::read_to_string(&file).unwrap_or_default() != text {
            failures.push(format!(
                "{name}: tests/sql/{name}.sql has other SQL (KONTOR_BLESS=1 writes it):\n{text}"
            ));
        }
    }
    for file in std::fs::read_dir(&folder).expect("the folder is there").flatten() {
        let name = file.file_name().to_string_lossy().into_owned();
        if !known.contains(&name) {
            failures.push(format!("tests/sql/{name} belongs to no question"));
        }
    }
    drop(client);
    database.drop().await;
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// The plan as a file, and its statements.
fn written(model: &meta::Model, actor: &Actor, question: &str) -> Result<(String, Vec<Statement>), Problems> {
    let (request, prefer) = match question.split_once(" Prefer: ") {
        Some((request, prefer)) => (request, Some(prefer)),
        None => (question, None),
    };
    let (method, request) =
        request.split_once(' ').filter(|(m, _)| *m == "PATCH").unwrap_or(("GET", request));
    let (path, pairs) = request.split_once('?').unwrap_or((request, ""));
    let ask = query::parse(&query::pairs(pairs), &Headers { prefer, ..Headers::default() })?;
    let (plural, ids) = path.split_once('/').map_or((path, None), |(p, ids)| (p, Some(ids)));
    let object = &model.by_plural(plural).map_err(|p| vec![p])?.name;
    let mut text = format!("-- {question}\n");
    let mut statements = vec![];
    if method == "PATCH" {
        let grant = policy::grant::<Update>(model, actor, object).map_err(|p| vec![p])?;
        add("", &query::matching(model, actor, &grant, &ask, 1001)?, &mut text, &mut statements);
        return Ok((text, statements));
    }
    let grant = policy::grant::<Read>(model, actor, object).map_err(|p| vec![p])?;
    let plan = match ids {
        Some(ids) => {
            let ids: Vec<Uuid> = ids.split(',').map(|id| id.parse().expect("an id")).collect();
            match ids[..] {
                [id] => query::one(model, actor, &grant, id, &ask)?,
                _ => query::these(model, actor, &grant, &ids, &ask)?,
            }
        }
        None => query::list(model, actor, &grant, &ask)?,
    };
    describe(&plan, &mut text, &mut statements);
    Ok((text, statements))
}

fn describe(plan: &Plan, text: &mut String, statements: &mut Vec<Statement>) {
    add("", &plan.rows, text, statements);
    for many in &plan.many {
        describe_many(many, text, statements);
    }
    if let Some(count) = &plan.count {
        add("count", count, text, statements);
    }
    if let Some(estimate) = &plan.estimate {
        add("estimate", &estimate.rows, text, statements);
        if let Some(exact) = &estimate.exact {
            add("estimate, exact", exact, text, statements);
        }
    }
}

fn describe_many(many: &ManyPlan, text: &mut String, statements: &mut Vec<Statement>) {
    add(&format!("to-many, parents' ids in column {}", many.parent), &many.rows, text, statements);
    for nested in &many.many {
        describe_many(nested, text, statements);
    }
}

fn add(title: &str, statement: &Statement, text: &mut String, statements: &mut Vec<Statement>) {
    if !title.is_empty() {
        let _ = write!(text, "\n-- {title}\n");
    }
    let _ = writeln!(text, "{};", statement.text);
    for (i, value) in statement.params.iter().enumerate().skip(1) {
        let _ = writeln!(text, "-- ${} = {}", i + 1, value.to_json());
    }
    statements.push(statement.clone());
}
