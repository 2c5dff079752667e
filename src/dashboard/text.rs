//! How times, amounts, states and bodies are written for people.

use std::fmt::Write as _;

use crate::domain::payment::{Phase, UserFlow};
use crate::domain::span::Span;
use crate::domain::time::Timestamp;

/// A time as rows show it.
#[derive(Clone)]
pub(super) struct Time {
    /// The time of day; with the date when that is not today's.
    pub(super) short: String,
    /// The time of day, or the date when that is not today's.
    pub(super) brief: String,
    /// The time of day.
    pub(super) clock: String,
    /// To the millisecond, in RFC 3339.
    pub(super) full: String,
    /// The date, where it stands above the row because it is another than that of the row before.
    pub(super) day: Option<String>,
}

impl Time {
    /// Writes a time. `now` is what the clock shows that it was read from.
    pub(super) fn new(at: Timestamp, now: Timestamp) -> Self {
        let full = at.to_string();
        let (day, clock) = (full[..10].to_owned(), full[11..19].to_owned());
        let (short, brief) = if at.date() == now.date() {
            (clock.clone(), clock.clone())
        } else {
            (format!("{day} {clock}"), day)
        };
        Self { short, brief, clock, full, day: None }
    }

    /// Puts the date above the rows where it changes. Above the first row it stands when that is not of today.
    pub(super) fn set_days<'t>(times: impl IntoIterator<Item = &'t mut Self>, now: Timestamp) {
        let mut before = now.to_string()[..10].to_owned();
        for time in times {
            if time.full[..10] != before {
                time.full[..10].clone_into(&mut before);
                time.day = Some(before.clone());
            }
        }
    }
}

/// Writes a length of time in its two largest units, such as `9 min 26 s`.
pub(super) fn span(span: Span) -> String {
    const SECOND: i64 = 1_000_000;
    const UNITS: [(&str, i64); 4] =
        [("days", 86_400 * SECOND), ("h", 3600 * SECOND), ("min", 60 * SECOND), ("s", SECOND)];
    let mut rest = span.as_micros().max(0);
    let mut parts = Vec::new();
    for (unit, micros) in UNITS {
        let count = rest / micros;
        rest %= micros;
        if count > 0 {
            parts.push(if unit == "days" && count == 1 { "1 day".into() } else { format!("{count} {unit}") });
        } else if !parts.is_empty() {
            break;
        }
    }
    parts.truncate(2);
    if parts.is_empty() { took(u64::try_from(rest).unwrap_or_default()) } else { parts.join(" ") }
}

/// Writes how long something took, in milliseconds.
pub(super) fn took(micros: u64) -> String {
    match micros {
        0..10_000 => format!("{}.{} ms", micros / 1000, micros % 1000 / 100),
        _ => format!("{} ms", micros / 1000),
    }
}

/// A state with its mark: colour never says it alone.
pub(super) struct Badge {
    pub(super) mark: &'static str,
    pub(super) word: &'static str,
    pub(super) class: &'static str,
}

impl From<Phase> for Badge {
    fn from(phase: Phase) -> Self {
        let (mark, class) = match phase {
            Phase::Created => ("○", "waiting"),
            Phase::Authorized => ("●", "good"),
            Phase::PartiallyCaptured => ("◐", "good"),
            Phase::Captured => ("✓", "good"),
            Phase::PartiallyRefunded | Phase::Refunded => ("↩", "plain"),
            Phase::Cancelled | Phase::Terminated => ("⊘", "plain"),
            Phase::Aborted | Phase::Expired => ("✕", "refused"),
        };
        Self { mark, word: phase.word(), class }
    }
}

/// Says how a status is to be seen.
pub(super) fn class_of(status: u16) -> &'static str {
    match status {
        0..300 => "good",
        300..400 => "waiting",
        _ => "refused",
    }
}

/// Says how the customer comes to a payment.
pub(super) fn flow(flow: UserFlow) -> &'static str {
    match flow {
        UserFlow::WebRedirect => "WEB_REDIRECT",
        UserFlow::NativeRedirect => "NATIVE_REDIRECT",
        UserFlow::PushMessage => "PUSH_MESSAGE",
        UserFlow::Qr => "QR",
    }
}

/// Whether a text has another in it, in either case.
pub(super) fn has(text: &str, part: &str) -> bool {
    let (text, part) = (text.as_bytes(), part.as_bytes());
    part.is_empty() || text.windows(part.len()).any(|window| window.eq_ignore_ascii_case(part))
}

/// Writes JSON with a line for each member; any other text stays as it is.
pub(super) fn pretty(text: &str) -> String {
    if serde_json::from_str::<&serde_json::value::RawValue>(text).is_err() {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() * 2);
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    let mut chars = text.trim().chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            _ if quoted => {
                quoted = escaped || c != '"';
                escaped = c == '\\' && !escaped;
                out.push(c);
            }
            '"' => {
                quoted = true;
                out.push(c);
            }
            ' ' | '\t' | '\n' | '\r' => {}
            '{' | '[' => {
                out.push(c);
                while chars.peek().is_some_and(char::is_ascii_whitespace) {
                    chars.next();
                }
                if !matches!(chars.peek(), Some('}' | ']')) {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                if !out.ends_with(['{', '[']) {
                    depth = depth.saturating_sub(1);
                    new_line(&mut out, depth);
                }
                out.push(c);
            }
            ',' => {
                out.push(c);
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            c => out.push(c),
        }
    }
    out
}

fn new_line(out: &mut String, depth: usize) {
    let _ = write!(out, "\n{:width$}", "", width = depth * 2);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_gets_a_line_for_each_member_and_keeps_its_order_and_numbers() {
        for (text, shown) in [
            (r#"{"b":1.50,"a":[],"c":{}}"#, "{\n  \"b\": 1.50,\n  \"a\": [],\n  \"c\": {}\n}"),
            (r#"[ {"a" : "x: \"{,}\\" } ,2]"#, "[\n  {\n    \"a\": \"x: \\\"{,}\\\\\"\n  },\n  2\n]"),
            ("[ ]", "[]"),
            ("\"text\"", "\"text\""),
            ("{not json", "{not json"),
            ("", ""),
        ] {
            assert_eq!(pretty(text), shown, "{text}");
        }
    }

    #[test]
    fn lengths_of_time_are_told_in_two_units() {
        for (micros, shown) in [
            (0, "0.0 ms"),
            (400, "0.4 ms"),
            (1_000_000, "1 s"),
            (566_000_000, "9 min 26 s"),
            (86_400_000_000, "1 day"),
            (181 * 86_400_000_000 + 5_000_000, "181 days"),
            (3_600_000_000 + 60_000_000 + 1_000_000, "1 h 1 min"),
        ] {
            assert_eq!(span(Span::from_micros(micros)), shown);
        }
        assert_eq!(took(12_345), "12 ms");
    }

    #[test]
    fn texts_are_found_in_either_case() {
        assert!(has("Acme-Shop-1", "shop") && has("x", "") && !has("", "x") && !has("shop", "shops"));
    }
}
