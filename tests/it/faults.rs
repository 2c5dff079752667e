//! Faults: which calls they strike, what they leave behind, and how they are asked for.

use std::sync::Barrier;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use epayment_sandbox::Sandbox;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::api::{Answer, Merchant, create_body};

fn sandbox() -> Sandbox {
    Sandbox::builder().seed(7).frozen_at("2026-11-20T09:00:00Z").public_url("http://sandbox.test").start()
}

/// Makes a fault and returns its id.
fn fault(shop: &Merchant<'_>, fault: &Value) -> String {
    let answer = shop.control("POST", "/faults", fault);
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["id"].as_str().expect("an id").to_owned()
}

fn counts(shop: &Merchant<'_>) -> Vec<(u64, u64)> {
    let list = shop.control("GET", "/faults", &Value::Null).json();
    let count = |fault: &Value, name: &str| fault[name].as_u64().expect("a count");
    let faults = list["faults"].as_array().expect("a list");
    faults.iter().map(|fault| (count(fault, "matched"), count(fault, "acted"))).collect()
}

/// A get with one header more.
fn get_with(shop: &Merchant<'_>, reference: &str, more: &[(&str, &str)]) -> Answer {
    let mut headers = vec![
        ("ocp-apim-subscription-key", "key"),
        ("authorization", "Bearer test"),
        ("merchant-serial-number", shop.msn.as_str()),
    ];
    headers.extend(more);
    shop.send("GET", &format!("/epayment/v1/payments/{reference}"), &headers, "")
}

#[test]
fn a_capture_that_was_committed_moves_the_money_once() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    for (reference, then, status) in [
        ("committed-1", json!({"status": 504}), 504),
        ("committed-2", json!({"error": 6280}), 400),
        ("committed-3", json!({"fault": "EMPTY_RESPONSE"}), 502),
    ] {
        shop.authorized(reference, 1000);
        let then =
            json!({"match": {"operation": "capture", "reference": reference}, "then": then, "commit": true});
        fault(&shop, &then);
        let path = format!("/epayment/v1/payments/{reference}/capture");
        let body = json!({"modificationAmount": {"currency": "NOK", "value": 400}}).to_string();
        if status == 502 {
            assert_eq!(broken_off(&sandbox, "POST", &path, "capture-1", &body), status);
        } else {
            assert_eq!(shop.modify("capture", reference, "capture-1", 400).status, status);
        }
        let captured = || sandbox.payment(reference).expect("it exists").totals.captured;
        assert_eq!(captured(), 400, "it went through");
        let retry = shop.modify("capture", reference, "capture-1", 400);
        assert_eq!((retry.status, captured()), (200, 400), "{}", retry.text);
        assert_eq!(retry.json()["aggregate"]["capturedAmount"]["value"], 400);
        let other = shop.modify("capture", reference, "capture-1", 500);
        assert_eq!((other.status, other.code()), (409, Some(4010)), "the key remembers the capture");
    }
}

#[test]
fn with_commit_a_refusal_is_what_stays_with_the_key() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    shop.created("refused-1", 1000);
    fault(&shop, &json!({"match": {"operation": "capture"}, "then": {"status": 503}, "commit": true}));
    assert_eq!(shop.modify("capture", "refused-1", "key-1", 400).status, 503);
    sandbox.approve("refused-1").expect("it waits");
    assert_eq!(shop.modify("capture", "refused-1", "key-1", 400).code(), Some(6080));
    assert_eq!(shop.modify("capture", "refused-1", "key-2", 400).status, 200);
}

