//! Connections that end badly because they were asked to, and answers that are late.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use super::Bystander;
use crate::support::{Connection, MSN, PATIENCE, Running, api_headers, call, control, create, get, request};

/// Makes a fault.
fn fault(address: std::net::SocketAddr, body: &str) {
    assert_eq!(control(address, "POST", "/_sandbox/faults", body).status, 201, "{body}");
}

/// Sends a request on a connection that has been used before; returns what comes, and how it ends.
fn ending(bystander: &Bystander, request: &str) -> (Vec<u8>, Result<(), ErrorKind>) {
    let mut stream = TcpStream::connect(bystander.address()).expect("it takes connections");
    stream.set_read_timeout(Some(PATIENCE)).expect("sockets have timeouts");
    stream.write_all(super::READYZ.as_bytes()).expect("it takes a request");
    let mut answer = [0; 4096];
    let count = stream.read(&mut answer).expect("it answers");
    assert!(answer[..count].starts_with(b"HTTP/1.1 200 OK\r\n"));
    stream.write_all(request.as_bytes()).expect("it takes another");
    let mut received = Vec::new();
    let end = stream.read_to_end(&mut received).map(|_| ()).map_err(|error| error.kind());
    (received, end)
}

#[test]
fn a_connection_ends_as_its_fault_says() {
    let bystander = Bystander::new();
    let ask = |word: &str| {
        fault(
            bystander.address(),
            &format!(r#"{{"match":{{"operation":"get"}},"then":{{"fault":"{word}"}}}}"#),
        );
        ending(&bystander, &get(MSN, "bystander-0001"))
    };
    assert_eq!(ask("CONNECTION_RESET_BY_PEER"), (vec![], Err(ErrorKind::ConnectionReset)));
    assert_eq!(ask("EMPTY_RESPONSE"), (vec![], Ok(())));

    let (received, end) = ask("MALFORMED_RESPONSE_CHUNK");
    assert_eq!(end, Ok(()));
    let split = received.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
    let head = String::from_utf8(received[..split].to_vec()).expect("a head is text");
    assert!(head.starts_with("HTTP/1.1 200 OK\r\n"), "{head}");
    for header in ["content-type: application/json", "transfer-encoding: chunked", "sandbox-request-id: req-"]
    {
        assert!(head.contains(&format!("\r\n{header}")), "{head}");
    }
    assert!(!head.contains("content-length"), "{head}");
    let noise = &received[split..];
    assert!(noise.len() > 10 && !noise[0].is_ascii_hexdigit(), "no chunk begins so: {noise:?}");

    let (received, end) = ask("RANDOM_DATA_THEN_CLOSE");
    assert_eq!(end, Ok(()));
    assert!(received.len() > 10 && !received.starts_with(b"HTTP/"), "{received:?}");
    bystander.is_unharmed();
}

#[test]
fn noise_repeats_with_the_seed() {
    let noise = |seed: u64| {
        let sandbox = epayment_sandbox::Sandbox::builder().seed(seed).start();
        fault(sandbox.address(), r#"{"then":{"fault":"RANDOM_DATA_THEN_CLOSE"}}"#);
        let mut stream = TcpStream::connect(sandbox.address()).expect("it takes connections");
        stream.set_read_timeout(Some(PATIENCE)).expect("sockets have timeouts");
        stream.write_all(get(MSN, "nobody-0001").as_bytes()).expect("it takes a request");
        let mut received = Vec::new();
        stream.read_to_end(&mut received).expect("it closes");
        received
    };
    assert_eq!(noise(7), noise(7));
    assert_ne!(noise(7), noise(8));
}

#[test]
fn a_lost_answer_to_a_committed_create_is_found_by_its_retry() {
    let bystander = Bystander::new();
    let fault_body =
        r#"{"match":{"operation":"create"},"then":{"fault":"CONNECTION_RESET_BY_PEER"},"commit":true}"#;
    fault(bystander.address(), fault_body);
    let create = create(MSN, "lost-0001");
    assert_eq!(ending(&bystander, &create), (vec![], Err(ErrorKind::ConnectionReset)));
    assert!(bystander.sandbox.payment("lost-0001").is_some());
    assert_eq!(call(bystander.address(), create).status, 201);
    bystander.is_unharmed();
}

#[test]
fn a_header_breaks_one_answer() {
    let bystander = Bystander::new();
    let mut headers = api_headers(MSN, "").to_vec();
    headers.push(("Sandbox-Fault", "fault=EMPTY_RESPONSE"));
    let request = request("GET", "/epayment/v1/payments/bystander-0001", &headers, "");
    assert_eq!(ending(&bystander, &request), (vec![], Ok(())));
    bystander.is_unharmed();
}

#[test]
fn a_client_that_gives_up_on_a_late_answer_changes_nothing() {
    let bystander = Bystander::new();
    fault(bystander.address(), r#"{"match":{"operation":"create"},"then":{"delay":"1h"}}"#);
    let mut connection = bystander.connect();
    connection.send(create(MSN, "given-up-0001"));
    struck(bystander.address());
    drop(connection);
    bystander.never_heard_of("given-up-0001");
    assert_eq!(call(bystander.address(), create(MSN, "given-up-0001")).status, 201);
    bystander.is_unharmed();
}

/// Waits until a call has been struck by the first fault.
fn struck(address: std::net::SocketAddr) {
    let acted = || control(address, "GET", "/_sandbox/faults", "").json()["faults"][0]["acted"] == 1;
    while !acted() {
        std::thread::yield_now();
    }
}

#[test]
fn a_late_answer_comes_at_once_when_the_sandbox_stops() {
    let running = Running::start(&[]);
    assert_eq!(call(running.address, create(MSN, "stopping-0001")).status, 201);
    fault(running.address, r#"{"match":{"operation":"get"},"then":{"delay":"1h"}}"#);
    let mut late = Connection::open(running.address);
    late.send(get(MSN, "stopping-0001"));
    struck(running.address);
    assert_eq!(call(running.address, get(MSN, "stopping-0001")).status, 200, "others are answered meanwhile");
    late.patience(Duration::from_millis(1));
    assert!(late.is_quiet());
    late.patience(PATIENCE);
    let finished = running.stop();
    let answer = late.answer();
    assert_eq!((answer.status, answer.header("Connection")), (200, Some("close")));
    assert_eq!(finished.code, Some(0), "{finished:?}");
}
