//! Which URLs the API takes from a merchant.
//!
//! The documented rule is `https://` or a custom scheme (OpenAPI 1.8.1, error 4090). A local sandbox also takes plain
//! `http://` to hosts that cannot be on the internet; `--strict` does not.

/// Where a URL may lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UrlRule {
    /// A page or an app: `https` or a custom scheme.
    Page,
    /// A server that is called: `https` only.
    Callback,
}

/// Schemes that run or read something on the customer's device instead of opening an app.
const NEVER: [&str; 6] = ["javascript", "data", "vbscript", "file", "blob", "about"];

/// Returns whether the URL is taken. `local_http` allows plain `http://` to local hosts.
pub(crate) fn is_allowed(url: &str, rule: UrlRule, local_http: bool) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let scheme_fits = scheme.starts_with(|c: char| c.is_ascii_alphabetic())
        && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+.-".contains(&b));
    let unclean = |c: char| {
        c.is_control()
            || c.is_whitespace()
            || matches!(c, '<' | '>' | '"' | '\\' | '^' | '`' | '{' | '|' | '}')
    };
    let clean = !rest.is_empty() && !url.chars().any(unclean);
    if !scheme_fits || !clean {
        return false;
    }
    match scheme.to_ascii_lowercase().as_str() {
        "https" => host(rest).is_some(),
        "http" => local_http && host(rest).is_some_and(is_local),
        custom => rule == UrlRule::Page && !NEVER.contains(&custom),
    }
}

/// Takes the host out of what follows `scheme://`; `None` when there is no valid one.
fn host(rest: &str) -> Option<&str> {
    let authority = &rest[..rest.find(['/', '?', '#']).unwrap_or(rest.len())];
    let authority = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let (host, port) = match authority.strip_prefix('[') {
        Some(v6) => {
            let (address, after) = v6.split_once(']')?;
            address.parse::<std::net::Ipv6Addr>().ok()?;
            (address, after)
        }
        None => match authority.find(':') {
            Some(colon) => authority.split_at(colon),
            None => (authority, ""),
        },
    };
    let port_fits = match port.strip_prefix(':') {
        None => port.is_empty(),
        Some(digits) => digits.is_empty() || digits.parse::<u16>().is_ok_and(|port| port > 0),
    };
    let in_brackets = authority.starts_with('[');
    let letters_fit = host.chars().all(|c| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '%'));
    let name_fits = in_brackets || (letters_fit && !host.starts_with('.') && !host.contains(".."));
    (port_fits && name_fits && !host.is_empty()).then_some(host)
}

/// Returns whether a host can only be on this machine or its own network: loopback and private addresses,
/// `localhost`, `*.localhost`, `host.docker.internal`, and names without a dot.
#[must_use]
pub fn is_local(host: &str) -> bool {
    use std::net::IpAddr;
    match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(IpAddr::V4(v4)) => v4.is_loopback() || v4.is_private() || v4.is_link_local(),
        Ok(IpAddr::V6(v6)) => v6.is_loopback() || v6.is_unique_local() || v6.is_unicast_link_local(),
        Err(_) => {
            let host = host.trim_end_matches('.').to_ascii_lowercase();
            let numeric = host.bytes().all(|b| b.is_ascii_digit()) || host.starts_with("0x");
            host == "localhost"
                || host.ends_with(".localhost")
                || host == "host.docker.internal"
                || (!host.is_empty() && !host.contains('.') && !numeric)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_are_https_or_an_app() {
        for url in [
            "https://example.com",
            "https://example.com/a?b=c#d",
            "HTTPS://Example.com:8443/",
            "https://user@example.com/",
            "https://[2001:db8::1]/",
            "myapp://return",
            "my.app+x-1://x",
            "https://blåbær.no/",
            "https://example.com?x=1",
        ] {
            assert!(is_allowed(url, UrlRule::Page, false), "{url}");
        }
        for url in [
            "",
            "example.com/x",
            "https://",
            "https:///path",
            "https://:443/",
            "https://exa mple.com",
            "https://example.com:99999/",
            "https://example.com:0/",
            "https://a..b/",
            "https://[::1",
            "http://example.com",
            "htt p://x",
            "://x",
            "1app://x",
            "myapp://",
            "myapp:",
            "javascript://%0aalert(1)",
            "data://text/html,x",
            "file:///etc/passwd",
            "https://example.com/\n",
            "https://example.com/\"><script>",
            "mailto:a@b.no",
        ] {
            assert!(!is_allowed(url, UrlRule::Page, true), "{url}");
        }
    }

    #[test]
    fn callbacks_are_https() {
        assert!(is_allowed("https://example.com/cb", UrlRule::Callback, false));
        assert!(is_allowed("http://localhost:3000/cb", UrlRule::Callback, true));
        assert!(!is_allowed("myapp://cb", UrlRule::Callback, true));
    }

    #[test]
    fn plain_http_leads_to_local_hosts_only() {
        for host in [
            "localhost",
            "localhost:3000",
            "shop.localhost",
            "LOCALHOST",
            "127.0.0.1:8080",
            "127.8.9.10",
            "10.1.2.3",
            "192.168.0.4",
            "172.16.0.1",
            "[::1]:80",
            "[fd00::1]",
            "host.docker.internal",
            "shop",
            "shop:8080",
            "web_1",
            "169.254.1.1",
        ] {
            assert!(is_allowed(&format!("http://{host}/x"), UrlRule::Page, true), "{host}");
            assert!(!is_allowed(&format!("http://{host}/x"), UrlRule::Page, false), "{host} when strict");
        }
        for host in [
            "example.com",
            "8.8.8.8",
            "172.32.0.1",
            "[2001:db8::1]",
            "localhost.example.com",
            "2130706433",
            "0x7f000001",
            "x@example.com",
        ] {
            assert!(!is_allowed(&format!("http://{host}/x"), UrlRule::Page, true), "{host}");
        }
    }
}
