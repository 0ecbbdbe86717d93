//! A notice becomes a record of its reader, once, if they want to hear of such things.
use crate::named::Notice;
use crate::{NOTIFICATION, PREFERENCE};
use kernel::{Outcome, Uuid};
use policy::Actor;
use records::{Body, Engine, Source, SourceKind};
use serde_json::{Value as Json, json};

/// Characters of a title; of a description.
const TITLE: usize = 255;
const DESCRIPTION: usize = 1000;

/// Tells one member all of this in one change set.
pub(crate) async fn tell(
    engine: &Engine,
    workspace: Uuid,
    member: Uuid,
    notices: Vec<Notice>,
) -> Outcome<()> {
    let system = Actor::system(workspace, "Kontor");
    let model = engine.model(&system).await?;
    if notices.is_empty() || !model.objects.contains_key(NOTIFICATION) {
        return Ok(());
    }
    let unwanted = unwanted(engine, &system, member).await?;
    let wanted = notices.into_iter().filter(|n| !unwanted.iter().any(|u| u == n.kind));
    let bodies: Vec<Body> = wanted.map(|notice| body(member, &notice)).collect();
    if bodies.is_empty() {
        return Ok(());
    }
    let source = Source::new(SourceKind::Job).without_automations();
    let mut batch = engine.batch(&system, source).await?;
    batch.create(NOTIFICATION, bodies).await?;
    batch.commit().await?;
    Ok(())
}

fn body(member: Uuid, notice: &Notice) -> Body {
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    let mut body = Body::new();
    let mut set = |name: &str, value: Json| drop(body.insert(name.into(), value));
    set("member_id", json!(member));
    set("type", json!(notice.kind));
    set("title", json!(cut(&notice.title, TITLE)));
    set("description", json!(notice.description.as_deref().map(|d| cut(d, DESCRIPTION))));
    set("link", json!(notice.link));
    set("severity", json!(notice.severity));
    if let Some((object, id)) = &notice.record {
        set("record_object", json!(object));
        set("record_id", json!(id));
    }
    body
}

/// What the member does not want to hear of in Kontor itself.
async fn unwanted(engine: &Engine, system: &Actor, member: Uuid) -> Outcome<Vec<String>> {
    let model = engine.model(system).await?;
    let Some(object) = model.objects.get(PREFERENCE) else { return Ok(vec![]) };
    let pairs = [
        ("member_id".to_owned(), format!("eq.{member}")),
        ("in_app".to_owned(), "is.false".to_owned()),
        ("select".to_owned(), "type".to_owned()),
        ("limit".to_owned(), "200".to_owned()),
    ];
    let ask = query::parse(&pairs, &query::Headers::default())?;
    let page = engine.list(system, &object.plural, &ask).await?;
    let rows: Vec<Json> = serde_json::from_slice(&page.body).map_err(anyhow::Error::from)?;
    Ok(rows.iter().filter_map(|row| row["type"].as_str().map(str::to_owned)).collect())
}
