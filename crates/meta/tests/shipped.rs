//! The blueprints that come with Kontor.
use meta::Library;

#[test]
fn shipped_blueprints_load_without_faults() {
    if let Err(faults) = Library::try_shipped() {
        let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("{} faults:\n{}", lines.len(), lines.join("\n"));
    }
}

#[test]
fn every_trade_has_a_model_alone_and_all_have_one_together() {
    let library = Library::shipped();
    for name in library.names() {
        let model = library.model(&[name], None).unwrap_or_else(|f| panic!("{name}: {f:?}"));
        assert!(model.objects.len() > 5, "{name}");
        assert!(name == "core" || !model.roles.is_empty(), "{name} has no roles");
    }
    library.model(&library.names(), None).unwrap_or_else(|f| panic!("{f:?}"));
}

#[test]
fn the_tables_hold_every_field_of_every_trade() {
    let library = Library::shipped();
    let union = library.union();
    for name in library.names() {
        let model = library.model(&[name], None).unwrap_or_else(|f| panic!("{name}: {f:?}"));
        for object in model.objects.values() {
            let table = union.object(&object.name).unwrap_or_else(|p| panic!("{name}: {p}"));
            for field in object.fields.values() {
                let column = table.fields.get(&field.name);
                let same = column
                    .is_some_and(|c| c.stored_kind().codec(c.many) == field.stored_kind().codec(field.many));
                assert!(same, "{name}: {}.{} has no column of its kind", object.name, field.name);
            }
        }
    }
}