#[test]
fn without_commit_nothing_changes_and_nothing_stays_with_the_key() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    let body = create_body("untouched-1", 1000);
    for then in [json!({"error": 5070}), json!({"error": 3010}), json!({"status": 502})] {
        fault(&shop, &json!({"match": {"operation": "create"}, "then": then}));
        assert!(shop.create("create-1", &body).status >= 422);
        assert!(sandbox.payment("untouched-1").is_none());
    }
    assert_eq!(shop.create("create-1", &body).status, 201);
    sandbox.approve("untouched-1").expect("it waits");
    for (verb, error) in [("capture", 6170), ("refund", 6180), ("cancel", 6190)] {
        fault(&shop, &json!({"match": {"operation": verb}, "then": {"error": error}}));
        assert_eq!(shop.modify(verb, "untouched-1", "same-key", 400).code(), Some(error));
    }
    for (verb, captured, refunded) in [("capture", 400, 0), ("refund", 400, 400)] {
        assert_eq!(shop.modify(verb, "untouched-1", "same-key", 400).status, 200);
        let totals = sandbox.payment("untouched-1").expect("it exists").totals;
        assert_eq!((totals.captured, totals.refunded), (captured, refunded));
    }
    // An answer that the key has already is spoilt like any other, and comes back.
    fault(&shop, &json!({"match": {"operation": "capture"}, "then": {"status": 500}}));
    assert_eq!(shop.modify("capture", "untouched-1", "same-key", 400).status, 500);
    assert_eq!(shop.modify("capture", "untouched-1", "same-key", 400).status, 200);
}

#[test]
fn the_request_need_not_be_valid_but_its_credentials_must_be_good() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    fault(&shop, &json!({"then": {"status": 503}, "times": null}));
    let capture = |headers: &[(&str, &str)]| {
        shop.send("POST", "/epayment/v1/payments/nobody/capture", headers, "{").status
    };
    let (key, token) = (("ocp-apim-subscription-key", "key"), ("authorization", "Bearer test"));
    assert_eq!(capture(&[]), 401);
    assert_eq!(capture(&[key]), 401);
    assert_eq!(capture(&[key, token, ("merchant-serial-number", "x")]), 400);
    assert_eq!(capture(&[key, token]), 503);
    assert_eq!(
        shop.send("PATCH", "/epayment/v1/payments/nobody", &[key, token], "").status,
        404,
        "no such path"
    );
    let client = [key, ("client_id", "a"), ("client_secret", "b")];
    assert_eq!(shop.send("POST", "/accesstoken/get", &client[..2], "").status, 400);
    assert_eq!(shop.send("POST", "/accesstoken/get", &client, "").status, 503);
    assert_eq!(counts(&shop), [(2, 2)]);
    let create = shop.call("POST", "/epayment/v1/payments", None, "not JSON");
    assert_eq!(create.text, r#"{ "statusCode": 503, "message": "Service Unavailable" }"#);
    assert_eq!(create.headers["content-type"], "application/json");
}

#[test]
fn configured_clients_have_their_credentials_checked_first() {
    let unit =
        json!({"msn": "234567", "clientId": "id", "clientSecret": "secret", "subscriptionKeys": ["good"]});
    let sandbox = Sandbox::builder().configured_credentials().start();
    let shop = Merchant::new(&sandbox);
    assert_eq!(shop.control("POST", "/sales-units", &unit).status, 201);
    fault(
        &shop,
        &json!({"match": {"operation": "token", "msn": "234567"}, "then": {"error": "ClientUnknown"}}),
    );
    let ask = |secret: &str| {
        let headers = [("ocp-apim-subscription-key", "good"), ("client_id", "id"), ("client_secret", secret)];
        shop.send("POST", "/accesstoken/get", &headers, "")
    };
    assert_eq!(ask("wrong").status, 401);
    let refused = ask("secret");
    assert_eq!((refused.status, &refused.json()["error"]), (400, &json!("unauthorized_client")));
    assert_eq!(ask("secret").status, 200);
    for (method, body) in [("GET", Value::Null), ("POST", json!({"then": {"status": 503}}))] {
        assert_eq!(shop.control(method, "/faults?msn=999999", &body).status, 404);
    }
}

