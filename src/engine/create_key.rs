//! What an idempotency key of a create request led to.

use std::sync::Arc;

use super::answer::{Prints, Refusal};
use super::slot::Slot;
use super::stripes::Hashed;
use crate::domain::explain::FirstUse;
use crate::domain::operation::Operation;
use crate::domain::text::IdempotencyKey;

/// The first answer to a create request's idempotency key.
pub(super) enum CreateKey {
    /// It made this payment.
    Created(Arc<Slot>),
    /// It was refused.
    Refused(Arc<RefusedCreate>),
}

/// A refused create whose answer stays with its key.
pub(super) struct RefusedCreate {
    pub(super) unit: u64,
    pub(super) key: IdempotencyKey,
    pub(super) prints: Prints,
    pub(super) refusal: Refusal,
}

impl Hashed for CreateKey {
    fn key(&self) -> (u64, &str) {
        match self {
            Self::Created(slot) => (slot.unit.number, slot.order.create_key()),
            Self::Refused(refused) => (refused.unit, refused.key.as_str()),
        }
    }
}

impl CreateKey {
    /// Returns how the first request is known again.
    pub(super) fn prints(&self) -> Prints {
        match self {
            Self::Created(slot) => slot.created_by,
            Self::Refused(refused) => refused.prints,
        }
    }

    /// Returns what the key was used for, for an explanation.
    pub(super) fn first_use(&self) -> FirstUse {
        let operation = Operation::Create;
        match self {
            Self::Created(slot) => FirstUse {
                operation,
                reference: Some(slot.order.reference().into()),
                amount: Some(slot.order.amount()),
                at: Some(slot.order.created_at()),
                refused: None,
            },
            Self::Refused(refused) => {
                let refused = Some(refused.refusal.rejection.code);
                FirstUse { operation, reference: None, amount: None, at: None, refused }
            }
        }
    }

    /// Answers as the first request was answered.
    pub(super) fn replay(&self) -> Result<Arc<Slot>, Refusal> {
        match self {
            Self::Created(slot) => Ok(slot.clone()),
            Self::Refused(refused) => Err(refused.refusal.replay()),
        }
    }
}
