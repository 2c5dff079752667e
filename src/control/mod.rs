//! The control API under `/_sandbox`, on the same port: time, customers, sales units, payments, faults, races, and going
//! back to the start.

mod callbacks;
mod calls;
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

use crate::domain::digits::Msn;
use crate::engine::{Credentials, Engine, ManageError, Unit};
use crate::journal::Journal;
use crate::tls::Tls;
pub(crate) use extract::Unread;
pub(crate) use guard::{check as guard_call, check_page as guard_page};
use problem::Refused;
pub(crate) use snapshots::Snapshots;
pub(crate) use state::PATH as STATE;
pub(crate) use until::until;

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

/// Returns the control API with its guards, and the pages that need none.
pub(crate) fn router(control: Control) -> Router {
    let open = Router::new()
        .route("/livez", get(health::probe))
        .route("/readyz", get(health::probe))
        .method_not_allowed_fallback(problem::method_not_allowed);
    calls::routes()
        .route("/_sandbox/openapi.json", get(document::show))
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
