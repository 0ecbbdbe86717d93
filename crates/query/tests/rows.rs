//! Plans on real rows: pages without gaps, and rights that hold.
mod support;

use kernel::{Uuid, Value};
use meta::{Codec, Model};
use policy::{Actor, Read};
use query::{Headers, Plan};
use serde_json::{Value as Json, json};
use std::fmt::Write;
use support::database::{Scratch, assemble, connect, gather, rows};
use support::shop::{self, ACME, CITY, COLLEAGUE, HARBOUR, ME, actor, insert};
use tokio_postgres::Client;

fn id(n: u128) -> Uuid {
    Uuid::from_u128(0xd000 + n)
}

/// Thirty orders with gaps and ties in every sortable field, two clients, contacts, lines.
fn data() -> String {
    let mut sql = String::new();
    for (member, name) in [(ME, "Mara"), (COLLEAGUE, "Ole")] {
        sql += &insert("kontor.members", member, &[("name", name.into())]);
    }
    let other = Uuid::from_u128(0xc2);
    for (client, name, owner) in [(ACME, "Acme", ME), (other, "Böhm & Co_100%", COLLEAGUE)] {
        sql += &insert("data.clients", client, &[("name", name.into()), ("owner_id", owner.into())]);
    }
    for n in 0..30u128 {
        let some = |divisor: u128, value: Value| if n % divisor == 0 { Value::Null } else { value };
        let client = if n % 2 == 0 { ACME } else { other };
        let fields = [
            ("number", format!("SO-{n:03}").into()),
            ("stage", some(7, ["open", "won", "lost"][n as usize % 3].into())),
            ("client_id", some(11, client.into())),
            ("amount", some(5, kernel::Decimal::new(n as i64 % 4 * 1050, 2).into())),
            ("priority", some(3, Value::Int(n as i64 % 2))),
            ("ordered_on", some(4, format!("2026-01-{:02}", n % 9 + 1).into())),
            ("due_at", some(6, format!("2026-02-{:02}T10:00:00.123456Z", n % 5 + 1).into())),
            ("paid", some(8, (n % 2 == 0).into())),
            ("owner_id", if n % 10 == 0 { ME.into() } else { COLLEAGUE.into() }),
            ("assignee_ids", if n == 1 { Value::Ids(vec![COLLEAGUE, ME]) } else { Value::Ids(vec![]) }),
            ("location_id", if n < 12 { HARBOUR.into() } else { CITY.into() }),
            ("created_at", format!("2026-01-01T00:00:{:02}Z", n / 3).into()),
            ("version", Value::Int(1)),
        ];
        sql += &insert("data.orders", id(n), &fields);
        let line = [("order_id", id(n).into()), ("position", Value::Int(1)), ("product", "Rope".into())];
        sql += &insert("data.order_lines", id(1000 + n), &line);
    }
    let _ = writeln!(sql, "update data.orders set archived_at = now() where number = 'SO-029';");
    sql
}

struct Shop {
    model: Model,
    client: Client,
    database: Scratch,
}

impl Shop {
    async fn open(name: &str) -> Self {
        let model = shop::model();
        let database = Scratch::new(name).await;
        let client = connect(&database.name).await;
        client.batch_execute(&(shop::ddl(&model) + &data())).await.expect("the shop opens");
        Self { model, client, database }
    }
    async fn close(self) {
        drop(self.client);
        self.database.drop().await;
    }
    fn plan(&self, actor: &Actor, question: &str) -> Plan {
        let (plural, query) = question.split_once('?').unwrap_or((question, ""));
        let object = &self.model.by_plural(plural).expect("the object exists").name;
        let ask = query::parse(&query::pairs(query), &Headers::default()).expect("the question is read");
        let grant = policy::grant::<Read>(&self.model, actor, object).expect("the actor may read");
        query::list(&self.model, actor, &grant, &ask).unwrap_or_else(|p| panic!("{question}: {p:?}"))
    }
    async fn ask(&self, actor: &Actor, question: &str) -> Json {
        let plan = self.plan(actor, question);
        let found = rows(&self.client, &plan.rows, None).await.unwrap_or_else(|e| panic!("{question}: {e}"));
        let many = gather(&self.client, &plan.many, &found).await.expect("relations are read");
        found.iter().map(|row| Json::Object(assemble(&plan.shape, row, &plan.many, &many))).collect()
    }
    async fn numbers(&self, actor: &Actor, question: &str) -> Vec<u64> {
        let digits = |row: &Json| row["number"].as_str().and_then(|n| n[3..].parse().ok()).expect("a number");
        self.ask(actor, question).await.as_array().expect("a list").iter().map(digits).collect()
    }
}

