//! Telling the log about a call: nothing by default costs nothing.

use super::fault::Mark;
use super::{Answer, Call};
use crate::domain::errors::ErrorCode;
use crate::domain::explain::{Asked, brief};
use crate::domain::fault::ConnectionFault;
use crate::domain::json::Json;
use crate::domain::operation::Operation;
use crate::domain::span::Span;
use crate::engine::{Machine, Refusal};

/// Anything can stand where a reference should; a log line shows so many characters of it.
const LONGEST_REFERENCE: usize = 64;
/// And of a path that is none.
const LONGEST_PATH: usize = 100;

/// A call that is being answered.
pub(super) struct Report<'m> {
    machine: &'m Machine,
    began: Option<Span>,
}

/// Logs a call of a path or method that the API does not have. Of a query nothing is logged.
pub(super) fn unknown_path(method: &hyper::Method, path: &str, request_id: &str) {
    let path: String =
        path.chars().take(LONGEST_PATH).map(|c| if c.is_ascii_graphic() { c } else { '?' }).collect();
    let path = format!("{method} {path}");
    let spec = ErrorCode::RouteUnknown.spec();
    let (status, why, micros) = (spec.status, spec.title, 0);
    tracing::info!(target: "epayment_sandbox::call", request_id, operation = "unknown", path, status, why, micros);
}

impl<'m> Report<'m> {
    pub(super) fn begin(machine: &'m Machine) -> Self {
        let wanted = tracing::enabled!(target: "epayment_sandbox::call", tracing::Level::INFO);
        Self { machine, began: wanted.then(|| machine.elapsed()) }
    }

    /// Logs the call: refusals at level INFO, the others at DEBUG. Of bodies only references and amounts are logged,
    /// and of headers nothing. `mark` is of the fault that struck, if one did.
    pub(super) fn end(
        self,
        call: &Call<'_>,
        request_id: &str,
        result: &Result<Answer, Refusal>,
        mark: Option<&Mark>,
    ) {
        let Some(began) = self.began else { return };
        let micros = self.machine.elapsed().as_micros() - began.as_micros();
        let operation = call.operation.name();
        let body = Json::parse(call.body.unwrap_or_default()).ok();
        let amount = body.as_ref().and_then(Asked::read).map(|asked| asked.to_string());
        let named = || body.as_ref()?.member("reference")?.as_text();
        let reference = match call.operation {
            Operation::Create => named().unwrap_or_default(),
            _ => call.reference.into(),
        };
        let reference: String = reference.chars().take(LONGEST_REFERENCE).collect();
        let fault = mark.map(Mark::name);
        let connection = mark.and_then(Mark::connection).map(ConnectionFault::word);
        match result {
            Ok(answer) => {
                let status = answer.status().as_u16();
                tracing::debug!(
                    target: "epayment_sandbox::call",
                    request_id, operation, reference, status, amount, fault, connection, micros
                );
            }
            Err(Refusal { rejection, .. }) => {
                let spec = rejection.code.spec();
                let fields = rejection.fields.iter().map(|note| format!("{}: {}", note.name, note.reason));
                let why = match () {
                    () if !rejection.fields.is_empty() => fields.collect::<Vec<_>>().join(" "),
                    () if spec.number.is_some() => match brief(rejection, body.as_ref()) {
                        Some(brief) => format!("{}: {brief}", spec.title),
                        None => spec.title.to_owned(),
                    },
                    () => {
                        rejection.detail().split_inclusive(". ").next().unwrap_or_default().trim().to_owned()
                    }
                };
                let (status, code) = (spec.status, spec.number);
                tracing::info!(
                    target: "epayment_sandbox::call",
                    request_id, operation, reference, status, code, why, amount, fault, connection, micros
                );
            }
        }
    }
}
