//! What is expected of an answer.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use epayment_sandbox::domain::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::fill::Captured;

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
    pub(crate) body: Value,
}

impl Answer {
    pub(crate) fn new(status: u16, headers: HeaderMap, bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes).into_owned();
        let body = serde_json::from_str(&text).unwrap_or(Value::Null);
        Self { status, headers, text, body }
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }
}

/// What is expected: a status alone, or more.
#[derive(Deserialize)]
#[serde(untagged)]
pub(crate) enum Expect {
    Status(u16),
    More(Box<More>),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct More {
    status: u16,
    /// The ErrorCode of a problem document.
    error: Option<u32>,
    title: Option<String>,
    detail: Option<String>,
    /// The fields of a validation problem, all of them, with their reasons; `<any>` for any reason.
    fields: Option<BTreeMap<String, String>>,
    /// The path in a problem's `instance`.
    instance: Option<String>,
    /// Members that the body must have, with placeholders.
    body: Option<Value>,
    /// The whole body, with placeholders.
    body_exact: Option<Value>,
    /// The body's text, byte by byte.
    text: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// Members of the body to remember for later steps, as `name: /json/pointer` or `name: /json/pointer after TEXT`.
    #[serde(default)]
    capture: BTreeMap<String, String>,
}

impl Expect {
    pub(crate) fn check(&self, answer: &Answer, captured: &mut Captured) -> Result<(), String> {
        let (status, more) = match self {
            Self::Status(status) => (*status, None),
            Self::More(more) => (more.status, Some(more)),
        };
        let problem = |text: String| Err(format!("{text}; the answer was {} {}", answer.status, answer.text));
        if answer.status != status {
            return problem(format!("status {status} was expected"));
        }
        let checked = always(answer).and_then(|()| more.map_or(Ok(()), |more| more.check(answer, captured)));
        checked.or_else(problem)
    }
}

/// What holds for every answer.
fn always(answer: &Answer) -> Result<(), String> {
    for header in ["sandbox-version", "sandbox-request-id"] {
        if answer.header(header).is_none_or(str::is_empty) {
            return Err(format!("every answer has {header}"));
        }
    }
    let content_type = answer.header("content-type").unwrap_or_default();
    if answer.status >= 400 && answer.body.is_null() {
        return Err("every error has a JSON body".into());
    }
    if answer.status < 300 && !answer.text.is_empty() && !content_type.contains("application/json") {
        return Err(format!("a body comes as application/json, not {content_type}"));
    }
    Ok(())
}

impl More {
    fn check(&self, answer: &Answer, captured: &mut Captured) -> Result<(), String> {
        if self.error.is_some() || self.fields.is_some() {
            self.check_problem(answer)?;
        }
        for (member, expected) in
            [("title", &self.title), ("detail", &self.detail), ("instance", &self.instance)]
        {
            if expected.is_some() && answer.body[member].as_str() != expected.as_deref() {
                return Err(format!("{member} {expected:?} was expected"));
            }
        }
        if let Some(text) = &self.text
            && *text != answer.text
        {
            return Err(format!("the text {text} was expected"));
        }
        if let Some(body) = &self.body {
            compare(body, &answer.body, false, "")?;
        }
        if let Some(body) = &self.body_exact {
            compare(body, &answer.body, true, "")?;
        }
        for (name, expected) in &self.headers {
            let found = answer.header(name);
            let fits = match expected.as_str() {
                "<absent>" => found.is_none(),
                "<any>" => found.is_some(),
                expected => found == Some(expected),
            };
            if !fits {
                return Err(format!("header {name}: {expected} was expected, not {found:?}"));
            }
        }
        for (name, place) in &self.capture {
            let value = part(&answer.body, place).ok_or_else(|| format!("there is no {place} to capture"))?;
            captured.insert(name.clone(), value);
        }
        Ok(())
    }

