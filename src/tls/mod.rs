//! TLS: the names that the sandbox goes by, the authority that vouches for them, and what clients need to trust it.
//!
//! Nothing is made before somebody needs it: a sandbox that nobody speaks TLS to pays nothing.

mod authority;
mod names;
mod pem;
mod roots;
mod truststore;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use rustls::ServerConfig;
use rustls::sign::SingleCertAndKey;

#[cfg(feature = "cli")]
pub(crate) use self::authority::Authority;
#[cfg(not(feature = "cli"))]
use self::authority::Authority;
pub(crate) use self::names::{Host, Names, Stranger};
use crate::domain::span::Span;
use crate::domain::time::Timestamp;
use crate::engine::Machine;

/// How many certificates are kept. There are more names than any sandbox is called by.
const MAX_LEAVES: usize = 64;
/// After how long a certificate is made anew; it is good for longer.
const RENEWAL: Span = Span::days(180);
/// The alias of the sandbox's authority in the store for Java.
const ALIAS: &str = "epayment-sandbox";

/// What the sandbox needs to speak TLS.
pub(crate) struct Tls {
    names: Names,
    machine: Machine,
    authority: OnceLock<Authority>,
    base: OnceLock<ServerConfig>,
    port: OnceLock<u16>,
    /// Certificates that were needed before, the oldest first.
    leaves: Mutex<Vec<Leaf>>,
}

struct Leaf {
    host: Host,
    made: Timestamp,
    config: Arc<ServerConfig>,
}

impl Tls {
    /// Goes by these names. An authority is made when it is needed.
    pub(crate) fn new(names: Names, machine: Machine) -> Self {
        Self {
            names,
            machine,
            authority: OnceLock::new(),
            base: OnceLock::new(),
            port: OnceLock::new(),
            leaves: Mutex::default(),
        }
    }

    /// Is told the port that listens with TLS.
    pub(crate) fn listens_at(&self, port: u16) {
        let _ = self.port.set(port);
    }

    /// Returns the port that listens with TLS, if one does.
    pub(crate) fn port(&self) -> Option<u16> {
        self.port.get().copied()
    }

    /// Has this authority vouch for the sandbox, unless another does so already.
    #[cfg(feature = "cli")]
    pub(crate) fn vouched_for_by(&self, authority: Authority) {
        let _ = self.authority.set(authority);
    }

    /// Returns the names that the sandbox goes by.
    pub(crate) fn names(&self) -> &Names {
        &self.names
    }

    fn authority(&self) -> &Authority {
        self.authority.get_or_init(|| Authority::make(self.machine.wall()))
    }

    /// Returns the authority's certificate as PEM.
    pub(crate) fn ca_pem(&self) -> String {
        self.authority().pem()
    }

    /// Returns as PEM whom this machine trusts, and the sandbox's authority.
    pub(crate) fn bundle_pem(&self) -> String {
        pem::write(self.authority().certificates().iter().chain(&roots::system()))
    }

