//! The program as an operator meets it: a process, signals, exit codes.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PROGRAM: &str = env!("CARGO_BIN_EXE_kontor");

/// In an empty folder and without the settings of whoever runs the tests.
fn kontor(folder: &Path) -> Command {
    let mut command = Command::new(PROGRAM);
    command.current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("KONTOR_METRICS_ADDR", "off").env("LOG_FORMAT", "json").stdin(Stdio::null());
    command
}

/// A folder that PostgreSQL's user can enter, too.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    folder
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port()
}

/// A running server; killed when a test ends before it has stopped it.
struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(folder: &Path) -> Server {
        let port = free_port();
        let mut command = kontor(folder);
        command.args(["start", "--empty"]).env("PORT", port.to_string());
        let mut child = command.stdout(Stdio::piped()).spawn().expect("the program starts");
        let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
        // The greeting comes when everything is prepared.
        let greeted = lines.any(|line| line.is_ok_and(|l| l.starts_with("Kontor is at ")));
        assert!(greeted, "it ended before it was ready");
        Server { child, port }
    }

    fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(status.is_ok_and(|s| s.success()));
    }

    /// Whether it ended by itself with success within a quarter of a minute.
    fn ended_well(&mut self) -> bool {
        let since = Instant::now();
        while since.elapsed() < Duration::from_secs(15) {
            match self.child.try_wait().expect("it is ours") {
                Some(status) => return status.success(),
                None => std::thread::sleep(Duration::from_millis(50)),
            }
        }
        false
    }

    fn get(&self, path: &str) -> String {
        let since = Instant::now();
        loop {
            match TcpStream::connect(("127.0.0.1", self.port)) {
                Ok(stream) => return get(stream, path),
                Err(e) => assert!(since.elapsed() < Duration::from_secs(10), "nobody answers: {e}"),
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn get(mut stream: TcpStream, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it listens");
    let mut reply = String::new();
    stream.read_to_string(&mut reply).expect("it answers");
    reply
}

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
    for command in ["start", "serve", "work", "migrate", "import", "demo", "doctor", "openapi"] {
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
