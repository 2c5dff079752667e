//! The recorded calls that a test asks for.

use std::fmt::Write as _;
use std::time::Duration;

use super::wait::PATIENCE;
use super::{Sandbox, SandboxError, UnitHandle};
use crate::control::until;
use crate::domain::digits::Msn;
use crate::domain::operation::Operation;
use crate::domain::time::Timestamp;
use crate::journal::{Filter, RequestSnapshot};

/// The calls of the emulated API that the journal keeps, or some of them: [`Sandbox::requests`] begins, each word narrows, and
/// the last one looks.
///
/// ```
/// use epayment_sandbox::{Operation, Sandbox};
///
/// let sandbox = Sandbox::start();
/// // … the integration under test captures …
/// sandbox.requests().on(Operation::Capture).about("acme-shop-0001").assert_count(0);
/// assert!(sandbox.requests().refused().list().is_empty());
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is looked at before list, count, last, wait or assert_count"]
pub struct Requests<'s> {
    sandbox: &'s Sandbox,
    filter: Filter,
    within: Duration,
}

impl<'s> Requests<'s> {
    fn new(sandbox: &'s Sandbox, msn: Option<Msn>) -> Self {
        Self { sandbox, filter: Filter { msn, ..Filter::default() }, within: PATIENCE }
    }

    /// Only those of this operation.
    pub fn on(mut self, operation: Operation) -> Self {
        self.filter.operation = Some(operation);
        self
    }

    /// Only those about this payment.
    pub fn about(mut self, reference: &str) -> Self {
        self.filter.reference = Some(reference.to_owned());
        self
    }

    /// Only those that were answered with this status.
    pub fn answered(mut self, status: u16) -> Self {
        self.filter.status = Some(status);
        self
    }

    /// Only those that were answered with 400 and above.
    pub fn refused(mut self) -> Self {
        self.filter.refused = true;
        self
    }

    /// Only those of this time and later, by their sales unit's clock.
    pub fn since(mut self, time: Timestamp) -> Self {
        self.filter.since = Some(time);
        self
    }

    /// Waits at most so long, by the machine's time; five seconds unless told.
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    /// Returns them, newest first, secrets masked.
    #[must_use]
    pub fn list(&self) -> Vec<RequestSnapshot> {
        self.sandbox.journal.list(&self.filter, usize::MAX).iter().map(Into::into).collect()
    }

    /// Returns the newest.
    #[must_use]
    pub fn last(&self) -> Option<RequestSnapshot> {
        self.sandbox.journal.list(&self.filter, 1).first().map(Into::into)
    }

    /// Counts them.
    #[must_use]
    pub fn count(&self) -> usize {
        self.sandbox.journal.count(&self.filter, usize::MAX)
    }

    /// Asserts how many there are.
    ///
    /// # Panics
    ///
    /// When there are more or fewer. The message lists them, each with the reason of its refusal if it was refused.
    #[track_caller]
    pub fn assert_count(&self, count: usize) {
        let found = self.list();
        assert!(found.len() == count, "{} of {count} such calls came{}", found.len(), listed(&found));
    }

    /// Waits until there are so many, those that are there already included, and returns them, newest first. The thread is
    /// blocked; [`Requests::arrive`] is the same to be awaited.
    ///
    /// # Errors
    ///
    /// When there are fewer in time.
    pub fn wait(&self, count: usize) -> Result<Vec<RequestSnapshot>, SandboxError> {
        let there = self.sandbox.block_on(self.arriving(count));
        self.arrived(there, count)
    }

    /// Waits like [`Requests::wait`] and lets the thread go on meanwhile.
    ///
    /// # Errors
    ///
    /// When there are fewer in time.
    pub async fn arrive(&self, count: usize) -> Result<Vec<RequestSnapshot>, SandboxError> {
        let there = self.sandbox.elsewhere(self.arriving(count)).await;
        self.arrived(there, count)
    }

    fn arriving(&self, count: usize) -> impl Future<Output = Option<()>> + Send + use<> {
        let (journal, filter, within) = (self.sandbox.journal.clone(), self.filter.clone(), self.within);
        async move {
            let look = || (journal.count(&filter, count) >= count).then_some(());
            until(|waker| journal.watch(waker), look, within.into()).await
        }
    }

    fn arrived(&self, there: Option<()>, count: usize) -> Result<Vec<RequestSnapshot>, SandboxError> {
        let found = self.list();
        if there.is_some() {
            return Ok(found);
        }
        let (came, within) = (found.len(), self.within);
        Err(SandboxError::TimedOut(format!(
            "{came} of {count} such calls came within {within:?}{}",
            listed(&found)
        )))
    }
}

/// Lists calls, each on a line of its own.
fn listed(calls: &[RequestSnapshot]) -> String {
    let mut text = String::new();
    for RequestSnapshot { id, method, path, status, explanation, .. } in calls {
        let _ = write!(text, "\n  {id} {method} {path} {status} {}", explanation.as_deref().unwrap_or(""));
    }
    text
}

impl Sandbox {
    /// Asks for the calls of the emulated API that the journal keeps, of all sales units.
    pub fn requests(&self) -> Requests<'_> {
        Requests::new(self, None)
    }

    /// Forgets the calls so far.
    pub fn clear_requests(&self) {
        self.journal.clear(None);
    }
}

impl<'s> UnitHandle<'s> {
    /// Asks for the sales unit's calls.
    pub fn requests(&self) -> Requests<'s> {
        Requests::new(self.sandbox, Some(self.msn))
    }
}
