//! Faults: answers that are spoilt or late on purpose.

use std::fmt;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserializer, Error, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Control;
use super::extract::{Body, Path, Query, Scope};
use super::problem::{Problem, Refused};
use crate::domain::digits::{Msn, PhoneNumber};
use crate::domain::fault::{ConnectionFault, Delay, Effect, ErrorChoice, Fault, Glob, Match, Spoil};
use crate::domain::span::Span;
use crate::engine::{Credentials, ListedFault};

/// A fault as it is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultInput {
    /// Which calls it strikes; without it, every one.
    r#match: Option<MatchInput>,
    /// How many matching calls pass before it begins.
    #[serde(default)]
    skip: u64,
    /// How many calls it strikes: once unless told, `null` for every one.
    #[serde(default = "once")]
    times: Option<u64>,
    /// How likely it strikes a call that it could strike, from 0 to 1.
    #[serde(default = "always")]
    probability: f64,
    /// What becomes of the answer.
    then: ThenInput,
    /// Whether the operation is carried out before its answer is spoilt.
    #[serde(default)]
    commit: bool,
}

/// Which calls a fault strikes. What is left out fits every call.
#[derive(Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct MatchInput {
    /// The operation.
    pub(super) operation: Option<String>,
    /// The sales unit that the call acts for.
    #[schema(value_type = Option<String>)]
    msn: Option<Msn>,
    /// The reference; `*` stands for any text, `?` for one character.
    reference: Option<String>,
    /// The phone number of the create body, or of the payment.
    #[schema(value_type = Option<String>)]
    phone_number: Option<PhoneNumber>,
}

/// What becomes of the answer: one of `error`, `status` and `fault`, late by `delay` if there is one.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ThenInput {
    /// An `ErrorCode`, or the name of a row for errors without one.
    #[schema(value_type = Option<serde_json::Value>)]
    error: Option<ErrorInput>,
    /// A bare status, 400 to 599.
    status: Option<u64>,
    /// A duration, `{"min","max"}`, or `{"median","sigma"}`.
    #[schema(value_type = Option<serde_json::Value>)]
    delay: Option<DelayInput>,
    /// How the connection ends.
    fault: Option<String>,
}

/// A fault that was made.
#[derive(Serialize, ToSchema)]
pub(super) struct Made {
    id: String,
    /// What is odd about it; left out when nothing is.
    #[serde(skip_serializing_if = "Option::is_none")]
    warning: Option<String>,
}

/// Faults, oldest first.
#[derive(Serialize, ToSchema)]
pub(super) struct FaultList {
    faults: Vec<FaultView>,
}

/// A fault and what it has done.
#[derive(Serialize, ToSchema)]
pub(super) struct FaultView {
    id: String,
    r#match: MatchView,
    skip: u64,
    times: Option<u64>,
    probability: f64,
    then: ThenView,
    commit: bool,
    /// How many calls it has matched; no more are counted once it is used up.
    matched: u64,
    /// How many calls it has struck.
    acted: u64,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MatchView {
    operation: Option<&'static str>,
    msn: Option<String>,
    reference: Option<String>,
    phone_number: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct ThenView {
    #[schema(value_type = Option<serde_json::Value>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[schema(value_type = Option<serde_json::Value>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    delay: Option<serde_json::Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'static str>,
}

#[expect(clippy::unnecessary_wraps, reason = "the default of a member that may be null")]
fn once() -> Option<u64> {
    Some(1)
}

fn always() -> f64 {
    1.0
}

/// Makes a fault. Of several that fit a call, the oldest strikes.
#[utoipa::path(
    post, path = "/_sandbox/faults", tag = "faults", request_body = FaultInput,
    params(("msn" = Option<String>, Query, description = "only this sales unit")),
    responses(
        (status = 201, body = Made), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)
    )
)]
pub(super) async fn make(
    State(control): State<Control>,
    Query(scope): Query<Scope>,
    Body(input): Body<FaultInput>,
) -> Result<(StatusCode, Json<Made>), Refused> {
    let mut fault = input.read().map_err(Refused::bad_request)?;
    control.narrow(&mut fault.matching, scope)?;
    let warning = fault.warning();
    let id = control.engine.add_fault(fault)?.id();
    Ok((StatusCode::CREATED, Json(Made { id, warning })))
}

