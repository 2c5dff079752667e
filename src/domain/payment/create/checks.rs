//! The rules of a create request that have a code of their own, in the order of checks.

use super::{CreateFacts, CreateRequest, Metadata};
use crate::domain::digits::PhoneNumber;
use crate::domain::errors::{ErrorCode, Rejection};
use crate::domain::money::{Amount, AmountGiven, Currency};
use crate::domain::payment::express::{DynamicOptions, sorted};
use crate::domain::payment::given::CustomerGiven;
use crate::domain::payment::texts::{Loose, MAX_METADATA, MAX_METADATA_KEY, MAX_METADATA_VALUE, Texts};
use crate::domain::payment::{
    Extras, LIFETIME, LONGEST_WAIT, Order, PaymentMethod, Scopes, Shipping, UserFlow,
};
use crate::domain::text::length;
use crate::domain::time::Timestamp;
use crate::domain::url::{UrlRule, is_allowed};

impl CreateRequest<'_> {
    /// Returns the number of the customer whom the request names, if it names a valid one.
    #[must_use]
    pub fn customer(&self) -> Option<PhoneNumber> {
        self.customer.as_ref()?.resolve().ok()
    }

    /// Returns whether the request goes straight to a customer's phone, so that the customer has to exist.
    #[must_use]
    pub fn is_pushed(&self) -> bool {
        self.flow == UserFlow::PushMessage
    }

    /// Checks every rule but the uniqueness of the reference, which only the engine can see.
    ///
    /// # Errors
    ///
    /// The first rule broken, in the order of [`crate::domain::errors::Stage`]: those of the request, then those of
    /// the merchant, then those of the payment.
    pub fn check(self, facts: &CreateFacts<'_>) -> Result<Order, Rejection> {
        let asked = self.check_request(facts)?;
        self.check_merchant(&asked, facts)?;
        let expires_at = self.check_payment(&asked, facts)?;
        Ok(self.build(asked, expires_at, facts))
    }

    fn check_request(&self, facts: &CreateFacts<'_>) -> Result<Asked, Rejection> {
        self.check_required()?;
        let value = self.amount.value.ok_or_else(|| ErrorCode::AmountInvalid.reject())?;
        let options = self.shipping.iter().flat_map(|shipping| shipping.groups.iter().flatten());
        if options.flat_map(|group| &group.amounts).any(|amount| amount.value.is_none()) {
            return Err(ErrorCode::AmountInvalid.reject());
        }
        let phone_number = self.customer.as_ref().map(CustomerGiven::resolve).transpose()?;
        let scope = self.scope.as_deref().unwrap_or_default();
        let scopes = Scopes::parse(scope)?;
        if self.shipping.is_some() && scopes != Scopes::EXPRESS {
            return Err(ErrorCode::ScopeInvalid.about(&[("scope", scope)]));
        }
        self.check_urls(facts.local_http)?;
        if let Some(metadata) = &self.metadata {
            metadata.check()?;
        }
        if self.has_card_passthrough || self.method == PaymentMethod::CardPassthrough {
            return Err(ErrorCode::PaymentMethodInvalid.reject());
        }
        Ok(Asked { amount: Amount { currency: self.amount.currency, value }, phone_number, scopes })
    }

    fn check_required(&self) -> Result<(), Rejection> {
        let dynamic = self.shipping.as_ref().and_then(|shipping| shipping.dynamic.as_ref());
        let missing = match () {
            () if self.flow == UserFlow::WebRedirect && self.return_url.is_none() => "returnUrl",
            () if self.flow == UserFlow::PushMessage && self.customer.is_none() => "customer",
            () if dynamic.is_some_and(|dynamic| dynamic.callback_url.is_none()) => "callbackUrl",
            () => return Ok(()),
        };
        Err(ErrorCode::RequiredParameterMissing.about(&[("parameter", missing)]))
    }

    fn check_urls(&self, local_http: bool) -> Result<(), Rejection> {
        let pages = self.return_url.iter().chain(&self.receipt_url).chain(&self.legal_links);
        let dynamic = self.shipping.iter().filter_map(|shipping| shipping.dynamic.as_ref());
        let callbacks = dynamic.filter_map(|dynamic| dynamic.callback_url.as_ref());
        let pages = pages.map(|url| (url, UrlRule::Page));
        for (url, rule) in pages.chain(callbacks.map(|url| (url, UrlRule::Callback))) {
            if !is_allowed(url, rule, local_http) {
                return Err(ErrorCode::UrlInvalid.about(&[("url", url)]));
            }
        }
        Ok(())
    }

    fn check_merchant(&self, asked: &Asked, facts: &CreateFacts<'_>) -> Result<(), Rejection> {
        let unit = facts.unit;
        let permissions = unit.permissions;
        let msn = || unit.msn.to_string();
        let options = self.shipping.iter().flat_map(|shipping| shipping.groups.iter().flatten());
        let same_currency = |amount: &AmountGiven| amount.currency == asked.amount.currency;
        if asked.amount.currency != unit.market.currency()
            || !options.flat_map(|group| &group.amounts).all(same_currency)
        {
            return Err(ErrorCode::CurrencyInvalid.reject());
        }
        if let Some(scope) = asked.scopes.restricted().filter(|_| !permissions.restricted_scopes) {
            return Err(ErrorCode::ScopeIllegal.about(&[("scope", scope)]));
        }
        if self.flow == UserFlow::PushMessage && !permissions.push_message {
            return Err(ErrorCode::PushMessageNotAllowed.about(&[("msn", &msn())]));
        }
        if self.expires_at.is_some() && !permissions.long_living {
            return Err(ErrorCode::LongLivingNotAllowed.about(&[("msn", &msn())]));
        }
        if self.shipping.is_some() && !permissions.express {
            return Err(ErrorCode::ExpressNotAllowed.reject());
        }
        if self.commercial_cards_blocked && unit.market.currency() == Currency::Nok {
            return Err(ErrorCode::BlockedSourcesNotApplicable.about(&[("market", unit.market.adjective())]));
        }
        if !unit.bank_account_verified {
            return Err(ErrorCode::BankAccountNotVerified.reject());
        }
        Ok(())
    }

    /// Returns until when the customer can approve.
    fn check_payment(&self, asked: &Asked, facts: &CreateFacts<'_>) -> Result<Timestamp, Rejection> {
        if asked.amount.value < asked.amount.currency.minimum() {
            return Err(ErrorCode::AmountTooSmall.reject());
        }
        let expires_at = match &self.expires_at {
            None => facts.now + LIFETIME,
            Some((text, time)) if *time <= facts.now + LIFETIME => {
                return Err(ErrorCode::ExpiryTooSoon.about(&[("value", text)]));
            }
            Some((text, time)) if *time >= facts.now + LONGEST_WAIT => {
                return Err(ErrorCode::ExpiryTooLate.about(&[("value", text)]));
            }
            Some(_) if self.receipt.is_none() => return Err(ErrorCode::ReceiptRequired.reject()),
            Some((_, time)) => *time,
        };
        if let Some(shipping) = &self.shipping {
            let groups = shipping.groups.as_deref().unwrap_or_default();
            let lacks_options =
                groups.is_empty() || groups.iter().any(|group| group.group.options.is_empty());
            if shipping.dynamic.is_none() && lacks_options {
                return Err(ErrorCode::ShippingDetailsRequired.reject());
            }
        }
        let can_pay = |customer: &crate::domain::user::User| customer.can_pay(self.minimum_age, facts.now);
        if self.flow == UserFlow::PushMessage && !facts.customer.is_some_and(can_pay) {
            return Err(ErrorCode::CustomerNotFound.reject());
        }
        Ok(expires_at)
    }

    fn build(self, asked: Asked, expires_at: Timestamp, facts: &CreateFacts<'_>) -> Order {
        let texts = Texts::pack(&Loose {
            reference: &self.reference,
            create_key: facts.key,
            return_url: self.return_url.as_deref().unwrap_or_default(),
            description: self.description.as_deref().unwrap_or_default(),
            metadata: self.metadata.as_ref().map(|metadata| metadata.0.as_slice()),
        });
        let wallet = self.method == PaymentMethod::Wallet;
        let receipt = self.receipt.filter(|_| wallet);
        let extras = Extras {
            scopes: asked.scopes,
            receipt: receipt.map(|receipt| receipt.check(asked.amount.value).map(|()| receipt)),
            receipt_url: self.receipt_url.map(Into::into),
            shipping: self.shipping.map(|shipping| Shipping {
                groups: sorted(shipping.groups.into_iter().flatten().map(|given| given.group)),
                dynamic: shipping.dynamic.map(|dynamic| DynamicOptions {
                    callback_url: dynamic.callback_url.unwrap_or_default().into_owned(),
                    authorization: dynamic.authorization.map(Into::into),
                }),
                allowed_countries: shipping.allowed_countries,
            }),
            qr_format: self.qr_format,
            minimum_age: self.minimum_age,
            customer_present: self.customer_present,
            commercial_cards_blocked: self.commercial_cards_blocked,
            legal_links: self.legal_links.into_iter().map(Into::into).collect(),
        };
        Order {
            texts,
            amount: asked.amount,
            method: self.method,
            flow: self.flow,
            psp_reference: facts.psp_reference,
            token_nonce: facts.token_nonce,
            created_at: facts.now,
            expires_at,
            phone_number: asked.phone_number,
            extras: (extras != Extras::default()).then(|| Box::new(extras)),
        }
    }
}

/// What a request asks for, once it is known to be valid in itself.
#[derive(Clone, Copy)]
struct Asked {
    amount: Amount,
    phone_number: Option<PhoneNumber>,
    scopes: Scopes,
}

impl Metadata<'_> {
    fn check(&self) -> Result<(), Rejection> {
        let pairs = &self.0;
        if pairs.len() > MAX_METADATA {
            return Err(ErrorCode::MetadataTooMany.reject());
        }
        let repeated = pairs
            .iter()
            .enumerate()
            .any(|(place, (key, _))| pairs[..place].iter().any(|(other, _)| other == key));
        if repeated {
            return Err(ErrorCode::MetadataDuplicateKey.reject());
        }
        if let Some((key, _)) = pairs.iter().find(|(key, _)| length(key) > MAX_METADATA_KEY) {
            return Err(ErrorCode::MetadataKeyTooLong.about(&[("key", key)]));
        }
        if let Some((_, value)) = pairs.iter().find(|(_, value)| length(value) > MAX_METADATA_VALUE) {
            return Err(ErrorCode::MetadataValueTooLong.about(&[("value", value)]));
        }
        Ok(())
    }
}
