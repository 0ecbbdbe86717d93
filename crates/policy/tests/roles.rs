//! The rights of every shipped role, as a table that people can read, and the cells that the trades' descriptions ask
//! for. `KONTOR_BLESS=1 cargo nextest run -p policy` rewrites `roles.txt` after an intended change.
use kernel::Uuid;
use meta::{Action, Library, Model, Reach, Role};
use policy::{Actor, ActorKind, Assignment, Overrides};
use serde_json::json;
use std::fmt::Write;
use std::sync::Arc;

const TRADES: [&str; 5] = ["orders", "agency", "marina", "sales", "showroom"];

fn model(trade: &str) -> Model {
    match Library::shipped().model(&[trade], None) {
        Ok(model) => model,
        Err(faults) => {
            panic!("`{trade}`: {}", faults.iter().map(|f| f.detail.as_str()).collect::<Vec<_>>().join("; "))
        }
    }
}

/// A member with these roles, each in the whole workspace or in one location.
fn actor(roles: &[(&str, Option<Uuid>)]) -> Actor {
    let assignment = |(role, location): &(&str, Option<Uuid>)| Assignment {
        role: (*role).into(),
        location: *location,
        overridden: None,
    };
    Actor {
        kind: ActorKind::Member,
        super_admin: false,
        assignments: roles.iter().map(assignment).collect(),
        ..Actor::system(Uuid::nil(), "Test")
    }
}

fn reach(role: &Role, object: &str, action: Action) -> Reach {
    match role.super_admin {
        true => Reach::All,
        false => role.objects.get(object).map_or(Reach::None, |r| r.reach(action)),
    }
}

fn reaches(role: &Role, object: &str) -> [Reach; 5] {
    Action::ALL.map(|action| reach(role, object, action))
}

fn word(reach: Reach) -> &'static str {
    match reach {
        Reach::None => "-",
        Reach::Own => "own",
        Reach::Assigned => "assigned",
        Reach::Team => "team",
        Reach::Location => "location",
        Reach::All => "all",
    }
}

// ---------------------------------------------------------------- the table

#[test]
fn the_table_of_roles_says_what_the_blueprints_say() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/roles.txt");
    let now = TRADES.map(|trade| table(trade, &model(trade))).join("\n");
    if std::env::var_os("KONTOR_BLESS").is_some() {
        std::fs::write(path, now).expect("roles.txt can be written");
        return;
    }
    let before = std::fs::read_to_string(path).unwrap_or_default();
    let changed = before.lines().zip(now.lines()).find(|(was, is)| was != is);
    assert!(
        before == now,
        "roles.txt is out of date (KONTOR_BLESS=1 rewrites it); first difference: {changed:?}"
    );
}

fn table(trade: &str, model: &Model) -> String {
    let mut text = format!("{trade}\n{}\n", "=".repeat(trade.len()));
    for object in model.objects.values() {
        let _ = writeln!(
            text,
            "\n{:<24}{:<10}{:<10}{:<10}{:<10}{:<10}",
            object.name, "read", "create", "update", "archive", "delete"
        );
        for role in model.roles.values() {
            let _ = writeln!(text, "{}", line(role, &object.name));
        }
    }
    let _ = writeln!(text, "\nnamed rights");
    for permission in model.permissions.keys() {
        let holds = |r: &&Role| r.super_admin || r.permissions.contains(permission);
        let holders: Vec<&str> = model.roles.values().filter(holds).map(|r| r.name.as_str()).collect();
        let _ = writeln!(text, "  {permission:<34}{}", holders.join(" "));
    }
    text
}

fn line(role: &Role, object: &str) -> String {
    let words = reaches(role, object).map(word);
    let mut line = format!("  {:<22}", role.name);
    for word in words {
        let _ = write!(line, "{word:<10}");
    }
    let rights = role.objects.get(object).filter(|_| !role.super_admin);
    for (label, fields) in
        [("hidden", rights.map(|r| &r.hidden)), ("read-only", rights.map(|r| &r.read_only))]
    {
        if let Some(fields) = fields.filter(|f| !f.is_empty()) {
            let _ = write!(line, "{label}: {}  ", fields.join(" "));
        }
    }
    line.trim_end().to_owned()
}