#[tokio::test]
async fn pages_by_cursor_have_no_gaps_and_no_doubles() {
    let shop = Shop::open("pages").await;
    let director = actor(&[("director", None)]);
    for order in [
        "",
        "created_at.desc",
        "created_at,number.desc",
        "amount",
        "amount.desc",
        "amount.nullsfirst,ordered_on.desc.nullslast",
        "priority.desc.nullslast,paid,due_at.desc",
        "stage.asc.nullsfirst,amount.desc,priority",
        "client(name).desc.nullslast,stage",
        "due_at.desc.nullsfirst",
    ] {
        let question = format!("orders?select=number,client(name)&order={order}");
        let whole = shop.numbers(&director, &question).await;
        assert_eq!(whole.len(), 29, "{order}");
        let mut walked = vec![];
        let mut cursor = String::new();
        while walked.len() < whole.len() {
            let page = format!("{question}&limit=4&cursor={cursor}");
            let plan = shop.plan(&director, &page);
            let found = rows(&shop.client, &plan.rows, None).await.expect("a page is read");
            walked.extend(shop.numbers(&director, &page).await);
            let last = found.last().expect("a page has rows");
            let values: Vec<_> =
                plan.cursor.iter().zip(&plan.cursor_codecs).map(|(c, k)| value(*k, &last[*c])).collect();
            cursor = query::cursor(&plan, &values);
        }
        assert_eq!(walked, whole, "{order}");
    }
    shop.close().await;
}

/// Whatever is understood is SQL: mixtures of valid pieces, each plan prepared by PostgreSQL.
#[tokio::test]
async fn every_mixture_of_valid_pieces_is_sql() {
    let shop = Shop::open("mixtures").await;
    let select = [
        "*",
        "number",
        "a:amount",
        "amount::text",
        "assignee_ids",
        "client(name,address->>city)",
        "...payer(who:name)",
        "client!inner(name,owner(name),contacts(name))",
        "lines(*)",
        "lines!inner(product)",
        "contacts(name)",
        "contacts!inner()",
        "assignees(name)",
        "location(name)",
        "payer(name,orders(number,lines(price.sum())))",
        "amount.sum()",
        "count()",
        "stage",
        "priority.max()::text",
        "client_id",
        "owner(*)",
        "ordered_on",
        "created_at",
    ];
    let filters = [
        "stage=eq.open",
        "amount=gt.5",
        "or=(priority.is.null,paid.is.true)",
        "client=not.is.null",
        "lines=is.null",
        "contacts=not.is.null",
        "client.name=ilike.*a*",
        "lines.quantity=gt.1",
        "contacts.name=eq.x",
        "owner_id=eq.me",
        "assignee_ids=cs.{me}",
        "lines.order=product.desc",
        "lines.limit=2",
        "archived_at=not.is.null",
        "location_id=is.null",
        "not.and=(amount.lt.1,stage.in.(won,lost))",
        "ordered_on=gte.today-7",
        "payer.region=eq.n",
        "contacts.offset=1",
    ];
    let orders = [
        "",
        "amount.desc",
        "client(name)",
        "stage,created_at.desc",
        "ordered_on.nullsfirst",
        "count",
        "number",
    ];
    let roles = ["director", "seller", "assistant", "teammate", "keeper"];
    let mut dice = Dice(42);
    let (mut planned, mut wrong) = (0, vec![]);
    for _ in 0..1500 {
        let select = dice.some(&select, 4).join(",");
        let filters = dice.some(&filters, 3).join("&");
        let order = dice.one(&orders);
        let person = Actor {
            client: Some(ACME),
            ..actor(&[(dice.one(&roles), Some(HARBOUR)), (dice.one(&roles), None)])
        };
        let question = format!("select={select}&order={order}&{filters}");
        let headers = Headers { prefer: Some("count=exact"), ..Headers::default() };
        let grant = policy::grant::<Read>(&shop.model, &person, "order").expect("everybody may read");
        let asked = query::parse(&query::pairs(&question), &headers);
        let Ok(plan) = asked.and_then(|ask| query::list(&shop.model, &person, &grant, &ask)) else {
            continue;
        };
        planned += 1;
        let mut all = vec![plan.rows.clone()];
        all.extend(plan.count.clone());
        let mut many: Vec<_> = plan.many.clone();
        while let Some(next) = many.pop() {
            all.push(next.rows);
            many.extend(next.many);
        }
        for statement in all {
            match shop.client.prepare(&statement.text).await {
                Ok(prepared) if prepared.params().len() == statement.params.len() => {}
                Ok(prepared) => wrong.push(format!(
                    "{} of {} parameters\n{}",
                    prepared.params().len(),
                    statement.params.len(),
                    statement.text
                )),
                Err(e) => wrong.push(format!(
                    "{question}\n{}\n{}",
                    e.as_db_error().map_or("", |d| d.message()),
                    statement.text
                )),
            }
        }
    }
    shop.close().await;
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    assert!(planned > 300, "only {planned} of the mixtures were understood");
}

