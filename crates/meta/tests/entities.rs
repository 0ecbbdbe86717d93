//! Every entity that the five descriptions name has a home.
use meta::Library;
use std::collections::BTreeSet;
use std::path::Path;

/// The trade, the line of its description, and what that line names.
const DEMANDED: &[(&str, &str, &[&str])] = &[
    (
        "orders",
        "S0-010",
        &[
            "tenants",
            "users",
            "memberships",
            "orders",
            "order_line_items",
            "attachments",
            "audit_logs",
            "accounts",
            "sessions",
            "verification",
            "job_tracking",
        ],
    ),
    (
        "agency",
        "S1-010",
        &[
            "users",
            "clients",
            "client_contacts",
            "campaigns",
            "tasks",
            "task_dependencies",
            "invoices",
            "expenses",
            "activities",
            "files",
            "audit_logs",
        ],
    ),
    (
        "marina",
        "S2-022",
        &[
            "ports",
            "users",
            "roles",
            "user_port_roles",
            "port_role_overrides",
            "sessions",
            "clients",
            "client_contacts",
            "client_relationships",
            "client_notes",
            "client_tags",
            "client_merge_log",
            "interests",
            "interest_notes",
            "interest_tags",
            "berths",
            "berth_map_data",
            "berth_recommendations",
            "berth_waiting_list",
            "berth_maintenance_log",
            "berth_tags",
            "documents",
            "document_signers",
            "document_events",
            "document_templates",
            "form_templates",
            "form_submissions",
            "expenses",
            "invoices",
            "invoice_line_items",
            "invoice_expenses",
            "email_accounts",
            "email_threads",
            "email_messages",
            "reminders",
            "google_calendar_tokens",
            "google_calendar_cache",
            "notifications",
            "scheduled_reports",
            "report_recipients",
            "audit_logs",
            "tags",
            "files",
            "webhooks",
            "webhook_deliveries",
            "system_settings",
            "saved_views",
            "scratchpad_notes",
            "user_notification_preferences",
            "currency_rates",
            "custom_field_definitions",
            "custom_field_values",
        ],
    ),
    (
        "sales",
        "S3-001",
        &[
            "users",
            "companies",
            "leads",
            "contacts",
            "deals",
            "quotes",
            "invoices",
            "delivery_notes",
            "projects",
            "milestones",
            "tasks",
            "products",
            "product_categories",
            "payments",
            "notifications",
            "api_keys",
            "audit_logs",
        ],
    ),
    ("showroom", "S4-010", &["Users"]),
    ("showroom", "S4-011", &["Showrooms"]),
    ("showroom", "S4-012", &["Projects"]),
    ("showroom", "S4-013", &["AuditLogs"]),
    ("showroom", "S4-014", &["Activities", "Documents"]),
];

#[test]
fn every_entity_that_is_demanded_has_a_home() {
    let library = Library::shipped();
    let mut missing = vec![];
    for (trade, spec, names) in DEMANDED {
        let entities = library.blueprint(trade).map(|b| b.entities.as_slice()).unwrap_or_default();
        for name in *names {
            let homes = entities.iter().filter(|e| e.spec == *spec && e.entity == *name).count();
            if homes != 1 {
                missing.push(format!("{trade} {spec} {name}: {homes} homes"));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
}

#[test]
fn the_lists_are_as_long_as_the_descriptions_say() {
    let count = |spec: &str| DEMANDED.iter().find(|(_, s, _)| *s == spec).map(|(_, _, names)| names.len());
    assert_eq!((count("S2-022"), count("S3-001"), count("S1-010")), (Some(52), Some(17), Some(11)));
}

#[test]
fn the_page_names_every_entity_once() {
    let library = Library::shipped();
    let page = meta::entities_markdown(library);
    let rows = page.lines().filter(|l| l.starts_with("| S")).filter(|l| !l.starts_with("| Spec")).count();
    let entities: usize =
        library.names().iter().filter_map(|n| library.blueprint(n)).map(|b| b.entities.len()).sum();
    assert_eq!(rows, entities);
    assert!(page.contains("| S2-022 | `berth_map_data` |"), "{page}");
}

/// A home in the engine is a table that a migration makes. What is only announced stands in a list of its own, and
/// leaves it when it is built.
#[test]
fn engine_homes_are_tables_of_the_migrations() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../store/migrations");
    let mut made = BTreeSet::new();
    for entry in std::fs::read_dir(folder).expect("the migrations are in the repository") {
        let path = entry.expect("a folder of the repository can be read").path();
        if path.extension().is_none_or(|e| e != "sql") {
            continue;
        }
        let sql = std::fs::read_to_string(path).expect("a migration is a text");
        for line in sql.lines() {
            let rest =
                line.trim().strip_prefix("create table ").map(|r| r.trim_start_matches("if not exists "));
            let name = rest.and_then(|r| r.strip_prefix("kontor.")).and_then(|r| r.split([' ', '(']).next());
            made.extend(name.map(String::from));
        }
    }
    let absent: Vec<_> = meta::ENGINE_TABLES.iter().filter(|t| !made.contains(**t)).collect();
    assert!(absent.is_empty(), "no migration makes {absent:?}");
}

#[test]
fn the_page_of_entities_is_what_the_blueprints_say() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/entities.md");
    let made = meta::entities_markdown(Library::shipped());
    if std::env::var_os("KONTOR_BLESS").is_some() {
        std::fs::write(&page, &made).expect("docs/ can be written");
    }
    let kept = std::fs::read_to_string(&page).unwrap_or_default();
    assert!(kept == made, "docs/entities.md is out of date: run `cargo xtask gen`");
}
