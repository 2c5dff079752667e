//! How large a request may be.

use super::{Bystander, READYZ, chunked, create_head};
use crate::support::{MSN, api_headers, call, control, create_body, request};

#[test]
fn a_hundred_headers_are_taken_and_one_more_is_not() {
    let bystander = Bystander::new();
    let with_headers = |count: usize| {
        let more: Vec<_> = (1..count).map(|number| format!("X-Header-{number}: value\r\n")).collect();
        READYZ.replace("\r\n\r\n", &format!("\r\n{}\r\n", more.concat()))
    };
    assert_eq!(call(bystander.address(), with_headers(100)).status, 200);
    let mut connection = bystander.connect();
    connection.send(with_headers(101));
    assert_eq!(connection.answer().status, 431);
    assert!(connection.is_closed());
    bystander.is_unharmed();
}

#[test]
fn a_head_that_is_too_large_is_refused() {
    let bystander = Bystander::new();
    let with_bytes = |count: usize| {
        let name = format!("\r\nX-Large: {}\r\n\r\n", "x".repeat(count));
        READYZ.replace("\r\n\r\n", &name)
    };
    assert_eq!(call(bystander.address(), with_bytes(60 * 1024)).status, 200);
    for count in [256 * 1024, 4 * 1024 * 1024] {
        let mut connection = bystander.connect();
        connection.send(with_bytes(count));
        assert_eq!(connection.answer().status, 431, "{count}");
        assert!(connection.is_closed());
    }
    bystander.is_unharmed();
}

#[test]
fn a_request_target_that_is_too_long_is_refused() {
    let bystander = Bystander::new();
    for count in [66_000, 1_000_000] {
        let mut connection = bystander.connect();
        connection.send(request("GET", &format!("/{}", "x".repeat(count)), &[], ""));
        let status = connection.answer().status;
        assert!(matches!(status, 400 | 414 | 431), "{status}");
        assert!(connection.is_closed());
    }
    let long = format!("/epayment/v1/payments/{}", "x".repeat(30_000));
    assert_eq!(call(bystander.address(), request("GET", &long, &api_headers(MSN, ""), "")).status, 404);
    bystander.is_unharmed();
}

const LARGEST: usize = 1024 * 1024;

/// Makes a good create body of exactly this many bytes.
fn create_body_of(size: usize, reference: &str) -> String {
    let mut body = create_body(reference);
    body.push_str(&" ".repeat(size - body.len()));
    body
}

#[test]
fn a_body_of_1_mib_is_taken() {
    let bystander = Bystander::new();
    let mut connection = bystander.connect();
    let body = create_body_of(LARGEST, "large-0001");
    let headers = api_headers(MSN, "large-0001");
    connection.send(request("POST", "/epayment/v1/payments", &headers, &body));
    assert_eq!(connection.answer().status, 201);
    let body = create_body_of(LARGEST, "large-0002");
    connection.send(format!("{}Transfer-Encoding: chunked\r\n\r\n", create_head("large-0002")));
    connection.send(chunked(&body, 64 * 1024));
    assert_eq!(connection.answer().status, 201);
    let body = format!("{{{}}}", " ".repeat(LARGEST - 2));
    connection.send(request("PUT", "/_sandbox/clock", &[], &body));
    assert_eq!(connection.answer().status, 200);
    bystander.is_unharmed();
}

#[test]
fn a_body_of_more_than_1_mib_is_refused_and_the_connection_closed() {
    let bystander = Bystander::new();
    for size in [LARGEST + 1, 8 * LARGEST] {
        let body = create_body_of(size, "larger-0001");
        let headers = api_headers(MSN, "larger-0001");
        let head = create_head("larger-0001");
        for request in [
            request("POST", "/epayment/v1/payments", &headers, &body),
            format!("{head}Transfer-Encoding: chunked\r\n\r\n{}", chunked(&body, 64 * 1024)),
        ] {
            let mut connection = bystander.connect();
            connection.send(request);
            let answer = connection.answer();
            assert_eq!(answer.status, 413, "{size}");
            assert!(answer.body.contains("1048576"), "{answer:?}");
            assert!(connection.is_closed(), "{size}");
        }
        bystander.never_heard_of("larger-0001");
        let answer = control(bystander.address(), "PUT", "/_sandbox/clock", &format!("{{{}}}", &body[2..]));
        assert_eq!(answer.status, 413, "{size}");
    }
    bystander.is_unharmed();
}
