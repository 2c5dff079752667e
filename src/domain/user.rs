//! A customer of the sandbox: who they are, which cards they have, and what they do with a payment request.

use serde::Serialize;
use twox_hash::XxHash3_64;

use super::digits::{Msn, PhoneNumber};
use super::money::Market;
use super::span::Span;
use super::time::Timestamp;

/// A customer.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct User {
    /// The phone number, which is who they are.
    pub phone_number: PhoneNumber,
    /// The given name.
    pub first_name: String,
    /// The family name.
    pub last_name: String,
    /// The email address.
    pub email: String,
    /// The date of birth as `YYYY-MM-DD`.
    pub date_of_birth: String,
    /// The addresses, the home address first.
    pub addresses: Vec<Address>,
    /// The payment cards, in the order in which they are tried.
    pub cards: Vec<Card>,
    /// Whether the user has identified, by approving a payment in the app once (error 10030).
    pub identified: bool,
    /// Whether there is such a user at all (error 7010).
    pub exists: bool,
    /// What the user does with a new payment; `None` leaves it to the sandbox's setting.
    pub behaviour: Option<Behaviour>,
    /// How long the user takes.
    pub after: Option<Span>,
}

/// A postal address, as `shippingDetails` and `userDetails` show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Address {
    /// Street name and number.
    pub address_line1: String,
    /// Apartment or attention line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address_line2: Option<String>,
    /// The city.
    pub city: String,
    /// The country as two letters (ISO 3166-1 alpha-2).
    pub country: String,
    /// The postal code.
    pub post_code: String,
}

impl Address {
    fn made_up(market: Market, house: u64) -> Self {
        let (street, city, post_code) = match market {
            Market::No => ("Storgata", "Oslo", "0155"),
            Market::Dk => ("Vestergade", "København", "1456"),
            Market::Fi => ("Mannerheimintie", "Helsinki", "00100"),
        };
        Self {
            address_line1: format!("{street} {house}"),
            address_line2: None,
            city: city.into(),
            country: market.code().into(),
            post_code: post_code.into(),
        }
    }
}

/// A payment card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// The first six digits.
    pub bin: Bin,
    /// The card scheme.
    pub scheme: String,
    /// Whether it can be used (error 10040).
    pub enabled: bool,
    /// Whether it has expired (force approve answers 500).
    pub expired: bool,
}

/// A card's bank identification number: six digits (OpenAPI 1.8.1, `cardBin`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bin([u8; 6]);

impl Default for Bin {
    fn default() -> Self {
        TEST_CARD
    }
}

impl Bin {
    /// Reads six digits.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let digits: [u8; 6] = text.as_bytes().try_into().ok()?;
        digits.iter().all(u8::is_ascii_digit).then_some(Self(digits))
    }

    /// Returns the digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// What a customer does with a payment request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Behaviour {
    /// Waits to be asked: on the wallet page or over the control API.
    #[default]
    Ask,
    /// Approves it.
    Approve,
    /// Rejects it.
    Reject,
}

