//! What a jump of the clock sets off.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use crate::domain::digits::Msn;
use crate::domain::payment::TimerKind;
use crate::domain::time::Timestamp;

/// How many timers one answer lists.
const MAX_LISTED: usize = 10_000;

/// A timer that a jump set off.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Fired {
    /// When it was due, by its unit's clock.
    #[serde(serialize_with = "as_text")]
    pub at: Timestamp,
    /// What it was for.
    pub kind: FiredKind,
    /// Whose it was.
    pub msn: Msn,
    /// Which payment's, if a payment's.
    pub reference: Option<String>,
}

/// What a timer was for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum FiredKind {
    /// Something happens to a payment.
    Payment(TimerKind),
    /// Something happens to a webhook.
    Webhook(WebhookTimer),
}

/// The timers of a webhook.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub enum WebhookTimer {
    /// A delivery that failed is tried again.
    WebhookRetry,
    /// A registration that nothing arrives at is removed.
    WebhookRemoval,
}

impl From<TimerKind> for FiredKind {
    fn from(kind: TimerKind) -> Self {
        Self::Payment(kind)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn as_text<S: serde::Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    at.rfc3339(3).serialize(serializer)
}

/// The timers that the jump under way has set off. A payment that somebody reads while the clock moves settles then and
/// there, and still belongs to the jump.
#[derive(Default)]
pub(super) struct JumpLog {
    under_way: AtomicBool,
    list: Mutex<Option<List>>,
}

struct List {
    /// The unit whose clock moves; `None` when all do.
    msn: Option<Msn>,
    fired: Vec<Fired>,
}

impl JumpLog {
    /// Begins a list.
    pub(super) fn begin(&self, msn: Option<Msn>) {
        *self.list.lock().unwrap_or_else(PoisonError::into_inner) = Some(List { msn, fired: Vec::new() });
        self.under_way.store(true, Ordering::Release);
    }

    /// Puts a timer on the list, if one is begun.
    pub(super) fn note(&self, msn: Msn, reference: Option<&str>, at: Timestamp, kind: FiredKind) {
        if !self.under_way.load(Ordering::Acquire) {
            return;
        }
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(list) = list.as_mut().filter(|list| list.msn.is_none_or(|scope| scope == msn))
            && list.fired.len() < MAX_LISTED
        {
            list.fired.push(Fired { at, kind, msn, reference: reference.map(str::to_owned) });
        }
    }

    /// Ends the list.
    pub(super) fn end(&self) -> Vec<Fired> {
        self.under_way.store(false, Ordering::Release);
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner).take();
        list.map(|list| list.fired).unwrap_or_default()
    }
}
