//! Approving: by the customer in the app, or by force through the test API.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use uuid::Uuid;

use super::given::{CustomerGiven, read_customer};
use super::test_amount::{self, DeclineReason, TestOutcome};
use super::{
    Act, Decision, Delivery, EventName, NoOffer, Offer, Payment, PaymentMethod, Scope, Scopes, Script,
    ShippingChoice, State,
};
use crate::domain::digits::PhoneNumber;
use crate::domain::errors::{ErrorCode, Rejection};
use crate::domain::fields::{At, Fields};
use crate::domain::json::Json;
use crate::domain::read::{members, object, text};
use crate::domain::sales_unit::SalesUnit;
use crate::domain::span::Span;
use crate::domain::time::Timestamp;
use crate::domain::token;
use crate::domain::user::{Address, Bin, Card, User};

/// Who approved a payment, with what, and what follows from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// When.
    pub at: Timestamp,
    /// The customer.
    pub customer: PhoneNumber,
    /// The card's first six digits.
    pub card_bin: Option<Bin>,
    /// Until when the reservation can be captured or cancelled.
    pub capture_until: Timestamp,
    /// The delivery chosen (Express).
    pub shipping: Option<ShippingChoice>,
    /// What the customer shared; `None` when nothing of that was asked for.
    pub user_details: Option<UserDetails>,
    /// The customer's id at the merchant; `None` when nothing was asked for.
    pub sub: Option<Uuid>,
}

/// What a customer shared. Only what was asked for is filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the members are the API's own")]
pub struct UserDetails {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mobile_number: Option<PhoneNumber>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date_of_birth: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addresses: Option<Vec<Address>>,
}

impl UserDetails {
    /// `None` where the scopes ask for nothing of it: the restricted ones have no member here.
    fn shared(user: &User, scopes: Scopes) -> Option<Self> {
        let details = Self {
            email: scopes.has(Scope::Email).then(|| user.email.clone()),
            first_name: scopes.has(Scope::Name).then(|| user.first_name.clone()),
            last_name: scopes.has(Scope::Name).then(|| user.last_name.clone()),
            mobile_number: scopes.has(Scope::PhoneNumber).then_some(user.phone_number),
            date_of_birth: scopes.has(Scope::BirthDate).then(|| user.date_of_birth.clone()),
            addresses: scopes.has(Scope::Address).then(|| user.addresses.clone()),
        };
        (details != Self::default()).then_some(details)
    }
}

/// The body of a force approve.
pub struct ApproveRequest<'j> {
    customer: Option<CustomerGiven<'j>>,
    token: Option<Cow<'j, str>>,
}

impl<'j> ApproveRequest<'j> {
    /// Reads the body, which may be missing.
    ///
    /// # Errors
    ///
    /// `BodyInvalid` with all offending fields.
    pub fn read(body: Option<&'j Json<'_>>, strict: bool) -> Result<Self, Rejection> {
        let Some(body) = body.filter(|body| !body.is_null()) else {
            return Ok(Self { customer: None, token: None });
        };
        let at = &At::ROOT;
        let mut fields = Fields::new(strict);
        let Some(body) = object(body, at, &mut fields) else { return Err(fields.reject()) };
        members!(body, at, fields; customer = "customer", token = "token");
        let customer =
            customer.and_then(|customer| read_customer(customer, &at.member("customer"), &mut fields));
        let token = text(token, &at.member("token"), &mut fields);
        fields.finish()?;
        Ok(Self { customer, token })
    }