#[test]
fn a_fault_strikes_the_calls_that_match() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    let other = Merchant::of(&sandbox, "654321");
    let mut numbered = create_body("other-17", 1000);
    numbered["customer"] = json!({"phoneNumber": 4_798_765_432_u64});
    assert_eq!(shop.create("a", &numbered).status, 201);
    shop.created("order-17", 1000);
    other.created("order-17", 1000);
    let strikes = |matching: Value| {
        fault(&shop, &json!({"match": matching, "then": {"status": 599}, "times": null}));
        let mut answers = vec![
            shop.get("order-17"),
            shop.get("other-17"),
            shop.events("order-17"),
            other.get("order-17"),
            other.get("order-1"),
        ];
        numbered["reference"] = "new-order-1".into();
        answers.push(shop.create("fresh-key", &numbered));
        assert_eq!(shop.control("DELETE", "/faults", &Value::Null).status, 204);
        answers.iter().map(|answer| u8::from(answer.status == 599)).collect::<Vec<_>>()
    };
    let mut strikes = strikes;
    assert_eq!(strikes(json!({})), [1, 1, 1, 1, 1, 1]);
    assert_eq!(strikes(json!({"operation": "get"})), [1, 1, 0, 1, 1, 0]);
    assert_eq!(strikes(json!({"operation": "userinfo"})), [0; 6], "nobody asks for it");
    assert_eq!(strikes(json!({"msn": "654321"})), [0, 0, 0, 1, 1, 0]);
    assert_eq!(strikes(json!({"msn": 654_321, "operation": "get"})), [0, 0, 0, 1, 1, 0]);
    assert_eq!(strikes(json!({"reference": "order-*"})), [1, 0, 1, 1, 1, 0]);
    assert_eq!(strikes(json!({"reference": "order-??"})), [1, 0, 1, 1, 0, 0]);
    assert_eq!(strikes(json!({"reference": "new-*"})), [0, 0, 0, 0, 0, 1]);
    assert_eq!(strikes(json!({"phoneNumber": "4798765432"})), [0, 1, 0, 0, 0, 1]);
    assert_eq!(strikes(json!({"phoneNumber": "4712345678", "msn": "654321"})), [0, 0, 0, 1, 0, 0]);
}

#[test]
fn skip_and_times_are_counted() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    shop.created("counted-1", 1000);
    fault(&shop, &json!({"match": {"operation": "get"}, "then": {"status": 503}, "skip": 2, "times": 2}));
    let seen: Vec<_> = (0..6).map(|_| shop.get("counted-1").status).collect();
    assert_eq!(seen, [200, 200, 503, 503, 200, 200]);
    assert_eq!(counts(&shop), [(4, 2)], "a fault that is used up is still listed");
}

#[test]
fn thirty_two_threads_see_a_fault_exactly_as_often_as_it_acts() {
    let sandbox = sandbox();
    Merchant::new(&sandbox).created("shared-1", 1000);
    fault(
        &Merchant::new(&sandbox),
        &json!({"then": {"error": 6160}, "times": 5, "match": {"reference": "shared-*"}}),
    );
    let barrier = Barrier::new(32);
    let struck: usize = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..32)
            .map(|_| {
                scope.spawn(|| {
                    let shop = Merchant::new(&sandbox);
                    barrier.wait();
                    (0..8).filter(|_| shop.get("shared-1").status == 423).count()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().expect("no thread panics")).sum()
    });
    assert_eq!(struck, 5);
    assert_eq!(counts(&Merchant::new(&sandbox))[0].1, 5);
}

