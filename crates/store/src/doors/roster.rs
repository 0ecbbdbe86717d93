//! Everybody who has an account, for the command line.
use crate::Store;
use kernel::Outcome;

#[derive(Debug, Clone)]
pub struct Account {
    pub email: String,
    pub name: String,
    pub is_super_admin: bool,
    pub is_active: bool,
    /// `acme (admin)`: each workspace with the roles there.
    pub workspaces: Vec<String>,
}

pub async fn accounts(store: &Store) -> Outcome<Vec<Account>> {
    let sql = "select u.email, u.name, u.is_super_admin, u.is_active,
                      array(select w.slug || ' (' || coalesce(string_agg(distinct a.role, ', '), 'no role') || ')'
                            from kontor.members m
                            join kontor.workspaces w on w.id = m.workspace_id
                            left join kontor.role_assignments a on a.workspace_id = m.workspace_id and a.member_id = m.id
                            where m.user_id = u.id
                            group by w.slug order by w.slug) as workspaces
               from kontor.users u
               order by u.email, u.id";
    let rows = store.door().await?.rows(sql, &[]).await?;
    Ok(rows
        .iter()
        .map(|r| Account {
            email: r.get("email"),
            name: r.get("name"),
            is_super_admin: r.get("is_super_admin"),
            is_active: r.get("is_active"),
            workspaces: r.get("workspaces"),
        })
        .collect())
}
