//! Which backups are kept: daily ones for 30 days, weekly ones for 12 weeks, monthly ones for 12 months.
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::collections::{BTreeMap, BTreeSet};

/// Of `all` those that stay. The newest stays whatever its age; of a day, a week and a month the last one counts.
pub fn kept(all: &[Timestamp], now: Timestamp) -> BTreeSet<Timestamp> {
    let day = |t: Timestamp| t.to_zoned(TimeZone::UTC).date();
    let today = day(now);
    let mut keep: BTreeSet<Timestamp> = all.iter().max().copied().into_iter().collect();
    // Taken within the last day: somebody may have asked for it for a reason.
    keep.extend(all.iter().filter(|t| now.duration_since(**t) < SignedDuration::from_hours(24)));
    keep.extend(last_of_each(all, day, |d| d > today - 30.days()));
    keep.extend(last_of_each(all, |t| monday(day(t)), |d| d > today - 12.weeks()));
    keep.extend(last_of_each(all, |t| day(t).first_of_month(), |d| d > today - 12.months()));
    keep
}

fn last_of_each(
    all: &[Timestamp],
    span: impl Fn(Timestamp) -> Date,
    recent: impl Fn(Date) -> bool,
) -> impl Iterator<Item = Timestamp> {
    let mut last: BTreeMap<Date, Timestamp> = BTreeMap::new();
    for &t in all {
        let best = last.entry(span(t)).or_insert(t);
        *best = t.max(*best);
    }
    last.retain(|date, _| recent(*date));
    last.into_values()
}

fn monday(date: Date) -> Date {
    date - i64::from(date.weekday().to_monday_zero_offset()).days()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_years_of_nights_thirty_days_twelve_weeks_and_twelve_months_stay() {
        let now: Timestamp = "2026-11-21T02:00:00Z".parse().expect("a time");
        let nights: Vec<Timestamp> = (0..730).map(|n| now - SignedDuration::from_hours(24 * n)).collect();
        let keep = kept(&nights, now);
        let days = keep.iter().filter(|t| now.duration_since(**t) < SignedDuration::from_hours(24 * 30));
        assert_eq!(days.count(), 30);
        let oldest = keep.first().expect("some");
        assert!(oldest.to_string().as_str() >= "2025-12", "{oldest}");
        assert!((40..=54).contains(&keep.len()), "{}", keep.len());
        // A month's last night stays until it is a year old.
        assert!(keep.contains(&"2026-03-31T02:00:00Z".parse().expect("a time")));
        assert!(!keep.contains(&"2026-03-30T02:00:00Z".parse().expect("a time")));
        // Nothing is let go twice over: keeping is settled.
        let again: Vec<Timestamp> = keep.iter().copied().collect();
        assert_eq!(kept(&again, now), keep);
    }

    #[test]
    fn the_only_backup_stays_however_old() {
        let old: Timestamp = "2020-01-01T02:00:00Z".parse().expect("a time");
        assert!(kept(&[old], Timestamp::now()).contains(&old));
        assert!(kept(&[], Timestamp::now()).is_empty());
    }
}
