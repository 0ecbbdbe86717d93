//! Rollups over HTTP: always what the records come to, whoever writes what, and however many at once.
use kernel::{Decimal, Uuid};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use store::doors::workspaces::{self, WorkspaceChange};
use testkit::{Client, TestApp};

/// A workspace's own rollups of every function, over a rollup and over a formula that reads one.
fn own_rollups() -> Json {
    let field = |name: &str, kind: &str, rollup: Json| json!({ "name": name, "kind": kind, "personal": false, "rollup": rollup });
    json!({ "objects": [
        { "extend": "invoice", "fields": [
            field("payment_count", "integer", json!({ "of": "payments", "function": "count" })),
            field("card_count", "integer", json!({ "of": "payments", "function": "count",
                "where": "or=(method.eq.card,amount.gte.80)&status=neq.failed" })),
            field("smallest", "money", json!({ "of": "payments", "function": "min", "field": "amount" })),
            field("paid_until", "date", json!({ "of": "payments", "function": "max", "field": "paid_on" })),
            field("last_reference", "text", json!({ "of": "payments", "function": "last", "field": "reference",
                "order": "paid_on", "where": "status=eq.succeeded" })),
        ] },
        { "extend": "client", "fields": [
            field("paid", "money", json!({ "of": "invoices", "function": "sum", "field": "amount_paid" })),
            field("owed", "money", json!({ "of": "invoices", "function": "sum", "field": "balance_due" })),
            { "name": "paid_most", "kind": "formula", "personal": false, "result": "boolean", "formula": "paid > owed" },
        ] },
    ] })
}

async fn with_own_rollups() -> (TestApp, Client) {
    let app = TestApp::new("orders").await;
    let change = WorkspaceChange { overlay: Some(own_rollups()), ..Default::default() };
    workspaces::change(&app.node.store, app.workspace.id, &change).await.expect("an overlay");
    let owner = app.sign_in_as("owner").await;
    (app, owner)
}

async fn invoice(app: &TestApp, client: Uuid, price: &str) -> Uuid {
    let lines = json!([{ "description": "Work", "quantity": "1", "unit_price": price }]);
    app.given("invoice", json!({ "client_id": client, "currency": "EUR", "lines": lines })).await
}

async fn one(client: &Client, path: &str) -> Json {
    client.get(&format!("/api/v1/{path}")).await.expect_status(200).json
}

async fn undo_last(client: &Client) -> Json {
    let log = one(client, "changes?limit=1").await;
    let set = log["changes"][0]["id"].as_str().expect("a change set").to_string();
    client.post(&format!("/api/v1/changes/{set}/undo"), json!(null)).await.expect_status(200).json
}

