//! Receivers of webhooks in a test: who is told, how, and whether they check what they are told.

use super::{Sandbox, SandboxError, UnitHandle};
use crate::courier;
use crate::domain::payment::EventName;
use crate::domain::time::Timestamp;
use crate::domain::webhook::conformance::Check;
use crate::domain::webhook::verify::{Suspect, verify};
use crate::domain::webhook::{EventType, Policy, Registration, Target};
use crate::engine::{DEFAULT_MSN, Reach};

/// Checks a signature, given the time at which it is checked, and says what the first wrong step is.
pub(super) fn signature_problem(
    url: &str,
    headers: &[(String, String)],
    body: &[u8],
    secret: &str,
    now: Timestamp,
) -> Result<(), String> {
    let target =
        Target::parse(url).ok_or_else(|| format!("\"{url}\" is not an absolute http or https URL"))?;
    let steps = verify(Suspect { target: &target, headers, body, secret }, now);
    steps.into_iter().find_map(|step| step.problem).map_or(Ok(()), Err)
}

impl Sandbox {
    /// Checks a delivery that somebody received: `url` as it was registered, the headers, the body byte by byte, the secret
    /// of the registration.
    ///
    /// ```
    /// use epayment_sandbox::Sandbox;
    ///
    /// let sandbox = Sandbox::start();
    /// let headers = [("host", "localhost:3000")]; // Of a request that the shop took for a webhook.
    /// let problem = sandbox.verify_signature("http://localhost:3000/hook", headers, b"{}", "secret").unwrap_err();
    /// assert_eq!(problem, "The header x-ms-content-sha256 is missing.");
    /// ```
    ///
    /// # Errors
    ///
    /// The first step that is wrong, in words.
    pub fn verify_signature<N: AsRef<str>, V: AsRef<str>>(
        &self,
        url: &str,
        headers: impl IntoIterator<Item = (N, V)>,
        body: &[u8],
        secret: &str,
    ) -> Result<(), String> {
        let text = |(name, value): (N, V)| (name.as_ref().to_owned(), value.as_ref().to_owned());
        let headers: Vec<_> = headers.into_iter().map(text).collect();
        signature_problem(url, &headers, body, secret, self.engine.settings().machine.wall())
    }

    /// Puts a receiver to the test: sends it good, forged, doubled and unknown deliveries, one after the other, and says what
    /// it made of each. The thread is blocked, so the receiver must run on another; [`Sandbox::examine_receiver_async`] is
    /// the same to be awaited.
    ///
    /// # Errors
    ///
    /// When the URL is none that webhooks are sent to.
    pub fn examine_receiver(&self, url: &str, secret: &str) -> Result<Vec<Check>, SandboxError> {
        let checks = self.block_on(self.examining(url, secret)?);
        self.note_examined(&checks);
        Ok(checks)
    }

    /// Puts a receiver to the test like [`Sandbox::examine_receiver`] and lets the thread go on meanwhile.
    ///
    /// # Errors
    ///
    /// When the URL is none that webhooks are sent to.
    pub async fn examine_receiver_async(&self, url: &str, secret: &str) -> Result<Vec<Check>, SandboxError> {
        let checks = self.elsewhere(self.examining(url, secret)?).await;
        self.note_examined(&checks);
        Ok(checks)
    }

    fn examining(
        &self,
        url: &str,
        secret: &str,
    ) -> Result<impl Future<Output = Vec<Check>> + Send + use<>, SandboxError> {
        let settings = self.engine.settings();
        let target = Target::for_registration(url, !settings.strict);
        let target = target.ok_or_else(|| SandboxError::Receiver(url.to_owned()))?;
        let (machine, secret) = (settings.machine.clone(), secret.to_owned());
        Ok(async move { courier::examine(&machine, DEFAULT_MSN, &target, &secret).await })
    }

    /// The go-live checklist looks at it.
    fn note_examined(&self, checks: &[Check]) {
        self.engine.note_examined(self.unit(DEFAULT_MSN).msn, checks);
    }

    /// Returns how webhooks of sales units made from now on are sent.
    #[must_use]
    pub fn webhook_policy(&self) -> Policy {
        self.engine.webhook_policy(&Reach::All)
    }

    /// Changes how webhooks are sent, of every sales unit and registration that there is or will be.
    ///
    /// ```
    /// use epayment_sandbox::Sandbox;
    ///
    /// let sandbox = Sandbox::start();
    /// sandbox.change_webhook_policy(|policy| policy.duplicate = 1); // Each event is sent twice.
    /// sandbox.change_webhook_policy(|policy| policy.hold = true); // And not before it is released.
    /// assert_eq!(sandbox.release_webhooks(), 0);
    /// ```
    pub fn change_webhook_policy(&self, change: impl Fn(&mut Policy)) {
        self.engine.change_webhook_policy(&Reach::All, &change);
    }

    /// Lets go what is held. Returns how many events that were.
    #[expect(clippy::must_use_candidate, reason = "the number is of use only to those who count")]
    pub fn release_webhooks(&self) -> usize {
        self.engine.release_webhooks(&Reach::All)
    }

    /// Sends what an attempt sent once more, signed afresh.
    ///
    /// # Errors
    ///
    /// When the attempt is no longer remembered, or its registration is gone.
    pub fn redeliver(&self, id: u64) -> Result<(), SandboxError> {
        let known = self.engine.redeliver(id);
        known.filter(|is_there| *is_there).map(|_| ()).ok_or(SandboxError::NoSuchDelivery(id))
    }
}

impl UnitHandle<'_> {
    /// Registers a receiver for all payment events of the sales unit, with a secret known in advance. Returns the
    /// registration's id, which deliveries carry as `Webhook-Id`.
    ///
    /// # Errors
    ///
    /// When the URL is none that webhooks are sent to, or there are 25 registrations for an event already.
    pub fn webhook(&self, url: &str, secret: &str) -> Result<String, SandboxError> {
        self.register(url, secret, EventType::PAYMENT.to_vec())
    }

    /// Registers a receiver for these events; see [`UnitHandle::webhook`].
    ///
    /// # Errors
    ///
    /// As [`UnitHandle::webhook`], and when no event is named or one twice.
    pub fn webhook_for(&self, events: &[EventName], url: &str, secret: &str) -> Result<String, SandboxError> {
        self.register(url, secret, events.iter().copied().map(EventType::from).collect())
    }

    fn register(&self, url: &str, secret: &str, events: Vec<EventType>) -> Result<String, SandboxError> {
        let engine = &self.sandbox.engine;
        let settings = engine.settings();
        if Target::for_registration(url, !settings.strict).is_none() {
            return Err(SandboxError::Receiver(url.to_owned()));
        }
        let registration = Registration::new(url, events).map_err(|(member, why)| SandboxError::Refused {
            code: None,
            detail: format!("{member}: {why}"),
        })?;
        Ok(engine.add_webhook(&self.there(), registration, secret.to_owned())?.id.to_string())
    }

    /// Changes how the sales unit's webhooks are sent, also of registrations made later; see
    /// [`Sandbox::change_webhook_policy`].
    pub fn change_webhook_policy(&self, change: impl Fn(&mut Policy)) {
        self.sandbox.engine.change_webhook_policy(&Reach::Unit(self.there()), &change);
    }

    /// Lets go what is held of the sales unit's. Returns how many events that were.
    #[expect(clippy::must_use_candidate, reason = "the number is of use only to those who count")]
    pub fn release_webhooks(&self) -> usize {
        self.sandbox.engine.release_webhooks(&Reach::Unit(self.there()))
    }
}
