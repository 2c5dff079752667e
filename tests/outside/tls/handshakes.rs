//! Which names are served, with what certificates, and how the rest is refused.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use epayment_sandbox::Sandbox;
use rustls::pki_types::CertificateDer;
use x509_parser::prelude::*;

use super::{LIVEZ, address, assert_is_alive, connect, exchange, shake};
use crate::support::{MSN, create};

#[test]
fn the_test_host_and_local_names_are_served() {
    let sandbox = Sandbox::builder().tls().tls_name("shop-api.test").start();
    for name in [
        "apitest.vipps.no",
        "APITEST.vipps.no",
        "localhost",
        "shop.localhost",
        "host.docker.internal",
        "sandbox",
        "shop-api.test",
        "127.0.0.1",
    ] {
        let mut stream = shake(connect(address(&sandbox)), &sandbox.ca_pem(), name)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_is_alive(&mut stream);
    }
    let mut stream =
        shake(connect(address(&sandbox)), &sandbox.ca_pem(), "apitest.vipps.no").expect("a name");
    let create = create(MSN, "secure-0001").replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n");
    assert!(exchange(&mut stream, &create).starts_with("HTTP/1.1 201 Created\r\n"));
    assert!(sandbox.payment("secure-0001").is_some());
}

#[test]
fn other_names_are_refused_with_the_alert_for_it() {
    let sandbox = Sandbox::builder().tls().start();
    for name in ["api.vipps.no", "login.vipps.no", "example.com", "apitest.vipps.no.example.com"] {
        let error = shake(connect(address(&sandbox)), &sandbox.ca_pem(), name).expect_err(name);
        let cause = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
        let expected = rustls::Error::AlertReceived(rustls::AlertDescription::UnrecognisedName);
        assert_eq!(cause, Some(&expected), "{name}: {error}");
    }
    assert_is_alive(&mut shake(connect(address(&sandbox)), &sandbox.ca_pem(), "localhost").expect("ours"));
}

#[test]
fn a_client_that_does_not_trust_the_sandbox_harms_nobody() {
    let sandbox = Sandbox::builder().tls().start();
    let stranger = Sandbox::builder().tls().start();
    let error = shake(connect(address(&sandbox)), &stranger.ca_pem(), "localhost").expect_err("not trusted");
    assert!(error.to_string().contains("UnknownIssuer"), "{error}");
    assert_is_alive(&mut shake(connect(address(&sandbox)), &sandbox.ca_pem(), "localhost").expect("ours"));
}

/// Checks what strict clients ask of a certificate (RFC 5280, and the browsers' limit of 398 days).
fn check(leaf: &CertificateDer<'_>, name: &str) {
    let (_, leaf) = parse_x509_certificate(leaf).expect("a certificate");
    let days = leaf.validity().time_to_expiration().expect("good for a while").whole_days();
    assert!((380..=397).contains(&days), "{days}");
    let lifetime = leaf.validity().not_after.timestamp() - leaf.validity().not_before.timestamp();
    assert!(lifetime <= 397 * 86_400, "{lifetime}");
    let since = ASN1Time::now().timestamp() - leaf.validity().not_before.timestamp();
    assert!(since >= 86_400, "clocks of clients may be behind: {since}");
    let constraints = leaf.basic_constraints().expect("one").expect("one");
    assert!(constraints.critical && !constraints.value.ca);
    let usage = leaf.key_usage().expect("one").expect("one");
    assert!(usage.critical && usage.value.digital_signature() && !usage.value.key_cert_sign());
    assert!(leaf.extended_key_usage().expect("one").expect("one").value.server_auth);
    let alternatives = leaf.subject_alternative_name().expect("one").expect("one").value;
    let names: Vec<_> = alternatives.general_names.iter().map(ToString::to_string).collect();
    assert!(names.iter().any(|known| known.contains(name)), "{name}: {names:?}");
    let has = |oid| leaf.extensions().iter().any(|extension| extension.oid == oid && !extension.critical);
    assert!(has(oid_registry::OID_X509_EXT_SUBJECT_KEY_IDENTIFIER));
    assert!(has(oid_registry::OID_X509_EXT_AUTHORITY_KEY_IDENTIFIER));
}

