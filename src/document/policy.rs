//! How webhooks are sent when a test wants them other than they should be.

use serde::{Deserialize, Serialize, Serializer};

use super::flaw::Flaw;
use super::text::shown;
use crate::domain::span::Span;
use crate::domain::webhook::signature::Forgery;
use crate::domain::webhook::{Before, MAX_DELAY, MAX_DUPLICATES, Order, Policy};

/// How webhooks are sent, by the words of the control API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PolicyData {
    duplicate: u32,
    #[serde(serialize_with = "shown")]
    delay: Span,
    hold: bool,
    #[serde(serialize_with = "order")]
    order: Order,
    #[serde(serialize_with = "before")]
    before: Before,
    #[serde(serialize_with = "forgery")]
    signature: Forgery,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn order<S: Serializer>(order: &Order, serializer: S) -> Result<S::Ok, S::Error> {
    order.word().serialize(serializer)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn before<S: Serializer>(before: &Before, serializer: S) -> Result<S::Ok, S::Error> {
    before.word().serialize(serializer)
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn forgery<S: Serializer>(forgery: &Forgery, serializer: S) -> Result<S::Ok, S::Error> {
    forgery.word().serialize(serializer)
}

impl PolicyData {
    /// Takes a policy down, unless it is the usual one.
    pub(crate) fn unless_usual(policy: Policy) -> Option<Self> {
        let Policy { duplicate, delay, hold, order, before, signature } = policy;
        (policy != Policy::default()).then_some(Self { duplicate, delay, hold, order, before, signature })
    }

    /// Returns the policy.
    ///
    /// # Errors
    ///
    /// When nobody could have set it.
    pub(crate) fn policy(self) -> Result<Policy, Flaw> {
        let Self { duplicate, delay, hold, order, before, signature } = self;
        if duplicate > MAX_DUPLICATES {
            return Err(Flaw::of("duplicate", format!("it is more than {MAX_DUPLICATES}")));
        }
        if delay > MAX_DELAY {
            return Err(Flaw::of("delay", format!("it is more than {}", MAX_DELAY.short())));
        }
        Ok(Policy { duplicate, delay, hold, order, before, signature })
    }

    /// Returns the policy that was taken down; the usual one when none was.
    ///
    /// # Errors
    ///
    /// When nobody could have set it.
    pub(crate) fn restored(data: Option<Self>) -> Result<Policy, Flaw> {
        data.map_or(Ok(Policy::default()), Self::policy)
    }
}
