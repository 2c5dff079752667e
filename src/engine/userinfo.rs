//! Userinfo: what customers consented to share, looked up by their `sub`.

use std::sync::Arc;

use uuid::Uuid;

use super::Engine;
use super::answer::Refusal;
use super::listing::{MAX_LOOKED_AT, MAX_NAMED};
use super::slot::Slot;
use super::unit::Unit;
use crate::domain::digits::PhoneNumber;
use crate::domain::errors::{ErrorCode, Rejection};
use crate::domain::explain::Facts;
use crate::domain::payment::Scopes;
use crate::domain::time::Timestamp;
use crate::domain::userinfo::{CONSENT_LIFETIME, Userinfo};

/// What a customer consented to with one payment.
struct Consent {
    customer: PhoneNumber,
    scopes: Scopes,
    given_at: Timestamp,
}

impl Engine {
    /// Tells of a customer what the consents cover that are in force. The customer's details are those of now.
    ///
    /// # Errors
    ///
    /// When the `sub` is none, or no consent of that customer is in force.
    pub(crate) fn userinfo(&self, unit: &Unit, sub: &str) -> Result<Userinfo, Refusal> {
        self.find_userinfo(unit, sub).map_err(|rejection| self.refuse(Some(unit), rejection))
    }

    fn find_userinfo(&self, unit: &Unit, text: &str) -> Result<Userinfo, Rejection> {
        let unknown = || ErrorCode::SubUnknown.about(&[("sub", text)]);
        let sub = read_sub(text).ok_or_else(|| ErrorCode::SubInvalid.about(&[("sub", text)]))?;
        let consents = consents(unit, sub);
        let Some(latest) = consents.first() else {
            let has = |other: &Unit| other.book().consents_to(sub).next().is_some();
            let units = self.units.some(MAX_LOOKED_AT, has, MAX_NAMED);
            return Err(unknown().knowing(Facts::Elsewhere { spelled: None, units }));
        };
        let now = self.now(unit);
        let mut in_force =
            consents.iter().filter(|consent| now <= consent.given_at + CONSENT_LIFETIME).peekable();
        if in_force.peek().is_none() {
            return Err(unknown().knowing(Facts::ConsentOver(latest.given_at)));
        }
        let scopes = in_force.fold(Scopes::default(), |scopes, consent| scopes.with(consent.scopes));
        Ok(Userinfo::new(sub, &self.customer(unit, latest.customer), scopes))
    }
}

/// Returns whose `sub` it is at this sales unit, if anybody's.
pub(super) fn customer_of_sub(unit: &Unit, text: &str) -> Option<PhoneNumber> {
    Some(consents(unit, read_sub(text)?).first()?.customer)
}

/// Reads a UUID in the form that the API shows, in upper or lower case.
fn read_sub(text: &str) -> Option<Uuid> {
    Uuid::try_parse(text).ok().filter(|_| text.len() == uuid::fmt::Hyphenated::LENGTH)
}

/// Returns a customer's consents, the latest first.
fn consents(unit: &Unit, sub: Uuid) -> Vec<Consent> {
    // No payment is locked while the book is.
    let slots: Vec<Arc<Slot>> = unit.book().consents_to(sub).collect();
    let consent = |slot: &Arc<Slot>| {
        let record = slot.lock();
        let approval = record.course.approval()?;
        let scopes = slot.order.extras().map(|extras| extras.scopes).unwrap_or_default();
        Some(Consent { customer: approval.customer, scopes, given_at: approval.at })
    };
    slots.iter().filter_map(consent).collect()
}
