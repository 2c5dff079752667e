//! What a test asks of the library: calls, webhooks, units, state.

use std::time::Duration;

use epayment_sandbox::{
    ApproveOptions, ConnectionFault, EventName, Fault, Forgery, Grade, ManageError, Market, Operation, Phase,
    Sandbox, SandboxError, Span, State,
};
use serde_json::Value;

use crate::api::Merchant;
use crate::receiver::Receiver;

const SOON: Duration = Duration::from_millis(20);

fn frozen() -> Sandbox {
    Sandbox::builder().seed(1).frozen_at("2026-11-20T09:00:00Z").start()
}

/// The message of a panic.
fn panic_of(act: impl FnOnce()) -> String {
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(act)).expect_err("it panics");
    panic.downcast_ref::<String>().cloned().expect("with a message")
}

#[test]
fn calls_are_found_by_what_they_were() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    shop.authorized("asked-calls-1", 1000);
    shop.modify("capture", "asked-calls-1", "key-1", 400);
    sandbox.advance(Duration::from_secs(60));
    let later = sandbox.now();
    assert_eq!(shop.modify("capture", "asked-calls-1", "key-2", 4000).status, 400);
    Merchant::of(&sandbox, "654321").created("asked-calls-2", 1000);

    let captures = || sandbox.requests().on(Operation::Capture);
    assert_eq!((sandbox.requests().count(), captures().count()), (5, 2));
    assert_eq!(captures().about("asked-calls-1").answered(200).count(), 1);
    assert_eq!(captures().since(later).list()[0].status, 400);
    assert_eq!(captures().last(), sandbox.requests().refused().last());
    assert_eq!(sandbox.unit("654321").requests().list()[0].reference.as_deref(), Some("asked-calls-2"));
    captures().wait(2).expect("they are there already");
    let late = captures().within(SOON).wait(3).expect_err("there are two").to_string();
    assert!(late.starts_with("2 of 3 such calls came within 20ms\n  req-4 POST /epayment/v1/"), "{late}");
    let message = panic_of(|| captures().assert_count(1));
    assert!(message.starts_with("2 of 1 such calls came\n") && message.contains(" 400 "), "{message}");
    sandbox.clear_requests();
    sandbox.requests().assert_count(0);
}

#[test]
fn calls_that_come_later_are_waited_for() {
    let sandbox = frozen();
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| sandbox.requests().on(Operation::Create).wait(1));
        Merchant::new(&sandbox).created("asked-later-1", 1000);
        assert_eq!(waiting.join().expect("no panic").expect("it came").len(), 1);
    });
}

#[test]
fn webhooks_are_registered_found_verified_and_repeated() {
    let receiver = Receiver::start();
    let sandbox = frozen();
    let unit = sandbox.new_unit();
    let id = unit.webhook(&receiver.url("/hook"), "secret").expect("a good URL");
    unit.webhook_for(&[EventName::Aborted], &receiver.url("/aborted"), "secret").expect("a good URL");
    unit.create_payment("asked-hook-1", 1000).expect("a good payment");
    unit.approve("asked-hook-1").expect("it waits for the customer");

    let of_unit = || unit.deliveries().about("asked-hook-1");
    let mut found = of_unit().arrived().wait(2).expect("two come");
    let delivery = found.remove(0);
    assert_eq!((delivery.event.as_str(), &delivery.webhook_id), ("epayments.payment.authorized.v1", &id));
    let (came, at) = (receiver.received()[1].clone(), delivery.at.to_string());
    assert_eq!((came.body.as_str(), at.as_str()), (&*delivery.body, "2026-11-20T09:00:00.000Z"));
    assert_eq!(delivery.verify("secret"), Ok(()));
    let problem = delivery.verify("another").expect_err("it was signed with another text");
    let body = came.body.as_bytes();
    assert_eq!(sandbox.verify_signature(&delivery.url, &came.headers, body, "secret"), Ok(()));
    assert_eq!(sandbox.verify_signature(&delivery.url, &came.headers, body, "another"), Err(problem));

    sandbox.redeliver(delivery.id).expect("its webhook is there");
    of_unit().of(EventName::Authorized).answered(200).wait(2).expect("it comes again");
    assert_eq!(sandbox.redeliver(99), Err(SandboxError::NoSuchDelivery(99)));
    sandbox.deliveries().assert_count(3);
    let message = panic_of(|| of_unit().of(EventName::Captured).assert_count(1));
    assert_eq!(message, "0 of 1 such webhooks were sent");
    let foreign = unit.webhook("http://example.com/hook", "secret").expect_err("no local host");
    assert!(foreign.to_string().starts_with("\"http://example.com/hook\" is no URL"), "{foreign}");
    let none = unit.webhook_for(&[], &receiver.url("/"), "secret").expect_err("no event");
    assert_eq!(none.to_string(), "events: at least one event is needed, and each once");
}

