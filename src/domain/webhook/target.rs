//! Where a delivery goes: the parts of a registered URL that the signature covers.

use url::Url;

use crate::domain::url::{UrlRule, is_allowed};

/// A receiver's address, taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    url: Url,
    authority: String,
}

impl Target {
    /// Takes a URL apart. `None` when it is not an absolute `http` or `https` URL.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"))?;
        url.set_fragment(None);
        let host = url.host_str()?;
        let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Some(Self { url, authority })
    }

    /// Takes a URL apart that a registration takes: `https`, or with `local_http` also plain `http` to a local host.
    #[must_use]
    pub fn for_registration(text: &str, local_http: bool) -> Option<Self> {
        Self::parse(text).filter(|_| is_allowed(text, UrlRule::Callback, local_http))
    }

    /// Returns the `Host` of a delivery: the port is there unless it is the scheme's own.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.authority
    }

    /// Returns the path, percent-encoded, with the query if there is one.
    #[must_use]
    pub fn path_and_query(&self) -> String {
        let path = self.url.path();
        self.url.query().map_or_else(|| path.to_owned(), |query| format!("{path}?{query}"))
    }

    /// Returns the whole URL, encoded, without a fragment.
    #[must_use]
    pub fn url(&self) -> &str {
        self.url.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_port_is_left_out_and_the_fragment_dropped() {
        for (url, host, path) in [
            ("https://shop.example.com/hooks/vipps", "shop.example.com", "/hooks/vipps"),
            ("https://shop.example.com:443/x#y", "shop.example.com", "/x"),
            ("http://shop.example.com:443/x", "shop.example.com:443", "/x"),
            (
                "https://Shop.Example.com:8443/hooks/caf%C3%A9?shop=1&note=a%20b",
                "shop.example.com:8443",
                "/hooks/caf%C3%A9?shop=1&note=a%20b",
            ),
            ("http://127.0.0.1:3000", "127.0.0.1:3000", "/"),
            ("http://[::1]:3000/?", "[::1]:3000", "/?"),
            ("https://example.com/café", "example.com", "/caf%C3%A9"),
        ] {
            let target = Target::parse(url).unwrap();
            assert_eq!((target.host(), &*target.path_and_query()), (host, path), "{url}");
        }
        assert_eq!(Target::parse("ftp://example.com"), None);
        assert_eq!(Target::parse("/hook"), None);
    }
}
