//! Processes of the program, and what they say.
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// The one just built, or another build of it (`KONTOR_TEST_PROGRAM`): what a release does is worth knowing, too.
fn program() -> String {
    std::env::var("KONTOR_TEST_PROGRAM").unwrap_or_else(|_| env!("CARGO_BIN_EXE_kontor").into())
}

/// In an empty folder and without the settings of whoever runs the tests.
pub fn kontor(folder: &Path) -> Command {
    let mut command = Command::new(program());
    command.current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("KONTOR_METRICS_ADDR", "off").env("LOG_FORMAT", "json").stdin(Stdio::null());
    command
}

/// A folder that PostgreSQL's user can enter, too.
pub fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    folder
}

pub fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port()
}

/// The commands of an installation: one database, one storage.
pub struct Site {
    pub folder: tempfile::TempDir,
    environment: Vec<(String, String)>,
}

impl Site {
    pub fn new(url: &str) -> Site {
        let environment = vec![("DATABASE_URL".into(), url.into())];
        Site { folder: folder(), environment }
    }

    pub fn with(mut self, settings: &[(&str, &str)]) -> Site {
        self.environment.extend(settings.iter().map(|(k, v)| (k.to_string(), v.to_string())));
        self
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = kontor(self.folder.path());
        command.args(args).envs(self.environment.iter().map(|(k, v)| (k, v)));
        command
    }

    pub fn run(&self, args: &[&str]) -> (Option<i32>, String) {
        self.run_with(args, &[])
    }

    pub fn run_with(&self, args: &[&str], settings: &[(&str, &str)]) -> (Option<i32>, String) {
        let output = self.command(args).envs(settings.iter().copied()).output().expect("it runs");
        (output.status.code(), said(&output))
    }

    #[track_caller]
    pub fn well(&self, args: &[&str]) -> String {
        let (code, told) = self.run(args);
        assert_eq!(code, Some(0), "{args:?}: {told}");
        told
    }

    #[track_caller]
    pub fn refused(&self, args: &[&str], because: &str) -> String {
        let (code, told) = self.run(args);
        assert!(code == Some(1) && told.contains(because), "{args:?}, {code:?}: {told}");
        told
    }
}

/// A running server; killed when a test ends before it has stopped it.
pub struct Server {
    pub child: Child,
    pub port: u16,
}

impl Server {
    pub fn start(folder: &Path) -> Server {
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

    pub fn signal(&self, name: &str) {
        let status = Command::new("kill").args([name, &self.child.id().to_string()]).status();
        assert!(status.is_ok_and(|s| s.success()));
    }

    /// Whether it ended by itself with success within a quarter of a minute.
    pub fn ended_well(&mut self) -> bool {
        let since = Instant::now();
        while since.elapsed() < Duration::from_secs(15) {
            match self.child.try_wait().expect("it is ours") {
                Some(status) => return status.success(),
                None => std::thread::sleep(Duration::from_millis(50)),
            }
        }
        false
    }

    pub fn get(&self, path: &str) -> String {
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
