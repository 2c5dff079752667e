//! A local sandbox of the Vipps MobilePay ePayment API, for tests.
//!
//! It answers the merchant's API as the vendor's test environment does, and gives what that one cannot: time that moves on
//! command, customers who do as they are told, and sales units that never see each other. `epayment-sandbox` is the same
//! as a program.
//!
//! Unofficial: not affiliated with Vipps MobilePay. No money moves.
//!
//! # Start
//!
//! [`Sandbox::start`] listens on a free port and is ready when it returns; dropping it closes the port. Point the code under
//! test at [`Sandbox::url`], with any credentials.
//!
//! ```
//! use epayment_sandbox::{Phase, Sandbox};
//!
//! let sandbox = Sandbox::start();
//! let base_url = sandbox.url(); // In the place of https://apitest.vipps.no.
//! # assert!(base_url.starts_with("http://127.0.0.1:"));
//!
//! // What the shop does over HTTP is created here at once, so that the test can begin with the customer:
//! sandbox.create_payment("acme-shop-0001", 49_900)?;
//! sandbox.approve("acme-shop-0001")?;
//! let payment = sandbox.payment("acme-shop-0001").expect("it was created");
//! assert_eq!((payment.phase, payment.totals.authorized), (Phase::Authorized, 49_900));
//! # Ok::<(), epayment_sandbox::SandboxError>(())
//! ```
//!
//! Amounts are in minor units (øre, cent). What a test got wrong itself, such as an MSN with letters, panics and says so; what
//! the sandbox refuses is a [`SandboxError`] with the reason as its text.
//!
//! # Seed and frozen time
//!
//! With a seed, identifiers, tokens and the dice of faults repeat from run to run. A frozen clock stands still until it is
//! moved. [`SandboxBuilder`] has the other settings.
//!
//! ```
//! use epayment_sandbox::Sandbox;
//!
//! let run = || {
//!     let sandbox = Sandbox::builder().seed(7).frozen_at("2026-11-20T09:00:00Z").start();
//!     sandbox.create_payment("acme-shop-0001", 49_900).unwrap();
//!     sandbox.state()
//! };
//! assert_eq!(run(), run());
//! ```
//!
//! # The clock
//!
//! Whatever comes due on the way of a jump happens at its own time and in order, and is returned.
//!
//! ```
//! use std::time::Duration;
//!
//! use epayment_sandbox::{FiredKind, Phase, Sandbox, TimerKind};
//!
//! let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
//! sandbox.create_payment("nobody-approves", 100)?;
//! sandbox.create_payment("nobody-captures", 100)?;
//! sandbox.approve("nobody-captures")?;
//!
//! let fired = sandbox.advance(Duration::from_secs(11 * 60));
//! assert_eq!(fired[0].kind, FiredKind::Payment(TimerKind::Expiry));
//! assert_eq!(fired[0].at.to_string(), "2026-11-20T09:10:00.000Z");
//! sandbox.advance_to("2027-06-01T00:00:00Z")?;
//! assert_eq!(sandbox.payment("nobody-captures").unwrap().phase, Phase::Cancelled);
//! # Ok::<(), epayment_sandbox::SandboxError>(())
//! ```
//!
//! # A sales unit for each test
//!
//! Payments, webhooks, calls, faults and time belong to a sales unit. One sandbox serves a whole test binary when each test
//! has a unit of its own; [`UnitHandle`] does for one what [`Sandbox`] does for all.
//!
//! ```
//! use std::sync::LazyLock;
//!
//! use epayment_sandbox::Sandbox;
//!
//! static SANDBOX: LazyLock<Sandbox> = LazyLock::new(Sandbox::start);
//!
//! let unit = SANDBOX.new_unit();
//! let (msn, keys) = (unit.msn(), unit.settings()); // For the configuration of the code under test.
//! # assert!(!keys.client_id.is_empty() && msn.len() == 6);
//! unit.change_settings(|settings| settings.permissions.express = false);
//! unit.advance(std::time::Duration::from_secs(60)); // Nobody else's clock moves.
//! ```
//!
//! # The customer
//!
//! Customers wait to be told, unless they are set up to act by themselves. The documented test amounts act: 151 is declined
//! for insufficient funds.
//!
//! ```
//! use std::time::Duration;
//!
//! use epayment_sandbox::{ApproveOptions, Behaviour, Phase, Sandbox};
//!
//! let sandbox = Sandbox::start();
//! sandbox.create_payment("declined", 151)?;
//! let declined = sandbox.approve("declined").unwrap_err();
//! assert!(declined.to_string().starts_with("Declined: insufficient funds (test amount 151)."));
//! sandbox.approve_with("declined", &ApproveOptions::new().phone_number("4712345678")).unwrap_err();
//! sandbox.reject("declined")?;
//!
//! // Everybody approves two seconds after the payment was created; one customer rejects at once.
//! let sandbox = Sandbox::builder().customer(Behaviour::Approve, Duration::from_secs(2)).start();
//! sandbox.change_user("4712345678", |user| user.behaviour = Some(Behaviour::Reject));
//! sandbox.create_payment("approved", 100)?;
//! sandbox.advance(Duration::from_secs(2));
//! sandbox.wait_for_payment("approved", Phase::Authorized, Duration::from_secs(5))?;
//! # Ok::<(), epayment_sandbox::SandboxError>(())
//! ```
//!
//! # Faults and races
//!
//! A [`Fault`] spoils the answers of the calls that it matches; a [`Race`] runs one payment through an order of events that is
//! rare in production.
//!
//! ```
//! use std::time::Duration;
//!
//! use epayment_sandbox::{ConnectionFault, Fault, Operation, Race, RaceKind, Sandbox};
//!
//! let sandbox = Sandbox::start();
//! sandbox.fault(Fault::error(6260).on(Operation::Capture).about("order-*").times(2))?;
//! sandbox.fault(Fault::status(503).late(Duration::from_secs(1)).on(Operation::Token).skip(1))?;
//! sandbox.fault(Fault::connection(ConnectionFault::EmptyResponse).committed().on(Operation::Refund))?;
//! sandbox.race(Race::new(RaceKind::DuplicateWebhook))?;
//! assert!(sandbox.faults().iter().all(|listed| listed.acted == 0));
//! # Ok::<(), epayment_sandbox::ManageError>(())
//! ```
//!
//! # Recorded requests
//!
//! ```
//! use epayment_sandbox::{Operation, Sandbox};
//!
//! let sandbox = Sandbox::start();
//! let answer = ureq::get(format!("{}/epayment/v1/payments/acme-shop-0001", sandbox.url()))
//!     .header("Ocp-Apim-Subscription-Key", "any")
//!     .header("Authorization", "Bearer any")
//!     .call();
//! assert!(answer.is_err());
//!
//! sandbox.requests().on(Operation::Get).about("acme-shop-0001").assert_count(1);
//! let refused = sandbox.requests().refused().last().expect("there was one");
//! assert_eq!(refused.status, 404);
//! assert!(refused.explanation.expect("refusals are explained").contains("acme-shop-0001"));
//! ```
//!
//! [`Requests::wait`] and [`Requests::arrive`] wait for calls that come from elsewhere.
//!
//! # Webhooks
//!
//! A receiver is registered by the code under test, or here with a secret that is known in advance. Each attempt can be asked
//! for, waited for, checked and repeated; [`Sandbox::examine_receiver`] puts a receiver to the test with forged deliveries.
//!
//! ```
//! use std::io::{Read, Write};
//! use std::net::TcpListener;
//!
//! use epayment_sandbox::{EventName, Sandbox};
//!
//! let receiver = TcpListener::bind("127.0.0.1:0")?; // The shop.
//! let url = format!("http://{}/hook", receiver.local_addr()?);
//! std::thread::spawn(move || {
//!     for socket in receiver.incoming().flatten() {
//!         let _ = (&socket).read(&mut [0; 4096]);
//!         let _ = (&socket).write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
//!     }
//! });
//!
//! let sandbox = Sandbox::start();
//! let unit = sandbox.new_unit();
//! unit.webhook(&url, "a-secret-of-mine")?;
//! unit.create_payment("acme-shop-0001", 49_900)?;
//! unit.approve("acme-shop-0001")?;
//! let delivery = unit.deliveries().of(EventName::Authorized).arrived().wait(1)?.remove(0);
//! assert_eq!((delivery.status, delivery.attempt), (Some(204), 1));
//! delivery.verify("a-secret-of-mine")?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`Sandbox::change_webhook_policy`] sends them late, doubled, reordered, held or forged. A receiver that does not answer is
//! tried again by the sandbox clock: [`Sandbox::advance`] runs the schedule.
//!
//! # Without a socket
//!
//! [`Sandbox::router`] is the sandbox as a router of axum.
//!
//! ```
//! use axum::body::Body;
//! use axum::http::Request;
//! use epayment_sandbox::Sandbox;
//! use tower::ServiceExt;
//!
//! let sandbox = Sandbox::start();
//! let request = Request::get("/livez").body(Body::empty())?;
//! # let block_on = |answer| tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(answer);
//! let answer = block_on(sandbox.router().oneshot(request))?; // With the `block_on` of any runtime, or `.await`.
//! assert_eq!(answer.status(), 200);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # State
//!
//! [`Sandbox::state`] takes everything down as a text, [`Sandbox::restore`] puts it back, [`SandboxBuilder::baseline`] begins
//! with it, and [`Sandbox::reset`] goes back to the start. [`Sandbox::checklist`] grades what an integration did against the
//! vendor's checklist.
//!
//! # In asynchronous tests
//!
//! A sandbox has a thread and a runtime of its own. It works in a plain `#[test]`, under tokio and under any other runtime,
//! and can be shared between threads. What has to wait for the merchant's server blocks its thread: [`Sandbox::advance`] and
//! the methods called `wait`. Where that server runs on the same thread, as it does in a plain `#[tokio::test]`, await
//! their twins: [`Sandbox::advance_async`], [`Sandbox::payment_reaches`], [`Requests::arrive`], [`Deliveries::arrive`],
//! [`Sandbox::examine_receiver_async`].
//!
//! # Features
//!
//! `cli`, the only one, is on by default: it is the program, with `cargo install epayment-sandbox`. A test needs none of it:
//!
//! ```toml
//! [dev-dependencies]
//! epayment-sandbox = { version = "0.1", default-features = false }
//! ```
//!
//! # What stays
//!
//! Versions follow what stands on this page: the items here, and what they are made of. The rest of [`domain`], the rules of
//! the API as plain decisions, is open to be read as the documentation of what the sandbox does, and may change in any
//! version.

