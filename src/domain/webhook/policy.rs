//! How webhooks are sent when a test wants them other than they should be: late, doubled, reordered, held or forged.

use super::signature::Forgery;
use crate::domain::span::Span;

/// The most duplicates that one event can be given.
pub const MAX_DUPLICATES: u32 = 100;

/// The longest delay of a first attempt.
pub const MAX_DELAY: Span = Span::days(3650);

/// How the webhooks of a receiver are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Policy {
    /// How many more times each event is sent once it has arrived.
    pub duplicate: u32,
    /// How much later than its event the first attempt is due, by the sandbox clock.
    pub delay: Span,
    /// Whether events pile up until they are released.
    pub hold: bool,
    /// Which of a payment's waiting events goes first.
    pub order: Order,
    /// What waits for the first attempts.
    pub before: Before,
    /// What is wrong with the signature, if anything.
    pub signature: Forgery,
}

/// Which of a payment's waiting events goes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Order {
    /// The oldest.
    #[default]
    Fifo,
    /// The newest.
    Reverse,
}

/// What waits until webhooks have been tried once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Before {
    /// Nothing.
    #[default]
    None,
    /// The answer to the call that caused the event.
    Response,
    /// The customer's way back to the shop.
    Redirect,
}

impl Order {
    /// Every order by its word.
    pub const ALL: [(&'static str, Self); 2] = [("fifo", Self::Fifo), ("reverse", Self::Reverse)];

    /// Finds an order by its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, order)| *order)
    }

    /// Returns the word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

impl Before {
    /// Every one by its word.
    pub const ALL: [(&'static str, Self); 3] =
        [("none", Self::None), ("response", Self::Response), ("redirect", Self::Redirect)];

    /// Finds one by its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, before)| *before)
    }

    /// Returns the word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_the_values() {
        for (word, order) in Order::ALL {
            assert_eq!((order.word(), Order::parse(word)), (word, Some(order)));
        }
        for (word, before) in Before::ALL {
            assert_eq!((before.word(), Before::parse(word)), (word, Some(before)));
        }
        for (word, forgery) in Forgery::ALL {
            assert_eq!((forgery.word(), Forgery::parse(word)), (word, Some(forgery)));
        }
    }
}
