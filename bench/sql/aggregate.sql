select marketing_consent, count(*) from data.contacts where workspace_id = :ws::uuid and archived_at is null group by 1;
