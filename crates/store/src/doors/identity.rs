//! Sign-in, sessions, keys, invitations, members and their roles.
//!
//! These rows are read before there is an actor, or decide what an actor may, so they have a door of their own.
//! Every change that takes something away tells the other nodes through `kontor_auth` in the same statement.
use super::Door;
use crate::{Store, problems};
use kernel::{Outcome, Timestamp, Uuid};
use serde_json::Value;
use std::net::IpAddr;
use std::time::Duration;
use tokio_postgres::Row;

/// The channel that tells every node what to forget: `user <id>`, `session <id>`, `key <id>`, `member <id>`,
/// `workspace <id>`.
pub const CHANNEL: &str = "kontor_auth";

pub type Hash = [u8; 32];

// ---------------------------------------------------------------- users

#[derive(Debug, Clone)]
pub struct User {
    pub id: Uuid,
    pub email: String,
    pub name: String,
    pub password_hash: Option<String>,
    pub is_super_admin: bool,
    pub is_active: bool,
    pub image: Option<String>,
    pub timezone: Option<String>,
    pub preferences: Value,
    pub last_login_at: Option<Timestamp>,
}

const USER: &str = "u.id, u.email, u.name, u.password_hash, u.is_super_admin, u.is_active, u.image, u.timezone, \
    u.preferences, u.last_login_at";

fn user(row: &Row) -> User {
    User {
        id: row.get("id"),
        email: row.get("email"),
        name: row.get("name"),
        password_hash: row.get("password_hash"),
        is_super_admin: row.get("is_super_admin"),
        is_active: row.get("is_active"),
        image: row.get("image"),
        timezone: row.get("timezone"),
        preferences: row.get::<_, Option<Value>>("preferences").unwrap_or_default(),
        last_login_at: row.get("last_login_at"),
    }
}

pub async fn user_by_email(store: &Store, email: &str) -> Outcome<Option<User>> {
    let sql = format!("select {USER} from kontor.users u where u.email = lower($1)");
    Ok(store.door().await?.row(&sql, &[&email]).await?.as_ref().map(user))
}

pub async fn user_by_id(store: &Store, id: Uuid) -> Outcome<Option<User>> {
    let sql = format!("select {USER} from kontor.users u where u.id = $1");
    Ok(store.door().await?.row(&sql, &[&id]).await?.as_ref().map(user))
}

/// A new account. `None`: the address is taken.
pub async fn create_user(
    store: &Store,
    email: &str,
    name: &str,
    password_hash: Option<&str>,
    is_super_admin: bool,
) -> Outcome<Option<Uuid>> {
    let sql = "insert into kontor.users (id, email, name, password_hash, is_super_admin)
               values ($1, lower($2), $3, $4, $5)
               on conflict (email) do nothing returning id";
    let id = kernel::new_id();
    let row = store.door().await?.row(sql, &[&id, &email, &name, &password_hash, &is_super_admin]).await?;
    Ok(row.map(|r| r.get(0)))
}

pub async fn set_password(store: &Store, user: Uuid, hash: &str) -> Outcome<()> {
    let sql = "update kontor.users set password_hash = $2, password_changed_at = now(), updated_at = now() where id = $1";
    store.door().await?.execute(sql, &[&user, &hash]).await?;
    Ok(())
}

/// Switches an account on or off over all workspaces; off ends its sessions.
pub async fn set_user_active(store: &Store, user: Uuid, active: bool) -> Outcome<bool> {
    let sql = "with changed as (update kontor.users set is_active = $2 where id = $1 returning id),
                    ended as (delete from kontor.sessions s using changed c where s.user_id = c.id and not $2)
               select pg_notify('kontor_auth', 'user ' || id) from changed";
    Ok(!store.door().await?.rows(sql, &[&user, &active]).await?.is_empty())
}

/// What people change about themselves. Preferences are merged key by key; a null takes a key away.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    pub name: Option<String>,
    pub image: Option<String>,
    pub timezone: Option<String>,
    pub preferences: Option<Value>,
}

pub async fn update_user(store: &Store, user: Uuid, change: &UserChange) -> Outcome<()> {
    let sql = "with changed as (
                   update kontor.users set
                       name = coalesce($2, name),
                       image = coalesce($3, image),
                       timezone = coalesce($4, timezone),
                       preferences = jsonb_strip_nulls(coalesce(preferences, '{}'::jsonb) || coalesce($5::jsonb, '{}'::jsonb))
                   where id = $1 returning id, name),
               renamed as (update kontor.members m set name = c.name from changed c where m.user_id = c.id)
               select pg_notify('kontor_auth', 'user ' || id) from changed";
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&user, &change.name, &change.image, &change.timezone, &change.preferences];
    store.door().await?.rows(sql, &params).await?;
    Ok(())
}

