//! Reading domain values from configuration and control requests, with a remedy in each complaint.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

use super::digits::{Msn, PhoneNumber};
use super::money::Market;
use super::span::Span;
use super::time::Timestamp;
use super::user::{Behaviour, Bin};
use super::webhook::signature::Forgery;
use super::webhook::{Before, Order};

/// A value that is written as text.
trait FromText: Sized {
    const EXPECTED: &'static str;

    /// Reads the text, or says what is wrong with it.
    fn from_text(text: &str) -> Result<Self, String>;
}

struct TextVisitor<T>(PhantomData<T>);

impl<T: FromText> Visitor<'_> for TextVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(T::EXPECTED)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        T::from_text(text).map_err(E::custom)
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}

macro_rules! from_text {
    ($type:ty, $expected:literal, $parse:expr) => {
        impl FromText for $type {
            const EXPECTED: &'static str = $expected;

            fn from_text(text: &str) -> Result<Self, String> {
                $parse(text)
            }
        }

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(TextVisitor(PhantomData))
            }
        }
    };
}

/// Most values have nothing to say about a text but that it is none.
fn or_not<T: FromText>(value: Option<T>, text: &str) -> Result<T, String> {
    value.ok_or_else(|| format!("\"{text}\" is not {}", T::EXPECTED))
}

from_text!(Msn, "a merchant serial number of 4 to 10 digits", |text| or_not(Self::parse(text), text));
from_text!(Order, "an order: fifo or reverse", |text| or_not(Self::parse(text), text));
from_text!(Before, "what webhooks come before: none, response or redirect", |text| or_not(
    Self::parse(text),
    text
));
from_text!(Forgery, "a signature: valid, wrong-secret, wrong-hash, stale-date or missing", |text| or_not(
    Self::parse(text),
    text
));
from_text!(PhoneNumber, "a phone number of 9 to 15 digits, country code first, without + or 00", |text| {
    or_not(Self::parse(text), text)
});
from_text!(Market, "a market: NO, DK or FI", |text| or_not(Self::parse(text), text));
from_text!(Behaviour, "a behaviour: ask, approve or reject", |text| or_not(Self::parse(text), text));
from_text!(Bin, "the first six digits of a card", |text| or_not(Self::parse(text), text));
from_text!(Span, "a duration such as PT10M, P180D, 10m, 180d or 2s (no months or years)", Self::parse);
from_text!(Timestamp, "an RFC 3339 time such as 2027-06-01T00:00:00Z", |text| or_not(
    Self::parse_rfc3339(text),
    text
));

#[cfg(test)]
mod tests {
    use super::*;

    fn read<T: for<'de> Deserialize<'de>>(json: &str) -> Result<T, String> {
        serde_json::from_str(json).map_err(|error| error.to_string())
    }

    #[test]
    fn values_are_read_from_text_and_numbers() {
        assert_eq!(read(r#""123456""#), Ok(Msn::parse("123456").unwrap()));
        assert_eq!(read("123456"), Ok(Msn::parse("123456").unwrap()));
        assert_eq!(read(r#""2s""#), Ok(Span::seconds(2)));
        assert_eq!(read(r#""dk""#), Ok(Market::Dk));
    }

    #[test]
    fn complaints_say_what_is_expected() {
        let error = read::<PhoneNumber>(r#""+4712345678""#).unwrap_err();
        assert!(error.starts_with("\"+4712345678\" is not a phone number of 9 to 15 digits"), "{error}");
        assert!(read::<Market>("true").unwrap_err().contains("expected a market: NO, DK or FI"));
    }
}
