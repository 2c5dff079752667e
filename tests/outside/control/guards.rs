//! Names, pages and tokens that a caller has to come with.

use epayment_sandbox::Sandbox;

use super::assert_problem;
use crate::support::{Answer, MSN, api_headers, call, control, create, create_body, get, request};

fn health(sandbox: &Sandbox, headers: &[(&str, &str)]) -> Answer {
    call(sandbox.address(), request("GET", "/_sandbox/health", headers, ""))
}

// names by which the sandbox is called

const LOCAL_NAMES: [&str; 17] = [
    "127.0.0.1",
    "127.0.0.1:8477",
    "10.1.2.3:8477",
    "203.0.113.9",
    "[::1]:8477",
    "[2001:db8::1]",
    "localhost",
    "LocalHost:8477",
    "localhost.",
    "shop.localhost",
    "a.b.localhost:8477",
    "host.docker.internal",
    "host.docker.internal:8477",
    "epayment-sandbox",
    "epayment-sandbox:8477",
    "sandbox_1",
    "x",
];

const FOREIGN_NAMES: [&str; 15] = [
    "evil.example",
    "evil.example:8477",
    "EVIL.EXAMPLE",
    "evil.example.",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1.nip.io:8477",
    "127-0-0-1.evil.example",
    "evillocalhost.example",
    "host.docker.internal.evil.example",
    "docker.internal",
    "apitest.vipps.no",
    "999.999.999.999",
    "2130706433",
    "",
];

#[test]
fn the_control_api_answers_under_local_names() {
    let sandbox = Sandbox::start();
    for host in LOCAL_NAMES {
        assert_eq!(health(&sandbox, &[("Host", host)]).status, 200, "{host:?}");
    }
}

#[test]
fn the_control_api_answers_under_no_name_that_somebody_else_can_own() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    for host in FOREIGN_NAMES {
        let detail = assert_problem(&health(&sandbox, &[("Host", host)]), 403);
        assert!(detail.contains(&format!("\"{host}\"")), "{detail}");
        assert!(detail.contains("localhost") && detail.contains("--public-url"), "{detail}");
        let body = r#"{"by":"1d"}"#;
        for target in
            ["/_sandbox/clock/advance", "/_sandbox/reset", "/_sandbox/none", "/_sandbox/openapi.json"]
        {
            let answer = call(sandbox.address(), request("POST", target, &[("Host", host)], body));
            assert_problem(&answer, 403);
        }
    }
    assert_eq!(sandbox.now().to_string(), "2026-11-20T09:00:00.000Z");
}

#[test]
fn the_name_in_a_whole_url_counts() {
    let sandbox = Sandbox::start();
    let target = |host: &str| format!("http://{host}/_sandbox/health");
    let foreign = request("GET", &target("evil.example"), &[("Host", "localhost")], "");
    assert_problem(&call(sandbox.address(), foreign), 403);
    let local = request("GET", &target("localhost"), &[("Host", "localhost")], "");
    assert_eq!(call(sandbox.address(), local).status, 200);
}

#[test]
fn the_public_url_is_one_of_the_names() {
    let sandbox = Sandbox::builder().public_url("https://Sandbox.Example.com:8443/base").start();
    for host in ["sandbox.example.com", "SANDBOX.example.com:1", "sandbox.example.com:8443", "localhost"] {
        assert_eq!(health(&sandbox, &[("Host", host)]).status, 200, "{host}");
    }
    for host in ["example.com", "www.sandbox.example.com", "sandbox.example.com.evil.example"] {
        assert_problem(&health(&sandbox, &[("Host", host)]), 403);
    }
}

#[test]
fn the_emulated_api_and_the_probes_answer_under_any_name() {
    let sandbox = Sandbox::start();
    for (number, host) in FOREIGN_NAMES.into_iter().filter(|host| !host.is_empty()).enumerate() {
        for target in ["/livez", "/readyz"] {
            let answer = call(sandbox.address(), request("GET", target, &[("Host", host)], ""));
            assert_eq!(answer.status, 200, "{host} {target}");
        }
        let reference = format!("any-name-{number:04}");
        let mut headers = api_headers(MSN, &reference).to_vec();
        headers.push(("Host", host));
        let create = request("POST", "/epayment/v1/payments", &headers, &create_body(&reference));
        assert_eq!(call(sandbox.address(), create).status, 201, "{host}");
    }
}

// browsers

