//! Races: orders of events that a payment is run through once, by name.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Control;
use super::extract::{Body, Path, Query, Scope};
use super::faults::MatchInput;
use super::problem::{Problem, Refused};
use crate::domain::fault::Match;
use crate::domain::race::{Race, RaceKind};
use crate::engine::{FiredRace, ListedRace};

/// A race as it is asked for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct RaceInput {
    /// What happens: `webhook-before-create-response`, `webhook-before-redirect`, `approve-during-cancel`,
    /// `duplicate-webhook`, `capture-committed-then-timeout` or `expired-then-approved`.
    kind: String,
    /// Which payments it waits for, by `msn`, `reference` and `phoneNumber`, without an operation; without it, the next one.
    r#match: Option<MatchInput>,
}

/// A race that was armed.
#[derive(Serialize, ToSchema)]
pub(super) struct Armed {
    id: String,
    /// What will happen.
    plan: &'static str,
}

/// Races, oldest first.
#[derive(Serialize, ToSchema)]
pub(super) struct RaceList {
    races: Vec<RaceView>,
}

/// A race and what became of it.
#[derive(Serialize, ToSchema)]
pub(super) struct RaceView {
    id: String,
    kind: &'static str,
    r#match: PaymentMatchView,
    /// What will happen.
    plan: &'static str,
    /// `armed` until its payment comes, then `fired`.
    state: &'static str,
    /// When it was run and with which payment; `null` while it waits.
    fired: Option<FiredView>,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PaymentMatchView {
    msn: Option<String>,
    reference: Option<String>,
    phone_number: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct FiredView {
    /// When, by the sales unit's clock.
    at: String,
    msn: String,
    reference: String,
    /// What happened.
    outcome: String,
}

/// Arms a race for the next payment that fits. Of several of a kind, the oldest is run.
#[utoipa::path(
    post, path = "/_sandbox/races", tag = "races", request_body = RaceInput,
    params(("msn" = Option<String>, Query, description = "only this sales unit")),
    responses((status = 201, body = Armed), (status = 400, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn arm(
    State(control): State<Control>,
    Query(scope): Query<Scope>,
    Body(RaceInput { kind, r#match }): Body<RaceInput>,
) -> Result<(StatusCode, Json<Armed>), Refused> {
    let kind =
        RaceKind::parse(&kind).map_err(|complaint| Refused::bad_request(format!("kind: {complaint}.")))?;
    let matching = r#match.unwrap_or_default();
    if matching.operation.is_some() {
        return Err(Refused::bad_request(format!(
            "match.operation: the kind {} says which call it is about; leave the operation out.",
            kind.word()
        )));
    }
    let mut matching = matching.read().map_err(Refused::bad_request)?;
    control.narrow(&mut matching, scope)?;
    let race = Race::matching(kind, matching)
        .map_err(|complaint| Refused::bad_request(format!("match: {complaint}.")))?;
    let id = control.engine.add_race(race)?.id();
    Ok((StatusCode::CREATED, Json(Armed { id, plan: kind.plan() })))
}

/// Lists the races, oldest first, those that have been run too.
#[utoipa::path(
    get, path = "/_sandbox/races", tag = "races",
    params(("msn" = Option<String>, Query, description = "only this sales unit")),
    responses((status = 200, body = RaceList), (status = 404, body = Problem))
)]
pub(super) async fn list(
    State(control): State<Control>,
    Query(scope): Query<Scope>,
) -> Result<Json<RaceList>, Refused> {
    let races = control.engine.races(control.fault_scope(scope)?);
    Ok(Json(RaceList { races: races.iter().map(Into::into).collect() }))
}

/// Removes all races, or those of a sales unit.
#[utoipa::path(
    delete, path = "/_sandbox/races", tag = "races",
    params(("msn" = Option<String>, Query, description = "only this sales unit")),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn clear(
    State(control): State<Control>,
    Query(scope): Query<Scope>,
) -> Result<StatusCode, Refused> {
    control.engine.clear_races(control.fault_scope(scope)?);
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a race.
#[utoipa::path(
    delete, path = "/_sandbox/races/{id}", tag = "races",
    params(("id" = String, Path), ("msn" = Option<String>, Query, description = "only of this sales unit")),
    responses((status = 204), (status = 404, body = Problem))
)]
pub(super) async fn remove(
    State(control): State<Control>,
    Path(id): Path<String>,
    Query(scope): Query<Scope>,
) -> Result<StatusCode, Refused> {
    if control.engine.remove_race(control.fault_scope(scope)?, &id) {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(Refused::not_found(format!("There is no race {id}; GET /_sandbox/races lists them all.")))
}

impl From<&ListedRace> for RaceView {
    fn from(listed: &ListedRace) -> Self {
        let kind = listed.race.kind;
        Self {
            id: listed.id(),
            kind: kind.word(),
            r#match: listed.race.matched().into(),
            plan: kind.plan(),
            state: if listed.fired.is_some() { "fired" } else { "armed" },
            fired: listed.fired.as_ref().map(Into::into),
        }
    }
}

impl From<&Match> for PaymentMatchView {
    fn from(matching: &Match) -> Self {
        Self {
            msn: matching.msn.map(|msn| msn.to_string()),
            reference: matching.reference.as_ref().map(ToString::to_string),
            phone_number: matching.phone_number.map(|number| number.to_string()),
        }
    }
}

impl From<&FiredRace> for FiredView {
    fn from(fired: &FiredRace) -> Self {
        let FiredRace { at, msn, reference, outcome } = fired;
        Self {
            at: at.to_string(),
            msn: msn.to_string(),
            reference: reference.clone(),
            outcome: outcome.clone(),
        }
    }
}
