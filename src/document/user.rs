//! A user that was set up.

use serde::{Deserialize, Serialize, Serializer};

use super::text::shown;
use crate::domain::digits::{Msn, PhoneNumber};
use crate::domain::span::Span;
use crate::domain::user::{Address, Behaviour, Bin, Card, User};

/// A user that was set up, and for whom.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct UserData {
    /// The sales unit that the user is set up for; `None` for all.
    pub(crate) msn: Option<Msn>,
    pub(crate) phone_number: PhoneNumber,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) email: String,
    pub(crate) date_of_birth: String,
    pub(crate) addresses: Vec<AddressData>,
    pub(crate) cards: Vec<CardData>,
    pub(crate) identified: bool,
    pub(crate) exists: bool,
    #[serde(serialize_with = "word")]
    pub(crate) behaviour: Option<Behaviour>,
    #[serde(serialize_with = "span")]
    pub(crate) after: Option<Span>,
}

/// A postal address.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct AddressData {
    pub(crate) address_line1: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) address_line2: Option<String>,
    pub(crate) city: String,
    pub(crate) country: String,
    pub(crate) post_code: String,
}

/// A payment card.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct CardData {
    #[serde(serialize_with = "digits")]
    pub(crate) bin: Bin,
    pub(crate) scheme: String,
    pub(crate) enabled: bool,
    pub(crate) expired: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
#[expect(clippy::ref_option, reason = "serde calls it so")]
fn word<S: Serializer>(behaviour: &Option<Behaviour>, serializer: S) -> Result<S::Ok, S::Error> {
    behaviour.map(Behaviour::word).serialize(serializer)
}

#[expect(clippy::ref_option, reason = "serde calls it so")]
fn span<S: Serializer>(span: &Option<Span>, serializer: S) -> Result<S::Ok, S::Error> {
    match span {
        Some(span) => shown(span, serializer),
        None => serializer.serialize_none(),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
pub(super) fn digits<S: Serializer>(bin: &Bin, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(bin.as_str())
}

impl UserData {
    /// Takes a user down.
    pub(crate) fn new(msn: Option<Msn>, user: User) -> Self {
        Self {
            msn,
            phone_number: user.phone_number,
            first_name: user.first_name,
            last_name: user.last_name,
            email: user.email,
            date_of_birth: user.date_of_birth,
            addresses: user.addresses.into_iter().map(Into::into).collect(),
            cards: user.cards.into_iter().map(Into::into).collect(),
            identified: user.identified,
            exists: user.exists,
            behaviour: user.behaviour,
            after: user.after,
        }
    }
}

impl From<UserData> for User {
    fn from(data: UserData) -> Self {
        Self {
            phone_number: data.phone_number,
            first_name: data.first_name,
            last_name: data.last_name,
            email: data.email,
            date_of_birth: data.date_of_birth,
            addresses: data.addresses.into_iter().map(Into::into).collect(),
            cards: data.cards.into_iter().map(Into::into).collect(),
            identified: data.identified,
            exists: data.exists,
            behaviour: data.behaviour,
            after: data.after,
        }
    }
}

impl From<Address> for AddressData {
    fn from(address: Address) -> Self {
        let Address { address_line1, address_line2, city, country, post_code } = address;
        Self { address_line1, address_line2, city, country, post_code }
    }
}

impl From<AddressData> for Address {
    fn from(data: AddressData) -> Self {
        let AddressData { address_line1, address_line2, city, country, post_code } = data;
        Self { address_line1, address_line2, city, country, post_code }
    }
}

impl From<Card> for CardData {
    fn from(card: Card) -> Self {
        let Card { bin, scheme, enabled, expired } = card;
        Self { bin, scheme, enabled, expired }
    }
}

impl From<CardData> for Card {
    fn from(data: CardData) -> Self {
        let CardData { bin, scheme, enabled, expired } = data;
        Self { bin, scheme, enabled, expired }
    }
}
