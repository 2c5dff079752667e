//! Bodies that make no sense are refused with words that help, and change nothing.

use epayment_sandbox::Sandbox;
use serde_json::Value;

use super::assert_problem;
use crate::support::{MSN, call, control, create};

/// A sandbox with something in every place that a control call can change.
pub(crate) fn furnished() -> Sandbox {
    let sandbox = Sandbox::builder().seed(7).frozen_at("2026-11-20T09:00:00Z").start();
    let address = sandbox.address();
    assert_eq!(call(address, create(MSN, "payment-0001")).status, 201);
    let unit = r#"{"name":"A shop","clientId":"a-client","subscriptionKeys":["a-key"]}"#;
    assert_eq!(control(address, "PUT", "/_sandbox/sales-units/654321", unit).status, 200);
    let user = r#"{"firstName":"Kari","behaviour":"reject"}"#;
    assert_eq!(control(address, "PUT", "/_sandbox/users/4712345678", user).status, 200);
    sandbox
}

/// Everything that a control call can change.
pub(crate) fn contents(sandbox: &Sandbox) -> Vec<Value> {
    let read = |target: &str| {
        let mut value = control(sandbox.address(), "GET", target, "").json();
        // How far the frozen clock is ahead of the machine's changes by itself.
        if let Some(clock) = value.as_object_mut() {
            clock.remove("offset");
        }
        value
    };
    [
        "/_sandbox/clock",
        "/_sandbox/clock?msn=123456",
        "/_sandbox/sales-units",
        "/_sandbox/users",
        "/_sandbox/payments",
        "/_sandbox/payments/123456/payment-0001",
    ]
    .map(read)
    .to_vec()
}

/// Expects of each call that it is refused with words that help, and changes nothing.
#[track_caller]
pub(crate) fn refused(status: u16, calls: &[(&str, &str, &str, &[&str])]) {
    let sandbox = furnished();
    let before = contents(&sandbox);
    for (method, target, body, words) in calls {
        let answer = control(sandbox.address(), method, &format!("/_sandbox{target}"), body);
        assert_eq!(answer.status, status, "{method} {target} {body}\n{answer:?}");
        let detail = assert_problem(&answer, status);
        for word in *words {
            assert!(detail.contains(word), "{method} {target} {body}\n{word:?} is missing: {detail}");
        }
        assert_eq!(contents(&sandbox), before, "{method} {target} {body}");
    }
}

pub(crate) const PAYMENT: &str = "/payments/123456/payment-0001";

#[test]
fn a_body_that_is_no_json_object_is_refused() {
    for target in [
        "/clock/advance",
        "/sales-units",
        &format!("{PAYMENT}/approve"),
        &format!("{PAYMENT}/reject"),
        &format!("{PAYMENT}/expire"),
    ] {
        refused(
            400,
            &[
                ("POST", target, "{", &["body"]),
                ("POST", target, "nonsense", &["body"]),
                ("POST", target, "{} {}", &["body", "one JSON value"]),
                ("POST", target, "\"text\"", &["body", "text"]),
                ("POST", target, "1", &["body", "1"]),
                ("POST", target, "null", &["body", "null"]),
                ("POST", target, "true", &["body", "true"]),
                ("POST", target, " []", &["body", "JSON object"]),
                ("POST", target, "[null,null]", &["body", "JSON object"]),
                ("POST", target, "{\"a\":\"\u{0}\"}", &["body"]),
            ],
        );
    }
}

#[test]
fn a_body_that_is_no_json_object_is_told_without_the_names_of_types() {
    let sandbox = furnished();
    for (body, detail) in [
        ("{", "The body is wrong: EOF while parsing an object at line 1 column 1."),
        ("null", "The body is wrong: a JSON object is needed, not null."),
        ("\"text\"", "The body is wrong: a JSON object is needed, not \"text\"."),
        ("[]", "The body is wrong: a JSON object is needed, not a list."),
        ("{\"then\":\"x\"}", "The body is wrong: then: invalid type: string \"x\", expected an object."),
    ] {
        let answer = control(sandbox.address(), "POST", "/_sandbox/faults", body);
        assert_eq!(assert_problem(&answer, 400), detail);
    }
}

#[test]
fn a_probe_takes_no_other_method() {
    let sandbox = furnished();
    for path in ["/livez", "/readyz"] {
        let answer = control(sandbox.address(), "POST", path, "");
        assert!(assert_problem(&answer, 405).starts_with(path), "{answer:?}");
    }
}

