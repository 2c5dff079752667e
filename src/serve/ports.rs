//! The ports, and what is said when they cannot be had.

use std::io;
use std::net::{SocketAddr, TcpListener};

/// The ports that a sandbox listens on. Clients can connect as soon as they are bound.
pub(crate) struct Ports {
    pub(super) plain: TcpListener,
    pub(super) tls: Option<TcpListener>,
}

impl Ports {
    /// Binds the ports, with a complaint that says what to change.
    pub(crate) fn bind(listen: SocketAddr, tls_listen: Option<SocketAddr>) -> Result<Self, BindError> {
        let plain = bind(listen, "--listen")?;
        let tls = tls_listen.map(|address| bind(address, "--tls-listen")).transpose()?;
        Ok(Self { plain, tls })
    }

    /// Returns the address of the HTTP port.
    pub(crate) fn http(&self) -> io::Result<SocketAddr> {
        self.plain.local_addr()
    }

    /// Returns the address of the TLS port, if there is one.
    pub(crate) fn https(&self) -> io::Result<Option<SocketAddr>> {
        self.tls.as_ref().map(TcpListener::local_addr).transpose()
    }
}

fn bind(address: SocketAddr, flag: &'static str) -> Result<TcpListener, BindError> {
    let complain = |error| BindError { address, flag, error };
    let listener = TcpListener::bind(address).map_err(complain)?;
    listener.set_nonblocking(true).map_err(complain)?;
    Ok(listener)
}

/// A port cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.explain())]
pub struct BindError {
    address: SocketAddr,
    flag: &'static str,
    error: io::Error,
}

impl BindError {
    fn explain(&self) -> String {
        let (port, host, flag) = (self.address.port(), self.address.ip(), self.flag);
        let off = if flag == "--tls-listen" { ", --tls-listen off" } else { "" };
        let usual = if flag == "--tls-listen" { 8478 } else { 8477 };
        match self.error.kind() {
            io::ErrorKind::AddrInUse => format!(
                "port {port} on {host} is taken (try {flag} {}:0{off} or stop the other process)",
                bracketed(host)
            ),
            io::ErrorKind::PermissionDenied => format!(
                "port {port} on {host} needs more rights than this process has (try {flag} {}:{usual})",
                bracketed(host)
            ),
            io::ErrorKind::AddrNotAvailable => {
                format!("{host} is no address of this machine (try {flag} 127.0.0.1:{port})")
            }
            _ => format!("{} cannot be listened on: {} (try {flag} 127.0.0.1:0)", self.address, self.error),
        }
    }
}

fn bracketed(host: std::net::IpAddr) -> String {
    SocketAddr::new(host, 0).to_string().trim_end_matches(":0").to_owned()
}
