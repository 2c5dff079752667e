//! A request body as a tree that borrows from the bytes and forgets nothing: repeated members stay repeated.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserialize, MapAccess, SeqAccess, Visitor};
use twox_hash::XxHash3_64;

/// A JSON value.
#[derive(Clone, Debug, PartialEq)]
pub enum Json<'a> {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A whole number that fits 64 bits with a sign.
    Int(i64),
    /// A whole number from 2^63 to 2^64 − 1.
    Big(u64),
    /// Any other number.
    Float(f64),
    /// A string.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Json<'a>>),
    /// An object, its members in order.
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

impl<'a> Json<'a> {
    /// Reads a JSON text (RFC 8259) of at most 128 levels. A byte order mark before it is passed over.
    ///
    /// # Errors
    ///
    /// The parser's message with line and column.
    pub fn parse(text: &'a [u8]) -> Result<Self, String> {
        let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        // Asking once whether all of it is UTF-8 costs less than asking for each string. What is not is refused by the
        // parser itself, which knows the place.
        let json = match std::str::from_utf8(text) {
            Ok(text) => serde_json::from_str(text),
            Err(_) => serde_json::from_slice(text),
        };
        json.map_err(|error| error.to_string())
    }

    /// Returns the first member of this name, if this is an object that has it.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(known, _)| known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// Returns whether this is `null`.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Returns a whole number; a fraction of zero (`1000.0`) counts as whole. Strings never do.
    #[must_use]
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            #[expect(clippy::cast_possible_truncation, reason = "checked to be whole and in range")]
            Self::Float(number) if number.fract() == 0.0 && number.abs() < 9e15 => Some(*number as i64),
            _ => None,
        }
    }

    /// Returns a string, or a number as its digits: the real backend takes numbers where strings are declared.
    ///
    /// Numbers that a 64-bit reader cannot hold exactly are refused, since their digits are lost.
    #[must_use]
    pub fn as_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Int(number) => Some(Cow::Owned(number.to_string())),
            Self::Big(number) => Some(Cow::Owned(number.to_string())),
            Self::Float(number) if number.abs() < 9e15 => Some(Cow::Owned(number.to_string())),
            _ => None,
        }
    }

    /// Returns a hash that is the same for bodies that say the same: the order of members, white space, escapes and
    /// the notation of numbers do not count. It never changes between versions or machines.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        let of = |kind: u64, bytes: &[u8]| XxHash3_64::oneshot_with_seed(kind, bytes);
        match self {
            Self::Null => of(1, b""),
            Self::Bool(value) => of(2, &[u8::from(*value)]),
            Self::Big(number) => of(3, &number.to_le_bytes()),
            Self::Int(number) => of(4, &number.to_le_bytes()),
            Self::Float(number) => match self.as_integer() {
                Some(whole) => Self::Int(whole).fingerprint(),
                None => of(5, &number.to_bits().to_le_bytes()),
            },
            Self::Text(text) => of(6, text.as_bytes()),
            Self::List(values) => values.iter().fold(7, |hash, value| mix(hash, value.fingerprint())),
            Self::Object(members) => {
                let sum = members.iter().fold(0_u64, |sum, (name, value)| {
                    sum.wrapping_add(mix(of(8, name.as_bytes()), value.fingerprint()))
                });
                mix(9, sum)
            }
        }
    }
}

/// Folds one hash into another; the order counts.
fn mix(hash: u64, next: u64) -> u64 {
    let product = u128::from(hash.rotate_left(23) ^ 0x9E37_79B9_7F4A_7C15) * u128::from(next | 1);
    let [low, high] =
        [product, product >> 64].map(|half| u64::try_from(half & u128::from(u64::MAX)).unwrap_or_default());
    low ^ high ^ next
}

/// Writes the value as compact JSON, for messages; a text that is all there is without its quotes.
impl fmt::Display for Json<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Int(number) => number.fmt(f),
            Self::Big(number) => number.fmt(f),
            Self::Float(number) => number.fmt(f),
            Self::Text(text) => f.write_str(text),
            Self::List(values) => {
                f.write_str("[")?;
                for (index, value) in values.iter().enumerate() {
                    write!(f, "{}{}", if index == 0 { "" } else { "," }, Within(value))?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (index, (name, value)) in members.iter().enumerate() {
                    let comma = if index == 0 { "" } else { "," };
                    write!(f, "{comma}{}:{}", quoted(name), Within(value))?;
                }
                f.write_str("}")
            }
        }
    }
}

