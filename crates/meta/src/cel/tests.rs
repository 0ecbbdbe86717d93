use super::*;
use crate::Library;
use kernel::Decimal;
use std::collections::HashMap;
use std::str::FromStr;

fn model() -> Model {
    let file = |path: &str, text: &str| (path.to_string(), text.to_string());
    let core = "name = \"core\"\nlabel = \"Core\"\n";
    let client = r#"
name = "client"
plural = "clients"
fields = [
    { name = "name", kind = "text", personal = false },
    { name = "email", kind = "email", personal = true },
]
"#;
    let order = r#"
name = "deal"
plural = "deals"
client = "client_id"
fields = [
    { name = "client_id", kind = "reference", to = "client", on_delete = "restrict", personal = false },
    { name = "amount", kind = "money", personal = false },
    { name = "probability", kind = "percent", personal = false },
    { name = "pieces", kind = "integer", personal = false },
    { name = "starts_on", kind = "date", personal = false },
    { name = "ends_on", kind = "date", personal = false },
    { name = "closed_at", kind = "date_time", personal = false },
    { name = "status", kind = "select", options = ["open", "paid"], personal = false },
    { name = "title", kind = "text", personal = false },
    { name = "done", kind = "boolean", personal = false },
    { name = "tags", kind = "tags", personal = false },
    { name = "site", kind = "address", personal = false },
    { name = "extra", kind = "json", personal = false },
    { name = "token", kind = "text", secret = true, personal = false },
    { name = "lines", kind = "parts", of = "deal_line", personal = false },
    { name = "expected", kind = "formula", result = "money", formula = "amount * probability / 100", personal = false },
    { name = "twice", kind = "formula", result = "money", formula = "expected * 2", personal = false },
]
"#;
    let line = r#"
name = "deal_line"
plural = "deal_lines"
part_of = "deal"
fields = [
    { name = "quantity", kind = "decimal", personal = false },
    { name = "price", kind = "money", personal = false },
]
"#;
    let files = [
        file("core/blueprint.toml", core),
        file("core/objects/client.toml", client),
        file("core/objects/deal.toml", order),
        file("core/objects/deal_line.toml", line),
        file("core/objects/member.toml", "name = \"member\"\nplural = \"members\"\nengine = true\n"),
    ];
    Library::parse(&files).unwrap_or_else(|f| panic!("{f:#?}")).model(&[], None).unwrap()
}

fn compile(source: &str) -> Result<Expression, String> {
    let model = model();
    Expression::compile(source, model.object("deal").unwrap(), &model)
}

fn run(source: &str, values: &[(&str, Value)]) -> Result<Value, String> {
    let values: HashMap<&str, Value> = values.iter().cloned().collect();
    compile(source)?.evaluate(&|name| values.get(name).cloned().unwrap_or_default())
}

fn number(text: &str) -> Value {
    Value::Decimal(Decimal::from_str(text).unwrap())
}

#[track_caller]
fn gives(source: &str, values: &[(&str, Value)], wanted: Value) {
    assert_eq!(run(source, values), Ok(wanted), "{source}");
}

#[track_caller]
fn refused(source: &str, wanted: &str) {
    let said = compile(source).map(|_| ()).unwrap_err();
    assert!(said.contains(wanted), "{source}: {said}");
}

#[test]
fn a_tenth_and_two_tenths_are_three_tenths() {
    gives("0.1 + 0.2 == 0.3", &[], true.into());
    gives("0.1 + 0.2", &[], number("0.3"));
    gives("19.99 * 3 == 59.97", &[], true.into());
    gives("amount * pieces", &[("amount", number("19.99")), ("pieces", Value::Int(3))], number("59.97"));
    gives("pieces * amount", &[("amount", number("19.99")), ("pieces", Value::Int(3))], number("59.97"));
    gives("1.10 - 1", &[], number("0.1"));
    gives("7 / 2", &[], number("3.5"));
    gives("7 % 4", &[], number("3"));
    gives("-amount", &[("amount", number("5"))], number("-5"));
    gives("- 5 + 2", &[], number("-3"));
    gives("1000000000000.01 + 0.01", &[], number("1000000000000.02"));
    gives("decimal('0.1234567890123456789') * 10", &[], number("1.234567890123456789"));
}

