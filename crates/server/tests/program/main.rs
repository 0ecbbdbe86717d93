//! The program as an operator meets it: processes, signals, exit codes.
mod backups;
mod house;
mod imports;
mod kills;
mod restart;
mod soak;
mod support;
mod upgrade;

use std::net::TcpListener;
use std::path::Path;
use support::{Server, folder, free_port, kontor, said};

#[test]
fn it_starts_from_nothing_survives_a_kill_and_stops_in_order() {
    let folder = folder();
    let pid_file = folder.path().join("data/postgres/cluster/postmaster.pid");

    let mut first = Server::start(folder.path());
    let reply = first.get("/api/health");
    assert!(reply.starts_with("HTTP/1.1 200 OK"), "{reply}");
    assert!(reply.contains("\"status\":\"healthy\""), "{reply}");
    first.child.kill().expect("it runs");
    first.child.wait().expect("it ended");
    assert!(pid_file.exists(), "its PostgreSQL was left behind");

    let mut second = Server::start(folder.path());
    assert!(second.get("/api/health").starts_with("HTTP/1.1 200 OK"));
    let joined = kontor(folder.path()).args(["workspace", "list"]).output().expect("it runs");
    assert!(joined.status.success(), "a command joins the running server: {}", said(&joined));
    let refused =
        kontor(folder.path()).args(["start", "--empty"]).env("PORT", free_port().to_string()).output();
    let refused = refused.expect("it runs");
    assert!(said(&refused).contains("already uses the data folder"), "{}", said(&refused));

    second.signal("-TERM");
    assert!(second.ended_well());
    assert!(!pid_file.exists(), "its PostgreSQL has stopped");

    let healthy = kontor(folder.path()).arg("doctor").output().expect("it runs");
    assert!(healthy.status.success(), "{}", said(&healthy));
    assert!(said(&healthy).contains("Nothing needs to be done."), "{}", said(&healthy));
}

#[test]
fn wrong_settings_are_told_all_at_once_with_exit_code_1() {
    let folder = folder();
    std::fs::write(folder.path().join("kontor.toml"), "prot = 80\n").expect("a file");
    let output = kontor(folder.path()).arg("serve").env("PORT", "eighty").env("LOG_LEVEL", "loud").output();
    let output = output.expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.starts_with("Kontor cannot start: 3 settings are wrong."), "{said}");
    assert!(!folder.path().join("data").exists(), "nothing was begun");
}

#[test]
fn a_database_that_does_not_answer_is_told_without_its_password() {
    let folder = folder();
    let url = format!("postgresql://kontor:hunter2@127.0.0.1:{}/kontor", free_port());
    let output = kontor(folder.path()).arg("doctor").env("DATABASE_URL", url).output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let said = said(&output);
    assert!(said.contains("FAIL  PostgreSQL") && !said.contains("hunter2"), "{said}");
}

#[test]
fn a_port_in_use_is_told_before_anything_is_begun() {
    let folder = folder();
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("it is bound").port().to_string();
    let output =
        kontor(folder.path()).args(["start", "--empty"]).env("PORT", port).output().expect("it runs");
    assert!(said(&output).contains("set PORT to a free one"), "{}", said(&output));
    assert!(!folder.path().join("data").exists(), "nothing was begun");
}

#[test]
fn every_command_explains_itself() {
    let folder = folder();
    let help = said(&kontor(folder.path()).arg("--help").output().expect("it runs"));
    for command in
        ["start", "serve", "work", "migrate", "backup", "restore", "import", "demo", "doctor", "openapi"]
    {
        assert!(help.contains(&format!("\n  {command} ")), "{help}");
        let own = said(&kontor(folder.path()).args([command, "--help"]).output().expect("it runs"));
        assert!(own.contains("Example"), "`kontor {command} --help` shows no example:\n{own}");
    }
}

#[test]
fn the_openapi_command_prints_the_routes_of_the_manual() {
    let folder = folder();
    let output = kontor(folder.path()).args(["openapi", "--blueprint", "orders"]).output().expect("it runs");
    let printed = said(&output);
    let told = |line: &str| line.split_once("\"operationId\": \"")?.1.split('"').next().map(str::to_owned);
    let mut told: Vec<_> = printed.lines().filter_map(told).collect();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/routes.txt");
    let page = std::fs::read_to_string(page).expect("docs/routes.txt is there");
    let row =
        |line: &str| line.split_whitespace().nth(2).filter(|_| !line.starts_with('#')).map(str::to_owned);
    let mut listed: Vec<_> = page.lines().filter_map(row).collect();
    told.sort();
    listed.sort();
    assert_eq!(told, listed);
}