#[test]
fn a_webhook_that_failed_is_told_where_one_was_waited_for() {
    let sandbox = frozen();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/hook", closed.local_addr().expect("an address"));
    drop(closed);
    let unit = sandbox.new_unit();
    unit.webhook_for(&[EventName::Created], &url, "secret").expect("a good URL");
    unit.create_payment("refused-1", 1000).expect("a good payment");
    unit.deliveries().wait(1).expect("one attempt");
    let late = unit.deliveries().arrived().within(SOON).wait(1).expect_err("nobody is there").to_string();
    assert!(late.starts_with(
        "0 of 1 such webhooks were sent within 20ms\n  1 epayments.payment.created.v1 of refused-1"
    ));
    assert!(unit.deliveries().last().expect("one attempt").next_at.is_some());
}

#[test]
fn a_policy_holds_and_forges() {
    let receiver = Receiver::start();
    let sandbox = Sandbox::builder().webhook(&receiver.url("/hook"), "secret").start();
    sandbox.change_webhook_policy(|policy| policy.hold = true);
    assert!(sandbox.webhook_policy().hold);
    let unit = sandbox.new_unit();
    unit.change_webhook_policy(|policy| policy.signature = Forgery::WrongSecret);
    unit.create_payment("asked-held-1", 1000).expect("a good payment");
    sandbox.deliveries().assert_count(0);
    assert_eq!((sandbox.release_webhooks(), unit.release_webhooks()), (1, 0));
    let delivery = sandbox.deliveries().wait(1).expect("it was let go").remove(0);
    assert!(delivery.verify("secret").is_err());
}

#[test]
fn a_payment_is_waited_for() {
    let sandbox = frozen();
    let wait = |there: State, within| sandbox.wait_for_payment("asked-wait-1", there, within);
    let none = wait(State::Authorized, SOON).expect_err("there is none").to_string();
    assert_eq!(none, "sales unit 123456 has no payment asked-wait-1 after 20ms, not AUTHORIZED");
    std::thread::scope(|scope| {
        let waiting = scope.spawn(|| wait(State::Authorized, Duration::from_secs(5)));
        sandbox.create_payment("asked-wait-1", 1000).expect("a good payment");
        sandbox.approve("asked-wait-1").expect("it waits for the customer");
        assert_eq!(waiting.join().expect("no panic").expect("it is there").phase, Phase::Authorized);
    });
    let late =
        sandbox.wait_for_payment("asked-wait-1", Phase::Captured, SOON).expect_err("it is not").to_string();
    assert_eq!(late, "payment asked-wait-1 is AUTHORIZED after 20ms, not CAPTURED");
}

#[test]
fn what_the_api_would_refuse_is_refused() {
    let sandbox = frozen();
    let taken =
        sandbox.create_payment("asked-taken-1", 1000).and(sandbox.create_payment("asked-taken-1", 1000));
    let refused = |result: Result<_, SandboxError>| match result {
        Err(SandboxError::Refused { code, detail, .. }) => (code, detail),
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(taken).0, Some(4150));
    let (code, detail) = refused(sandbox.create_payment("no", 1000));
    assert_eq!((code, detail.starts_with("reference: ")), (None, true), "{detail}");
    let unit = sandbox.new_unit();
    unit.change_settings(|settings| {
        settings.market = Market::Fi;
    });
    assert_eq!(unit.settings().msn.to_string(), unit.msn());
    let euro = unit.create_payment("asked-euro-1", 1).expect("a cent is enough");
    assert_eq!(euro.amount.currency.code(), "EUR");
    sandbox.requests().assert_count(0);
}

#[test]
fn customers_choose() {
    let sandbox = frozen();
    let unit = sandbox.new_unit();
    unit.change_user("4712345678", |user| user.cards.clear());
    unit.create_payment("choose-1", 1000).expect("a good payment");
    let by = ApproveOptions::new().phone_number("4712345678");
    let refused = unit.approve_with("choose-1", &by).expect_err("no card").to_string();
    assert_eq!(refused, "Declined: the user has no card that is enabled and not expired.");
    let card =
        unit.approve_with("choose-1", &ApproveOptions::new().card("000000")).expect_err("no such card");
    assert!(card.to_string().starts_with("Declined: card 000000"));
    assert_eq!((unit.user("4712345678").cards.len(), sandbox.user("4712345678").cards.len()), (0, 1));
    unit.expire("choose-1").expect("it waits for the customer");
    assert_eq!(unit.payment("choose-1").expect("it is there").state, State::Expired);
    assert!(unit.expire("choose-1").is_err());
}

#[test]
fn a_units_clock_faults_and_state_are_its_own() {
    let sandbox = Sandbox::start();
    let (one, other) = (sandbox.new_unit(), sandbox.new_unit());
    one.freeze_clock();
    let now = one.now();
    one.advance(Duration::from_secs(60));
    assert_eq!(one.now().since(now), Span::seconds(60));
    assert!(one.advance_to("2026-01-01T00:00:00Z").is_err() && one.advance_to_next().is_err());
    one.run_clock();
    assert!(other.now() < one.now());

    one.fault(Fault::status(500).always()).expect("there is room");
    Merchant::of(&sandbox, &other.msn()).created("asked-own-1", 1000);
    let struck = Merchant::of(&sandbox, &one.msn());
    assert_eq!(struck.get("asked-own-1").status, 500);
    assert_eq!(sandbox.faults()[0].acted, 1);
    sandbox.clear_faults();
    assert_eq!(struck.get("asked-own-1").status, 404);

    let state = other.state();
    other.approve("asked-own-1").expect("it waits for the customer");
    other.restore(&state).expect("it was taken of it");
    assert_eq!(other.payment("asked-own-1").expect("it is there").state, State::Created);
    let flaw = other.restore("{}").expect_err("no document");
    assert!(matches!(flaw, SandboxError::Document(_)) && flaw.to_string().ends_with("nothing was changed"));
    other.reset();
    assert!(other.payment("asked-own-1").is_none() && other.requests().count() == 0);
    assert_eq!(one.requests().count(), 2);
}

