//! Connections that are used as they should be.

use std::thread;

use super::{Bystander, READYZ, chunked, create_head};
use crate::support::{MSN, api_headers, create, create_body, get, request};

#[test]
fn a_connection_serves_request_after_request() {
    let bystander = Bystander::new();
    let mut connection = bystander.connect();
    for number in 0..50 {
        let reference = format!("kept-{number:04}");
        connection.send(create(MSN, &reference));
        assert_eq!(connection.answer().status, 201);
        connection.send(get(MSN, &reference));
        assert_eq!(connection.answer().json()["reference"], reference.as_str());
        connection.send(get(MSN, "nobody-0001"));
        assert_eq!(connection.answer().status, 404);
        connection.send(READYZ);
        assert_eq!(connection.answer().status, 200);
    }
    bystander.is_unharmed();
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let bystander = Bystander::new();
    let mut connection = bystander.connect();
    let mut batch = String::new();
    for number in 0..20 {
        let reference = format!("piped-{number:04}");
        batch += &create(MSN, &reference);
        batch += &get(MSN, &reference);
        batch += READYZ;
    }
    connection.send(batch);
    for number in 0..20 {
        let reference = format!("piped-{number:04}");
        assert_eq!(connection.answer().status, 201, "{reference}");
        assert_eq!(connection.answer().json()["reference"], reference.as_str());
        assert_eq!(connection.answer().json()["status"], "ok");
    }
    bystander.is_unharmed();
}

#[test]
fn every_answer_names_the_version_and_a_request_of_its_own() {
    let bystander = Bystander::new();
    let mut connection = bystander.connect();
    let mut ids = Vec::new();
    for request in
        [create(MSN, "named-0001"), get(MSN, "nobody-0001"), READYZ.into(), request("GET", "/none", &[], "")]
    {
        connection.send(request);
        let answer = connection.answer();
        assert_eq!(answer.header("Sandbox-Version"), Some(env!("CARGO_PKG_VERSION")));
        ids.push(answer.header("Sandbox-Request-Id").expect("every answer has an id").to_owned());
    }
    let count = ids.len();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), count, "{ids:?}");
}