/// Lists the faults, oldest first, those that are used up too.
#[utoipa::path(
    get, path = "/_sandbox/faults", tag = "faults",
    params(("msn" = Option<String>, Query, description = "only this sales unit")),
    responses((status = 200, body = FaultList), (status = 404, body = Problem))
)]
pub(super) async fn list(
    State(control): State<Control>,
    Query(scope): Query<Scope>,
) -> Result<Json<FaultList>, Refused> {
    let faults = control.engine.faults(control.fault_scope(scope)?);
    Ok(Json(FaultList { faults: faults.iter().map(Into::into).collect() }))
}

/// Removes all faults, or those of a sales unit.
#[utoipa::path(
    delete, path = "/_sandbox/faults", tag = "faults",
    params(("msn" = Option<String>, Query, description = "only this sales unit")),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn clear(
    State(control): State<Control>,
    Query(scope): Query<Scope>,
) -> Result<StatusCode, Refused> {
    control.engine.clear_faults(control.fault_scope(scope)?);
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a fault.
#[utoipa::path(
    delete, path = "/_sandbox/faults/{id}", tag = "faults",
    params(("id" = String, Path), ("msn" = Option<String>, Query, description = "only of this sales unit")),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn remove(
    State(control): State<Control>,
    Path(id): Path<String>,
    Query(scope): Query<Scope>,
) -> Result<StatusCode, Refused> {
    if control.engine.remove_fault(control.fault_scope(scope)?, &id) {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Refused::not_found(format!("There is no fault {id}; GET /_sandbox/faults lists them all.")))
}

impl Control {
    /// A fault may be there before its sales unit, where first use makes units.
    pub(super) fn fault_scope(&self, scope: Scope) -> Result<Option<Msn>, Refused> {
        match scope.msn {
            Some(msn) if self.engine.settings().credentials == Credentials::Configured => {
                Ok(Some(self.unit(msn)?.msn))
            }
            msn => Ok(msn),
        }
    }

    /// Narrows a match down to the sales unit of the query, if it names one.
    pub(super) fn narrow(&self, matching: &mut Match, scope: Scope) -> Result<(), Refused> {
        Scope { msn: self.fault_scope(scope)? }.narrow(&mut matching.msn, "match.msn")
    }
}

impl FaultInput {
    fn read(self) -> Result<Fault, String> {
        let Self { r#match, skip, times, probability, then, commit } = self;
        if times == Some(0) {
            return Err("times: at least 1, or null to strike every call.".into());
        }
        if !(0.0..=1.0).contains(&probability) {
            return Err(format!("probability: {probability} is not a number from 0 to 1."));
        }
        let matching = r#match.unwrap_or_default().read()?;
        Ok(Fault { matching, skip, times, probability, effect: then.read(commit)? })
    }
}

impl MatchInput {
    pub(super) fn read(self) -> Result<Match, String> {
        let Self { operation, msn, reference, phone_number } = self;
        let operation = operation.as_deref().map(Match::operation).transpose();
        let reference = reference.as_deref().map(Glob::new).transpose();
        Ok(Match {
            operation: operation.map_err(|complaint| format!("match.operation: {complaint}."))?,
            msn,
            reference: reference.map_err(|complaint| format!("match.reference: {complaint}."))?,
            phone_number,
        })
    }
}

impl ThenInput {
    fn read(self, commit: bool) -> Result<Effect, String> {
        let status = self.status.map(Spoil::status).transpose();
        let fault = self.fault.as_deref().map(ConnectionFault::parse).transpose();
        let spoils = [
            self.error.map(|error| Spoil::Error(error.0)),
            status.map_err(|complaint| format!("then.status: {complaint}."))?,
            fault.map_err(|complaint| format!("then.fault: {complaint}."))?.map(Spoil::Connection),
        ];
        let mut spoils = spoils.into_iter().flatten();
        let effect = Effect { delay: self.delay.map(|delay| delay.0), spoil: spoils.next(), commit };
        if spoils.next().is_some() {
            return Err(
                "then: only one of error, status and fault can be answered; delay may go with it.".into()
            );
        }
        effect.check().map_err(|complaint| format!("then: {complaint}."))
    }
}

/// An error, by number or name.
struct ErrorInput(ErrorChoice);

impl<'de> Deserialize<'de> for ErrorInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ErrorVisitor;

        impl Visitor<'_> for ErrorVisitor {
            type Value = ErrorInput;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an ErrorCode such as 6260 or a row's name such as \"BodyTooLarge\"")
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<ErrorInput, E> {
                self.visit_str(&number.to_string())
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<ErrorInput, E> {
                ErrorChoice::parse(text).map(ErrorInput).map_err(E::custom)
            }
        }

        deserializer.deserialize_any(ErrorVisitor)
    }
}

