//! The journal: what was called, what was answered, and why.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Control;
use super::extract::{Body, Path, Query, Scope, read_limit};
use super::problem::{Problem, Refused, json_text};
use super::until::{timeout as read_timeout, until};
use crate::domain::digits::Msn;
use crate::domain::operation::Operation;
use crate::domain::span::Span;
use crate::domain::time::Timestamp;
use crate::journal::{Filter, Row, number_of};

/// Writes calls as a list.
pub(super) fn write_rows(out: &mut String, rows: &[Row]) {
    out.push('[');
    for (index, row) in rows.iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        row.write(out);
    }
    out.push(']');
}

fn rows(rows: &[Row]) -> Response {
    let mut body = String::from("{\"requests\":");
    write_rows(&mut body, rows);
    body.push('}');
    json_text(body)
}

/// Which calls are asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FilterInput {
    /// Only this sales unit's.
    #[schema(value_type = Option<String>)]
    msn: Option<Msn>,
    /// Only those about this reference.
    reference: Option<String>,
    /// Only this operation's: `create`, `capture`, …
    operation: Option<String>,
    /// Only those answered with this status.
    status: Option<u16>,
    /// Only those of this time and later, by their sales unit's clock.
    #[schema(value_type = Option<String>)]
    since: Option<Timestamp>,
    /// At most so many, 1 to 1000.
    limit: Option<usize>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WaitQuery {
    count: Option<usize>,
    timeout: Option<Span>,
    msn: Option<Msn>,
    reference: Option<String>,
    operation: Option<String>,
    status: Option<u16>,
    since: Option<Timestamp>,
}

impl FilterInput {
    fn read(self) -> Result<Filter, Refused> {
        let Self { msn, reference, operation, status, since, limit: _ } = self;
        let operation = operation.as_deref().map(read_operation).transpose()?;
        Ok(Filter { msn, reference, operation, status, since, refused: false })
    }
}

/// Reads the name of an operation; a wrong one is refused with those that there are.
fn read_operation(name: &str) -> Result<Operation, Refused> {
    Operation::ALL.into_iter().find(|operation| operation.name() == name).ok_or_else(|| {
        let names: Vec<_> = Operation::ALL.into_iter().map(Operation::name).collect();
        Refused::bad_request(format!("operation: \"{name}\" is none of {}.", names.join(", ")))
    })
}

/// Lists the calls of the emulated API, newest first, with secrets masked.
#[utoipa::path(
    get, path = "/_sandbox/requests", tag = "requests",
    params(
        ("msn" = Option<String>, Query, description = "only this sales unit's"),
        ("reference" = Option<String>, Query, description = "only those about this reference"),
        ("operation" = Option<String>, Query, description = "only this operation's: create, capture, …"),
        ("status" = Option<u16>, Query, description = "only those answered with this status"),
        ("since" = Option<String>, Query, description = "only those of this time and later, by their sales unit's clock"),
        ("limit" = Option<usize>, Query, description = "1 to 1000, 50 unless told")
    ),
    responses((status = 200, description = "`{\"requests\": [...]}`"), (status = 400, body = Problem))
)]
pub(super) async fn list(
    State(control): State<Control>,
    Query(query): Query<FilterInput>,
) -> Result<Response, Refused> {
    let limit = read_limit(query.limit)?;
    Ok(rows(&control.journal.list(&query.read()?, limit)))
}

/// How many calls fit.
#[derive(Serialize, ToSchema)]
pub(super) struct Count {
    count: usize,
}

/// Counts the calls that fit. Without `limit` it counts them all.
#[utoipa::path(
    post, path = "/_sandbox/requests/count", tag = "requests", request_body = FilterInput,
    params(("msn" = Option<String>, Query, description = "only this sales unit's")),
    responses((status = 200, body = Count), (status = 400, body = Problem))
)]
pub(super) async fn count(
    State(control): State<Control>,
    Query(scope): Query<Scope>,
    Body(input): Body<FilterInput>,
) -> Result<Json<Count>, Refused> {
    let limit = input.limit.map(|limit| read_limit(Some(limit))).transpose()?.unwrap_or(usize::MAX);
    let mut filter = input.read()?;
    scope.narrow(&mut filter.msn, "msn")?;
    Ok(Json(Count { count: control.journal.count(&filter, limit) }))
}