// ---------------------------------------------------------------- agency: the thirty cells (S1-030)

#[derive(Debug, Clone, Copy, PartialEq)]
enum Cell {
    Full(Reach),
    Read(Reach),
    None,
}

fn cell(role: &Role, object: &str) -> Cell {
    let all = reaches(role, object);
    match all {
        [Reach::None, Reach::None, Reach::None, Reach::None, Reach::None] => Cell::None,
        [read, Reach::None, Reach::None, Reach::None, Reach::None] => Cell::Read(read),
        [read, ..] if all.iter().all(|r| *r == read) => Cell::Full(read),
        other => panic!("`{}` on `{object}` is none of the cells: {other:?}", role.name),
    }
}

#[test]
fn the_thirty_cells_of_the_agency_hold() {
    use Cell::{Full, Read};
    use Reach::{All, Assigned, Own};
    let model = model("agency");
    let objects = ["client", "campaign", "task", "invoice"];
    let rows: [(&str, [Cell; 4]); 5] = [
        ("admin", [Full(All), Full(All), Full(All), Full(All)]),
        ("manager", [Full(Assigned), Full(Assigned), Full(All), Read(All)]),
        ("team_member", [Read(Assigned), Read(All), Full(Assigned), Cell::None]),
        ("finance", [Read(All), Read(All), Cell::None, Full(All)]),
        ("client_viewer", [Read(Own), Read(Own), Cell::None, Read(Own)]),
    ];
    for (role, cells) in rows {
        for (object, expected) in objects.iter().zip(cells) {
            assert_eq!(cell(&model.roles[role], object), expected, "{role} x {object}");
        }
    }
    // Users are members, written by whoever may manage them.
    let users = ["admin", "manager", "team_member", "finance", "client_viewer"].map(|role| {
        let role = &model.roles[role];
        (reach(role, "member", Action::Read), policy::role_manages_members(role))
    });
    assert_eq!(
        users,
        [(All, true), (All, false), (Reach::None, false), (Reach::None, false), (Reach::None, false)]
    );
    // Reports: full, full, none, financial only, none.
    let reports = ["admin", "manager", "team_member", "finance", "client_viewer"].map(|role| {
        let holds = |right: &str| model.roles[role].permissions.iter().any(|p| p == right);
        (holds("reports.view"), holds("reports.financial"))
    });
    assert_eq!(reports, [(true, true), (true, true), (false, false), (false, true), (false, false)]);
}

// ---------------------------------------------------------------- marina: sixty-five flags, five roles (S2-040..053)

fn flags(model: &Model) -> Vec<&str> {
    let resources = [
        "clients",
        "interests",
        "berths",
        "documents",
        "expenses",
        "invoices",
        "files",
        "email",
        "reminders",
        "calendar",
        "reports",
        "document_templates",
        "admin",
    ];
    let of_marina = |p: &&str| p.split_once('.').is_some_and(|(resource, _)| resources.contains(&resource));
    model.permissions.keys().map(String::as_str).filter(of_marina).collect()
}

#[test]
fn the_marina_has_its_sixty_five_flags() {
    assert_eq!(flags(&model("marina")).len(), 65);
}