// ---------------------------------------------------------------- sign-in

/// Counts an attempt for each subject. The seconds to wait, if any subject has none left.
pub async fn count_attempt(
    store: &Store,
    email: &Hash,
    ip: Option<&Hash>,
    most: (i32, i32),
    span: Duration,
) -> Outcome<Option<u64>> {
    let door = store.door().await?;
    let sql = "select kontor.sign_in_attempt($1, $2, make_interval(secs => $3))";
    let span = span.as_secs_f64();
    // The address first, then the network: always in this order, because both take a lock.
    let mut wait: i32 = 0;
    for (subject, most) in [(Some(email), most.0), (ip, most.1)] {
        let Some(subject) = subject.map(|s| s.as_slice()) else { continue };
        let row = door.row(sql, &[&subject, &most, &span]).await?;
        wait = wait.max(row.map_or(0, |r| r.get(0)));
        if wait > 0 {
            break;
        }
    }
    Ok((wait > 0).then_some(wait as u64))
}

/// After a success the address starts afresh, and the network gets this attempt back.
pub async fn forget_attempts(store: &Store, email: &Hash, ip: Option<&Hash>) -> Outcome<()> {
    let sql = "with address as (delete from kontor.sign_in_attempts where subject = $1)
               delete from kontor.sign_in_attempts where id =
                   (select id from kontor.sign_in_attempts where subject = $2 order by at desc limit 1)";
    store.door().await?.execute(sql, &[&email.as_slice(), &ip.map(|h| h.as_slice())]).await?;
    Ok(())
}

/// A workspace that a user is an active member of.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Membership {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
    #[serde(skip)]
    pub member: Uuid,
}

pub async fn memberships(store: &Store, user: Uuid) -> Outcome<Vec<Membership>> {
    let sql = "select w.id, w.slug, w.name, m.id as member
               from kontor.members m join kontor.workspaces w on w.id = m.workspace_id
               where m.user_id = $1 and m.is_active and w.is_active
               order by w.name, w.id";
    let rows = store.door().await?.rows(sql, &[&user]).await?;
    let membership = |r: &Row| Membership {
        id: r.get("id"),
        slug: r.get("slug"),
        name: r.get("name"),
        member: r.get("member"),
    };
    Ok(rows.iter().map(membership).collect())
}

// ---------------------------------------------------------------- sessions

pub struct NewSession<'a> {
    pub id: Uuid,
    pub token: &'a Hash,
    pub csrf: &'a str,
    pub user: Uuid,
    pub workspace: Uuid,
    pub life: Duration,
    pub ip: Option<IpAddr>,
    pub user_agent: &'a str,
}

pub async fn open_session(store: &Store, new: &NewSession<'_>) -> Outcome<()> {
    let sql = "with seen as (update kontor.users set last_login_at = now() where id = $4)
               insert into kontor.sessions (id, token_hash, csrf, user_id, workspace_id, created_at, refreshed_at,
                                            expires_at, ip, user_agent)
               values ($1, $2, $3, $4, $5, now(), now(), now() + make_interval(secs => $6), $7, left($8, 500))";
    let life = new.life.as_secs_f64();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 8] = [
        &new.id,
        &new.token.as_slice(),
        &new.csrf,
        &new.user,
        &new.workspace,
        &life,
        &new.ip,
        &new.user_agent,
    ];
    store.door().await?.execute(sql, &params).await?;
    Ok(())
}

#[derive(Debug, Clone)]
pub struct Session {
    pub id: Uuid,
    pub user: Uuid,
    pub workspace: Option<Uuid>,
    pub csrf: String,
    pub refreshed_at: Timestamp,
    pub expires_at: Timestamp,
    /// The token presented is the one before the current.
    pub replaced: bool,
}

/// The living session of a token, or of the token it replaced a moment ago.
pub async fn session(store: &Store, token: &Hash, grace: Duration) -> Outcome<Option<Session>> {
    let sql = "select s.id, s.user_id, s.workspace_id, s.csrf, s.refreshed_at, s.expires_at, s.token_hash <> $1 as replaced
               from kontor.sessions s join kontor.users u on u.id = s.user_id
               where (s.token_hash = $1
                      or (s.previous_hash = $1 and s.refreshed_at > now() - make_interval(secs => $2)))
                 and s.expires_at > now() and u.is_active";
    let row = store.door().await?.row(sql, &[&token.as_slice(), &grace.as_secs_f64()]).await?;
    Ok(row.map(|r| Session {
        id: r.get("id"),
        user: r.get("user_id"),
        workspace: r.get("workspace_id"),
        csrf: r.get("csrf"),
        refreshed_at: r.get("refreshed_at"),
        expires_at: r.get("expires_at"),
        replaced: r.get("replaced"),
    }))
}

