//! What the engine answers, and how it knows a request again.

use twox_hash::XxHash3_64;

use super::ids::TraceId;
use crate::document::{Flaw, Hex64, PrintsData, RefusalData};
use crate::domain::errors::{ErrorCode, Rejection};
use crate::domain::json::Json;

/// A rejection with the trace id that its answer shows. A replay shows the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub rejection: Rejection,
    /// The trace id.
    pub trace: TraceId,
    /// Whether the answer is the one that the idempotency key got first.
    pub replayed: bool,
}

impl Refusal {
    /// Answers as the first request with the key was answered.
    pub(super) fn replay(&self) -> Self {
        Self { replayed: true, ..self.clone() }
    }
}

/// How a request is known again: by its bytes, and by what they say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Prints {
    raw: u64,
    canonical: u64,
}

impl From<Prints> for PrintsData {
    fn from(prints: Prints) -> Self {
        Self { raw: Hex64(prints.raw), canonical: Hex64(prints.canonical) }
    }
}

impl From<PrintsData> for Prints {
    fn from(data: PrintsData) -> Self {
        Self { raw: data.raw.0, canonical: data.canonical.0 }
    }
}

impl Refusal {
    pub(super) fn taken_down(&self) -> RefusalData {
        RefusalData::new(&self.rejection, self.trace.to_string())
    }

    pub(super) fn restored(data: &RefusalData) -> Result<Self, Flaw> {
        let trace = TraceId::parse(&data.trace).ok_or_else(|| Flaw::of("trace", "it is no trace id"))?;
        Ok(Self { rejection: data.rejection()?, trace, replayed: false })
    }
}

/// Hashes a body's bytes.
pub(super) fn raw_print(body: &[u8]) -> u64 {
    XxHash3_64::oneshot(body)
}

impl Prints {
    /// Takes the prints of a body; one that is not JSON has only its bytes.
    pub(super) fn of(raw: u64, body: Result<&Json<'_>, &Rejection>) -> Self {
        Self { raw, canonical: body.map_or(raw, Json::fingerprint) }
    }

    /// Returns whether a body says the same. The same bytes need not be read for that.
    pub(super) fn match_body(self, raw: u64, body: &[u8]) -> bool {
        self.raw == raw || Json::parse(body).is_ok_and(|body| body.fingerprint() == self.canonical)
    }
}

/// Reads a body as JSON.
///
/// # Errors
///
/// `BodyInvalid` naming `body`, with the parser's message.
pub(super) fn parse(body: &[u8]) -> Result<Json<'_>, Rejection> {
    if body.trim_ascii().is_empty() {
        return Err(Rejection::of_field(
            ErrorCode::BodyInvalid,
            "body",
            "A non-empty request body is required.",
        ));
    }
    Json::parse(body).map_err(|message| {
        Rejection::of_field(ErrorCode::BodyInvalid, "body", format!("The body is not valid JSON: {message}."))
    })
}
