//! A call as it is shown: a row of JSON with every secret masked.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;

use super::mask::{self, Part};
use super::row::{MAX_BODY, Row};
use super::{PREFIX, curl};
use crate::domain::digits::Msn;
use crate::domain::explain::{Asked, Refused, brief};
use crate::domain::json::Json;
use crate::domain::operation::Operation;
use crate::domain::time::Rfc3339;
use crate::wire;

/// Bodies nested deeper than this are shown as texts: a reader has its own limit for the whole answer.
const DEEPEST: usize = 64;
/// How much of a path and a reference a summary shows, in characters: many of them wait for readers.
const LONGEST: usize = 200;
/// Shorter secrets are not looked for in answers: they would be found in every other word.
const SHORTEST_SECRET: usize = 6;

/// What stands in every view of a call.
#[derive(Serialize)]
pub(crate) struct Summary<'r> {
    pub(crate) id: String,
    at: Rfc3339,
    pub(crate) msn: Option<Msn>,
    pub(crate) operation: Option<&'static str>,
    pub(crate) reference: Option<&'r str>,
    pub(crate) method: &'r str,
    pub(crate) path: &'r str,
    pub(crate) status: u16,
    pub(crate) micros: u64,
    /// What was asked for, such as `NOK 319,00`.
    pub(crate) amount: Option<String>,
    pub(crate) error: Option<ErrorView>,
    pub(crate) explanation: Option<String>,
}

/// Which row of the catalogue refused the call.
#[derive(Serialize)]
pub(crate) struct ErrorView {
    pub(crate) code: Option<u16>,
    pub(crate) title: &'static str,
    /// The explanation in a few words, where amounts can say it.
    brief: Option<String>,
}

impl Row {
    /// Returns the id that the answer showed as `Sandbox-Request-Id`.
    pub(crate) fn id(&self) -> String {
        format!("{PREFIX}{}", self.number)
    }

    /// Returns path and query with secrets masked.
    pub(super) fn public_path(&self) -> String {
        mask::joined(mask::target(self.target()))
    }

    /// Says why the call was refused, if it was, or which fault asked for its answer.
    pub(crate) fn explanation(&self) -> Option<String> {
        if self.told.is_some() {
            return self.told.clone();
        }
        let rejection = self.rejection.as_ref()?;
        let body = Json::parse(self.body()).ok();
        let reference = self.reference();
        let header = |name: &str| -> Vec<Cow<'_, str>> {
            self.headers().filter(|(known, _)| *known == name).map(|(_, value)| value).collect()
        };
        let refused = Refused {
            rejection,
            replayed: self.replayed,
            operation: self.operation,
            method: self.method.as_str(),
            path: self.target().split('?').next().unwrap_or_default(),
            msn: self.msn,
            reference: reference.as_deref().unwrap_or_default(),
            at: self.at,
            body: body.as_ref(),
            header: &header,
        };
        Some(refused.explain())
    }

    /// Writes what the live stream tells of the call.
    pub(crate) fn summary(&self) -> String {
        let cut = |text: &str| match text.char_indices().nth(LONGEST) {
            Some((end, _)) => format!("{}…", &text[..end]),
            None => text.to_owned(),
        };
        self.with_summary(&cut, |summary| serde_json::to_string(summary).unwrap_or_default())
    }

    /// Shows the call without its headers and bodies; `cut` shortens path and reference.
    pub(crate) fn with_summary<R>(
        &self,
        cut: &dyn Fn(&str) -> String,
        then: impl FnOnce(&Summary<'_>) -> R,
    ) -> R {
        let (path, reference) = (cut(&self.public_path()), self.reference().as_deref().map(cut));
        let body = Json::parse(self.body()).ok();
        let asked = body.as_ref().and_then(Asked::read);
        let error = self.rejection.as_ref().map(|rejection| {
            let spec = rejection.code.spec();
            let brief = brief(rejection, body.as_ref());
            ErrorView { code: spec.number, title: spec.title, brief }
        });
        then(&Summary {
            id: self.id(),
            at: self.at.rfc3339(3),
            msn: self.msn,
            operation: self.operation.map(Operation::name),
            reference: reference.as_deref(),
            method: self.method.as_str(),
            path: &path,
            status: self.status,
            micros: self.micros,
            amount: asked.map(|asked| asked.to_string()),
            error,
            explanation: self.explanation(),
        })
    }

    /// Writes the whole row.
    pub(crate) fn write(&self, out: &mut String) {
        self.with_summary(&str::to_owned, |summary| wire::json::value(out, summary));
        out.pop();
        out.push_str(",\"headers\":");
        self.write_headers(out);
        out.push_str(",\"body\":");
        write_body(out, self.body(), self.body_length, &[]);
        out.push_str(",\"responseBody\":");
        write_body(out, self.answer(), self.answer_length, &self.secrets());
        out.push('}');
    }

    /// Writes the headers as an object; one that was sent several times has a list of its values.
    fn write_headers(&self, out: &mut String) {
        let mut headers: Vec<(&str, Vec<String>)> = Vec::new();
        for (name, value) in self.headers() {
            let shown = mask::joined(mask::header(name, &value));
            match headers.iter_mut().find(|(known, _)| *known == name) {
                Some((_, values)) => values.push(shown),
                None => headers.push((name, vec![shown])),
            }
        }
        out.push('{');
        for (index, (name, values)) in headers.iter().enumerate() {
            out.push_str(if index == 0 { "" } else { "," });
            wire::json::text(out, name);
            out.push(':');
            match values.as_slice() {
                [value] => wire::json::text(out, value),
                values => wire::json::value(out, &values),
            }
        }
        out.push('}');
    }

    /// The secrets of a token request's headers: the answer repeats some in its texts. Elsewhere no answer does, and any
    /// word can be a token.
    fn secrets(&self) -> Vec<String> {
        if self.operation != Some(Operation::Token) {
            return Vec::new();
        }
        let secrets = self.headers().flat_map(|(name, value)| {
            let parts = mask::header(name, &value).into_iter();
            let secrets = parts.filter_map(|part| match part {
                Part::Secret { value, .. } if value.len() >= SHORTEST_SECRET => Some(value.to_owned()),
                _ => None,
            });
            secrets.collect::<Vec<_>>()
        });
        secrets.collect()
    }

    /// Writes the call as a curl command.
    pub(crate) fn curl(&self, base: &str) -> String {
        curl::command(self, base)
    }

    /// Returns the request's body as it is shown.
    pub(super) fn shown_body(&self) -> Option<String> {
        shown(self.body(), self.body_length, &[])
    }

    /// Returns the answer's body as it is shown.
    pub(super) fn shown_answer(&self) -> Option<String> {
        shown(self.answer(), self.answer_length, &self.secrets())
    }
}