    /// Finds out who approves the payment.
    ///
    /// # Errors
    ///
    /// 4140 when neither body nor payment names anyone, 10010 when the token is another payment's, 4070, 4060 or 4050
    /// when the customer is none.
    pub fn customer(&self, payment: Payment<'_>, unit: &SalesUnit) -> Result<PhoneNumber, Rejection> {
        if self.customer.is_none() && self.token.is_none() && payment.order.phone_number().is_none() {
            return Err(ErrorCode::RequiredParameterMissing.about(&[("parameter", "customer")]));
        }
        let fits = |token: &Cow<'_, str>| {
            token::is_of(token, unit.msn, payment.order.reference(), payment.order.token_nonce())
        };
        if self.token.as_ref().is_some_and(|token| !fits(token)) {
            let reason = "The token does not belong to the payment";
            return Err(ErrorCode::ApproveFailed.about(&[("reason", reason)]));
        }
        let given = self.customer.as_ref().map(CustomerGiven::resolve).transpose()?;
        let named = given.or(payment.order.phone_number());
        Ok(named.unwrap_or_else(|| User::nobody_in_particular(unit.market)))
    }
}

/// What a customer chooses when approving in the app.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choice {
    /// The id of the delivery option; the default one when `None`.
    pub shipping_option: Option<String>,
    /// The place of the address among the customer's; the first one that is delivered to when `None`.
    pub address: Option<usize>,
    /// The first six digits of the card; the first good one when `None`.
    pub card: Option<String>,
    /// What the merchant's server offered this customer, where it has to be asked (dynamic options).
    pub offer: Option<Offer>,
}

/// What a customer's approval leads to.
#[derive(Clone, Debug)]
pub enum Approved {
    /// The payment is authorised.
    Now(Decision),
    /// The bank answers later.
    Later(Script),
}

/// Why a customer cannot approve or reject in the app.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CustomerRefusal {
    /// The payment is not waiting for anybody.
    NotWaiting(State),
    /// The bank has yet to answer about an earlier approval.
    Processing,
    /// There is no such user.
    NoSuchUser,
    /// The user is younger than the merchant asks.
    TooYoung,
    /// The user has no card that could be used.
    NoCard,
    /// The card named is none of the user's, or is disabled or expired.
    CardUnusable(String),
    /// The delivery option named is none of the payment's.
    NoSuchShippingOption(String),
    /// The user has no address in any of these countries, where the payment can be delivered to.
    NoAddress(String),
    /// The delivery options have to be asked for at the merchant's server, and were not.
    ShippingOptionsUnknown,
    /// The merchant's server was asked for delivery options, and gave none.
    NoShippingOptions {
        /// Its address.
        callback_url: String,
        /// Why.
        why: NoOffer,
    },
    /// The bank declined; the customer may try again.
    Declined(DeclineReason),
    /// The bank will answer in an hour: the approval counts, but nothing is known yet.
    ResultUnknown,
}

impl fmt::Display for CustomerRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotWaiting(state) => {
                write!(f, "The payment is {}: it no longer waits for the customer.", state.word())
            }
            Self::Processing => f.write_str("The bank has yet to answer about an earlier approval (test amount 201)."),
            Self::NoSuchUser => f.write_str("There is no such user: its \"exists\" is false."),
            Self::TooYoung => f.write_str("Declined: the user is younger than the payment's minimumUserAge."),
            Self::NoCard => f.write_str("Declined: the user has no card that is enabled and not expired."),
            Self::CardUnusable(bin) => {
                write!(f, "Declined: card {bin} is none of the user's, or is disabled or expired.")
            }
            Self::NoSuchShippingOption(id) => write!(f, "The payment has no shipping option \"{id}\"."),
            Self::NoAddress(countries) => write!(
                f,
                "Declined: the user has no address in a country that the payment is delivered to ({countries}). PUT \
                 /_sandbox/users/{{phoneNumber}} sets the user's addresses."
            ),
            Self::ShippingOptionsUnknown => f.write_str(
                "The payment's delivery options come from the merchant's callback, which has to be asked before the customer \
                 approves.",
            ),
            Self::NoShippingOptions { callback_url, why } => {
                write!(f, "The merchant's callback {callback_url} gives no delivery options: {why}")
            }
            Self::Declined(DeclineReason { amount, text, .. }) => {
                write!(f, "Declined: {text} (test amount {amount}). The customer can try again or reject.")
            }
            Self::ResultUnknown => f.write_str(
                "The result is unknown for one hour (test amount 201): the payment stays CREATED until the bank answers.",
            ),
        }
    }
}

