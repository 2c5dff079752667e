//! Amounts in minor units, currencies, and the markets that they belong to.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::span::Span;

/// The greatest amount that the API takes, in minor units (OpenAPI 1.8.1: 650 000.00).
pub const MAX_VALUE: u64 = 65_000_000;

/// A currency that the API knows, by its ISO 4217 code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "UPPERCASE")]
#[non_exhaustive]
pub enum Currency {
    /// Norwegian kroner, in øre.
    Nok,
    /// Danish kroner, in øre.
    Dkk,
    /// Euro, in cent.
    Eur,
    /// Swedish kronor, in öre; only for `CARD_PASSTHROUGH`.
    Sek,
    /// US dollars, in cent; only for `CARD_PASSTHROUGH`.
    Usd,
    /// Pounds sterling, in pence; only for `CARD_PASSTHROUGH`.
    Gbp,
}

impl Currency {
    /// Every currency by its code, in the order of the specification.
    pub const ALL: [(&'static str, Self); 6] = [
        ("NOK", Self::Nok),
        ("DKK", Self::Dkk),
        ("EUR", Self::Eur),
        ("SEK", Self::Sek),
        ("USD", Self::Usd),
        ("GBP", Self::Gbp),
    ];

    /// Returns the ISO 4217 code.
    #[must_use]
    pub fn code(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// Returns the smallest amount that may be paid, in minor units (error 6010 and OpenAPI 1.8.1).
    #[must_use]
    pub fn minimum(self) -> u64 {
        match self {
            Self::Nok | Self::Sek => 100,
            Self::Dkk | Self::Eur | Self::Usd | Self::Gbp => 1,
        }
    }
}

/// The market in which a sales unit is registered. It decides currency and deadlines.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Market {
    /// Norway, with Vipps.
    #[default]
    No,
    /// Denmark, with MobilePay.
    Dk,
    /// Finland, with MobilePay.
    Fi,
}

impl Market {
    /// Every market by its ISO 3166 country code.
    pub const ALL: [(&'static str, Self); 3] = [("NO", Self::No), ("DK", Self::Dk), ("FI", Self::Fi)];

    /// Finds a market by its country code, in either case.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| known.eq_ignore_ascii_case(code)).map(|(_, market)| *market)
    }

    /// Returns the ISO 3166 country code.
    #[must_use]
    pub fn code(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// Returns the only currency that the market's sales units may use (error 5040).
    #[must_use]
    pub fn currency(self) -> Currency {
        match self {
            Self::No => Currency::Nok,
            Self::Dk => Currency::Dkk,
            Self::Fi => Currency::Eur,
        }
    }

    /// Returns the market's name as error 5010 writes it.
    #[must_use]
    pub fn adjective(self) -> &'static str {
        match self {
            Self::No => "Norwegian",
            Self::Dk => "Danish",
            Self::Fi => "Finnish",
        }
    }

    /// Returns how long after the reservation a payment can be captured or cancelled:
    /// 180 days in Norway and with late capture, else 14 days (agent toolkit, August 2026).
    #[must_use]
    pub fn capture_window(self, late_capture: bool) -> Span {
        match self {
            Self::No => Span::days(180),
            Self::Dk | Self::Fi if late_capture => Span::days(180),
            Self::Dk | Self::Fi => Span::days(14),
        }
    }
}

/// An amount of money: a currency, and a value in its minor units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// The currency.
    pub currency: Currency,
    /// The value in minor units (øre, cent).
    pub value: u64,
}

/// As people write it: `NOK 319,00`.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.currency.code(), decimal(self.value))
    }
}

/// Writes minor units as people do: `319,00`.
#[must_use]
pub fn decimal(value: u64) -> String {
    format!("{},{:02}", value / 100, value % 100)
}

/// An amount as a request gave it: the currency is one that exists, the value is not checked yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AmountGiven {
    /// The currency.
    pub currency: Currency,
    /// The value in minor units; `None` when it was no whole number that can be (error 4040).
    pub value: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_stand_at_their_own_place() {
        for (code, currency) in Currency::ALL {
            assert_eq!(currency.code(), code);
        }
        for (code, market) in Market::ALL {
            assert_eq!((market.code(), Market::parse(&code.to_lowercase())), (code, Some(market)));
        }
        assert_eq!(Market::parse("SE"), None);
    }
}
