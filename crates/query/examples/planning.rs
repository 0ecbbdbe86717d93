//! How long a plan takes: `cargo run --release -p query --example planning`.
use policy::{Actor, Read};
use query::Headers;
use std::hint::black_box;
use std::time::Instant;

#[path = "../tests/support/mod.rs"]
mod support;
use support::shop;

const ROUNDS: u32 = 20_000;

fn main() {
    let model = shop::model();
    let director = shop::actor(&[("director", None)]);
    let seller = shop::actor(&[("seller", None)]);
    for (who, actor) in [("director", &director), ("seller", &seller)] {
        time(&format!("{who}, everything"), &model, actor, "");
        time(
            &format!("{who}, filter and order"),
            &model,
            actor,
            "stage=eq.open&order=amount.desc&select=id,number,amount",
        );
        time(
            &format!("{who}, relations"),
            &model,
            actor,
            "select=*,client(name,owner(name)),lines(*)&client.name=ilike.*a*",
        );
    }
}

fn time(what: &str, model: &meta::Model, actor: &Actor, query: &str) {
    let pairs = query::pairs(query);
    let began = Instant::now();
    for _ in 0..ROUNDS {
        let ask = query::parse(black_box(&pairs), &Headers::default()).expect("the question is read");
        let grant = policy::grant::<Read>(model, actor, "order").expect("the actor may read");
        black_box(query::list(model, actor, &grant, &ask).expect("the question is planned"));
    }
    println!("{:>6.2} µs  {what}", began.elapsed().as_secs_f64() * 1e6 / f64::from(ROUNDS));
}
