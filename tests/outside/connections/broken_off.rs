//! Clients that give up.

use super::{Bystander, chunked, create_head};
use crate::support::{MSN, call, create, create_body, request};

#[test]
fn a_body_that_breaks_off_makes_no_payment() {
    let bystander = Bystander::new();
    let whole = create(MSN, "broken-0001");
    let head = whole.len() - create_body("broken-0001").len();
    for length in [head, head + 1, head + 50, whole.len() - 1] {
        let mut connection = bystander.connect();
        connection.send(&whole[..length]);
        connection.end();
        if let Some(answer) = connection.try_answer() {
            assert!((400..500).contains(&answer.status), "{answer:?}");
        }
        assert!(connection.is_closed());
        bystander.never_heard_of("broken-0001");
    }
    let chunks = chunked(&create_body("broken-0001"), 50);
    let in_chunks = format!("{}Transfer-Encoding: chunked\r\n\r\n{chunks}", create_head("broken-0001"));
    for missing in [2, 5, 60] {
        let mut connection = bystander.connect();
        connection.send(&in_chunks[..in_chunks.len() - missing]);
        connection.end();
        if let Some(answer) = connection.try_answer() {
            assert!((400..500).contains(&answer.status), "{answer:?}");
        }
        bystander.never_heard_of("broken-0001");
    }
    bystander.is_unharmed();
    assert_eq!(call(bystander.address(), whole).status, 201, "the key is not used up");
}

#[test]
fn a_client_that_disconnects_in_mid_request_harms_nobody() {
    let bystander = Bystander::new();
    let whole = create(MSN, "vanished-0001");
    for length in (0..whole.len()).step_by(23) {
        let mut connection = bystander.connect();
        connection.send(&whole[..length]);
    }
    let mut connection = bystander.connect();
    connection.send(request(
        "GET",
        "/_sandbox/payments/123456/nobody-0001/wait?state=CREATED&timeout=5m",
        &[],
        "",
    ));
    drop(connection);
    bystander.never_heard_of("vanished-0001");
    bystander.is_unharmed();
    assert_eq!(call(bystander.address(), whole).status, 201);
}
