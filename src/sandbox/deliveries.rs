//! The attempts to deliver webhooks that a test asks for.

use std::fmt::Write as _;
use std::time::Duration;

use super::wait::PATIENCE;
use super::webhooks::signature_problem;
use super::{Sandbox, SandboxError, UnitHandle};
use crate::control::until;
use crate::domain::digits::Msn;
use crate::domain::payment::EventName;
use crate::domain::time::Timestamp;
use crate::engine::{DeliveryFilter, DeliveryRow, Engine, Outcome};

/// One attempt to deliver a webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DeliverySnapshot {
    /// Its number; they count up. [`Sandbox::redeliver`] takes it.
    pub id: u64,
    /// When it was made, by the sales unit's clock.
    pub at: Timestamp,
    /// The sales unit.
    pub msn: String,
    /// The payment's reference.
    pub reference: String,
    /// The event's full name, such as `epayments.payment.captured.v1`.
    pub event: String,
    /// The registration's id.
    pub webhook_id: String,
    /// Which attempt it was, counting from 1.
    pub attempt: u32,
    /// Where it went.
    pub url: String,
    /// The headers that were sent, in their order.
    pub headers: Vec<(String, String)>,
    /// The body that was sent.
    pub body: String,
    /// The receiver's status; `None` when it did not answer.
    pub status: Option<u16>,
    /// Why it did not answer; `None` when it did.
    pub error: Option<String>,
    /// The headers of the answer.
    pub response_headers: Vec<(String, String)>,
    /// The body of the answer, at most 16 KiB of it; `None` when there was no answer.
    pub response_body: Option<String>,
    /// How long it took, in microseconds of the machine's time.
    pub micros: u64,
    /// When the event is tried again, by the sales unit's clock; `None` when it arrived or is given up.
    pub next_at: Option<Timestamp>,
}

impl DeliverySnapshot {
    /// Returns whether the event has arrived: only an answer of 200 to 299 says so.
    #[must_use]
    pub fn has_arrived(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }

    /// Checks the signature as the receiver has to.
    ///
    /// # Errors
    ///
    /// The first step that is wrong, in words.
    pub fn verify(&self, secret: &str) -> Result<(), String> {
        let date = self.headers.iter().find(|(name, _)| name == "x-ms-date");
        let date = date.and_then(|(_, date)| Timestamp::parse_rfc1123(date)).unwrap_or_default();
        signature_problem(&self.url, &self.headers, self.body.as_bytes(), secret, date)
    }
}

impl From<&DeliveryRow> for DeliverySnapshot {
    fn from(row: &DeliveryRow) -> Self {
        let (status, error, response_headers, response_body) = match row.outcome.clone() {
            Outcome::Answered { status, headers, body } => (Some(status), None, headers, Some(body)),
            Outcome::Failed(why) => (None, Some(why), Vec::new(), None),
        };
        Self {
            id: row.id,
            at: row.at,
            msn: row.msn.to_string(),
            reference: row.reference.to_string(),
            event: row.event.name().to_owned(),
            webhook_id: row.webhook_id.to_string(),
            attempt: row.attempt,
            url: row.url.clone(),
            headers: row.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
            body: row.body.to_string(),
            status,
            error,
            response_headers,
            response_body,
            micros: row.took.as_micros().unsigned_abs(),
            next_at: row.next_at,
        }
    }
}

/// The attempts to deliver webhooks that are remembered, or some of them: [`Sandbox::deliveries`] begins, each word narrows,
/// and the last one looks.
///
/// ```
/// use epayment_sandbox::{EventName, Sandbox};
///
/// let sandbox = Sandbox::start();
/// // … the shop registers a webhook, and a payment is captured …
/// sandbox.deliveries().of(EventName::Captured).about("acme-shop-0001").assert_count(0);
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is looked at before list, count, last, wait or assert_count"]
pub struct Deliveries<'s> {
    sandbox: &'s Sandbox,
    filter: DeliveryFilter,
    has_arrived: bool,
    within: Duration,
}

impl<'s> Deliveries<'s> {
    fn new(sandbox: &'s Sandbox, msn: Option<Msn>) -> Self {
        let filter = DeliveryFilter { msn, ..DeliveryFilter::default() };
        Self { sandbox, filter, has_arrived: false, within: PATIENCE }
    }

    /// Only those of this event.
    pub fn of(mut self, event: EventName) -> Self {
        self.filter.event = Some(event.into());
        self
    }

