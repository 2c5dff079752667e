//! What a sandbox is told at the start.

use std::net::{Ipv4Addr, SocketAddr};

use crate::engine::Settings;

/// What a sandbox is told at the start: plain data, whoever read it from flags, variables or a file.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where to listen with TLS, if at all; port 0 takes a free one.
    pub tls_listen: Option<SocketAddr>,
    /// More names to go by over TLS and as a proxy.
    pub tls_names: Vec<String>,
    /// Whether to take the place of the vendor's production hosts. Only the API's own, and those of `tls_names`.
    pub impersonate_production: bool,
    /// The base of the addresses handed to customers; from `listen` when `None`.
    pub public_url: Option<String>,
    /// The bearer token that the control API wants, if any.
    pub control_token: Option<String>,
    /// What the engine is told.
    pub engine: Settings,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8477)),
            tls_listen: Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 8478))),
            tls_names: Vec::new(),
            impersonate_production: false,
            public_url: None,
            control_token: None,
            engine: Settings::default(),
        }
    }
}

impl Config {
    /// Returns the base of the addresses handed to customers, once it is known where the sandbox listens.
    #[must_use]
    pub fn public_url(&self, listening: SocketAddr) -> String {
        match &self.public_url {
            Some(url) => url.trim_end_matches('/').to_owned(),
            None => format!("http://{}", reachable(listening)),
        }
    }
}

/// Returns an address that leads to a listener: one that listens everywhere is reached at loopback.
#[must_use]
pub fn reachable(listening: SocketAddr) -> SocketAddr {
    let mut address = listening;
    if listening.ip().is_unspecified() {
        address.set_ip(match listening {
            SocketAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            SocketAddr::V6(_) => std::net::Ipv6Addr::LOCALHOST.into(),
        });
    }
    address
}
