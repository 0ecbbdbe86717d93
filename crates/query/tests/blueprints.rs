//! Every shipped object, relation and view can be asked for.
mod support;

use policy::{Actor, Read};
use query::Headers;
use support::fixtures::workspace;

#[test]
fn every_view_and_every_relation_of_the_blueprints_is_planned() {
    let library = meta::Library::shipped();
    let actor = Actor::system(workspace(), "test");
    let mut failures = vec![];
    let mut asked = 0;
    for blueprint in library.names() {
        let model = match library.model(&[blueprint], None) {
            Ok(model) => model,
            Err(faults) => {
                failures.push(format!("{blueprint}: {faults:?}"));
                continue;
            }
        };
        for object in model.objects.values() {
            let grant = policy::grant::<Read>(&model, &actor, &object.name).expect("the system may read");
            let mut ask = |query: String| {
                asked += 1;
                let parsed = query::parse(&query::pairs(&query), &Headers::default());
                if let Err(p) = parsed.and_then(|ask| query::list(&model, &actor, &grant, &ask)) {
                    failures.push(format!("{blueprint}: {}?{query}: {p:?}", object.plural));
                }
            };
            ask(String::new());
            for view in &object.views {
                ask(format!("view={}", view.name));
            }
            let relations = query::relations(&model, object);
            let twins = |name: &str| relations.iter().filter(|r| r.name == name).count() > 1;
            for relation in relations.iter().filter(|r| !twins(&r.name)) {
                ask(format!("select=*,{}(*)", relation.name));
            }
            for relation in relations.iter().filter(|r| twins(&r.name)) {
                failures
                    .push(format!("{blueprint}: `{}` has two relations `{}`", object.name, relation.name));
            }
        }
    }
    eprintln!("{asked} questions planned");
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
