//! Sales units and users as people write them, in a configuration file or a control request, and as they are shown.
//!
//! Every member can be left out and then keeps its value. JSON uses camelCase; configuration files
//! `snake_case`.

mod read;

use serde::{Deserialize, Serialize, Serializer};
use utoipa::ToSchema;

use crate::domain::digits::{Msn, PhoneNumber};
use crate::domain::money::Market;
use crate::domain::sales_unit::{Permissions, SalesUnit};
use crate::domain::span::Span;
use crate::domain::user::{Address, Behaviour, Bin, Card, User};
use read::{from_objects_alone, limit, present};

/// The longest text that is kept for a name, a key or a secret.
const MAX_TEXT: usize = 500;

/// A sales unit's settings, any subset of them.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SalesUnitInput {
    /// The merchant serial number.
    #[schema(value_type = Option<String>, pattern = "^[0-9]{4,10}$")]
    pub msn: Option<Msn>,
    /// The name that customers see.
    pub name: Option<String>,
    /// The market: `NO`, `DK` or `FI`.
    #[schema(value_type = Option<String>)]
    pub market: Option<Market>,
    /// The `client_id` of the token request; `null` for none.
    #[serde(alias = "client_id", default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub client_id: Option<Option<String>>,
    /// The `client_secret` of the token request; `null` for none.
    #[serde(alias = "client_secret", default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub client_secret: Option<Option<String>>,
    /// The subscription keys.
    #[serde(alias = "subscription_keys")]
    pub subscription_keys: Option<Vec<String>>,
    /// What the unit may do.
    pub permissions: Option<PermissionsInput>,
    /// Whether a capture of less than the whole reservation is allowed.
    #[serde(alias = "partial_capture")]
    pub partial_capture: Option<bool>,
    /// Whether the bank account is verified.
    #[serde(alias = "bank_account_verified")]
    pub bank_account_verified: Option<bool>,
    /// Whether refunds are possible.
    #[serde(alias = "refunds_enabled")]
    pub refunds_enabled: Option<bool>,
    /// Whether customers cannot change the phone number on the landing page.
    #[serde(alias = "phone_number_locked")]
    pub phone_number_locked: Option<bool>,
    /// How many payments the unit may have authorised before force approve answers 10070; `null` for no limit.
    #[serde(alias = "payment_limit", default, deserialize_with = "limit")]
    #[schema(value_type = Option<u64>)]
    pub payment_limit: Option<Option<u64>>,
}

/// What a sales unit may do, any subset of it.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, remote = "Self")]
pub struct PermissionsInput {
    /// Payments at all.
    pub payments: Option<bool>,
    /// Express payments with shipping.
    pub express: Option<bool>,
    /// Long-living payments with `expiresAt`.
    #[serde(alias = "long_living")]
    pub long_living: Option<bool>,
    /// The `PUSH_MESSAGE` flow.
    #[serde(alias = "push_message")]
    pub push_message: Option<bool>,
    /// The scopes `nin` and `accountNumbers`.
    #[serde(alias = "restricted_scopes")]
    pub restricted_scopes: Option<bool>,
    /// Captures up to 180 days in Denmark and Finland.
    #[serde(alias = "late_capture")]
    pub late_capture: Option<bool>,
}

from_objects_alone!(PermissionsInput, AddressInput, CardInput);

/// Overwrites what is given.
fn give<T>(target: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *target = value;
    }
}

impl SalesUnitInput {
    /// Checks what the types cannot.
    ///
    /// # Errors
    ///
    /// The member and what is wrong with it.
    pub fn check(&self) -> Result<(), String> {
        let texts = [
            ("name", self.name.as_ref()),
            ("clientId", self.client_id.as_ref().and_then(Option::as_ref)),
            ("clientSecret", self.client_secret.as_ref().and_then(Option::as_ref)),
        ];
        let texts = texts.into_iter().filter_map(|(name, text)| Some((name, text?)));
        let keys = self.subscription_keys.iter().flatten().map(|key| ("subscriptionKeys", key));
        for (name, text) in texts.chain(keys) {
            if text.is_empty() || text.len() > MAX_TEXT || text.chars().any(char::is_control) {
                return Err(format!(
                    "{name}: a text of 1 to {MAX_TEXT} bytes without control characters is needed"
                ));
            }
        }
        if self.subscription_keys.as_ref().is_some_and(|keys| keys.len() > 10) {
            return Err("subscriptionKeys: at most 10 keys can be kept".into());
        }
        Ok(())
    }

    /// Overwrites the settings that are given.
    pub fn apply(self, unit: &mut SalesUnit) {
        give(&mut unit.name, self.name);
        give(&mut unit.market, self.market);
        give(&mut unit.client_id, self.client_id.map(Option::unwrap_or_default));
        give(&mut unit.client_secret, self.client_secret.map(Option::unwrap_or_default));
        give(&mut unit.subscription_keys, self.subscription_keys);
        give(&mut unit.partial_capture, self.partial_capture);
        give(&mut unit.bank_account_verified, self.bank_account_verified);
        give(&mut unit.refunds_enabled, self.refunds_enabled);
        give(&mut unit.phone_number_locked, self.phone_number_locked);
        give(&mut unit.payment_limit, self.payment_limit);
        if let Some(given) = self.permissions {
            let permissions = &mut unit.permissions;
            give(&mut permissions.payments, given.payments);
            give(&mut permissions.express, given.express);
            give(&mut permissions.long_living, given.long_living);
            give(&mut permissions.push_message, given.push_message);
            give(&mut permissions.restricted_scopes, given.restricted_scopes);
            give(&mut permissions.late_capture, given.late_capture);
        }
    }
}

