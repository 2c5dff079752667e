//! A call as the library shows it.

use super::row::Row;
use crate::domain::operation::Operation;
use crate::domain::time::Timestamp;

/// A call of the emulated API as the journal has it. Secrets are masked.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RequestSnapshot {
    /// The id that the answer showed as `Sandbox-Request-Id`.
    pub id: String,
    /// When it came, by the sales unit's clock.
    pub at: Timestamp,
    /// The sales unit that it was for, if that is known.
    pub msn: Option<String>,
    /// The operation; `None` when the API has no such path.
    pub operation: Option<Operation>,
    /// The payment's reference, if the call names one.
    pub reference: Option<String>,
    /// The method.
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// The headers by name, in lower case.
    pub headers: Vec<(String, String)>,
    /// The body, at most 64 KiB of it; `None` when there was none.
    pub body: Option<String>,
    /// The status of the answer.
    pub status: u16,
    /// The answer's body, at most 64 KiB of it; `None` when there was none.
    pub response_body: Option<String>,
    /// How long the answer took, in microseconds.
    pub micros: u64,
    /// Why the call was refused, and what would have worked; `None` when it was not.
    pub explanation: Option<String>,
}

impl From<&Row> for RequestSnapshot {
    fn from(row: &Row) -> Self {
        let headers =
            row.headers().map(|(name, value)| (name.to_owned(), super::masked_header(name, &value)));
        Self {
            id: row.id(),
            at: row.at,
            msn: row.msn.map(|msn| msn.to_string()),
            operation: row.operation,
            reference: row.reference(),
            method: row.method.to_string(),
            path: row.public_path(),
            headers: headers.collect(),
            body: row.shown_body(),
            status: row.status,
            response_body: row.shown_answer(),
            micros: row.micros,
            explanation: row.explanation(),
        }
    }
}
