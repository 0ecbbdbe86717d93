//! Making, starting and stopping the files and processes of the private PostgreSQL.
use super::account::Account;
use super::place::{Place, make_private};
use super::programs::Programs;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Read after `postgresql.conf`, and before `local.conf`, which is the operator's.
const SETTINGS_FILE: &str = "kontor.conf";
const LARGEST_LOG: u64 = 10 * 1024 * 1024;

pub struct Cluster {
    programs: Programs,
    account: Account,
    place: Place,
}

impl Cluster {
    pub fn new(programs: Programs, account: Account, place: Place) -> Cluster {
        Cluster { programs, account, place }
    }

    pub fn url(&self) -> String {
        self.place.url()
    }

    pub fn start(&self) -> Result<()> {
        if self.place.version().is_none() {
            self.create().context("making the files of the private PostgreSQL")?;
        }
        self.recover()?;
        self.configure()?;
        self.launch()
    }

    /// `fast`: sessions are ended, nothing is lost, and the next start needs no recovery.
    pub fn stop(&self) -> Result<()> {
        succeeded(self.ctl().args(["stop", "-m", "fast", "-w", "-t", "30"]), "stopping PostgreSQL")
    }

    /// Made beside its place and moved there when complete: a start that is interrupted leaves nothing half made.
    fn create(&self) -> Result<()> {
        eprintln!(
            "Making a private PostgreSQL {} in {} ...",
            self.programs.major,
            self.place.folder.display()
        );
        let unfinished = self.place.folder.join("cluster.new");
        if unfinished.exists() {
            std::fs::remove_dir_all(&unfinished)?;
        }
        let mut initdb = self.account.command(self.programs.program("initdb"));
        initdb.arg("-D").arg(&unfinished);
        initdb.args(["-U", "kontor", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8"]);
        succeeded(&mut initdb, "initdb")?;
        self.create_database(&unfinished)?;
        append(
            &unfinished.join("postgresql.conf"),
            &format!(
                "\n# Written by Kontor at every start:\ninclude_if_exists = '{SETTINGS_FILE}'\n# Yours; it wins:\ninclude_if_exists = 'local.conf'\n"
            ),
        )?;
        std::fs::rename(&unfinished, self.place.cluster())?;
        Ok(())
    }

    /// In single-user mode, where no other process can look in before it is there.
    fn create_database(&self, files: &Path) -> Result<()> {
        let mut postgres = self.account.command(self.programs.program("postgres"));
        postgres.arg("--single").arg("-D").arg(files).arg("postgres");
        postgres.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped());
        let mut child = postgres.spawn().context("starting postgres --single")?;
        let mut input = child.stdin.take().expect("its input is a pipe");
        std::io::Write::write_all(&mut input, b"create database kontor\n")?;
        drop(input);
        let output = child.wait_with_output()?;
        match output.status.success() {
            true => Ok(()),
            false => bail!("making the database: {}", String::from_utf8_lossy(&output.stderr).trim()),
        }
    }

    /// A Kontor that was killed leaves its PostgreSQL running, or a pid file that now names somebody else's process.
    /// The lock on the data folder is ours, so nobody else can be using either.
    fn recover(&self) -> Result<()> {
        let pid_file = self.place.cluster().join("postmaster.pid");
        let Ok(text) = std::fs::read_to_string(&pid_file) else { return Ok(()) };
        let pid = text.lines().next().unwrap_or_default().trim();
        if runs_in(pid, &self.place.cluster()) {
            tracing::info!("An earlier Kontor did not end in order; stopping the PostgreSQL it left.");
            return self.stop();
        }
        std::fs::remove_file(&pid_file).context("removing a pid file that an earlier run left")
    }

    fn configure(&self) -> Result<()> {
        let socket = self.place.socket();
        make_private(&socket, &self.account).with_context(|| format!("making {}", socket.display()))?;
        let file = self.place.cluster().join(SETTINGS_FILE);
        std::fs::write(&file, settings(&socket, self.place.port()))?;
        self.account.own(&file)
    }

    fn launch(&self) -> Result<()> {
        self.prepare_log()?;
        for _ in 0..5 {
            let log = self.log_length();
            if succeeded(
                self.ctl().arg("start").args(["-w", "-t", "120"]).arg("-l").arg(self.place.log()),
                "pg_ctl",
            )
            .is_ok()
            {
                return Ok(());
            }
            let said = self.said_since(log);
            // The sessions of a killed PostgreSQL notice within a moment that they are alone.
            if !said.contains("pre-existing shared memory block") {
                bail!(
                    "The private PostgreSQL does not start:\n{said}\nIts whole log is {}.",
                    self.place.log().display()
                );
            }
            std::thread::sleep(Duration::from_secs(1));
        }
        bail!(
            "Processes of an earlier PostgreSQL still work in {}; end them and start again.",
            self.place.folder.display()
        )
    }

    fn prepare_log(&self) -> Result<()> {
        let log = self.place.log();
        if self.log_length() > LARGEST_LOG {
            std::fs::rename(&log, log.with_extension("log.old"))?;
        }
        append(&log, "")?;
        self.account.own(&log)
    }

    fn log_length(&self) -> u64 {
        std::fs::metadata(self.place.log()).map_or(0, |m| m.len())
    }

    fn said_since(&self, start: u64) -> String {
        let log = std::fs::read(self.place.log()).unwrap_or_default();
        let new = log.get(start as usize..).unwrap_or_default();
        String::from_utf8_lossy(new).trim().to_string()
    }

    fn ctl(&self) -> Command {
        let mut command = self.account.command(self.programs.program("pg_ctl"));
        command.arg("-D").arg(self.place.cluster()).arg("-s");
        command
    }
}

/// Small enough for the smallest machine we promise to run on (4 GB), with settings for SSDs and short statements.
fn settings(socket: &Path, port: u16) -> String {
    let socket = socket.display().to_string().replace('\'', "''");
    format!(
        "# Written by Kontor at every start. Put your own settings into local.conf beside this file.\n\
         listen_addresses = ''\n\
         unix_socket_directories = '{socket}'\n\
         unix_socket_permissions = 0700\n\
         port = {port}\n\
         max_connections = 100\n\
         shared_buffers = 256MB\n\
         effective_cache_size = 1GB\n\
         random_page_cost = 1.1\n\
         max_wal_size = 2GB\n\
         wal_compression = on\n\
         jit = off\n\
         timezone = 'UTC'\n\
         log_timezone = 'UTC'\n\
         lc_messages = 'C'\n\
         log_min_messages = warning\n"
    )
}

/// Whether the process is a PostgreSQL whose files these are: it works in their folder.
fn runs_in(pid: &str, files: &Path) -> bool {
    let process = PathBuf::from("/proc").join(pid);
    std::fs::read_link(process.join("cwd")).is_ok_and(|folder| folder == files)
}

fn append(file: &Path, text: &str) -> Result<()> {
    let mut file = std::fs::File::options().create(true).append(true).open(file)?;
    Ok(std::io::Write::write_all(&mut file, text.as_bytes())?)
}

/// Its output goes to a file: a server that it starts keeps the descriptors, and a pipe would never end.
fn succeeded(command: &mut Command, what: &str) -> Result<()> {
    let mut said = tempfile::tempfile()?;
    let status = command.stdin(Stdio::null()).stdout(said.try_clone()?).stderr(said.try_clone()?).status();
    if status.with_context(|| format!("starting {what}"))?.success() {
        return Ok(());
    }
    let mut text = String::new();
    std::io::Seek::rewind(&mut said)?;
    std::io::Read::read_to_string(&mut said, &mut text)?;
    bail!("{what} failed: {}", text.trim())
}
