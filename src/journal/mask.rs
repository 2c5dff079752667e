//! Secrets in what is shown: found by the name that stands before them, in headers, queries, forms and JSON texts.
//!
//! Bodies are looked through as text, so that what is cut off or no valid JSON is masked too, and what is valid stays as
//! it was written.

use std::borrow::Cow;

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part<'t> {
    /// Anybody may read it.
    Plain(&'t str),
    /// A secret, and the name that stands before it.
    Secret { name: &'t str, value: &'t str },
}

/// Words that make the name of a header, or of a member of a query or form, that of a secret.
const WORDS: [&str; 9] = [
    "authorization",
    "secret",
    "token",
    "password",
    "subscriptionkey",
    "apikey",
    "cookie",
    "clientid",
    "credential",
];

/// Members of JSON bodies that are secrets. Others are named alike and are none, such as `token_type`.
const MEMBERS: [&str; 9] = [
    "authorization",
    "accesstoken",
    "refreshtoken",
    "idtoken",
    "secret",
    "clientsecret",
    "clientid",
    "password",
    "callbackauthorizationtoken",
];

/// Letters and digits of a name, in lower case: `client_secret` and `clientSecret` are one.
fn bare(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_lowercase()).collect()
}

/// Whether a header, or a member of a query or form, of this name is a secret.
pub(super) fn is_secret(name: &str) -> bool {
    let name = bare(name);
    WORDS.iter().any(|word| name.contains(word))
}

fn is_secret_member(name: &str) -> bool {
    MEMBERS.contains(&bare(name).as_str())
}

/// Shows so much of a secret that two can be told apart: a quarter of it and at most four characters; of a long one,
/// such as an access token, whose beginning says nothing, also the last four.
pub(super) fn masked(secret: &str) -> String {
    let letters = |part: &str| part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let shown = (secret.len() / 4).min(4);
    let first = secret.get(..shown).filter(|first| letters(first)).unwrap_or_default();
    let last = secret.len().checked_sub(4).filter(|_| secret.len() > 100).and_then(|from| secret.get(from..));
    format!("{first}…{}", last.filter(|last| letters(last)).unwrap_or_default())
}

/// Puts pieces together with every secret masked.
pub(super) fn joined<'t>(parts: impl IntoIterator<Item = Part<'t>>) -> String {
    let pieces = parts.into_iter().map(|part| match part {
        Part::Plain(text) => Cow::Borrowed(text),
        Part::Secret { value, .. } => Cow::Owned(masked(value)),
    });
    pieces.collect()
}

/// Takes a header's value apart: of a secret one, the scheme that may stand before it is none.
pub(super) fn header<'t>(name: &'t str, value: &'t str) -> Vec<Part<'t>> {
    if !is_secret(name) {
        return vec![Part::Plain(value)];
    }
    match value.split_once(' ') {
        Some((scheme, secret))
            if scheme.bytes().all(|byte| byte.is_ascii_alphabetic()) && scheme.len() <= 10 =>
        {
            vec![Part::Plain(scheme), Part::Plain(" "), Part::Secret { name, value: secret }]
        }
        _ => vec![Part::Secret { name, value }],
    }
}

/// Takes a path with its query apart.
pub(super) fn target(target: &str) -> Vec<Part<'_>> {
    match target.find('?') {
        None => vec![Part::Plain(target)],
        Some(mark) => {
            let mut parts = vec![Part::Plain(&target[..=mark])];
            form(&target[mark + 1..], &mut parts);
            parts
        }
    }
}

/// Takes `name=value&name=value` apart.
fn form<'t>(text: &'t str, parts: &mut Vec<Part<'t>>) {
    for pair in text.split_inclusive('&') {
        match pair.split_once('=') {
            Some((name, rest)) if is_secret(name) => {
                let value = rest.strip_suffix('&').unwrap_or(rest);
                parts.push(Part::Plain(&pair[..=name.len()]));
                parts.push(Part::Secret { name, value });
                parts.push(Part::Plain(&rest[value.len()..]));
            }
            _ => parts.push(Part::Plain(pair)),
        }
    }
}

/// Takes a body apart, whatever it is.
pub(super) fn body(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    if text.contains('"') {
        json(text, &mut parts);
    } else {
        form(text, &mut parts);
    }
    parts
}

/// Looks for strings that stand before a colon, and takes what follows those with a secret's name.
fn json<'t>(text: &'t str, parts: &mut Vec<Part<'t>>) {
    let mut plain_from = 0;
    let mut at = 0;
    while let Some(quote) = text[at..].find('"') {
        let name_from = at + quote;
        let name_to = string_end(text, name_from);
        at = name_to;
        let after = skip_white(text, name_to);
        let written = text.get(name_from + 1..name_to.saturating_sub(1)).unwrap_or_default();
        if !text[after..].starts_with(':') || !is_secret_member(&unescaped(written)) {
            continue;
        }
        let from = skip_white(text, after + 1);
        let (from, to, quotes) = match text.as_bytes().get(from) {
            Some(b'"') => {
                let end = string_end(text, from);
                let closed = end > from + 1 && text.as_bytes()[end - 1] == b'"';
                (from + 1, if closed { end - 1 } else { end }, "")
            }
            // null, true and false tell nothing.
            Some(b'n' | b't' | b'f') | None => continue,
            Some(_) => (from, value_end(text, from), "\""),
        };
        parts.extend([Part::Plain(&text[plain_from..from]), Part::Plain(quotes)]);
        parts.extend([Part::Secret { name: written, value: &text[from..to] }, Part::Plain(quotes)]);
        (plain_from, at) = (to, to);
        if quotes.is_empty() && text[to..].starts_with('"') {
            at = to + 1;
        }
    }
    parts.push(Part::Plain(&text[plain_from..]));
}

