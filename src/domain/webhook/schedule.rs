//! When a delivery that failed is tried again (agent toolkit, August 2026): four attempts two seconds apart, then after one
//! and two minutes, then hourly to the 29th, then daily, and no more after seven days.

use crate::domain::span::Span;
use crate::domain::time::Timestamp;

/// How long after the first attempt the last one may be.
pub const GIVE_UP_AFTER: Span = Span::days(7);

/// For how long nothing may have arrived at a receiver before its registration is removed.
pub const DEAD_AFTER: Span = Span::days(14);

/// Returns when attempt number `attempt + 1` is due, given that number `attempt` was made at `at` and failed, and the first
/// at `first`. `None` when there is none.
#[must_use]
pub fn next_attempt(attempt: u32, at: Timestamp, first: Timestamp) -> Option<Timestamp> {
    let pause = match attempt {
        0..=3 => Span::seconds(2),
        4 => Span::minutes(1),
        5 => Span::minutes(2),
        6..=28 => Span::minutes(60),
        _ => Span::days(1),
    };
    Some(at + pause).filter(|next| *next <= first + GIVE_UP_AFTER)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_schedule_is_the_documented_one() {
        let first = Timestamp::parse_rfc3339("2026-11-20T09:00:00Z").unwrap();
        let mut due = vec![first];
        while let Some(next) = next_attempt(u32::try_from(due.len()).unwrap(), due[due.len() - 1], first) {
            due.push(next);
        }
        let seconds: Vec<i64> = due.iter().map(|at| at.since(first).as_micros() / 1_000_000).collect();
        assert_eq!(seconds[..7], [0, 2, 4, 6, 66, 186, 186 + 3600]);
        assert_eq!(seconds[28], 186 + 23 * 3600, "the 29th is the last hourly one");
        assert_eq!(seconds[29] - seconds[28], 86_400);
        assert_eq!(seconds.len(), 35);
        assert!(seconds[34] <= 7 * 86_400);
    }
}