/// What an approval depends on besides payment and user.
#[derive(Clone, Copy)]
pub struct ApproveFacts<'a> {
    /// The sandbox clock of the sales unit.
    pub now: Timestamp,
    /// The sales unit.
    pub unit: &'a SalesUnit,
}

impl ApproveFacts<'_> {
    fn capture_until(&self) -> Timestamp {
        self.now + self.unit.market.capture_window(self.unit.permissions.late_capture)
    }
}

impl Payment<'_> {
    /// Decides a force approve by this user. `authorised` is how many payments the unit has authorised so far.
    ///
    /// # Errors
    ///
    /// 7010, 10030, 10050, 10040, 3010, 10060, 6230, 10020 or 10070: the first that applies, in this order.
    pub fn force_approve(
        self,
        user: &User,
        authorised: u64,
        facts: ApproveFacts<'_>,
    ) -> Result<Decision, Rejection> {
        if !user.can_pay(self.minimum_age(), facts.now) {
            return Err(ErrorCode::CustomerNotFound.reject());
        }
        if !user.identified {
            return Err(ErrorCode::IdentificationRequired.reject());
        }
        if user.cards.is_empty() {
            return Err(ErrorCode::NoCards.reject());
        }
        let mut enabled = user.cards.iter().filter(|card| card.enabled).peekable();
        if enabled.peek().is_none() {
            return Err(ErrorCode::PaymentSourceInvalid.reject());
        }
        let Some(card) = enabled.find(|card| !card.expired) else {
            return Err(ErrorCode::InternalError.reject());
        };
        let express = self.order.extras().is_some_and(|extras| extras.shipping.is_some());
        if express || self.order.method() != PaymentMethod::Wallet {
            return Err(ErrorCode::ApproveNotSupported.reject());
        }
        match self.state() {
            State::Created if self.is_processing() => return Err(ErrorCode::ApproveNotAllowed.reject()),
            State::Created => {}
            State::Authorized => {
                return Err(ErrorCode::AlreadyReserved.about(&[("reference", self.order.reference())]));
            }
            State::Aborted | State::Expired | State::Terminated => {
                return Err(ErrorCode::ApproveNotAllowed.reject());
            }
        }
        if facts.unit.payment_limit.is_some_and(|limit| authorised >= limit) {
            return Err(ErrorCode::PaymentLimitExceeded.reject());
        }
        Ok(self.authorize(self.approval(user, card, None, facts)))
    }

    /// Decides what the customer's approval in the app leads to. Here the test amounts act.
    ///
    /// # Errors
    ///
    /// Why it does not lead to an authorisation; the payment stays as it is and the customer may try again.
    pub fn customer_approves(
        self,
        user: &User,
        choice: &Choice,
        facts: ApproveFacts<'_>,
    ) -> Result<Approved, CustomerRefusal> {
        self.waits_for(user, facts.now)?;
        let card = choose_card(user, choice.card.as_deref())?;
        let shipping =
            choose_shipping(user, self.delivery_to(user, facts.unit.market, choice.address)?, choice)?;
        let approval = self.approval(user, card, shipping, facts);
        match test_amount::outcome(self.reserved_by(&approval), facts.unit.market) {
            TestOutcome::Authorized => Ok(Approved::Now(self.authorize(approval))),
            TestOutcome::Declined(reason) => Err(CustomerRefusal::Declined(reason)),
            TestOutcome::Unknown => {
                let at = facts.now + Span::minutes(60);
                let customer = user.phone_number;
                Ok(Approved::Later(Script { at, act: Act::BankAnswer(approval), customer }))
            }
        }
    }

    /// Decides the bank's late answer about test amount 201: the payment is authorised after all, as the customer
    /// approved it.
    #[must_use]
    pub fn bank_answers(self, mut approval: Box<Approval>, facts: ApproveFacts<'_>) -> Decision {
        approval.at = facts.now;
        approval.capture_until = facts.capture_until();
        self.authorize(approval)
    }

    /// Decides the customer's rejection.
    ///
    /// # Errors
    ///
    /// Why the payment cannot be rejected.
    pub fn customer_rejects(self) -> Result<Decision, CustomerRefusal> {
        self.waits_for_customer()?;
        Ok(Decision::new(EventName::Aborted, self.order.amount().value))
    }

    /// Decides that the time to approve is over, whatever the clock says.
    ///
    /// # Errors
    ///
    /// Why the payment cannot expire.
    pub fn expires_now(self) -> Result<Decision, CustomerRefusal> {
        self.waits_for_customer()?;
        Ok(self.expire())
    }

    /// Checks that the payment waits for a customer, and that this one may pay.
    pub(super) fn waits_for(self, user: &User, now: Timestamp) -> Result<(), CustomerRefusal> {
        self.waits_for_customer()?;
        if !user.exists {
            return Err(CustomerRefusal::NoSuchUser);
        }
        if !user.can_pay(self.minimum_age(), now) {
            return Err(CustomerRefusal::TooYoung);
        }
        Ok(())
    }

    fn waits_for_customer(self) -> Result<(), CustomerRefusal> {
        match self.state() {
            State::Created if self.is_processing() => Err(CustomerRefusal::Processing),
            State::Created => Ok(()),
            state => Err(CustomerRefusal::NotWaiting(state)),
        }
    }

    fn minimum_age(self) -> Option<u8> {
        self.order.extras().and_then(|extras| extras.minimum_age)
    }

    fn approval(
        self,
        user: &User,
        card: &Card,
        shipping: Option<ShippingChoice>,
        facts: ApproveFacts<'_>,
    ) -> Box<Approval> {
        let scopes = self.order.extras().map(|extras| extras.scopes).unwrap_or_default();
        Box::new(Approval {
            at: facts.now,
            customer: user.phone_number,
            card_bin: Some(card.bin),
            capture_until: facts.capture_until(),
            shipping,
            user_details: UserDetails::shared(user, scopes),
            sub: (!scopes.is_empty()).then(|| user.sub(facts.unit.msn)),
        })
    }

    /// What an approval reserves: the amount and the delivery.
    fn reserved_by(self, approval: &Approval) -> u64 {
        self.order.amount().value + approval.shipping.as_ref().map_or(0, |choice| choice.shipping_cost)
    }

    fn authorize(self, approval: Box<Approval>) -> Decision {
        let amount = self.reserved_by(&approval);
        Decision { name: EventName::Authorized, amount, approval: Some(approval) }
    }
}

