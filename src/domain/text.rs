//! Texts of the API whose form is a rule of its own.

use std::fmt;
use std::sync::Arc;

/// The pattern of a payment's reference (OpenAPI 1.8.1; 64 characters since API version 1.7.0).
pub const REFERENCE_PATTERN: &str = "^[a-zA-Z0-9-]{8,64}$";

/// The longest reference that the API takes, in characters.
pub(crate) const MAX_REFERENCE: usize = 64;

/// Returns whether the text is a valid reference for a new payment. Case matters.
#[must_use]
pub fn is_reference(text: &str) -> bool {
    (8..=MAX_REFERENCE).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Returns the length of a text as the vendor's backend counts it: in UTF-16 code units.
///
/// The documented validation messages are those of .NET, whose strings are UTF-16.
#[must_use]
pub fn length(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// The value of an `Idempotency-Key` header: 1 to 50 characters (OpenAPI 1.8.1). Cheap to copy.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdempotencyKey(Arc<str>);

impl IdempotencyKey {
    /// The longest key that the API takes, in characters.
    pub const MAX_LENGTH: usize = 50;

    /// Keeps a copy of the text. The caller has checked its length.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(Arc::from(text))
    }

    /// Returns the text of the key.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for IdempotencyKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_have_8_to_64_letters_digits_and_hyphens() {
        for text in ["acme-shop", "12345678", "A-b-C-d-", &"x".repeat(64)] {
            assert!(is_reference(text), "{text}");
        }
        for text in ["", "1234567", &"x".repeat(65), "with_under", "with space", "blåbær-1", "slash/slash"]
        {
            assert!(!is_reference(text), "{text}");
        }
    }

    #[test]
    fn length_counts_utf_16_units() {
        assert_eq!((length("abc"), length("åbc"), length("😀")), (3, 3, 2));
    }
}