impl Behaviour {
    /// Every behaviour by its word.
    pub const ALL: [(&'static str, Self); 3] =
        [("ask", Self::Ask), ("approve", Self::Approve), ("reject", Self::Reject)];

    /// Finds a behaviour by its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, behaviour)| *behaviour)
    }

    /// Returns the word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

/// The card that the real test environment showed after a force approve.
const TEST_CARD: Bin = Bin(*b"429198");

const FIRST_NAMES: [&str; 12] =
    ["Ada", "Aino", "Bjørn", "Eero", "Freja", "Ingrid", "Kari", "Lars", "Mikkel", "Noora", "Ola", "Sofie"];
const LAST_NAMES: [&str; 12] = [
    "Andersen", "Berg", "Dahl", "Hansen", "Jensen", "Korhonen", "Lund", "Møller", "Nielsen", "Nordmann",
    "Solberg", "Virtanen",
];

impl User {
    /// Makes up the user of a number that nobody configured: valid, identified, with one good card, and the same
    /// details every time.
    #[must_use]
    pub fn made_up(phone_number: PhoneNumber) -> Self {
        let number = phone_number.to_string();
        let dice = XxHash3_64::oneshot(number.as_bytes());
        let pick = |list: &[&str], shift: u32| {
            let place = usize::try_from((dice >> shift) % list.len() as u64).unwrap_or_default();
            list[place].to_owned()
        };
        let (first_name, last_name) = (pick(&FIRST_NAMES, 0), pick(&LAST_NAMES, 8));
        let market = match () {
            () if number.starts_with("45") => Market::Dk,
            () if number.starts_with("358") => Market::Fi,
            () => Market::No,
        };
        Self {
            phone_number,
            email: format!("{}.{number}@example.com", first_name.to_lowercase().replace('ø', "o")),
            first_name,
            last_name,
            date_of_birth: format!("{}-{:02}-{:02}", 1950 + dice % 50, 1 + dice % 12, 1 + dice % 28),
            addresses: vec![Address::made_up(market, 1 + dice % 90)],
            cards: vec![Card { bin: TEST_CARD, scheme: "VISA".into(), enabled: true, expired: false }],
            identified: true,
            exists: true,
            behaviour: None,
            after: None,
        }
    }

    /// Makes up a user who can be delivered to in this market: one from elsewhere has a second address there.
    #[must_use]
    pub fn made_up_in(market: Market, phone_number: PhoneNumber) -> Self {
        let mut user = Self::made_up(phone_number);
        if user.addresses.iter().all(|address| address.country != market.code()) {
            user.addresses.push(Address::made_up(market, 1));
        }
        user
    }

    /// Returns the number of the user who pays when neither payment nor request names one.
    #[must_use]
    pub fn nobody_in_particular(market: Market) -> PhoneNumber {
        let number = match market {
            Market::No => "4790000001",
            Market::Dk => "4520000001",
            Market::Fi => "358400000001",
        };
        PhoneNumber::parse(number).unwrap_or_else(|| unreachable!("all three have 10 to 12 digits"))
    }

    /// Returns the user's age in whole years, if the date of birth can be read.
    #[must_use]
    pub fn age(&self, now: Timestamp) -> Option<u32> {
        let born = chrono::NaiveDate::parse_from_str(&self.date_of_birth, "%Y-%m-%d").ok()?;
        now.date().years_since(born)
    }

    /// Returns whether the user exists and is at least as old as asked (error 7010 does not tell which).
    #[must_use]
    pub fn can_pay(&self, minimum_age: Option<u8>, now: Timestamp) -> bool {
        let old_enough =
            minimum_age.is_none_or(|minimum| self.age(now).is_some_and(|age| age >= u32::from(minimum)));
        self.exists && old_enough
    }

    /// Returns the user's id at a merchant: a UUID that is the same for every payment of the two.
    #[must_use]
    pub fn sub(&self, msn: Msn) -> uuid::Uuid {
        let text = format!("{msn} {}", self.phone_number);
        let halves = [1, 2].map(|seed| XxHash3_64::oneshot_with_seed(seed, text.as_bytes()));
        uuid::Builder::from_random_bytes((u128::from(halves[0]) << 64 | u128::from(halves[1])).to_be_bytes())
            .into_uuid()
    }

    /// Returns the content of the user's personal QR code.
    #[must_use]
    pub fn personal_qr(&self) -> String {
        format!("https://qr.vipps.no/28/2/01/031/{}?v=1", self.phone_number)
    }

    /// Returns the token that a check-in would hand to the merchant.
    #[must_use]
    pub fn customer_token(&self) -> String {
        let number = self.phone_number.to_string();
        format!("ct.{number}.{:016x}", XxHash3_64::oneshot_with_seed(3, number.as_bytes()))
    }
}

/// Finds out whose personal QR code this is. The whole content is needed, and it must be of the wallet's own hosts.
#[must_use]
pub fn owner_of_personal_qr(content: &str) -> Option<PhoneNumber> {
    if !(5..=255).contains(&super::text::length(content)) {
        return None;
    }
    let path = ["https://qr.vipps.no/", "https://qr.mobilepay.dk/", "https://qr.mobilepay.fi/"]
        .iter()
        .find_map(|host| content.strip_prefix(host))?;
    let path = path.split(['?', '#']).next()?;
    let number = path.strip_prefix("p/").or_else(|| path.strip_prefix("28/2/01/031/"))?;
    PhoneNumber::parse(number)
}

/// Finds out whose customer token this is.
#[must_use]
pub fn owner_of_customer_token(token: &str) -> Option<PhoneNumber> {
    let phone_number = PhoneNumber::parse(token.strip_prefix("ct.")?.split('.').next()?)?;
    (User::made_up(phone_number).customer_token() == token).then_some(phone_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(number: &str) -> User {
        User::made_up(PhoneNumber::parse(number).unwrap())
    }

    #[test]
    fn made_up_users_stay_the_same_and_are_of_age() {
        let now = Timestamp::parse_rfc3339("2026-11-20T00:00:00Z").unwrap();
        for number in ["4712345678", "4520000001", "358400000001", "999999999"] {
            assert_eq!(user(number), user(number));
            assert!(user(number).can_pay(Some(18), now));
        }
        assert_eq!(user("4520000001").addresses[0].country, "DK");
    }

    #[test]
    fn personal_codes_and_tokens_lead_back_to_their_user() {
        let someone = user("4712345678");
        assert_eq!(owner_of_personal_qr(&someone.personal_qr()), Some(someone.phone_number));
        assert_eq!(
            owner_of_personal_qr("https://qr.vipps.no/p/4796844569"),
            PhoneNumber::parse("4796844569")
        );
        assert_eq!(owner_of_customer_token(&someone.customer_token()), Some(someone.phone_number));
        for foreign in [
            "",
            "7038010000430",
            "https://example.com/p/4712345678",
            "https://qr.vipps.no/p/abc",
            "https://qr.vipps.no/",
        ] {
            assert_eq!(owner_of_personal_qr(foreign), None, "{foreign}");
        }
        for foreign in ["", "ct.", "ct.4712345678", "ct.4712345678.0000000000000000"] {
            assert_eq!(owner_of_customer_token(foreign), None, "{foreign}");
        }
    }

    #[test]
    fn age_is_counted_in_whole_years() {
        let mut someone = user("4712345678");
        someone.date_of_birth = "2010-11-21".into();
        let now = Timestamp::parse_rfc3339("2026-11-20T23:59:59Z").unwrap();
        assert_eq!((someone.age(now), someone.age(now + Span::seconds(1))), (Some(15), Some(16)));
        assert!(
            !someone.can_pay(Some(16), now) && someone.can_pay(Some(15), now) && someone.can_pay(None, now)
        );
    }

    #[test]
    fn the_sub_is_stable_per_user_and_merchant() {
        let (one, other) = (Msn::parse("123456").unwrap(), Msn::parse("654321").unwrap());
        assert_eq!(user("4712345678").sub(one), user("4712345678").sub(one));
        assert_ne!(user("4712345678").sub(one), user("4712345678").sub(other));
        assert_ne!(user("4712345678").sub(one), user("4712345679").sub(one));
    }
}
