//! The frames of the pages: navigation, clock and help around a place for the views. They hold no data.

use askama::Template;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};

use crate::control::Control;
use crate::pages;

/// The pages in the order of the navigation: path, title.
const PAGES: [(&str, &str); 9] = [
    ("", "Payments"),
    ("webhooks", "Webhooks"),
    ("requests", "Requests"),
    ("phone", "Phone"),
    ("faults", "Faults"),
    ("clock", "Clock"),
    ("units", "Units"),
    ("users", "Users"),
    ("connect", "Connect"),
];

/// A frame.
#[derive(Template)]
#[template(path = "dashboard/frame.html", whitespace = "minimize")]
struct Frame {
    /// What stands in the window's title.
    title: String,
    /// The path of the page in the navigation.
    current: &'static str,
    /// Where the view comes from.
    view: String,
    /// Payments have two views side by side: the list, and this one.
    detail: Option<String>,
    needs_token: bool,
    pages: &'static [(&'static str, &'static str)],
    version: &'static str,
}

fn frame(
    control: &Control,
    title: impl Into<String>,
    current: &'static str,
    view: String,
    detail: Option<String>,
) -> Response {
    let frame = Frame {
        title: title.into(),
        current,
        view,
        detail,
        needs_token: control.token.is_some(),
        pages: &PAGES,
        version: env!("CARGO_PKG_VERSION"),
    };
    pages::page(StatusCode::OK, &frame, "")
}

const LIST: &str = "/_sandbox/ui/view/payments";

/// The payments, none of them chosen.
pub(super) async fn payments(State(control): State<Control>) -> Response {
    frame(&control, "Payments", "", LIST.into(), Some(String::new()))
}

/// The payments, and one of them.
pub(super) async fn payment(
    State(control): State<Control>,
    Path((msn, reference)): Path<(String, String)>,
) -> Response {
    let path = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let detail = format!("{LIST}/{}/{}", path(&msn), path(&reference));
    frame(&control, reference, "", LIST.into(), Some(detail))
}

/// Any other page.
pub(super) async fn other(State(control): State<Control>, Path(page): Path<String>) -> Response {
    match PAGES[1..].iter().find(|(path, _)| *path == page) {
        Some((path, title)) => frame(&control, *title, path, format!("/_sandbox/ui/view/{path}"), None),
        None => Redirect::temporary("/_sandbox/ui/").into_response(),
    }
}