#[test]
fn a_fraction_with_more_digits_than_the_grammar_holds_is_refused_instead_of_rounded() {
    refused("amount > 0.12345678901234567", "too many digits");
}

#[test]
fn null_passes_through_arithmetic_and_comparison() {
    gives("amount * 2", &[], Value::Null);
    gives("2 * amount + 1", &[], Value::Null);
    gives("amount > 0", &[], Value::Null);
    gives("amount == null", &[], true.into());
    gives("amount != null", &[], false.into());
    gives("null == amount", &[], true.into());
    gives("amount == 0", &[], false.into());
    gives("!(amount > 0)", &[], Value::Null);
    gives("title + 'x'", &[], Value::Null);
    gives("round(amount, 2)", &[], Value::Null);
    gives("amount > 0 ? 1 : 2", &[], Value::Null);
    gives("amount == null ? 1 : amount", &[], number("1"));
}

#[test]
fn and_and_or_know_three_values() {
    let known = [("done", Value::Bool(true))];
    gives("done || amount > 0", &known, true.into());
    gives("amount > 0 || done", &known, true.into());
    gives("!done && amount > 0", &known, false.into());
    gives("done && amount > 0", &known, Value::Null);
    gives("amount > 0 && !done", &known, false.into());
}

#[test]
fn dates_compare_and_count_days() {
    let day = |t: &str| Value::Date(t.parse().unwrap());
    let dates = [("starts_on", day("2026-02-27")), ("ends_on", day("2026-03-02"))];
    gives("starts_on < ends_on", &dates, true.into());
    gives("ends_on - starts_on", &dates, number("3"));
    gives("starts_on + 3 == ends_on", &dates, true.into());
    gives("ends_on - 3 == starts_on", &dates, true.into());
    gives("starts_on >= \"2026-02-27\"", &dates, true.into());
    gives("year(starts_on) * 100 + month(starts_on)", &dates, number("202602"));
    gives("starts_on + 99999999", &dates[..0], Value::Null);
    assert!(run("starts_on + 99999999", &dates).unwrap_err().contains("calendar"));
    refused("starts_on < 5", "does not go with");
    refused("starts_on < closed_at", "does not go with");
}

#[test]
fn moments_compare_and_count_seconds() {
    let at = |t: &str| Value::Time(t.parse().unwrap());
    let times = [("closed_at", at("2026-11-21T10:00:00+01:00"))];
    gives("closed_at == timestamp(\"2026-11-21T09:00:00Z\")", &times, true.into());
    gives("closed_at < \"2026-11-21T09:00:01Z\"", &times, true.into());
    gives("closed_at - timestamp(\"2026-11-21T08:00:00Z\")", &times, number("3600"));
    gives("date(closed_at) == date(\"2026-11-21\")", &times, true.into());
}

#[test]
fn today_is_what_the_clock_says() {
    let model = model();
    let e = Expression::compile("starts_on <= today()", model.object("deal").unwrap(), &model).unwrap();
    let clock = Clock { now: "2026-11-21T23:30:00Z".parse().unwrap(), today: "2026-11-22".parse().unwrap() };
    let day = Value::Date("2026-11-22".parse().unwrap());
    assert_eq!(e.evaluate_at(&|_| day.clone(), clock), Ok(true.into()));
    assert!(e.uses_time());
}

