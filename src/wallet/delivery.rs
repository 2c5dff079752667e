//! What the customer can have delivered where, as the page has it (Express).

use std::sync::Arc;

use super::Wallet;
use super::given::Given;
use crate::courier;
use crate::domain::payment::{CustomerRefusal, NoOffer, Offer};
use crate::domain::user::{Address, User};
use crate::engine::Slot;

/// The deliveries that the customer chooses from.
#[derive(Default)]
pub(super) struct Deliveries {
    /// Where to: every address that is delivered to, with its place among the customer's.
    pub(super) addresses: Vec<(usize, Address)>,
    /// The place of the chosen one.
    pub(super) to: Option<usize>,
    /// What is offered there; `None` when nothing is delivered, or nothing can be.
    pub(super) offer: Option<Offer>,
    /// Why nothing can be.
    pub(super) problem: Option<String>,
}

impl Wallet {
    /// Finds out what can be delivered. A merchant's server is asked once for each address, not at every look.
    pub(super) async fn deliveries(&self, slot: &Arc<Slot>, user: &User, given: &Given) -> Deliveries {
        let market = slot.unit.settings().market;
        let addresses: Vec<_> =
            slot.order.addresses(user, market).map(|(place, address)| (place, address.clone())).collect();
        let wanted = addresses.iter().find(|(place, _)| given.address == Some(*place)).or(addresses.first());
        let to = wanted.map(|(place, _)| *place);
        let offered = match self.offered(slot, user, to) {
            Some(offer) => Ok(Some(offer)),
            None => courier::offer(&self.engine, slot, Some(user.phone_number), to).await,
        };
        let (offer, problem) = match offered {
            Ok(offer) => (offer, None),
            Err(refusal) => (None, Some(told(&refusal))),
        };
        Deliveries { addresses, to, offer, problem }
    }

    /// Returns what a merchant's server has offered this customer for this address.
    pub(super) fn offered(&self, slot: &Slot, user: &User, place: Option<usize>) -> Option<Offer> {
        let market = slot.unit.settings().market;
        let (_, address) =
            slot.order.addresses(user, market).find(|(at, _)| place.is_none_or(|place| place == *at))?;
        self.engine.last_offer(slot, user.phone_number).filter(|offer| offer.address == *address)
    }
}

fn told(refusal: &CustomerRefusal) -> String {
    match refusal {
        CustomerRefusal::NoShippingOptions { why: NoOffer::NotThere(_), .. } => {
            "The shop does not deliver to this address.".into()
        }
        CustomerRefusal::NoAddress(_) => {
            "The shop does not deliver to any country where you have an address.".into()
        }
        refusal => refusal.to_string(),
    }
}