#[tokio::test]
async fn an_invoice_knows_what_was_paid() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let (first, second) = (invoice(&app, client, "100").await, invoice(&app, client, "50").await);
    let select = "select=amount_paid,balance_due,payment_status";
    let state = async |id: Uuid| {
        let row = one(&owner, &format!("invoices/{id}?{select}")).await;
        let amount = |f: &str| decimal(&row[f]).normalize().to_string();
        let status = row["payment_status"].as_str().unwrap_or("null").to_string();
        [amount("amount_paid"), amount("balance_due"), status]
    };
    assert_eq!(state(first).await, ["0", "100", "unpaid"]);
    let refused = owner.patch(&format!("/api/v1/invoices/{first}"), json!({ "amount_paid": "5" })).await;
    assert_eq!(refused.json["errors"][0]["code"], "field.read_only", "{}", refused.text);

    let body = json!({ "invoice_id": first, "client_id": client, "amount": "40", "status": "succeeded" });
    let paid =
        owner.post("/api/v1/payments?select=id,invoice(balance_due)", body).await.expect_status(201).json;
    assert_eq!(decimal(&paid["invoice"]["balance_due"]), 60.into(), "the reply shows it already");
    assert_eq!(state(first).await, ["40", "60", "partially_paid"]);
    let log = one(&owner, "changes?limit=1").await;
    let entries = log["changes"][0]["entries"].as_array().expect("entries");
    assert_eq!((entries.len(), &entries[1]["action"]), (2, &json!("derive")), "{log}");
    assert_eq!(entries[1]["after"]["payment_status"], "partially_paid");

    // It goes to the other invoice, which it pays and more; then it is put away, and comes back.
    let at = format!("/api/v1/payments/{}", paid["id"].as_str().expect("an id"));
    owner.patch(&at, json!({ "invoice_id": second, "amount": "60" })).await.expect_status(200);
    assert_eq!(state(first).await, ["0", "100", "unpaid"]);
    assert_eq!(state(second).await, ["60", "-10", "overpaid"]);
    owner.put(&format!("{at}/archival"), json!(null)).await.expect_status(204);
    assert_eq!(state(second).await[2], "unpaid");
    owner.delete(&format!("{at}/archival")).await.expect_status(204);
    assert_eq!(state(second).await[2], "overpaid");
    owner.patch(&at, json!({ "amount": "50" })).await.expect_status(200);
    assert_eq!(state(second).await, ["50", "0", "paid"]);
    // Lines change what is due; undo takes back the lines and leaves the payment.
    let lines = json!({ "lines": [{ "description": "More", "quantity": "1", "unit_price": "70" }] });
    owner.patch(&format!("/api/v1/invoices/{second}"), lines).await.expect_status(200);
    assert_eq!(state(second).await, ["50", "20", "partially_paid"]);
    let undone = undo_last(&owner).await;
    assert_eq!(undone["conflicts"], json!([]), "what is derived is in nobody's way");
    assert_eq!(state(second).await, ["50", "0", "paid"]);
    owner.patch(&at, json!({ "status": "refunded" })).await.expect_status(200);
    assert_eq!(state(second).await, ["0", "50", "refunded"]);
    owner.delete(&at).await.expect_status(204);
    assert_eq!(state(second).await[2], "unpaid");
    undo_last(&owner).await;
    assert_eq!(state(second).await[2], "refunded");
}

#[tokio::test]
async fn a_merge_and_its_taking_back_compute_the_rollups_of_both() {
    let (app, owner) = with_own_rollups().await;
    let [hanse, hansa] = [
        app.given("client", json!({ "name": "Hanse" })).await,
        app.given("client", json!({ "name": "Hansa", "email": "info@hansa.example" })).await,
    ];
    let (_, theirs) = (invoice(&app, hanse, "100").await, invoice(&app, hansa, "50").await);
    let pay = async |amount: &str| {
        app.given("payment", json!({ "invoice_id": theirs, "amount": amount, "status": "succeeded" })).await
    };
    pay("30").await;
    let sums = async || {
        let archived = "or=(archived_at.is.null,archived_at.not.is.null)";
        let rows = one(&owner, &format!("clients?select=id,paid,owed,paid_most&{archived}")).await;
        let of = |id: Uuid| {
            let row = rows.as_array()?.iter().find(|r| r["id"] == json!(id))?;
            Some((decimal(&row["paid"]), decimal(&row["owed"]), row["paid_most"].clone()))
        };
        [of(hanse), of(hansa)].map(Option::unwrap)
    };
    let is = |paid: i64, owed: i64| (Decimal::from(paid), Decimal::from(owed), json!(paid > owed));
    assert_eq!(sums().await, [is(0, 100), is(30, 20)]);

    let at = format!("/api/v1/clients/{hanse}/merge");
    let refused = owner.post(&at, json!({ "others": [hansa], "choose": { "paid": hansa } })).await;
    assert_eq!(refused.json["errors"][0]["code"], "field.read_only", "{}", refused.text);
    let merged = owner.post(&at, json!({ "others": [hansa] })).await.expect_status(200).json;
    assert_eq!(decimal(&merged["record"]["owed"]), 120.into(), "the reply shows it already");
    assert_eq!(sums().await, [is(30, 120), is(0, 0)]);
    let log = one(&owner, &format!("changes/{}", merged["change_set"].as_str().expect("an id"))).await;
    let derived = |e: &&Json| e["action"] == "derive" && e["object"] == "client";
    assert_eq!(log["entries"].as_array().expect("entries").iter().filter(derived).count(), 2, "{log}");

    // What was paid on a moved invoice meanwhile goes back with the invoice.
    pay("20").await;
    assert_eq!(sums().await, [is(50, 100), is(0, 0)]);
    let back = format!("/api/v1/merges/{}", merged["merge_id"].as_str().expect("an id"));
    let split = owner.delete(&back).await.expect_status(200).json;
    assert_eq!(split["conflicts"], json!([]), "what is derived is in nobody's way");
    assert_eq!(sums().await, [is(0, 100), is(50, 0)]);
}