#[test]
fn functions_are_exact_and_round_half_away_from_zero() {
    gives("round(2.345, 2)", &[], number("2.35"));
    gives("round(-2.345, 2)", &[], number("-2.35"));
    gives("round(2.5)", &[], number("3"));
    gives("round(-2.5)", &[], number("-3"));
    gives("round(1250, -2)", &[], number("1300"));
    gives("sum([0.1, 0.2, 0.3])", &[], number("0.6"));
    gives("sum([])", &[], number("0"));
    gives("avg([1, 2])", &[], number("1.5"));
    gives("min(3, 1.5, 2)", &[], number("1.5"));
    gives("max([3, 1.5, 2])", &[], number("3"));
    gives("coalesce(amount, 7)", &[], number("7"));
    gives("abs(-3.5)", &[], number("3.5"));
    gives("ceil(1.1) + floor(1.9)", &[], number("3"));
    gives("int('42') + 1", &[], number("43"));
    gives("size('äöü')", &[], number("3"));
    gives("size(tags) > 0", &[("tags", Value::Texts(vec!["vip".into()]))], true.into());
    gives("'vip' in tags", &[("tags", Value::Texts(vec!["vip".into()]))], true.into());
    gives("title.startsWith('A') && title.endsWith('z')", &[("title", "Abz".into())], true.into());
    gives("title.matches('^[A-Z]+$')", &[("title", "ABC".into())], true.into());
    gives("string(1.50) + '!'", &[], "1.5!".into());
    gives("title.upperAscii().trim()", &[("title", " ab ".into())], "AB".into());
}

#[test]
fn macros_go_over_lists() {
    let tags = [("tags", Value::Texts(vec!["a".into(), "bb".into(), "ccc".into()]))];
    gives("tags.exists(t, t == 'bb')", &tags, true.into());
    gives("tags.all(t, size(t) < 3)", &tags, false.into());
    gives("size(tags.filter(t, size(t) > 1))", &tags, number("2"));
    gives("sum(tags.map(t, size(t)))", &tags, number("6"));
    gives("tags.exists_one(t, t == 'a')", &tags, true.into());
    gives("[1, 2, 3].map(x, x * 0.1) == [0.1, 0.2, 0.3]", &[], true.into());
    gives("tags.exists(t, t == 'bb')", &[], Value::Null);
}

#[test]
fn rows_of_parts_keep_their_kinds() {
    let rows = serde_json::json!([
        { "quantity": "3", "price": "19.99" },
        { "quantity": "0.5", "price": "0.10" },
    ]);
    let values = [("lines", Value::Json(rows))];
    gives("sum(lines.map(l, l.quantity * l.price))", &values, number("60.02"));
    gives("size(lines) == 2", &values, true.into());
    gives("lines.all(l, l.price > 0)", &values, true.into());
    refused("lines.all(l, l.prise > 0)", "Did you mean `price`?");
}

#[test]
fn a_reference_is_followed_one_hop() {
    gives("client.email != null", &[("client.email", "a@b.de".into())], true.into());
    gives("has(client.email)", &[], false.into());
    assert_eq!(compile("client.email != null && amount > 0").unwrap().uses(), ["amount", "client.email"]);
    refused("client != null", "Say `client_id`");
    refused("client.emial != null", "Did you mean `email`?");
    refused("cleint.email != null", "Did you mean `client`?");
    refused("client.created_by.name != null", "one hop");
    refused("client.deals", "`client` has no field `deals`");
}

#[test]
fn tables_and_json_can_be_looked_into() {
    let site = serde_json::json!({ "city": "Rostock" });
    gives("site.city == 'Rostock'", &[("site", Value::Json(site))], true.into());
    let extra = serde_json::json!({ "a": [1, { "b": 2.5 }] });
    gives("extra.a[1].b + 1", &[("extra", Value::Json(extra))], number("3.5"));
    gives("extra.nothing.here == null", &[], true.into());
}

#[test]
fn names_that_do_not_exist_are_told_with_what_was_meant() {
    refused("amuont > 0", "Did you mean `amount`?");
    refused("ammount > 0", "`deal` has no field `ammount`. Did you mean `amount`?");
    refused("rond(amount)", "Did you mean `round`?");
    refused("title.startwith('a')", "Did you mean `startsWith`?");
    refused("status == 'payed'", "Did you mean `paid`?");
    refused("status in ['open', 'payd']", "Did you mean `paid`?");
    refused("token == 'x'", "secret");
}