    /// Returns the same for Java.
    pub(crate) fn truststore(&self) -> Vec<u8> {
        let numbered = |prefix: &'static str| {
            move |(index, certificate)| match index {
                0 if prefix == ALIAS => (ALIAS.to_owned(), certificate),
                _ => (format!("{prefix}-{index}"), certificate),
            }
        };
        let roots = roots::system();
        let own = self.authority().certificates().iter().enumerate().map(numbered(ALIAS));
        truststore::write(own.chain(roots.iter().enumerate().map(numbered("system"))))
    }

    /// Returns what a handshake needs: with the name that the client asks for, or without one, for the host that it was
    /// told to reach. `local` is the address that it did reach.
    pub(crate) fn config(
        &self,
        asked: Option<&str>,
        told: Option<&Host>,
        local: Option<IpAddr>,
    ) -> Result<Arc<ServerConfig>, Stranger> {
        let host = match (asked, told) {
            (Some(name), _) => Host::parse(name).ok_or(Stranger::Other)?,
            (None, Some(host)) => host.clone(),
            (None, None) => Host::Address(local.unwrap_or(Ipv4Addr::LOCALHOST.into())),
        };
        self.names.judge_reached(&host, local)?;
        let now = self.machine.wall();
        let mut leaves = self.leaves.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(leaf) = leaves.iter().find(|leaf| leaf.host == host && now < leaf.made + RENEWAL) {
            return Ok(leaf.config.clone());
        }
        let config = self.issue(&host, now).map_err(|error| {
            tracing::error!("no certificate can be made for {host}: {error}");
            Stranger::Other
        })?;
        leaves.retain(|leaf| leaf.host != host);
        if leaves.len() >= MAX_LEAVES {
            leaves.remove(0);
        }
        leaves.push(Leaf { host, made: now, config: config.clone() });
        Ok(config)
    }

    /// Makes a certificate. Who names an address names no name, so it is good for all of them.
    fn issue(&self, host: &Host, now: Timestamp) -> Result<Arc<ServerConfig>, rcgen::Error> {
        let mut hosts = vec![host.clone()];
        if matches!(host, Host::Address(_)) {
            hosts.extend(self.names.list().into_iter().filter(|other| other != host));
        }
        let key = self.authority().issue(&hosts, now)?;
        let mut config = self.base().clone();
        config.cert_resolver = Arc::new(SingleCertAndKey::from(key));
        Ok(Arc::new(config))
    }

    /// What all handshakes have in common, the memory of sessions for one.
    fn base(&self) -> &ServerConfig {
        self.base.get_or_init(|| {
            let builder = ServerConfig::builder_with_provider(Arc::new(authority::provider()));
            let builder = builder.with_safe_default_protocol_versions().expect("ring speaks TLS 1.2 and 1.3");
            let mut config = builder.with_no_client_auth().with_cert_resolver(Arc::new(Nobody));
            config.alpn_protocols = vec![H2.to_vec(), b"http/1.1".to_vec()];
            config
        })
    }
}

/// HTTP/2, as a handshake names it.
pub(crate) const H2: &[u8] = b"h2";

/// Stands where each certificate's own configuration has it.
#[derive(Debug)]
struct Nobody;

impl rustls::server::ResolvesServerCert for Nobody {
    fn resolve(&self, _: rustls::server::ClientHello<'_>) -> Option<Arc<rustls::sign::CertifiedKey>> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ManualTime;

    fn tls() -> (Tls, ManualTime) {
        let time = ManualTime::at(Timestamp::parse_rfc3339("2026-11-20T09:00:00Z").unwrap());
        (Tls::new(Names::default(), Machine::Manual(time.clone())), time)
    }

    #[test]
    fn a_certificate_is_made_once_and_anew_long_before_it_ends() {
        let (tls, time) = tls();
        let ask = || tls.config(Some("localhost"), None, None).unwrap();
        let first = ask();
        time.advance(Span::days(179));
        assert!(Arc::ptr_eq(&first, &ask()));
        time.advance(Span::days(2));
        let second = ask();
        assert!(!Arc::ptr_eq(&first, &second) && Arc::ptr_eq(&second, &ask()));
        assert_eq!(tls.leaves.lock().unwrap().len(), 1);
    }

    #[test]
    fn names_that_are_made_up_do_not_fill_the_memory() {
        let (tls, _) = tls();
        for number in 0..MAX_LEAVES + 10 {
            tls.config(Some(&format!("n{number}.localhost")), None, None).unwrap();
        }
        let leaves = tls.leaves.lock().unwrap();
        assert_eq!(leaves.len(), MAX_LEAVES);
        assert_eq!(leaves[0].host, Host::Name("n10.localhost".into()));
    }

    #[test]
    fn what_is_told_counts_where_nothing_is_asked() {
        let (tls, _) = tls();
        let production = Host::parse("api.vipps.no").unwrap();
        assert_eq!(tls.config(None, Some(&production), None).unwrap_err(), Stranger::Production);
        tls.config(Some("apitest.vipps.no"), Some(&production), None).unwrap();
        tls.config(None, None, Some([172, 17, 0, 2].into())).unwrap();
        assert_eq!(tls.config(Some("*.localhost"), None, None).unwrap_err(), Stranger::Other);
    }
}