#[test]
fn the_five_roles_of_the_marina_hold_the_flags_they_are_described_by() {
    let model = model("marina");
    let holds = |role: &str, flag: &str| policy::may(&model, &actor(&[(role, None)]), flag).is_ok();
    for flag in flags(&model) {
        assert!(holds("super_admin", flag), "super_admin {flag}");
        let operational = !flag.starts_with("admin.");
        let given = ["admin.manage_users", "admin.view_audit_log"].contains(&flag);
        assert_eq!(holds("director", flag), operational || given, "director {flag}");
        let is_view = flag
            .split_once('.')
            .is_some_and(|(resource, action)| resource != "admin" && action.starts_with("view"));
        assert_eq!(holds("viewer", flag), is_view, "viewer {flag}");
        let agent = [
            "clients.view",
            "clients.create",
            "clients.edit",
            "interests.view",
            "interests.create",
            "interests.edit",
            "reminders.view_own",
            "reminders.create",
            "reminders.edit_own",
        ];
        assert_eq!(holds("sales_agent", flag), agent.contains(&flag), "sales_agent {flag}");
    }
    for flag in flags(&model).into_iter().filter(|f| f.starts_with("clients.") || f.starts_with("interests."))
    {
        assert!(holds("sales_manager", flag), "sales_manager {flag}");
    }
    assert!(
        holds("sales_manager", "reminders.view_all") && holds("sales_manager", "reminders.assign_others")
    );
    assert!(!holds("sales_manager", "admin.manage_users"));
}

#[test]
fn a_viewer_of_the_marina_changes_nothing() {
    let model = model("marina");
    for object in model.objects.keys() {
        let [_, writes @ ..] = reaches(&model.roles["viewer"], object);
        assert_eq!(writes, [Reach::None; 4], "{object}");
    }
}

// ---------------------------------------------------------------- orders, sales, showroom

#[test]
fn the_roles_of_the_other_trades_are_those_of_their_descriptions() {
    let names = |trade: &str| -> Vec<String> { model(trade).roles.keys().cloned().collect() };
    assert_eq!(names("orders"), ["owner", "admin", "member", "viewer"]);
    assert_eq!(names("sales"), ["admin", "manager", "member", "viewer"]);
    assert_eq!(
        names("showroom"),
        [
            "admin",
            "showroom_manager",
            "sales",
            "designer",
            "surveyor",
            "procurement",
            "project_manager",
            "installer",
            "finance",
            "viewer"
        ]
    );
}

#[test]
fn in_order_management_members_work_and_viewers_look() {
    let model = model("orders");
    assert!(model.roles["owner"].super_admin);
    assert_eq!(reaches(&model.roles["admin"], "order"), [Reach::All; 5]);
    let [read, create, update, _, delete] = reaches(&model.roles["member"], "order");
    assert_eq!([read, create, update, delete], [Reach::All, Reach::All, Reach::All, Reach::None]);
    assert_eq!(cell(&model.roles["viewer"], "order"), Cell::Read(Reach::All));
}

#[test]
fn in_sales_only_administrators_manage_users_and_managers_see_team_reports() {
    let model = model("sales");
    let manages: Vec<&str> = managers(&model);
    assert_eq!(manages, ["admin"]);
    for right in ["system.view_stats", "jobs.manage"] {
        let holders: Vec<_> =
            model.roles.values().filter(|r| r.permissions.iter().any(|p| p == right)).collect();
        assert_eq!(holders.len(), 1, "{right} is the administrator's alone");
    }
    for right in ["reports.view_team", "tasks.assign"] {
        assert!(policy::may(&model, &actor(&[("manager", None)]), right).is_ok(), "{right}");
        assert!(policy::may(&model, &actor(&[("member", None)]), right).is_err(), "{right}");
    }
}

#[test]
fn who_manages_members_can_give_every_role_of_daily_work() {
    // Finance may delete invoices and payments for good, which the manager of a showroom may not: the administrator
    // gives it.
    let beyond = [("showroom_manager", "finance")];
    for trade in TRADES {
        let model = model(trade);
        for manager in managers(&model) {
            let held = &model.roles[manager];
            let top = |r: &&Role| r.super_admin || policy::role_manages_members(r);
            for role in model.roles.values().filter(|r| !top(r)) {
                let given = !beyond.contains(&(manager, role.name.as_str()));
                assert_eq!(policy::covers(&[held], role), given, "{trade}: {manager} gives {}", role.name);
            }
        }
    }
}

fn managers(model: &Model) -> Vec<&str> {
    model.roles.values().filter(|r| policy::role_manages_members(r)).map(|r| r.name.as_str()).collect()
}

