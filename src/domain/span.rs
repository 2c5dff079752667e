//! Lengths of time, in whole microseconds.

use std::fmt::{self, Write as _};
use std::ops::Add;

/// A length of time in microseconds, never negative.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(i64);

/// As long as the calendar reaches: from 1970 to the end of the year 9999.
pub(super) const LONGEST: i64 = 253_402_300_799_999_999;

const SECOND: i64 = 1_000_000;

impl Span {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// Makes a span of whole days of 24 hours.
    #[must_use]
    pub const fn days(days: i64) -> Self {
        Self(days * 24 * 3600 * SECOND)
    }

    /// Makes a span of minutes.
    #[must_use]
    pub const fn minutes(minutes: i64) -> Self {
        Self(minutes * 60 * SECOND)
    }

    /// Makes a span of seconds.
    #[must_use]
    pub const fn seconds(seconds: i64) -> Self {
        Self(seconds * SECOND)
    }

    /// Makes a span of milliseconds.
    #[must_use]
    pub const fn millis(millis: i64) -> Self {
        Self(millis * 1000)
    }

    /// Makes a span of microseconds; a negative number gives no time at all.
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.max(0))
    }

    /// Returns the span in microseconds.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// Takes another span off; nothing is left when it is longer.
    #[must_use]
    pub fn less(self, other: Self) -> Self {
        Self((self.0 - other.0).max(0))
    }

    /// Reads a duration as people write it: ISO 8601 (`P180D`, `PT10M`, `P2W`) or short (`180d`, `1h30m`, `500ms`).
    ///
    /// # Errors
    ///
    /// A sentence that says what was wrong and which forms are understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let micros = if text.starts_with(['P', 'p']) { parse_iso(text) } else { parse_short(text) };
        match micros {
            Some(micros) if micros <= LONGEST => Ok(Self(micros)),
            Some(_) => Err(format!("\"{text}\" is longer than the calendar reaches")),
            None => Err(format!(
                "\"{text}\" is not a duration: write ISO 8601 (P180D, PT10M) or short (180d, 10m, 2s, 500ms); \
                 months and years have no fixed length, so write them in days"
            )),
        }
    }
}

impl Span {
    /// Writes the short form: `180d`, `1h30m`, `2s`, `500ms`, `0s`.
    #[must_use]
    pub fn short(self) -> String {
        const UNITS: [(&str, i64); 5] =
            [("d", 86_400 * SECOND), ("h", 3600 * SECOND), ("m", 60 * SECOND), ("s", SECOND), ("ms", 1000)];
        let mut rest = self.0;
        let mut text = String::new();
        for (unit, micros) in UNITS {
            if rest >= micros {
                let _ = write!(text, "{}{unit}", rest / micros);
                rest %= micros;
            }
        }
        if text.is_empty() { "0s".into() } else { text }
    }
}

impl From<Span> for std::time::Duration {
    fn from(span: Span) -> Self {
        Self::from_micros(span.0.unsigned_abs())
    }
}

/// What is longer than the calendar is as long as it.
impl From<std::time::Duration> for Span {
    fn from(time: std::time::Duration) -> Self {
        Self(i64::try_from(time.as_micros()).unwrap_or(LONGEST).min(LONGEST))
    }
}

impl Add for Span {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// Writes the shortest ISO 8601 form: `P180D`, `PT10M`, `PT0.5S`, `PT0S`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, rest) = (self.0 / (86_400 * SECOND), self.0 % (86_400 * SECOND));
        let (hours, rest) = (rest / (3600 * SECOND), rest % (3600 * SECOND));
        let (minutes, rest) = (rest / (60 * SECOND), rest % (60 * SECOND));
        let (seconds, micros) = (rest / SECOND, rest % SECOND);
        f.write_str("P")?;
        if days > 0 {
            write!(f, "{days}D")?;
        }
        if self.0 == 0 {
            return f.write_str("T0S");
        }
        if hours + minutes + seconds + micros > 0 {
            f.write_str("T")?;
        }
        for (number, letter) in [(hours, 'H'), (minutes, 'M')] {
            if number > 0 {
                write!(f, "{number}{letter}")?;
            }
        }
        match (seconds, micros) {
            (0, 0) => Ok(()),
            (seconds, 0) => write!(f, "{seconds}S"),
            (seconds, micros) => {
                let fraction = format!("{micros:06}");
                write!(f, "{seconds}.{}S", fraction.trim_end_matches('0'))
            }
        }
    }
}

