//! The jobs that tell: of changes that named somebody, and of jobs that ended.
use crate::named::{Notice, by_member, notices};
use crate::tell::tell;
use identity::Identity;
use jobs::{BoxFuture, Run, Work};
use kernel::{Failure, Outcome, Uuid};
use records::{Engine, NAMED, Naming};
use serde::Deserialize;
use store::doors::jobs::{self as door, ENDED};

pub(crate) struct Named {
    pub engine: Engine,
    pub identity: Identity,
}

pub(crate) struct Ended {
    pub engine: Engine,
    pub identity: Identity,
}

#[derive(Deserialize)]
struct NamedOrder {
    by: Uuid,
    named: Vec<Naming>,
}

impl Work for Named {
    fn kind(&self) -> &'static str {
        NAMED
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(self.tell_all(run))
    }
}

impl Named {
    async fn tell_all(&self, run: &Run) -> Outcome<()> {
        let order: NamedOrder = serde_json::from_value(run.payload.clone()).map_err(anyhow::Error::from)?;
        let by = match self.identity.actor_of(run.workspace, order.by).await {
            Ok(actor) => actor.name.to_string(),
            Err(Failure::Refused(_)) => "Somebody".into(),
            Err(broken) => return Err(broken),
        };
        for (member, reasons) in by_member(&order.named) {
            // Who cannot sign in any more has no use for it.
            let reader = match self.identity.actor_of(run.workspace, member).await {
                Ok(reader) => reader,
                Err(Failure::Refused(_)) => continue,
                Err(broken) => return Err(broken),
            };
            let model = self.engine.model(&reader).await?;
            let mut all = vec![];
            for ((object, mentioned), records) in reasons {
                let Some(object) = model.objects.get(object) else { continue };
                all.extend(notices(&self.engine, &reader, object, &by, mentioned, &records).await?);
            }
            tell(&self.engine, run.workspace, member, all).await?;
        }
        Ok(())
    }
}

impl Work for Ended {
    fn kind(&self) -> &'static str {
        ENDED
    }
    fn run<'a>(&'a self, run: &'a Run) -> BoxFuture<'a, Outcome<()>> {
        Box::pin(self.tell_of(run))
    }
}

impl Ended {
    async fn tell_of(&self, run: &Run) -> Outcome<()> {
        let id = run.payload["job"].as_str().and_then(|id| id.parse().ok());
        let id: Uuid = id.ok_or_else(|| anyhow::anyhow!("the job that ended is not named"))?;
        let Some(ended) = door::ended(self.engine.store(), run.workspace, id).await? else { return Ok(()) };
        let Some(member) = ended.member else { return Ok(()) };
        if let Err(Failure::Refused(_)) = self.identity.actor_of(run.workspace, member).await {
            return Ok(());
        }
        let notice = notice(&ended);
        tell(&self.engine, run.workspace, member, notice.into_iter().collect()).await
    }
}

fn notice(ended: &door::EndedJob) -> Option<Notice> {
    let import = ended.result["import"].as_str().or(ended.payload["import"].as_str());
    let link = match import {
        Some(import) => format!("/imports/{import}"),
        None => "/jobs".into(),
    };
    let notice = |kind, title: &str, description: Option<&str>, severity| {
        let description = description.map(str::to_owned);
        Some(Notice {
            kind,
            title: title.to_owned(),
            description,
            link: link.clone(),
            severity,
            record: None,
        })
    };
    match (ended.state.as_str(), ended.result["state"].as_str()) {
        ("failed", _) => notice("job_failed", "A job of yours failed", ended.error.as_deref(), "error"),
        ("done", Some("done")) => notice("import_finished", "An import of yours is through", None, "success"),
        ("done", Some("refused")) => {
            notice("import_finished", "An import of yours has wrong rows and wrote nothing", None, "warning")
        }
        _ => None,
    }
}
