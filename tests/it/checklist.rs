//! The go-live checklist: each rule seen kept and broken.

use axum::body::Body;
use epayment_sandbox::domain::checklist::{
    CallSeen, Checklist, DeliverySeen, Examined, Grade, PaymentSeen, Traffic, rules,
};
use epayment_sandbox::domain::digits::Msn;
use epayment_sandbox::domain::errors::ErrorCode;
use epayment_sandbox::domain::operation::Operation;
use epayment_sandbox::domain::payment::{EventName, State};
use epayment_sandbox::domain::span::Span;
use serde_json::Value;

fn msn() -> Msn {
    Msn::parse("123456").expect("an MSN")
}

/// A call that does everything right.
fn call(number: u32, operation: Operation) -> CallSeen {
    CallSeen {
        id: format!("req-{number}"),
        began: Span::seconds(i64::from(number) * 10),
        msn: Some(msn()),
        operation,
        reference: (!matches!(operation, Operation::Token)).then(|| "order-0001".to_owned()),
        status: 200,
        error: None,
        replayed: false,
        key: Some(format!("key-{number}")),
        token: Some(1),
        body: 0,
        answer: 0,
        state: None,
        has_msn: true,
        missing_system_headers: Vec::new(),
    }
}

fn delivery(id: u32) -> DeliverySeen {
    DeliverySeen {
        id: id.to_string(),
        reference: "order-0001".into(),
        event: EventName::Authorized.into(),
        line: 7,
        is_forged: false,
        status: Some(200),
        took: Span::millis(5),
    }
}

/// A run that does everything right.
fn good() -> Traffic {
    use Operation::{Cancel, Capture, Create, Get, Refund, Token, WebhooksRegister};
    let operations = [Token, WebhooksRegister, Create, Get, Get, Get, Get, Capture, Capture, Refund, Cancel];
    let mut calls: Vec<_> =
        (1..).zip(operations).map(|(number, operation)| call(number, operation)).collect();
    let states = [State::Authorized, State::Aborted, State::Expired, State::Terminated];
    for (place, state) in states.into_iter().enumerate() {
        calls[3 + place].state = Some(state);
        calls[3 + place].answer = place as u64;
    }
    // The first capture comes to nothing and is repeated.
    calls[7].status = 503;
    calls[8].key = Some("key-8".to_owned());
    let forged = DeliverySeen { is_forged: true, status: Some(401), line: 8, ..delivery(2) };
    Traffic {
        calls,
        payments: vec![PaymentSeen {
            msn: msn(),
            reference: "order-0001".into(),
            remaining: 0,
            cancelled: 100,
        }],
        deliveries: vec![delivery(1), forged],
        has_webhook: true,
        ..Traffic::default()
    }
}

fn grade_of(traffic: &Traffic, id: &str) -> (Grade, String, Vec<String>) {
    let checklist = Checklist::of(traffic);
    let graded = checklist.rules.into_iter().find(|graded| graded.rule.id == id);
    let graded = graded.unwrap_or_else(|| panic!("there is no rule {id}"));
    (graded.grade, graded.detail, [graded.requests, graded.deliveries].concat())
}

#[test]
fn a_run_that_does_everything_right_passes_every_rule() {
    for graded in Checklist::of(&good()).rules {
        assert_eq!(graded.grade, Grade::Passed, "{}: {}", graded.rule.id, graded.detail);
    }
}

#[test]
fn a_run_without_calls_is_no_pass() {
    for graded in Checklist::of(&Traffic::default()).rules {
        assert_eq!(graded.grade, Grade::NotObserved, "{}: {}", graded.rule.id, graded.detail);
    }
}