#[tokio::test]
async fn an_undone_bulk_change_takes_the_rollups_along() {
    let (app, owner) = with_own_rollups().await;
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let mut invoices = vec![];
    for _ in 0..3 {
        let id = invoice(&app, client, "100").await;
        invoices.push(id);
        for amount in ["10", "20"] {
            app.given("payment", json!({ "invoice_id": id, "amount": amount, "status": "succeeded" })).await;
        }
    }
    let sums = "invoices?select=amount_paid,payment_count,version&order=id";
    let (before, client_at) =
        (one(&owner, sums).await, format!("clients/{client}?select=paid,owed,paid_most"));
    assert_eq!(
        one(&owner, &client_at).await,
        json!({ "paid": "90.00", "owed": "210.00", "paid_most": false })
    );
    let all = "/api/v1/payments?amount=gt.0";
    owner.patch(all, json!({ "amount": "90" })).await.expect_status(204);
    assert_eq!(one(&owner, sums).await[1]["amount_paid"], "180.0000");
    assert_eq!(
        one(&owner, &client_at).await,
        json!({ "paid": "540.00", "owed": "-240.00", "paid_most": true })
    );
    let undone = undo_last(&owner).await;
    assert_eq!((&undone["restored"], &undone["conflicts"]), (&json!(6), &json!([])));
    let after = one(&owner, sums).await;
    for (was, is) in before.as_array().expect("rows").iter().zip(after.as_array().expect("rows")) {
        assert_eq!((&was["amount_paid"], &was["payment_count"]), (&is["amount_paid"], &is["payment_count"]));
        assert_eq!(
            is["version"].as_i64(),
            was["version"].as_i64().map(|v| v + 2),
            "once there and once back"
        );
    }
    assert_eq!(one(&owner, &client_at).await["paid"], "90.00");
}

#[tokio::test]
async fn thirty_who_pay_one_invoice_at_once_are_all_counted() {
    let (app, owner) = with_own_rollups().await;
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let target = invoice(&app, client, "1000").await;
    let (from, body) = (invoice(&app, client, "1").await, json!({ "amount": "7", "status": "succeeded" }));
    let mut moved = vec![];
    for _ in 0..10 {
        let mut body = body.clone();
        body["invoice_id"] = json!(from);
        moved.push(app.given("payment", body).await);
    }
    // Ten come from another invoice, twenty are new, and somebody edits the invoice all the while.
    let moves = moved.iter().map(|id| {
        let (owner, at) = (owner.clone(), format!("/api/v1/payments/{id}"));
        tokio::spawn(async move { owner.patch(&at, json!({ "invoice_id": target })).await.status() })
    });
    let comes = (0..20).map(|_| {
        let (owner, mut body) = (owner.clone(), body.clone());
        body["invoice_id"] = json!(target);
        tokio::spawn(async move { owner.post("/api/v1/payments", body).await.status() })
    });
    let edits = (0..5).map(|n| {
        let (owner, at) = (owner.clone(), format!("/api/v1/invoices/{target}"));
        tokio::spawn(
            async move { owner.patch(&at, json!({ "subject": format!("Edit {n}") })).await.status() },
        )
    });
    for task in moves.chain(comes).chain(edits).collect::<Vec<_>>() {
        let status = task.await.expect("no panic");
        assert!(status == 200 || status == 201, "{status}");
    }
    let row =
        one(&owner, &format!("invoices/{target}?select=amount_paid,balance_due,payment_count,version")).await;
    let wanted =
        json!({ "amount_paid": "210.0000", "balance_due": "790.0000", "payment_count": 30, "version": 36 });
    assert_eq!(row, wanted);
    assert_eq!(one(&owner, &format!("invoices/{from}?select=payment_count")).await["payment_count"], 0);
    assert_eq!(one(&owner, &format!("clients/{client}?select=paid")).await["paid"], "210.00");
}

