//! The HTTP port as a proxy.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;

use epayment_sandbox::Sandbox;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, StreamOwned};

use super::{LIVEZ, assert_is_alive, connect, exchange, shake, trusting};
use crate::support::{Connection, MSN, PATIENCE, Running, call, control, get, program};

/// Writes a request for a tunnel.
pub(super) fn ask(host: &str) -> String {
    format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\nProxy-Connection: Keep-Alive\r\n\r\n")
}

/// Reads a head byte by byte, so that nothing behind it is taken.
fn read_head(socket: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0; 1];
        assert_eq!(socket.read(&mut byte).expect("it answers"), 1, "{}", String::from_utf8_lossy(&head));
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("a head is text")
}

/// Opens a tunnel.
fn tunnel(address: std::net::SocketAddr, host: &str) -> TcpStream {
    let mut socket = connect(address);
    socket.write_all(ask(host).as_bytes()).expect("it takes a request");
    let head = read_head(&mut socket);
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{host}: {head}");
    assert!(head.contains("\r\nsandbox-request-id: ctl-"), "{head}");
    for never in ["content-length", "transfer-encoding"] {
        assert!(!head.contains(never), "an answer to CONNECT has no body: {head}");
    }
    socket
}

#[test]
fn a_tunnel_to_the_test_host_ends_in_the_sandbox() {
    let sandbox = Sandbox::start();
    for (host, name) in [
        ("apitest.vipps.no:443", "apitest.vipps.no"),
        ("APITEST.vipps.no:8443", "apitest.vipps.no"),
        ("localhost:8478", "localhost"),
        ("127.0.0.1:443", "127.0.0.1"),
        ("[::1]:443", "::1"),
        ("127.7.7.7:443", "127.7.7.7"),
        ("host.docker.internal:443", "host.docker.internal"),
    ] {
        let stream = shake(tunnel(sandbox.address(), host), &sandbox.ca_pem(), name);
        assert_is_alive(&mut stream.unwrap_or_else(|error| panic!("{host}: {error}")));
    }
}

#[test]
fn what_is_sent_behind_the_request_for_a_tunnel_is_not_lost() {
    let sandbox = Sandbox::start();
    let name = ServerName::try_from("apitest.vipps.no").expect("a name");
    let mut client = ClientConnection::new(Arc::new(trusting(&sandbox.ca_pem())), name).expect("a client");
    let mut early = ask("apitest.vipps.no:443").into_bytes();
    client.write_tls(&mut early).expect("a hello");
    for split in [early.len(), early.len() - 1, early.len() - 100] {
        let mut socket = connect(sandbox.address());
        socket.set_nodelay(true).expect("sockets can be told to send at once");
        socket.write_all(&early[..split]).expect("it takes a request");
        assert!(read_head(&mut socket).starts_with("HTTP/1.1 200 OK\r\n"));
        socket.write_all(&early[split..]).expect("it takes the rest");
        if split == early.len() - 100 {
            client.complete_io(&mut socket).expect("a handshake");
            return assert_is_alive(&mut StreamOwned::new(client, socket));
        }
        let mut answer = [0; 1];
        assert_eq!(socket.read(&mut answer).expect("a hello of the server's"), 1);
        assert_eq!(answer, [0x16]);
    }
}

#[test]
fn a_tunnel_can_do_without_tls() {
    let sandbox = Sandbox::start();
    assert_is_alive(&mut tunnel(sandbox.address(), "apitest.vipps.no:80"));
    let mut early = connect(sandbox.address());
    let answer = exchange(&mut early, &(ask("apitest.vipps.no:80") + LIVEZ));
    assert_eq!(answer.matches("HTTP/1.1 200 OK\r\n").count(), 2, "{answer}");
}