#[test]
fn certificates_are_as_strict_clients_want_them() {
    let sandbox = Sandbox::builder().tls().start();
    for name in ["apitest.vipps.no", "localhost"] {
        let stream = shake(connect(address(&sandbox)), &sandbox.ca_pem(), name).expect("ours");
        let chain = stream.conn.peer_certificates().expect("a chain");
        check(&chain[0], name);
        assert_eq!(chain[1..], super::certificates(&sandbox.ca_pem()));
    }
    let ca = super::certificates(&sandbox.ca_pem());
    let (_, ca) = parse_x509_certificate(&ca[0]).expect("a certificate");
    let constraints = ca.basic_constraints().expect("one").expect("one");
    assert!(constraints.critical && constraints.value.ca);
    assert_eq!(constraints.value.path_len_constraint, Some(0));
    let usage = ca.key_usage().expect("one").expect("one");
    assert!(usage.critical && usage.value.key_cert_sign());
}

#[test]
fn http_without_tls_is_told_so() {
    let sandbox = Sandbox::builder().tls().start();
    let answer = exchange(&mut connect(address(&sandbox)), LIVEZ);
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    assert!(
        answer.ends_with("This port speaks TLS. Use https://, or the sandbox's HTTP port.\n"),
        "{answer}"
    );
}

#[test]
fn garbage_ends_its_own_connection_only() {
    let sandbox = Sandbox::builder().tls().start();
    for garbage in [
        &b"\0\0\0\0\0\0\0\0"[..],
        b"\x16\x03\x01\xff\xff",
        b"\x16\x03\x01\x00\x05hello",
        b"\x80\x2e\x01",
        b"\x15\x03\x03\x00\x02\x02\x28",
    ] {
        let mut socket = connect(address(&sandbox));
        socket.write_all(garbage).expect("it takes bytes");
        let shut = socket.shutdown(std::net::Shutdown::Write);
        // The sandbox may have hung up already.
        assert!(
            shut.as_ref().map_or_else(|error| error.kind() == ErrorKind::NotConnected, |()| true),
            "{shut:?}"
        );
        let mut said = Vec::new();
        let ended = socket.read_to_end(&mut said);
        let reset = ended.as_ref().is_err_and(|error| error.kind() == ErrorKind::ConnectionReset);
        assert!(ended.is_ok() || reset, "{garbage:?} {ended:?}");
    }
    assert_is_alive(&mut shake(connect(address(&sandbox)), &sandbox.ca_pem(), "localhost").expect("ours"));
}

/// Handshakes are given 10 seconds of the machine's own time, which no test can move; so all are slow side by side.
#[test]
fn a_slow_handshake_is_cut_off() {
    const LIMIT: Duration = Duration::from_secs(15);
    let sandbox = Sandbox::builder().tls().start();
    let cut_off = |mut socket: TcpStream, start: &[u8]| {
        socket.set_read_timeout(Some(LIMIT)).expect("sockets have timeouts");
        socket.write_all(start).expect("it takes bytes");
        let mut buffer = [0; 64];
        loop {
            match socket.read(&mut buffer) {
                Ok(0) => return,
                Ok(_) => {}
                Err(error) => return assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{start:?}"),
            }
        }
    };
    thread::scope(|scope| {
        for start in [&b""[..], b"\x16", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"] {
            let socket = connect(address(&sandbox));
            scope.spawn(move || cut_off(socket, start));
        }
        let mut tunnel = connect(sandbox.address());
        tunnel
            .write_all(b"CONNECT apitest.vipps.no:443 HTTP/1.1\r\nHost: apitest.vipps.no:443\r\n\r\n")
            .expect("a request");
        scope.spawn(move || cut_off(tunnel, b"\x16\x03"));
    });
}
