//! What a call says of its payment, as far as a fault may ask.

use crate::domain::digits::PhoneNumber;
use crate::domain::json::Json;

/// What a call says of its payment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mentions {
    /// The reference, of the path or of the create body.
    pub reference: Option<String>,
    /// The customer's phone number, of the create body or of the payment.
    pub phone_number: Option<PhoneNumber>,
}

impl Mentions {
    /// Reads what a create body says. One that is not JSON says nothing.
    #[must_use]
    pub fn of_create(body: &[u8]) -> Self {
        let Ok(body) = Json::parse(body) else { return Self::default() };
        let text = |path: &[&str]| look(&body, path).and_then(Json::as_text);
        Self {
            reference: text(&["reference"]).map(Into::into),
            phone_number: text(&["customer", "phoneNumber"]).and_then(|text| PhoneNumber::parse(&text)),
        }
    }
}

/// Follows the names of members.
pub(super) fn look<'j, 'a>(json: &'j Json<'a>, path: &[&str]) -> Option<&'j Json<'a>> {
    path.iter().try_fold(json, |json, name| match json {
        Json::Object(members) => members.iter().find(|(known, _)| known == name).map(|(_, value)| value),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_create_body_says_what_it_can() {
        let of = |body: &str| Mentions::of_create(body.as_bytes());
        let phone_number = PhoneNumber::parse("4712345678");
        assert_eq!(
            of(r#"{"reference":"order-1","customer":{"phoneNumber":4712345678},"amount":"wrong"}"#),
            Mentions { reference: Some("order-1".into()), phone_number }
        );
        for body in ["", "{", "[]", "null", r#"{"reference":{}}"#, r#"{"customer":{"phoneNumber":"x"}}"#] {
            assert_eq!(of(body), Mentions::default(), "{body}");
        }
    }
}