mod app;
mod broken;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod cli;
mod config;
mod control;
mod courier;
mod dashboard;
mod document;
pub mod domain;
#[doc(hidden)]
pub mod engine;
#[cfg(test)]
mod fresh;
mod http;
mod journal;
mod pages;
mod report;
mod sandbox;
mod serve;
#[doc(hidden)]
pub mod setup;
mod tls;
mod wallet;
mod wire;

/// The README's code, compiled and run.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

// For the program and for the crate's own tests; no part of what stays.
#[doc(hidden)]
pub use config::{Config, reachable};

pub use sandbox::{
    ApproveOptions, Deliveries, DeliverySnapshot, PaymentSnapshot, Requests, Sandbox, SandboxBuilder,
    SandboxError, UnitHandle,
};

pub use journal::{MAX_REQUESTS, RequestSnapshot};
pub use serve::BindError;

pub use domain::checklist::{Checklist, Grade, Graded, Level, Rule};
pub use domain::digits::{Msn, PhoneNumber};
pub use domain::fault::{ConnectionFault, Fault};
pub use domain::money::{Amount, Currency, Market};
pub use domain::operation::Operation;
pub use domain::payment::{CustomerRefusal, Event, EventName, Phase, State, TimerKind, Totals};
pub use domain::race::{Race, RaceKind};
pub use domain::sales_unit::{Permissions, SalesUnit};
pub use domain::span::Span;
pub use domain::time::Timestamp;
pub use domain::user::{Address, Behaviour, Bin, Card, User};
pub use domain::webhook::conformance::Check;
pub use domain::webhook::signature::Forgery;
pub use domain::webhook::{Before, Order, Policy};
pub use engine::{
    ClockError, Fired, FiredKind, FiredRace, ListedFault, ListedRace, ManageError, ManualTime, Seen,
    WebhookTimer,
};