fn choose_shipping(
    user: &User,
    delivery: Delivery<'_>,
    choice: &Choice,
) -> Result<Option<ShippingChoice>, CustomerRefusal> {
    let id = choice.shipping_option.as_deref();
    let asked = || choice.offer.clone().filter(|offer| offer.customer == user.phone_number);
    let offer = match delivery {
        Delivery::None => {
            return id.map_or(Ok(None), |id| Err(CustomerRefusal::NoSuchShippingOption(id.into())));
        }
        Delivery::Known(offer) => offer,
        Delivery::Ask { .. } => asked().ok_or(CustomerRefusal::ShippingOptionsUnknown)?,
    };
    let option = match id {
        None => offer.default_option().ok_or(CustomerRefusal::ShippingOptionsUnknown)?,
        Some(id) => {
            let found = offer.options().find(|option| option.id == id);
            found.ok_or_else(|| CustomerRefusal::NoSuchShippingOption(id.into()))?
        }
    };
    Ok(Some(ShippingChoice {
        shipping_cost: option.cost,
        shipping_option_id: option.id.clone(),
        shipping_option_name: option.name.clone(),
        address: offer.address,
    }))
}

fn choose_card<'u>(user: &'u User, bin: Option<&str>) -> Result<&'u Card, CustomerRefusal> {
    let mut good = user.cards.iter().filter(|card| card.enabled && !card.expired);
    match bin {
        None => good.next().ok_or(CustomerRefusal::NoCard),
        Some(bin) => good
            .find(|card| card.bin.as_str() == bin)
            .ok_or_else(|| CustomerRefusal::CardUnusable(bin.into())),
    }
}
