//! Webhooks: who is told what, in which order, and what became of it.
//!
//! The engine decides what is to be sent and when. Sending is somebody else's work: a courier takes one attempt after the
//! other and says how each went.

mod attempt;
mod delivery;
mod hook;
mod journal;
mod outgoing;
mod policy;
mod publish;
mod queue;
mod registry;
#[cfg(test)]
mod simulation;
mod stored;

pub use attempt::{Attempt, Outcome};
pub use hook::Hook;
pub use journal::{DeliveryFilter, DeliveryRow};
pub use policy::Reach;

pub(super) use hook::Hooks;
pub(super) use journal::DeliveryJournal;
pub(super) use outgoing::Outgoing;
