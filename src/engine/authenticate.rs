//! Who is calling: subscription key, bearer token, rate limits, sales unit, in this order.

use std::sync::Arc;

use super::limits::limit;
use super::settings::Credentials;
use super::tokens::{IssuedToken, Known};
use super::unit::Unit;
use super::{DEFAULT_MSN, Engine};
use crate::domain::digits::Msn;
use crate::domain::errors::{ErrorCode, Rejection};
use crate::domain::explain::{Facts, TokenFault};
use crate::domain::operation::Operation;

/// The credentials of a request, as its headers gave them.
#[derive(Clone, Copy, Debug)]
pub struct Caller<'a> {
    /// `Ocp-Apim-Subscription-Key`; `None` only where a call may come without one.
    pub subscription_key: Option<&'a str>,
    /// What follows `Bearer ` in `Authorization`.
    pub token: &'a str,
    /// `Merchant-Serial-Number`, if there is one; it may not be a number.
    pub msn: Option<&'a str>,
}

/// The credentials of a token request.
#[derive(Clone, Copy, Debug)]
pub struct TokenRequest<'a> {
    /// `Ocp-Apim-Subscription-Key`.
    pub subscription_key: &'a str,
    /// `client_id`.
    pub client_id: &'a str,
    /// `client_secret`.
    pub client_secret: &'a str,
    /// `Merchant-Serial-Number`, if there is a valid one.
    pub msn: Option<Msn>,
}

impl Engine {
    /// Finds out for which sales unit a token is asked for, if for one.
    ///
    /// # Errors
    ///
    /// With configured credentials, when key, client id and secret are not those of one sales unit.
    pub(crate) fn admit_client(&self, request: &TokenRequest<'_>) -> Result<Option<Msn>, Rejection> {
        match self.settings.credentials {
            Credentials::Any => Ok(self.unit_of_client(request)),
            Credentials::Configured => self.check_client(request).map(Some),
        }
    }

    /// Issues an access token to a client whose credentials are good.
    pub(crate) fn issue_token(&self, client_id: &str, msn: Option<Msn>) -> IssuedToken {
        let issued_at = self.token_time();
        let frozen = self.read_clock(None).mode == super::Mode::Frozen;
        let stamp = (frozen || self.settings.seed.is_none()).then_some(issued_at);
        let elapsed = self.settings.machine.elapsed();
        self.tokens.issue(&self.ids(), client_id, msn, issued_at, stamp, elapsed)
    }

    /// Returns the unit that a token is for when any credentials are good: the one that the request names, unless the
    /// client id belongs to others.
    fn unit_of_client(&self, request: &TokenRequest<'_>) -> Option<Msn> {
        let of_client = self.units.of_client(request.client_id);
        let named = request.msn.filter(|msn| of_client.is_empty() || of_client.contains(msn));
        named.or(of_client.first().copied())
    }

    fn check_client(&self, request: &TokenRequest<'_>) -> Result<Msn, Rejection> {
        let of_key = self.units.of_subscription_key(request.subscription_key);
        if of_key.is_empty() {
            return Err(ErrorCode::SubscriptionKeyInvalid.reject());
        }
        let of_client: Vec<Msn> =
            self.units.of_client(request.client_id).into_iter().filter(|msn| of_key.contains(msn)).collect();
        let client = [("client_id", request.client_id)];
        if of_client.is_empty() {
            return Err(ErrorCode::ClientUnknown.about(&client).knowing(Facts::KeyOf(of_key)));
        }
        let has_secret = |msn: &&Msn| {
            self.units.get(**msn).is_some_and(|unit| unit.settings().client_secret == request.client_secret)
        };
        let of_secret: Vec<Msn> = of_client.iter().filter(has_secret).copied().collect();
        // Several units may share their keys; the header then says for which one the token is.
        let named = of_secret.iter().copied().find(|msn| Some(*msn) == request.msn);
        named.or(of_secret.first().copied()).ok_or_else(|| {
            ErrorCode::ClientSecretInvalid.about(&client).knowing(Facts::KeyOf(of_client.clone()))
        })
    }

    /// Ends every access token issued so far, or those that act for one unit when a request names none.
    pub(crate) fn end_tokens(&self, msn: Option<Msn>) {
        match msn {
            None => self.tokens.end_all(),
            Some(msn) => self.tokens.end_if(|issued_for| issued_for.unwrap_or_else(default_msn) == msn),
        }
    }

    /// Finds out for which sales unit a request acts.
    ///
    /// # Errors
    ///
    /// The gateway's refusals, in order: subscription key, bearer token, rate limit, sales unit.
    pub(crate) fn authenticate(
        &self,
        caller: &Caller<'_>,
        operation: Operation,
        reference: &dyn Fn() -> String,
    ) -> Result<Arc<Unit>, Rejection> {
        let of_key = match caller.subscription_key {
            Some(key) => self.check_subscription_key(key)?,
            None => self.units_of_token(caller.token),
        };
        let of_token = self.check_token(caller.token, &of_key)?;
        // Which unit is meant decides what is counted together; whether it may be meant is said after the limit.
        let msn = self.choose_msn(caller, &of_key, of_token);
        if self.settings.enforce_rate_limits {
            self.count_call(caller, operation, &reference(), msn.as_ref().ok().copied())?;
        }
        self.admit_unit(msn?, operation)
    }