    /// RFC 7807 as the vendor fills it: every member, its form, and the headers that come with it.
    fn check_problem(&self, answer: &Answer) -> Result<(), String> {
        let body = &answer.body;
        for (name, expected) in [("content-type", "application/problem+json"), ("content-language", "en")] {
            if answer.header(name) != Some(expected) {
                return Err(format!("a problem comes with {name}: {expected}"));
            }
        }
        let members: Vec<_> =
            body.as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default();
        let mut expected =
            ["type", "title", "detail", "instance", "status", "extraDetails", "traceId"].map(String::from);
        expected.sort();
        if members.iter().any(|member| !expected.contains(member)) || members.len() != expected.len() {
            return Err(format!("a problem has the members {expected:?}"));
        }
        if body["type"] != format!("https://httpstatuses.io/{}", self.status) || body["status"] != self.status
        {
            return Err("type and status of a problem repeat the status".into());
        }
        if !matches(body["traceId"].as_str().unwrap_or_default(), "<trace>") {
            return Err("traceId is a W3C trace parent".into());
        }
        let details = body["extraDetails"].as_array().cloned().unwrap_or_default();
        if let Some(code) = self.error {
            let expected = serde_json::json!([{"name": "ErrorCode", "reason": code.to_string()}]);
            if body["extraDetails"] != expected {
                return Err(format!("ErrorCode {code} was expected"));
            }
        }
        if let Some(fields) = &self.fields {
            let found: BTreeMap<String, String> = details
                .iter()
                .map(|detail| {
                    let text = |member: &str| detail[member].as_str().unwrap_or_default().to_owned();
                    (text("name"), text("reason"))
                })
                .collect();
            let fits = found.len() == fields.len()
                && details.len() == fields.len()
                && fields.iter().all(|(name, reason)| {
                    found.get(name).is_some_and(|found| reason == "<any>" || reason == found)
                });
            if !fits {
                return Err(format!("the fields {fields:?} were expected"));
            }
        }
        Ok(())
    }
}

/// The member at a JSON pointer, or what comes in it after a text.
fn part(body: &Value, place: &str) -> Option<Value> {
    let Some((pointer, start)) = place.split_once(" after ") else {
        return body.pointer(place).cloned();
    };
    let (_, end) = body.pointer(pointer)?.as_str()?.split_once(start)?;
    Some(end.into())
}

/// Compares with placeholders; objects member by member, and nothing more when `exact`.
fn compare(expected: &Value, found: &Value, exact: bool, place: &str) -> Result<(), String> {
    match (expected, found) {
        (Value::String(pattern), found) if pattern.starts_with('<') && pattern.ends_with('>') => {
            let fits = match (pattern.as_str(), found) {
                ("<any>", _) => true,
                (pattern, Value::String(text)) => matches(text, pattern),
                _ => false,
            };
            if fits { Ok(()) } else { Err(format!("{place}: {pattern} was expected, not {found}")) }
        }
        (Value::Object(expected), Value::Object(found)) => {
            for (name, value) in expected {
                let place = format!("{place}/{name}");
                match (value.as_str(), found.get(name)) {
                    (Some("<absent>"), None) => {}
                    (Some("<absent>"), Some(found)) => {
                        return Err(format!("{place} is {found} and should be absent"));
                    }
                    (_, None) => return Err(format!("{place} is missing")),
                    (_, Some(found)) => compare(value, found, exact, &place)?,
                }
            }
            match found.keys().find(|name| exact && !expected.contains_key(*name)) {
                Some(extra) => Err(format!("{place}/{extra} is too much")),
                None => Ok(()),
            }
        }
        (Value::Array(expected), Value::Array(found)) => {
            if expected.len() != found.len() {
                return Err(format!("{place} has {} elements, not {}", found.len(), expected.len()));
            }
            let pairs = expected.iter().zip(found).enumerate();
            pairs.into_iter().try_for_each(|(index, (expected, found))| {
                compare(expected, found, exact, &format!("{place}/{index}"))
            })
        }
        (expected, found) if expected == found => Ok(()),
        (expected, found) => Err(format!("{place}: {expected} was expected, not {found}")),
    }
}

/// Whether a text has the form that a placeholder names.
fn matches(text: &str, pattern: &str) -> bool {
    let hex = |text: &str| !text.is_empty() && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    match pattern {
        "<uuid>" => {
            let parts: Vec<_> = text.split('-').collect();
            parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12]) && parts.iter().all(|part| hex(part))
        }
        "<time>" => text.len() == 24 && text.ends_with('Z') && Timestamp::parse_rfc3339(text).is_some(),
        "<time7>" => text.len() == 28 && text.ends_with('Z') && Timestamp::parse_rfc3339(text).is_some(),
        "<digits>" => (7..=11).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit()),
        "<trace>" => {
            let parts: Vec<_> = text.split('-').collect();
            parts.iter().map(|part| part.len()).eq([2, 32, 16, 2]) && parts.iter().all(|part| hex(part))
        }
        "<trace00>" => matches(text, "<trace>") && text.ends_with("-00"),
        "<text>" => !text.is_empty(),
        other => panic!("{other} is no placeholder"),
    }
}
