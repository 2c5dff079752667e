//! The documented rate limits: so many calls a minute of one operation for one reference. They run by the machine's
//! elapsed time.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use crate::domain::operation::Operation;
use crate::domain::span::Span;

const WINDOW: Span = Span::minutes(1);
/// How many counters are kept before those that are over are swept out.
const MAX_COUNTERS: usize = 100_000;

/// The calls of the last minute.
#[derive(Default)]
pub(super) struct RateLimits(Mutex<HashMap<Counter, VecDeque<Span>>>);

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
        | Operation::WebhooksDelete => None,
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
        now: Span,
    ) -> Result<(), i64> {
        let Some(limit) = limit(operation) else { return Ok(()) };
        let mut counters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_over = |call: &Span| *call + WINDOW <= now;
        if counters.len() >= MAX_COUNTERS {
            counters.retain(|_, calls| calls.back().is_some_and(|last| !is_over(last)));
        }
        let counter = (operation, reference.to_owned(), owner.to_owned());
        if counters.len() >= MAX_COUNTERS && !counters.contains_key(&counter) {
            // So many references in one minute are nobody's retry loop.
            return Ok(());
        }
        let calls = counters.entry(counter).or_default();
        while calls.front().is_some_and(is_over) {
            calls.pop_front();
        }
        if calls.len() >= limit {
            let free_at = calls.front().map_or(now, |first| *first + WINDOW);
            let wait = free_at.as_micros() - now.as_micros();
            return Err((wait + 999_999) / 1_000_000);
        }
        calls.push_back(now);
        Ok(())
    }

    /// Forgets every call.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_frees_a_minute_after_its_call() {
        let limits = RateLimits::default();
        let call = |second: i64| limits.count(Operation::Capture, "ref", "msn", Span::seconds(second));
        for second in 0..5 {
            assert_eq!(call(second), Ok(()));
        }
        assert_eq!(call(5), Err(55));
        assert_eq!(call(59), Err(1));
        assert_eq!(call(60), Ok(()));
        assert_eq!(call(60), Err(1));
        assert_eq!(limits.count(Operation::Refund, "ref", "msn", Span::seconds(60)), Ok(()));
        assert_eq!(limits.count(Operation::Capture, "other", "msn", Span::seconds(60)), Ok(()));
        assert_eq!(limits.count(Operation::Capture, "ref", "other", Span::seconds(60)), Ok(()));
        assert!((0..1000).all(|_| limits.count(Operation::Approve, "ref", "msn", Span::ZERO).is_ok()));
    }
}
