//! The documented rate limits: so many calls a minute of one operation for one reference. They run by the machine's
//! elapsed time.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use crate::domain::digits::Msn;
use crate::domain::operation::Operation;
use crate::domain::span::Span;

const WINDOW: Span = Span::minutes(1);
/// How many counters are kept before those that are over are swept out.
const MAX_COUNTERS: usize = 100_000;

/// The calls of the last minute.
#[derive(Default)]
pub(super) struct RateLimits(Mutex<HashMap<Counter, Calls>>);

#[derive(Default)]
struct Calls {
    at: VecDeque<Span>,
    /// The sales unit that called last.
    unit: Option<Msn>,
}

/// What is counted together: an operation, a reference, and an MSN or subscription key.
type Counter = (Operation, String, String);

/// How many calls a minute the operation allows (vendor's guide and agent toolkit).
pub(super) fn limit(operation: Operation) -> Option<usize> {
    match operation {
        Operation::Create | Operation::Capture | Operation::Cancel | Operation::Refund => Some(5),
        Operation::Get | Operation::Events => Some(120),
        Operation::Token
        | Operation::Approve
        | Operation::WebhooksRegister
        | Operation::WebhooksList
        | Operation::WebhooksDelete
        | Operation::Userinfo => None,
    }
}

impl RateLimits {
    /// Counts a call.
    ///
    /// # Errors
    ///
    /// The whole seconds until a call is possible again, at least one.
    pub(super) fn count(
        &self,
        operation: Operation,
        reference: &str,
        owner: &str,
        unit: Option<Msn>,
        now: Span,
    ) -> Result<(), i64> {
        let Some(limit) = limit(operation) else { return Ok(()) };
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |call: &Span| *call + WINDOW <= now;
        if counters.len() >= MAX_COUNTERS {
            counters.retain(|_, calls| calls.at.back().is_some_and(|last| !is_over(last)));
        }
        let counter = (operation, reference.to_owned(), owner.to_owned());
        if counters.len() >= MAX_COUNTERS && !counters.contains_key(&counter) {
            // So many references in one minute are nobody's retry loop.
            return Ok(());
        }
        let calls = counters.entry(counter).or_default();
        calls.unit = unit;
        while calls.at.front().is_some_and(is_over) {
            calls.at.pop_front();
        }
        if calls.at.len() >= limit {
            let free_at = calls.at.front().map_or(now, |first| *first + WINDOW);
            let wait = free_at.as_micros() - now.as_micros();
            return Err((wait + 999_999) / 1_000_000);
        }
        calls.at.push_back(now);
        Ok(())
    }

    /// Forgets every call, or those of one unit.
    pub(super) fn clear(&self, unit: Option<Msn>) {
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counters.retain(|_, calls| unit.is_some() && calls.unit != unit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_frees_a_minute_after_its_call() {
        let limits = RateLimits::default();
        let call = |second: i64| limits.count(Operation::Capture, "ref", "msn", None, Span::seconds(second));
        for second in 0..5 {
            assert_eq!(call(second), Ok(()));
        }
        assert_eq!(call(5), Err(55));
        assert_eq!(call(59), Err(1));
        assert_eq!(call(60), Ok(()));
        assert_eq!(call(60), Err(1));
        assert_eq!(limits.count(Operation::Refund, "ref", "msn", None, Span::seconds(60)), Ok(()));
        assert_eq!(limits.count(Operation::Capture, "other", "msn", None, Span::seconds(60)), Ok(()));
        assert_eq!(limits.count(Operation::Capture, "ref", "other", None, Span::seconds(60)), Ok(()));
        assert!((0..1000).all(|_| limits.count(Operation::Approve, "ref", "msn", None, Span::ZERO).is_ok()));
    }
}
