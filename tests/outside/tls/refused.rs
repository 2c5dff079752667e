//! Connections that are refused are kept, so that somebody can be told of them.

use std::io::{Read, Write};
use std::net::SocketAddr;

use epayment_sandbox::Sandbox;
use serde_json::{Value, json};

use super::proxy::ask;
use super::{address, connect, shake};
use crate::support::{Connection, MSN, call, control, get};

fn list(address: SocketAddr) -> Value {
    let answer = control(address, "GET", "/_sandbox/refused-connections", "");
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

/// Each row's host, port, way, reason and count.
fn rows(address: SocketAddr) -> Vec<Value> {
    let list = list(address);
    let told = ["host", "port", "via", "reason", "count"];
    let rows = list["connections"].as_array().expect("a list");
    rows.iter().map(|row| told.map(|name| row[name].clone()).to_vec().into()).collect()
}

#[test]
fn what_a_proxy_refuses_is_kept_with_its_reason() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:14:31Z").start();
    assert_eq!(list(sandbox.address()), json!({"connections": [], "forgotten": 0}));
    let mut connection = Connection::open(sandbox.address());
    for host in ["example.com:443", "api.vipps.no:443", "[2001:db8::1]:8443", "example.com:443"] {
        connection.send(ask(host));
        assert_eq!(connection.answer().status, 403, "{host}");
    }
    let absolute = get(MSN, "absolute-0001")
        .replace("GET /", "GET http://merchant:pass-word@example.org/secret/")
        .replace("Host:", "Proxy-Authorization: Basic c2VjcmV0\r\nHost:");
    assert_eq!(call(sandbox.address(), absolute).status, 403);
    assert_eq!(
        rows(sandbox.address()),
        [
            json!(["example.org", null, "proxy", "otherHost", 1]),
            json!(["example.com", 443, "proxy", "otherHost", 2]),
            json!(["[2001:db8::1]", 8443, "proxy", "otherHost", 1]),
            json!(["api.vipps.no", 443, "proxy", "production", 1]),
        ]
    );
    let list = list(sandbox.address());
    assert_eq!(list["connections"][1]["lastAt"], "2026-11-20T09:14:31.000Z");
    let why = list["connections"][1]["explanation"].as_str().expect("a text");
    assert!(why.starts_with("The sandbox is not example.com, ") && why.contains("NO_PROXY"), "{why}");
    for secret in ["pass-word", "merchant", "secret", "c2VjcmV0", "absolute-0001"] {
        assert!(!list.to_string().contains(secret), "{secret} is in {list}");
    }
    sandbox.requests().assert_count(0);
}

#[test]
fn what_a_handshake_is_refused_for_is_kept() {
    let sandbox = Sandbox::builder().tls().start();
    let stranger = Sandbox::builder().tls().start();
    shake(connect(address(&sandbox)), &sandbox.ca_pem(), "api.vipps.no").expect_err("production");
    shake(connect(address(&sandbox)), &sandbox.ca_pem(), "example.com").expect_err("another");
    let mut expected = vec![
        json!(["example.com", null, "tls", "otherHost", 1]),
        json!(["api.vipps.no", null, "tls", "production", 1]),
    ];
    assert_eq!(rows(sandbox.address()), expected);
    shake(connect(address(&sandbox)), &stranger.ca_pem(), "apitest.vipps.no").expect_err("not trusted");
    expected.insert(0, json!(["apitest.vipps.no", null, "tls", "notTrusted", 1]));
    // The client has gone before the sandbox has read why.
    assert!((0..10_000).any(|_| rows(sandbox.address()) == expected), "{:?}", rows(sandbox.address()));
    let list = list(sandbox.address());
    let why = list["connections"][0]["explanation"].as_str().expect("a text");
    assert!(why.contains("/_sandbox/ca.pem"), "{why}");
}

#[test]
fn a_tunnel_within_tls_is_kept_too() {
    let sandbox = Sandbox::builder().tls().start();
    let mut stream = shake(connect(address(&sandbox)), &sandbox.ca_pem(), "localhost").expect("a handshake");
    stream.write_all(ask("apitest.vipps.no:443").as_bytes()).expect("it takes a request");
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).expect("it answers");
    assert_eq!(&answer, b"HTTP/1.1 403");
    assert_eq!(rows(sandbox.address()), [json!(["apitest.vipps.no", 443, "proxy", "tunnel", 1])]);
}

#[test]
fn a_reset_of_all_forgets_them_and_one_of_a_unit_does_not() {
    let sandbox = Sandbox::start();
    let refuse = || assert_eq!(call(sandbox.address(), ask("example.com:443")).status, 403);
    let count = || rows(sandbox.address()).len();
    for (method, path) in [("POST", "/_sandbox/reset"), ("DELETE", "/_sandbox/requests")] {
        refuse();
        assert_eq!(control(sandbox.address(), method, &format!("{path}?msn={MSN}"), "").status, 204);
        assert_eq!(count(), 1, "they are no unit's");
        assert_eq!(control(sandbox.address(), method, path, "").status, 204);
        assert_eq!(count(), 0, "{method} {path}");
    }
    refuse();
    sandbox.reset();
    assert_eq!(count(), 0);
    let scoped = control(sandbox.address(), "GET", &format!("/_sandbox/refused-connections?msn={MSN}"), "");
    assert_eq!(scoped.status, 400, "{scoped:?}");
}
