//! Express with dynamic options: what a merchant's server is asked before a customer approves, and what it answered.
//!
//! Asking is somebody else's work, as with webhooks: no payment is locked meanwhile. Whoever wants a customer to approve
//! asks first and approves then; a scripted customer, who has nobody to do that, hands the question to the courier.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use super::Engine;
use super::callbacks::CallbackRow;
use super::signal::Signal;
use super::slot::{Record, Slot};
use super::webhooks::Outcome;
use crate::domain::digits::PhoneNumber;
use crate::domain::payment::{Choice, CustomerRefusal, Delivery, NoOffer, Offer, read_offer};
use crate::domain::span::Span;
use crate::domain::time::Timestamp;
use crate::domain::user::Address;
use crate::domain::webhook::Target;

/// A question for a merchant's server. Its answer comes back through `Engine::take_offer`, or
/// `Engine::take_offer_for_script` when a scripted customer asked.
pub struct Inquiry {
    slot: Arc<Slot>,
    customer: PhoneNumber,
    address: Address,
    /// When it was asked, by the sales unit's clock.
    at: Timestamp,
    /// When it was asked, by the machine's elapsed time.
    began: Span,
    /// The address to POST to.
    pub url: String,
    /// The headers, in the order in which they are sent.
    pub headers: Vec<(&'static str, String)>,
    /// The body.
    pub body: String,
}

/// How a customer comes to delivery options.
pub enum Options {
    /// Nothing is delivered.
    None,
    /// The options are known.
    Known(Offer),
    /// The merchant's server has to be asked.
    Ask(Inquiry),
}

/// A scripted customer's question.
pub struct Scripted {
    /// The question.
    pub inquiry: Inquiry,
    /// The number of the AUTHORIZED event, should it come to that. It was drawn when the customer acted: what is drawn
    /// must not depend on how long the merchant's server takes.
    psp_reference: u64,
}

/// Scripted customers' questions that nobody has asked yet.
#[derive(Default)]
pub(super) struct Questions {
    waiting: Mutex<VecDeque<Scripted>>,
    /// The courier waits for something to do.
    work: Signal,
}

impl Engine {
    /// Finds out how a customer comes to the delivery options of a payment. Without a phone number it is the payment's
    /// own customer, else a made-up one; without the place of an address it is the first one that is delivered to.
    ///
    /// # Errors
    ///
    /// Why the customer cannot approve, whatever the options are.
    pub(crate) fn options(
        &self,
        slot: &Arc<Slot>,
        phone_number: Option<PhoneNumber>,
        address: Option<usize>,
    ) -> Result<Options, CustomerRefusal> {
        let mut record = slot.lock();
        self.settle(slot, &mut record);
        self.options_of(slot, &record, Self::customer_of(slot, phone_number), address)
    }

    fn options_of(
        &self,
        slot: &Arc<Slot>,
        record: &Record,
        customer: PhoneNumber,
        address: Option<usize>,
    ) -> Result<Options, CustomerRefusal> {
        let user = self.customer(&slot.unit, customer);
        let at = self.now(&slot.unit).max(record.course.last_event_at());
        let market = slot.unit.settings().market;
        Ok(match slot.payment(record).delivery(&user, market, address, at)? {
            Delivery::None => Options::None,
            Delivery::Known(offer) => Options::Known(offer),
            Delivery::Ask { callback_url, authorization, address } => {
                let mut headers = vec![("Content-Type", "application/json;charset=UTF-8".to_owned())];
                headers.extend(authorization.map(|text| ("Authorization", text.to_owned())));
                let mut body = String::new();
                crate::wire::shipping_question(&mut body, slot.order.reference(), &address);
                let url = Target::parse(callback_url);
                Options::Ask(Inquiry {
                    slot: slot.clone(),
                    customer,
                    address,
                    at,
                    began: self.settings.machine.elapsed(),
                    url: url.map_or_else(|| callback_url.to_owned(), |target| target.url().to_owned()),
                    headers,
                    body,
                })
            }
        })
    }