#[test]
fn each_rule_sees_what_breaks_it() {
    type Break = fn(&mut Traffic);
    let cases: &[(&str, Break, &[&str])] = &[
        (
            "token-reused",
            |traffic| {
                traffic.calls = (1..=6)
                    .map(|number| call(number, [Operation::Get, Operation::Token][number as usize % 2]))
                    .collect();
            },
            &["req-1", "req-3", "req-5"],
        ),
        ("msn-header", |traffic| traffic.calls[2].has_msn = false, &["req-3"]),
        (
            "system-headers",
            |traffic| traffic.calls[0].missing_system_headers = vec!["Vipps-System-Name"],
            &["req-1"],
        ),
        ("polling", |traffic| traffic.calls.retain(|call| call.operation != Operation::Get), &["req-3"]),
        (
            "poll-rate",
            |traffic| {
                traffic.calls = (1..=6)
                    .map(|number| CallSeen {
                        began: Span::millis(i64::from(number) * 100),
                        ..call(number, Operation::Get)
                    })
                    .collect();
            },
            &["req-5", "req-6"],
        ),
        ("rate-limits", |traffic| traffic.calls[9].status = 429, &["req-10"]),
        ("idempotency-key", |traffic| traffic.calls[2].key = None, &["req-3"]),
        ("idempotency-key-on-cancel", |traffic| traffic.calls[10].key = None, &["req-11"]),
        (
            "idempotency-key-not-recycled",
            |traffic| traffic.calls[2].error = Some(ErrorCode::IdempotencyKeyUsed),
            &["req-3"],
        ),
        ("retry-with-same-key", |traffic| traffic.calls[8].key = Some("another".into()), &["req-8", "req-9"]),
        ("refusal-not-repeated", |traffic| traffic.calls[8].replayed = true, &["req-9"]),
        (
            "capture-after-authorization",
            |traffic| traffic.calls[7].error = Some(ErrorCode::CaptureBeforeReservation),
            &["req-8"],
        ),
        (
            "capture-within-reservation",
            |traffic| traffic.calls[8].error = Some(ErrorCode::CaptureTooHigh),
            &["req-9"],
        ),
        ("remainder-cancelled", |traffic| traffic.payments[0].remaining = 50, &["req-9"]),
        (
            "cancel-or-refund",
            |traffic| traffic.calls[10].error = Some(ErrorCode::CancelOfCapturedPayment),
            &["req-11"],
        ),
        (
            "webhooks",
            |traffic| {
                traffic.calls.retain(|call| call.operation != Operation::WebhooksRegister);
                (traffic.deliveries, traffic.has_webhook) = (Vec::new(), false);
            },
            &[],
        ),
        ("webhooks-taken", |traffic| traffic.deliveries[0].status = Some(500), &["1"]),
        ("webhooks-quick", |traffic| traffic.deliveries[0].took = Span::seconds(3), &["1"]),
        ("signature-checked", |traffic| traffic.deliveries[1].status = Some(204), &["2"]),
    ];
    for (id, spoil, evidence) in cases {
        let mut traffic = good();
        spoil(&mut traffic);
        let (grade, detail, seen) = grade_of(&traffic, id);
        assert_eq!(
            (grade, seen),
            (Grade::Failed, evidence.iter().map(|&id| id.to_owned()).collect()),
            "{id}: {detail}"
        );
    }
    // A state that nobody has seen is not observed, which is all that can be said.
    let untested = rules().filter(|rule| !cases.iter().any(|(id, ..)| *id == rule.id)).map(|rule| rule.id);
    assert_eq!(untested.collect::<Vec<_>>(), ["every-end-state"]);
}

#[test]
fn what_is_no_longer_remembered_is_no_pass() {
    let traffic = Traffic { forgotten_calls: 3, forgotten_deliveries: 2, ..good() };
    for graded in Checklist::of(&traffic).rules {
        let seen_once =
            ["polling", "every-end-state", "webhooks", "signature-checked"].contains(&graded.rule.id);
        let expected = if seen_once { Grade::Passed } else { Grade::NotObserved };
        assert_eq!(graded.grade, expected, "{}: {}", graded.rule.id, graded.detail);
        assert_eq!(graded.detail.contains("earlier"), !seen_once, "{}: {}", graded.rule.id, graded.detail);
    }
    let mut broken = traffic;
    broken.calls[2].key = None;
    assert_eq!(grade_of(&broken, "idempotency-key").0, Grade::Failed, "what was seen was seen");
}

