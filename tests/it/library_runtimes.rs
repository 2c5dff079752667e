//! The library under runtimes of others, and under none.

use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use axum::routing::post;
use epayment_sandbox::{Behaviour, EventName, Phase, Sandbox, SandboxError};
use tower::ServiceExt;

use crate::receiver::Receiver;

/// A receiver in the runtime of the test.
async fn receiver() -> (String, Arc<Mutex<usize>>) {
    let count = Arc::new(Mutex::new(0));
    let counted = count.clone();
    let take = move || {
        *counted.lock().expect("nobody panics with it") += 1;
        async { StatusCode::OK }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    tokio::spawn(async move { axum::serve(listener, axum::Router::new().route("/hook", post(take))).await });
    (url, count)
}

/// Customers approve by themselves, after a minute.
fn sandbox_with(url: &str) -> Sandbox {
    let builder = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").webhook(url, "secret");
    builder.customer(Behaviour::Approve, Duration::from_secs(60)).start()
}

/// A runtime with several threads takes no other futures.
fn can_be_spawned<F: Future + Send>(future: F) -> F {
    future
}

#[tokio::test]
async fn on_one_thread_with_the_receiver_everything_can_be_awaited() {
    let (url, count) = receiver().await;
    let sandbox = sandbox_with(&url);
    sandbox.create_payment("one-thread-1", 100).expect("a good payment");
    let deliveries = sandbox.deliveries().arrived();
    can_be_spawned(deliveries.arrive(1)).await.expect("the CREATED webhook");
    can_be_spawned(sandbox.advance_async(Duration::from_secs(60))).await;
    // A jump waits for what it caused.
    assert_eq!(*count.lock().expect("nobody panics with it"), 2);
    sandbox.deliveries().of(EventName::Authorized).arrived().assert_count(1);
    let unit = sandbox.unit("123456");
    let there =
        can_be_spawned(unit.payment_reaches("one-thread-1", Phase::Authorized, Duration::from_secs(5)));
    assert_eq!(there.await.expect("it is").totals.authorized, 100);
    unit.create_payment("one-thread-2", 100).expect("a good payment");
    unit.advance_async(Duration::from_secs(60)).await;
    assert_eq!(*count.lock().expect("nobody panics with it"), 4);
    let checks = sandbox.examine_receiver_async(&url, "secret").await.expect("a good URL");
    let failed = checks.iter().filter(|check| !check.passed).count();
    assert_eq!(failed, 4, "it takes everything, forged or not: {checks:?}");
    let timed_out = sandbox.requests().within(Duration::from_millis(10)).arrive(1).await;
    assert!(matches!(timed_out, Err(SandboxError::TimedOut(_))), "{timed_out:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn on_several_threads_everything_can_be_waited_for() {
    let (url, count) = receiver().await;
    let sandbox = sandbox_with(&url);
    sandbox.create_payment("threads-1", 100).expect("a good payment");
    sandbox.deliveries().arrived().wait(1).expect("the CREATED webhook");
    sandbox.advance(Duration::from_secs(60));
    assert_eq!(*count.lock().expect("nobody panics with it"), 2);
    assert_eq!(sandbox.examine_receiver(&url, "secret").expect("a good URL").len(), 8);
}

#[test]
fn under_a_runtime_that_is_not_tokios_everything_can_be_awaited() {
    smol::block_on(async {
        let receiver = Receiver::start();
        let sandbox = sandbox_with(&receiver.url("/hook"));
        sandbox.create_payment("elsewhere-1", 100).expect("a good payment");
        sandbox.deliveries().arrived().arrive(1).await.expect("the CREATED webhook");
        sandbox.advance_async(Duration::from_secs(60)).await;
        assert_eq!(receiver.received().len(), 2);
        sandbox.wait_for_payment("elsewhere-1", Phase::Authorized, Duration::from_secs(5)).expect("it is");

        let get = |path: &str| {
            let request = Request::get(path.to_owned())
                .header("host", "localhost")
                .header("ocp-apim-subscription-key", "any")
                .header("authorization", "Bearer any")
                .header("prefer", "code=503");
            sandbox.router().oneshot(request.body(Body::empty()).expect("a valid request"))
        };
        assert_eq!(get("/livez").await.expect("it answers").status(), 200);
        // This one waits, by a clock of tokio's.
        let waits = get("/_sandbox/payments/123456/elsewhere-1/wait?state=CAPTURED&timeout=10ms").await;
        assert_eq!(waits.expect("it answers").status(), 408);
        assert_eq!(get("/epayment/v1/payments/elsewhere-1").await.expect("it answers").status(), 503);
    });
}

#[test]
fn threads_share_a_sandbox_and_not_their_payments() {
    static SANDBOX: LazyLock<Sandbox> = LazyLock::new(Sandbox::start);
    std::thread::scope(|scope| {
        for value in 100..104 {
            scope.spawn(move || {
                let unit = SANDBOX.new_unit();
                unit.create_payment("shared-reference", value).expect("nobody else has it");
                unit.advance(Duration::from_secs(value));
                assert_eq!(unit.payment("shared-reference").expect("it is there").amount.value, value);
            });
        }
    });
    assert_eq!(SANDBOX.payments().len(), 4);
}
