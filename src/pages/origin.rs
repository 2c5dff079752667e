//! Which page a browser's call comes from. Browsers say so; other callers say nothing.

use axum::http::{HeaderMap, header};

/// Returns the origin of a page other than our own that makes this call. `hosts` are the names, with ports, that our
/// pages have.
pub(crate) fn foreign_origin<'h>(headers: &'h HeaderMap, hosts: &[&str]) -> Option<&'h str> {
    let text = |name| headers.get(name).map(|value| value.to_str().unwrap_or("unreadable"));
    if let Some(origin) = text(header::ORIGIN) {
        let ours = origin
            .split_once("://")
            .is_some_and(|(_, at)| hosts.iter().any(|host| at.eq_ignore_ascii_case(host)));
        if !ours {
            return Some(origin);
        }
    }
    text(header::HeaderName::from_static("sec-fetch-site"))
        .filter(|site| !matches!(*site, "same-origin" | "none"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_our_own_pages_and_callers_that_are_no_browsers_pass() {
        let foreign = |origin: Option<&'static str>, site: Option<&'static str>| {
            let mut headers = HeaderMap::new();
            origin.map(|origin| headers.insert(header::ORIGIN, origin.parse().unwrap()));
            site.map(|site| headers.insert("sec-fetch-site", site.parse().unwrap()));
            foreign_origin(&headers, &["127.0.0.1:8477", "pay.example.com"]).map(str::to_owned)
        };
        for (origin, site) in [
            (None, None),
            (None, Some("same-origin")),
            (None, Some("none")),
            (Some("http://127.0.0.1:8477"), Some("same-origin")),
            (Some("https://Pay.example.com"), None),
        ] {
            assert_eq!(foreign(origin, site), None, "{origin:?} {site:?}");
        }
        for (origin, site) in [
            (Some("http://evil.example"), None),
            (Some("http://127.0.0.1:8478"), None),
            (Some("null"), None),
            (None, Some("cross-site")),
            (None, Some("same-site")),
            (Some("http://127.0.0.1:8477"), Some("cross-site")),
        ] {
            assert!(foreign(origin, site).is_some(), "{origin:?} {site:?}");
        }
    }
}
