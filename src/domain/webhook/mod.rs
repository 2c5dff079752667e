//! Webhooks: which events there are, who asks for them, how a delivery is signed and when it is tried again, and how a
//! test wants it otherwise.

pub mod conformance;
mod event_type;
mod mistakes;
mod policy;
mod registration;
mod rewritten;
mod schedule;
pub mod signature;
mod target;
pub mod verify;

pub use event_type::EventType;
pub use policy::{Before, MAX_DELAY, MAX_DUPLICATES, Order, Policy};
pub use registration::{MAX_PER_EVENT, Registration};
pub use schedule::{DEAD_AFTER, GIVE_UP_AFTER, next_attempt};
pub use target::Target;

use super::span::Span;

/// How long a receiver has to answer, by the machine's clock (agent toolkit, August 2026).
pub const TIMEOUT: Span = Span::seconds(10);

/// The `User-Agent` of deliveries, as recorded.
pub const USER_AGENT: &str = "Vipps MobilePay/1.0 Webhooks/1.0";