#[tokio::test]
async fn an_import_of_two_thousand_payments_derives_each_invoice_once() {
    let (app, owner) = with_own_rollups().await;
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let mut csv = String::from("Invoice,Amount,Status\n");
    for n in 0..20 {
        let key = format!("I{n}");
        app.given("invoice", json!({ "client_id": client, "currency": "EUR", "external_id": key })).await;
    }
    for n in 0..2_000 {
        csv.push_str(&format!("I{},1,succeeded\n", n % 20));
    }
    let mapping = "object = \"payment\"\nfile = \"payments.csv\"\n[columns]\n\
                   Invoice = { field = \"invoice_id\", by = \"external_id\" }\nAmount = \"amount\"\nStatus = \"status\"\n";
    let order = json!({ "mapping": mapping, "files": { "payments.csv": csv } });
    let report = owner.post("/api/v1/imports", order).await.expect_status(200).json;
    assert_eq!(report["created"], 2_000, "{report}");
    let rows = one(&owner, "invoices?select=amount_paid,payment_count,version").await;
    let wanted = json!({ "amount_paid": "100.0000", "payment_count": 100, "version": 2 });
    assert!(
        rows.as_array().is_some_and(|rows| rows.len() == 20 && rows.iter().all(|r| *r == wanted)),
        "{rows}"
    );
    let row = one(&owner, &format!("clients/{client}?select=paid,version")).await;
    assert_eq!(row, json!({ "paid": "2000.00", "version": 2 }));
}

#[tokio::test]
async fn rollups_that_are_added_over_stored_records_are_filled_once() {
    let app = TestApp::new("orders").await;
    let owner = app.sign_in_as("owner").await;
    let client = app.given("client", json!({ "name": "Hanse" })).await;
    let id = invoice(&app, client, "100").await;
    app.given("payment", json!({ "invoice_id": id, "amount": "40", "status": "succeeded" })).await;
    let change = WorkspaceChange { overlay: Some(own_rollups()), ..Default::default() };
    workspaces::change(&app.node.store, app.workspace.id, &change).await.expect("an overlay");
    let at = format!("invoices/{id}?select=payment_count,smallest");
    assert_eq!(one(&owner, &at).await, json!({ "payment_count": null, "smallest": null }));
    let (engine, actor) = (&app.node.engine, app.actor());
    let (seen, drifted) = engine.drifted_rollups(&actor, 100).await.expect("a comparison");
    assert_eq!((seen, drifted.len()), (2, 2), "the invoice and the client: {drifted:?}");
    let filled = engine.fill_rollups(&actor, "invoice", &[]).await.expect("a fill");
    assert_eq!((filled.looked_at, filled.changed), (1, 1));
    assert_eq!(one(&owner, &at).await, json!({ "payment_count": 1, "smallest": "40.00" }));
    engine.fill_rollups(&actor, "client", &[]).await.expect("a fill");
    assert_eq!(one(&owner, &format!("clients/{client}?select=owed")).await["owed"], "60.00");
    let again = engine.fill_rollups(&actor, "invoice", &[]).await.expect("a fill");
    assert_eq!((again.looked_at, again.changed), (1, 0));
    assert_eq!(engine.drifted_rollups(&actor, 100).await.expect("a comparison").1, vec![]);
}