#[test]
fn a_state_that_nobody_has_seen_is_named() {
    let mut traffic = good();
    traffic.calls[4].state = None;
    let (grade, detail, _) = grade_of(&traffic, "every-end-state");
    assert_eq!((grade, &*detail), (Grade::NotObserved, "Not seen: ABORTED."));
    traffic.deliveries.push(DeliverySeen { event: EventName::Aborted.into(), ..delivery(3) });
    assert_eq!(grade_of(&traffic, "every-end-state").0, Grade::Passed, "a webhook tells as well");
}

#[test]
fn a_webhook_that_arrives_in_the_end_is_taken() {
    let mut traffic = good();
    traffic.deliveries[0].status = None;
    traffic.deliveries.push(delivery(3));
    assert_eq!(grade_of(&traffic, "webhooks-taken").0, Grade::Passed);
}

#[test]
fn a_conformance_run_tells_whether_signatures_are_checked() {
    let examined = |passed, answers| {
        let check = |name: &str, passed| Examined { name: name.into(), passed };
        let examined = vec![check("refuses-a-wrong-hash", passed), check("answers-in-time", answers)];
        grade_of(&Traffic { examined, ..Traffic::default() }, "signature-checked").0
    };
    assert_eq!(examined(true, true), Grade::Passed);
    assert_eq!(examined(false, true), Grade::Failed);
    assert_eq!(examined(false, false), Grade::NotObserved, "nobody was there");
}

/// Calls a sandbox, and reads the checklist in a format.
mod over_http {
    use super::*;
    use epayment_sandbox::Sandbox;
    use hyper::{Request, StatusCode};
    use tower::ServiceExt;