/// A delay, fixed or by chance.
struct DelayInput(Delay);

/// The members of a delay by chance.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Spread {
    min: Option<Span>,
    max: Option<Span>,
    median: Option<Span>,
    sigma: Option<f64>,
}

impl<'de> Deserialize<'de> for DelayInput {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const FORMS: &str =
            r#"a duration such as "2s", {"min":"1s","max":"3s"} or {"median":"1s","sigma":0.4}"#;

        struct DelayVisitor;

        impl<'de> Visitor<'de> for DelayVisitor {
            type Value = DelayInput;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(FORMS)
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<DelayInput, E> {
                Delay::parse(text).map(DelayInput).map_err(E::custom)
            }

            fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<DelayInput, A::Error> {
                let spread = Spread::deserialize(MapAccessDeserializer::new(members))?;
                let delay = match spread {
                    Spread { min: Some(min), max: Some(max), median: None, sigma: None } => {
                        Delay::Uniform { min, max }
                    }
                    Spread { min: None, max: None, median: Some(median), sigma: Some(sigma) } => {
                        Delay::Lognormal { median, sigma }
                    }
                    _ => return Err(A::Error::custom(format!("{FORMS} is needed"))),
                };
                delay.check().map(DelayInput).map_err(A::Error::custom)
            }
        }

        deserializer.deserialize_any(DelayVisitor)
    }
}

impl From<&ListedFault> for FaultView {
    fn from(listed: &ListedFault) -> Self {
        let Fault { matching, skip, times, probability, effect } = &listed.fault;
        Self {
            id: listed.id(),
            r#match: matching.into(),
            skip: *skip,
            times: *times,
            probability: *probability,
            then: effect.into(),
            commit: effect.commit,
            matched: listed.matched,
            acted: listed.acted,
        }
    }
}

impl From<&Match> for MatchView {
    fn from(matching: &Match) -> Self {
        let Match { operation, msn, reference, phone_number } = matching;
        Self {
            operation: *operation,
            msn: msn.map(|msn| msn.to_string()),
            reference: reference.as_ref().map(ToString::to_string),
            phone_number: phone_number.map(|number| number.to_string()),
        }
    }
}

impl From<&Effect> for ThenView {
    fn from(effect: &Effect) -> Self {
        let delay = effect.delay.map(|delay| match delay {
            Delay::Fixed(span) => span.short().into(),
            Delay::Uniform { min, max } => serde_json::json!({"min": min.short(), "max": max.short()}),
            Delay::Lognormal { median, sigma } => {
                serde_json::json!({"median": median.short(), "sigma": sigma})
            }
        });
        let mut view = Self { error: None, status: None, delay, fault: None };
        match effect.spoil {
            None => {}
            Some(Spoil::Error(ErrorChoice::Number(number))) => view.error = Some(number.into()),
            Some(Spoil::Error(row)) => view.error = Some(row.to_string().into()),
            Some(Spoil::Status(status)) => view.status = Some(status.get()),
            Some(Spoil::Connection(fault)) => view.fault = Some(fault.word()),
        }
        view
    }
}
