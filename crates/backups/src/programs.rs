//! `pg_dump` and `psql` as child processes.
use anyhow::{Context, Result, bail};
use std::io::Read;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use url::Url;

/// The program, told where the database is. The password goes by the environment, which other users cannot read.
pub fn command(folder: &Path, program: &str, url: &str) -> Result<Command> {
    let mut command = Command::new(folder.join(program));
    let mut plain = url.to_owned();
    if let Ok(mut parsed) = Url::parse(url)
        && let Some(password) = parsed.password().map(str::to_owned)
    {
        let decoded: String =
            url::form_urlencoded::parse(format!("p={}", password.replace('+', "%2B")).as_bytes())
                .map(|(_, v)| v.into_owned())
                .collect();
        command.env("PGPASSWORD", decoded);
        if parsed.set_password(None).is_err() {
            bail!("the address of the database cannot be taken apart");
        }
        plain = parsed.into();
    }
    command.arg("--no-password").arg("--dbname").arg(plain);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    Ok(command)
}

/// Collects what the program complains of, beside its output being read: a full pipe would stop it.
pub fn complaints(child: &mut Child) -> std::thread::JoinHandle<String> {
    let stderr = child.stderr.take();
    std::thread::spawn(move || {
        let mut text = String::new();
        if let Some(mut stderr) = stderr
            && let Err(e) = stderr.read_to_string(&mut text)
        {
            text.push_str(&format!("(what else it said cannot be read: {e})"));
        }
        text
    })
}

/// Waits for the end, which must be a good one.
pub fn finish(mut child: Child, said: std::thread::JoinHandle<String>, what: &str) -> Result<()> {
    let status = child.wait().with_context(|| format!("{what} was lost"))?;
    let said = said.join().unwrap_or_default();
    if !status.success() {
        let last: Vec<&str> = said.lines().rev().take(5).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        bail!("{what} failed ({status}): {}", last.join(" / "));
    }
    Ok(())
}
