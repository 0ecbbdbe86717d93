//! Names of constraints and indexes. They are a convention that `problems.rs` reads back.
use meta::{Field, Kind, Model, Object, Place, Unique};

/// PostgreSQL cuts identifiers silently after 63 bytes.
const LONGEST: usize = 63;

/// `<plural>_<fields>_<suffix>`, shortened with a hash where it would be cut.
pub(crate) fn of(plural: &str, fields: &[&str], suffix: &str) -> String {
    let full = format!("{plural}_{}_{suffix}", fields.join("_"));
    if full.len() <= LONGEST {
        return full;
    }
    // FNV-1a: the same in every release, which the standard library's hasher does not promise.
    let hash = full.bytes().fold(0x811c_9dc5_u32, |h, b| (h ^ u32::from(b)).wrapping_mul(0x0100_0193));
    let tail = format!("_{hash:08x}_{suffix}");
    format!("{}{tail}", &full[..LONGEST - tail.len()])
}

/// The fields whose values a unique constraint of this name keeps apart.
pub(crate) fn unique_fields(object: &Object, constraint: &str) -> Vec<String> {
    let found = uniques(object).into_iter().find(|(fields, _)| key_name(object, fields) == constraint);
    found.map(|(fields, _)| fields).unwrap_or_default()
}

fn key_name(object: &Object, fields: &[String]) -> String {
    let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
    of(&object.plural, &fields, "key")
}

/// Every uniqueness of an object: the fields that name it, and whether it holds per location.
pub(crate) fn uniques(object: &Object) -> Vec<(Vec<String>, bool)> {
    let single = object.fields.values().filter(|f| f.place == Place::Column && f.unique != Unique::No);
    let single =
        single.map(|f| (vec![f.name.clone()], f.unique == Unique::Location && object.location_scoped));
    let several = object.unique.iter().map(|rule| (rule.fields.clone(), false));
    single.chain(several).collect()
}

/// The reference behind a foreign key's name, among all objects of the model.
pub(crate) fn reference_of<'a>(model: &'a Model, constraint: &str) -> Option<(&'a Object, &'a str)> {
    model.objects.values().find_map(|object| {
        let field = object
            .fields
            .values()
            .find(|f| is_reference(f) && of(&object.plural, &[&f.name], "fkey") == constraint)?;
        Some((object, field.name.as_str()))
    })
}

/// Whether the column has a foreign key. The system's own writes have the nil member, which is nobody's row.
pub(crate) fn is_reference(field: &Field) -> bool {
    field.place == Place::Column
        && !field.many
        && !(field.system && target(field) == Some("member"))
        && target(field).is_some()
}

/// The object that a field refers to.
pub(crate) fn target(field: &Field) -> Option<&str> {
    match (&field.reference, field.kind) {
        (Some(reference), _) => Some(&reference.to),
        (None, Kind::User) => Some("member"),
        (None, Kind::File) => Some("file"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn names_that_postgresql_would_cut_stay_apart() {
        let long = "a_name_that_goes_on_and_on_and_on_for_no_good_reason";
        let (x, y) = (of("berths", &[long, "x"], "key"), of("berths", &[long, "y"], "key"));
        assert!(x.len() <= 63 && y.len() <= 63);
        assert!(x.ends_with("_key") && x != y);
        assert_eq!(of("berths", &["number"], "key"), "berths_number_key");
    }
}