// ---------------------------------------------------------------- explanations and overrides

#[test]
fn an_explanation_decides_as_the_policy_does_for_every_role_and_object() {
    for trade in TRADES {
        let model = model(trade);
        for role in model.roles.keys() {
            let actor = actor(&[(role, None)]);
            for object in model.objects.keys() {
                let granted = policy::grant::<policy::Update>(&model, &actor, object).is_ok();
                let told = policy::explain(&model, &actor, object, Action::Update).expect("a known object");
                assert_eq!(told.allowed, granted, "{trade}: {role} on {object}: {}", told.why);
            }
            for right in model.permissions.keys() {
                let told = policy::explain_permission(&model, &actor, right);
                assert_eq!(
                    told.allowed,
                    policy::may(&model, &actor, right).is_ok(),
                    "{trade}: {role}, {right}"
                );
            }
        }
    }
}

#[test]
fn an_explanation_names_the_role_the_location_and_who_can_grant_the_right() {
    let model = model("marina");
    let north = Uuid::from_u128(7);
    let told = policy::explain(
        &model,
        &actor(&[("viewer", None), ("sales_agent", Some(north))]),
        "client",
        Action::Update,
    )
    .expect("a known object");
    assert!(told.allowed);
    assert_eq!((told.decided_by[0].gives, told.decided_by[1].gives), (false, true));
    assert_eq!(told.decided_by[1].location, Some(north));
    assert_eq!(told.granted_by, ["super_admin", "director"]);
    let none = policy::explain(&model, &actor(&[]), "client", Action::Read).expect("a known object");
    assert_eq!(none.why, "No role is assigned, so nothing is allowed.");
}

#[test]
fn a_key_without_the_scope_is_told_apart_from_a_missing_right() {
    let model = model("marina");
    let mut key = actor(&[("director", None)]);
    key.scopes = Some(Arc::new(["client:read".to_owned()]));
    let told = policy::explain(&model, &key, "client", Action::Update).expect("a known object");
    assert!(!told.allowed);
    assert!(told.why.contains("scopes of this API key"), "{}", told.why);
}

#[test]
fn an_override_changes_what_it_names_and_nothing_else() {
    let model = model("marina");
    let agent = &model.roles["sales_agent"];
    let rights = json!({
        "permissions": { "clients": { "edit": false }, "clients.delete": true },
        "objects": { "interest": { "read": "own", "hidden": ["notes"] } }
    });
    let rights = match model.objects["interest"].fields.contains_key("notes") {
        true => rights,
        false => {
            json!({ "permissions": rights["permissions"], "objects": { "interest": { "read": "own" } } })
        }
    };
    let merged = Overrides::parse(&model, &rights).expect("known names").over(&model, agent);
    assert_eq!(reach(&merged, "client", Action::Update), Reach::None, "the right took its grant along");
    assert_eq!(reach(&merged, "client", Action::Create), reach(agent, "client", Action::Create));
    assert!(merged.permissions.iter().any(|p| p == "clients.delete"));
    assert_eq!(reach(&merged, "interest", Action::Read), Reach::Own);
    assert_eq!(reach(&merged, "interest", Action::Update), reach(agent, "interest", Action::Update));
    assert_eq!(reaches(&merged, "berth"), reaches(agent, "berth"));
}

#[test]
fn everything_wrong_with_an_override_is_told_at_once() {
    let rights = json!({
        "permissions": { "clients.fly": true, "clients.edit": "yes" },
        "objects": { "boat": {}, "client": { "read": "far" }, "berth": { "hidden": ["nothing"] } },
        "extra": 1
    });
    let problems = Overrides::parse(&model("marina"), &rights).expect_err("six mistakes");
    let places: Vec<_> = problems.iter().filter_map(|p| p.field.as_deref()).collect();
    assert_eq!(
        places,
        [
            "extra",
            "permissions.clients.fly",
            "permissions.clients.edit",
            "objects.boat",
            "objects.client",
            "objects.berth"
        ]
    );
}
