//! Help for those who write a receiver of webhooks: checking one delivery's signature, and putting a receiver to the test.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::Control;
use super::extract::{Body, Query, Scope};
use super::problem::{Problem, Refused};
use crate::courier;
use crate::domain::webhook::Target;
use crate::domain::webhook::conformance::Check;
use crate::domain::webhook::verify::{Suspect, verify as check};
use crate::engine::default_msn;

/// A delivery as somebody received it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Delivery {
    /// The URL that it was registered for.
    url: String,
    /// The headers by their names.
    headers: BTreeMap<String, String>,
    /// The body: a text, byte by byte as it arrived; a JSON value counts as it is written here.
    #[schema(value_type = String)]
    body: Box<RawValue>,
    /// The secret that the registration was answered with.
    secret: String,
}

/// What the signature of a delivery is worth.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct Verdict {
    valid: bool,
    /// The first step that is wrong, in words.
    problem: Option<String>,
    /// The lines of the text that has to be signed.
    string_to_sign: Vec<String>,
    steps: Vec<StepView>,
}

/// One step of the check.
#[derive(Serialize, ToSchema)]
pub(super) struct StepView {
    name: &'static str,
    passed: bool,
    expected: String,
    /// What is there; null when there is nothing, or when it cannot be told.
    found: Option<String>,
    problem: Option<String>,
}

/// A receiver.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Receiver {
    /// Where it is.
    url: String,
    /// The secret that it checks with.
    secret: String,
}

/// How a receiver did.
#[derive(Serialize, ToSchema)]
pub(super) struct Report {
    /// Whether every check has passed.
    passed: bool,
    checks: Vec<CheckView>,
}

/// One check.
#[derive(Serialize, ToSchema)]
pub(super) struct CheckView {
    name: &'static str,
    passed: bool,
    /// What was expected and what happened.
    detail: String,
}

fn has_secret(secret: &str) -> Result<(), Refused> {
    if secret.is_empty() {
        return Err(Refused::bad_request(
            "secret: the text that the registration was answered with is needed.",
        ));
    }
    Ok(())
}

/// Checks the signature of a delivery step by step, and says what the first wrong step is.
#[utoipa::path(
    post, path = "/_sandbox/webhooks/verify", tag = "webhooks", request_body = Delivery,
    responses((status = 200, body = Verdict), (status = 400, body = Problem))
)]
pub(super) async fn verify(
    State(control): State<Control>,
    Body(delivery): Body<Delivery>,
) -> Result<Json<Verdict>, Refused> {
    has_secret(&delivery.secret)?;
    let target = Target::parse(&delivery.url).ok_or_else(|| {
        Refused::bad_request(format!("url: \"{}\" is not an absolute http or https URL.", delivery.url))
    })?;
    let written = delivery.body.get();
    let body = serde_json::from_str::<String>(written).unwrap_or_else(|_| written.to_owned());
    let headers: Vec<_> = delivery.headers.into_iter().collect();
    let suspect =
        Suspect { target: &target, headers: &headers, body: body.as_bytes(), secret: &delivery.secret };
    let steps = check(suspect, control.engine.settings().machine.wall());
    let text = steps.iter().find(|step| step.name == "string-to-sign");
    let string_to_sign = text.into_iter().flat_map(|step| step.expected.split('\n')).map(str::to_owned);
    Ok(Json(Verdict {
        valid: steps.iter().all(|step| step.problem.is_none()),
        problem: steps.iter().find_map(|step| step.problem.clone()),
        string_to_sign: string_to_sign.collect(),
        steps: steps
            .into_iter()
            .map(|step| StepView {
                name: step.name,
                passed: step.problem.is_none(),
                expected: step.expected,
                found: step.found,
                problem: step.problem,
            })
            .collect(),
    }))
}

/// Puts a receiver to the test: good, forged, doubled and unknown deliveries, one after the other.
///
/// Their payments never existed. They are not listed among the deliveries.
#[utoipa::path(
    post, path = "/_sandbox/webhooks/conformance", tag = "webhooks", request_body = Receiver,
    params(("msn" = Option<String>, Query, description = "the `msn` of what is sent, 123456 unless told")),
    responses((status = 200, body = Report), (status = 400, body = Problem))
)]
pub(super) async fn conformance(
    State(control): State<Control>,
    Query(scope): Query<Scope>,
    Body(receiver): Body<Receiver>,
) -> Result<Json<Report>, Refused> {
    has_secret(&receiver.secret)?;
    let settings = control.engine.settings();
    let target = Target::for_registration(&receiver.url, !settings.strict).ok_or_else(|| {
        let local = if settings.strict { "" } else { ", or plain http to a local host" };
        Refused::bad_request(format!(
            "url: \"{}\" would not be taken for a registration: https is needed{local}.",
            receiver.url
        ))
    })?;
    let msn = scope.msn.unwrap_or_else(default_msn);
    let checks = courier::examine(&settings.machine, &msn.to_string(), &target, &receiver.secret).await;
    control.engine.note_examined(msn, &checks);
    let view = |check: Check| CheckView { name: check.name, passed: check.passed, detail: check.detail };
    Ok(Json(Report {
        passed: checks.iter().all(|check| check.passed),
        checks: checks.into_iter().map(view).collect(),
    }))
}
