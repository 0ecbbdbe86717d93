use super::*;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

/// A data folder that PostgreSQL's user can enter.
fn data_folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).expect("it is ours");
    folder
}

fn answers(data: &Path) -> bool {
    let account = Account::choose(data).expect("a user to run as");
    let place = Place::choose(data, &account).expect("a place");
    let psql = Programs::find(None).expect("PostgreSQL is installed").program("psql");
    let mut command = account.command(psql);
    let output = command.arg(place.url()).args(["-Atc", "select 1"]).output().expect("psql is installed");
    output.stdout == b"1\n"
}

fn pid_file(data: &Path) -> PathBuf {
    data.join("postgres/cluster/postmaster.pid")
}

/// As if Kontor had been killed: nobody stops PostgreSQL, and the system frees the lock.
fn killed(mut postgres: PrivatePostgres) {
    drop(postgres.ours.take());
}

#[test]
fn it_starts_from_nothing_answers_and_stops() {
    let data = data_folder();
    let postgres = PrivatePostgres::start(data.path()).expect("it starts");
    assert!(answers(data.path()));
    drop(postgres);
    assert!(!answers(data.path()));
    assert!(!pid_file(data.path()).exists());
}

#[test]
fn a_second_kontor_is_refused_and_a_command_joins() {
    let data = data_folder();
    let _first = PrivatePostgres::start(data.path()).expect("it starts");
    let refusal = PrivatePostgres::start(data.path()).err().expect("the folder is in use").to_string();
    assert!(refusal.contains(&format!("process {}", std::process::id())), "{refusal}");
    let joined = PrivatePostgres::start_or_join(data.path()).expect("it runs");
    drop(joined);
    assert!(answers(data.path()), "a command that joined leaves it running");
}

#[test]
fn after_a_kill_the_next_start_takes_over() {
    let data = data_folder();
    killed(PrivatePostgres::start(data.path()).expect("it starts"));
    assert!(answers(data.path()), "it was left running");
    let _next = PrivatePostgres::start(data.path()).expect("it takes over");
    assert!(answers(data.path()));
}

#[test]
fn after_a_power_cut_the_next_start_recovers() {
    let data = data_folder();
    let postgres = PrivatePostgres::start(data.path()).expect("it starts");
    // `immediate` is what a power cut does: no checkpoint, and here the pid file stays as well.
    let pid = std::fs::read(pid_file(data.path())).expect("it runs");
    let mut stop = Account::choose(data.path())
        .expect("a user")
        .command(Programs::find(None).expect("installed").program("pg_ctl"));
    assert!(
        stop.arg("-D")
            .arg(data.path().join("postgres/cluster"))
            .args(["-s", "-m", "immediate", "stop"])
            .status()
            .is_ok_and(|s| s.success())
    );
    std::fs::write(pid_file(data.path()), pid).expect("the folder is there");
    killed(postgres);
    let _next = PrivatePostgres::start(data.path()).expect("it recovers");
    assert!(answers(data.path()));
}

#[test]
fn a_pid_file_that_names_somebody_else_does_not_keep_it_from_starting() {
    let data = data_folder();
    drop(PrivatePostgres::start(data.path()).expect("it starts"));
    let mut other = Command::new("sleep").arg("60").spawn().expect("a process of somebody else");
    std::fs::write(pid_file(data.path()), format!("{}\n/elsewhere\n0\n5432\n", other.id()))
        .expect("a stale pid file");
    let next = PrivatePostgres::start(data.path()).expect("it starts all the same");
    assert!(answers(data.path()));
    assert!(other.try_wait().expect("it is ours").is_none(), "the other process was left alone");
    drop(next);
    other.kill().expect("it runs");
    other.wait().expect("it ended");
}

#[test]
fn an_interrupted_first_start_is_begun_again() {
    let data = data_folder();
    let account = Account::choose(data.path()).expect("a user to run as");
    let place = Place::choose(data.path(), &account).expect("a place");
    std::fs::create_dir(place.folder.join("cluster.new")).expect("half a cluster");
    std::fs::write(place.folder.join("cluster.new/base"), "half").expect("half a cluster");
    let _postgres = PrivatePostgres::start(data.path()).expect("it starts");
    assert!(answers(data.path()));
}

#[test]
fn a_folder_that_its_user_cannot_enter_is_left_for_another() {
    let data = tempfile::tempdir().expect("a folder");
    std::fs::set_permissions(data.path(), std::fs::Permissions::from_mode(0o700)).expect("it is ours");
    let account = Account::choose(data.path()).expect("a user to run as");
    let inside = data.path().join("data");
    place::make(&inside).expect("it is ours");
    let place = Place::choose(&inside, &account).expect("there is another place");
    // Without root PostgreSQL runs as ourselves, who can enter.
    assert_eq!(place.folder.starts_with(data.path()), account.can_write(data.path()));
    assert!(account.can_write(&place.folder));
    std::fs::remove_dir_all(&place.folder).expect("it is empty");
}

#[test]
fn a_socket_path_that_is_too_long_moves() {
    let long = Place { folder: PathBuf::from(format!("/{}", "x".repeat(120))) };
    assert!(long.socket().starts_with("/tmp"));
    let short = Place { folder: PathBuf::from("/srv/my data/postgres") };
    assert_eq!(short.url(), "postgresql://kontor@%2Fsrv%2Fmy%20data%2Fpostgres%2Fsocket:5432/kontor");
}
