//! Numbers whose digits are text: merchant serial numbers and phone numbers.

use std::fmt;
use std::num::NonZeroU64;

/// A text of 1 to 18 digits, leading zeros included, in eight bytes.
///
/// The digits stand behind a leading 1, so `007` and `7` stay apart.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
struct Digits(NonZeroU64);

impl Digits {
    fn parse(text: &str, lengths: std::ops::RangeInclusive<usize>) -> Option<Self> {
        let fits = lengths.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if !fits {
            return None;
        }
        let number = text.bytes().fold(1, |number, b| number * 10 + u64::from(b - b'0'));
        NonZeroU64::new(number).map(Self)
    }
}

impl Digits {
    fn with_text<R>(self, then: impl FnOnce(&str) -> R) -> R {
        let mut buffer = [0_u8; 20];
        let (mut number, mut from) = (self.0.get(), buffer.len());
        while number >= 10 {
            from -= 1;
            buffer[from] = b'0' + u8::try_from(number % 10).unwrap_or_default();
            number /= 10;
        }
        then(std::str::from_utf8(&buffer[from..]).unwrap_or_default())
    }
}

impl fmt::Display for Digits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

macro_rules! digit_type {
    ($(#[$doc:meta])* $name:ident, $lengths:expr, $fits:expr) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Digits);

        impl $name {
            /// Reads the number; `None` when the text is none: not all digits, or of the wrong length.
            #[must_use]
            pub fn parse(text: &str) -> Option<Self> {
                let fits: fn(&str) -> bool = $fits;
                Digits::parse(text, $lengths).filter(|_| fits(text)).map(Self)
            }

            /// Writes the number at the end of a text.
            pub fn push_to(self, text: &mut String) {
                self.0.with_text(|digits| text.push_str(digits));
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.0.with_text(|text| serializer.serialize_str(text))
            }
        }
    };
}

digit_type! {
    /// A merchant serial number, the name of a sales unit: `^[0-9]{4,10}$` (OpenAPI 1.8.1).
    Msn, 4..=10, |_| true
}

digit_type! {
    /// A phone number in MSISDN form, country code and subscriber number: `^\d{9,15}$` (OpenAPI 1.8.1). No country code
    /// begins with 0.
    PhoneNumber, 9..=15, |text| !text.starts_with('0')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_keep_their_text() {
        for text in ["123456", "0001", "9999999999", "0000000000"] {
            assert_eq!(Msn::parse(text).unwrap().to_string(), text);
        }
        assert_ne!(Msn::parse("0123").unwrap(), Msn::parse("00123").unwrap());
        for text in ["", "123", "12345678901", "12a4", "१२३४", "+4712345678", " 1234"] {
            assert!(Msn::parse(text).is_none(), "{text}");
        }
        assert_eq!(PhoneNumber::parse("999999999999999").unwrap().to_string(), "999999999999999");
        assert!(PhoneNumber::parse("004712345678").is_none() && PhoneNumber::parse("047123456").is_none());
        assert!(PhoneNumber::parse("12345678").is_none() && PhoneNumber::parse("1234567890123456").is_none());
    }
}
