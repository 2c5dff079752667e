//! Phone numbers as people write and read them.

use crate::domain::digits::PhoneNumber;
use crate::domain::money::Market;

/// Reads a number as people write it: with spaces, with `+` or `00` before the country code, or a national number of the
/// sales unit's market.
pub(super) fn read(text: &str, market: Market) -> Option<PhoneNumber> {
    let text = text.trim();
    let (has_plus, text) = text.strip_prefix('+').map_or((false, text), |rest| (true, rest));
    let is_filler = |c: char| c.is_whitespace() || matches!(c, '-' | '(' | ')' | '.' | '/');
    let digits: String = text.chars().filter(|c| !is_filler(*c)).collect();
    if has_plus {
        return PhoneNumber::parse(&digits);
    }
    if let Some(digits) = digits.strip_prefix("00") {
        return PhoneNumber::parse(digits);
    }
    match market {
        Market::No if digits.len() == 8 => PhoneNumber::parse(&format!("47{digits}")),
        Market::Dk if digits.len() == 8 => PhoneNumber::parse(&format!("45{digits}")),
        Market::Fi if digits.starts_with('0') => PhoneNumber::parse(&format!("358{}", &digits[1..])),
        _ => PhoneNumber::parse(&digits),
    }
}

/// Writes a number as people read it: `+47 123 45 678`.
pub(super) fn write(number: PhoneNumber) -> String {
    let digits = number.to_string();
    let (country, groups): (&str, &[usize]) = match () {
        () if digits.starts_with("47") && digits.len() == 10 => ("47", &[3, 2, 3]),
        () if digits.starts_with("45") && digits.len() == 10 => ("45", &[2, 2, 2, 2]),
        () if digits.starts_with("358") => ("358", &[2, 3]),
        () => return format!("+{digits}"),
    };
    let mut written = format!("+{country}");
    let mut rest = &digits[country.len()..];
    for size in groups {
        let (group, after) = rest.split_at((*size).min(rest.len()));
        written.push(' ');
        written.push_str(group);
        rest = after;
    }
    if !rest.is_empty() {
        written.push(' ');
        written.push_str(rest);
    }
    written
}

/// Returns a number of the market, to show how one is written.
pub(super) fn example(market: Market) -> &'static str {
    match market {
        Market::No => "+47 900 00 001",
        Market::Dk => "+45 20 00 00 01",
        Market::Fi => "+358 40 000 0001",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_write_them() {
        for (text, market, number) in [
            ("4712345678", Market::No, "4712345678"),
            (" +47 123 45 678 ", Market::No, "4712345678"),
            ("004712345678", Market::Dk, "4712345678"),
            ("12 34 56 78", Market::No, "4712345678"),
            ("12-34-56-78", Market::Dk, "4512345678"),
            ("040 123 4567", Market::Fi, "358401234567"),
            ("(45) 20.00.00.01", Market::No, "4520000001"),
        ] {
            let read = read(text, market).map(|number| number.to_string());
            assert_eq!(read.as_deref(), Some(number), "{text}");
        }
        for text in [
            "",
            "   ",
            "+",
            "abc",
            "1234",
            "+47 12 x 45678",
            "1234567890123456",
            "47123456789012345",
            "١٢٣٤٥٦٧٨٩",
        ] {
            assert_eq!(read(text, Market::No), None, "{text}");
        }
    }

    #[test]
    fn numbers_are_written_in_groups() {
        for (number, written) in [
            ("4712345678", "+47 123 45 678"),
            ("4520000001", "+45 20 00 00 01"),
            ("358400000001", "+358 40 000 0001"),
            ("358400001", "+358 40 000 1"),
            ("999999999", "+999999999"),
        ] {
            assert_eq!(write(PhoneNumber::parse(number).unwrap()), written);
        }
    }

    #[test]
    fn the_examples_are_numbers() {
        for (_, market) in Market::ALL {
            let number = read(example(market), market).expect("a number");
            assert_eq!(write(number), example(market));
        }
    }
}