/// What the command line tells of a call.
#[cfg(feature = "cli")]
impl Row {
    /// Returns the operation's name; a hyphen when the API has no such path.
    pub(crate) fn operation_name(&self) -> &'static str {
        self.operation.map_or("-", Operation::name)
    }

    /// Returns method and path, secrets masked.
    pub(crate) fn call(&self) -> String {
        format!("{} {}", self.method, self.public_path())
    }

    /// Returns how long the answer took, in microseconds.
    pub(crate) fn micros(&self) -> u64 {
        self.micros
    }

    /// Says what the call was refused with: the error code or else the status, and a title with amounts where they tell
    /// more.
    pub(crate) fn error(&self) -> (String, String) {
        let Some(rejection) = &self.rejection else {
            return (self.status.to_string(), format!("Answered {}", self.status));
        };
        let spec = rejection.code.spec();
        let kind = spec.number.map_or_else(|| self.status.to_string(), |code| code.to_string());
        let brief = brief(rejection, Json::parse(self.body()).ok().as_ref());
        (kind, brief.map_or_else(|| spec.title.to_owned(), |brief| format!("{}: {brief}", spec.title)))
    }
}

/// Returns a body as a text with secrets masked and a note of what was cut off; `None` when there was none.
fn shown(bytes: &[u8], length: usize, secrets: &[String]) -> Option<String> {
    if bytes.is_empty() {
        return None;
    }
    let text = String::from_utf8_lossy(bytes);
    let mut shown = mask::joined(mask::body(text.trim_start_matches('\u{feff}')));
    for secret in secrets {
        shown = shown.replace(secret.as_str(), &mask::masked(secret));
    }
    if length > bytes.len() {
        let _ = write!(shown, "… (the first {MAX_BODY} of {length} bytes)");
    }
    Some(shown)
}

/// Writes a body: as it was when it is JSON, else as a text.
fn write_body(out: &mut String, bytes: &[u8], length: usize, secrets: &[String]) {
    match shown(bytes, length, secrets) {
        None => out.push_str("null"),
        Some(text) if std::str::from_utf8(bytes).is_ok() && is_json(&text) => out.push_str(text.trim()),
        Some(text) => wire::json::text(out, &text),
    }
}

/// Whether a text is JSON that any reader can read within ours.
fn is_json(text: &str) -> bool {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest <= DEEPEST && Json::parse(text.as_bytes()).is_ok()
}
