//! A payment: what was asked for, what happened, and what was answered.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::extras::ExtrasData;
use super::flaw::{Flaw, each};
use super::refusal::RefusalData;
use super::text::{Hex64, Hex128, exact};
use super::user::{AddressData, digits};
use crate::domain::digits::PhoneNumber;
use crate::domain::money::{Amount, Currency};
use crate::domain::operation::Operation;
use crate::domain::payment::{
    Act, Approval, Course, Event, EventName, Extras, Order, OrderParts, PaymentMethod, Script,
    ShippingChoice, UserDetails, UserFlow,
};
use crate::domain::text::IdempotencyKey;
use crate::domain::time::Timestamp;
use crate::domain::user::Bin;

/// A payment.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PaymentData<'a> {
    /// Its place in the order of creation, over all sales units.
    pub(crate) number: u64,
    #[serde(borrow)]
    pub(crate) reference: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) create_key: Cow<'a, str>,
    /// How the create request is known again.
    pub(crate) prints: PrintsData,
    pub(crate) amount: AmountData,
    pub(crate) method: PaymentMethod,
    pub(crate) flow: UserFlow,
    pub(crate) psp_reference: Uuid,
    pub(crate) token_nonce: Hex128,
    #[serde(serialize_with = "exact")]
    pub(crate) created_at: Timestamp,
    #[serde(serialize_with = "exact")]
    pub(crate) expires_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) phone_number: Option<PhoneNumber>,
    #[serde(borrow)]
    pub(crate) return_url: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) description: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) metadata: Option<Vec<(Cow<'a, str>, Cow<'a, str>)>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) extras: Option<Box<ExtrasData>>,
    /// The event log after CREATED.
    pub(crate) events: Vec<EventData>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) approval: Option<Box<ApprovalData>>,
    /// What the customer or the bank will do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) script: Option<ScriptData>,
    /// The first answers to requests with an idempotency key, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) answers: Vec<AnswerData>,
}

/// How a request is known again.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct PrintsData {
    /// XXH3 of its bytes.
    pub(crate) raw: Hex64,
    /// XXH3 of what they say.
    pub(crate) canonical: Hex64,
}

/// An amount in minor units.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AmountData {
    pub(crate) currency: Currency,
    pub(crate) value: u64,
}

/// An event.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EventData {
    pub(crate) name: EventName,
    pub(crate) amount: u64,
    #[serde(serialize_with = "exact")]
    pub(crate) at: Timestamp,
    pub(crate) psp_reference: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) key: Option<String>,
}

/// Who approved, with what.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ApprovalData {
    #[serde(serialize_with = "exact")]
    pub(crate) at: Timestamp,
    pub(crate) customer: PhoneNumber,
    pub(crate) card: Option<CardBin>,
    #[serde(serialize_with = "exact")]
    pub(crate) capture_until: Timestamp,
    pub(crate) shipping: Option<ChoiceData>,
    pub(crate) user_details: Option<DetailsData>,
    pub(crate) sub: Option<Uuid>,
}

/// A card's first six digits.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub(crate) struct CardBin(#[serde(serialize_with = "digits")] Bin);

/// The delivery that was chosen.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ChoiceData {
    pub(crate) address: AddressData,
    pub(crate) cost: u64,
    pub(crate) id: String,
    pub(crate) name: String,
}

/// What the customer shared.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DetailsData {
    pub(crate) email: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) mobile_number: Option<PhoneNumber>,
    pub(crate) date_of_birth: Option<String>,
    pub(crate) addresses: Option<Vec<AddressData>>,
}

/// What the customer or the bank will do.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ScriptData {
    #[serde(serialize_with = "exact")]
    pub(crate) at: Timestamp,
    pub(crate) act: ActData,
    pub(crate) customer: PhoneNumber,
}

/// What a script does.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ActData {
    Approve,
    Reject,
    /// With the approval that it answers to.
    BankAnswer(Box<ApprovalData>),
}

/// The first answer to a request with an idempotency key.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AnswerData {
    /// `capture`, `refund` or `cancel`.
    pub(crate) operation: String,
    /// The key.
    pub(crate) key: String,
    /// How the request is known again.
    pub(crate) prints: PrintsData,
    /// What it led to.
    pub(crate) first: FirstData,
}

/// What the first request with a key led to.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum FirstData {
    /// It was carried out; the payment then had this many events, CREATED included.
    Done(usize),
    /// It was refused.
    Refused(RefusalData),
}

impl AnswerData {
    /// Returns the operation.
    ///
    /// # Errors
    ///
    /// When it is none whose answers stay with a key of the payment.
    pub(crate) fn operation(&self) -> Result<Operation, Flaw> {
        let known = [Operation::Capture, Operation::Refund, Operation::Cancel];
        known.into_iter().find(|known| known.name() == self.operation).ok_or_else(|| {
            Flaw::of("operation", format!("\"{}\" is none of capture, refund, cancel", self.operation))
        })
    }
}

