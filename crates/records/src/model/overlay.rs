//! The overlay as JSON: the entries of objects and fields, found and changed by name.
use meta::Fault;
use serde_json::{Map, Value as Json, json};

#[derive(Debug, Clone)]
pub(super) struct Overlay(Map<String, Json>);

impl Overlay {
    pub fn of(json: Option<&Json>) -> Self {
        Self(json.and_then(Json::as_object).cloned().unwrap_or_default())
    }
    pub fn json(&self) -> Json {
        Json::Object(self.0.clone())
    }
    fn list(&mut self, key: &str) -> &mut Vec<Json> {
        let list = self.0.entry(key).or_insert_with(|| json!([]));
        if !list.is_array() {
            *list = json!([]);
        }
        list.as_array_mut().expect("made a line above")
    }
    fn objects(&self) -> &[Json] {
        self.0.get("objects").and_then(Json::as_array).map_or(&[], Vec::as_slice)
    }

    /// The entry of an object that the workspace made.
    pub fn own(&self, object: &str) -> Option<usize> {
        self.objects().iter().position(|o| o["name"] == object)
    }
    pub fn own_objects(&self) -> impl Iterator<Item = &Json> {
        self.objects().iter().filter(|o| o["name"].is_string())
    }
    /// The entry in which an object's fields stand, made where there is none.
    pub fn entry(&mut self, object: &str) -> usize {
        if let Some(at) = self.find(object) {
            return at;
        }
        self.list("objects").push(json!({ "extend": object, "fields": [] }));
        self.objects().len() - 1
    }
    pub fn find(&self, object: &str) -> Option<usize> {
        self.objects().iter().position(|o| o["name"] == object || o["extend"] == object)
    }
    pub fn object(&self, at: usize) -> &Json {
        &self.objects()[at]
    }
    pub fn object_mut(&mut self, at: usize) -> &mut Map<String, Json> {
        self.list("objects")[at].as_object_mut().expect("an entry is an object")
    }
    pub fn add_object(&mut self, entry: Map<String, Json>) -> usize {
        self.list("objects").push(Json::Object(entry));
        self.objects().len() - 1
    }
    pub fn remove_object(&mut self, at: usize) -> Json {
        self.list("objects").remove(at)
    }

    pub fn fields(&mut self, at: usize) -> &mut Vec<Json> {
        let fields = self.object_mut(at).entry("fields").or_insert_with(|| json!([]));
        if !fields.is_array() {
            *fields = json!([]);
        }
        fields.as_array_mut().expect("made a line above")
    }
    pub fn field(&self, object: &str, field: &str) -> Option<(usize, usize)> {
        let at = self.find(object)?;
        let fields = self.object(at)["fields"].as_array()?;
        Some((at, fields.iter().position(|f| f["name"] == field)?))
    }
    /// Whether the entry of a field introduces it, put away or not; else it changes a shipped one.
    pub fn has_own_field(&self, object: &str, field: &str) -> bool {
        self.field(object, field).is_some_and(|(o, f)| self.object(o)["fields"][f]["kind"].is_string())
    }

    /// Stages of own fields, replaced for one object.
    pub fn set_pipelines(&mut self, object: &str, pipelines: Vec<Json>) {
        let all = self.list("pipelines");
        all.retain(|p| p["object"] != object);
        all.extend(pipelines);
    }

    /// With a field go its stages.
    pub fn remove_pipelines(&mut self, object: &str, field: &str) {
        self.list("pipelines").retain(|p| p["object"] != object || p["field"] != field);
    }

    /// `objects.2.fields.0`
    pub fn at(&self, path: &str) -> Option<&Json> {
        let mut steps = path.split('.');
        let mut json = self.0.get(steps.next()?)?;
        for step in steps {
            json = match step.parse::<usize>() {
                Ok(i) => json.get(i)?,
                Err(_) => json.get(step)?,
            };
        }
        Some(json)
    }
    /// References among what was just written whose way back would have a name that is taken, and whose author named
    /// none, get a longer one: `partner_deals`. Says whether that mends every fault.
    pub fn name_inverses(&mut self, inside: &str, faults: &[Fault]) -> bool {
        let mends = |f: &Fault| f.key.starts_with(inside) && f.key.ends_with(".inverse");
        if faults.is_empty() || !faults.iter().all(mends) {
            return false;
        }
        faults.iter().all(|fault| self.name_inverse(&fault.key).is_some())
    }

    /// `objects.deal.fields.partner_id.inverse`
    fn name_inverse(&mut self, key: &str) -> Option<()> {
        let mut steps = key.split('.');
        let (object, field) = (steps.nth(1)?, steps.nth(1)?);
        let (o, f) = self.field(object, field)?;
        let plural = self.object(o)["plural"].as_str().map_or_else(|| format!("{object}s"), str::to_owned);
        let field = &mut self.fields(o)[f];
        if field["inverse"].is_string() {
            return None;
        }
        let stem = field["name"].as_str()?.trim_end_matches("_id").to_owned();
        field["inverse"] = json!(format!("{stem}_{plural}"));
        Some(())
    }
}