/// A sales unit.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the members are those of SalesUnitInput")]
pub struct SalesUnitView {
    #[schema(value_type = String)]
    pub msn: Msn,
    pub name: String,
    pub market: &'static str,
    pub client_id: Option<String>,
    pub client_secret: Option<String>,
    pub subscription_keys: Vec<String>,
    pub permissions: PermissionsView,
    pub partial_capture: bool,
    pub bank_account_verified: bool,
    pub refunds_enabled: bool,
    pub phone_number_locked: bool,
    pub payment_limit: Option<u64>,
}

/// What a sales unit may do.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the members are those of PermissionsInput")]
pub struct PermissionsView {
    pub payments: bool,
    pub express: bool,
    pub long_living: bool,
    pub push_message: bool,
    pub restricted_scopes: bool,
    pub late_capture: bool,
}

impl From<&SalesUnit> for SalesUnitView {
    fn from(unit: &SalesUnit) -> Self {
        let Permissions { payments, express, long_living, push_message, restricted_scopes, late_capture } =
            unit.permissions;
        let some = |text: &String| (!text.is_empty()).then(|| text.clone());
        Self {
            msn: unit.msn,
            name: unit.name.clone(),
            market: unit.market.code(),
            client_id: some(&unit.client_id),
            client_secret: some(&unit.client_secret),
            subscription_keys: unit.subscription_keys.clone(),
            permissions: PermissionsView {
                payments,
                express,
                long_living,
                push_message,
                restricted_scopes,
                late_capture,
            },
            partial_capture: unit.partial_capture,
            bank_account_verified: unit.bank_account_verified,
            refunds_enabled: unit.refunds_enabled,
            phone_number_locked: unit.phone_number_locked,
            payment_limit: unit.payment_limit,
        }
    }
}

/// A user's settings, any subset of them.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct UserInput {
    /// The phone number, which is who they are.
    #[serde(alias = "phone_number")]
    #[schema(value_type = Option<String>, pattern = r"^\d{9,15}$")]
    pub phone_number: Option<PhoneNumber>,
    /// The given name.
    #[serde(alias = "first_name")]
    pub first_name: Option<String>,
    /// The family name.
    #[serde(alias = "last_name")]
    pub last_name: Option<String>,
    /// The email address.
    pub email: Option<String>,
    /// The date of birth as `YYYY-MM-DD`.
    #[serde(alias = "date_of_birth")]
    pub date_of_birth: Option<String>,
    /// The addresses, the home address first.
    pub addresses: Option<Vec<AddressInput>>,
    /// The payment cards, in the order in which they are tried.
    pub cards: Option<Vec<CardInput>>,
    /// Whether the user has approved a payment in the app once.
    pub identified: Option<bool>,
    /// Whether there is such a user.
    pub exists: Option<bool>,
    /// What the user does with a new payment: `ask`, `approve` or `reject`.
    #[schema(value_type = Option<String>)]
    pub behaviour: Option<Behaviour>,
    /// How long the user takes.
    #[schema(value_type = Option<String>, example = "2s")]
    pub after: Option<Span>,
    /// Shown in answers; given back, it is ignored.
    #[serde(alias = "customer_token")]
    pub customer_token: Option<String>,
    /// Shown in answers; given back, it is ignored.
    #[serde(alias = "personal_qr")]
    pub personal_qr: Option<String>,
}

/// A postal address.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, remote = "Self")]
#[expect(missing_docs, reason = "the members are the API's own")]
pub struct AddressInput {
    #[serde(alias = "address_line1")]
    pub address_line1: String,
    #[serde(alias = "address_line2", default)]
    pub address_line2: Option<String>,
    pub city: String,
    pub country: String,
    #[serde(alias = "post_code")]
    pub post_code: String,
}

/// What is derived for `remote` types is no implementation yet.
impl Serialize for AddressInput {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Self::serialize(self, serializer)
    }
}

/// A payment card. One without `enabled` and `expired` is good.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields, remote = "Self")]
pub struct CardInput {
    /// The first six digits.
    #[schema(value_type = String, pattern = "^[0-9]{6}$")]
    pub bin: Bin,
    /// The card scheme.
    pub scheme: Option<String>,
    /// Whether it can be used.
    pub enabled: Option<bool>,
    /// Whether it has expired.
    pub expired: Option<bool>,
}

/// Whether a text is a date of the form `YYYY-MM-DD`. The calendar's own reader also takes fewer digits.
fn is_date(text: &str) -> bool {
    let shape = text.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
    shape.eq(*b"0000-00-00") && chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").is_ok()
}

