//! A refusal that stays with an idempotency key.

use serde::{Deserialize, Serialize};

use super::flaw::Flaw;
use crate::domain::errors::{ErrorCode, FieldNote, Rejection};

/// A refusal, with the trace id that its answer shows.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct RefusalData {
    /// The row of the catalogue.
    pub(crate) error: String,
    /// The text of the answer.
    pub(crate) detail: String,
    /// The offending fields.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) fields: Vec<NoteData>,
    /// The trace id.
    pub(crate) trace: String,
}

/// One offending field.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoteData {
    pub(crate) name: String,
    pub(crate) reason: String,
}

impl RefusalData {
    /// Takes a refusal down.
    pub(crate) fn new(rejection: &Rejection, trace: String) -> Self {
        let note =
            |note: &FieldNote| NoteData { name: note.name.to_string(), reason: note.reason.to_string() };
        Self {
            error: rejection.code.spec().name.to_owned(),
            detail: rejection.detail().to_owned(),
            fields: rejection.fields.iter().map(note).collect(),
            trace,
        }
    }

    /// Returns the refusal without its trace id.
    ///
    /// # Errors
    ///
    /// When the catalogue has no such row, or one whose answers stay with no key.
    pub(crate) fn rejection(&self) -> Result<Rejection, Flaw> {
        let code = ErrorCode::named(&self.error)
            .ok_or_else(|| Flaw::of("error", format!("the catalogue has no row \"{}\"", self.error)))?;
        if !code.spec().sticks {
            return Err(Flaw::of("error", format!("{} does not stay with a key", self.error)));
        }
        let note = |note: &NoteData| FieldNote {
            name: note.name.as_str().into(),
            reason: note.reason.as_str().into(),
        };
        Ok(Rejection::told(code, &self.detail, self.fields.iter().map(note).collect()))
    }
}
