//! Telling the log about a call: nothing by default costs nothing.

use super::{Answer, Call};
use crate::domain::span::Span;
use crate::engine::{Machine, Refusal};

/// A call that is being answered.
pub(super) struct Report<'m> {
    machine: &'m Machine,
    began: Option<Span>,
}

impl<'m> Report<'m> {
    pub(super) fn begin(machine: &'m Machine) -> Self {
        let wanted = tracing::enabled!(target: "epayment_sandbox::call", tracing::Level::INFO);
        Self { machine, began: wanted.then(|| machine.elapsed()) }
    }

    /// Logs the call: refusals at level INFO, the others at DEBUG. Bodies and credentials are never logged.
    pub(super) fn end(self, call: &Call<'_>, request_id: &str, result: &Result<Answer, Refusal>) {
        let Some(began) = self.began else { return };
        let micros = self.machine.elapsed().as_micros() - began.as_micros();
        let (operation, reference) = (call.operation.name(), call.reference);
        match result {
            Ok(answer) => {
                let status = answer.status().as_u16();
                tracing::debug!(target: "epayment_sandbox::call", request_id, operation, reference, status, micros);
            }
            Err(Refusal { rejection, .. }) => {
                let spec = rejection.code.spec();
                let fields = rejection.fields.iter().map(|note| format!("{}: {}", note.name, note.reason));
                let why = match rejection.fields.is_empty() {
                    true => spec.title.to_owned(),
                    false => fields.collect::<Vec<_>>().join(" "),
                };
                tracing::info!(
                    target: "epayment_sandbox::call",
                    request_id, operation, reference, status = spec.status, code = spec.number, why, micros
                );
            }
        }
    }
}