#[test]
fn everything_can_be_taken_down_and_put_back() {
    let sandbox = frozen();
    sandbox.create_payment("asked-kept-1", 1000).expect("a good payment");
    let state = sandbox.state();
    sandbox.advance(Duration::from_secs(3600));
    sandbox.restore(&state).expect("it was taken of it");
    assert_eq!(
        (sandbox.state(), sandbox.now().to_string().as_str()),
        (state.clone(), "2026-11-20T09:00:00.000Z")
    );
    let other = Sandbox::builder().baseline(&state).start();
    assert_eq!(other.payment("asked-kept-1").expect("it is there").state, State::Created);
}

#[test]
fn the_global_clock_stops_and_runs() {
    let sandbox = Sandbox::start();
    sandbox.freeze_clock();
    let now = sandbox.now();
    assert_eq!(sandbox.now(), now);
    assert_eq!(sandbox.advance_to("2999-01-01T00:00:00Z"), Ok(Vec::new()));
    sandbox.run_clock();
    assert!(sandbox.now().to_string().starts_with("2999-01-01T00:0"));
}

#[test]
fn faults_are_asked_for_word_by_word() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    shop.authorized("asked-order-1", 1000);
    let capture = |key: &str| shop.modify("capture", "asked-order-1", key, 100).status;
    sandbox
        .fault(Fault::error(6260).on(Operation::Capture).about("asked-order-*").skip(1))
        .expect("there is room");
    assert_eq!([capture("a"), capture("b"), capture("c")], [200, 400, 200]);
    let lost = Fault::connection(ConnectionFault::ConnectionResetByPeer).committed();
    sandbox.fault(lost.on(Operation::Refund)).expect("there is room");
    for _ in 0..2 {
        let refund = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            shop.modify("refund", "asked-order-1", "refund", 100).status
        }));
        assert!(refund.is_err() || refund.is_ok_and(|status| status == 200), "the second gets the answer");
    }
    assert_eq!(sandbox.payment("asked-order-1").expect("it is there").totals.refunded, 100);
    assert_eq!(sandbox.faults().len(), 2);
    let all: Result<Vec<_>, ManageError> = (0..1001).map(|_| sandbox.fault(Fault::status(500))).collect();
    assert_eq!(all, Err(ManageError::FaultsFull));
}

#[test]
fn the_checklist_grades_a_unit_or_all() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    shop.authorized("graded-1", 1000);
    shop.modify("capture", "graded-1", "key", 400);
    let checklist = sandbox.checklist();
    assert!(checklist.count(Grade::Failed) > 0, "{checklist}");
    assert!(checklist.to_string().starts_with("Go-live checklist: "));
    assert_eq!(sandbox.new_unit().checklist().calls, 0);
}

#[test]
fn tokens_end_when_they_are_told() {
    let sandbox = frozen();
    let shop = Merchant::new(&sandbox);
    let client = [("client_id", "any"), ("client_secret", "any"), ("ocp-apim-subscription-key", "any")];
    let token: Value = shop.send("POST", "/accesstoken/get", &client, "").json();
    let bearer = format!("Bearer {}", token["access_token"].as_str().expect("a token"));
    let get = || {
        let headers = [("ocp-apim-subscription-key", "any"), ("authorization", &*bearer)];
        shop.send("GET", "/epayment/v1/payments/asked-none-1", &headers, "").status
    };
    assert_eq!(get(), 404);
    sandbox.expire_tokens();
    assert_eq!(get(), 401);
}

#[test]
fn a_test_that_misspells_is_told_at_once() {
    let sandbox = frozen();
    assert_eq!(panic_of(|| drop(sandbox.unit("12a456").msn())), "\"12a456\" is not an MSN of 4 to 10 digits");
    let configured = Sandbox::builder().configured_credentials().start();
    let nobody = || drop(configured.unit("654321").settings());
    assert_eq!(
        panic_of(nobody),
        "there is no sales unit 654321: set it up before the start, or make one with Sandbox::new_unit"
    );
    let number = panic_of(|| drop(sandbox.user("12345678")));
    assert!(number.starts_with("\"12345678\" is not a phone number of 9 to 15 digits"));
    let time = panic_of(|| drop(Sandbox::builder().frozen_at("yesterday")));
    assert_eq!(time, "\"yesterday\" is not an RFC 3339 time such as 2026-11-20T09:00:00Z");
}
