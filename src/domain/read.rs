//! Reading the members of a JSON object: what fits is returned, what does not is noted.
//!
//! `null` counts as absent everywhere, as it does for the real backend's binder.

use std::borrow::Cow;

use super::fields::{At, Fields};
use super::json::Json;

/// Binds members of an object to variables of type `Option<&Json>`, in one pass. A member that comes twice is noted;
/// unknown ones are noted when the reader is strict.
macro_rules! members {
    ($object:expr, $at:expr, $fields:expr; $($variable:ident = $name:literal),* $(,)?) => {
        let object: $crate::domain::read::Object<'_, '_> = $object;
        $(let mut $variable: Option<&Json> = None;)*
        for (name, value) in object {
            let slot = match &**name {
                $($name => &mut $variable,)*
                unknown => {
                    $fields.unknown(&$at.member(unknown));
                    continue;
                }
            };
            if slot.replace(value).is_some() {
                $fields.repeated(&$at.member(name));
            }
        }
        $(let $variable = $variable.filter(|value| !value.is_null());)*
    };
}
pub(crate) use members;

/// The members of an object, in order.
pub(crate) type Object<'j, 'a> = &'j [(Cow<'a, str>, Json<'a>)];

/// Reads an object.
pub(crate) fn object<'j, 'a>(
    value: &'j Json<'a>,
    at: &At<'_>,
    fields: &mut Fields,
) -> Option<Object<'j, 'a>> {
    match value {
        Json::Object(members) => Some(members),
        other => {
            fields.invalid(at, other);
            None
        }
    }
}

/// Reads a list.
pub(crate) fn list<'j, 'a>(value: &'j Json<'a>, at: &At<'_>, fields: &mut Fields) -> Option<&'j [Json<'a>]> {
    match value {
        Json::List(values) => Some(values),
        other => {
            fields.invalid(at, other);
            None
        }
    }
}

/// Reads a text; a number stands for its digits.
pub(crate) fn text<'j>(
    value: Option<&'j Json<'_>>,
    at: &At<'_>,
    fields: &mut Fields,
) -> Option<Cow<'j, str>> {
    let text = value?.as_text();
    if text.is_none() {
        fields.invalid(at, value?);
    }
    text
}

/// Reads a text that has to be there. An empty one counts as missing.
pub(crate) fn required_text<'j>(
    value: Option<&'j Json<'_>>,
    at: &At<'_>,
    fields: &mut Fields,
) -> Option<Cow<'j, str>> {
    if value.is_none() {
        fields.missing(at);
    }
    let text = text(value, at, fields)?;
    if text.is_empty() {
        fields.missing(at);
        return None;
    }
    Some(text)
}

/// Reads a text that has to be there and has a length in UTF-16 units between the two.
pub(crate) fn required_text_of(
    value: Option<&Json<'_>>,
    at: &At<'_>,
    fields: &mut Fields,
    min: usize,
    max: usize,
) {
    if let Some(text) = required_text(value, at, fields) {
        fields.length(at, &text, min, max);
    }
}

/// Reads `true` or `false`.
pub(crate) fn boolean(value: Option<&Json<'_>>, at: &At<'_>, fields: &mut Fields) -> Option<bool> {
    match value? {
        Json::Bool(value) => Some(*value),
        other => {
            fields.invalid(at, other);
            None
        }
    }
}

/// Reads a whole number between the two. A string is never taken for one.
pub(crate) fn integer(
    value: Option<&Json<'_>>,
    at: &At<'_>,
    fields: &mut Fields,
    range: std::ops::RangeInclusive<i64>,
) -> Option<i64> {
    let value = value?;
    match value.as_integer() {
        Some(number) if range.contains(&number) => Some(number),
        Some(_) => {
            fields.range(at, *range.start(), range.end());
            None
        }
        None => {
            fields.invalid(at, value);
            None
        }
    }
}

/// Reads a whole number that has to be there.
pub(crate) fn required_integer(
    value: Option<&Json<'_>>,
    at: &At<'_>,
    fields: &mut Fields,
    range: std::ops::RangeInclusive<i64>,
) -> Option<i64> {
    if value.is_none() {
        fields.missing(at);
    }
    integer(value, at, fields, range)
}

/// Reads one of a fixed set of words. Case matters.
pub(crate) fn choice<T: Copy>(
    value: Option<&Json<'_>>,
    at: &At<'_>,
    fields: &mut Fields,
    choices: &[(&str, T)],
) -> Option<T> {
    let value = value?;
    let found = match value {
        Json::Text(word) => choices.iter().find(|(known, _)| known == word).map(|(_, choice)| *choice),
        _ => None,
    };
    if found.is_none() {
        fields.invalid(at, value);
    }
    found
}

/// Reads one of a fixed set of words that has to be there.
pub(crate) fn required_choice<T: Copy>(
    value: Option<&Json<'_>>,
    at: &At<'_>,
    fields: &mut Fields,
    choices: &[(&str, T)],
) -> Option<T> {
    if value.is_none() {
        fields.missing(at);
    }
    choice(value, at, fields, choices)
}