impl<'a> PaymentData<'a> {
    /// Takes a payment down.
    pub(crate) fn new(
        number: u64,
        order: &'a Order,
        prints: PrintsData,
        course: &Course,
        answers: Vec<AnswerData>,
    ) -> Self {
        let pairs = |pairs: &mut dyn Iterator<Item = (&'a str, &'a str)>| {
            pairs.map(|(key, value)| (key.into(), value.into())).collect()
        };
        let Amount { currency, value } = order.amount();
        Self {
            number,
            reference: order.reference().into(),
            create_key: order.create_key().into(),
            prints,
            amount: AmountData { currency, value },
            method: order.method(),
            flow: order.flow(),
            psp_reference: order.psp_reference(),
            token_nonce: Hex128(order.token_nonce()),
            created_at: order.created_at(),
            expires_at: order.expires_at(),
            phone_number: order.phone_number(),
            return_url: order.return_url().into(),
            description: order.description().into(),
            metadata: order.metadata().map(|mut metadata| pairs(&mut metadata)),
            extras: order.extras().map(|extras| Box::new(extras.into())),
            events: course.events().iter().skip(1).map(Into::into).collect(),
            approval: course.approval().map(|approval| Box::new(approval.into())),
            script: course.script().map(Into::into),
            answers,
        }
    }

    /// Puts the order together.
    ///
    /// # Errors
    ///
    /// The rule that it breaks.
    pub(crate) fn take_order(&mut self) -> Result<Order, Flaw> {
        let extras = self.extras.take().map(|extras| Extras::try_from(*extras).map(Box::new)).transpose();
        let parts = OrderParts {
            reference: std::mem::take(&mut self.reference),
            create_key: std::mem::take(&mut self.create_key),
            return_url: std::mem::take(&mut self.return_url),
            description: std::mem::take(&mut self.description),
            metadata: self.metadata.take(),
            amount: Amount { currency: self.amount.currency, value: self.amount.value },
            method: self.method,
            flow: self.flow,
            psp_reference: self.psp_reference,
            token_nonce: self.token_nonce.0,
            created_at: self.created_at,
            expires_at: self.expires_at,
            phone_number: self.phone_number,
            extras: extras.map_err(|flaw| flaw.within("extras"))?,
        };
        Ok(Order::restore(parts)?)
    }

    /// Lets everything happen again that happened to it.
    ///
    /// # Errors
    ///
    /// The rule that it breaks.
    pub(crate) fn take_course(&mut self, order: &Order) -> Result<Course, Flaw> {
        let events = each("events", std::mem::take(&mut self.events), |event| Ok(event.into()))?;
        let approval = self.approval.take().map(|approval| Box::new((*approval).into()));
        Ok(Course::restore(order, events, approval, self.script.take().map(Into::into))?)
    }
}

impl From<&Event> for EventData {
    fn from(event: &Event) -> Self {
        let Event { name, amount, at, psp_reference, ref key } = *event;
        let key = key.as_ref().map(|key| key.as_str().to_owned());
        Self { name, amount, at, psp_reference, key }
    }
}

impl From<EventData> for Event {
    fn from(data: EventData) -> Self {
        let EventData { name, amount, at, psp_reference, key } = data;
        Self { name, amount, at, psp_reference, key: key.map(|key| IdempotencyKey::new(&key)) }
    }
}

impl From<&Approval> for ApprovalData {
    fn from(approval: &Approval) -> Self {
        let Approval { at, customer, card_bin, capture_until, shipping, user_details, sub } =
            approval.clone();
        Self {
            at,
            customer,
            card: card_bin.map(CardBin),
            capture_until,
            shipping: shipping.map(|choice| ChoiceData {
                address: choice.address.into(),
                cost: choice.shipping_cost,
                id: choice.shipping_option_id,
                name: choice.shipping_option_name,
            }),
            user_details: user_details.map(|details| DetailsData {
                email: details.email,
                first_name: details.first_name,
                last_name: details.last_name,
                mobile_number: details.mobile_number,
                date_of_birth: details.date_of_birth,
                addresses: details.addresses.map(|list| list.into_iter().map(Into::into).collect()),
            }),
            sub,
        }
    }
}

impl From<ApprovalData> for Approval {
    fn from(data: ApprovalData) -> Self {
        let ApprovalData { at, customer, card, capture_until, shipping, user_details, sub } = data;
        Self {
            at,
            customer,
            card_bin: card.map(|CardBin(bin)| bin),
            capture_until,
            shipping: shipping.map(|choice| ShippingChoice {
                address: choice.address.into(),
                shipping_cost: choice.cost,
                shipping_option_id: choice.id,
                shipping_option_name: choice.name,
            }),
            user_details: user_details.map(|details| UserDetails {
                email: details.email,
                first_name: details.first_name,
                last_name: details.last_name,
                mobile_number: details.mobile_number,
                date_of_birth: details.date_of_birth,
                addresses: details.addresses.map(|list| list.into_iter().map(Into::into).collect()),
            }),
            sub,
        }
    }
}

impl From<&Script> for ScriptData {
    fn from(script: &Script) -> Self {
        let Script { at, ref act, customer } = *script;
        let act = match act {
            Act::Approve => ActData::Approve,
            Act::Reject => ActData::Reject,
            Act::BankAnswer(approval) => ActData::BankAnswer(Box::new(approval.as_ref().into())),
        };
        Self { at, act, customer }
    }
}

impl From<ScriptData> for Script {
    fn from(data: ScriptData) -> Self {
        let ScriptData { at, act, customer } = data;
        let act = match act {
            ActData::Approve => Act::Approve,
            ActData::Reject => Act::Reject,
            ActData::BankAnswer(approval) => Act::BankAnswer(Box::new((*approval).into())),
        };
        Self { at, act, customer }
    }
}
