//! Clients that take their time.

use std::net::SocketAddr;
use std::thread;
use std::time::Duration;

use super::{Bystander, READYZ, create_head};
use crate::support::{Connection, MSN, create};

const ADVANCE: &str =
    "POST /_sandbox/clock/advance HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n";

/// How long a slow client is waited for. The sandbox looks after connections every 5 seconds and gives a body 10.
const LIMIT: Duration = Duration::from_secs(15);

/// Expects that the sandbox has refused what a connection sends, or has hung up.
fn expect_end(connection: &mut Connection, what: &str) {
    if let Some(answer) = connection.try_answer() {
        assert!(matches!(answer.status, 403 | 404 | 408), "{what:?} {answer:?}");
    }
    assert!(connection.is_closed(), "{what:?}");
}

/// Sends part of a request and then a byte every half second.
fn trickle(mut connection: Connection, start: &str) {
    const PAUSE: Duration = Duration::from_millis(500);
    connection.patience(PAUSE);
    connection.send(start);
    for _ in 0..LIMIT.as_millis() / PAUSE.as_millis() {
        connection.send("a");
        if !connection.is_quiet() {
            return expect_end(&mut connection, start);
        }
    }
    panic!("still connected: {start:?}");
}

/// Sends part of a request and then nothing.
fn stall(mut connection: Connection, start: &str) {
    connection.patience(LIMIT);
    connection.send(start);
    expect_end(&mut connection, start);
}

/// Sends a request in pieces with pauses that are no reason to cut anybody off.
fn dawdle(mut connection: Connection, whole: &str) {
    for piece in whole.as_bytes().chunks(whole.len() / 3 + 1) {
        connection.send(piece);
        thread::sleep(Duration::from_millis(1500));
    }
    assert_eq!(connection.answer().status, 201);
}

/// Does nothing between two requests for longer than a slow sender is given.
fn idle(mut connection: Connection, first: &str) {
    connection.send(first);
    assert!(connection.answer().status < 300, "{first}");
    thread::sleep(Duration::from_secs(11));
    connection.send(READYZ);
    assert_eq!(connection.answer().status, 200, "a connection may be idle between requests");
}

/// These clients are slow by the machine's own time, which no test can move. So they are slow side by side, and waiting
/// for all of them takes as long as waiting for one: some 12 seconds.
#[test]
fn slow_senders_are_cut_off_and_idle_clients_are_not() {
    let bystander = Bystander::new();
    let address = bystander.address();
    let head = create_head("slow-0001");
    let with_length = format!("{head}Content-Length: 1000\r\n\r\n");
    let in_chunks = format!("{head}Transfer-Encoding: chunked\r\n\r\n");
    let (dawdled, kept) = (create(MSN, "dawdle-0001"), create(MSN, "kept-0001"));
    let open = || Connection::open(address);
    thread::scope(|scope| {
        for start in ["", "GET /readyz HTTP/1.1\r\nX-Slow: ", &with_length, &format!("{in_chunks}3e8\r\n")] {
            let start = start.to_owned();
            scope.spawn(move || trickle(open(), &start));
        }
        scope.spawn(|| trickle(after_an_answer(address), "GET /"));
        for start in [
            "GET /readyz HTTP/1.1\r\nHost".to_owned(),
            head.clone(),
            with_length.clone(),
            format!("{with_length}{{"),
            format!("{in_chunks}5\r\n{{"),
            "POST /none HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n{".to_owned(),
            format!("{ADVANCE}{{\"by\":"),
            "POST /_sandbox/reset HTTP/1.1\r\nHost: a.example.com\r\nContent-Length: 9\r\n\r\n{".to_owned(),
        ] {
            scope.spawn(move || stall(open(), &start));
        }
        scope.spawn(|| stall(after_an_answer(address), "GET /"));
        scope.spawn(|| dawdle(open(), &dawdled));
        scope.spawn(|| idle(open(), READYZ));
        scope.spawn(|| idle(open(), &kept));
    });
    bystander.never_heard_of("slow-0001");
    bystander.is_unharmed();
}

/// Returns a connection that has been of use already.
fn after_an_answer(address: SocketAddr) -> Connection {
    let mut connection = Connection::open(address);
    connection.send(READYZ);
    assert_eq!(connection.answer().status, 200);
    connection
}