#[test]
fn every_other_host_is_refused_and_told_why() {
    let sandbox = Sandbox::start();
    let mut connection = Connection::open(sandbox.address());
    for (host, reason) in [
        ("api.vipps.no:443", "production environment of Vipps MobilePay"),
        ("pay.vipps.no:443", "production environment of Vipps MobilePay"),
        ("example.com:443", "NO_PROXY"),
        ("database:5432", "NO_PROXY"),
        ("10.9.8.7:443", "NO_PROXY"),
    ] {
        connection.send(ask(host));
        let answer = connection.answer();
        assert_eq!((answer.status, answer.header("Content-Type")), (403, Some("application/problem+json")));
        assert!(answer.body.starts_with(r#"{"type":"about:blank","title":"Not passed on","status":403,"#));
        let problem = answer.json();
        assert_eq!((&problem["status"], &problem["host"]), (&403.into(), &host.into()), "{problem}");
        let detail = problem["detail"].as_str().unwrap_or_default();
        let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
        assert!(detail.contains(name) && detail.contains(reason), "{detail}");
    }
    connection.send("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assert_eq!(connection.answer().status, 200, "the connection goes on");
}

#[test]
fn a_tunnel_does_not_begin_within_another_nor_within_tls() {
    let sandbox = Sandbox::builder().tls().start();
    for socket in [connect(super::address(&sandbox)), tunnel(sandbox.address(), "apitest.vipps.no:443")] {
        let mut stream = shake(socket, &sandbox.ca_pem(), "apitest.vipps.no").expect("a handshake");
        stream.write_all(ask("apitest.vipps.no:443").as_bytes()).expect("it takes a request");
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).expect("it answers");
        assert_eq!(&answer, b"HTTP/1.1 403");
    }
}

#[test]
fn a_handshake_for_another_name_is_refused_in_a_tunnel_too() {
    let sandbox = Sandbox::start();
    let socket = tunnel(sandbox.address(), "apitest.vipps.no:443");
    let error = shake(socket, &sandbox.ca_pem(), "api.vipps.no").expect_err("production");
    assert!(error.to_string().contains("UnrecognisedName"), "{error}");
}

#[test]
fn requests_that_name_the_test_host_are_answered_and_others_refused() {
    let sandbox = Sandbox::start();
    let at = |host: &str| get(MSN, "absolute-0001").replace("GET /", &format!("GET http://{host}/"));
    for host in ["apitest.vipps.no", "apitest.vipps.no:80", "127.0.0.1:8477", "LOCALHOST:1"] {
        let answer = call(sandbox.address(), at(host));
        assert_eq!(answer.status, 404, "{host}: there is no such payment");
        assert!(answer.body.contains("5090"), "{answer:?}");
    }
    let own = format!("epayment:{}", sandbox.address().port());
    assert_eq!(call(sandbox.address(), at(&own)).status, 404, "a service that is named in full");
    let kept = sandbox.requests().count();
    for host in ["api.vipps.no", "example.com", "10.9.8.7", "shop:3000"] {
        let answer = call(sandbox.address(), at(host));
        assert_eq!((answer.status, answer.json()["host"].clone()), (403, host.into()), "{answer:?}");
    }
    assert_eq!(sandbox.requests().count(), kept, "what is for others is no call of the emulated API");
}

#[test]
fn a_fault_breaks_a_connection_with_tls_too() {
    let sandbox = Sandbox::start();
    for (fault, expected) in [("EMPTY_RESPONSE", "Ok(0)"), ("CONNECTION_RESET_BY_PEER", "ConnectionReset")] {
        let body = format!(r#"{{"then": {{"fault": "{fault}"}}}}"#);
        assert_eq!(control(sandbox.address(), "POST", "/_sandbox/faults", &body).status, 201);
        let socket = tunnel(sandbox.address(), "apitest.vipps.no:443");
        let mut stream = shake(socket, &sandbox.ca_pem(), "apitest.vipps.no").expect("a handshake");
        stream.write_all(get(MSN, "nobody-0001").as_bytes()).expect("it takes a request");
        let ended = format!("{:?}", stream.read(&mut [0; 16]).map_err(|error| error.kind()));
        assert!(ended.contains(expected), "{fault}: {ended}");
    }
}

#[test]
fn tunnels_do_not_hold_up_the_end() {
    let running =
        Running::start_command(&mut program(&["--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0"]));
    let ca = control(running.address, "GET", "/_sandbox/ca.pem", "").body;
    let half = tunnel(running.address, "apitest.vipps.no:443");
    let silent = connect(running.tls_address.expect("it listens with TLS"));
    let mut idle =
        shake(tunnel(running.address, "apitest.vipps.no:443"), &ca, "apitest.vipps.no").expect("a handshake");
    idle.write_all(b"GET /livez HTTP/1.1\r\nHost: x\r\n\r\n").expect("it takes a request");
    assert!(idle.read(&mut [0; 512]).is_ok_and(|count| count > 0));
    assert_eq!(running.stop().code, Some(0));
    for mut socket in [half, silent, idle.sock] {
        socket.set_read_timeout(Some(PATIENCE)).expect("sockets have timeouts");
        let mut rest = Vec::new();
        let ended = socket.read_to_end(&mut rest);
        assert!(
            ended.as_ref().map_or_else(|error| error.kind() == std::io::ErrorKind::ConnectionReset, |_| true),
            "{ended:?}"
        );
    }
}
