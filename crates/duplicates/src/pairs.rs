//! Pairs that look alike, as they were found: open until somebody merges or dismisses them.
use crate::Detector;
use crate::find::{Finder, Found};
use kernel::{Outcome, Problem, Uuid, Value, new_id};
use meta::Codec;
use policy::{Actor, Update};
use query::Statement;
use serde_json::{Map, Value as Json, json};
use store::Cx;

const NAMES: [&str; 8] = ["id", "a_id", "b_id", "score", "reason", "state", "found_at", "decided_at"];
const CODECS: [Codec; 10] = [
    Codec::Uuid,
    Codec::Uuid,
    Codec::Uuid,
    Codec::Number,
    Codec::Text,
    Codec::Text,
    Codec::Timestamptz,
    Codec::Timestamptz,
    Codec::Text,
    Codec::Text,
];

/// Which pairs are asked for.
#[derive(Debug, Clone)]
pub struct PairsAsk {
    /// `open`, `merged`, `dismissed`
    pub state: String,
    /// 1 to 200.
    pub limit: u32,
    pub offset: u32,
}

impl Default for PairsAsk {
    fn default() -> Self {
        Self { state: "open".into(), limit: 50, offset: 0 }
    }
}

impl Detector {
    /// The most alike first; only pairs of which the reader reaches both.
    pub async fn pairs(&self, actor: &Actor, plural: &str, ask: &PairsAsk) -> Outcome<Json> {
        let cx = self.engine.store().begin_read(actor).await?;
        let model = cx.model().clone();
        let finder = Finder::new(&cx, &model, actor, plural)?;
        let object = finder.object;
        let mut params: Vec<Value> =
            vec![actor.workspace.into(), object.name.as_str().into(), ask.state.as_str().into()];
        let mut reached = String::new();
        for alias in ["a", "b"] {
            if let Some(reach) = query::reach(&model, &finder.grant, alias, &mut params) {
                reached.push_str(&format!(" and ({reach})"));
            }
        }
        let names =
            NAMES.map(|n| if n == "score" { "d.score::float8".to_string() } else { format!("d.{n}") });
        let title = |alias: &str| {
            let title = object.fields.get(&object.title).filter(|f| finder.grant.may_see(&f.name));
            title.map_or("null".to_string(), |f| query::shape::column(object, f, alias))
        };
        let live =
            if ask.state == "open" { " and a.archived_at is null and b.archived_at is null" } else { "" };
        let text = format!(
            "select {}, ({})::text, ({})::text from kontor.duplicates d \
             join {table} a on a.workspace_id = $1 and a.id = d.a_id \
             join {table} b on b.workspace_id = $1 and b.id = d.b_id \
             where d.workspace_id = $1 and d.object = $2::text and d.state = $3::text{live}{reached} \
             order by d.score desc, d.id limit {} offset {}",
            names.join(", "),
            title("a"),
            title("b"),
            ask.limit.clamp(1, 200),
            ask.offset,
            table = object.table,
        );
        let rows = cx.query(&Statement { text, params }, &CODECS).await?;
        let one = |row: &Vec<Value>| {
            let mut pair: Map<String, Json> =
                NAMES.iter().map(|n| n.to_string()).zip(row.iter().map(Value::to_json)).collect();
            // The stored score is of all fields; who does not see them all is told that there is a likeness.
            if finder.spec != *object.duplicates.as_ref().unwrap_or(&finder.spec) {
                pair.insert("reason".into(), Json::Null);
            }
            pair.insert("score".into(), number(&row[3]));
            pair.insert("a_title".into(), row[8].to_json());
            pair.insert("b_title".into(), row[9].to_json());
            Json::Object(pair)
        };
        Ok(json!({ "duplicates": rows.iter().map(one).collect::<Vec<_>>() }))
    }

    /// Somebody says that the two are two (`dismissed`), or that it is to be looked at again (`open`).
    pub async fn decide(&self, actor: &Actor, plural: &str, pair: Uuid, state: &str) -> Outcome<()> {
        let cx = self.engine.store().begin(actor).await?;
        let model = cx.model().clone();
        let object = model.by_plural(plural)?;
        let grant = policy::grant::<Update>(&model, actor, &object.name)?;
        if !["open", "dismissed"].contains(&state) {
            let detail = "A pair is `open` or `dismissed`; it becomes merged by a merge.";
            return Err(Problem::new("field.unknown_option", detail).at("state").into());
        }
        let gone = || Problem::new("record.not_found", format!("There is no pair {pair}."));
        let found = Statement {
            text: "select a_id, b_id, state from kontor.duplicates where workspace_id = $1 and object = $2::text \
                   and id = $3::uuid for update"
                .into(),
            params: vec![actor.workspace.into(), object.name.as_str().into(), pair.into()],
        };
        let rows = cx.query(&found, &[Codec::Uuid, Codec::Uuid, Codec::Text]).await?;
        let row = rows.first().ok_or_else(gone)?;
        let ids: Vec<Uuid> = row[..2].iter().filter_map(Value::as_id).collect();
        let reached = query::write::present(&model, object, &grant, &ids);
        if cx.query(&reached, &[Codec::Uuid]).await?.len() < 2 {
            return Err(gone().into());
        }
        if row[2].as_text() == Some("merged") {
            let detail = "These two were merged. Take the merge back to make them two again.";
            return Err(Problem::new("record.archived", detail).into());
        }
        let decided = Statement {
            text: "update kontor.duplicates set state = $3::text, decided_at = now(), decided_by = $4::uuid \
                   where workspace_id = $1 and id = $2::uuid"
                .into(),
            params: vec![actor.workspace.into(), pair.into(), state.into(), actor.member.into()],
        };
        cx.commit_with(&[decided]).await?;
        Ok(())
    }
}

fn number(value: &Value) -> Json {
    value.as_decimal().and_then(|d| d.to_string().parse::<f64>().ok()).map_or(Json::Null, |n| json!(n))
}

/// Keeps what was found. A pair that is known gets its present score; what was decided about it stays. Which pairs are
/// new and open.
pub(crate) async fn keep(cx: &Cx, object: &str, found: &[(Uuid, Found)]) -> Outcome<Vec<(Uuid, Uuid)>> {
    let mut rows = vec![];
    for (id, other) in found {
        let (a, b) = if *id < other.id { (*id, other.id) } else { (other.id, *id) };
        rows.push(json!({
            "id": new_id(), "a": a, "b": b, "score": other.alike.score, "reason": other.alike.reason(),
            "evidence": other.alike.to_json(),
        }));
    }
    if rows.is_empty() {
        return Ok(vec![]);
    }
    let statement = Statement {
        text: "insert into kontor.duplicates as d (workspace_id, id, object, a_id, b_id, score, reason, evidence) \
               select $1, r.id, $2::text, r.a, r.b, r.score, r.reason, r.evidence from jsonb_to_recordset($3::jsonb) \
               as r (id uuid, a uuid, b uuid, score numeric, reason text, evidence jsonb) order by r.a, r.b \
               on conflict (workspace_id, object, a_id, b_id) do update \
               set score = excluded.score, reason = excluded.reason, evidence = excluded.evidence \
               where d.state = 'open' returning a_id, b_id, (xmax = 0)"
            .into(),
        params: vec![cx.actor().workspace.into(), object.into(), Value::Json(Json::Array(rows))],
    };
    let kept = cx.query(&statement, &[Codec::Uuid, Codec::Uuid, Codec::Bool]).await?;
    let new = kept.iter().filter(|r| r[2] == Value::Bool(true));
    Ok(new.filter_map(|r| Some((r[0].as_id()?, r[1].as_id()?))).collect())
}
