//! What stands between double braces in a case: a value captured earlier, or a text repeated.

use std::collections::HashMap;

use serde_json::Value;

/// The values that earlier steps captured, by name.
pub(crate) type Captured = HashMap<String, Value>;

/// Replaces `{{name}}` by what was captured and `{{a*64}}` by 64 times `a`. Other braces stay.
pub(crate) fn text(text: &str, captured: &Captured) -> String {
    let mut filled = String::new();
    let mut rest = text;
    while let Some((before, inside, after)) = braces(rest) {
        filled.push_str(before);
        match resolve(inside, captured) {
            Some(Value::String(value)) => filled.push_str(&value),
            Some(value) => filled.push_str(&value.to_string()),
            None => filled.push_str(&rest[before.len()..rest.len() - after.len()]),
        }
        rest = after;
    }
    filled + rest
}

/// Fills every text of a JSON value, member names too. A text that is one `{{name}}` alone keeps the type of what was
/// captured.
pub(crate) fn value(value: &Value, captured: &Captured) -> Value {
    match value {
        Value::String(plain) => match braces(plain) {
            Some(("", inside, "")) => resolve(inside, captured).unwrap_or_else(|| plain.as_str().into()),
            _ => text(plain, captured).into(),
        },
        Value::Array(elements) => elements.iter().map(|element| self::value(element, captured)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| (text(name, captured), self::value(member, captured)))
            .collect(),
        other => other.clone(),
    }
}

fn braces(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_once("{{")?;
    let (inside, after) = rest.split_once("}}")?;
    Some((before, inside, after))
}

fn resolve(inside: &str, captured: &Captured) -> Option<Value> {
    captured.get(inside).cloned().or_else(|| {
        let (text, count) = inside.rsplit_once('*')?;
        Some(text.repeat(count.parse().ok()?).into())
    })
}