    /// Only those about this payment.
    pub fn about(mut self, reference: &str) -> Self {
        self.filter.reference = Some(reference.to_owned());
        self
    }

    /// Only those that the receiver answered with this status.
    pub fn answered(mut self, status: u16) -> Self {
        self.filter.status = Some(status);
        self
    }

    /// Only those that have arrived: answered with 200 to 299.
    pub fn arrived(mut self) -> Self {
        self.has_arrived = true;
        self
    }

    /// Waits at most so long, by the machine's time; five seconds unless told.
    pub fn within(mut self, time: Duration) -> Self {
        self.within = time;
        self
    }

    /// Returns them, newest first.
    #[must_use]
    pub fn list(&self) -> Vec<DeliverySnapshot> {
        find(&self.sandbox.engine, &self.filter, self.has_arrived)
    }

    /// Returns the newest.
    #[must_use]
    pub fn last(&self) -> Option<DeliverySnapshot> {
        self.list().into_iter().next()
    }

    /// Counts them.
    #[must_use]
    pub fn count(&self) -> usize {
        self.list().len()
    }

    /// Asserts how many there are.
    ///
    /// # Panics
    ///
    /// When there are more or fewer. The message lists them.
    #[track_caller]
    pub fn assert_count(&self, count: usize) {
        let found = self.list();
        assert!(found.len() == count, "{} of {count} such webhooks were sent{}", found.len(), listed(&found));
    }

    /// Waits until there are so many, those that are there already included, and returns them, newest first. The thread is
    /// blocked, so the receiver must run on another; [`Deliveries::arrive`] is the same to be awaited.
    ///
    /// # Errors
    ///
    /// When there are fewer in time.
    pub fn wait(&self, count: usize) -> Result<Vec<DeliverySnapshot>, SandboxError> {
        let there = self.sandbox.block_on(self.arriving(count));
        self.in_time(there, count)
    }

    /// Waits like [`Deliveries::wait`] and lets the thread go on meanwhile.
    ///
    /// # Errors
    ///
    /// When there are fewer in time.
    pub async fn arrive(&self, count: usize) -> Result<Vec<DeliverySnapshot>, SandboxError> {
        let there = self.sandbox.elsewhere(self.arriving(count)).await;
        self.in_time(there, count)
    }

    fn arriving(&self, count: usize) -> impl Future<Output = Option<()>> + Send + use<> {
        let (engine, filter) = (self.sandbox.engine.clone(), self.filter.clone());
        let (has_arrived, within) = (self.has_arrived, self.within);
        async move {
            let look = || (find(&engine, &filter, has_arrived).len() >= count).then_some(());
            until(|waker| engine.watch_deliveries(waker), look, within.into()).await
        }
    }

    fn in_time(&self, there: Option<()>, count: usize) -> Result<Vec<DeliverySnapshot>, SandboxError> {
        let found = self.list();
        if there.is_some() {
            return Ok(found);
        }
        // An attempt that failed is why what was to arrive did not.
        let all = find(&self.sandbox.engine, &self.filter, false);
        let (came, within) = (found.len(), self.within);
        Err(SandboxError::TimedOut(format!(
            "{came} of {count} such webhooks were sent within {within:?}{}",
            listed(&all)
        )))
    }
}

fn find(engine: &Engine, filter: &DeliveryFilter, has_arrived: bool) -> Vec<DeliverySnapshot> {
    let mut rows = engine.deliveries(filter, usize::MAX);
    rows.retain(|row| !has_arrived || row.outcome.has_arrived());
    rows.iter().map(|row| DeliverySnapshot::from(&**row)).collect()
}

/// Lists attempts, each on a line of its own.
fn listed(deliveries: &[DeliverySnapshot]) -> String {
    let mut text = String::new();
    for DeliverySnapshot { id, event, reference, attempt, url, status, error, .. } in deliveries {
        let result = status.map_or_else(|| error.clone().unwrap_or_default(), |status| status.to_string());
        let _ = write!(text, "\n  {id} {event} of {reference}, attempt {attempt} to {url}: {result}");
    }
    text
}

impl Sandbox {
    /// Asks for the attempts to deliver webhooks that are remembered, of all sales units.
    pub fn deliveries(&self) -> Deliveries<'_> {
        Deliveries::new(self, None)
    }
}

impl<'s> UnitHandle<'s> {
    /// Asks for the attempts to deliver the sales unit's webhooks.
    pub fn deliveries(&self) -> Deliveries<'s> {
        Deliveries::new(self.sandbox, Some(self.msn))
    }
}
