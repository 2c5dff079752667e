//! What Userinfo tells of a customer: the claims that the customer consented to.

use serde::Serialize;
use twox_hash::XxHash3_64;
use uuid::Uuid;

use super::digits::PhoneNumber;
use super::payment::{Scope, Scopes};
use super::span::Span;
use super::user::{Address, User};

/// For how long after the consent a merchant can ask.
pub const CONSENT_LIFETIME: Span = Span::minutes(168 * 60);

/// What Userinfo tells of a customer. The members are the API's own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the members are the API's own")]
pub struct Userinfo {
    pub sub: Uuid,
    #[serde(flatten)]
    pub name: Option<NameClaims>,
    #[serde(flatten)]
    pub email: Option<EmailClaims>,
    #[serde(flatten)]
    pub phone_number: Option<PhoneClaims>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub birthdate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub nin: Option<String>,
    #[serde(flatten)]
    pub addresses: Option<AddressClaims>,
}

/// The claims of the scope `name`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the members are the API's own")]
pub struct NameClaims {
    pub name: String,
    pub given_name: String,
    pub family_name: String,
}

/// The claims of the scope `email`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the members are the API's own")]
pub struct EmailClaims {
    pub email: String,
    pub email_verified: bool,
}

/// The claims of the scope `phoneNumber`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the members are the API's own")]
pub struct PhoneClaims {
    pub phone_number: PhoneNumber,
    pub phone_number_verified: bool,
}

/// The claims of the scope `address`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the members are the API's own")]
pub struct AddressClaims {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<AddressClaim>,
    pub other_addresses: Vec<AddressClaim>,
}

/// One address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[expect(missing_docs, reason = "the members are the API's own")]
pub struct AddressClaim {
    pub address_type: &'static str,
    pub country: String,
    pub formatted: String,
    pub postal_code: String,
    pub region: String,
    pub street_address: String,
}

impl AddressClaim {
    fn new(address: &Address, address_type: &'static str) -> Self {
        let Address { address_line1, address_line2, city, country, post_code } = address;
        let street_address = match address_line2 {
            Some(second) => format!("{address_line1}\n{second}"),
            None => address_line1.clone(),
        };
        Self {
            address_type,
            country: country.clone(),
            formatted: format!("{street_address}\n{post_code}\n{city}\n{country}"),
            postal_code: post_code.clone(),
            region: city.clone(),
            street_address,
        }
    }
}

impl Userinfo {
    /// Tells of a customer what these scopes cover.
    #[must_use]
    pub fn new(sub: Uuid, user: &User, scopes: Scopes) -> Self {
        let User { first_name, last_name, email, phone_number, date_of_birth, addresses, .. } = user;
        Self {
            sub,
            name: scopes.has(Scope::Name).then(|| NameClaims {
                name: format!("{first_name} {last_name}"),
                given_name: first_name.clone(),
                family_name: last_name.clone(),
            }),
            email: scopes
                .has(Scope::Email)
                .then(|| EmailClaims { email: email.clone(), email_verified: true }),
            phone_number: scopes
                .has(Scope::PhoneNumber)
                .then_some(PhoneClaims { phone_number: *phone_number, phone_number_verified: true }),
            birthdate: scopes.has(Scope::BirthDate).then(|| date_of_birth.clone()),
            nin: scopes.has(Scope::Nin).then(|| made_up_nin(user)),
            addresses: scopes.has(Scope::Address).then(|| AddressClaims {
                address: addresses.first().map(|address| AddressClaim::new(address, "home")),
                other_addresses: addresses
                    .iter()
                    .skip(1)
                    .map(|address| AddressClaim::new(address, "other"))
                    .collect(),
            }),
        }
    }
}

/// Makes up a national identity number that is nobody's: day, month and year of birth and five digits, the month 80 too
/// high, as the Norwegian register of test persons has it.
fn made_up_nin(user: &User) -> String {
    let number = user.phone_number.to_string();
    let last = XxHash3_64::oneshot_with_seed(4, number.as_bytes()) % 100_000;
    let part = |from: usize| user.date_of_birth.get(from..from + 2).and_then(|text| text.parse::<u8>().ok());
    let (year, month, day) = (part(2), part(5), part(8));
    format!(
        "{:02}{:02}{:02}{last:05}",
        day.unwrap_or(1) % 32,
        month.unwrap_or(1) % 13 + 80,
        year.unwrap_or(0) % 100
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claims(scope: &str) -> String {
        let mut user = User::made_up(PhoneNumber::parse("4712345678").unwrap());
        user.first_name = "Kari".into();
        user.last_name = "Testesen".into();
        user.email = "kari@example.com".into();
        user.date_of_birth = "1990-02-03".into();
        user.addresses[0].address_line1 = "Storgata 1".into();
        let told = Userinfo::new(Uuid::nil(), &user, Scopes::parse(scope).unwrap());
        serde_json::to_string(&told).unwrap()
    }

    #[test]
    fn each_scope_has_its_claims() {
        let sub = r#"{"sub":"00000000-0000-0000-0000-000000000000""#;
        for (scope, rest) in [
            ("", "}"),
            ("name", r#","name":"Kari Testesen","given_name":"Kari","family_name":"Testesen"}"#),
            ("email", r#","email":"kari@example.com","email_verified":true}"#),
            ("phoneNumber", r#","phone_number":"4712345678","phone_number_verified":true}"#),
            ("birthDate", r#","birthdate":"1990-02-03"}"#),
            (
                "address",
                r#","address":{"address_type":"home","country":"NO","formatted":"Storgata 1\n0155\nOslo\nNO","postal_code":"0155","region":"Oslo","street_address":"Storgata 1"},"other_addresses":[]}"#,
            ),
            ("accountNumbers", "}"),
        ] {
            assert_eq!(claims(scope), format!("{sub}{rest}"), "{scope}");
        }
        assert!(claims("nin").contains(r#""nin":"038290"#), "{}", claims("nin"));
    }
}