#[test]
fn with_a_seed_chance_repeats_and_changes_no_identifier() {
    let run = |probability: f64| {
        let sandbox = sandbox();
        let shop = Merchant::new(&sandbox);
        if probability > 0.0 {
            let rare = json!({"match": {"operation": "get"}, "then": {"error": 3010}, "times": null, "probability": probability});
            fault(&shop, &rare);
        }
        shop.created("chance-1", 1000);
        let answers: Vec<_> = (0..40).map(|_| shop.get("chance-1")).collect();
        let texts: Vec<_> = answers.iter().map(|answer| answer.text.clone()).collect();
        let struck = answers.iter().filter(|answer| answer.status == 500).count();
        shop.created("chance-2", 1000);
        (texts, struck, shop.get("chance-1").status, shop.events("chance-2").text)
    };
    let first = run(0.5);
    assert!(first == run(0.5), "the same calls, the same answers");
    assert!((8..32).contains(&first.1), "{}", first.1);
    let (without, certain) = (run(0.0), run(1.0));
    assert_eq!((without.1, certain.1, certain.2), (0, 40, 500));
    assert_eq!(without.3, certain.3, "the units' identifiers are the same with and without faults");
}

#[test]
fn a_reset_clears_the_faults_of_its_scope() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    shop.created("resetting-1", 1000);
    let ids = || {
        let list = shop.control("GET", "/faults", &Value::Null).json();
        let faults = list["faults"].as_array().expect("a list").clone();
        faults.iter().map(|fault| fault["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    let then = json!({"then": {"status": 503}});
    for path in ["/faults", "/faults?msn=123456", "/faults?msn=654321"] {
        assert_eq!(shop.control("POST", path, &then).status, 201);
    }
    assert_eq!(ids(), ["fault-1", "fault-2", "fault-3"]);
    assert_eq!(shop.control("POST", "/reset?msn=123456", &Value::Null).status, 204);
    assert_eq!(ids(), ["fault-1", "fault-3"]);
    assert_eq!(shop.control("DELETE", "/faults/fault-3?msn=123456", &Value::Null).status, 404);
    assert_eq!(shop.control("DELETE", "/faults?msn=654321", &Value::Null).status, 204);
    assert_eq!(ids(), ["fault-1"]);
    assert_eq!(shop.control("DELETE", "/faults/fault-1", &Value::Null).status, 204);
    let gone = shop.control("DELETE", "/faults/fault-1", &Value::Null);
    assert_eq!(
        (gone.status, gone.json()["detail"].as_str()),
        (404, Some("There is no fault fault-1; GET /_sandbox/faults lists them all."))
    );
    fault(&shop, &then);
    assert_eq!(shop.control("POST", "/faults?msn=123456", &then).status, 201);
    assert_eq!(shop.control("DELETE", "/sales-units/123456", &Value::Null).status, 204);
    assert_eq!(ids(), ["fault-4"]);
    assert_eq!(shop.control("POST", "/reset", &Value::Null).status, 204);
    assert!(ids().is_empty());
}

#[test]
fn a_fault_is_shown_as_it_was_made() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    let all = json!({
        "match": {"operation": "capture", "msn": "123456", "reference": "order-*", "phoneNumber": "4712345678"},
        "skip": 1, "times": null, "probability": 0.25,
        "then": {"delay": {"median": "1s", "sigma": 0.4}, "error": "BodyTooLarge"}, "commit": true,
    });
    fault(&shop, &all);
    fault(&shop, &json!({"then": {"delay": {"min": "500ms", "max": "PT3S"}, "status": 503}}));
    fault(&shop, &json!({"match": null, "then": {"fault": "EMPTY_RESPONSE", "delay": "2s", "error": null}}));
    fault(&shop, &json!({"then": {"error": 6260}}));
    let list = shop.control("GET", "/faults", &Value::Null).json();
    let mut shown = list["faults"][0].clone();
    for (member, value) in [("id", json!("fault-1")), ("matched", json!(0)), ("acted", json!(0))] {
        assert_eq!(shown.as_object_mut().expect("an object").remove(member), Some(value));
    }
    assert_eq!(shown, all);
    assert_eq!(
        list["faults"][1],
        json!({
            "id": "fault-2",
            "match": {"operation": null, "msn": null, "reference": null, "phoneNumber": null},
            "skip": 0, "times": 1, "probability": 1.0,
            "then": {"delay": {"min": "500ms", "max": "3s"}, "status": 503}, "commit": false,
            "matched": 0, "acted": 0,
        })
    );
    assert_eq!(list["faults"][2]["then"], json!({"delay": "2s", "fault": "EMPTY_RESPONSE"}));
    assert_eq!(list["faults"][3]["then"], json!({"error": 6260}));
}

#[test]
fn what_cannot_be_a_fault_is_refused_with_the_remedy() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    let many = "x".repeat(201);
    for (body, complaint) in [
        (json!({}), "The body is wrong: missing field `then`"),
        (json!({"then": {}}), "then: one of error, status, delay and fault is needed."),
        (json!({"then": {"error": 6261}}), "then.error: \"6261\" is neither an ErrorCode such as 6260 nor"),
        (json!({"then": {"error": true}}), "then.error: invalid type: boolean `true`, expected an ErrorCode"),
        (json!({"then": {"status": 200}}), "then.status: 200 is not an error's status, 400 to 599."),
        (
            json!({"then": {"fault": "SLOW"}}),
            "then.fault: \"SLOW\" is no fault of a connection; there are CONNECTION_",
        ),
        (json!({"then": {"delay": "soon"}}), "then.delay: \"soon\" is not a duration"),
        (json!({"then": {"delay": 2}}), "then.delay: invalid type: integer `2`, expected a duration such as"),
        (json!({"then": {"delay": {"min": "2s"}}}), "then.delay: a duration such as"),
        (json!({"then": {"delay": {"min": "2s", "max": "1s"}}}), "then.delay: min is 2s and max 1s"),
        (json!({"then": {"delay": {"min": "x", "max": "1s"}}}), "then.delay.min: \"x\" is not"),
        (
            json!({"then": {"delay": {"median": "2h", "sigma": 1}}}),
            "then.delay: at most 1h can be waited for",
        ),
        (json!({"then": {"delay": {"median": "2s", "sigma": -1}}}), "then.delay: sigma must be a number"),
        (json!({"then": {"error": 6260, "status": 503}}), "then: only one of error, status and fault"),
        (json!({"then": {"error": 6260}, "times": 0}), "times: at least 1, or null"),
        (json!({"then": {"error": 6260}, "times": -1}), "times: invalid value: integer `-1`"),
        (
            json!({"then": {"error": 6260}, "probability": 1.5}),
            "probability: 1.5 is not a number from 0 to 1.",
        ),
        (
            json!({"then": {"error": 6260}, "match": {"operation": "captur"}}),
            "match.operation: \"captur\" is no operation; there are token, create",
        ),
        (json!({"then": {"error": 6260}, "match": {"msn": "x"}}), "match.msn: \"x\" is not"),
        (
            json!({"then": {"error": 6260}, "match": {"reference": ""}}),
            "match.reference: a pattern has 1 to 200",
        ),
        (
            json!({"then": {"error": 6260}, "match": {"reference": many}}),
            "match.reference: a pattern has 1 to 200",
        ),
        (json!({"then": {"error": 6260}, "match": {"phone": "1"}}), "match.phone: unknown field `phone`"),
        (
            json!({"then": {"error": 6260}, "match": {"phoneNumber": "12"}}),
            "match.phoneNumber: \"12\" is not",
        ),
    ] {
        let answer = shop.control("POST", "/faults", &body);
        let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
        assert_eq!(answer.status, 400, "{body} {}", answer.text);
        assert!(detail.contains(complaint), "{body}: {detail}");
    }
    let twice = json!({"match": {"msn": "123456"}, "then": {"status": 503}});
    assert_eq!(shop.control("POST", "/faults?msn=123456", &twice).status, 201);
    let answer = shop.control("POST", "/faults?msn=654321", &twice);
    assert_eq!(
        answer.json()["detail"],
        "match.msn: the query says 654321, the body 123456; one of them is enough."
    );
    assert_eq!(counts(&shop).len(), 1, "what is refused changes nothing");
}

