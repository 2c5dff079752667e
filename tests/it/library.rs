//! The library's face: start, drive, drop.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use epayment_sandbox::domain::fault::Fault;
use epayment_sandbox::domain::operation::Operation;
use epayment_sandbox::domain::payment::{Phase, State};
use epayment_sandbox::domain::user::Behaviour;
use epayment_sandbox::{Sandbox, SandboxError};

use crate::api::Merchant;

/// Asks over a real socket.
fn status_of(sandbox: &Sandbox, path: &str) -> String {
    let mut socket = TcpStream::connect(sandbox.address()).expect("the sandbox listens");
    write!(socket, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        .expect("it takes a request");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("it answers");
    answer.lines().next().unwrap_or_default().to_owned()
}

#[test]
fn a_sandbox_is_ready_when_start_returns() {
    let sandbox = Sandbox::start();
    assert_eq!(status_of(&sandbox, "/readyz"), "HTTP/1.1 200 OK");
    assert_eq!(sandbox.url(), format!("http://{}", sandbox.address()));
}

#[test]
fn two_sandboxes_share_nothing() {
    let (one, other) = (Sandbox::start(), Sandbox::start());
    Merchant::new(&one).created("only-in-one-1", 1000);
    assert!(one.payment("only-in-one-1").is_some());
    assert!(other.payment("only-in-one-1").is_none());
}

#[test]
fn dropping_a_sandbox_closes_its_port() {
    let sandbox = Sandbox::start();
    let address = sandbox.address();
    drop(sandbox);
    assert!(TcpStream::connect(address).is_err());
}

#[tokio::test]
async fn a_sandbox_works_inside_another_runtime() {
    let sandbox = Sandbox::start();
    assert_eq!(status_of(&sandbox, "/livez"), "HTTP/1.1 200 OK");
    drop(sandbox);
}

#[test]
fn the_customer_and_the_clock_do_as_they_are_told() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    let shop = Merchant::new(&sandbox);
    for reference in ["library-pay-1", "library-pay-2", "library-pay-3"] {
        shop.created(reference, 1000);
    }
    sandbox.approve("library-pay-1").expect("it waits for the customer");
    sandbox.reject("library-pay-2").expect("it waits for the customer");
    let fired = sandbox.advance(Duration::from_secs(600));
    assert_eq!(fired.len(), 1, "the third payment expires");
    assert_eq!(fired[0].reference.as_deref(), Some("library-pay-3"));
    let phase = |reference: &str| sandbox.payment(reference).expect("it exists").phase;
    assert_eq!(phase("library-pay-1"), Phase::Authorized);
    assert_eq!(phase("library-pay-2"), Phase::Aborted);
    assert_eq!(phase("library-pay-3"), Phase::Expired);
    let fired = sandbox.advance_to_next().expect("the capture deadline");
    assert_eq!(fired[0].at.to_string(), "2027-05-19T09:00:00.000Z");
    let released = sandbox.payment("library-pay-1").expect("it exists");
    assert_eq!(
        (released.state, released.totals.cancelled, released.events.len()),
        (State::Authorized, 1000, 3)
    );
    assert!(sandbox.advance_to_next().is_err());
}

#[test]
fn a_fault_can_be_made_without_the_control_api() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    shop.authorized("library-fault-1", 1000);
    let effect = "error=6280, commit".parse().expect("an effect");
    let fault = Fault::new(effect).on(Operation::Capture).times(1);
    assert_eq!(sandbox.fault(fault).as_deref(), Ok("fault-1"));
    assert_eq!(shop.modify("capture", "library-fault-1", "key", 400).code(), Some(6280));
    assert_eq!(sandbox.payment("library-fault-1").expect("it exists").totals.captured, 400);
}

#[test]
fn what_cannot_be_done_is_said() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    shop.created("library-151", 151);
    let refusal = |result: Result<(), SandboxError>| result.expect_err("it cannot be done").to_string();
    assert_eq!(
        refusal(sandbox.approve("nowhere")),
        "sales unit 123456 has no payment with the reference nowhere"
    );
    assert_eq!(
        refusal(sandbox.approve("library-151")),
        "Declined: insufficient funds (test amount 151). The customer can try again or reject."
    );
    sandbox.reject("library-151").expect("the customer may still reject");
    assert_eq!(
        refusal(sandbox.reject("library-151")),
        "The payment is ABORTED: it no longer waits for the customer."
    );
    assert!(sandbox.unit("654321").payment("library-151").is_none());
}

#[test]
fn unscripted_customers_follow_the_setting() {
    let sandbox = Sandbox::builder()
        .frozen_at("2026-11-20T09:00:00Z")
        .customer(Behaviour::Approve, Duration::from_secs(2))
        .start();
    let shop = Merchant::new(&sandbox);
    shop.created("scripted-by-all", 1000);
    assert_eq!(sandbox.payment("scripted-by-all").expect("it exists").state, State::Created);
    sandbox.advance(Duration::from_secs(2));
    let payment = sandbox.payment("scripted-by-all").expect("it exists");
    assert_eq!(
        (payment.state, payment.events[1].at.to_string().as_str()),
        (State::Authorized, "2026-11-20T09:00:02.000Z")
    );
}

#[test]
fn a_payment_that_nobody_reads_expires_on_a_running_clock() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    shop.created("nobody-reads-it", 1000);
    // Ten minutes minus what is left for the driver to notice by itself.
    sandbox.advance(Duration::from_millis(599_800));
    let path = "/payments/123456/nobody-reads-it/wait?state=EXPIRED&timeout=5s";
    assert_eq!(shop.control("GET", path, &serde_json::Value::Null).status, 200);
    assert_eq!(sandbox.payment("nobody-reads-it").expect("it exists").events.len(), 2);
}