#[test]
fn a_body_in_chunks_is_a_body() {
    let bystander = Bystander::new();
    let mut connection = bystander.connect();
    for (number, size) in [1, 7, 100, 100_000].into_iter().enumerate() {
        let reference = format!("chunked-{number:04}");
        let head = create_head(&reference);
        connection.send(format!(
            "{head}Transfer-Encoding: chunked\r\n\r\n{}",
            chunked(&create_body(&reference), size)
        ));
        assert_eq!(connection.answer().status, 201, "chunks of {size}");
        assert!(bystander.sandbox.payment(&reference).is_some());
    }
    let body = create_body("chunked-0009");
    let odd = format!("{:X};name=value\r\n{body}\r\n0\r\nTrailer: x\r\n\r\n", body.len());
    connection.send(format!("{}Transfer-Encoding: chunked\r\n\r\n{odd}", create_head("chunked-0009")));
    assert_eq!(connection.answer().status, 201);
    connection.send("PUT /_sandbox/clock HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
    connection.send(chunked(r#"{"now":"2026-11-20T09:01:00Z"}"#, 5));
    assert_eq!(connection.answer().json()["now"], "2026-11-20T09:01:00.000Z");
    bystander.is_unharmed();
}

#[test]
fn a_body_that_comes_piece_by_piece_is_a_body() {
    let bystander = Bystander::new();
    let mut connection = bystander.connect();
    let whole = create(MSN, "pieces-0001");
    for piece in whole.as_bytes().chunks(60) {
        connection.send(piece);
        thread::yield_now();
    }
    assert_eq!(connection.answer().status, 201);
    bystander.is_unharmed();
}

#[test]
fn a_client_that_asks_whether_to_go_on_is_told() {
    let bystander = Bystander::new();
    let mut connection = bystander.connect();
    let body = create_body("expects-0001");
    let head = create_head("expects-0001");
    connection.send(format!("{head}Expect: 100-continue\r\nContent-Length: {}\r\n\r\n", body.len()));
    assert_eq!(connection.answer().status, 100);
    bystander.never_heard_of("expects-0001");
    connection.send(body);
    assert_eq!(connection.answer().status, 201);
    connection.send(READYZ);
    assert_eq!(connection.answer().status, 200);

    connection.send(format!("{head}Expect: 100-continue\r\nContent-Length: 1048577\r\n\r\n"));
    assert_eq!(connection.answer().status, 413, "a body that is too large need not be sent");
    assert!(connection.is_closed());
    bystander.is_unharmed();
}

#[test]
fn connection_close_closes() {
    let bystander = Bystander::new();
    for target in ["/readyz", "/epayment/v1/payments/bystander-0001", "/none"] {
        let mut headers = api_headers(MSN, "").to_vec();
        headers.push(("Connection", "close"));
        let mut connection = bystander.connect();
        connection.send(request("GET", target, &headers, ""));
        assert_eq!(connection.answer().header("Connection"), Some("close"), "{target}");
        assert!(connection.is_closed(), "{target}");
    }
}

#[test]
fn http_1_0_is_answered_and_closed() {
    let bystander = Bystander::new();
    let mut connection = bystander.connect();
    connection.send("GET /readyz HTTP/1.0\r\n\r\n");
    assert_eq!(connection.answer().status, 200);
    assert!(connection.is_closed());

    let mut connection = bystander.connect();
    connection.send(create(MSN, "older-0001").replace("HTTP/1.1", "HTTP/1.0"));
    assert_eq!(connection.answer().status, 201);
    assert!(connection.is_closed());

    let mut connection = bystander.connect();
    for _ in 0..3 {
        connection.send("GET /readyz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
        assert_eq!(connection.answer().status, 200);
    }
    bystander.is_unharmed();
}

#[test]
fn a_request_target_may_be_a_whole_url() {
    let bystander = Bystander::new();
    let mut connection = bystander.connect();
    let absolute = |request: String| {
        let (method, rest) = request.split_once(' ').expect("a request line");
        format!("{method} http://localhost:8477{rest}")
    };
    for (request, status) in [
        (READYZ.to_owned(), 200),
        (get(MSN, "bystander-0001"), 200),
        (create(MSN, "absolute-0001"), 201),
        (request("GET", "/_sandbox/health", &[], ""), 200),
        (request("GET", "/none", &[], ""), 404),
    ] {
        connection.send(absolute(request));
        assert_eq!(connection.answer().status, status);
    }
    assert!(bystander.sandbox.payment("absolute-0001").is_some());
    bystander.is_unharmed();
}

#[test]
fn head_has_no_body() {
    let bystander = Bystander::new();
    let mut connection = bystander.connect();
    for (target, status) in [
        ("/readyz", 200),
        ("/livez", 200),
        ("/_sandbox/health", 200),
        ("/_sandbox/none", 404),
        ("/epayment/v1/payments/bystander-0001", 404),
        ("/none", 404),
    ] {
        connection.send(request("HEAD", target, &api_headers(MSN, ""), ""));
        let answer = connection.answer_to_head();
        assert_eq!(answer.status, status, "{target}");
        connection.send(READYZ);
        // Had there been a body, it would be taken for the head of this answer.
        assert_eq!(connection.answer().json()["status"], "ok", "{target}");
    }
}

#[test]
fn two_hundred_connections_at_once_are_all_served() {
    let bystander = Bystander::new();
    let mut connections: Vec<_> = (0..200).map(|_| bystander.connect()).collect();
    for (number, connection) in connections.iter_mut().enumerate() {
        connection.send(create(MSN, &format!("crowd-{number:04}")));
    }
    for connection in &mut connections {
        assert_eq!(connection.answer().status, 201);
    }
    for (number, connection) in connections.iter_mut().enumerate().rev() {
        connection.send(get(MSN, &format!("crowd-{number:04}")));
        assert_eq!(connection.answer().status, 200);
    }
    bystander.is_unharmed();
}
