//! The dashboard under `/_sandbox/ui/`: what a developer sees of the sandbox, live.
//!
//! A page comes as a frame without data, so that it can ask for the control token. What it shows are views, pieces of
//! HTML that its script fetches under the control API's guard and fetches again when the live stream tells of something.
//! Its buttons call the control API; capture, refund and cancel call the emulated API, as a merchant would.

mod calls;
mod clock;
mod connect;
mod deliveries;
mod faults;
mod frame;
mod list;
mod payment;
mod phone;
mod text;
mod timeline;
mod units;
mod webhooks;

use askama::Template;
use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{Redirect, Response};
use axum::routing::get;

use crate::control::{Control, guard_call, guard_page};
use crate::pages;

/// How many rows a view shows of what grows without end.
const MAX_ROWS: usize = 50;

/// Returns the pages and the views.
pub(crate) fn router(control: Control) -> Router {
    let pages = Router::new()
        .route("/_sandbox/ui/", get(frame::payments))
        .route("/_sandbox/ui/payments/{msn}/{reference}", get(frame::payment))
        .route("/_sandbox/ui/{page}", get(frame::other))
        .layer(from_fn_with_state(control.clone(), guard_page));
    let views = Router::new()
        .route("/_sandbox/ui/view/payments", get(list::view))
        .route("/_sandbox/ui/view/payments/{msn}/{reference}", get(payment::view))
        .route("/_sandbox/ui/view/phone", get(phone::view))
        .route("/_sandbox/ui/view/webhooks", get(webhooks::view))
        .route("/_sandbox/ui/view/deliveries/{id}", get(deliveries::one))
        .route("/_sandbox/ui/view/requests", get(calls::view))
        .route("/_sandbox/ui/view/requests/{id}", get(calls::one))
        .route("/_sandbox/ui/view/clock", get(clock::view))
        .route("/_sandbox/ui/view/faults", get(faults::view))
        .route("/_sandbox/ui/view/units", get(units::view))
        .route("/_sandbox/ui/view/users", get(units::users))
        .route("/_sandbox/ui/view/connect", get(connect::view))
        .layer(from_fn_with_state(control.clone(), guard_call));
    Router::new()
        .route("/", get(async || Redirect::temporary("/_sandbox/ui/")))
        .route("/_sandbox/ui", get(async || Redirect::temporary("/_sandbox/ui/")))
        .merge(pages)
        .merge(views)
        .with_state(control)
}

/// Answers with a view. What it has to say about something that is gone is a view too.
fn shown(view: &impl Template) -> Response {
    pages::page(StatusCode::OK, view, "")
}

/// A view that says one thing.
#[derive(Template)]
#[template(path = "dashboard/gone.html", whitespace = "minimize")]
struct Gone {
    title: &'static str,
    text: String,
}

/// Looks through much without keeping other requests waiting.
async fn aside<T: Send + 'static>(look: impl FnOnce() -> T + Send + 'static) -> T {
    let done = tokio::task::spawn_blocking(look).await;
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}
