//! `as_of`: rows as they were. Those that no change has touched since are read as they stand; the others are rebuilt by
//! walking the change log back, all at once: of every field, what stood before its first change since.
use crate::shape;
use meta::{Object, Place};

/// Where the moment stands among the parameters of every statement.
pub const MOMENT: &str = "$2::timestamptz";

/// The name of the rows that were rebuilt.
pub fn rebuilt(object: &Object) -> String {
    format!("then_{}", object.plural)
}

/// What stands in `from` instead of the table.
pub fn table(object: &Object) -> String {
    let (table, then, only) = (&object.table, rebuilt(object), shape::only(object));
    format!(
        "(select t.* from {table} t where t.workspace_id = $1{only} \
         and not exists (select 1 from {then} h where h.id = t.id)\n\
         union all\n\
         select r.* from {then} h left join {table} t on t.workspace_id = $1 and t.id = h.id{only} \
         cross join lateral jsonb_populate_record(t, h.fields) r where not h.is_new)"
    )
}

/// The rows that changed since, as JSON by which the present row (if there is one) is overlaid. Secrets are not in the
/// log: where one was changed since, what it was is not known. `only`: the parameter that names the one record.
pub fn with(object: &Object, only: Option<usize>) -> String {
    let only = only.map_or(String::new(), |n| format!(" and c.record_id = ${n}::uuid"));
    let name = shape::literal(&object.name);
    let then = rebuilt(object);
    let has = |field: &str| object.fields.contains_key(field);
    let mut stamps = vec!["'workspace_id', $1".to_string(), "'id', f.record_id".to_string()];
    if has("version") {
        stamps.push("'version', case when f.is_gone then f.version else f.version - 1 end".into());
    }
    if has("updated_at") {
        stamps.push(
            "'updated_at', coalesce(p.at, (f.fields->>'created_at')::timestamptz, t.created_at)".into(),
        );
    }
    if has("updated_by") {
        stamps.push(
            "'updated_by', coalesce(p.member_id, (f.fields->>'created_by')::uuid, t.created_by)".into(),
        );
    }
    let custom: Vec<_> = names(object, |f| f.place == Place::Custom);
    let secret: Vec<_> = names(object, |f| f.secret && f.place == Place::Column);
    let mut fields = format!("f.fields || jsonb_build_object({})", stamps.join(", "));
    if !secret.is_empty() {
        let kept = format!("(f.fields ?| array[{}])", secret.join(", "));
        let nulls: Vec<_> = secret.iter().map(|s| format!("{s}, null")).collect();
        fields = format!(
            "{fields} || case when {kept} then jsonb_build_object({}) else '{{}}' end",
            nulls.join(", ")
        );
    }
    if !custom.is_empty() {
        let all = custom.join(", ");
        fields = format!(
            "{fields} || jsonb_build_object('custom', coalesce(t.custom, '{{}}') || (select \
             coalesce(jsonb_object_agg(k.key, k.value), '{{}}') from jsonb_each(f.fields) k where k.key in ({all})))"
        );
    }
    format!(
        "{then}_log as materialized (\n\
         select c.record_id, c.version, c.at, c.seq, c.before, c.after\n\
         from kontor.change_sets s\n\
         join kontor.changes c on c.workspace_id = s.workspace_id and c.change_set_id = s.id and c.at = s.at\n\
         where s.workspace_id = $1 and s.at > {MOMENT} and c.at > {MOMENT} and c.object = {name}{only}\n\
         ),\n\
         {then}_first as (\n\
         select distinct on (record_id) record_id, version, before is null as is_new, after is null as is_gone\n\
         from {then}_log order by record_id, version, at, seq\n\
         ),\n\
         {then}_fields as (\n\
         select record_id, jsonb_object_agg(key, value) as fields from (\n\
         select distinct on (c.record_id, k.key) c.record_id, k.key, coalesce(c.before->k.key, 'null') as value\n\
         from {then}_log c cross join lateral jsonb_object_keys(coalesce(c.before, '{{}}') || coalesce(c.after, '{{}}')) k(key)\n\
         order by c.record_id, k.key, c.version, c.at, c.seq) each_field group by record_id\n\
         ),\n\
         {then} as materialized (\n\
         select f.record_id as id, f.is_new, {fields} as fields\n\
         from (select o.record_id, o.version, o.is_new, o.is_gone, coalesce(e.fields, '{{}}') as fields\n\
         from {then}_first o left join {then}_fields e using (record_id)) f\n\
         left join {table} t on t.workspace_id = $1 and t.id = f.record_id{mine}\n\
         left join lateral (select c.at, s.member_id from kontor.changes c join kontor.change_sets s \
         on s.workspace_id = $1 and s.id = c.change_set_id and s.at = c.at \
         where c.workspace_id = $1 and c.record_id = f.record_id and c.object = {name} and c.at <= {MOMENT} \
         order by c.at desc, c.version desc limit 1) p on not f.is_new\n\
         )",
        table = object.table,
        mine = shape::only(object)
    )
}

fn names(object: &Object, fits: impl Fn(&meta::Field) -> bool) -> Vec<String> {
    object.fields.values().filter(|f| fits(f)).map(|f| shape::literal(&f.name)).collect()
}

/// How many changes would have to be walked back, `most` at most.
pub fn changed_since(
    workspace: kernel::Uuid,
    object: &Object,
    moment: kernel::Timestamp,
    most: i64,
) -> crate::Statement {
    let text = format!(
        "select count(*) from (select 1 from kontor.change_sets s \
         join kontor.changes c on c.workspace_id = s.workspace_id and c.change_set_id = s.id and c.at = s.at \
         where s.workspace_id = $1 and s.at > {MOMENT} and c.at > {MOMENT} and c.object = $3::text limit {}) c",
        most + 1
    );
    let params = vec![workspace.into(), kernel::Value::Time(moment), object.name.as_str().into()];
    crate::Statement { text, params }
}
