//! Every row of the catalogue can be had from outside: by a request, which has its conformance case, and by a fault.

use epayment_sandbox::Sandbox;
use epayment_sandbox::domain::errors::{CATALOGUE, ErrorSpec, Provoked, Shape};
use epayment_sandbox::domain::operation::Operation;
use serde_json::{Value, json};

use crate::api::{Answer, Merchant};
use crate::catalogue::{cases, covers};

const REFERENCE: &str = "every-error-1";
const WEBHOOK: &str = "no-webhook";
const SUB: &str = "no-sub";

/// A body that no operation would take, but that says what a text may need.
fn body() -> Value {
    json!({
        "reference": REFERENCE,
        "expiresAt": "the-expiry",
        "returnUrl": "the-url",
        "profile": {"scope": "the-scope"},
        "metadata": {"the-metadata-key": "the-metadata-value"},
    })
}

/// What stands in a detail for each placeholder.
fn filled(spec: &ErrorSpec, operation: Operation) -> String {
    let metadata = spec.title.contains("Metadata");
    [
        ("{reference}", if operation == Operation::Token { "" } else { REFERENCE }),
        ("{id}", WEBHOOK),
        ("{sub}", SUB),
        ("{msn}", "123456"),
        ("{key}", if metadata { "the-metadata-key" } else { "the-key" }),
        ("{value}", if metadata { "the-metadata-value" } else { "the-expiry" }),
        ("{url}", "the-url"),
        ("{scope}", "the-scope"),
        ("{state}", "CREATED"),
        ("{market}", "Norwegian"),
        ("{client_id}", "the-client"),
        ("{parameter}", if operation == Operation::Token { "client_id" } else { "customer" }),
        ("{seconds}", "60"),
        ("{reason}", "A fault of the sandbox refuses it"),
    ]
    .into_iter()
    .fold(spec.detail.to_owned(), |text, (name, value)| text.replace(name, value))
}

fn call(shop: &Merchant<'_>, operation: Operation) -> (Answer, String) {
    let of_payment = |verb: &str| ("POST", format!("/epayment/v1/payments/{REFERENCE}/{verb}"));
    let (method, path) = match operation {
        Operation::Token => ("POST", "/accesstoken/get".to_owned()),
        Operation::Create => ("POST", "/epayment/v1/payments".to_owned()),
        Operation::Get => ("GET", format!("/epayment/v1/payments/{REFERENCE}")),
        Operation::Events => ("GET", format!("/epayment/v1/payments/{REFERENCE}/events")),
        Operation::WebhooksRegister => ("POST", "/webhooks/v1/webhooks".to_owned()),
        Operation::WebhooksList => ("GET", "/webhooks/v1/webhooks".to_owned()),
        Operation::WebhooksDelete => ("DELETE", format!("/webhooks/v1/webhooks/{WEBHOOK}")),
        Operation::Userinfo => ("GET", format!("/vipps-userinfo-api/userinfo/{SUB}")),
        verb => of_payment(verb.name()),
    };
    let headers = [
        ("ocp-apim-subscription-key", "key"),
        ("authorization", "Bearer test"),
        ("merchant-serial-number", "123456"),
        ("client_id", "the-client"),
        ("client_secret", "the-secret"),
        ("idempotency-key", "the-key"),
    ];
    let instance =
        ["/epayment", "/webhooks", "/vipps-userinfo-api"].iter().find_map(|api| path.strip_prefix(api));
    let instance = instance.unwrap_or(&path).to_owned();
    (shop.send(method, &path, &headers, body().to_string()), instance)
}

/// The reason for the field that an injected error names.
const REASON: &str = "A fault of the sandbox refuses it.";

/// The form of an error's body: each API has its own for what is no gateway's.
fn shape_of(spec: &ErrorSpec, operation: Operation) -> Shape {
    match (spec.shape, operation) {
        (Shape::Problem | Shape::Fields, Operation::Userinfo) => Shape::Userinfo,
        (
            Shape::Problem | Shape::Fields,
            Operation::WebhooksRegister | Operation::WebhooksList | Operation::WebhooksDelete,
        ) => Shape::Webhook,
        (shape, _) => shape,
    }
}

