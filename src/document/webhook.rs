//! Registrations for events, and what waits for them.

use std::ops::Not;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::flaw::{Flaw, each};
use super::policy::PolicyData;
use super::text::{exact, exact_or_null};
use crate::domain::time::Timestamp;
use crate::domain::webhook::{EventType, Registration};

/// A registration made over the API.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct HookData {
    /// Its id.
    pub(crate) id: Uuid,
    /// The text that deliveries are signed with.
    pub(crate) secret: String,
    /// The URL as it was given.
    pub(crate) url: String,
    /// The names of the events.
    pub(crate) events: Vec<String>,
    /// What waits.
    pub(crate) queue: QueueData,
}

/// What waits for one receiver.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct QueueData {
    /// Since when nothing has arrived.
    #[serde(serialize_with = "exact_or_null")]
    pub(crate) failing_since: Option<Timestamp>,
    /// How many were sent again on command.
    pub(crate) again: u64,
    /// How they are sent, when it is not the usual way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) policy: Option<PolicyData>,
    /// The events that wait, by their payment.
    pub(crate) lines: Vec<LineData>,
}

/// The events of one payment that wait, oldest first.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LineData {
    /// The payment's number; with `again`, the number of the command.
    pub(crate) number: u64,
    /// Whether it is something sent again on command.
    pub(crate) again: bool,
    /// The events.
    pub(crate) deliveries: Vec<DeliveryData>,
}

/// An event that waits. An attempt that was under way when the state was taken counts as not made.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DeliveryData {
    /// The payment's reference.
    pub(crate) reference: String,
    /// The name of the event.
    pub(crate) event: String,
    /// The body to the byte: it is signed.
    pub(crate) body: String,
    /// How many attempts were made.
    pub(crate) attempts: u32,
    /// When the next one is due.
    #[serde(serialize_with = "exact")]
    pub(crate) due: Timestamp,
    /// When the first one was made.
    #[serde(serialize_with = "exact_or_null")]
    pub(crate) first: Option<Timestamp>,
    /// How many more times it is sent once it has arrived.
    #[serde(default, skip_serializing_if = "is_none")]
    pub(crate) copies: u32,
    /// Whether it has arrived before.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub(crate) is_copy: bool,
    /// Whether it waits for a release.
    #[serde(default, skip_serializing_if = "Not::not")]
    pub(crate) is_held: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_none(count: &u32) -> bool {
    *count == 0
}

/// Finds an event by its name.
fn event(name: &str) -> Result<EventType, Flaw> {
    EventType::parse(name).ok_or_else(|| Flaw::new(format!("there is no event \"{name}\"")))
}

impl DeliveryData {
    /// Returns the event.
    ///
    /// # Errors
    ///
    /// When there is none of that name.
    pub(crate) fn event(&self) -> Result<EventType, Flaw> {
        event(&self.event).map_err(|flaw| flaw.within("event"))
    }
}

impl HookData {
    /// Returns what was asked for.
    ///
    /// # Errors
    ///
    /// When nobody could have asked for it.
    pub(crate) fn registration(&self) -> Result<Registration, Flaw> {
        let events = each("events", self.events.iter().collect(), |name| event(name))?;
        Registration::new(&self.url, events).map_err(|(member, why)| Flaw::of(member, why))
    }
}
