//! TLS and the proxy, over real sockets.

mod authority;
mod handshakes;
mod http2;
mod proxy;
mod refused;
mod tools;

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use epayment_sandbox::Sandbox;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::support::PATIENCE;

/// A client's end of a connection with TLS.
type Secure = StreamOwned<ClientConnection, TcpStream>;

const LIVEZ: &str = "GET /livez HTTP/1.1\r\nHost: apitest.vipps.no\r\nConnection: close\r\n\r\n";

fn address(sandbox: &Sandbox) -> SocketAddr {
    sandbox.tls_url().trim_start_matches("https://").parse().expect("an address")
}

fn certificates(pem: &str) -> Vec<CertificateDer<'static>> {
    CertificateDer::pem_slice_iter(pem.as_bytes()).collect::<Result<_, _>>().expect("certificates")
}

/// What a client that trusts this authority, and nobody else, is set up with.
fn trusting(ca: &str) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    for certificate in certificates(ca) {
        roots.add(certificate).expect("a root");
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    builder.expect("versions").with_root_certificates(roots).with_no_client_auth()
}

fn connect(address: SocketAddr) -> TcpStream {
    let socket = TcpStream::connect(address).expect("it takes connections");
    socket.set_read_timeout(Some(PATIENCE)).expect("sockets have timeouts");
    socket
}

/// Shakes hands over a connection that is there already.
fn shake(mut socket: TcpStream, ca: &str, name: &str) -> io::Result<Secure> {
    let name = ServerName::try_from(name.to_owned()).expect("a name");
    let mut client = ClientConnection::new(Arc::new(trusting(ca)), name).expect("a client");
    client.complete_io(&mut socket)?;
    Ok(StreamOwned::new(client, socket))
}

/// Sends a request that is the last; returns the answer as it comes.
fn exchange(stream: &mut (impl Read + Write), request: &str) -> String {
    stream.write_all(request.as_bytes()).expect("it takes a request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("it answers, and says its end");
    String::from_utf8_lossy(&answer).into_owned()
}

#[track_caller]
fn assert_is_alive(stream: &mut (impl Read + Write)) {
    let answer = exchange(stream, LIVEZ);
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
}
