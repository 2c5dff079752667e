//! Waiting for something to be so, instead of polling.

use std::future::poll_fn;
use std::task::{Poll, Waker};
use std::time::Duration;

use super::problem::Refused;
use crate::domain::span::Span;

/// How long a call waits when it does not say, and at most. It is the machine's time that passes.
const DEFAULT_TIMEOUT: Span = Span::seconds(5);
const MAX_TIMEOUT: Span = Span::minutes(5);

/// Checks how long a call may wait.
pub(super) fn timeout(given: Option<Span>) -> Result<Span, Refused> {
    match given.unwrap_or(DEFAULT_TIMEOUT) {
        timeout if timeout > MAX_TIMEOUT => {
            Err(Refused::bad_request(format!("timeout: at most {MAX_TIMEOUT} can be waited for.")))
        }
        timeout => Ok(timeout),
    }
}

/// Looks whenever something may have changed, until there is something or the time is up.
pub(crate) async fn until<T>(
    watch: impl Fn(&Waker),
    look: impl Fn() -> Option<T>,
    timeout: Span,
) -> Option<T> {
    let found = poll_fn(|cx| {
        // Ask to be woken first: a change between the look and the asking would go unseen.
        watch(cx.waker());
        look().map_or(Poll::Pending, Poll::Ready)
    });
    tokio::time::timeout(Duration::from(timeout), found).await.ok()
}
