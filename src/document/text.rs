//! How single values are written: numbers that are identities in hexadecimal, times to the microsecond.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use serde::ser::{Serialize, Serializer};

use crate::domain::time::Timestamp;

/// 64 bits as 16 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hex64(pub(crate) u64);

/// 128 bits as 32 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Hex128(pub(crate) u128);

/// 256 bits as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct HexKey(pub(crate) [u8; 32]);

impl fmt::Debug for HexKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HexKey(…)")
    }
}

impl Serialize for Hex64 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:016x}", self.0))
    }
}

impl Serialize for Hex128 {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&format_args!("{:032x}", self.0))
    }
}

impl Serialize for HexKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (high, low) = self.0.split_at(16);
        let number = |half: &[u8]| half.iter().fold(0_u128, |number, byte| number << 8 | u128::from(*byte));
        serializer.collect_str(&format_args!("{:032x}{:032x}", number(high), number(low)))
    }
}

/// Reads a text of so many hexadecimal digits.
struct Digits<const COUNT: usize>;

impl<const COUNT: usize> Visitor<'_> for Digits<COUNT> {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{COUNT} hexadecimal digits")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Vec<u8>, E> {
        let digit = |byte: &u8| char::from(*byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let digits: Option<Vec<u8>> = text.as_bytes().iter().map(digit).collect();
        let digits = digits.filter(|digits| digits.len() == COUNT);
        let digits =
            digits.ok_or_else(|| E::custom(format!("\"{text}\" is not {COUNT} hexadecimal digits")))?;
        Ok(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
    }
}

impl<'de> Deserialize<'de> for Hex64 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = deserializer.deserialize_str(Digits::<16>)?;
        Ok(Self(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte))))
    }
}

impl<'de> Deserialize<'de> for Hex128 {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = deserializer.deserialize_str(Digits::<32>)?;
        Ok(Self(bytes.iter().fold(0, |number, byte| number << 8 | u128::from(*byte))))
    }
}

impl<'de> Deserialize<'de> for HexKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let bytes = deserializer.deserialize_str(Digits::<64>)?;
        bytes.try_into().map(Self).map_err(|_| D::Error::custom("a key has 64 hexadecimal digits"))
    }
}

/// Writes a time to the microsecond.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
pub(super) fn exact<S: Serializer>(at: &Timestamp, serializer: S) -> Result<S::Ok, S::Error> {
    at.rfc3339(6).serialize(serializer)
}

/// Writes a time to the microsecond, or null.
#[expect(clippy::ref_option, reason = "serde calls it so")]
pub(super) fn exact_or_null<S: Serializer>(at: &Option<Timestamp>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(|at| at.rfc3339(6)).serialize(serializer)
}

/// Writes something by its text.
pub(super) fn shown<T: fmt::Display, S: Serializer>(value: &T, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}