fn skip_white(text: &str, from: usize) -> usize {
    text.len() - text[from..].trim_start_matches([' ', '\t', '\r', '\n']).len()
}

/// Returns where the string ends that begins at `from`: behind its closing quote, or with the text.
fn string_end(text: &str, from: usize) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(from + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

/// Returns where a number, list or object ends.
fn value_end(text: &str, from: usize) -> usize {
    let (mut depth, mut at) = (0_usize, from);
    while let Some(byte) = text.as_bytes().get(at) {
        match byte {
            b'"' => {
                at = string_end(text, at);
                continue;
            }
            b'[' | b'{' => depth += 1,
            b']' | b'}' if depth == 0 => return at,
            b']' | b'}' if depth == 1 => return at + 1,
            b']' | b'}' => depth -= 1,
            b',' if depth == 0 => return at,
            _ => {}
        }
        at += 1;
    }
    text.len()
}

fn unescaped(written: &str) -> Cow<'_, str> {
    if !written.contains('\\') {
        return Cow::Borrowed(written);
    }
    serde_json::from_str(&format!("\"{written}\"")).map_or(Cow::Borrowed(written), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_shows_a_few_characters_and_never_more_than_a_quarter() {
        for (secret, shown) in [
            ("", "…"),
            ("any", "…"),
            ("test", "t…"),
            ("0f14ebcab0eb4b29", "0f14…"),
            ("0f14ebcab0eb4b29ae0cb90d91b4a84a", "0f14…"),
            ("a\\u00e5bcdefghijklmnop", "…"),
            ("ååååååååååååååååå", "…"),
        ] {
            assert_eq!(masked(secret), shown, "{secret}");
        }
        let token = format!("eyJ0{}Zz9Q", "x".repeat(900));
        assert_eq!(masked(&token), "eyJ0…Zz9Q");
    }

    #[test]
    fn headers_keep_their_scheme() {
        for (name, value, shown) in [
            ("authorization", "Bearer eyJ0eXAiOiJKV1Qi", "Bearer eyJ0…"),
            ("authorization", "eyJ0eXAiOiJKV1Qi", "eyJ0…"),
            ("ocp-apim-subscription-key", "0f14ebcab0eb4b29", "0f14…"),
            ("client_secret", "Y8Kteew6GE3ZmeycEt6egg==", "Y8Kt…"),
            ("x-vipps-authorization", "HMAC-SHA256 SignedHeaders=x", "HMAC…"),
            ("idempotency-key", "create-1", "create-1"),
            ("merchant-serial-number", "123456", "123456"),
        ] {
            assert_eq!(joined(header(name, value)), shown, "{name}");
        }
    }

    #[test]
    fn queries_and_forms_are_masked_by_name() {
        assert_eq!(
            joined(target("/a?x=1&subscription-key=0123456789abcdef&y")),
            "/a?x=1&subscription-key=0123…&y"
        );
        assert_eq!(joined(target("/a/secret")), "/a/secret");
        assert_eq!(
            joined(body("grant_type=c&client_secret=0123456789abcdef")),
            "grant_type=c&client_secret=0123…"
        );
    }

    #[test]
    fn members_of_bodies_are_masked_and_all_else_stays_as_it_is() {
        for (text, shown) in [
            (r#"{"access_token" : "abcdefghijklmnop","n":1.0}"#, r#"{"access_token" : "abcd…","n":1.0}"#),
            (r#"{"id":"x","secret":"abcdefghijklmnop"}"#, r#"{"id":"x","secret":"abcd…"}"#),
            (r#"{"s\u0065cret":"abcdefghijklmnop"}"#, r#"{"s\u0065cret":"abcd…"}"#),
            (r#"{"a":{"clientSecret":"a\"bcdefghijklmnop"},"b":1}"#, r#"{"a":{"clientSecret":"…"},"b":1}"#),
            (r#"{"secret":1234567890123456,"b":1}"#, r#"{"secret":"1234…","b":1}"#),
            (r#"{"secret":["abcdef",{"x":"]"}],"b":1}"#, r#"{"secret":"…","b":1}"#),
            (r#"{"secret":null,"secret":true}"#, r#"{"secret":null,"secret":true}"#),
            (r#"{"secret":"abcdefghijklmnop"#, r#"{"secret":"abcd…"#),
            (r#"{"secret":""#, r#"{"secret":"…"#),
            (r#"{"secret":"","x":"secret"}"#, r#"{"secret":"…","x":"secret"}"#),
            (r#"{"secret""#, r#"{"secret""#),
            (
                r#"{"token_type":"Bearer","reference":"secret"}"#,
                r#"{"token_type":"Bearer","reference":"secret"}"#,
            ),
            ("\"", "\""),
        ] {
            assert_eq!(joined(body(text)), shown, "{text}");
        }
    }
}
