//! All of a payment's texts in one allocation: a sandbox holds a million payments.

use crate::domain::text::{IdempotencyKey, MAX_REFERENCE};

/// How many metadata pairs a payment may have (error 4100).
pub(super) const MAX_METADATA: usize = 5;
/// The longest key of a metadata pair, in UTF-16 code units like all lengths of texts (error 4120).
pub(super) const MAX_METADATA_KEY: usize = 100;
/// The longest value of a metadata pair (error 4130).
pub(super) const MAX_METADATA_VALUE: usize = 500;
/// The longest `returnUrl`.
pub(super) const MAX_RETURN_URL: usize = 2500;
/// The longest `paymentDescription`.
pub(super) const MAX_DESCRIPTION: usize = 100;

/// What all texts take at the most: no UTF-16 code unit takes more than three bytes of UTF-8.
const MAX_BYTES: usize = 3
    * (MAX_REFERENCE
        + IdempotencyKey::MAX_LENGTH
        + MAX_RETURN_URL
        + MAX_DESCRIPTION
        + MAX_METADATA * (MAX_METADATA_KEY + MAX_METADATA_VALUE));
const _: () = assert!(MAX_BYTES <= u16::MAX as usize, "an end of a text is a u16");

const FIXED: usize = 4;
const PARTS: usize = FIXED + 2 * MAX_METADATA;

/// The texts that came with the create request, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Texts {
    text: Box<str>,
    ends: [u16; PARTS],
    /// How many metadata pairs there are; `None` when no metadata was sent.
    metadata: Option<u8>,
}

/// The texts before they are packed.
pub(super) struct Loose<'a> {
    pub reference: &'a str,
    pub create_key: &'a str,
    pub return_url: &'a str,
    pub description: &'a str,
    pub metadata: Option<&'a [(std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>)]>,
}

impl Texts {
    /// Packs texts. The caller has checked their lengths.
    pub(super) fn pack(loose: &Loose<'_>) -> Self {
        let pairs = loose.metadata.unwrap_or_default();
        let parts = [loose.reference, loose.create_key, loose.return_url, loose.description]
            .into_iter()
            .chain(pairs.iter().flat_map(|(key, value)| [&**key, &**value]));
        let mut text = String::with_capacity(parts.clone().map(str::len).sum());
        let mut ends = [0; PARTS];
        for (part, end) in parts.zip(&mut ends) {
            text.push_str(part);
            *end = u16::try_from(text.len()).expect("no more than MAX_BYTES");
        }
        let metadata =
            loose.metadata.map(|pairs| u8::try_from(pairs.len()).expect("no more than MAX_METADATA"));
        Self { text: text.into_boxed_str(), ends, metadata }
    }

    fn part(&self, place: usize) -> &str {
        let start = if place == 0 { 0 } else { self.ends[place - 1] };
        &self.text[usize::from(start)..usize::from(self.ends[place])]
    }

    pub(super) fn reference(&self) -> &str {
        self.part(0)
    }

    pub(super) fn create_key(&self) -> &str {
        self.part(1)
    }

    pub(super) fn return_url(&self) -> &str {
        self.part(2)
    }

    pub(super) fn description(&self) -> &str {
        self.part(3)
    }

    pub(super) fn metadata(&self) -> Option<impl ExactSizeIterator<Item = (&str, &str)>> {
        let pairs = usize::from(self.metadata?);
        Some((0..pairs).map(|pair| (self.part(FIXED + 2 * pair), self.part(FIXED + 2 * pair + 1))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_out() {
        let pairs = [("order".into(), "1".into()), ("kø".into(), String::new().into())];
        let loose = Loose {
            reference: "acme-shop",
            create_key: "k",
            return_url: "",
            description: "æøå",
            metadata: Some(&pairs),
        };
        let texts = Texts::pack(&loose);
        assert_eq!((texts.reference(), texts.create_key()), ("acme-shop", "k"));
        assert_eq!((texts.return_url(), texts.description()), ("", "æøå"));
        assert_eq!(texts.metadata().unwrap().collect::<Vec<_>>(), [("order", "1"), ("kø", "")]);
        assert!(Texts::pack(&Loose { metadata: None, ..loose }).metadata().is_none());
    }
}