/// A small generator of its own, so that a failure can be looked at again by its seed.
struct Dice(u64);
impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % n as u64) as usize
    }
    fn one<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.below(of.len())]
    }
}

#[tokio::test]
async fn whatever_happens_to_payments_every_rollup_is_what_they_come_to() {
    let (app, owner) = with_own_rollups().await;
    for seed in [0x5eed_u64, 0xface, 0xc0ffee] {
        let mut dice = Dice(seed);
        let clients = [
            app.given("client", json!({ "name": "A" })).await,
            app.given("client", json!({ "name": "B" })).await,
        ];
        let mut invoices = vec![];
        for n in 0..4 {
            invoices.push(invoice(&app, clients[n % 2], "100").await);
        }
        for step in 0..40 {
            happen(&app, &owner, &mut dice, &invoices, &clients).await;
            if step % 4 == 3 {
                compare(&owner, &format!("seed {seed:x}, step {step}")).await;
            }
        }
    }
}

async fn happen(app: &TestApp, owner: &Client, dice: &mut Dice, invoices: &[Uuid], clients: &[Uuid]) {
    let payments =
        one(owner, "payments?select=id,status,archived_at&or=(archived_at.is.null,archived_at.not.is.null)")
            .await;
    let payments = payments.as_array().expect("rows").clone();
    let body = |dice: &mut Dice| {
        json!({
            "invoice_id": if dice.below(6) == 0 { json!(null) } else { json!(dice.one(invoices)) },
            "amount": format!("{}.{:02}", dice.below(90) + 1, dice.below(100)),
            "status": dice.one(&["pending", "succeeded", "succeeded", "failed"]),
            "method": dice.one(&["card", "cash"]),
            "paid_on": format!("2026-01-{:02}", dice.below(28) + 1),
            "reference": format!("R{}", dice.below(1_000)),
        })
    };
    let some = payments.get(dice.below(payments.len().max(1))).cloned();
    let at = some.as_ref().map(|p| format!("/api/v1/payments/{}", p["id"].as_str().expect("an id")));
    let archived = some.as_ref().is_some_and(|p| !p["archived_at"].is_null());
    match (dice.below(10), at) {
        (0..=2, _) | (_, None) => {
            let bodies: Vec<_> = (0..=dice.below(5)).map(|_| body(dice)).collect();
            owner.post("/api/v1/payments", json!(bodies)).await.expect_status(201);
        }
        (3..=4, Some(at)) if !archived => {
            let mut body = body(dice);
            body.as_object_mut().expect("an object").remove("status");
            owner.patch(&at, body).await.expect_status(200);
        }
        (5, Some(at)) => {
            owner.put(&format!("{at}/archival"), json!(null)).await.expect_status(204);
        }
        (6, Some(at)) => {
            owner.delete(&format!("{at}/archival")).await.expect_status(204);
        }
        (7, Some(at)) => {
            owner.delete(&at).await.expect_status(204);
        }
        (8, Some(_)) => {
            let (from, to) = (*dice.one(invoices), *dice.one(invoices));
            let answer = owner
                .patch(&format!("/api/v1/payments?invoice_id=eq.{from}"), json!({ "invoice_id": to }))
                .await;
            assert!(answer.status() < 300, "{}", answer.text);
        }
        (9, Some(_)) if dice.below(2) == 0 => {
            let answer = owner
                .patch(
                    &format!("/api/v1/invoices/{}", dice.one(invoices)),
                    json!({ "client_id": dice.one(clients) }),
                )
                .await;
            assert_eq!(answer.status(), 200, "{}", answer.text);
        }
        _ => {
            let ask = records::ChangesAsk { limit: 3, ..Default::default() };
            let log = app.node.engine.changes(&app.actor(), &ask).await.expect("a log");
            // Not the invoices' own beginning.
            let of_payments = |s: &&Json| s["entries"][0]["object"] == "payment";
            let sets: Vec<_> = log["changes"].as_array().expect("sets").iter().filter(of_payments).collect();
            let Some(set) = sets.get(dice.below(sets.len().max(1))) else { return };
            let set = set["id"].as_str().expect("an id");
            let answer = owner.post(&format!("/api/v1/changes/{set}/undo"), json!(null)).await;
            assert!([200, 409, 422].contains(&answer.status()), "{}", answer.text);
        }
    }
}