/// Puts a new token in the place of the old one. `false`: somebody else just did.
pub async fn rotate(store: &Store, session: Uuid, old: &Hash, new: &Hash) -> Outcome<bool> {
    let sql = "update kontor.sessions set token_hash = $3, previous_hash = $2, refreshed_at = now()
               where id = $1 and token_hash = $2 and expires_at > now()";
    let changed = store.door().await?.execute(sql, &[&session, &old.as_slice(), &new.as_slice()]).await?;
    Ok(changed == 1)
}

pub async fn switch_workspace(store: &Store, session: Uuid, workspace: Uuid) -> Outcome<()> {
    let sql = "with changed as (update kontor.sessions set workspace_id = $2 where id = $1 returning id)
               select pg_notify('kontor_auth', 'session ' || id) from changed";
    store.door().await?.rows(sql, &[&session, &workspace]).await?;
    Ok(())
}

#[derive(Debug, Clone, serde::Serialize)]
pub struct SessionEntry {
    pub id: Uuid,
    pub created_at: Timestamp,
    pub refreshed_at: Timestamp,
    pub expires_at: Timestamp,
    pub ip: Option<String>,
    pub user_agent: Option<String>,
}

pub async fn sessions(store: &Store, user: Uuid) -> Outcome<Vec<SessionEntry>> {
    let sql = "select id, created_at, refreshed_at, expires_at, host(ip) as ip, user_agent
               from kontor.sessions where user_id = $1 and expires_at > now()
               order by created_at desc, id";
    let rows = store.door().await?.rows(sql, &[&user]).await?;
    let entry = |r: &Row| SessionEntry {
        id: r.get("id"),
        created_at: r.get("created_at"),
        refreshed_at: r.get("refreshed_at"),
        expires_at: r.get("expires_at"),
        ip: r.get("ip"),
        user_agent: r.get("user_agent"),
    };
    Ok(rows.iter().map(entry).collect())
}

/// Ends one session of a user. `false`: it is not theirs, or over already.
pub async fn end_session(store: &Store, user: Uuid, session: Uuid) -> Outcome<bool> {
    let sql = "with ended as (delete from kontor.sessions where user_id = $1 and id = $2 returning id)
               select pg_notify('kontor_auth', 'session ' || id) from ended";
    Ok(!store.door().await?.rows(sql, &[&user, &session]).await?.is_empty())
}

/// Ends every session of a user, but the one to keep; how many.
pub async fn end_sessions(store: &Store, user: Uuid, keep: Option<Uuid>) -> Outcome<u64> {
    let sql = "with ended as (delete from kontor.sessions
                              where user_id = $1 and id is distinct from $2 returning id)
               select pg_notify('kontor_auth', 'session ' || id) from ended";
    Ok(store.door().await?.rows(sql, &[&user, &keep]).await?.len() as u64)
}

/// What time has ended: sessions, attempts that no longer count, invitations long over.
pub async fn sweep(store: &Store) -> Outcome<u64> {
    let sql = "with s as (delete from kontor.sessions where expires_at < now() returning 1),
                    a as (delete from kontor.sign_in_attempts where at < now() - interval '1 day' returning 1)
               select (select count(*) from s) + (select count(*) from a)";
    let row = store.door().await?.row(sql, &[]).await?;
    Ok(row.map_or(0, |r| r.get::<_, i64>(0) as u64))
}

// ---------------------------------------------------------------- who somebody is in a workspace

#[derive(Debug, Clone)]
pub struct Member {
    pub workspace: Uuid,
    pub workspace_slug: String,
    pub member: Uuid,
    pub name: String,
    pub is_active: bool,
    pub is_super_admin: bool,
    pub client: Option<Uuid>,
    pub assignments: Vec<(String, Option<Uuid>)>,
    /// Of the whole workspace: location, role, rights.
    pub overrides: Vec<(Uuid, String, Value)>,
    pub team: Vec<Uuid>,
}

/// Which of a user's workspaces is meant.
pub enum Which<'a> {
    Id(Uuid),
    Slug(&'a str),
}