#[test]
fn an_error_that_the_operation_never_gives_is_given_with_a_warning() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    shop.created("warned-1", 1000);
    let made =
        shop.control("POST", "/faults", &json!({"match": {"operation": "get"}, "then": {"error": 6260}}));
    assert_eq!(made.status, 201);
    assert_eq!(made.json()["warning"], "By the catalogue 6260 is an answer of capture, never of get.");
    assert_eq!(shop.get("warned-1").code(), Some(6260));
}

#[test]
fn a_single_request_can_ask_for_its_fault() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    shop.created("asking-1", 1000);
    fault(&shop, &json!({"then": {"status": 599}, "match": {"operation": "get"}}));
    let ask = |value: &str| get_with(&shop, "asking-1", &[("sandbox-fault", value)]);
    assert_eq!(ask("error=6260").code(), Some(6260));
    assert_eq!(ask("error=BodyTooLarge").status, 413);
    let bare = ask("status=503");
    assert_eq!((bare.status, &bare.headers["sandbox-fault"]), (503, &"request".parse().expect("a header")));
    assert_eq!(ask("delay=0s").status, 200);
    assert_eq!(counts(&shop), [(0, 0)], "it is not the turn of the list");
    assert_eq!(ask("").status, 599, "an empty header asks for nothing");
    let wrong = ask("error=1");
    let told = wrong.json()["extraDetails"][0].clone();
    assert_eq!((wrong.status, &told["name"]), (400, &json!("Sandbox-Fault")));
    assert!(told["reason"].as_str().unwrap_or_default().starts_with("error: \"1\" is neither an ErrorCode"));
    let unknown = shop.send("GET", "/epayment/v1/payments/asking-1", &[("sandbox-fault", "status=503")], "");
    assert_eq!(unknown.status, 401, "credentials come first");

    let prefer = |value: &str| get_with(&shop, "asking-1", &[("prefer", value)]);
    assert_eq!((prefer("code=404").status, prefer("code=404").code()), (404, Some(5090)));
    assert_eq!(prefer("respond-async, code=\"503\"; x=y").status, 503);
    assert_eq!(prefer("CODE = 6260").code(), Some(6260));
    for passed_over in ["code=200", "code=x", "code", "return=minimal", "code=99999"] {
        assert_eq!(prefer(passed_over).status, 200, "{passed_over}");
    }
    let both = get_with(&shop, "asking-1", &[("prefer", "code=404"), ("sandbox-fault", "status=503")]);
    assert_eq!(both.status, 503);
    let lines = get_with(&shop, "asking-1", &[("sandbox-fault", "commit"), ("sandbox-fault", "status=503")]);
    assert_eq!(lines.status, 503);
}

