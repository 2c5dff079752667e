//! A sales unit with all that belongs to it.

use serde::{Deserialize, Serialize};

use super::flaw::Flaw;
use super::payment::{PaymentData, PrintsData};
use super::policy::PolicyData;
use super::refusal::RefusalData;
use super::text::{HexKey, exact};
use super::webhook::{HookData, QueueData};
use crate::domain::digits::Msn;
use crate::domain::money::Market;
use crate::domain::sales_unit::SalesUnit;
use crate::domain::span::Span;
use crate::domain::time::Timestamp;
use crate::setup::SalesUnitInput;

/// A sales unit with all that belongs to it. What is counted and drawn comes after what was made with it, so that a
/// document written while requests run never hands anything out twice.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UnitData<'a> {
    /// The settings, as the control API writes them.
    pub(crate) settings: SalesUnitInput,
    /// The payments, oldest first.
    #[serde(borrow)]
    pub(crate) payments: Vec<PaymentData<'a>>,
    /// The numbers of those that came to an end, in the order in which they did.
    pub(crate) finished: Vec<u64>,
    /// The refused creates whose answers stay, oldest first.
    pub(crate) refused_creates: Vec<RefusedCreateData>,
    /// The registrations, oldest first.
    pub(crate) webhooks: Vec<HookData>,
    /// What waits for the registration of the settings.
    pub(crate) configured_webhook: Option<QueueData>,
    /// How webhooks of registrations made from now on are sent, when it is not the usual way.
    #[serde(default)]
    pub(crate) webhook_policy: Option<PolicyData>,
    /// How many payments were ever authorised.
    pub(crate) authorised: u64,
    /// The unit's identifiers.
    pub(crate) stream: StreamData,
    /// The unit's clock.
    pub(crate) clock: ClockData,
}

/// A refused create whose answer stays with its key.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RefusedCreateData {
    /// The idempotency key.
    pub(crate) key: String,
    /// How the request is known again.
    pub(crate) prints: PrintsData,
    /// The refusal.
    pub(crate) refusal: RefusalData,
}

/// Where a stream of identifiers has got to.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct StreamData {
    /// The key of the generator (`ChaCha8`). The number of the stream is the MSN's.
    pub(crate) key: HexKey,
    /// How many words of 32 bits were drawn.
    pub(crate) drawn: u64,
    /// The last event's `pspReference`.
    pub(crate) psp_reference: u64,
}

/// How a clock is set.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ClockData {
    /// So many microseconds ahead of the clock below: the global one, or the machine's.
    Ahead(i64),
    /// Standing at this time.
    Still(#[serde(serialize_with = "exact")] Timestamp),
    /// So many microseconds ahead of the machine's, whatever the global clock does.
    Alone(i64),
}

impl ClockData {
    /// Checks that the clock shows a time of the calendar.
    ///
    /// # Errors
    ///
    /// When it does not.
    pub(crate) fn check(self) -> Result<Self, Flaw> {
        let longest = Timestamp::MAX.since(Timestamp::EPOCH);
        match self {
            Self::Ahead(micros) | Self::Alone(micros)
                if Span::from_micros(micros.saturating_abs()) > longest =>
            {
                Err(Flaw::new("the calendar does not reach so far"))
            }
            _ => Ok(self),
        }
    }
}

/// The longest text that is kept for a name, a key or a secret.
const MAX_TEXT: usize = 500;

impl UnitData<'_> {
    /// Returns whose it is.
    ///
    /// # Errors
    ///
    /// When it does not say.
    pub(crate) fn msn(&self) -> Result<Msn, Flaw> {
        self.settings.msn.ok_or_else(|| Flaw::of("msn", "it is missing").within("settings"))
    }

    /// Returns the settings.
    ///
    /// # Errors
    ///
    /// When no unit can have them.
    pub(crate) fn sales_unit(&self) -> Result<SalesUnit, Flaw> {
        let mut unit = SalesUnit::new(self.msn()?, Market::default());
        self.settings.clone().apply(&mut unit);
        let texts =
            [("name", &unit.name), ("clientId", &unit.client_id), ("clientSecret", &unit.client_secret)];
        let keys = unit.subscription_keys.iter().map(|key| ("subscriptionKeys", key));
        for (name, text) in texts.into_iter().chain(keys) {
            if text.len() > MAX_TEXT || text.chars().any(char::is_control) {
                let why = format!("it is longer than {MAX_TEXT} bytes or has control characters");
                return Err(Flaw::of(name, why).within("settings"));
            }
        }
        Ok(unit)
    }
}
