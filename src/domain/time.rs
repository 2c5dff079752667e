//! Points in time, in UTC and whole microseconds.

use std::fmt;
use std::ops::{Add, Sub};

use super::span::{LONGEST, Span};
use chrono::{DateTime, Datelike, NaiveDate, Timelike};

/// A point in time: microseconds since the Unix epoch, UTC. Never earlier than that, never later than the year 9999.
#[derive(Clone, Copy, Debug, Default, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(i64);

const SECOND: i64 = 1_000_000;
const _: () =
    assert!(DateTime::from_timestamp_micros(Timestamp::MAX.0).is_some(), "the calendar has all of them");

impl Timestamp {
    /// 9999-12-31T23:59:59.999999Z, the last time that RFC 3339 can write.
    pub const MAX: Self = Self(LONGEST);
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
        Span::from_micros(self.0 - earlier.0)
    }

    /// Reads an RFC 3339 time with an offset, as the vendor's pattern for `expiresAt` has it
    /// (`T` and `Z` in either case, any number of fractional digits, no leap second).
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        // The calendar's own reader takes a minus sign (U+2212) for a hyphen.
        let shape_fits = text.is_ascii()
            && bytes.len() >= 20
            && matches!(bytes[10], b'T' | b't')
            && bytes[..10].iter().all(|b| b.is_ascii_digit() || *b == b'-')
            && &bytes[17..19] != b"60";
        if !shape_fits {
            return None;
        }
        let micros = DateTime::parse_from_rfc3339(text).ok()?.timestamp_micros();
        (0..=Self::MAX.0).contains(&micros).then_some(Self(micros))
    }

    /// Reads the form of HTTP headers, such as `Fri, 20 Nov 2026 09:14:31 GMT`, and no other.
    #[must_use]
    pub fn parse_rfc1123(text: &str) -> Option<Self> {
        let micros = DateTime::parse_from_rfc2822(text).ok()?.timestamp_micros();
        let time = (0..=Self::MAX.0).contains(&micros).then_some(Self(micros))?;
        (time.rfc1123() == text).then_some(time)
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
        DateTime::from_timestamp_micros(self.0).expect("between EPOCH and MAX, like every timestamp")
    }
}

impl Add<Span> for Timestamp {
    type Output = Self;

    /// Goes forward, at most to [`Timestamp::MAX`].
    fn add(self, span: Span) -> Self {
        Self::from_micros(self.0.saturating_add(span.as_micros()))
    }
}

impl Sub<Span> for Timestamp {
    type Output = Self;

    fn sub(self, span: Span) -> Self {
        Self::from_micros(self.0.saturating_sub(span.as_micros()))
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

impl Timestamp {
    /// Returns the form of HTTP headers, such as `Fri, 20 Nov 2026 09:14:31 GMT`.
    #[must_use]
    pub fn rfc1123(self) -> String {
        self.calendar().format("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }
}

impl Rfc3339 {
    /// Writes the time in quotes at the end of a text.
    pub fn push_quoted_to(self, text: &mut String) {
        text.push('"');
        self.with_text(|time| text.push_str(time));
        text.push('"');
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

#[cfg(test)]
mod tests {
    use super::*;

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
            "2026-11-20T09:14:31\u{2212}01:00",
            "",
        ] {
            assert!(Timestamp::parse_rfc3339(text).is_none(), "{text}");
        }
    }
}
