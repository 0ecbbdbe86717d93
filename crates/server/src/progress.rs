//! Long work shows how far it is: a bar on a terminal, a line now and then elsewhere.
use indicatif::{ProgressBar, ProgressStyle};
use std::io::IsTerminal;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

const BETWEEN_LINES: Duration = Duration::from_secs(5);

pub struct Progress {
    title: String,
    since: Instant,
    show: Show,
}

enum Show {
    Bar(ProgressBar),
    /// When the last line was printed.
    Lines(Mutex<Instant>),
}

impl Progress {
    pub fn new(title: &str) -> Progress {
        let show = if std::io::stderr().is_terminal() {
            Show::Bar(bar(title))
        } else {
            eprintln!("{title} ...");
            Show::Lines(Mutex::new(Instant::now()))
        };
        Progress { title: title.to_string(), since: Instant::now(), show }
    }

    /// So many of so many are done.
    pub fn set(&self, done: u64, total: u64) {
        match &self.show {
            Show::Bar(bar) => {
                bar.set_length(total);
                bar.set_position(done);
            }
            Show::Lines(told) => {
                let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
                if told.elapsed() >= BETWEEN_LINES {
                    *told = Instant::now();
                    eprintln!("{}: {}", self.title, share(done, total));
                }
            }
        }
    }

    /// Ends with a line that says what came of it.
    pub fn finish(self, result: &str) {
        if let Show::Bar(bar) = &self.show {
            bar.finish_and_clear();
        }
        eprintln!("{result} ({:.1} s)", self.since.elapsed().as_secs_f64());
    }
}

fn bar(title: &str) -> ProgressBar {
    let style = ProgressStyle::with_template("{msg:36} {bar:30} {human_pos} of {human_len}  {elapsed}");
    let bar = ProgressBar::new(0).with_message(title.to_string());
    bar.enable_steady_tick(Duration::from_millis(200));
    bar.with_style(style.expect("the template is a constant"))
}

fn share(done: u64, total: u64) -> String {
    match (done * 100).checked_div(total) {
        Some(percent) => format!("{done} of {total} ({percent} %)"),
        None => format!("{done}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_nothing_known_is_a_count() {
        assert_eq!(share(3, 0), "3");
        assert_eq!(share(50, 200), "50 of 200 (25 %)");
    }
}