/// The same throws every time.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }
    fn one<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.throw(all.len())]
    }
    fn some<'a>(&mut self, all: &[&'a str], most: usize) -> Vec<&'a str> {
        (0..self.throw(most + 1)).map(|_| self.one(all)).collect()
    }
}

/// What the store reads from a column.
fn value(codec: Codec, json: &Json) -> Value {
    let text = json.as_str().map_or_else(|| json.to_string(), str::to_owned);
    match codec {
        _ if json.is_null() => Value::Null,
        Codec::Int8 => Value::Int(json.as_i64().expect("an integer")),
        Codec::NumericText => Value::Decimal(text.parse().expect("a decimal")),
        Codec::Bool => Value::Bool(json.as_bool().expect("a boolean")),
        Codec::Timestamptz => Value::Time(text.parse().expect("a time")),
        _ => Value::Text(text),
    }
}

#[tokio::test]
async fn everybody_sees_what_their_rights_reach() {
    let shop = Shop::open("reach").await;
    let all = "orders?select=number&order=number";
    let seen = async |actor: &Actor| shop.numbers(actor, all).await;
    let seller = actor(&[("seller", None)]);
    assert_eq!(seen(&seller).await, [0, 10, 20], "a seller sees what she owns");
    let assistant = seen(&actor(&[("assistant", None)])).await;
    assert!(assistant.contains(&1), "who is assigned sees it");
    assert!(assistant.contains(&2) && !assistant.contains(&3), "and what belongs to a client of hers");
    assert_eq!(
        seen(&actor(&[("teammate", None)])).await.len(),
        29,
        "the team's records are everybody's here"
    );
    assert_eq!(seen(&actor(&[("keeper", Some(HARBOUR))])).await, (0..12).collect::<Vec<_>>());
    assert_eq!(seen(&actor(&[("seller", Some(CITY))])).await, [20], "own records, in that location");
    let both = actor(&[("seller", None), ("keeper", Some(HARBOUR))]);
    assert_eq!(seen(&both).await, [(0..12).collect(), vec![20]].concat(), "roles add up");
    let portal = Actor { client: Some(ACME), ..seller.clone() };
    assert!(seen(&portal).await.contains(&4), "a client's member sees the client's orders");
    let narrowed = Actor { location: Some(CITY), ..actor(&[("director", None)]) };
    assert_eq!(seen(&narrowed).await, (12..29).collect::<Vec<_>>());
    let lines = shop.ask(&seller, "order_lines?select=product").await;
    assert_eq!(lines.as_array().map(Vec::len), Some(3), "lines are reached through their orders");
    assert_eq!(shop.ask(&seller, "memos").await, json!([]), "what belongs to nobody is not everybody's");
    shop.close().await;
}

#[tokio::test]
async fn an_embedded_record_out_of_reach_is_not_there() {
    let shop = Shop::open("embeds").await;
    let seller = actor(&[("seller", None)]);
    let teammate = actor(&[("teammate", None)]);
    let question = "orders?select=number,client(name),lines(product)&number=in.(SO-010,SO-001)&order=number";
    assert_eq!(
        shop.ask(&seller, question).await,
        json!([{ "number": "SO-010", "client": { "name": "Acme" }, "lines": [{ "product": "Rope" }] }])
    );
    let theirs = shop.ask(&teammate, question).await;
    assert_eq!(theirs[0]["client"]["name"], "Böhm & Co_100%");
    let mixed = actor(&[("assistant", None)]);
    let row = shop.ask(&mixed, "orders?select=client(name)&number=eq.SO-001").await;
    assert_eq!(row, json!([{ "client": null }]), "assigned to the order, but the client is a colleague's");
    let inner = shop.ask(&mixed, "orders?select=client!inner(name)&number=eq.SO-001").await;
    assert_eq!(inner, json!([]), "and an inner embed does not show what is out of reach");
    let several =
        shop.ask(&teammate, "orders?select=assignees(name)&number=eq.SO-001&assignees.order=name").await;
    assert_eq!(several, json!([{ "assignees": [{ "name": "Mara" }, { "name": "Ole" }] }]));
    shop.close().await;
}

#[tokio::test]
async fn search_finds_words_anywhere_and_takes_no_letter_for_a_wildcard() {
    let shop = Shop::open("search").await;
    let director = actor(&[("director", None)]);
    let names = async |q: &str| {
        let found = shop.ask(&director, &format!("clients?select=name&q={q}")).await;
        found
            .as_array()
            .expect("a list")
            .iter()
            .map(|r| r["name"].as_str().unwrap_or("").to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(names("cm").await, ["Acme"]);
    assert_eq!(names("co BÖHM").await, ["Böhm & Co_100%"]);
    assert_eq!(names("100%").await, ["Böhm & Co_100%"]);
    assert_eq!(names("_").await, ["Böhm & Co_100%"]);
    assert!(names("acme böhm").await.is_empty());
    shop.close().await;
}
