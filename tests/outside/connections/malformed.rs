//! Requests that are not quite HTTP.

use super::{Bystander, READYZ, create_head};
use crate::support::{MSN, call, create, create_body, get};

#[test]
fn a_length_that_is_none_is_refused() {
    let bystander = Bystander::new();
    let body = create_body("length-0001");
    let length = body.len();
    for lengths in [
        "Content-Length: many".to_owned(),
        "Content-Length: -1".to_owned(),
        format!("Content-Length: +{length}"),
        "Content-Length: ".to_owned(),
        format!("Content-Length: {length}.0"),
        format!("Content-Length: 0x{length:x}"),
        "Content-Length: 99999999999999999999".to_owned(),
        format!("Content-Length: {length}, {}", length + 1),
        format!("Content-Length: {length}\r\nContent-Length: {}", length + 1),
        "Transfer-Encoding: identity".to_owned(),
        "Transfer-Encoding: chunked, gzip".to_owned(),
    ] {
        let mut connection = bystander.connect();
        connection.send(format!("{}{lengths}\r\n\r\n{body}", create_head("length-0001")));
        assert_eq!(connection.answer().status, 400, "{lengths}");
        assert!(connection.is_closed(), "{lengths}");
        bystander.never_heard_of("length-0001");
    }
    bystander.is_unharmed();
}

#[test]
fn a_request_with_two_lengths_hides_no_second_request() {
    let bystander = Bystander::new();
    let head = create_head("outer-0001");
    let hidden = create(MSN, "hidden-0001");
    for lengths in [
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
    ] {
        let mut connection = bystander.connect();
        connection.send(format!("{head}{lengths}\r\n0\r\n\r\n{hidden}"));
        let status = connection.answer().status;
        assert!((400..500).contains(&status), "{status}");
        assert!(connection.is_closed(), "what follows must not be taken for a request");
        bystander.never_heard_of("hidden-0001");
    }
    bystander.is_unharmed();
}

#[test]
fn a_body_whose_chunks_make_no_sense_makes_no_payment() {
    let bystander = Bystander::new();
    let body = create_body("garbled-0001");
    let length = body.len();
    for chunks in [
        format!("zz\r\n{body}\r\n0\r\n\r\n"),
        format!("-{length:x}\r\n{body}\r\n0\r\n\r\n"),
        format!("{:x}\r\n{body}\r\n0\r\n\r\n", length - 1),
        format!("{length:x}\n\n{body}\r\n0\r\n\r\n"),
        format!("fffffffffffffffff\r\n{body}\r\n0\r\n\r\n"),
    ] {
        let mut connection = bystander.connect();
        connection.send(format!("{}Transfer-Encoding: chunked\r\n\r\n{chunks}", create_head("garbled-0001")));
        connection.end();
        if let Some(answer) = connection.try_answer() {
            assert!((400..500).contains(&answer.status), "{chunks}\n{answer:?}");
        }
        assert!(connection.is_closed(), "{chunks}");
        bystander.never_heard_of("garbled-0001");
    }
    bystander.is_unharmed();
}

#[test]
fn what_is_no_http_is_refused_or_hung_up_on() {
    let bystander = Bystander::new();
    let tls_hello = b"\x16\x03\x01\x00\xf8\x01\x00\x00\xf4\x03\x03\x9a\x00\xff\x10\x13\x02\r\n\r\n";
    for garbage in [
        &b"hello?\r\n\r\n"[..],
        tls_hello,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.6\r\n\r\n",
        b"\0\0\0\0\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET  / HTTP/1.1\r\n\r\n",
        b"G\xc3\x85 / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHo st: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\n: empty\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: nul\0\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: folded\r\n  line\r\n\r\n",
    ] {
        let shown = String::from_utf8_lossy(garbage);
        let mut connection = bystander.connect();
        connection.send(garbage);
        connection.end();
        if let Some(answer) = connection.try_answer() {
            assert!((400..500).contains(&answer.status), "{shown:?} {answer:?}");
        }
        assert!(connection.is_closed(), "{shown:?}");
    }
    bystander.is_unharmed();
}

#[test]
fn headers_need_not_be_ascii() {
    let bystander = Bystander::new();
    let mut connection = bystander.connect();
    for value in [&b"bl\xc3\xa5b\xc3\xa6r"[..], b"\xff\xfe", b"\x80", "日本語".as_bytes()] {
        let mut bytes = READYZ.trim_end().as_bytes().to_vec();
        bytes.extend_from_slice(b"\r\nX-Odd: ");
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\nVipps-System-Name: ");
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n\r\n");
        connection.send(bytes);
        assert_eq!(connection.answer().status, 200, "{value:?}");
    }
    bystander.is_unharmed();
}

#[test]
fn a_header_that_is_no_text_is_refused_where_it_matters() {
    let bystander = Bystander::new();
    let good = get(MSN, "bystander-0001");
    let create = create(MSN, "odd-header-0001");
    for (request, value, status) in [
        (&good, "subscription-key", 401),
        (&good, "Bearer some-token", 401),
        (&good, "123456", 400),
        (&create, "odd-header-0001\r\nContent-Length", 400),
    ] {
        let (before, after) = request.split_once(value).expect("the header is there");
        let mut bytes = before.as_bytes().to_vec();
        bytes.extend_from_slice(b"\xff\xfe");
        if value.contains("\r\n") {
            bytes.extend_from_slice(b"\r\nContent-Length");
        }
        bytes.extend_from_slice(after.as_bytes());
        let answer = call(bystander.address(), bytes);
        assert_eq!(answer.status, status, "{value} {answer:?}");
    }
    bystander.never_heard_of("odd-header-0001");
    bystander.is_unharmed();
}