    /// Takes a merchant's answer, writes it down, and returns what it offers.
    ///
    /// # Errors
    ///
    /// When it offers nothing that the customer could choose from.
    pub(crate) fn take_offer(&self, inquiry: Inquiry, outcome: Outcome) -> Result<Offer, CustomerRefusal> {
        let Inquiry { slot, customer, address, at, began, url, headers, body } = inquiry;
        let groups = match &outcome {
            Outcome::Answered { status: 200..=299, body, .. } => {
                read_offer(body, slot.order.amount().currency, self.settings.strict)
            }
            Outcome::Answered { status: 400, .. } => Err(NoOffer::NotThere(Box::new(address.clone()))),
            Outcome::Answered { status, .. } => Err(NoOffer::Status(*status)),
            Outcome::Failed(why) => Err(NoOffer::Failed(why.clone())),
        };
        let offer = groups.map(|groups| Offer { customer, address, groups });
        let took = self.settings.machine.elapsed().less(began);
        if let Err(why) = &offer {
            let reference = slot.order.reference();
            tracing::warn!(reference, url, %why, "the merchant's callback gives no delivery options");
        }
        let (payment, msn) = (slot.number, slot.unit.msn);
        let callback_url = url.clone();
        let row = CallbackRow {
            payment,
            at,
            msn,
            customer,
            url,
            headers,
            body,
            outcome,
            took,
            offer: offer.clone(),
        };
        self.callbacks.add(row);
        offer.map_err(|why| CustomerRefusal::NoShippingOptions { callback_url, why })
    }

    /// Returns what the merchant's server was asked for this payment, newest first.
    pub(crate) fn callbacks(&self, slot: &Slot) -> Vec<Arc<CallbackRow>> {
        self.callbacks.of(slot.number)
    }

    /// Returns what the merchant's server offered this customer last, if it did: what the customer sees on a page.
    #[must_use]
    pub fn last_offer(&self, slot: &Slot, customer: PhoneNumber) -> Option<Offer> {
        let rows = self.callbacks(slot);
        let row = rows.iter().find(|row| row.customer == customer)?;
        row.offer.as_ref().ok().cloned()
    }

    /// Lets a scripted customer's question be asked. Until it is answered, a jump of the clock waits as it does for
    /// webhooks.
    pub(super) fn ask_for_script(&self, slot: &Arc<Slot>, record: &Record, customer: PhoneNumber) {
        // Why there is nothing to ask can be seen by approving again; there is nobody to tell.
        let Ok(Options::Ask(inquiry)) = self.options_of(slot, record, customer, None) else { return };
        self.outgoing.begin_of(Some(&slot.unit));
        let scripted = Scripted { inquiry, psp_reference: slot.unit.ids.psp_reference() };
        self.questions.waiting.lock().unwrap_or_else(PoisonError::into_inner).push_back(scripted);
        self.questions.work.notify();
    }

    /// Takes the next question of a scripted customer. Nobody is asked about a payment that is gone.
    pub(crate) fn next_question(&self) -> Option<Scripted> {
        loop {
            let scripted =
                self.questions.waiting.lock().unwrap_or_else(PoisonError::into_inner).pop_front()?;
            let slot = &scripted.inquiry.slot;
            if self.is_kept(slot) {
                return Some(scripted);
            }
            self.outgoing.end_of(Some(&slot.unit));
        }
    }

    /// Whether a payment is still there: a reset may have come in between.
    fn is_kept(&self, slot: &Arc<Slot>) -> bool {
        self.find(&slot.unit, slot.order.reference()).is_some_and(|known| Arc::ptr_eq(&known, slot))
    }

    /// Wakes this one when there is a question to take.
    pub(crate) fn watch_questions(&self, waker: &Waker) {
        self.questions.work.watch(waker);
    }

    /// Takes the answer to a scripted customer's question. Where it offers something, the customer approves with the
    /// default option; else the customer gives up, and the payment waits on.
    pub(crate) fn take_offer_for_script(&self, scripted: Scripted, outcome: Outcome) {
        let Scripted { inquiry, psp_reference } = scripted;
        let (slot, customer) = (inquiry.slot.clone(), inquiry.customer);
        if self.is_kept(&slot)
            && let Ok(offer) = self.take_offer(inquiry, outcome)
        {
            let choice = Choice { offer: Some(offer), ..Choice::default() };
            let mut record = slot.lock();
            self.settle(&slot, &mut record);
            let now = self.now(&slot.unit).max(record.course.last_event_at());
            let _ = self.approve_as(&slot, &mut record, customer, &choice, now, Some(psp_reference));
        }
        self.outgoing.end_of(Some(&slot.unit));
    }
}