#[test]
fn a_value_of_another_type_is_refused_in_words() {
    refused(
        400,
        &[
            (
                "PUT",
                "/webhooks/policy",
                r#"{"duplicate":-1}"#,
                &["duplicate: ", "expected a whole number from 0."],
            ),
            (
                "PUT",
                "/sales-units/123456",
                r#"{"subscriptionKeys":"a"}"#,
                &["subscriptionKeys: ", "expected a list."],
            ),
            (
                "POST",
                "/clock/advance",
                r#"{"by":"1y"}"#,
                &["by: \"1y\" is not a duration", "so write them in days."],
            ),
            (
                "POST",
                "/faults",
                r#"{"then":{"status":503},"times":1.5}"#,
                &["times: ", "expected a whole number from 0."],
            ),
            ("GET", "/requests?status=teapot", "", &["status: a whole number is needed."]),
            ("GET", "/requests?limit=", "", &["limit: a whole number is needed."]),
            ("GET", "/requests?status=70000", "", &["status: the number is too large."]),
            ("POST", "/clock/advance", "{\"by\" 1}", &["line 1 column 7"]),
        ],
    );
}

#[test]
fn an_unknown_member_is_refused_with_those_that_there_are() {
    let approve = format!("{PAYMENT}/approve");
    let reject = format!("{PAYMENT}/reject");
    let expire = format!("{PAYMENT}/expire");
    refused(
        400,
        &[
            ("PUT", "/clock", r#"{"modus":"frozen"}"#, &["modus", "`mode`", "`now`"]),
            ("GET", "/tls?port=1", "", &["port", "no parameters"]),
            ("POST", "/reset", r#"{"msn":"123456"}"#, &["msn", "no members", "query"]),
            ("POST", "/clock/reset", r#"{"msn":"123456"}"#, &["msn", "no members", "query"]),
            ("POST", "/tokens/expire", r#"{"msn":"123456"}"#, &["msn", "no members", "query"]),
            ("POST", "/webhooks/release", r#"{"msn":"123456"}"#, &["msn", "no members", "query"]),
            ("POST", "/clock/advance", r#"{"days":1}"#, &["days", "`by`", "`to`"]),
            ("PUT", "/sales-units/123456", r#"{"nam":"x"}"#, &["nam", "`name`", "`clientId`"]),
            (
                "PUT",
                "/sales-units/123456",
                r#"{"name":"Changed","permissions":{"expres":true}}"#,
                &["permissions.expres", "`express`"],
            ),
            ("POST", "/sales-units", r#"{"msn":"200800","makret":"NO"}"#, &["makret", "`market`"]),
            ("PUT", "/users/4712345678", r#"{"firstname":"Ola"}"#, &["firstname", "`firstName`"]),
            (
                "PUT",
                "/users/4712345678",
                r#"{"cards":[{"bin":"492500","ok":true}]}"#,
                &["cards[0].ok", "`enabled`"],
            ),
            ("POST", &approve, r#"{"phone":"4712345678"}"#, &["phone", "`phoneNumber`"]),
            ("POST", &reject, r#"{"why":"x"}"#, &["why"]),
            ("POST", &expire, r#"{"why":"x"}"#, &["why"]),
        ],
    );
}

#[test]
fn a_member_of_the_wrong_type_is_refused_with_the_right_one() {
    let approve = format!("{PAYMENT}/approve");
    refused(
        400,
        &[
            ("PUT", "/clock", r#"{"mode":1}"#, &["mode"]),
            ("PUT", "/clock", r#"{"mode":"fast"}"#, &["mode", "fast", "`real`", "`frozen`"]),
            ("PUT", "/clock", r#"{"now":5}"#, &["now", "5", "RFC 3339"]),
            ("POST", "/clock/advance", r#"{"to":5}"#, &["to", "5", "string"]),
            ("PUT", "/sales-units/123456", r#"{"name":1}"#, &["name", "string"]),
            ("PUT", "/sales-units/123456", r#"{"subscriptionKeys":"k"}"#, &["subscriptionKeys", "list"]),
            ("PUT", "/sales-units/123456", r#"{"refundsEnabled":"yes"}"#, &["refundsEnabled", "boolean"]),
            (
                "PUT",
                "/sales-units/123456",
                r#"{"permissions":{"express":1}}"#,
                &["permissions.express", "boolean"],
            ),
            ("PUT", "/sales-units/123456", r#"{"paymentLimit":"5"}"#, &["paymentLimit"]),
            (
                "PUT",
                "/sales-units/123456",
                r#"{"paymentLimit":-1}"#,
                &["paymentLimit", "-1", "whole number from 0"],
            ),
            ("PUT", "/sales-units/123456", r#"{"permissions":[true]}"#, &["permissions", "object"]),
            ("PUT", "/users/4712345678", r#"{"cards":[["429198",null,null,null]]}"#, &["cards[0]", "object"]),
            (
                "PUT",
                "/users/4712345678",
                r#"{"addresses":[["A",null,"B","NO","1"]]}"#,
                &["addresses[0]", "object"],
            ),
            ("PUT", "/sales-units/123456", r#"{"paymentLimit":1.5}"#, &["paymentLimit", "1.5"]),
            ("PUT", "/users/4712345678", r#"{"exists":"no"}"#, &["exists", "boolean"]),
            ("PUT", "/users/4712345678", r#"{"cards":{}}"#, &["cards", "list"]),
            ("PUT", "/users/4712345678", r#"{"cards":[{}]}"#, &["cards[0]", "`bin`"]),
            (
                "PUT",
                "/users/4712345678",
                r#"{"addresses":[{"city":"x"}]}"#,
                &["addresses[0]", "`addressLine1`"],
            ),
            ("POST", &approve, r#"{"card":492500}"#, &["card", "string"]),
            ("POST", &approve, r#"{"shippingOptionId":1}"#, &["shippingOptionId", "string"]),
        ],
    );
}

#[test]
fn a_value_that_cannot_be_is_refused_with_what_would_do() {
    let approve = format!("{PAYMENT}/approve");
    let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(501));
    let keys = format!(r#"{{"subscriptionKeys":{:?}}}"#, ["key"; 11]);
    refused(
        400,
        &[
            ("POST", "/sales-units", r#"{"msn":"12"}"#, &["msn", "\"12\"", "4 to 10 digits"]),
            ("POST", "/sales-units", r#"{"msn":"12345678901"}"#, &["msn", "4 to 10 digits"]),
            ("POST", "/sales-units", r#"{"market":"SE"}"#, &["market", "SE", "NO, DK or FI"]),
            ("PUT", "/sales-units/123456", r#"{"market":"no way"}"#, &["market", "NO, DK or FI"]),
            ("PUT", "/sales-units/123456", r#"{"name":""}"#, &["name", "1 to 500"]),
            ("PUT", "/sales-units/123456", &long, &["name", "1 to 500"]),
            (
                "PUT",
                "/sales-units/123456",
                r#"{"clientSecret":"a\nb"}"#,
                &["clientSecret", "control characters"],
            ),
            ("PUT", "/sales-units/123456", r#"{"subscriptionKeys":[""]}"#, &["subscriptionKeys", "1 to 500"]),
            ("PUT", "/sales-units/123456", &keys, &["subscriptionKeys", "10"]),
            (
                "PUT",
                "/users/4712345678",
                r#"{"behaviour":"sleep"}"#,
                &["behaviour", "ask, approve or reject"],
            ),
            ("PUT", "/users/4712345678", r#"{"after":"5"}"#, &["after", "\"5\"", "2s"]),
            ("PUT", "/users/4712345678", r#"{"after":"P1M"}"#, &["after", "P1M", "P180D"]),
            ("PUT", "/users/4712345678", r#"{"dateOfBirth":"1990-02-30"}"#, &["dateOfBirth", "1990-02-28"]),
            ("PUT", "/users/4712345678", r#"{"dateOfBirth":"1990-2-3"}"#, &["dateOfBirth", "1990-02-28"]),
            ("PUT", "/users/004712345678", r#"{"firstName":"Kari"}"#, &["phoneNumber", "without + or 00"]),
            (
                "PUT",
                "/users/4712345678",
                r#"{"addresses":[{"addressLine1":"","city":"B","country":"NO","postCode":"1"}]}"#,
                &["addresses", "addressLine1", "1 to 500"],
            ),
            ("PUT", "/users/4712345678", r#"{"cards":[{"bin":"12"}]}"#, &["cards[0].bin", "six digits"]),
            (
                "PUT",
                "/users/4712345678",
                r#"{"addresses":[{"addressLine1":"A","city":"B","country":"norge","postCode":"1"}]}"#,
                &["addresses", "country", "NO"],
            ),
            ("POST", &approve, r#"{"phoneNumber":"12"}"#, &["phoneNumber", "\"12\"", "9 to 15 digits"]),
            ("POST", &approve, r#"{"phoneNumber":"+4712345678"}"#, &["phoneNumber", "without +"]),
        ],
    );
}

#[test]
fn a_body_that_contradicts_its_path_is_refused() {
    refused(
        400,
        &[
            ("PUT", "/sales-units/123456", r#"{"msn":"654321"}"#, &["msn", "123456", "654321"]),
            (
                "PUT",
                "/users/4712345678",
                r#"{"phoneNumber":"4787654321"}"#,
                &["phoneNumber", "4712345678", "4787654321"],
            ),
        ],
    );
}
