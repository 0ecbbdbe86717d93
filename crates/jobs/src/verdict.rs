//! What becomes of a run: done, tried again, failed, cancelled.
use crate::{Queue, Run};
use kernel::Failure;
use std::any::Any;
use std::sync::PoisonError;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;
use store::doors::jobs::Ending;

/// The delay before the second attempt; doubled before each that follows (S2-171).
const FIRST_DELAY: Duration = Duration::from_millis(1000);

pub(crate) enum Outcome {
    Ended(kernel::Outcome<()>),
    Panicked(Box<dyn Any + Send>),
}

pub(crate) fn ending(run: &Run, outcome: Outcome, last_attempt: bool) -> Ending {
    let (error, is_final) = match outcome {
        Outcome::Ended(Ok(())) if run.heard.load(Relaxed) => return Ending::Cancelled,
        Outcome::Ended(Ok(())) => {
            let result = run.result.lock().unwrap_or_else(PoisonError::into_inner).take();
            return Ending::Done(result);
        }
        Outcome::Ended(Err(_)) if run.cancel.load(Relaxed) => return Ending::Cancelled,
        Outcome::Ended(Err(failure)) => (written(&failure), is_final(&failure)),
        Outcome::Panicked(panic) => (format!("internal: it panicked: {}", said(panic.as_ref())), false),
    };
    if is_final || last_attempt { Ending::Failed(error) } else { Ending::Retry(error, delay(run.attempt)) }
}

/// After this attempt, counted from 1.
fn delay(attempt: u32) -> Duration {
    FIRST_DELAY.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)))
}

/// A refusal would be refused again. What only came at the wrong moment (429, 503) would not.
fn is_final(failure: &Failure) -> bool {
    match failure {
        Failure::Refused(problems) => {
            problems.iter().any(|p| matches!(p.status(), 400..500) && p.status() != 429)
        }
        Failure::Broken(_) => false,
    }
}

/// `code: sentence`, whichever it is.
fn written(failure: &Failure) -> String {
    match failure {
        Failure::Refused(_) => failure.to_string(),
        Failure::Broken(chain) => format!("internal: {chain:#}"),
    }
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("without a word")
}

/// The line of the log and the figures. A failure is logged here and nowhere else (S2-174).
pub(crate) fn tell(run: &Run, queue: Queue, kind: &'static str, ending: &Ending, took: Duration) {
    let (job, attempt, queue, took_ms) = (run.id, run.attempt, queue.name(), took.as_millis() as u64);
    let outcome = match ending {
        Ending::Done(_) => "done",
        Ending::Failed(error) => {
            tracing::error!(job.id = %job, workspace.id = %run.workspace, queue, kind, attempt, took_ms, event = "system:jobFailed",
                "A job failed: {error}");
            "failed"
        }
        Ending::Retry(error, delay) => {
            tracing::warn!(job.id = %job, workspace.id = %run.workspace, queue, kind, attempt, took_ms,
                "A job failed and will be tried again in {} s: {error}", delay.as_secs_f64());
            "retry"
        }
        Ending::Cancelled => "cancelled",
        Ending::Returned => "returned",
    };
    tracing::debug!(job.id = %job, queue, kind, attempt, took_ms, outcome, "Ran a job");
    metrics::counter!("jobs_total", "queue" => queue, "kind" => kind, "outcome" => outcome).increment(1);
    metrics::histogram!("job_duration_seconds", "queue" => queue, "kind" => kind).record(took.as_secs_f64());
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Problem;

    #[test]
    fn the_delay_doubles_from_one_second() {
        let millis: Vec<u128> = (1..=5).map(|attempt| delay(attempt).as_millis()).collect();
        assert_eq!(millis, [1000, 2000, 4000, 8000, 16000]);
    }

    #[test]
    fn a_refusal_is_final_and_a_bad_moment_is_not() {
        assert!(is_final(&Problem::new("policy.denied", "No.").into()));
        assert!(is_final(&Problem::new("field.required", "Say more.").into()));
        assert!(!is_final(&Problem::new("service.unavailable", "Later.").into()));
        assert!(!is_final(&Problem::new("rate.limited", "Slower.").into()));
        assert!(!is_final(&anyhow::anyhow!("a disk").into()));
    }
}