pub async fn member(store: &Store, user: Uuid, which: Which<'_>) -> Outcome<Option<Member>> {
    let (id, slug) = match which {
        Which::Id(id) => (Some(id), None),
        Which::Slug(slug) => (None, Some(slug)),
    };
    let sql =
        "select w.id as workspace, w.slug, m.id as member, coalesce(m.name, u.name) as name, m.client_id,
                      m.is_active and u.is_active as is_active, u.is_super_admin
               from kontor.members m
               join kontor.workspaces w on w.id = m.workspace_id
               join kontor.users u on u.id = m.user_id
               where m.user_id = $1 and (w.id = $2 or w.slug = $3) and w.is_active";
    let door = store.door().await?;
    let Some(row) = door.row(sql, &[&user, &id, &slug]).await? else { return Ok(None) };
    let (workspace, member): (Uuid, Uuid) = (row.get("workspace"), row.get("member"));
    Ok(Some(Member {
        workspace,
        workspace_slug: row.get("slug"),
        member,
        name: row.get("name"),
        is_active: row.get("is_active"),
        is_super_admin: row.get("is_super_admin"),
        client: row.get("client_id"),
        assignments: assignments_of(&door, workspace, member).await?,
        overrides: overrides_of(&door, workspace).await?,
        team: team_of(&door, workspace, member).await?,
    }))
}

async fn assignments_of(door: &Door, workspace: Uuid, member: Uuid) -> Outcome<Vec<(String, Option<Uuid>)>> {
    let sql = "select role, location_id from kontor.role_assignments
               where workspace_id = $1 and member_id = $2 order by id";
    let rows = door.rows(sql, &[&workspace, &member]).await?;
    Ok(rows.iter().map(|r| (r.get(0), r.get(1))).collect())
}

async fn overrides_of(door: &Door, workspace: Uuid) -> Outcome<Vec<(Uuid, String, Value)>> {
    let sql = "select location_id, role, rights from kontor.role_overrides
               where workspace_id = $1 order by location_id, role";
    let rows = door.rows(sql, &[&workspace]).await?;
    Ok(rows.iter().map(|r| (r.get(0), r.get(1), r.get(2))).collect())
}

/// Everybody who shares a team with the member, who counts as their own team.
async fn team_of(door: &Door, workspace: Uuid, member: Uuid) -> Outcome<Vec<Uuid>> {
    let sql = "select distinct together from data.teams t, unnest(t.member_ids || t.lead_id) as together
               where t.workspace_id = $1 and t.archived_at is null and together is not null
                 and ($2 = any(t.member_ids) or t.lead_id = $2)";
    let rows = door.rows(sql, &[&workspace, &member]).await?;
    let mut team: Vec<Uuid> = rows.iter().map(|r| r.get(0)).collect();
    if !team.contains(&member) {
        team.push(member);
    }
    Ok(team)
}

#[derive(Debug, Clone, serde::Serialize)]
pub struct Location {
    pub id: Uuid,
    pub slug: String,
    pub name: String,
}

pub async fn locations(store: &Store, workspace: Uuid) -> Outcome<Vec<Location>> {
    let sql = "select id, slug, name from data.locations
               where workspace_id = $1 and archived_at is null order by name, id";
    let rows = store.door().await?.rows(sql, &[&workspace]).await?;
    Ok(rows.iter().map(|r| Location { id: r.get("id"), slug: r.get("slug"), name: r.get("name") }).collect())
}

// ---------------------------------------------------------------- API keys

#[derive(Debug, Clone)]
pub struct Key {
    pub id: Uuid,
    pub user: Uuid,
    pub workspace: Uuid,
    pub scopes: Vec<String>,
    pub expires_at: Option<Timestamp>,
}

pub async fn key(store: &Store, hash: &Hash) -> Outcome<Option<Key>> {
    let sql = "select k.id, m.user_id, k.workspace_id, k.scopes, k.expires_at
               from kontor.api_keys k
               join kontor.members m on m.workspace_id = k.workspace_id and m.id = k.member_id
               where k.key_hash = $1 and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())";
    let row = store.door().await?.row(sql, &[&hash.as_slice()]).await?;
    Ok(row.map(|r| Key {
        id: r.get("id"),
        user: r.get("user_id"),
        workspace: r.get("workspace_id"),
        scopes: r.get("scopes"),
        expires_at: r.get("expires_at"),
    }))
}

