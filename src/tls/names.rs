//! Whose place the sandbox takes: its own names, the vendor's test host, and never the vendor's production.

use std::fmt;
use std::net::IpAddr;

use crate::domain::url::is_local;

/// The vendor's test host, which clients have in their code.
pub(super) const TEST_HOST: &str = "apitest.vipps.no";
/// The vendor's production host.
const PRODUCTION_HOST: &str = "api.vipps.no";
/// The vendor's domains. Whatever is under them is production, but for the test hosts.
const VENDOR: [&str; 4] = ["vipps.no", "vippsmobilepay.com", "mobilepay.dk", "mobilepay.fi"];
/// The vendor's hosts of the test environment: the API, and the customer's pages.
const TEST_HOSTS: [&str; 2] = [TEST_HOST, "pay-mt.vipps.no"];
/// Names of this machine as containers see it.
const DOCKER_HOST: &str = "host.docker.internal";

/// A host as a URL has it, without its port: a name in lower case, or an address.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Host {
    /// A name, without a dot at its end.
    Name(String),
    /// An IP address.
    Address(IpAddr),
}

/// Why the sandbox does not take a host's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stranger {
    /// It belongs to the vendor's production environment.
    Production,
    /// It is somebody else.
    Other,
}

/// The names that the sandbox goes by.
#[derive(Clone, Debug, Default)]
pub(crate) struct Names {
    more: Vec<Host>,
    production: bool,
}

impl Host {
    /// Reads a host; `None` when it is neither a name nor an address.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse() {
            return Some(Self::Address(address));
        }
        let name = text.strip_suffix('.').unwrap_or(text).to_ascii_lowercase();
        let fits = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'))
        };
        (name.len() <= 253 && name.split('.').all(fits)).then_some(Self::Name(name))
    }

    /// Returns whether this is a name of the vendor's that no test may reach.
    pub(crate) fn is_production(&self) -> bool {
        let Self::Name(name) = self else { return false };
        let under = |domain: &&str| {
            name.strip_suffix(*domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        VENDOR.iter().any(under) && !TEST_HOSTS.contains(&name.as_str())
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(address) => address.fmt(f),
        }
    }
}

impl Stranger {
    /// Says in a sentence or two why a host is refused, and what to do.
    pub(crate) fn explain(self, host: &dyn fmt::Display) -> String {
        match self {
            Self::Production => format!(
                "{host} belongs to the production environment of Vipps MobilePay. The sandbox neither reaches it nor \
                 takes its place: use the test environment's {TEST_HOST} in tests."
            ),
            Self::Other => format!(
                "The sandbox is not {host}, and passes nothing on. It answers for {TEST_HOST} and its own names; \
                 exclude {host} from the proxy with NO_PROXY, or add it with --tls-name."
            ),
        }
    }
}

impl Names {
    /// Adds names to those that every sandbox has. Names of the vendor's production count only with `production`.
    pub(crate) fn new(more: &[String], production: bool) -> Self {
        let more = more.iter().filter_map(|name| Host::parse(name)).collect();
        Self { more, production }
    }

    /// Judges a host that a proxy is asked for. `local` is the address that the client reached.
    pub(crate) fn judge(&self, host: &Host, local: Option<IpAddr>) -> Result<(), Stranger> {
        if host.is_production() {
            let allowed =
                self.production && (*host == Host::Name(PRODUCTION_HOST.into()) || self.more.contains(host));
            return if allowed { Ok(()) } else { Err(Stranger::Production) };
        }
        let ours = self.more.contains(host)
            || match host {
                Host::Address(address) => address.is_loopback() || local == Some(*address),
                Host::Name(name) => {
                    [TEST_HOST, "localhost", DOCKER_HOST].contains(&name.as_str())
                        || name.ends_with(".localhost")
                }
            };
        if ours { Ok(()) } else { Err(Stranger::Other) }
    }

    /// Judges a host that a client believes to have reached. It has resolved the name itself, so a name without a dot (a
    /// service of a compose file) can only be ours.
    pub(crate) fn judge_reached(&self, host: &Host, local: Option<IpAddr>) -> Result<(), Stranger> {
        match host {
            Host::Name(name) if is_local(name) => Ok(()),
            host => self.judge(host, local),
        }
    }

    /// Returns all names that can be listed.
    pub(super) fn list(&self) -> Vec<Host> {
        let own = [TEST_HOST, "localhost", DOCKER_HOST].map(|name| Host::Name(name.into()));
        let addresses = [IpAddr::from([127, 0, 0, 1]), IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1])];
        let more = self.more.iter().filter(|host| self.judge(host, None).is_ok()).cloned();
        own.into_iter().chain(addresses.map(Host::Address)).chain(more).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(names: &Names, host: &str) -> Result<(), Stranger> {
        names.judge(&Host::parse(host).expect(host), Some([10, 1, 2, 3].into()))
    }

    #[test]
    fn the_sandbox_takes_nobodys_place_but_the_test_hosts() {
        let names = Names::new(&["shop-api.test".into(), "10.9.9.9".into()], false);
        for ours in [
            "apitest.vipps.no",
            "APITEST.VIPPS.NO.",
            "localhost",
            "a.localhost",
            "127.0.0.1",
            "127.9.9.9",
            "[::1]",
            "::1",
            "host.docker.internal",
            "10.1.2.3",
            "10.9.9.9",
            "shop-api.test",
        ] {
            assert_eq!(judged(&names, ours), Ok(()), "{ours}");
        }
        for production in [
            "api.vipps.no",
            "API.vipps.no.",
            "vipps.no",
            "login.vipps.no",
            "x.mobilepay.dk",
            "pay.mobilepay.fi",
        ] {
            assert_eq!(judged(&names, production), Err(Stranger::Production), "{production}");
        }
        for other in
            ["example.com", "db", "10.1.2.4", "8.8.8.8", "notvipps.no", "apitest.vipps.no.example.com"]
        {
            assert_eq!(judged(&names, other), Err(Stranger::Other), "{other}");
        }
        assert_eq!(names.judge_reached(&Host::Name("db".into()), None), Ok(()));
        assert_eq!(names.judge_reached(&Host::Name("example.com".into()), None), Err(Stranger::Other));
    }

    #[test]
    fn production_takes_both_a_name_and_consent() {
        let asked = ["login.vipps.no".to_owned()];
        assert_eq!(judged(&Names::new(&asked, false), "login.vipps.no"), Err(Stranger::Production));
        assert!(!Names::new(&asked, false).list().contains(&Host::Name(asked[0].clone())));
        let consenting = Names::new(&asked, true);
        for host in ["login.vipps.no", "api.vipps.no"] {
            assert_eq!(judged(&consenting, host), Ok(()), "{host}");
        }
        assert_eq!(judged(&consenting, "landing.vipps.no"), Err(Stranger::Production));
    }

    #[test]
    fn hosts_are_names_or_addresses() {
        for text in ["", ".", "a..b", "a b", "*.example.com", "blåbær.no", "a/b", "[apitest.vipps.no]", "x:1"]
        {
            assert_eq!(Host::parse(text), None, "{text}");
        }
        assert_eq!(Host::parse("Web_1"), Some(Host::Name("web_1".into())));
    }
}