#[test]
fn a_request_can_ask_to_be_carried_out_and_spoilt() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    let body = create_body("asking-2", 1000).to_string();
    let headers = [
        ("ocp-apim-subscription-key", "key"),
        ("authorization", "Bearer test"),
        ("idempotency-key", "asking-2"),
        ("sandbox-fault", "status=504, commit"),
    ];
    assert_eq!(shop.send("POST", "/epayment/v1/payments", &headers, body.clone()).status, 504);
    assert!(sandbox.payment("asking-2").is_some());
    assert_eq!(shop.send("POST", "/epayment/v1/payments", &headers[..3], body).status, 201);
}

#[test]
fn behind_a_control_token_requests_cannot_ask() {
    let sandbox = Sandbox::builder().control_token("secret").start();
    let shop = Merchant::new(&sandbox);
    shop.created("guarded-1", 1000);
    for header in [("sandbox-fault", "status=503"), ("sandbox-fault", "?"), ("prefer", "code=404")] {
        assert_eq!(get_with(&shop, "guarded-1", &[header]).status, 200, "{header:?}");
    }
    assert_eq!(shop.control("GET", "/faults", &Value::Null).status, 401);
}

/// Calls a sandbox whose time passes by itself when everyone waits. Returns the status and how long it took.
async fn timed(sandbox: &Sandbox, method: &str, path: &str, body: &Value) -> (u16, Duration) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("ocp-apim-subscription-key", "key")
        .header("authorization", "Bearer test")
        .header("idempotency-key", "timed-1")
        .body(Body::from(body.to_string()))
        .expect("a request");
    let began = tokio::time::Instant::now();
    let answer = sandbox.router().oneshot(request).await.expect("a router always answers");
    (answer.status().as_u16(), began.elapsed())
}