/// At most once a minute, so that a busy key does not write at every request.
pub async fn touch_key(store: &Store, key: Uuid) -> Outcome<()> {
    let sql = "update kontor.api_keys set last_used_at = now()
               where id = $1 and (last_used_at is null or last_used_at < now() - interval '1 minute')";
    store.door().await?.execute(sql, &[&key]).await?;
    Ok(())
}

#[derive(Debug, Clone, serde::Serialize)]
pub struct KeyEntry {
    pub id: Uuid,
    pub name: String,
    pub prefix: String,
    pub scopes: Vec<String>,
    pub created_at: Timestamp,
    pub expires_at: Option<Timestamp>,
    pub last_used_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

const KEY: &str = "id, name, prefix, scopes, created_at, expires_at, last_used_at, revoked_at";

fn key_entry(r: &Row) -> KeyEntry {
    KeyEntry {
        id: r.get("id"),
        name: r.get("name"),
        prefix: r.get("prefix"),
        scopes: r.get("scopes"),
        created_at: r.get("created_at"),
        expires_at: r.get("expires_at"),
        last_used_at: r.get("last_used_at"),
        revoked_at: r.get("revoked_at"),
    }
}

pub struct NewKey<'a> {
    pub workspace: Uuid,
    pub member: Uuid,
    pub name: &'a str,
    pub hash: &'a Hash,
    pub prefix: &'a str,
    pub scopes: &'a [String],
    pub expires_at: Option<Timestamp>,
}

pub async fn create_key(store: &Store, new: &NewKey<'_>) -> Outcome<KeyEntry> {
    let sql = format!(
        "insert into kontor.api_keys (id, workspace_id, member_id, name, key_hash, prefix, scopes, expires_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8) returning {KEY}"
    );
    let id = kernel::new_id();
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 8] = [
        &id,
        &new.workspace,
        &new.member,
        &new.name,
        &new.hash.as_slice(),
        &new.prefix,
        &new.scopes,
        &new.expires_at,
    ];
    let row = store.door().await?.row(&sql, &params).await?;
    let row = row.ok_or_else(|| anyhow::anyhow!("an inserted key came back empty"))?;
    Ok(key_entry(&row))
}

pub async fn keys(store: &Store, workspace: Uuid, member: Uuid) -> Outcome<Vec<KeyEntry>> {
    let sql = format!(
        "select {KEY} from kontor.api_keys where workspace_id = $1 and member_id = $2
         order by created_at desc, id"
    );
    Ok(store.door().await?.rows(&sql, &[&workspace, &member]).await?.iter().map(key_entry).collect())
}

pub async fn revoke_key(store: &Store, workspace: Uuid, member: Uuid, key: Uuid) -> Outcome<bool> {
    let sql = "with revoked as (update kontor.api_keys set revoked_at = now()
                                where workspace_id = $1 and member_id = $2 and id = $3 and revoked_at is null
                                returning id)
               select pg_notify('kontor_auth', 'key ' || id) from revoked";
    Ok(!store.door().await?.rows(sql, &[&workspace, &member, &key]).await?.is_empty())
}

// ---------------------------------------------------------------- invitations

#[derive(Debug, Clone, serde::Serialize)]
pub struct Invitation {
    pub id: Uuid,
    #[serde(skip)]
    pub workspace: Uuid,
    pub workspace_name: String,
    pub email: String,
    pub role: String,
    pub location_id: Option<Uuid>,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub accepted_at: Option<Timestamp>,
    pub revoked_at: Option<Timestamp>,
}

const INVITATION: &str = "i.id, i.workspace_id, w.name as workspace_name, i.email, i.role, i.location_id, i.created_at, \
    i.expires_at, i.accepted_at, i.revoked_at";

fn invitation(r: &Row) -> Invitation {
    Invitation {
        id: r.get("id"),
        workspace: r.get("workspace_id"),
        workspace_name: r.get("workspace_name"),
        email: r.get("email"),
        role: r.get("role"),
        location_id: r.get("location_id"),
        created_at: r.get("created_at"),
        expires_at: r.get("expires_at"),
        accepted_at: r.get("accepted_at"),
        revoked_at: r.get("revoked_at"),
    }
}

pub struct NewInvitation<'a> {
    pub workspace: Uuid,
    pub email: &'a str,
    pub role: &'a str,
    pub location: Option<Uuid>,
    pub token: &'a Hash,
    pub life: Duration,
    pub invited_by: Option<Uuid>,
}

