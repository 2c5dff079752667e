//! Who may drive the sandbox: callers that reach it by a local name, pages of its own origin, and those who know the
//! control token if there is one.

use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::problem::Refused;
use super::{Control, trust};
use crate::domain::url::is_local;
use crate::pages::foreign_origin;

/// Lets a call through, or refuses it.
pub(super) async fn check(State(control): State<Control>, request: Request, next: Next) -> Response {
    match control.admit(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(refused) => refused.into_response(),
    }
}

impl Control {
    fn admit(&self, uri: &Uri, headers: &HeaderMap) -> Result<(), Refused> {
        let named = header_text(headers, &header::HOST);
        let host = uri.authority().map(Authority::as_str).or(named);
        self.check_host(host)?;
        check_origin(host, headers)?;
        // What clients are to trust is no secret, and they get it before they are set up.
        if trust::PATHS.contains(&uri.path()) { Ok(()) } else { self.check_token(headers) }
    }

    /// A page that made the browser believe that its own name leads here (DNS rebinding) calls by that name.
    fn check_host(&self, host: Option<&str>) -> Result<(), Refused> {
        let Some(host) = host else { return Ok(()) };
        let name = without_port(host);
        let public = self.public_url.parse::<Uri>().ok();
        let public = public.as_ref().and_then(Uri::host);
        let is_address =
            name.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>().is_ok();
        if is_address || is_local(name) || public.is_some_and(|public| public.eq_ignore_ascii_case(name)) {
            return Ok(());
        }
        Err(Refused::forbidden(format!(
            "The control API is not served under the name \"{host}\". Call it by IP address, as localhost, or by a name \
             without a dot; or start the sandbox with --public-url http://{host}."
        )))
    }

    fn check_token(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let Some(token) = &self.token else { return Ok(()) };
        let given =
            header_text(headers, &header::AUTHORIZATION).and_then(|text| text.strip_prefix("Bearer "));
        if given.is_some_and(|given| same(given.trim().as_bytes(), token.as_bytes())) {
            return Ok(());
        }
        Err(Refused::unauthorized(
            "This sandbox was started with --control-token: send it as \"Authorization: Bearer <token>\".",
        ))
    }
}

/// Browsers say which page calls. Only our own pages may.
fn check_origin(host: Option<&str>, headers: &HeaderMap) -> Result<(), Refused> {
    match foreign_origin(headers, host.as_slice()) {
        None => Ok(()),
        Some(from) => Err(Refused::forbidden(format!(
            "A page of another origin ({from}) must not drive the sandbox. Call the control API from outside a browser."
        ))),
    }
}

fn header_text<'h>(headers: &'h HeaderMap, name: &header::HeaderName) -> Option<&'h str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"))
}

fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) && !name.is_empty() => name,
        _ => host,
    }
}

/// Compares without telling by its duration how much was right.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && one.iter().zip(other).fold(0, |different, (a, b)| different | (a ^ b)) == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_taken_off_hosts() {
        for (host, name) in [
            ("localhost", "localhost"),
            ("localhost:8477", "localhost"),
            ("[::1]:80", "[::1]"),
            ("[::1]", "[::1]"),
            ("10.0.0.1:1", "10.0.0.1"),
        ] {
            assert_eq!(without_port(host), name);
        }
    }
}
