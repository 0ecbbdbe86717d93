//! Changes of what exists: a workspace's own fields and objects. One transaction with the change log, alone among the
//! workspace's writers, checked like a blueprint.
mod data;
mod describe;
mod edit;
mod fill;
mod indexes;
mod overlay;
mod purge;
mod sight;

use crate::log::{Entry, head};
use crate::{Body, Engine, Source};
pub use fill::ComputedFill;
pub use indexes::IndexBuild;
use kernel::{Outcome, Problem, Problems, Timestamp, Value, new_id};
use meta::{Codec, Fault, Library, Model};
use overlay::Overlay;
use policy::Actor;
pub use purge::ModelPurge;
use query::Statement;
use serde_json::Value as Json;
use store::herald::ChangeTold;
use store::{Cx, Workspace};

/// What an administrator asks for.
#[derive(Debug, Clone)]
pub enum ModelChange {
    AddObject(Body),
    ChangeObject {
        object: String,
        body: Body,
    },
    /// Puts an own object away, or brings it back.
    ArchiveObject {
        object: String,
        away: bool,
    },
    /// For good, its records included.
    DeleteObject {
        object: String,
        deletion: Deletion,
    },
    AddField {
        object: String,
        body: Body,
    },
    ChangeField {
        object: String,
        field: String,
        body: Body,
    },
    ArchiveField {
        object: String,
        field: String,
        away: bool,
    },
    DeleteField {
        object: String,
        field: String,
        deletion: Deletion,
    },
    /// The order in which fields are shown; those that are not named follow.
    OrderFields {
        object: String,
        fields: Vec<String>,
    },
}

/// How something is deleted that has values.
#[derive(Debug, Clone, Default)]
pub struct Deletion {
    /// The name, repeated.
    pub confirm: Option<String>,
    /// The values go at once and not after a day in which they can be brought back.
    pub now: bool,
}

/// What stands after a change: the object's description and the version of the workspace's changes.
#[derive(Debug, Clone)]
pub struct Described {
    pub version: i64,
    pub body: Json,
    /// When the values go of what was deleted; `None`: it had none, and is gone.
    pub leaves_at: Option<Timestamp>,
}

/// An edit of the overlay, not yet checked.
struct Edited {
    /// `client`, and the field where the change is about one.
    object: String,
    field: Option<String>,
    action: &'static str,
    before: Json,
    after: Json,
    /// Where in the overlay the caller's body went: `objects.2.fields.0`.
    at: String,
}

impl Engine {
    /// Every object in effect, and what is put away.
    pub async fn describe_model(&self, actor: &Actor) -> Outcome<Described> {
        let (model, workspace) = self.described(actor).await?;
        Ok(Described {
            version: workspace.overlay_version,
            body: describe::all(&model, &workspace),
            leaves_at: None,
        })
    }

    pub async fn describe_object(&self, actor: &Actor, object: &str) -> Outcome<Described> {
        let (model, workspace) = self.described(actor).await?;
        let body = describe::one(&model, &workspace, object).ok_or_else(|| no_such_object(object))?;
        Ok(Described { version: workspace.overlay_version, body, leaves_at: None })
    }

    /// Every object that the member may read, with the fields that they may see and what they may do: for screens.
    pub async fn model_in_sight(&self, actor: &Actor) -> Outcome<Json> {
        let cx = self.store().begin_read(actor).await?;
        Ok(sight::all(cx.model(), cx.workspace(), actor))
    }

    async fn described(&self, actor: &Actor) -> Outcome<(std::sync::Arc<Model>, std::sync::Arc<Workspace>)> {
        // Through a transaction, so that another node's change is seen.
        let cx = self.store().begin_read(actor).await?;
        policy::may_manage_objects(cx.model(), actor)?;
        Ok((cx.model().clone(), cx.workspace().clone()))
    }

    /// `seen`: the version that the caller looked at. The object as it is now; null for one that is gone.
    pub async fn change_model(
        &self,
        actor: &Actor,
        change: &ModelChange,
        seen: Option<i64>,
    ) -> Outcome<Described> {
        policy::may_manage_objects(&*self.model(actor).await?, actor)?;
        let leaves_at = self.leaves_at(actor, change).await?;
        let cx = self.store().begin_model(actor).await?;
        policy::may_manage_objects(cx.model(), actor)?;
        let (old, workspace) = (cx.model().clone(), cx.workspace().clone());
        let version = workspace.overlay_version;
        if seen.is_some_and(|seen| seen != version) {
            return Err(overtaken(version).into());
        }
        let mut overlay = Overlay::of(workspace.overlay.as_ref());
        let (edited, mut new) = sound(&old, &workspace, &mut overlay, change, leaves_at)?;
        data::follow(&cx, actor, &old, &new, &edited).await?;
        data::index_states(&cx, actor.workspace, &mut new).await?;
        let (version, told) = write(&cx, actor, &overlay, &edited, version).await?;
        if data::indexes_wait(&cx, actor.workspace).await? {
            jobs::enqueue(&cx, &IndexBuild::order()).await?;
        }
        if let Some(at) = leaves_at {
            jobs::enqueue(&cx, &purge::order(&edited.object, edited.field.as_deref(), at)).await?;
        }
        let filling = fill::enqueue(&cx, actor, &old, &new).await?;
        let after =
            Workspace { overlay: Some(overlay.json()), overlay_version: version, ..(*workspace).clone() };
        let mut body = describe::one(&new, &after, &edited.object).unwrap_or_default();
        if let (Some(job), Some(body)) = (filling, body.as_object_mut()) {
            body.insert("filling".into(), serde_json::json!(job));
        }
        cx.commit().await?;
        self.store().forget(actor.workspace);
        self.store().tell_change(told);
        Ok(Described { version, body, leaves_at })
    }
}