/// A new link for an address takes the place of one that is still open.
pub async fn invite(store: &Store, new: &NewInvitation<'_>) -> Outcome<Invitation> {
    let replace = "update kontor.invitations set revoked_at = now()
                   where workspace_id = $1 and email = lower($2) and accepted_at is null and revoked_at is null";
    let insert =
        "insert into kontor.invitations (id, workspace_id, email, role, location_id, token_hash, expires_at,
                                                  invited_by)
                  values ($1, $2, lower($3), $4, $5, $6, now() + make_interval(secs => $7), $8)";
    let id = kernel::new_id();
    let life = new.life.as_secs_f64();
    let mut door = store.door().await?;
    let tx = door.transaction().await?;
    tx.execute(replace, &[&new.workspace, &new.email]).await.map_err(problems::plain)?;
    tx.execute(
        insert,
        &[
            &id,
            &new.workspace,
            &new.email,
            &new.role,
            &new.location,
            &new.token.as_slice(),
            &life,
            &new.invited_by,
        ],
    )
    .await
    .map_err(problems::plain)?;
    tx.commit().await.map_err(problems::plain)?;
    let sql = format!(
        "select {INVITATION} from kontor.invitations i join kontor.workspaces w on w.id = i.workspace_id
         where i.workspace_id = $1 and i.id = $2"
    );
    let row = door.row(&sql, &[&new.workspace, &id]).await?;
    let row = row.ok_or_else(|| anyhow::anyhow!("an inserted invitation came back empty"))?;
    Ok(invitation(&row))
}

pub async fn invitations(store: &Store, workspace: Uuid) -> Outcome<Vec<Invitation>> {
    let sql = format!(
        "select {INVITATION} from kontor.invitations i join kontor.workspaces w on w.id = i.workspace_id
         where i.workspace_id = $1 order by i.created_at desc, i.id"
    );
    Ok(store.door().await?.rows(&sql, &[&workspace]).await?.iter().map(invitation).collect())
}

pub async fn withdraw_invitation(store: &Store, workspace: Uuid, id: Uuid) -> Outcome<bool> {
    let sql = "update kontor.invitations set revoked_at = now()
               where workspace_id = $1 and id = $2 and accepted_at is null and revoked_at is null";
    Ok(store.door().await?.execute(sql, &[&workspace, &id]).await? == 1)
}

/// One that can still be accepted.
pub async fn open_invitation(store: &Store, token: &Hash) -> Outcome<Option<Invitation>> {
    let sql = format!(
        "select {INVITATION} from kontor.invitations i join kontor.workspaces w on w.id = i.workspace_id
         where i.token_hash = $1 and i.accepted_at is null and i.revoked_at is null and i.expires_at > now()
           and w.is_active"
    );
    Ok(store.door().await?.row(&sql, &[&token.as_slice()]).await?.as_ref().map(invitation))
}

/// Uses the link up and makes member and role, all or nothing. The user exists by now; `None`: the link was used
/// by somebody faster.
pub async fn accept_invitation(store: &Store, token: &Hash, who: &NewMember<'_>) -> Outcome<Option<Uuid>> {
    let mut door = store.door().await?;
    let tx = door.transaction().await?;
    let used = "update kontor.invitations set accepted_at = now()
                where token_hash = $1 and accepted_at is null and revoked_at is null and expires_at > now()
                returning role, location_id";
    let row = tx.query_opt(used, &[&token.as_slice()]).await.map_err(problems::plain)?;
    let Some(row) = row else { return Ok(None) };
    let (role, location): (String, Option<Uuid>) = (row.get(0), row.get(1));
    let user = match who.user {
        Some(user) => user,
        None => insert_user(&tx, who).await?,
    };
    let member = upsert_member(&tx, who.workspace, user, who.name, who.email).await?;
    insert_assignment(&tx, who.workspace, member, &role, location).await?;
    tx.commit().await.map_err(problems::plain)?;
    Ok(Some(user))
}

pub struct NewMember<'a> {
    pub workspace: Uuid,
    /// An account that exists; else one is made.
    pub user: Option<Uuid>,
    pub email: &'a str,
    pub name: &'a str,
    pub password_hash: Option<&'a str>,
}

type Tx<'a> = deadpool_postgres::Transaction<'a>;

async fn insert_user(tx: &Tx<'_>, who: &NewMember<'_>) -> Outcome<Uuid> {
    let sql = "insert into kontor.users (id, email, name, password_hash, email_verified)
               values ($1, lower($2), $3, $4, true) returning id";
    let row = tx
        .query_one(sql, &[&kernel::new_id(), &who.email, &who.name, &who.password_hash])
        .await
        .map_err(problems::plain)?;
    Ok(row.get(0))
}