    /// Finds the sales unit of an MSN that the credentials are good for.
    ///
    /// # Errors
    ///
    /// When there is none, or it may not take payments and the operation is about them.
    pub(crate) fn admit_unit(&self, msn: Msn, operation: Operation) -> Result<Arc<Unit>, Rejection> {
        let invalid = || ErrorCode::MsnInvalid.about(&[("msn", &msn.to_string())]);
        let unit = match self.settings.credentials {
            Credentials::Any => self.unit_on_first_use(msn),
            Credentials::Configured => self.units.get(msn),
        };
        let unit = unit.ok_or_else(invalid)?;
        if !operation.is_about_payments() || unit.settings().permissions.payments {
            Ok(unit)
        } else {
            Err(ErrorCode::SalesUnitNotAllowed.reject())
        }
    }

    /// Returns the units that the key belongs to; with any credentials that says nothing.
    ///
    /// # Errors
    ///
    /// With configured credentials, when it belongs to none.
    pub(crate) fn check_subscription_key(&self, key: &str) -> Result<Vec<Msn>, Rejection> {
        match self.settings.credentials {
            Credentials::Any => Ok(Vec::new()),
            Credentials::Configured => {
                let units = self.units.of_subscription_key(key);
                if units.is_empty() { Err(ErrorCode::SubscriptionKeyInvalid.reject()) } else { Ok(units) }
            }
        }
    }

    /// Returns the units that the token's client may act for, where a call needs no subscription key; with any
    /// credentials that says nothing.
    fn units_of_token(&self, token: &str) -> Vec<Msn> {
        let known = self.tokens.look_up(token, || self.settings.machine.elapsed());
        let unit = match (self.settings.credentials, known) {
            (Credentials::Configured, Known::Good(Some(msn))) => self.units.get(msn),
            _ => None,
        };
        unit.map_or_else(Vec::new, |unit| self.units.of_client(&unit.settings().client_id))
    }

    /// Returns the unit that the token was issued for.
    fn check_token(&self, token: &str, of_key: &[Msn]) -> Result<Option<Msn>, Rejection> {
        let any = self.settings.credentials == Credentials::Any;
        match self.tokens.look_up(token, || self.settings.machine.elapsed()) {
            Known::Good(msn) if any || msn.is_some_and(|msn| of_key.contains(&msn)) => Ok(msn),
            Known::Foreign if any => Ok(None),
            known => {
                let fault = match known {
                    Known::Good(msn) => TokenFault::OfOther(msn),
                    Known::Foreign => TokenFault::Foreign,
                    Known::Over => TokenFault::Over,
                };
                Err(ErrorCode::BearerTokenRefused.reject().knowing(Facts::Token(fault)))
            }
        }
    }

    fn count_call(
        &self,
        caller: &Caller<'_>,
        operation: Operation,
        reference: &str,
        unit: Option<Msn>,
    ) -> Result<(), Rejection> {
        let owner = match (operation, unit) {
            (Operation::Get | Operation::Events, _) => caller.subscription_key.unwrap_or_default().to_owned(),
            (_, Some(unit)) => unit.to_string(),
            // A unit that may not be meant: its own counter must not fill up.
            (_, None) => format!("not {}", caller.msn.unwrap_or_default()),
        };
        let elapsed = self.settings.machine.elapsed();
        self.limits.count(operation, reference, &owner, unit, elapsed).map_err(|seconds| {
            let calls = limit(operation).unwrap_or_default();
            let rejection = ErrorCode::RateLimitExceeded.about(&[("seconds", &seconds.to_string())]);
            rejection.knowing(Facts::Limit { calls, seconds })
        })
    }

    fn choose_msn(
        &self,
        caller: &Caller<'_>,
        of_key: &[Msn],
        of_token: Option<Msn>,
    ) -> Result<Msn, Rejection> {
        let header = "Merchant-Serial-Number";
        let named = match caller.msn {
            Some(text) => Some(Msn::parse(text).ok_or_else(|| {
                let reason = crate::domain::fields::matches(header, "^[0-9]{4,10}$");
                Rejection::of_field(ErrorCode::HeaderInvalid, header, reason)
            })?),
            None if self.settings.strict => {
                let reason = crate::domain::fields::required(header);
                return Err(Rejection::of_field(ErrorCode::HeaderInvalid, header, reason));
            }
            None => None,
        };
        match (self.settings.credentials, named) {
            (Credentials::Configured, Some(msn)) if !of_key.contains(&msn) => {
                let rejection = ErrorCode::MsnInvalid.about(&[("msn", &msn.to_string())]);
                Err(rejection.knowing(Facts::KeyOf(of_key.to_vec())))
            }
            (_, Some(msn)) => Ok(msn),
            (Credentials::Configured, None) => {
                Ok(of_token.or(of_key.first().copied()).unwrap_or_else(default_msn))
            }
            (Credentials::Any, None) => Ok(of_token.unwrap_or_else(default_msn)),
        }
    }
}

/// The sales unit of requests that name none.
pub(crate) fn default_msn() -> Msn {
    Msn::parse(DEFAULT_MSN).expect("DEFAULT_MSN is an MSN")
}
