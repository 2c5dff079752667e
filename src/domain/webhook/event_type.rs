//! The names of events that a webhook can be registered for.

use std::fmt;

use serde::{Serialize, Serializer};

use crate::domain::payment::EventName;

/// The names that the vendor documents. The sandbox sends the payment events, which come first; a registration for others
/// is taken as the vendor takes it, and stays silent.
const NAMES: [&str; 20] = [
    "epayments.payment.created.v1",
    "epayments.payment.authorized.v1",
    "epayments.payment.aborted.v1",
    "epayments.payment.expired.v1",
    "epayments.payment.terminated.v1",
    "epayments.payment.cancelled.v1",
    "epayments.payment.captured.v1",
    "epayments.payment.refunded.v1",
    "recurring.agreement-activated.v1",
    "recurring.agreement-rejected.v1",
    "recurring.agreement-stopped.v1",
    "recurring.agreement-expired.v1",
    "recurring.charge-reserved.v1",
    "recurring.charge-captured.v1",
    "recurring.charge-canceled.v1",
    "recurring.charge-refunded.v1",
    "recurring.charge-failed.v1",
    "recurring.charge-creation-failed.v1",
    "login.merchant-initiated.ping.v1",
    "user.checked-in.v1",
];

/// An event that a webhook can be registered for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventType(u8);

impl EventType {
    /// Every payment event.
    pub const PAYMENT: [Self; 8] = [Self(0), Self(1), Self(2), Self(3), Self(4), Self(5), Self(6), Self(7)];

    /// Reads a name. Case matters.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let place = NAMES.iter().position(|known| *known == name)?;
        u8::try_from(place).ok().map(Self)
    }

    /// Returns the full name, such as `epayments.payment.created.v1`.
    #[must_use]
    pub fn name(self) -> &'static str {
        NAMES[usize::from(self.0)]
    }

    /// Returns how many registrations one sales unit may have for it.
    #[must_use]
    pub fn limit(self) -> usize {
        if self.name() == "user.checked-in.v1" { 1 } else { super::MAX_PER_EVENT }
    }
}

impl From<EventName> for EventType {
    fn from(name: EventName) -> Self {
        Self(match name {
            EventName::Created => 0,
            EventName::Authorized => 1,
            EventName::Aborted => 2,
            EventName::Expired => 3,
            EventName::Terminated => 4,
            EventName::Cancelled => 5,
            EventName::Captured => 6,
            EventName::Refunded => 7,
        })
    }
}

impl fmt::Display for EventType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Serialize for EventType {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payment_events_have_their_own_names() {
        for name in [
            EventName::Created,
            EventName::Authorized,
            EventName::Aborted,
            EventName::Expired,
            EventName::Terminated,
            EventName::Cancelled,
            EventName::Captured,
            EventName::Refunded,
        ] {
            let event = EventType::from(name);
            assert_eq!(event.name(), format!("epayments.payment.{}.v1", name.word().to_lowercase()));
            assert_eq!(EventType::parse(event.name()), Some(event));
            assert!(EventType::PAYMENT.contains(&event));
        }
        assert_eq!(EventType::parse("epayments.payment.Created.v1"), None);
        assert_eq!(EventType::parse("epayments.payment.*"), None);
    }
}