fn decimal(json: &Json) -> Decimal {
    json.as_str().map(|s| s.parse().expect("a decimal")).unwrap_or_default()
}

/// Every rollup against a walk over all records.
async fn compare(owner: &Client, when: &str) {
    let payments = one(owner, "payments?limit=1000").await;
    let mut by_invoice: BTreeMap<String, Vec<Json>> = BTreeMap::new();
    for payment in payments.as_array().expect("rows") {
        let invoice = payment["invoice_id"].as_str().unwrap_or_default();
        by_invoice.entry(invoice.into()).or_default().push(payment.clone());
    }
    let mut by_client: BTreeMap<String, (Decimal, Decimal)> = BTreeMap::new();
    for row in one(owner, "invoices?limit=1000").await.as_array().expect("rows") {
        let none = vec![];
        let mine = by_invoice.get(row["id"].as_str().expect("an id")).unwrap_or(&none);
        let sum = |status: &str| {
            mine.iter().filter(|p| p["status"] == status).map(|p| decimal(&p["amount"])).sum::<Decimal>()
        };
        let counted = |p: &&Json| {
            p["status"] != "failed" && (p["method"] == "card" || decimal(&p["amount"]) >= 80.into())
        };
        let mut settled: Vec<_> = mine.iter().filter(|p| p["status"] == "succeeded").collect();
        settled.sort_by_key(|p| (p["paid_on"].to_string(), p["id"].to_string()));
        let wanted = json!({
            "payment_count": mine.len(),
            "card_count": mine.iter().filter(counted).count(),
            "smallest": mine.iter().map(|p| decimal(&p["amount"])).min(),
            "paid_until": mine.iter().filter_map(|p| p["paid_on"].as_str()).max(),
            "last_reference": settled.last().map_or(Json::Null, |p| p["reference"].clone()),
        });
        for (name, value) in wanted.as_object().expect("an object") {
            let same = match name.as_str() {
                "smallest" => decimal(&row[name]) == decimal(value),
                _ => row[name] == *value,
            };
            assert!(same, "{when}: {name} is {}, should be {value}: {mine:?}", row[name]);
        }
        let (paid, refunded, gross) = (sum("succeeded"), sum("refunded"), decimal(&row["gross"]));
        assert_eq!(decimal(&row["amount_paid"]), paid, "{when}");
        assert_eq!(decimal(&row["amount_refunded"]), refunded, "{when}");
        assert_eq!(decimal(&row["balance_due"]), gross - paid, "{when}");
        let client = by_client.entry(row["client_id"].as_str().expect("a client").into()).or_default();
        *client = (client.0 + paid, client.1 + gross - paid);
    }
    for row in one(owner, "clients?limit=1000").await.as_array().expect("rows") {
        let (paid, owed) = by_client.get(row["id"].as_str().expect("an id")).copied().unwrap_or_default();
        assert_eq!((decimal(&row["paid"]), decimal(&row["owed"])), (paid, owed), "{when}");
        assert_eq!(row["paid_most"], paid > owed, "{when}");
    }
}
