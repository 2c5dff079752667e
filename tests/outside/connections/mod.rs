//! What happens on the wire: connections that are kept, shared, broken off and abused.

mod broken_off;
mod faults;
mod garbage;
mod limits;
mod malformed;
mod slow;
mod used;

use std::net::SocketAddr;

use epayment_sandbox::Sandbox;

use crate::support::{Answer, Connection, MSN, api_headers, call, control, create, request};

/// A sandbox with a payment in it, which no abuse of the sandbox may change.
struct Bystander {
    sandbox: Sandbox,
    before: Answer,
}

impl Bystander {
    fn new() -> Self {
        let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
        assert_eq!(call(sandbox.address(), create(MSN, "bystander-0001")).status, 201);
        sandbox.approve("bystander-0001").expect("it waits for its customer");
        let before = events(sandbox.address());
        assert_eq!(before.status, 200);
        Self { sandbox, before }
    }

    fn address(&self) -> SocketAddr {
        self.sandbox.address()
    }

    fn connect(&self) -> Connection {
        Connection::open(self.address())
    }

    /// Expects that the sandbox answers, and that nothing has happened to the payment.
    #[track_caller]
    fn is_unharmed(&self) {
        assert_eq!(control(self.address(), "GET", "/readyz", "").status, 200);
        let now = events(self.address());
        assert_eq!((now.status, &now.body), (200, &self.before.body));
        assert_eq!(self.sandbox.payment("bystander-0001").expect("it is kept").totals.captured, 0);
    }

    /// Expects that there is no payment of this reference.
    #[track_caller]
    fn never_heard_of(&self, reference: &str) {
        assert!(self.sandbox.payment(reference).is_none(), "{reference}");
    }
}

fn events(address: SocketAddr) -> Answer {
    let target = "/epayment/v1/payments/bystander-0001/events";
    call(address, request("GET", target, &api_headers(MSN, ""), ""))
}

const READYZ: &str = "GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n";

/// Writes the head of a create request without the length of its body.
fn create_head(reference: &str) -> String {
    create(MSN, reference).split("Content-Length").next().unwrap_or_default().to_owned()
}

/// Writes a body in chunks of this many bytes.
fn chunked(body: &str, size: usize) -> String {
    let chunks = body.as_bytes().chunks(size).map(String::from_utf8_lossy);
    let chunks: Vec<_> = chunks.map(|chunk| format!("{:x}\r\n{chunk}\r\n", chunk.len())).collect();
    chunks.concat() + "0\r\n\r\n"
}
