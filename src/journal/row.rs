//! One call as it is kept: copied once, into one buffer that its successor in the same place uses again.

use hyper::http::request::Parts;
use hyper::{Method, Response};

use bytes::Bytes;

use crate::domain::digits::Msn;
use crate::domain::errors::Rejection;
use crate::domain::json::Json;
use crate::domain::operation::Operation;
use crate::domain::span::Span;
use crate::domain::time::Timestamp;

/// How much of a body is kept, in bytes.
pub(crate) const MAX_BODY: usize = 64 * 1024;
/// How long headers usually are together, so that a buffer seldom has to grow on the way.
const HEADERS: usize = 512;
/// A buffer that has grown beyond this is given back when its next call needs much less of it.
const LARGE: usize = 16 * 1024;

/// A call that has been answered.
pub(crate) struct Call<'c> {
    /// When it came, by the sales unit's clock.
    pub(crate) at: Timestamp,
    /// When it came, by the machine's elapsed time.
    pub(crate) began: Span,
    /// How long it took, by the machine's clock.
    pub(crate) micros: u64,
    pub(crate) msn: Option<Msn>,
    /// `None` when the API has no such path.
    pub(crate) operation: Option<Operation>,
    /// The reference in the path or, if the call made a payment, that one's.
    pub(crate) reference: &'c str,
    pub(crate) parts: &'c Parts,
    pub(crate) body: &'c [u8],
    pub(crate) answer: &'c Response<Bytes>,
    /// Why it was refused, if it was.
    pub(crate) rejection: Option<Rejection>,
    /// Whether the refusal was given before, to the same idempotency key.
    pub(crate) replayed: bool,
    /// What explains the answer where no rule does.
    pub(crate) told: Option<String>,
}

/// A call in the journal.
#[derive(Clone, Debug, Default)]
pub(crate) struct Row {
    pub(super) number: u64,
    pub(super) at: Timestamp,
    pub(super) began: Span,
    pub(super) micros: u64,
    pub(super) msn: Option<Msn>,
    pub(super) operation: Option<Operation>,
    pub(super) method: Method,
    pub(super) status: u16,
    pub(super) rejection: Option<Rejection>,
    pub(super) replayed: bool,
    pub(super) told: Option<String>,
    /// Path and query, reference, headers as lines, request body, answer body: one after the other.
    bytes: Vec<u8>,
    ends: [u32; 5],
    /// How long the bodies were before they were cut.
    pub(super) body_length: usize,
    pub(super) answer_length: usize,
}

impl Row {
    /// Takes a call in.
    pub(super) fn fill(&mut self, number: u64, call: Call<'_>) {
        let Call { at, began, micros, msn, operation, .. } = call;
        let Call { reference, parts, body, answer, rejection, replayed, told, .. } = call;
        self.number = number;
        (self.at, self.began, self.micros) = (at, began, micros);
        (self.msn, self.operation) = (msn, operation);
        self.method.clone_from(&parts.method);
        self.status = answer.status().as_u16();
        (self.rejection, self.replayed, self.told) = (rejection, replayed, told);
        (self.body_length, self.answer_length) = (body.len(), answer.body().len());

        let target = parts.uri.path_and_query().map_or("", |target| target.as_str());
        let body = &body[..body.len().min(MAX_BODY)];
        let answer = &answer.body()[..answer.body().len().min(MAX_BODY)];
        let length = target.len() + reference.len() + body.len() + answer.len();
        if self.bytes.capacity() > LARGE && self.bytes.capacity() / 4 > length {
            self.bytes = Vec::new();
        }
        let bytes = &mut self.bytes;
        bytes.clear();
        bytes.reserve(length + HEADERS);
        bytes.extend_from_slice(target.as_bytes());
        let after_target = bytes.len();
        bytes.extend_from_slice(reference.as_bytes());
        let after_reference = bytes.len();
        for (name, value) in &parts.headers {
            bytes.extend_from_slice(name.as_str().as_bytes());
            bytes.push(b':');
            bytes.extend_from_slice(value.as_bytes());
            bytes.push(b'\n');
        }
        let after_headers = bytes.len();
        bytes.extend_from_slice(body);
        let after_body = bytes.len();
        bytes.extend_from_slice(answer);
        let ends = [after_target, after_reference, after_headers, after_body, bytes.len()];
        self.ends = ends.map(|end| u32::try_from(end).unwrap_or(u32::MAX));
    }

    fn part(&self, place: usize) -> &[u8] {
        let end = |place: usize| usize::try_from(self.ends[place]).unwrap_or_default();
        let start = place.checked_sub(1).map_or(0, end);
        self.bytes.get(start..end(place)).unwrap_or_default()
    }

    /// Returns path and query as they were sent.
    pub(super) fn target(&self) -> &str {
        std::str::from_utf8(self.part(0)).unwrap_or_default()
    }

    /// Returns the headers by name, in lower case and in the order in which they were sent.
    pub(super) fn headers(&self) -> impl Iterator<Item = (&str, std::borrow::Cow<'_, str>)> {
        let lines = self.part(2).split(|byte| *byte == b'\n');
        lines.filter_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let name = std::str::from_utf8(&line[..colon]).ok()?;
            Some((name, String::from_utf8_lossy(&line[colon + 1..])))
        })
    }

    /// Returns what is kept of the request's body.
    pub(super) fn body(&self) -> &[u8] {
        self.part(3)
    }

    /// Returns what is kept of the answer's body.
    pub(super) fn answer(&self) -> &[u8] {
        self.part(4)
    }

    /// Returns the reference that the call was about: in the path or, for a create, in the body.
    pub(crate) fn reference(&self) -> Option<String> {
        match std::str::from_utf8(self.part(1)) {
            Ok("") | Err(_) if self.operation == Some(Operation::Create) => {
                let body = Json::parse(self.body()).ok()?;
                body.member("reference")?.as_text().map(Into::into)
            }
            Ok("") | Err(_) => None,
            Ok(reference) => Some(reference.to_owned()),
        }
    }

    /// Returns when it came, by the sales unit's clock.
    pub(crate) fn at(&self) -> Timestamp {
        self.at
    }

    /// Returns the status of the answer.
    pub(crate) fn status(&self) -> u16 {
        self.status
    }

    /// Returns the sales unit that it was for, if that is known.
    pub(crate) fn msn(&self) -> Option<Msn> {
        self.msn
    }

    /// Returns whether the call was for this sales unit.
    pub(crate) fn is_of(&self, msn: Msn) -> bool {
        self.msn == Some(msn)
    }

    /// Returns whether the call was about this reference.
    pub(super) fn is_about(&self, reference: &str) -> bool {
        match self.part(1) {
            [] => self.reference().is_some_and(|own| own == reference),
            own => own == reference.as_bytes(),
        }
    }
}