async fn upsert_member(tx: &Tx<'_>, workspace: Uuid, user: Uuid, name: &str, email: &str) -> Outcome<Uuid> {
    let sql = "insert into kontor.members (workspace_id, id, user_id, name, email)
               values ($1, $2, $3, $4, lower($5))
               on conflict (workspace_id, user_id) do update set is_active = true
               returning id";
    let row = tx
        .query_one(sql, &[&workspace, &kernel::new_id(), &user, &name, &email])
        .await
        .map_err(problems::plain)?;
    Ok(row.get(0))
}

async fn insert_assignment(
    tx: &Tx<'_>,
    workspace: Uuid,
    member: Uuid,
    role: &str,
    location: Option<Uuid>,
) -> Outcome<Uuid> {
    let held = "select id from kontor.role_assignments
                where workspace_id = $1 and member_id = $2 and role = $3 and location_id is not distinct from $4";
    if let Some(row) =
        tx.query_opt(held, &[&workspace, &member, &role, &location]).await.map_err(problems::plain)?
    {
        return Ok(row.get(0));
    }
    let give = "insert into kontor.role_assignments (workspace_id, id, member_id, role, location_id)
                values ($1, $2, $3, $4, $5)";
    let id = kernel::new_id();
    tx.execute(give, &[&workspace, &id, &member, &role, &location]).await.map_err(problems::plain)?;
    let tell = "select pg_notify('kontor_auth', 'member ' || $1::uuid)";
    tx.execute(tell, &[&member]).await.map_err(problems::plain)?;
    Ok(id)
}

// ---------------------------------------------------------------- members

/// Makes a user a member of a workspace, or finds the membership.
pub async fn add_member(
    store: &Store,
    workspace: Uuid,
    user: Uuid,
    name: &str,
    email: &str,
) -> Outcome<Uuid> {
    let mut door = store.door().await?;
    let tx = door.transaction().await?;
    let member = upsert_member(&tx, workspace, user, name, email).await?;
    tx.commit().await.map_err(problems::plain)?;
    Ok(member)
}

/// The user behind a member of the workspace.
pub async fn member_user(store: &Store, workspace: Uuid, member: Uuid) -> Outcome<Option<Uuid>> {
    let sql = "select user_id from kontor.members where workspace_id = $1 and id = $2";
    Ok(store.door().await?.row(sql, &[&workspace, &member]).await?.map(|r| r.get(0)))
}

#[derive(Debug, Clone, Default)]
pub struct MemberChange {
    pub is_active: Option<bool>,
    pub job_title: Option<String>,
    /// `Some(None)`: no longer represents a client.
    pub client: Option<Option<Uuid>>,
}

pub async fn update_member(store: &Store, workspace: Uuid, member: Uuid, to: &MemberChange) -> Outcome<bool> {
    let sql = "with changed as (
                   update kontor.members set
                       updated_at = now(),
                       version = version + 1,
                       is_active = coalesce($3, is_active),
                       job_title = coalesce($4, job_title),
                       client_id = case when $5::boolean then $6::uuid else client_id end
                   where workspace_id = $1 and id = $2 returning id)
               select pg_notify('kontor_auth', 'member ' || id) from changed";
    let (sets_client, client) = (to.client.is_some(), to.client.flatten());
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 6] =
        [&workspace, &member, &to.is_active, &to.job_title, &sets_client, &client];
    Ok(!store.door().await?.rows(sql, &params).await?.is_empty())
}

#[derive(Debug, Clone, serde::Serialize)]
pub struct AssignmentEntry {
    pub id: Uuid,
    pub role: String,
    pub location_id: Option<Uuid>,
}

pub async fn assignments(store: &Store, workspace: Uuid, member: Uuid) -> Outcome<Vec<AssignmentEntry>> {
    let sql = "select id, role, location_id from kontor.role_assignments
               where workspace_id = $1 and member_id = $2 order by id";
    let rows = store.door().await?.rows(sql, &[&workspace, &member]).await?;
    let entry = |r: &Row| AssignmentEntry { id: r.get(0), role: r.get(1), location_id: r.get(2) };
    Ok(rows.iter().map(entry).collect())
}

/// Gives a role; the assignment's id, also when it was held already.
pub async fn assign(
    store: &Store,
    workspace: Uuid,
    member: Uuid,
    role: &str,
    location: Option<Uuid>,
) -> Outcome<Uuid> {
    let mut door = store.door().await?;
    let tx = door.transaction().await?;
    let id = insert_assignment(&tx, workspace, member, role, location).await?;
    tx.commit().await.map_err(problems::plain)?;
    Ok(id)
}