fn check(spec: &ErrorSpec, operation: Operation, answer: &Answer, instance: &str) {
    let place = format!("{} of {}: {}", spec.name, operation.name(), answer.text);
    let detail = filled(spec, operation);
    assert_eq!(answer.status, spec.status, "{place}");
    let told = answer.json();
    let trace = |text: &str, end: &str| text.len() == 55 && text.starts_with("00-") && text.ends_with(end);
    match shape_of(spec, operation) {
        Shape::Problem | Shape::Fields => {
            assert_eq!(answer.headers["content-type"], "application/problem+json", "{place}");
            assert_eq!(
                (told["title"].as_str(), told["detail"].as_str()),
                (Some(spec.title), Some(&*detail)),
                "{place}"
            );
            assert_eq!(
                (told["instance"].as_str(), told["status"].as_u64()),
                (Some(instance), Some(spec.status.into())),
                "{place}"
            );
            assert!(trace(told["traceId"].as_str().unwrap_or_default(), "-01"), "{place}");
            let extra = told["extraDetails"].as_array().unwrap_or_else(|| panic!("{place}"));
            match (spec.shape, spec.number) {
                (Shape::Fields, _) => {
                    let reason = extra[0]["reason"].as_str();
                    assert_eq!((extra.len(), reason), (1, Some(REASON)), "{place}");
                }
                (_, Some(number)) => {
                    assert_eq!(
                        *extra,
                        [json!({"name": "ErrorCode", "reason": number.to_string()})],
                        "{place}"
                    );
                }
                (_, None) => assert!(extra.is_empty(), "{place}"),
            }
        }
        Shape::Webhook => {
            assert_eq!(answer.headers["content-type"], "application/problem+json", "{place}");
            let detail = match spec.shape {
                Shape::Fields => "One or more validation errors occurred.".to_owned(),
                _ => detail,
            };
            assert_eq!((&told["title"], &told["detail"]), (&json!(spec.title), &json!(detail)), "{place}");
            assert_eq!((&told["type"], &told["instance"]), (&told["traceId"], &json!(instance)), "{place}");
            assert!(trace(told["traceId"].as_str().unwrap_or_default(), "-00"), "{place}");
            let field = if operation == Operation::WebhooksDelete { "id" } else { "body" };
            match (spec.shape, spec.number, spec.status) {
                (Shape::Fields, ..) => assert_eq!(told["extraDetails"][0]["reason"], REASON, "{place}"),
                (_, Some(number), _) => {
                    let code = json!([{"name": "ErrorCode", "reason": number.to_string()}]);
                    assert_eq!(told["extraDetails"], code, "{place}");
                }
                (.., 400) => {
                    assert_eq!(told["extraDetails"], json!([{"name": field, "reason": REASON}]), "{place}");
                }
                _ => assert_eq!(told["extraDetails"], json!([]), "{place}"),
            }
        }
        Shape::Userinfo => {
            assert_eq!(answer.headers["content-type"], "application/problem+json", "{place}");
            let detail = if spec.shape == Shape::Fields { REASON.to_owned() } else { detail };
            let expected = json!({
                "type": format!("https://httpstatuses.io/{}", spec.status), "title": spec.title,
                "status": spec.status.to_string(), "detail": detail, "instance": instance,
            });
            assert_eq!(told, expected, "{place}");
        }
        Shape::Gateway => {
            let text = format!(r#"{{ "statusCode": {}, "message": "{detail}" }}"#, spec.status);
            assert_eq!(answer.text, text, "{place}");
            let retry = answer.headers.get("retry-after").map(|value| value.to_str().unwrap_or_default());
            assert_eq!(retry, (spec.status == 429).then_some("60"), "{place}");
            let of_the_key = spec.detail.contains("subscription key");
            assert_eq!(answer.headers.contains_key("www-authenticate"), of_the_key, "{place}");
        }
        Shape::Subscription => {
            let text = format!(
                r#"{{"errorCode":"Unauthorized","errorMessage":"{detail}","contextId":"{}"}}"#,
                told["contextId"].as_str().unwrap_or_default()
            );
            assert_eq!(answer.text, text, "{place}");
        }
        Shape::Bearer => {
            let text = format!(
                r#"{{"responseInfo":{{"responseCode":401,"responseMessage":"{detail}"}},"result":{{"message":"{detail}"}}}}"#
            );
            assert_eq!(answer.text, text, "{place}");
        }
        Shape::Token => {
            let description = told["error_description"].as_str().unwrap_or_default();
            assert_eq!(told["error"], spec.title, "{place}");
            assert!(description.starts_with(&format!("{detail}\r\nTrace ID: ")), "{place}");
            let code = detail.trim_start_matches("AADSTS").split(':').next().unwrap_or_default();
            assert_eq!(told["error_codes"][0].to_string(), code, "{place}");
        }
    }
}

#[test]
fn every_row_of_the_catalogue_can_be_had_from_outside() {
    let cases = cases();
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    let shop = Merchant::new(&sandbox);
    shop.created(REFERENCE, 1000);
    let mut injected = 0;
    for spec in CATALOGUE {
        let by_request = cases.iter().any(|(_, case)| covers(spec, case));
        assert!(by_request || spec.provoked != Provoked::Request, "no case covers {}", spec.name);
        let mut names = vec![json!(spec.name)];
        names.extend(spec.number.map(Value::from));
        for operation in spec.operations {
            for error in &names {
                let fault = json!({"match": {"operation": operation.name()}, "then": {"error": error}});
                let made = shop.control("POST", "/faults", &fault);
                assert_eq!(made.status, 201, "{fault} {}", made.text);
                assert_eq!(made.json()["warning"], Value::Null, "{fault}");
                let (answer, instance) = call(&shop, *operation);
                assert_eq!(answer.headers["sandbox-fault"].to_str().ok(), made.json()["id"].as_str());
                check(spec, *operation, &answer, &instance);
                injected += 1;
            }
        }
    }
    assert!(injected > 150, "{injected}");
    assert_eq!(sandbox.payment(REFERENCE).expect("it is kept").events.len(), 1, "nothing has happened to it");
}
