//! Times, queries, paths and methods that lead nowhere are refused with words that help, and change nothing.

use epayment_sandbox::Sandbox;

use super::assert_problem;
use super::refused::{PAYMENT, contents, furnished, refused};
use crate::support::control;

#[test]
fn time_goes_nowhere_that_it_cannot() {
    let forms = ["2027-06-01T00:00:00Z", "next", "P180D"];
    refused(
        400,
        &[
            ("POST", "/clock/advance", "", &forms),
            ("POST", "/clock/advance", "{}", &forms),
            ("POST", "/clock/advance", r#"{"by":null,"to":null}"#, &forms),
            ("POST", "/clock/advance", r#"{"by":"1d","to":"next"}"#, &forms),
            ("POST", "/clock/advance", r#"{"by":"1x"}"#, &["by", "\"1x\"", "P180D", "180d"]),
            ("POST", "/clock/advance", r#"{"by":"-1d"}"#, &["by", "\"-1d\"", "180d"]),
            ("POST", "/clock/advance", r#"{"by":"P1M"}"#, &["by", "\"P1M\"", "months"]),
            ("POST", "/clock/advance", r#"{"by":86400}"#, &["by", "86400", "180d"]),
            (
                "POST",
                "/clock/advance",
                r#"{"by":"99999999d"}"#,
                &["by", "99999999d", "longer than the calendar"],
            ),
            ("POST", "/clock/advance", r#"{"to":"soon"}"#, &["to", "soon", "next", "2027-06-01T00:00:00Z"]),
            (
                "POST",
                "/clock/advance",
                r#"{"to":"2026-11-20"}"#,
                &["to", "2026-11-20", "2027-06-01T00:00:00Z"],
            ),
            (
                "POST",
                "/clock/advance",
                r#"{"to":"2026-11-20T08:59:59.999Z"}"#,
                &["2026-11-20T09:00:00.000Z", "never goes back"],
            ),
            ("POST", "/clock/advance?msn=123456", r#"{"to":"2020-01-01T00:00:00Z"}"#, &["never goes back"]),
            (
                "PUT",
                "/clock",
                r#"{"now":"2026-11-20T08:59:59.999Z"}"#,
                &["2026-11-20T09:00:00.000Z", "never goes back"],
            ),
            ("PUT", "/clock", r#"{"mode":"real","now":"2020-01-01T00:00:00Z"}"#, &["never goes back"]),
            ("PUT", "/clock?msn=123456", r#"{"now":"2020-01-01T00:00:00Z"}"#, &["never goes back"]),
            ("PUT", "/clock", r#"{"now":"tomorrow"}"#, &["now", "tomorrow", "2027-06-01T00:00:00Z"]),
            ("PUT", "/clock", r#"{"mode":"frozen","mode":"real"}"#, &["`mode`"]),
        ],
    );
    let empty = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    let answer = control(empty.address(), "POST", "/_sandbox/clock/advance", r#"{"to":"next"}"#);
    assert!(assert_problem(&answer, 400).contains("no timer"), "{answer:?}");
}

#[test]
fn a_wrong_query_is_refused_with_what_would_do() {
    let wait = |query: &str| format!("{PAYMENT}/wait{query}");
    refused(
        400,
        &[
            ("GET", "/payments?limit=0", "", &["limit", "1 and 1000"]),
            ("GET", "/payments?limit=1001", "", &["limit", "1 and 1000"]),
            ("GET", "/payments?limit=-1", "", &["limit", "\"-1\"", "1 and 1000"]),
            ("GET", "/payments?limit=all", "", &["limit", "\"all\"", "whole number"]),
            ("GET", "/payments?state=PAID", "", &["state", "PAID", "AUTHORIZED", "PARTIALLY_REFUNDED"]),
            ("GET", "/payments?cursor=x", "", &["cursor", "\"x\"", "\"next\""]),
            ("GET", "/health?mns=123456", "", &["mns", "`msn`"]),
            ("GET", "/errors?code=6090", "", &["code", "`msn`"]),
            ("POST", "/tokens/expire?unit=123456", "", &["unit", "`msn`"]),
            ("POST", "/tokens/expire?msn=12", "", &["msn", "4 to 10 digits"]),
            ("POST", "/sales-units?market=DK", "", &["market"]),
            ("GET", "/sales-units/654321?unit=1", "", &["unit", "`msn`"]),
            ("PUT", "/sales-units/654321?msn=123456", "", &["msn", "654321", "123456"]),
            ("DELETE", "/sales-units/654321?force=true", "", &["force", "`msn`"]),
            ("GET", "/payments/123456/payment-0001?events=no", "", &["events", "`msn`"]),
            ("POST", "/payments/123456/payment-0001/approve?card=429198", "", &["card", "`msn`"]),
            ("POST", "/payments/123456/payment-0001/reject?x", "", &["x", "`msn`"]),
            ("POST", "/payments/123456/payment-0001/expire?msn=654321", "", &["msn", "123456", "654321"]),
            ("GET", "/payments?status=CREATED", "", &["status", "`state`", "`limit`"]),
            ("GET", "/payments?msn=12", "", &["msn", "\"12\"", "4 to 10 digits"]),
            ("GET", "/payments?msn=", "", &["msn", "4 to 10 digits"]),
            ("GET", "/clock?msm=123456", "", &["msm", "`msn`"]),
            ("GET", "/clock?msn=123456&msn=654321", "", &["`msn`"]),
            ("PUT", "/clock?msn=x", r#"{"mode":"frozen"}"#, &["msn", "\"x\"", "4 to 10 digits"]),
            ("POST", "/clock/advance?unit=123456", r#"{"by":"1d"}"#, &["unit", "`msn`"]),
            ("POST", "/clock/reset?unit=123456", "", &["unit", "`msn`"]),
            ("POST", "/reset?unit=123456", "", &["unit", "`msn`"]),
            ("POST", "/reset?msn=12", "", &["msn", "4 to 10 digits"]),
            ("GET", "/sales-units?market=NO", "", &["market", "`msn`"]),
            ("GET", "/users?behaviour=ask", "", &["behaviour", "`msn`"]),
            ("PUT", "/users/4712345678?unit=123456", r#"{"firstName":"Ola"}"#, &["unit", "`msn`"]),
            ("DELETE", "/users/4712345678?unit=123456", "", &["unit", "`msn`"]),
            ("GET", &wait(""), "", &["`state`"]),
            ("GET", &wait("?state=PAID"), "", &["state", "PAID", "AUTHORIZED"]),
            ("GET", &wait("?state=CREATED&timeout=5"), "", &["timeout", "\"5\"", "2s"]),
            ("GET", &wait("?state=CREATED&timeout=6m"), "", &["timeout", "PT5M"]),
            ("GET", &wait("?state=CREATED&timout=1s"), "", &["timout", "`timeout`"]),
        ],
    );
}

#[test]
fn a_path_that_names_nothing_is_refused() {
    refused(
        400,
        &[
            ("GET", "/sales-units/12", "", &["msn", "\"12\"", "4 to 10 digits"]),
            ("PUT", "/sales-units/abcdef", "{}", &["msn", "\"abcdef\"", "4 to 10 digits"]),
            ("DELETE", "/sales-units/12345678901", "", &["msn", "4 to 10 digits"]),
            ("PUT", "/users/12", "{}", &["phoneNumber", "\"12\"", "9 to 15 digits"]),
            ("GET", "/users/+4712345678", "", &["phoneNumber", "without +"]),
            ("POST", "/payments/12/payment-0001/approve", "", &["msn", "4 to 10 digits"]),
            ("GET", "/payments/123456/%ff", "", &["path"]),
        ],
    );
    refused(
        404,
        &[
            ("GET", "", "", &["/_sandbox", "openapi.json"]),
            ("GET", "/none", "", &["/_sandbox/none", "openapi.json"]),
            ("POST", "/payments/123456/payment-0001/steal", "", &["steal", "openapi.json"]),
            ("GET", "/sales-units/200800", "", &["200800", "first use"]),
            ("DELETE", "/sales-units/200800", "", &["200800"]),
            ("GET", "/payments/123456/other-0001", "", &["123456", "other-0001", "Case matters"]),
            ("GET", "/payments/123456/PAYMENT-0001", "", &["PAYMENT-0001", "Case matters"]),
            ("POST", "/payments/123456/other-0001/approve", "", &["123456", "other-0001"]),
            ("POST", "/payments/654321/payment-0001/reject", "", &["654321", "payment-0001"]),
            ("POST", "/payments/200800/payment-0001/expire", "", &["200800", "payment-0001"]),
        ],
    );
}

#[test]
fn a_method_that_a_path_does_not_have_is_refused_with_those_that_it_has() {
    let sandbox = furnished();
    let before = contents(&sandbox);
    for (method, target, allowed) in [
        ("PATCH", "/_sandbox/clock", &["GET", "PUT"][..]),
        ("GET", "/_sandbox/reset", &["POST"]),
        ("DELETE", "/_sandbox/health", &["GET"]),
        ("PUT", "/_sandbox/payments/123456/payment-0001/approve", &["POST"]),
        ("POST", "/_sandbox/sales-units/123456", &["GET", "PUT", "DELETE"]),
    ] {
        let answer = control(sandbox.address(), method, target, "{}");
        assert_problem(&answer, 405);
        let allow = answer.header("Allow").unwrap_or_default().to_owned();
        assert!(allowed.iter().all(|method| allow.contains(method)), "{method} {target}: {allow}");
    }
    assert_eq!(contents(&sandbox), before);
}

#[test]
fn what_is_taken_or_cannot_happen_is_a_conflict() {
    let approve = format!("{PAYMENT}/approve");
    refused(
        409,
        &[
            ("POST", "/sales-units", r#"{"msn":"123456","name":"Mine"}"#, &["msn", "123456", "leave it out"]),
            ("POST", &approve, r#"{"card":"999999"}"#, &["999999"]),
            ("POST", &approve, r#"{"shippingOptionId":"none"}"#, &["none"]),
        ],
    );
}

#[test]
fn a_wait_that_is_in_vain_ends_with_where_the_payment_is() {
    let sandbox = furnished();
    let wait = |reference: &str, query: &str| {
        control(sandbox.address(), "GET", &format!("/_sandbox/payments/123456/{reference}/wait?{query}"), "")
    };
    let detail = assert_problem(&wait("payment-0001", "state=AUTHORIZED&timeout=0s"), 408);
    for word in ["CREATED", "AUTHORIZED", "0s"] {
        assert!(detail.contains(word), "{detail}");
    }
    let detail = assert_problem(&wait("other-0001", "state=AUTHORIZED&timeout=10ms"), 408);
    assert!(detail.contains("other-0001"), "{detail}");
    assert_eq!(wait("payment-0001", "state=created&timeout=0s").status, 200);
}