pub async fn unassign(store: &Store, workspace: Uuid, member: Uuid, assignment: Uuid) -> Outcome<bool> {
    let sql = "with gone as (delete from kontor.role_assignments
                             where workspace_id = $1 and member_id = $2 and id = $3 returning member_id)
               select pg_notify('kontor_auth', 'member ' || member_id) from gone";
    Ok(!store.door().await?.rows(sql, &[&workspace, &member, &assignment]).await?.is_empty())
}

/// Active members who hold one of the roles in the whole workspace, apart from `without`.
pub async fn holders(store: &Store, workspace: Uuid, roles: &[String], without: Uuid) -> Outcome<i64> {
    let sql = "select count(distinct m.id) from kontor.members m
               join kontor.users u on u.id = m.user_id
               left join kontor.role_assignments a on a.workspace_id = m.workspace_id and a.member_id = m.id
               where m.workspace_id = $1 and m.is_active and u.is_active and m.id <> $3
                 and (u.is_super_admin or (a.role = any($2) and a.location_id is null))";
    let row = store.door().await?.row(sql, &[&workspace, &roles, &without]).await?;
    Ok(row.map_or(0, |r| r.get(0)))
}

// ---------------------------------------------------------------- overrides of roles

#[derive(Debug, Clone, serde::Serialize)]
pub struct OverrideEntry {
    pub location_id: Uuid,
    pub role: String,
    pub rights: Value,
}

pub async fn overrides(store: &Store, workspace: Uuid) -> Outcome<Vec<OverrideEntry>> {
    let found = overrides_of(&store.door().await?, workspace).await?;
    Ok(found
        .into_iter()
        .map(|(location_id, role, rights)| OverrideEntry { location_id, role, rights })
        .collect())
}

pub async fn put_override(
    store: &Store,
    workspace: Uuid,
    location: Uuid,
    role: &str,
    rights: &Value,
) -> Outcome<()> {
    let sql = "with put as (
                   insert into kontor.role_overrides (workspace_id, location_id, role, rights)
                   values ($1, $2, $3, $4)
                   on conflict (workspace_id, location_id, role) do update set rights = excluded.rights
                   returning workspace_id)
               select pg_notify('kontor_auth', 'workspace ' || workspace_id) from put";
    store.door().await?.rows(sql, &[&workspace, &location, &role, rights]).await?;
    Ok(())
}

pub async fn delete_override(store: &Store, workspace: Uuid, location: Uuid, role: &str) -> Outcome<bool> {
    let sql = "with gone as (delete from kontor.role_overrides
                             where workspace_id = $1 and location_id = $2 and role = $3 returning workspace_id)
               select pg_notify('kontor_auth', 'workspace ' || workspace_id) from gone";
    Ok(!store.door().await?.rows(sql, &[&workspace, &location, &role]).await?.is_empty())
}

// ---------------------------------------------------------------- the log

/// An entry of `auth_log`: `login`, `login_failed`, `logout`, `permission_denied`, ... (S2-120).
#[derive(Debug, Clone, Default)]
pub struct LogEntry {
    pub workspace: Option<Uuid>,
    pub user: Option<Uuid>,
    pub member: Option<Uuid>,
    pub action: &'static str,
    pub metadata: Value,
    pub ip: Option<IpAddr>,
    pub user_agent: String,
    pub request_id: String,
}

pub async fn log(store: &Store, entry: &LogEntry) -> Outcome<()> {
    let sql = "insert into kontor.auth_log (kind, workspace_id, user_id, member_id, ip, user_agent, request_id, detail)
               values ($1, $2, $3, $4, $5, left($6, 500), $7, $8)";
    let params: [&(dyn tokio_postgres::types::ToSql + Sync); 8] = [
        &entry.action,
        &entry.workspace,
        &entry.user,
        &entry.member,
        &entry.ip,
        &entry.user_agent,
        &entry.request_id,
        &entry.metadata,
    ];
    store.door().await?.execute(sql, &params).await?;
    Ok(())
}

/// What was logged for a workspace, oldest first.
pub async fn log_kinds(store: &Store, workspace: Uuid) -> Outcome<Vec<String>> {
    let sql = "select kind from kontor.auth_log where workspace_id = $1 order by id";
    Ok(store.door().await?.rows(sql, &[&workspace]).await?.iter().map(|r| r.get(0)).collect())
}