/// A value in a list or an object.
struct Within<'j, 'a>(&'j Json<'a>);

impl fmt::Display for Within<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Json::Text(text) => f.write_str(&quoted(text)),
            other => other.fmt(f),
        }
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

impl<'de> Deserialize<'de> for Json<'de> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(JsonVisitor)
    }
}

struct JsonVisitor;

impl<'de> Visitor<'de> for JsonVisitor {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Int(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(i64::try_from(value).map_or(Json::Big(value), Json::Int))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json<'de>, E> {
        Ok(Json::Float(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(value)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(value.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Json<'de>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = access.next_element()? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some((Name(name), value)) = access.next_entry()? {
            members.push((name, value));
        }
        Ok(Json::Object(members))
    }
}

/// A member's name, borrowed where the text has no escapes.
struct Name<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a member name")
            }

            fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(value)))
            }

            fn visit_str<E>(self, value: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(value.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fingerprint(text: &str) -> u64 {
        Json::parse(text.as_bytes()).unwrap().fingerprint()
    }

    #[test]
    fn bodies_that_say_the_same_have_one_fingerprint() {
        let body = r#"{"a":1000,"b":["x",null,true],"c":{"d":"é"}}"#;
        for same in [
            r#"{ "c": {"d":"\u00e9"}, "b": ["x", null, true], "a": 1000.0 }"#,
            r#"{"b":["\u0078",null,true],"a":1e3,"c":{"d":"é"}}"#,
        ] {
            assert_eq!(fingerprint(same), fingerprint(body), "{same}");
        }
    }

    #[test]
    fn bodies_that_differ_have_different_fingerprints() {
        let bodies = [
            "{}",
            "[]",
            "null",
            "true",
            "false",
            "0",
            "1",
            "-1",
            "\"\"",
            "\"1\"",
            "\"null\"",
            "1.5",
            "18446744073709551615",
            "[null]",
            "[[]]",
            "[{}]",
            r#"{"a":1}"#,
            r#"{"a":"1"}"#,
            r#"{"b":1}"#,
            r#"{"a":1,"b":2}"#,
            r#"{"a":2,"b":1}"#,
            r#"{"a":{"b":1}}"#,
            r#"{"a":1,"a":1}"#,
            "[1,2]",
            "[2,1]",
            "[[1],2]",
            "[1,[2]]",
            r#"{"a":null}"#,
            r#"{"a":[]}"#,
            r#"{"a":{}}"#,
        ];
        for (i, one) in bodies.iter().enumerate() {
            for other in &bodies[..i] {
                assert_ne!(fingerprint(one), fingerprint(other), "{one} and {other}");
            }
        }
    }

    #[test]
    fn the_fingerprint_is_the_same_on_every_machine() {
        assert_eq!(fingerprint(r#"{"a":[1,"x"],"b":null}"#), 10_367_792_075_797_258_972);
    }

    #[test]
    fn repeated_members_numbers_and_marks_are_kept() {
        let body = Json::parse("\u{feff}{\"a\":1,\"a\":2.5,\"b\":18446744073709551615}".as_bytes()).unwrap();
        let Json::Object(members) = body else { panic!("an object") };
        assert_eq!(members.len(), 3);
        assert_eq!(members[2].1.as_text().unwrap(), "18446744073709551615");
        assert_eq!((members[1].1.as_integer(), members[1].1.as_text().unwrap()), (None, "2.5".into()));
        assert_eq!(Json::Float(1e22).as_text(), None);
        assert_eq!(Json::Text("1000".into()).as_integer(), None);
    }

    #[test]
    fn values_are_shown_as_compact_json() {
        for (text, shown) in [
            (r#"{"a" : ["x", 1.50, null], "b\"": {"c": true}}"#, r#"{"a":["x",1.5,null],"b\"":{"c":true}}"#),
            (r#""only a text""#, "only a text"),
            (r#"["a\nb"]"#, r#"["a\nb"]"#),
        ] {
            assert_eq!(Json::parse(text.as_bytes()).unwrap().to_string(), shown);
        }
    }

    #[test]
    fn what_is_not_json_is_refused_with_a_place() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        for text in ["", "{", "{'a':1}", "{\"a\":1}x", "\"\\ud800\"", "01", "nul", &deep] {
            let error = Json::parse(text.as_bytes()).unwrap_err();
            assert!(error.contains("line 1 column"), "{text}: {error}");
        }
        assert!(Json::parse(b"\"\xff\"").is_err());
    }
}