#[test]
fn what_does_not_go_together_is_told_before_it_runs() {
    refused("amount + title", "`+` does not go with a number and a text");
    refused("title * 2", "`*` does not go with a text and a number");
    refused("amount == 'x'", "`==` does not go with");
    refused("amount && done", "`&&` needs true or false, not a number");
    refused("-title", "`-` needs a number");
    refused("round(title)", "`round()` takes");
    refused("sum(tags)", "`sum()` takes a list of numbers");
    refused("tags < 3", "`<` does not go with");
    refused("title.matches('(')", "does not compile");
    refused("date('2026-13-01') == starts_on", "is no date");
    refused("{'a': 1}", "cannot be written");
    let model = model();
    let deal = model.object("deal").unwrap();
    assert!(Expression::condition("amount + 1", deal, &model).unwrap_err().contains("this gives a number"));
    assert!(
        Expression::formula("title", Kind::Money, deal, &model)
            .unwrap_err()
            .contains("the formula gives a text")
    );
    assert!(
        Expression::formula("client.name", Kind::Text, deal, &model).unwrap_err().contains("own fields only")
    );
    assert!(Expression::formula("today()", Kind::Date, deal, &model).unwrap_err().contains("grow old"));
}

#[test]
fn formulas_come_after_those_they_use() {
    let model = model();
    let names: Vec<String> =
        formulas(model.object("deal").unwrap(), &model).unwrap().into_iter().map(|(n, _)| n).collect();
    assert_eq!(names, ["expected", "twice"]);
}

#[test]
fn a_failure_is_a_sentence() {
    assert_eq!(run("amount / 0", &[("amount", number("1"))]), Err("Division by zero.".into()));
    assert_eq!(run("amount % 0", &[("amount", number("1"))]), Err("Division by zero.".into()));
    let huge = number("79228162514264337593543950335");
    assert!(run("amount * 10", &[("amount", huge.clone())]).unwrap_err().contains("more digits"));
    assert!(run("amount + amount", &[("amount", huge)]).unwrap_err().contains("more digits"));
}

#[test]
fn no_input_brings_the_process_down() {
    let many = |piece: &str, n: usize| piece.repeat(n);
    let inputs = [
        String::new(),
        "   ".into(),
        "(".into(),
        ")".into(),
        "\0".into(),
        "amount +".into(),
        "'unclosed".into(),
        "amount ? :".into(),
        "1e999 > amount".into(),
        "9223372036854775808".into(),
        "-9223372036854775808".into(),
        "0xffffffffffffffffff".into(),
        "b'abc' == title".into(),
        "[".into(),
        "amount[0]".into(),
        "tags[-1]".into(),
        "tags[1e30]".into(),
        "tags['x']".into(),
        "a.b.c.d.e.f".into(),
        "`x`".into(),
        "🦀 + 1".into(),
        "has(1)".into(),
        "tags.map(x)".into(),
        "tags.map(x, y, z, a)".into(),
        "tags.all(1, 2)".into(),
        "Msg{a: 1}".into(),
        many("(", 2000),
        format!("{}1{}", many("(", 1900), many(")", 1900)),
        format!("{}done", many("!", 3900)),
        format!("{}1", many("-", 3900)),
        format!("1{}", many("+1", 1900)),
        format!("done{}", many("&&done", 600)),
        many("[", 3900),
        format!("amount{}", many(".a", 1900)),
        format!("1{}", many("?1:1", 900)),
        "x".repeat(5000),
    ];
    for input in inputs {
        let short: String = input.chars().take(40).collect();
        let outcome = compile(&input).and_then(|e| e.evaluate(&|_| Value::Null));
        println!("{short}: {outcome:?}");
    }
}

#[test]
fn work_is_bounded() {
    let list = Value::Texts((0..300).map(|i| i.to_string()).collect());
    let source = "tags.all(a, tags.all(b, tags.all(c, a + b + c != 'x')))";
    assert!(run(source, &[("tags", list.clone())]).unwrap_err().contains("too many steps"));
    let growing = "tags.map(a, tags.map(b, tags.map(c, title)))";
    assert!(run(growing, &[("tags", list), ("title", "x".repeat(1000).into())]).is_err());
}
