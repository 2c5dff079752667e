//! Webhooks other than they should be: late, doubled, reordered, held, ahead of the answer, or forged.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::Control;
use super::extract::{Body, NoInput, Query};
use super::problem::{Problem, Refused};
use crate::domain::digits::Msn;
use crate::domain::span::Span;
use crate::domain::webhook::signature::Forgery;
use crate::domain::webhook::{Before, MAX_DELAY, MAX_DUPLICATES, Order, Policy};
use crate::engine::Reach;

/// How webhooks are sent.
#[derive(Serialize, ToSchema)]
pub(super) struct PolicyView {
    /// How many more times each event is sent once it has arrived.
    duplicate: u32,
    /// How much later than its event the first attempt is due, by the sandbox clock.
    delay: String,
    /// Whether events pile up until they are released.
    hold: bool,
    /// Which of a payment's waiting events goes first: `fifo` or `reverse`.
    order: &'static str,
    /// What waits for the first attempts: `none`, `response` or `redirect`.
    before: &'static str,
    /// `valid`, `wrong-secret`, `wrong-hash`, `stale-date` or `missing`.
    signature: &'static str,
}

/// How webhooks are to be sent; members that are left out stay as they are.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyInput {
    /// How many more times each event is sent once it has arrived, at most 100.
    duplicate: Option<u32>,
    /// How much later than its event the first attempt is due, by the sandbox clock.
    #[schema(value_type = Option<String>)]
    delay: Option<Span>,
    /// Whether events pile up until they are released.
    hold: Option<bool>,
    /// Which of a payment's waiting events goes first: `fifo` or `reverse`.
    #[schema(value_type = Option<String>)]
    order: Option<Order>,
    /// What waits for the first attempts: `none`, `response` or `redirect`.
    #[schema(value_type = Option<String>)]
    before: Option<Before>,
    /// `valid`, `wrong-secret`, `wrong-hash`, `stale-date` or `missing`.
    #[schema(value_type = Option<String>)]
    signature: Option<Forgery>,
}

/// How many events were held.
#[derive(Serialize, ToSchema)]
pub(super) struct Released {
    released: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct ReachQuery {
    msn: Option<Msn>,
    webhook_id: Option<String>,
}

impl From<Policy> for PolicyView {
    fn from(policy: Policy) -> Self {
        let Policy { duplicate, delay, hold, order, before, signature } = policy;
        let (delay, order) = (delay.short(), order.word());
        Self { duplicate, delay, hold, order, before: before.word(), signature: signature.word() }
    }
}

impl PolicyInput {
    fn check(&self) -> Result<(), Refused> {
        match (self.duplicate, self.delay) {
            (Some(count), _) if count > MAX_DUPLICATES => Err(Refused::bad_request(format!(
                "duplicate: {count} is more than {MAX_DUPLICATES}, which is the most."
            ))),
            (_, Some(delay)) if delay > MAX_DELAY => Err(Refused::bad_request(format!(
                "delay: {} is more than {}, which is the most.",
                delay.short(),
                MAX_DELAY.short()
            ))),
            _ => Ok(()),
        }
    }

    fn apply(&self, policy: &mut Policy) {
        let Policy { duplicate, delay, hold, order, before, signature } = *policy;
        *policy = Policy {
            duplicate: self.duplicate.unwrap_or(duplicate),
            delay: self.delay.unwrap_or(delay),
            hold: self.hold.unwrap_or(hold),
            order: self.order.unwrap_or(order),
            before: self.before.unwrap_or(before),
            signature: self.signature.unwrap_or(signature),
        };
    }
}

impl Control {
    fn reach(&self, query: &ReachQuery) -> Result<Reach, Refused> {
        let unit = self.scope(query.msn)?;
        let Some(id) = &query.webhook_id else {
            return Ok(unit.map_or(Reach::All, Reach::Unit));
        };
        let found = Uuid::parse_str(id).ok().and_then(|id| self.engine.find_webhook(unit.as_deref(), id));
        found.map(Reach::Hook).ok_or_else(|| {
            let whose = query.msn.map_or_else(|| "No sales unit".into(), |msn| format!("Sales unit {msn}"));
            let has = if query.msn.is_some() { "has no" } else { "has a" };
            Refused::not_found(format!(
                "webhookId: {whose} {has} webhook {id}; GET /webhooks/v1/webhooks lists a unit's."
            ))
        })
    }
}

/// Shows how webhooks are sent: of all sales units, of one, or of one registration.
#[utoipa::path(
    get, path = "/_sandbox/webhooks/policy", tag = "webhooks",
    params(
        ("msn" = Option<String>, Query, description = "of this sales unit"),
        ("webhookId" = Option<String>, Query, description = "of this registration")
    ),
    responses((status = 200, body = PolicyView), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn show(
    State(control): State<Control>,
    Query(query): Query<ReachQuery>,
) -> Result<Json<PolicyView>, Refused> {
    Ok(Json(control.engine.webhook_policy(&control.reach(&query)?).into()))
}

/// Changes how webhooks are sent; members that are left out stay as they are.
///
/// The change reaches all that is within: without a scope every sales unit, also those made later, and every
/// registration; with `msn` every registration of the unit.
#[utoipa::path(
    put, path = "/_sandbox/webhooks/policy", tag = "webhooks",
    params(
        ("msn" = Option<String>, Query, description = "of this sales unit"),
        ("webhookId" = Option<String>, Query, description = "of this registration")
    ),
    request_body = PolicyInput,
    responses((status = 200, body = PolicyView), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn put(
    State(control): State<Control>,
    Query(query): Query<ReachQuery>,
    Body(input): Body<PolicyInput>,
) -> Result<Json<PolicyView>, Refused> {
    input.check()?;
    let reach = control.reach(&query)?;
    let policy = control.engine.change_webhook_policy(&reach, &|policy| input.apply(policy));
    Ok(Json(policy.into()))
}

/// Lets go what is held. With `"hold": true` still in force, later events are held again.
#[utoipa::path(
    post, path = "/_sandbox/webhooks/release", tag = "webhooks",
    params(
        ("msn" = Option<String>, Query, description = "only this sales unit's"),
        ("webhookId" = Option<String>, Query, description = "only this registration's")
    ),
    request_body = NoInput,
    responses((status = 200, body = Released), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn release(
    State(control): State<Control>,
    Query(query): Query<ReachQuery>,
    Body(NoInput {}): Body<NoInput>,
) -> Result<Json<Released>, Refused> {
    let reach = control.reach(&query)?;
    Ok(Json(Released { released: control.engine.release_webhooks(&reach) }))
}
