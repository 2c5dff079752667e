//! The same JSON written otherwise: what becomes of a body that is parsed and written again before its hash is taken.

use crate::domain::json::Json;

/// The documented order of members, the event's own first.
const DOCUMENTED: [&str; 10] = [
    "msn",
    "reference",
    "pspReference",
    "name",
    "amount",
    "currency",
    "value",
    "timestamp",
    "idempotencyKey",
    "success",
];

/// How JSON is written: what stands behind a comma and a colon, and by how much each level is indented.
struct Style {
    comma: &'static str,
    colon: &'static str,
    indent: Option<usize>,
    what: &'static str,
}

const STYLES: [Style; 4] = [
    Style { comma: ",", colon: ":", indent: None, what: "without white space" },
    Style { comma: ", ", colon: ": ", indent: None, what: "with a space after commas and colons" },
    Style { comma: ",", colon: ": ", indent: Some(2), what: "pretty-printed with 2 spaces" },
    Style { comma: ",", colon: ": ", indent: Some(4), what: "pretty-printed with 4 spaces" },
];

/// Finds how a JSON text has to be written to fit, in words.
pub(super) fn find(body: &[u8], fits: impl Fn(&[u8]) -> bool) -> Option<String> {
    let as_it_is = Json::parse(body).ok()?;
    let mut documented = as_it_is.clone();
    let place = |name: &str| DOCUMENTED.iter().position(|known| *known == name).unwrap_or(DOCUMENTED.len());
    sort(&mut documented, &|name| (place(name), String::new()));
    let mut alphabetical = as_it_is.clone();
    sort(&mut alphabetical, &|name| (0, name.to_owned()));
    for (json, order) in [
        (as_it_is, ""),
        (documented, ", its members in the documented order"),
        (alphabetical, ", its members in alphabetical order"),
    ] {
        for style in &STYLES {
            let mut text = String::new();
            write(&mut text, &json, style, 1);
            if fits(text.as_bytes()) {
                return Some(format!("{}{order}", style.what));
            }
        }
    }
    None
}

fn sort(json: &mut Json<'_>, key: &impl Fn(&str) -> (usize, String)) {
    match json {
        Json::Object(members) => {
            members.sort_by_cached_key(|(name, _)| key(name));
            for (_, value) in members {
                sort(value, key);
            }
        }
        Json::List(values) => values.iter_mut().for_each(|value| sort(value, key)),
        _ => {}
    }
}

fn write(out: &mut String, json: &Json<'_>, style: &Style, level: usize) {
    let line = |out: &mut String, level: usize| {
        if let Some(indent) = style.indent {
            out.push('\n');
            out.extend(std::iter::repeat_n(' ', indent * level));
        }
    };
    match json {
        Json::List(values) if !values.is_empty() => {
            for (place, value) in values.iter().enumerate() {
                out.push_str(if place == 0 { "[" } else { style.comma });
                line(out, level);
                write(out, value, style, level + 1);
            }
            line(out, level - 1);
            out.push(']');
        }
        Json::Object(members) if !members.is_empty() => {
            for (place, (name, value)) in members.iter().enumerate() {
                out.push_str(if place == 0 { "{" } else { style.comma });
                line(out, level);
                out.push_str(&quoted(name));
                out.push_str(style.colon);
                write(out, value, style, level + 1);
            }
            line(out, level - 1);
            out.push('}');
        }
        Json::List(_) => out.push_str("[]"),
        Json::Object(_) => out.push_str("{}"),
        Json::Text(text) => out.push_str(&quoted(text)),
        scalar => out.push_str(&scalar.to_string()),
    }
}

fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_parser_and_a_writer_make_of_a_body_is_recognised() {
        let body = r#"{"reference":"r-æ\"","msn":"1","amount":{"value":1,"currency":"NOK"},"list":[],"success":true}"#;
        for (other, words) in [
            (
                "{\n  \"reference\": \"r-æ\\\"\",\n  \"msn\": \"1\",\n  \"amount\": {\n    \"value\": 1,\n    \
                 \"currency\": \"NOK\"\n  },\n  \"list\": [],\n  \"success\": true\n}",
                "pretty-printed with 2 spaces",
            ),
            (
                r#"{"reference": "r-æ\"", "msn": "1", "amount": {"value": 1, "currency": "NOK"}, "list": [], "success": true}"#,
                "with a space after commas and colons",
            ),
            (
                r#"{"msn":"1","reference":"r-æ\"","amount":{"currency":"NOK","value":1},"success":true,"list":[]}"#,
                "without white space, its members in the documented order",
            ),
            (
                r#"{"amount":{"currency":"NOK","value":1},"list":[],"msn":"1","reference":"r-æ\"","success":true}"#,
                "without white space, its members in alphabetical order",
            ),
        ] {
            assert_eq!(find(body.as_bytes(), |text| text == other.as_bytes()).as_deref(), Some(words));
            let back = find(other.as_bytes(), |text| text == body.as_bytes());
            assert_eq!(back.is_some(), !words.contains("order"), "{words}");
        }
        assert_eq!(find(b"no JSON", |_| true), None);
    }
}
