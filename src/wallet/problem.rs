//! Why a try failed, in words for the customer. The page's address carries a word, never a text: whoever sends somebody a
//! link must not decide what our page says.

use crate::domain::payment::{CustomerRefusal, DECLINES};

/// Why a phone number will not do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WrongNumber {
    /// It is none.
    NoNumber,
    /// The payment's own is the only one that will.
    Locked,
    /// Nobody has it.
    Nobody,
    /// Its owner is younger than this.
    TooYoung(u8),
}

impl WrongNumber {
    pub(super) fn text(self) -> String {
        match self {
            Self::NoNumber => "This is no phone number.".into(),
            Self::Locked => "The shop has set another number, and it cannot be changed.".into(),
            Self::Nobody => "Nobody can pay with this number. Check it, or use another one.".into(),
            Self::TooYoung(age) => {
                format!(
                    "The owner of this number is younger than {age}, the age that the shop asks for. Use another one."
                )
            }
        }
    }
}

/// Returns the word for a refusal that the customer can do something about.
pub(super) fn word(refusal: &CustomerRefusal) -> String {
    match refusal {
        CustomerRefusal::Declined(reason) => format!("declined-{}", reason.amount),
        CustomerRefusal::NoCard => "no-card".into(),
        CustomerRefusal::CardUnusable(_) => "card".into(),
        CustomerRefusal::TooYoung => "age".into(),
        CustomerRefusal::NoAddress(_) => "address".into(),
        CustomerRefusal::NoSuchShippingOption(_) => "delivery".into(),
        _ => "other".into(),
    }
}

/// Returns the text for a word; `None` when it is none of ours.
pub(super) fn text(word: &str) -> Option<String> {
    let text = match word {
        "no-card" => "Declined: you have no card that can be used. Reject, or use another number.",
        "card" => "Declined: this card is blocked or has expired. Choose another or reject.",
        "age" => "Declined: you are younger than the age that the shop asks for.",
        "address" => {
            "Declined: the shop does not deliver to any country where you have an address. Reject, or use another number."
        }
        "delivery" => "This delivery cannot be chosen. Choose another or reject.",
        "moved" => "These are the ways of delivery to this address. Choose one and approve.",
        "other" => "The payment could not be approved. Try again or reject.",
        word => {
            let amount: u64 = word.strip_prefix("declined-")?.parse().ok()?;
            let reason = DECLINES.iter().find(|reason| reason.amount == amount)?;
            return Some(format!("Declined: {} (test amount {amount}). Try again or reject.", reason.text));
        }
    };
    Some(text.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_its_text() {
        for refusal in [
            CustomerRefusal::NoCard,
            CustomerRefusal::CardUnusable("429198".into()),
            CustomerRefusal::TooYoung,
            CustomerRefusal::NoAddress("NO".into()),
            CustomerRefusal::NoSuchShippingOption("x".into()),
            CustomerRefusal::ShippingOptionsUnknown,
        ] {
            assert!(text(&word(&refusal)).is_some(), "{refusal:?}");
        }
        for reason in DECLINES {
            let told = text(&word(&CustomerRefusal::Declined(reason))).expect("a text");
            assert!(told.contains(reason.text) && told.contains(&reason.amount.to_string()), "{told}");
        }
        for foreign in ["", "declined-", "declined-1", "declined--151", "<b>", "Declined: send money"] {
            assert_eq!(text(foreign), None, "{foreign}");
        }
    }
}
