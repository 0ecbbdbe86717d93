//! The model as members see it: what it names can be asked for, what is hidden is not named, and who has it already is
//! not sent it again.
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use testkit::{Client, TestApp};

async fn model(client: &Client) -> Json {
    client.get("/api/v1/model").await.expect_status(200).json
}

fn list(json: &Json) -> &[Json] {
    json.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// The entry of this name, or null.
fn named<'j>(all: &'j Json, name: &str) -> &'j Json {
    list(all).iter().find(|one| one["name"] == name).unwrap_or(&Json::Null)
}

fn names(all: &Json) -> BTreeSet<&str> {
    list(all).iter().filter_map(|one| one["name"].as_str()).collect()
}

#[tokio::test]
async fn a_member_is_told_what_exists_for_them_and_what_they_may_do_with_it() {
    let app = TestApp::new("sales").await;
    let model = model(&app.sign_in_as("member").await).await;
    assert_eq!((&model["currency"], &model["timezone"]), (&json!("EUR"), &json!("Europe/Berlin")));
    let deal = named(&model["objects"], "deal");
    let said = ["plural", "label_plural", "icon", "title"].map(|key| deal[key].as_str().unwrap_or_default());
    assert_eq!(said, ["deals", "Deals", "handshake", "name"]);
    assert_eq!(
        deal["may"],
        json!({ "read": "assigned", "create": "assigned", "update": "assigned", "archive": "assigned", "delete": "none" })
    );
    let name = named(&deal["fields"], "name");
    assert_eq!(
        *name,
        json!({ "name": "name", "kind": "text", "label": "Name", "required": true, "max": "200", "writable": ["create", "update"] })
    );
    let client = named(&deal["fields"], "client_id");
    assert_eq!((&client["to"], &client["embed"]), (&json!("client"), &json!("client")));
    let stage = &named(&deal["fields"], "stage")["options"][0];
    assert_eq!(*stage, json!({ "value": "qualification", "label": "Qualification", "color": "slate" }));
    let sales = named(&deal["pipelines"], "sales");
    assert_eq!((&sales["field"], &sales["selector"]), (&json!("stage"), &json!("pipeline")));
    let lost = named(&sales["stages"], "lost");
    assert_eq!((&lost["outcome"], &lost["gates"]), (&json!("lost"), &json!([{ "filled": "lost_reason" }])));
    assert!(names(&deal["views"]).contains("forecast"), "{}", deal["views"]);
    assert!(names(&deal["relations"]).contains("quotes"), "{}", deal["relations"]);
}

#[tokio::test]
async fn what_a_member_may_not_see_is_not_named_and_what_they_may_not_write_is_told() {
    let app = TestApp::new("sales").await;
    let (admin, member) = (app.sign_in_as("admin").await, app.sign_in_as("member").await);
    let (all, own) = (model(&admin).await, model(&member).await);
    assert_eq!(*named(&own["objects"], "webhook"), Json::Null);
    assert_ne!(*named(&all["objects"], "webhook"), Json::Null);
    let field = |model: &Json, object: &str, field: &str| {
        named(&named(&model["objects"], object)["fields"], field).clone()
    };
    assert_eq!(field(&own, "product", "cost_price"), Json::Null);
    assert_ne!(field(&all, "product", "cost_price"), Json::Null);
    assert_eq!(field(&own, "task", "owner_id")["writable"], json!([]));
    assert_eq!(field(&all, "task", "owner_id")["writable"], json!(["create", "update"]));
    assert_eq!(field(&all, "member", "name")["writable"], json!([]), "the engine's own");
    // A secret is written by whoever has the record, and shown to nobody without the right to see it.
    assert_eq!(field(&own, "email_account", "credentials_enc")["write_only"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_the_model_names_can_be_asked_for() {
    for (blueprint, role) in
        [("sales", "member"), ("sales", "viewer"), ("marina", "sales_agent"), ("agency", "client_viewer")]
    {
        let app = TestApp::new(blueprint).await;
        let client = app.sign_in_as(role).await;
        let model = model(&client).await;
        let mut asked = 0;
        for object in list(&model["objects"]) {
            let plural = object["plural"].as_str().expect("a plural");
            let shown = |f: &&Json| f["write_only"] != true && f["kind"] != "parts";
            let fields = list(&object["fields"]).iter().filter(shown).filter_map(|f| f["name"].as_str());
            let fields = fields.collect::<Vec<_>>().join(",");
            let relations = names(&object["relations"]).into_iter().map(|r| format!("{r}(count())"));
            let mut questions = vec![format!("select={fields}")];
            questions.extend(names(&object["views"]).into_iter().map(|view| format!("view={view}")));
            let embeds = list(&object["fields"]).iter().filter_map(|f| f["embed"].as_str());
            questions.extend(embeds.map(|e| format!("select=id,{e}(id)")));
            questions.extend(relations.map(|r| format!("select=id,{r}")));
            for question in questions {
                let answer = client.get(&format!("/api/v1/{plural}?limit=1&{question}")).await;
                assert_eq!(answer.status(), 200, "{blueprint}, {role}: {plural}?{question}: {}", answer.text);
                asked += 1;
            }
        }
        assert!(asked > 20, "{blueprint}, {role}: only {asked} questions");
    }
}

#[tokio::test]
async fn it_is_sent_again_when_what_is_there_or_what_one_may_see_has_changed() {
    let app = TestApp::new("sales").await;
    let admin = app.sign_in_as("admin").await;
    let person = app.person("member").await;
    let member = app.stranger();
    member.sign_in(&person.email).await.expect_status(201);
    let tag = async |known: &str| {
        let answer = member.with("if-none-match", known).get("/api/v1/model").await;
        (answer.status(), answer.header("etag").to_owned())
    };
    let (_, first) = tag("").await;
    assert_eq!(tag(&first).await, (304, first.clone()));
    let field = json!({ "name": "draught", "kind": "decimal", "unit": "m", "personal": false });
    admin.post("/api/v1/admin/objects/deal/fields", field).await.expect_status(201);
    let (status, second) = tag(&first).await;
    assert_eq!(status, 200);
    let own = named(&named(&model(&member).await["objects"], "deal")["fields"], "draught").clone();
    assert_eq!((&own["unit"], &own["own"]), (&json!("m"), &json!(true)));
    let roles = format!("/api/v1/admin/members/{}/roles", person.member);
    admin.post(&roles, json!({ "role": "admin" })).await.expect_status(201);
    assert_eq!(tag(&second).await.0, 200);
}