    async fn send(sandbox: &Sandbox, method: &str, path: &str, body: &str) -> (StatusCode, String, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "localhost")
            .header("authorization", "Bearer some-token")
            .header("ocp-apim-subscription-key", "key")
            .header("merchant-serial-number", "123456")
            .header("vipps-system-name", "shop")
            .header("content-type", "application/json")
            .header("idempotency-key", format!("k-{path}"));
        let request = request.body(Body::from(body.to_owned())).expect("a request");
        let response = sandbox.router().oneshot(request).await.expect("it answers");
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("a body");
        let kind = parts.headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        (parts.status, kind.to_owned(), String::from_utf8(bytes.to_vec()).expect("text"))
    }

    async fn with_calls() -> Sandbox {
        let sandbox = Sandbox::start();
        let body = r#"{"amount":{"currency":"NOK","value":50000},"paymentMethod":{"type":"WALLET"},"reference":"checked-0001",
            "returnUrl":"https://example.com","userFlow":"WEB_REDIRECT","paymentDescription":"Two mugs"}"#;
        assert_eq!(send(&sandbox, "POST", "/epayment/v1/payments", body).await.0, 201);
        let capture = r#"{"modificationAmount":{"currency":"NOK","value":100}}"#;
        let path = "/epayment/v1/payments/checked-0001/capture";
        assert_eq!(send(&sandbox, "POST", path, capture).await.0, 400);
        sandbox.approve("checked-0001").expect("the customer approves");
        assert_eq!(send(&sandbox, "GET", "/epayment/v1/payments/checked-0001", "").await.0, 200);
        sandbox
    }

    #[tokio::test]
    async fn calls_are_graded_with_their_ids() {
        let sandbox = with_calls().await;
        let (status, kind, text) = send(&sandbox, "GET", "/_sandbox/checklist", "").await;
        assert_eq!((status.as_u16(), &*kind), (200, "application/json"));
        let document: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((&document["calls"], &document["callsForgotten"]), (&3.into(), &0.into()));
        let rule = |id: &str| {
            let rules = document["rules"].as_array().expect("rules");
            rules.iter().find(|rule| rule["id"] == id).cloned().unwrap_or_default()
        };
        let early = rule("capture-after-authorization");
        assert_eq!((&early["grade"], &early["level"]), (&"failed".into(), &"error".into()));
        assert_eq!(early["requests"], serde_json::json!(["req-2"]));
        let missing = rule("system-headers");
        assert!(
            missing["detail"].as_str().is_some_and(
                |detail| !detail.contains("System-Name") && detail.contains("Vipps-System-Version")
            )
        );
        assert_eq!(rule("polling")["grade"], "passed");
        assert_eq!(rule("every-end-state")["detail"], "Not seen: ABORTED, EXPIRED, TERMINATED.");
        assert_eq!(rule("remainder-cancelled")["grade"], "notObserved");
        let (_, _, other) = send(&sandbox, "GET", "/_sandbox/checklist?msn=654321", "").await;
        assert_eq!(serde_json::from_str::<Value>(&other).expect("JSON")["calls"], 0);
    }

    #[tokio::test]
    async fn each_format_is_what_its_readers_expect() {
        let sandbox = with_calls().await;
        let (_, kind, text) = send(&sandbox, "GET", "/_sandbox/checklist?format=text", "").await;
        assert!(kind.starts_with("text/plain") && text.starts_with("Go-live checklist: "), "{text}");
        assert!(text.contains("capture-after-authorization") && text.contains(" See req-2."), "{text}");
        let (_, kind, junit) = send(&sandbox, "GET", "/_sandbox/checklist?format=junit", "").await;
        assert_eq!(kind, "application/xml");
        assert!(
            junit.contains("<failure type=\"error\" message=\"Refused because nothing is reserved"),
            "{junit}"
        );
        let (status, _, wrong) = send(&sandbox, "GET", "/_sandbox/checklist?format=pdf", "").await;
        assert_eq!(status, 400);
        assert!(wrong.contains("text, json, junit, sarif"), "{wrong}");
    }

    #[tokio::test]
    async fn sarif_has_the_shape_of_version_2_1_0() {
        let sandbox = with_calls().await;
        let (_, kind, text) = send(&sandbox, "GET", "/_sandbox/checklist?format=sarif", "").await;
        assert_eq!(kind, "application/sarif+json");
        let document: Value = serde_json::from_str(&text).expect("JSON");
        let schema: Value = serde_json::from_str(include_str!("sarif.schema.json")).expect("JSON");
        let validator = jsonschema::validator_for(&schema).expect("a schema");
        let errors: Vec<_> = validator.iter_errors(&document).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:?}");
        let run = &document["runs"][0];
        for result in run["results"].as_array().expect("results") {
            let index =
                result["ruleIndex"].as_u64().and_then(|index| usize::try_from(index).ok()).expect("an index");
            assert_eq!(run["tool"]["driver"]["rules"][index]["id"], result["ruleId"]);
        }
        let first = &run["results"]
            .as_array()
            .expect("results")
            .iter()
            .find(|result| result["ruleId"] == "capture-after-authorization");
        let place =
            &first.expect("it is broken")["locations"][0]["logicalLocations"][0]["fullyQualifiedName"];
        assert_eq!(place, "req-2");
    }

    #[tokio::test]
    async fn a_journal_that_has_forgotten_says_so() {
        let sandbox = Sandbox::builder().max_requests(2).start();
        for number in 0..5 {
            send(&sandbox, "GET", &format!("/epayment/v1/payments/forgotten-{number:04}"), "").await;
        }
        let (_, _, text) = send(&sandbox, "GET", "/_sandbox/checklist", "").await;
        let document: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!((&document["calls"], &document["callsForgotten"]), (&2.into(), &3.into()));
        assert_eq!(document["passed"], 0, "{text}");
        let cleared = send(&sandbox, "DELETE", "/_sandbox/requests", "").await;
        assert_eq!(cleared.0, 204);
        let (_, _, text) = send(&sandbox, "GET", "/_sandbox/checklist", "").await;
        assert!(text.contains("\"callsForgotten\":0"), "what was cleared on purpose is not missed: {text}");
    }
}
