//! The control API under `/_sandbox`, on the same port: time, customers, sales units, payments, faults, races, and going
//! back to the start. Its routes and its OpenAPI document come from one list.

mod callbacks;
mod checklist;
mod clock;
mod connections;
mod deliveries;
mod document;
mod errors;
mod events;
mod extract;
mod faults;
mod guard;
mod health;
mod payments;
mod policy;
mod problem;
mod races;
mod receivers;
mod requests;
mod reset;
mod sales_units;
mod snapshots;
mod state;
mod trust;
mod until;
mod users;
mod wait;

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::domain::digits::Msn;
use crate::engine::{Credentials, Engine, ManageError, Unit};
use crate::journal::Journal;
use crate::tls::Tls;
pub(crate) use extract::Unread;
pub(crate) use guard::{check as guard_call, check_page as guard_page};
use problem::Refused;
pub(crate) use snapshots::Snapshots;
pub(crate) use state::PATH as STATE;

/// What the control API needs.
#[derive(Clone)]
pub(crate) struct Control {
    pub(crate) engine: Arc<Engine>,
    pub(crate) journal: Arc<Journal>,
    /// The base of the addresses handed to customers.
    pub(crate) public_url: String,
    /// The bearer token that callers need, if any.
    pub(crate) token: Option<String>,
    /// Named copies of the state.
    pub(crate) snapshots: Arc<Snapshots>,
    /// What clients need to trust the sandbox.
    pub(crate) tls: Arc<Tls>,
}

#[derive(OpenApi)]
#[openapi(info(
    title = "epayment-sandbox control API",
    description = "Drives the sandbox: time, customers, sales units, payments, faults, races. `?msn=` scopes a call to one sales unit; \
                   without it the call covers all. Durations are ISO 8601 (`P180D`) or short (`180d`); times RFC 3339. \
                   Errors are RFC 7807 problem documents."
))]
struct Document;

/// Every route of the control API, and its OpenAPI document.
fn routes() -> (Router<Control>, utoipa::openapi::OpenApi) {
    OpenApiRouter::with_openapi(Document::openapi())
        .routes(routes!(health::health))
        .routes(routes!(reset::reset))
        .routes(routes!(reset::expire_tokens))
        .routes(routes!(sales_units::list, sales_units::make))
        .routes(routes!(sales_units::show, sales_units::put, sales_units::remove))
        .routes(routes!(users::list))
        .routes(routes!(users::show, users::put, users::remove))
        .routes(routes!(clock::show, clock::put))
        .routes(routes!(clock::advance))
        .routes(routes!(clock::reset))
        .routes(routes!(payments::list))
        .routes(routes!(payments::show))
        .routes(routes!(payments::approve))
        .routes(routes!(payments::reject))
        .routes(routes!(payments::expire))
        .routes(routes!(wait::wait))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::wait))
        .routes(routes!(deliveries::redeliver))
        .routes(routes!(policy::show, policy::put))
        .routes(routes!(policy::release))
        .routes(routes!(receivers::verify))
        .routes(routes!(receivers::conformance))
        .routes(routes!(state::show, state::put))
        .routes(routes!(snapshots::list))
        .routes(routes!(snapshots::show, snapshots::put, snapshots::remove))
        .routes(routes!(snapshots::restore))
        .routes(routes!(requests::list, requests::clear))
        .routes(routes!(requests::count))
        .routes(routes!(requests::wait))
        .routes(routes!(requests::show))
        .routes(routes!(requests::curl))
        .routes(routes!(connections::list))
        .routes(routes!(checklist::show))
        .routes(routes!(events::stream))
        .routes(routes!(trust::ca))
        .routes(routes!(trust::bundle))
        .routes(routes!(trust::truststore))
        .routes(routes!(errors::list))
        .routes(routes!(faults::make, faults::list, faults::clear))
        .routes(routes!(faults::remove))
        .routes(routes!(races::arm, races::list, races::clear))
        .routes(routes!(races::remove))
        .split_for_parts()
}

/// Returns the control API with its guards, and the pages that need none.
pub(crate) fn router(control: Control) -> Router {
    let (routes, mut document) = routes();
    document::complete(&mut document);
    let document = document.to_pretty_json().unwrap_or_default();
    let open = Router::new().route("/livez", get(health::probe)).route("/readyz", get(health::probe));
    routes
        .route("/_sandbox/openapi.json", get(move || async move { problem::json_text(document.clone()) }))
        .fallback(problem::unknown_path)
        .method_not_allowed_fallback(problem::method_not_allowed)
        .layer(from_fn_with_state(control.clone(), guard::check))
        .merge(open)
        .with_state(control)
}

impl Control {
    /// Finds the sales unit that a path names.
    fn unit(&self, msn: Msn) -> Result<Arc<Unit>, Refused> {
        self.engine.unit(msn).ok_or_else(|| {
            Refused::not_found(format!(
                "There is no sales unit {msn}. Units are made on first use, by PUT or POST /_sandbox/sales-units, or in \
                 the configuration."
            ))
        })
    }

    /// Finds the sales unit of `?msn=`. Naming one there is a first use, so it is made where first use does that.
    fn scope(&self, msn: Option<Msn>) -> Result<Option<Arc<Unit>>, Refused> {
        match (msn, self.engine.settings().credentials) {
            (None, _) => Ok(None),
            (Some(msn), Credentials::Configured) => self.unit(msn).map(Some),
            (Some(msn), Credentials::Any) => {
                Ok(Some(self.engine.unit_on_first_use(msn).ok_or(ManageError::TooManyUnits)?))
            }
        }
    }
}