#[test]
fn pages_of_other_origins_are_refused() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    let ours = format!("localhost:{}", sandbox.address().port());
    let origin = format!("http://{ours}");
    for (headers, allowed) in [
        (vec![], true),
        (vec![("Origin", &*origin)], true),
        (vec![("Origin", &*origin), ("Sec-Fetch-Site", "same-origin")], true),
        (vec![("Sec-Fetch-Site", "same-origin")], true),
        (vec![("Sec-Fetch-Site", "none")], true),
        (vec![("Sec-Fetch-Site", "same-site")], false),
        (vec![("Sec-Fetch-Site", "cross-site")], false),
        (vec![("Origin", &*origin), ("Sec-Fetch-Site", "cross-site")], false),
        (vec![("Origin", "null")], false),
        (vec![("Origin", "")], false),
        (vec![("Origin", "http://localhost:3000")], false),
        (vec![("Origin", "http://localhost")], false),
        (vec![("Origin", "http://evil.example")], false),
        (vec![("Origin", &*format!("{origin}.evil.example"))], false),
        (vec![("Origin", "http://evil.example"), ("Sec-Fetch-Site", "same-origin")], false),
    ] {
        let mut headers = headers;
        headers.push(("Host", &ours));
        let advance = request("POST", "/_sandbox/clock/advance", &headers, r#"{"by":"1s"}"#);
        let before = sandbox.now();
        let answer = call(sandbox.address(), advance);
        if allowed {
            assert_eq!(answer.status, 200, "{headers:?}");
        } else {
            let detail = assert_problem(&answer, 403);
            assert!(detail.contains("origin"), "{detail}");
            assert_eq!(sandbox.now(), before, "{headers:?}");
        }
        assert_eq!(answer.header("Access-Control-Allow-Origin"), None, "{headers:?}");
    }
    let preflight = [("Origin", "http://evil.example"), ("Access-Control-Request-Method", "POST")];
    assert_problem(&call(sandbox.address(), request("OPTIONS", "/_sandbox/reset", &preflight, "")), 403);
}

#[test]
fn the_emulated_api_does_not_care_which_page_calls() {
    let sandbox = Sandbox::start();
    let mut headers = api_headers(MSN, "page-0001").to_vec();
    headers.extend([("Origin", "http://evil.example"), ("Sec-Fetch-Site", "cross-site")]);
    let create = request("POST", "/epayment/v1/payments", &headers, &create_body("page-0001"));
    assert_eq!(call(sandbox.address(), create).status, 201);
}

// the control token

#[test]
fn the_control_token_is_needed_where_there_is_one() {
    let sandbox = Sandbox::builder().control_token("a token").frozen_at("2026-11-20T09:00:00Z").start();
    assert_eq!(call(sandbox.address(), create(MSN, "token-0001")).status, 201);
    for wrong in [
        None,
        Some(""),
        Some("Bearer"),
        Some("Bearer "),
        Some("Bearer a toke"),
        Some("Bearer a token2"),
        Some("Bearer A TOKEN"),
        Some("a token"),
        Some("Basic a token"),
    ] {
        let headers: Vec<_> = wrong.into_iter().map(|value| ("Authorization", value)).collect();
        for (method, target) in [
            ("GET", "/_sandbox/health"),
            ("GET", "/_sandbox/openapi.json"),
            ("GET", "/_sandbox/none"),
            ("POST", "/_sandbox/reset"),
            ("POST", "/_sandbox/payments/123456/token-0001/approve"),
        ] {
            let answer = call(sandbox.address(), request(method, target, &headers, ""));
            let detail = assert_problem(&answer, 401);
            assert_eq!(answer.header("WWW-Authenticate"), Some("Bearer"), "{wrong:?} {target}");
            assert!(detail.contains("Authorization: Bearer"), "{detail}");
            assert!(!answer.body.contains("a token"), "the token must not be told: {answer:?}");
        }
    }
    let phase = sandbox.payment("token-0001").expect("it was not reset").phase;
    assert_eq!(format!("{phase:?}"), "Created");
    let right = [("Authorization", "Bearer a token")];
    assert_eq!(health(&sandbox, &right).status, 200);
    assert_problem(&health(&sandbox, &[("Host", "evil.example"), right[0]]), 403);
    assert_problem(&health(&sandbox, &[("Origin", "http://evil.example"), right[0]]), 403);
}

#[test]
fn the_emulated_api_and_the_probes_need_no_control_token() {
    let sandbox = Sandbox::builder().control_token("a token").start();
    for target in ["/livez", "/readyz", "/_sandbox/ui/"] {
        assert_eq!(control(sandbox.address(), "GET", target, "").status, 200, "{target}");
    }
    assert_eq!(control(sandbox.address(), "GET", "/", "").status, 307, "the way to the dashboard");
    assert_eq!(call(sandbox.address(), create(MSN, "no-token-0001")).status, 201);
    assert_eq!(call(sandbox.address(), get(MSN, "no-token-0001")).status, 200);
}