impl UserInput {
    /// Checks what the types cannot.
    ///
    /// # Errors
    ///
    /// The member and what is wrong with it.
    pub fn check(&self) -> Result<(), String> {
        if let Some(date) = &self.date_of_birth
            && !is_date(date)
        {
            return Err(format!("dateOfBirth: \"{date}\" is not a date of the form 1990-02-28"));
        }
        let texts = [("firstName", &self.first_name), ("lastName", &self.last_name), ("email", &self.email)];
        for (name, text) in texts {
            if text.as_ref().is_some_and(|text| text.is_empty() || text.len() > MAX_TEXT) {
                return Err(format!("{name}: a text of 1 to {MAX_TEXT} bytes is needed"));
            }
        }
        for address in self.addresses.iter().flatten() {
            let texts = [
                ("addressLine1", &address.address_line1),
                ("city", &address.city),
                ("postCode", &address.post_code),
            ];
            for (name, text) in texts {
                if text.is_empty() || text.len() > MAX_TEXT {
                    return Err(format!("addresses: {name}: a text of 1 to {MAX_TEXT} bytes is needed"));
                }
            }
        }
        let two_letters = |code: &str| code.len() == 2 && code.bytes().all(|b| b.is_ascii_uppercase());
        for address in self.addresses.iter().flatten() {
            if !two_letters(&address.country) {
                return Err(format!(
                    "addresses: country \"{}\" is not two capital letters such as NO",
                    address.country
                ));
            }
        }
        let counts = [
            ("addresses", self.addresses.as_ref().map(Vec::len)),
            ("cards", self.cards.as_ref().map(Vec::len)),
        ];
        for (name, count) in counts {
            if count.is_some_and(|count| count > 20) {
                return Err(format!("{name}: at most 20 can be kept"));
            }
        }
        Ok(())
    }

    /// Overwrites the settings that are given.
    pub fn apply(self, user: &mut User) {
        give(&mut user.first_name, self.first_name);
        give(&mut user.last_name, self.last_name);
        give(&mut user.email, self.email);
        give(&mut user.date_of_birth, self.date_of_birth);
        give(&mut user.addresses, self.addresses.map(|list| list.into_iter().map(Into::into).collect()));
        give(&mut user.cards, self.cards.map(|list| list.into_iter().map(Into::into).collect()));
        give(&mut user.identified, self.identified);
        give(&mut user.exists, self.exists);
        give(&mut user.behaviour, self.behaviour.map(Some));
        give(&mut user.after, self.after.map(Some));
    }
}

impl From<AddressInput> for Address {
    fn from(input: AddressInput) -> Self {
        let AddressInput { address_line1, address_line2, city, country, post_code } = input;
        Self { address_line1, address_line2, city, country, post_code }
    }
}

impl From<&Address> for AddressInput {
    fn from(address: &Address) -> Self {
        let Address { address_line1, address_line2, city, country, post_code } = address.clone();
        Self { address_line1, address_line2, city, country, post_code }
    }
}

impl From<CardInput> for Card {
    fn from(input: CardInput) -> Self {
        Self {
            bin: input.bin,
            scheme: input.scheme.unwrap_or_else(|| "VISA".into()),
            enabled: input.enabled.unwrap_or(true),
            expired: input.expired.unwrap_or(false),
        }
    }
}

/// A user.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the members are those of UserInput")]
pub struct UserView {
    #[schema(value_type = String)]
    pub phone_number: PhoneNumber,
    pub first_name: String,
    pub last_name: String,
    pub email: String,
    pub date_of_birth: String,
    pub addresses: Vec<AddressInput>,
    pub cards: Vec<CardView>,
    pub identified: bool,
    pub exists: bool,
    pub behaviour: &'static str,
    pub after: String,
    /// The `customerToken` that create accepts for this user.
    pub customer_token: String,
    /// The `personalQr` that create accepts for this user.
    pub personal_qr: String,
}

/// A payment card.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the members are those of CardInput")]
pub struct CardView {
    pub bin: String,
    pub scheme: String,
    pub enabled: bool,
    pub expired: bool,
}

impl UserView {
    /// Shows a user; what was not set down is what the sandbox does by default.
    #[must_use]
    pub fn new(user: &User, behaviour: Behaviour, after: Span) -> Self {
        Self {
            phone_number: user.phone_number,
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            email: user.email.clone(),
            date_of_birth: user.date_of_birth.clone(),
            addresses: user.addresses.iter().map(Into::into).collect(),
            cards: user.cards.iter().map(Into::into).collect(),
            identified: user.identified,
            exists: user.exists,
            behaviour: user.behaviour.unwrap_or(behaviour).word(),
            after: user.after.unwrap_or(after).short(),
            customer_token: user.customer_token(),
            personal_qr: user.personal_qr(),
        }
    }
}

impl From<&Card> for CardView {
    fn from(card: &Card) -> Self {
        Self {
            bin: card.bin.as_str().into(),
            scheme: card.scheme.clone(),
            enabled: card.enabled,
            expired: card.expired,
        }
    }
}
