//! What the pages for people share: the one style sheet and the one script, and the headers that every page gets.
//! The templates are in `templates/`; `base.html` is their frame.

mod origin;

use askama::Template;
use axum::Router;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use twox_hash::XxHash3_64;

pub(crate) use origin::foreign_origin;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// Returns the routes of the style sheet and the script. They are the same for everybody, so they are not guarded.
pub(crate) fn assets<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/_sandbox/ui/style.css", get(async |headers: HeaderMap| asset(&headers, "text/css", STYLE)))
        .route(
            "/_sandbox/ui/script.js",
            get(async |headers: HeaderMap| asset(&headers, "text/javascript", SCRIPT)),
        )
}

/// Answers with a file, unless the browser has it already. Browsers ask each time, so that a page never has the style
/// of another version of the sandbox.
fn asset(headers: &HeaderMap, kind: &'static str, text: &'static str) -> Response {
    let tag = format!("\"{:016x}\"", XxHash3_64::oneshot(text.as_bytes()));
    let known = headers.get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let status = if known.is_some_and(|known| known.contains(&tag)) {
        StatusCode::NOT_MODIFIED
    } else {
        StatusCode::OK
    };
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
        (header::ETAG, HeaderValue::try_from(tag).expect("hexadecimal digits in quotes")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (status, headers, if status == StatusCode::OK { text } else { "" }).into_response()
}

/// Answers with a page. `form_targets` are the sources besides `'self'` that its forms may lead to, redirects included,
/// as a content security policy writes them (`https: myapp:`).
pub(crate) fn page(status: StatusCode, page: &impl Template, form_targets: &str) -> Response {
    let targets = format!("'self' {form_targets}");
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; \
         form-action {}; base-uri 'none'; frame-ancestors 'none'",
        targets.trim_end()
    );
    let (Ok(text), Ok(policy)) = (page.render(), HeaderValue::try_from(policy)) else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let mut response = (status, guarded(), text).into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    response
}

/// The headers of everything that belongs to one payment, pages and redirects alike: kept nowhere, told to nobody else.
/// Without any referrer a browser would not say either where a form comes from.
pub(crate) fn guarded() -> [(header::HeaderName, HeaderValue); 4] {
    [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (header::REFERRER_POLICY, HeaderValue::from_static("same-origin")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    ]
}