fn paused() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().expect("a runtime")
}

#[test]
fn a_delay_comes_before_the_operation_and_with_commit_after_it() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    shop.authorized("delayed-1", 1000);
    let capture = json!({"modificationAmount": {"currency": "NOK", "value": 100}});
    let path = "/epayment/v1/payments/delayed-1/capture";
    let captured = || sandbox.payment("delayed-1").expect("it exists").totals.captured;
    let near = |took: Duration, seconds: u64| {
        took.abs_diff(Duration::from_secs(seconds)) < Duration::from_millis(50)
    };
    for (commit, early, late) in [(false, 0, 100), (true, 100, 100)] {
        fault(&shop, &json!({"then": {"delay": "20m"}, "commit": commit}));
        paused().block_on(async {
            let call = timed(&sandbox, "POST", path, &capture);
            let look = async {
                tokio::time::sleep(Duration::from_secs(1199)).await;
                captured()
            };
            let ((status, took), meanwhile) = tokio::join!(call, look);
            assert_eq!((status, meanwhile, captured()), (200, early, late), "commit {commit}");
            assert!(near(took, 1200), "{took:?}");
        });
        shop.control("POST", "/reset?msn=123456", &Value::Null);
        shop.authorized("delayed-1", 1000);
    }
    // A caller who gives up has changed nothing, or with commit everything.
    for (commit, after) in [(false, 0), (true, 100)] {
        fault(&shop, &json!({"then": {"delay": "20m"}, "commit": commit}));
        paused().block_on(async {
            let call = timed(&sandbox, "POST", path, &capture);
            assert!(tokio::time::timeout(Duration::from_secs(30), call).await.is_err());
        });
        assert_eq!(captured(), after, "commit {commit}");
    }
}

#[test]
fn delays_by_chance_stay_in_their_range_and_go_with_other_faults() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    let path = "/epayment/v1/payments/nobody-1";
    fault(&shop, &json!({"then": {"delay": {"min": "1s", "max": "3s"}, "status": 503}, "times": 20}));
    let runtime = paused();
    let spans: Vec<_> = (0..20)
        .map(|_| {
            let (status, took) = runtime.block_on(timed(&sandbox, "GET", path, &Value::Null));
            assert_eq!(status, 503);
            took
        })
        .collect();
    assert!(spans.iter().all(|took| (1000..3050).contains(&took.as_millis())), "{spans:?}");
    assert!(spans.iter().any(|took| *took != spans[0]), "{spans:?}");
    fault(&shop, &json!({"then": {"delay": {"median": "2s", "sigma": 0.0}}}));
    let (status, took) = runtime.block_on(timed(&sandbox, "GET", path, &Value::Null));
    assert_eq!(status, 404);
    assert!((2000..2050).contains(&took.as_millis()), "{took:?}");
}