/// Answers once so many calls fit, with those that do, newest first. What is in the journal already counts.
#[utoipa::path(
    get, path = "/_sandbox/requests/wait", tag = "requests",
    params(
        ("count" = Option<usize>, Query, description = "how many; 1 unless told"),
        ("timeout" = Option<String>, Query, description = "at most PT5M, 5s unless told"),
        ("msn" = Option<String>, Query), ("reference" = Option<String>, Query), ("operation" = Option<String>, Query),
        ("status" = Option<u16>, Query), ("since" = Option<String>, Query)
    ),
    responses(
        (status = 200, description = "`{\"requests\": [...]}`"), (status = 400, body = Problem), (status = 408, body = Problem)
    )
)]
pub(super) async fn wait(
    State(control): State<Control>,
    Query(query): Query<WaitQuery>,
) -> Result<Response, Refused> {
    let WaitQuery { count, timeout, msn, reference, operation, status, since } = query;
    let (wanted, timeout) = (count.unwrap_or(1), read_timeout(timeout)?);
    let journal = &control.journal;
    if wanted > journal.capacity() {
        return Err(Refused::bad_request(format!(
            "count: {wanted} is more than the {} calls that the journal keeps (--max-requests).",
            journal.capacity()
        )));
    }
    let filter = FilterInput { msn, reference, operation, status, since, limit: None }.read()?;
    let enough = || (journal.count(&filter, wanted) >= wanted).then_some(());
    match until(|waker| journal.watch(waker), enough, timeout).await {
        Some(()) => Ok(rows(&journal.list(&filter, read_limit(None)?.max(wanted)))),
        None => {
            journal.wake();
            let seen = journal.count(&filter, wanted);
            Err(Refused::timeout(format!(
                "{seen} of {wanted} such calls have come after {}.",
                timeout.short()
            )))
        }
    }
}

/// Forgets the calls; without `msn` also the refused connections.
#[utoipa::path(
    delete, path = "/_sandbox/requests", tag = "requests",
    params(("msn" = Option<String>, Query, description = "only this sales unit's")),
    responses((status = 204))
)]
pub(super) async fn clear(State(control): State<Control>, Query(scope): Query<Scope>) -> StatusCode {
    control.journal.clear(scope.msn);
    StatusCode::NO_CONTENT
}

impl Control {
    fn row(&self, id: &str, scope: Scope) -> Result<Row, Refused> {
        let row = number_of(id).and_then(|number| self.journal.find(number));
        row.filter(|row| scope.msn.is_none_or(|msn| row.is_of(msn))).ok_or_else(|| {
            Refused::not_found(format!(
                "There is no call {id} in the journal, which keeps the last {}. Ids are those of Sandbox-Request-Id.",
                self.journal.capacity()
            ))
        })
    }
}

/// Shows one call.
#[utoipa::path(
    get, path = "/_sandbox/requests/{id}", tag = "requests",
    params(("id" = String, Path, description = "as in Sandbox-Request-Id"), ("msn" = Option<String>, Query)),
    responses((status = 200, description = "the call"), (status = 404, body = Problem))
)]
pub(super) async fn show(
    State(control): State<Control>,
    Path(id): Path<String>,
    Query(scope): Query<Scope>,
) -> Result<Response, Refused> {
    let mut body = String::new();
    control.row(&id, scope)?.write(&mut body);
    Ok(json_text(body))
}

/// Writes one call as a curl command, with shell variables in the place of secrets.
#[utoipa::path(
    get, path = "/_sandbox/requests/{id}/curl", tag = "requests",
    params(("id" = String, Path, description = "as in Sandbox-Request-Id"), ("msn" = Option<String>, Query)),
    responses((status = 200, description = "the command, as text"), (status = 404, body = Problem))
)]
pub(super) async fn curl(
    State(control): State<Control>,
    Path(id): Path<String>,
    Query(scope): Query<Scope>,
) -> Result<Response, Refused> {
    let command = control.row(&id, scope)?.curl(&control.public_url);
    Ok(([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], command).into_response())
}