/// Makes the edit and checks the whole model that comes of it.
fn sound(
    old: &Model,
    workspace: &Workspace,
    overlay: &mut Overlay,
    change: &ModelChange,
    leaves_at: Option<Timestamp>,
) -> Result<(Edited, Model), Problems> {
    let mut tried = overlay.clone();
    let edited = edit::apply(&mut tried, old, change, leaves_at)?;
    let names: Vec<&str> = workspace.blueprints.iter().map(String::as_str).collect();
    let check = |overlay: &Overlay| Library::shipped().model(&names, Some(&overlay.json()));
    let model = match check(&tried) {
        Ok(model) => Ok(model),
        // Nobody named the way back, and the plain name is taken there: a longer one will do.
        Err(faults) => match tried.name_inverses(&edited.place(), &faults) {
            true => check(&tried),
            false => Err(faults),
        },
    };
    let model =
        model.map_err(|faults| faults.iter().map(|f| problem(&edited.place(), f)).collect::<Problems>())?;
    *overlay = tried;
    let after = overlay.at(&edited.at).cloned().filter(|_| !edited.after.is_null());
    let edited = Edited { after: after.unwrap_or_default(), ..edited };
    Ok((edited, model))
}

/// Where the fault lies in the caller's body, its field is named as the caller wrote it.
fn problem(place: &str, fault: &Fault) -> Problem {
    let inside = fault.key.strip_prefix(place).filter(|k| k.is_empty() || k.starts_with('.'));
    let inside = inside.map(|k| k.trim_start_matches('.'));
    let problem = Problem::new("model.invalid", fault.detail.clone());
    let problem = match inside {
        Some("") => problem,
        Some(field) => problem.at(field),
        None => problem.at(&fault.key),
    };
    match &fault.hint {
        Some(hint) => problem.hint(hint),
        None => problem,
    }
}

/// The overlay and its line in the change log.
async fn write(
    cx: &Cx,
    actor: &Actor,
    overlay: &Overlay,
    edited: &Edited,
    seen: i64,
) -> Outcome<(i64, ChangeTold)> {
    let statement = Statement {
        text: "select kontor.change_overlay($2::jsonb, $3::bigint) where $1::uuid is not null".into(),
        params: vec![actor.workspace.into(), Value::Json(overlay.json()), seen.into()],
    };
    let rows = cx.query(&statement, &[Codec::Int8]).await?;
    let Some(Value::Int(version)) = rows.first().and_then(|r| r.first()) else {
        return Err(overtaken(seen).into());
    };
    let at = Timestamp::from_microsecond(Timestamp::now().as_microsecond()).expect("now is in range");
    let set = new_id();
    let entry = Entry::model(
        actor.workspace,
        edited.action,
        edited.told(&edited.before),
        edited.told(&edited.after),
        *version,
    );
    let log = [head(actor, &Source::request(), set, at), entry.statement(actor.workspace, set, 1, at)];
    cx.pipeline(&log).await?;
    Ok((*version, ChangeTold { workspace: actor.workspace, set, at }))
}

impl Edited {
    /// Where the faults of what was written lie: they are told by names.
    fn place(&self) -> String {
        match &self.field {
            None => format!("objects.{}", self.object),
            Some(field) => format!("objects.{}.fields.{field}", self.object),
        }
    }
    /// As the log has it: which object and field, and how they were defined.
    fn told(&self, definition: &Json) -> Json {
        if definition.is_null() {
            return Json::Null;
        }
        serde_json::json!({ "object": self.object, "field": self.field, "definition": definition })
    }
}

fn overtaken(version: i64) -> Problem {
    Problem::new(
        "model.version_conflict",
        "Somebody else has changed the fields and objects of this workspace.",
    )
    .hint("Look at them again, then make your change.")
    .with(serde_json::json!({ "version": version }))
}

fn no_such_object(object: &str) -> Problem {
    Problem::new("meta.no_such_object", format!("There is no object `{object}`."))
}

fn no_such_field(object: &str, field: &str) -> Problem {
    Problem::new("model.no_such_field", format!("`{object}` has no field `{field}` of this workspace's own."))
}