/// `number` of a unit that lasts `unit` microseconds; a fraction is allowed.
fn measure(number: &str, unit: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty()
        || !digits(whole)
        || !digits(fraction)
        || (number.len() > whole.len() && fraction.is_empty())
    {
        return None;
    }
    let mut micros = whole.parse::<i64>().ok()?.checked_mul(unit)?;
    let mut worth = unit;
    for digit in fraction.bytes() {
        worth /= 10;
        micros = micros.checked_add(i64::from(digit - b'0') * worth)?;
    }
    Some(micros)
}

/// Adds up `<number><letters>` pairs; each unit must be smaller than the one before.
fn parse_parts(text: &str, units: &[(&str, i64)]) -> Option<i64> {
    let (mut rest, mut total, mut from) = (text, 0_i64, 0);
    while !rest.is_empty() {
        let number_end = rest.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',')?;
        let (number, tail) = rest.split_at(number_end);
        let unit_end = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (name, tail) = tail.split_at(unit_end);
        let position = from + units[from..].iter().position(|(unit, _)| unit.eq_ignore_ascii_case(name))?;
        total = total.checked_add(measure(number, units[position].1)?)?;
        from = position + 1;
        rest = tail;
    }
    Some(total)
}

fn parse_short(text: &str) -> Option<i64> {
    const UNITS: [(&str, i64); 6] = [
        ("w", 7 * 86_400 * SECOND),
        ("d", 86_400 * SECOND),
        ("h", 3600 * SECOND),
        ("m", 60 * SECOND),
        ("s", SECOND),
        ("ms", 1000),
    ];
    if text.is_empty() { None } else { parse_parts(text, &UNITS) }
}

fn parse_iso(text: &str) -> Option<i64> {
    const DATE: [(&str, i64); 2] = [("W", 7 * 86_400 * SECOND), ("D", 86_400 * SECOND)];
    const TIME: [(&str, i64); 3] = [("H", 3600 * SECOND), ("M", 60 * SECOND), ("S", SECOND)];
    let rest = &text[1..];
    match rest.split_once(['T', 't']) {
        _ if rest.is_empty() => None,
        Some((_, "")) => None,
        Some((date, time)) => parse_parts(date, &DATE)?.checked_add(parse_parts(time, &TIME)?),
        None => parse_parts(rest, &DATE),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_in_both_notations() {
        let good = [
            ("P180D", Span::days(180)),
            ("PT10M", Span::minutes(10)),
            ("P1DT2H", Span::minutes(26 * 60)),
            ("P2W", Span::days(14)),
            ("PT0.5S", Span::millis(500)),
            ("PT0S", Span::ZERO),
            ("180d", Span::days(180)),
            ("1h30m", Span::minutes(90)),
            ("500ms", Span::millis(500)),
            ("2s", Span::seconds(2)),
            ("0s", Span::ZERO),
            ("1.5h", Span::minutes(90)),
        ];
        for (text, expected) in good {
            assert_eq!(Span::parse(text), Ok(expected), "{text}");
        }
        for text in [
            "",
            "P",
            "PT",
            "P1DT",
            "10",
            "d",
            "-1d",
            "P-1D",
            "1m1h",
            "P1M",
            "P1Y",
            "1 d",
            "1..5h",
            "1.h",
            "99999999999999d",
        ] {
            assert!(Span::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn spans_are_written_in_iso_8601_and_read_back() {
        for (span, text) in [
            (Span::ZERO, "PT0S"),
            (Span::days(180), "P180D"),
            (Span::minutes(10), "PT10M"),
            (Span::seconds(90_061), "P1DT1H1M1S"),
            (Span::millis(1500), "PT1.5S"),
            (Span::from_micros(1), "PT0.000001S"),
        ] {
            assert_eq!(span.to_string(), text);
            assert!(Span::parse(&span.short()).unwrap() <= span, "{}", span.short());
            assert_eq!(Span::parse(text), Ok(span));
        }
    }
}
