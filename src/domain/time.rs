//! Points in time and spans between them, in UTC and whole microseconds.

use std::fmt;
use std::ops::{Add, Sub};

use chrono::{DateTime, Datelike, NaiveDate, Timelike};

/// A point in time: microseconds since the Unix epoch, UTC. Never later than the year 9999.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

/// A length of time in microseconds, never negative.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span(i64);

const SECOND: i64 = 1_000_000;

impl Timestamp {
    /// 9999-12-31T23:59:59.999999Z, the last time that RFC 3339 can write.
    pub const MAX: Self = Self(253_402_300_799_999_999);
    /// The Unix epoch.
    pub const EPOCH: Self = Self(0);

    /// Makes a timestamp of microseconds since the Unix epoch, kept between the epoch and [`Timestamp::MAX`].
    #[must_use]
    pub fn from_micros(micros: i64) -> Self {
        Self(micros.clamp(0, Self::MAX.0))
    }

    /// Returns the microseconds since the Unix epoch.
    #[must_use]
    pub fn as_micros(self) -> i64 {
        self.0
    }

    /// Returns the whole seconds since the Unix epoch.
    #[must_use]
    pub fn as_seconds(self) -> i64 {
        self.0 / SECOND
    }

    /// Returns the time from `earlier` to `self`; nothing when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Span {
        Span((self.0 - earlier.0).max(0))
    }

    /// Reads an RFC 3339 time with an offset, as the vendor's pattern for `expiresAt` has it
    /// (`T` and `Z` in either case, any number of fractional digits, no leap second).
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let shape_fits = bytes.len() >= 20
            && matches!(bytes[10], b'T' | b't')
            && bytes[..10].iter().all(|b| b.is_ascii_digit() || *b == b'-')
            && &bytes[17..19] != b"60";
        if !shape_fits {
            return None;
        }
        let micros = DateTime::parse_from_rfc3339(text).ok()?.timestamp_micros();
        (0..=Self::MAX.0).contains(&micros).then_some(Self(micros))
    }

    /// Writes the time as RFC 3339 in UTC with `Z` and the given number of fractional digits (at most 7).
    #[must_use]
    pub fn rfc3339(self, fractional_digits: usize) -> Rfc3339 {
        Rfc3339 { at: self, fractional_digits, zone: "Z" }
    }

    /// Writes the time with milliseconds and the offset `+00:00`, the form of `captureGuaranteedUntil`.
    #[must_use]
    pub fn rfc3339_with_offset(self) -> Rfc3339 {
        Rfc3339 { at: self, fractional_digits: 3, zone: "+00:00" }
    }

    /// Returns the calendar date in UTC.
    #[must_use]
    pub fn date(self) -> NaiveDate {
        self.calendar().date_naive()
    }

    fn calendar(self) -> DateTime<chrono::Utc> {
        DateTime::from_timestamp_micros(self.0).expect("between 1970 and 9999")
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;

    /// Goes forward, at most to [`Timestamp::MAX`].
    fn add(self, span: Span) -> Self {
        Self::from_micros(self.0.saturating_add(span.0))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Self;

    fn sub(self, span: Span) -> Self {
        Self::from_micros(self.0.saturating_sub(span.0))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.rfc3339(3).fmt(f)
    }
}

/// A [`Timestamp`] in the form that one place of the API writes.
#[derive(Clone, Copy, Debug)]
pub struct Rfc3339 {
    at: Timestamp,
    fractional_digits: usize,
    zone: &'static str,
}

impl Rfc3339 {
    /// Writes into a buffer on the stack and lends the text to `then`: event logs are written often.
    fn with_text<R>(self, then: impl FnOnce(&str) -> R) -> R {
        let mut buffer = *b"0000-00-00T00:00:00.0000000+00:00";
        let calendar = self.at.calendar();
        let two = |into: &mut [u8], number: u32| {
            for (slot, digit) in into.iter_mut().zip([number / 10 % 10, number % 10]) {
                *slot += u8::try_from(digit).unwrap_or_default();
            }
        };
        let year = calendar.year().unsigned_abs();
        two(&mut buffer[0..2], year / 100);
        two(&mut buffer[2..4], year % 100);
        two(&mut buffer[5..7], calendar.month());
        two(&mut buffer[8..10], calendar.day());
        two(&mut buffer[11..13], calendar.hour());
        two(&mut buffer[14..16], calendar.minute());
        two(&mut buffer[17..19], calendar.second());
        let micros = calendar.timestamp_subsec_micros();
        two(&mut buffer[20..22], micros / 10_000);
        two(&mut buffer[22..24], micros / 100);
        two(&mut buffer[24..26], micros);
        let fraction_end = if self.fractional_digits == 0 { 19 } else { 20 + self.fractional_digits.min(7) };
        let end = fraction_end + self.zone.len();
        buffer[fraction_end..end].copy_from_slice(self.zone.as_bytes());
        then(std::str::from_utf8(&buffer[..end]).unwrap_or_default())
    }
}

impl fmt::Display for Rfc3339 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_text(|text| f.write_str(text))
    }
}