#[test]
fn a_call_that_waits_keeps_no_other_waiting_and_meets_what_is_there_then() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    shop.created("waiting-1", 1000);
    let path = "/epayment/v1/payments/waiting-1";
    fault(&shop, &json!({"then": {"delay": "1h"}, "times": 2}));
    let body = create_body("waiting-2", 1000);
    let (create, get, quick) = paused().block_on(async {
        tokio::join!(
            timed(&sandbox, "POST", "/epayment/v1/payments", &body),
            timed(&sandbox, "GET", path, &Value::Null),
            async {
                let quick = timed(&sandbox, "GET", path, &Value::Null).await;
                sandbox.reset();
                quick
            }
        )
    });
    assert_eq!((quick.0, quick.1 < Duration::from_secs(1)), (200, true), "{quick:?}");
    assert_eq!(get.0, 404, "the payment is gone when the hour is over");
    assert_eq!(create.0, 201);
    assert!(sandbox.payment("waiting-2").is_some(), "it belongs to the sales unit that is there now");
}

/// Calls a sandbox without a socket; the answer's body has to break off. Returns the status.
fn broken_off(sandbox: &Sandbox, method: &str, path: &str, key: &str, body: &str) -> u16 {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("ocp-apim-subscription-key", "key")
        .header("authorization", "Bearer test")
        .header("idempotency-key", key)
        .body(Body::from(body.to_owned()))
        .expect("a request");
    paused().block_on(async {
        let answer = sandbox.router().oneshot(request).await.expect("a router always answers");
        let status = answer.status().as_u16();
        assert!(axum::body::to_bytes(answer.into_body(), usize::MAX).await.is_err());
        status
    })
}

#[test]
fn without_a_socket_a_broken_connection_is_a_body_that_breaks_off() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    for (word, status) in [
        ("CONNECTION_RESET_BY_PEER", 502),
        ("EMPTY_RESPONSE", 502),
        ("MALFORMED_RESPONSE_CHUNK", 200),
        ("RANDOM_DATA_THEN_CLOSE", 502),
    ] {
        fault(&shop, &json!({"then": {"fault": word}}));
        assert_eq!(broken_off(&sandbox, "GET", "/epayment/v1/payments/nobody-1", "", ""), status, "{word}");
    }
}

#[test]
fn the_journal_tells_which_fault_asked_for_an_answer() {
    let sandbox = sandbox();
    let shop = Merchant::new(&sandbox);
    shop.authorized("told-of-1", 1000);
    shop.control("DELETE", "/requests", &Value::Null);
    fault(&shop, &json!({"match": {"operation": "capture"}, "then": {"error": 6260}}));
    fault(&shop, &json!({"match": {"operation": "capture"}, "then": {"status": 504}, "commit": true}));
    fault(&shop, &json!({"match": {"operation": "capture"}, "then": {"delay": "20m"}, "commit": true}));
    assert_eq!(shop.modify("capture", "told-of-1", "first", 100).code(), Some(6260));
    assert_eq!(shop.modify("capture", "told-of-1", "first", 100).status, 504);
    // The journal has a capture that went through, whether its caller waits for the answer or not.
    let path = "/epayment/v1/payments/told-of-1/capture";
    let body = json!({"modificationAmount": {"currency": "NOK", "value": 200}});
    paused().block_on(async {
        let call = timed(&sandbox, "POST", path, &body);
        assert!(tokio::time::timeout(Duration::from_secs(30), call).await.is_err());
    });
    assert_eq!(get_with(&shop, "told-of-1", &[("sandbox-fault", "status=503")]).status, 503);
    let rows = shop.control("GET", "/requests", &Value::Null).json();
    let rows = rows["requests"].as_array().expect("a list").iter();
    let told: Vec<_> = rows.map(|row| (row["status"].as_u64(), row["explanation"].as_str())).collect();
    assert_eq!(
        told,
        [
            (Some(503), Some("The request itself asked for this answer. The operation was not carried out.")),
            (Some(200), None),
            (
                Some(504),
                Some("The fault fault-2 asked for this answer. The operation was carried out before.")
            ),
            (Some(400), Some("The fault fault-1 asked for this answer. The operation was not carried out.")),
        ]
    );
    let late = shop.control("GET", "/requests?status=200", &Value::Null).json();
    assert!(late["requests"][0]["micros"].as_u64() >= Some(1_200_000_000), "{late}");
}
