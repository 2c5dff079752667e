//! Putting JSON together. Everything but the merchant's own texts is known beforehand, so answers are written straight
//! into one buffer.

use serde::Serialize;

use crate::domain::money::Amount;

/// Puts a text down as a JSON string.
pub(crate) fn text(out: &mut String, text: &str) {
    out.push('"');
    escaped(out, text);
    out.push('"');
}

/// Puts a text down as a part of a JSON string.
pub(crate) fn escaped(out: &mut String, text: &str) {
    // One pass without an early end is quicker than looking for the first.
    let odd = |count, byte: u8| count | u8::from(byte < 0x20 || byte == b'"' || byte == b'\\');
    if text.bytes().fold(0, odd) == 0 {
        out.push_str(text);
    } else {
        let quoted = serde_json::to_string(text).unwrap_or_default();
        out.push_str(&quoted[1..quoted.len() - 1]);
    }
}

/// Puts a number down.
pub(crate) fn number(out: &mut String, number: u64) {
    out.push_str(itoa::Buffer::new().format(number));
}

/// Puts an amount down, its currency first.
pub(crate) fn amount(out: &mut String, amount: Amount) {
    out.push_str(r#"{"currency":""#);
    out.push_str(amount.currency.code());
    out.push_str(r#"","value":"#);
    number(out, amount.value);
    out.push('}');
}

/// Puts anything else down: a value that derives how it is written, and whose maps have texts as keys.
pub(crate) fn value(out: &mut String, value: &impl Serialize) {
    out.push_str(
        &serde_json::to_string(value).expect("nothing but odd keys or a writer of its own can fail"),
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_escaped_as_a_library_would() {
        for plain in
            ["", "socks", "æøå €", "\"", "a\"b", "\\", "\n", "\u{7f}", "\u{0}x\u{1f}", "\"\"", "x\"\"", "💥"]
        {
            let mut written = String::new();
            text(&mut written, plain);
            assert_eq!(written, serde_json::to_string(plain).unwrap());
            assert_eq!(serde_json::from_str::<String>(&written).unwrap(), plain);
        }
    }
}