impl serde::Serialize for Rfc3339 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_text(|text| serializer.serialize_str(text))
    }
}

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

    /// Returns the span for timers and sleeps.
    #[must_use]
    pub fn to_std(self) -> std::time::Duration {
        std::time::Duration::from_micros(self.0.unsigned_abs())
    }

    /// Reads a duration as people write it: ISO 8601 (`P180D`, `PT10M`, `P2W`) or short (`180d`, `1h30m`, `500ms`).
    ///
    /// # Errors
    ///
    /// A sentence that says what was wrong and which forms are understood.
    pub fn parse(text: &str) -> Result<Self, String> {
        let micros = if text.starts_with(['P', 'p']) { parse_iso(text) } else { parse_short(text) };
        match micros {
            Some(micros) if micros <= Timestamp::MAX.0 => Ok(Self(micros)),
            Some(_) => Err(format!("\"{text}\" is longer than the calendar reaches")),
            None => Err(format!(
                "\"{text}\" is not a duration: write ISO 8601 (P180D, PT10M) or short (180d, 10m, 2s, 500ms); \
                 months and years have no fixed length, so write them in days"
            )),
        }
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
            assert_eq!(Span::parse(text), Ok(span));
        }
    }

    #[test]
    fn times_are_written_in_each_form_of_the_api() {
        let at = Timestamp::parse_rfc3339("2026-11-20T09:14:31.221093Z").unwrap();
        assert_eq!(at.rfc3339(7).to_string(), "2026-11-20T09:14:31.2210930Z");
        assert_eq!(at.rfc3339(3).to_string(), "2026-11-20T09:14:31.221Z");
        assert_eq!(at.rfc3339(0).to_string(), "2026-11-20T09:14:31Z");
        assert_eq!(at.rfc3339_with_offset().to_string(), "2026-11-20T09:14:31.221+00:00");
        assert_eq!(Timestamp::MAX.to_string(), "9999-12-31T23:59:59.999Z");
        assert_eq!(Timestamp::MAX + Span::days(1), Timestamp::MAX);
    }

    #[test]
    fn only_the_vendors_form_of_rfc_3339_is_read() {
        for text in [
            "2026-11-20T09:14:31Z",
            "2026-11-20t09:14:31z",
            "2026-11-20T09:14:31.1234567+02:00",
            "2026-11-20T23:59:59-23:59",
        ] {
            assert!(Timestamp::parse_rfc3339(text).is_some(), "{text}");
        }
        for text in [
            "2026-11-20",
            "2026-11-20T09:14Z",
            "2026-11-20 09:14:31Z",
            "2026-11-20T09:14:31",
            "2026-02-30T09:14:31Z",
            "2026-11-20T09:14:60Z",
            "2026-11-20T09:14:31+24:00",
            "2026-11-20T09:14:31.Z",
            "1969-12-31T23:59:59Z",
            "+2026-11-20T09:14:31Z",
            "",
        ] {
            assert!(Timestamp::parse_rfc3339(text).is_none(), "{text}");
        }
    }
}
