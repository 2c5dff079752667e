//! Logs: a line per call, and no secret.

use serde_json::{Value, json};

use crate::support::{Connection, MSN, Running, api_headers, call, control, create_body, request};

/// Values that must never be seen in a log.
const SECRETS: [&str; 7] = [
    "SECRET-BEARER",
    "SECRET-CLIENT-ID",
    "SECRET-CLIENT-SECRET",
    "SECRET-SUBSCRIPTION-KEY",
    "SECRET-CONTROL-TOKEN",
    "SECRET-WEBHOOK",
    "SECRET-QUERY",
];

/// Makes calls of every kind with secrets in all places where secrets are sent, and returns the request ids of the
/// emulated ones.
fn call_with_secrets(running: &Running) -> Vec<String> {
    let mut headers = api_headers(MSN, "key-1");
    headers[0].1 = "SECRET-SUBSCRIPTION-KEY";
    headers[1].1 = "Bearer SECRET-BEARER";
    let token = [
        ("client_id", "SECRET-CLIENT-ID"),
        ("client_secret", "SECRET-CLIENT-SECRET"),
        ("Ocp-Apim-Subscription-Key", "SECRET-SUBSCRIPTION-KEY"),
    ];
    let body = create_body("logged-0001");
    let emulated = [
        (request("POST", "/epayment/v1/payments", &headers, &body), 201),
        (request("POST", "/epayment/v1/payments", &headers, &body.replace("WALLET", "CASH")), 409),
        (request("GET", "/epayment/v1/payments/logged-0001?token=SECRET-QUERY", &headers, ""), 200),
        (request("GET", "/epayment/v1/payments/logged-0002/events", &headers, ""), 404),
        (request("GET", "/epayment/v1/payments/logged-0001", &headers[..1], ""), 401),
        (request("POST", "/accesstoken/get", &token, ""), 200),
        (request("POST", "/accesstoken/get", &token[..2], ""), 401),
        (request("POST", "/accesstoken/get", &token[1..], ""), 400),
    ];
    let ids = emulated.into_iter().map(|(request, status)| {
        let answer = call(running.address, &request);
        assert_eq!(answer.status, status, "{request}\n{answer:?}");
        answer.header("Sandbox-Request-Id").expect("every answer has an id").to_owned()
    });
    let ids = ids.collect();
    let bearer = [("Authorization", "Bearer SECRET-CONTROL-TOKEN")];
    assert_eq!(call(running.address, request("GET", "/_sandbox/clock", &bearer, "")).status, 200);
    let wrong = [("Authorization", "Bearer SECRET-BEARER")];
    assert_eq!(call(running.address, request("GET", "/_sandbox/clock", &wrong, "")).status, 401);
    let units =
        request("PUT", "/_sandbox/sales-units/123456", &bearer, r#"{"clientSecret":"SECRET-CLIENT-SECRET"}"#);
    assert_eq!(call(running.address, units).status, 200);
    ids
}

const WITH_SECRETS: [&str; 3] = [
    "--control-token=SECRET-CONTROL-TOKEN",
    "--webhook-secret=SECRET-WEBHOOK",
    "--webhook-url=http://localhost:1/",
];

#[test]
fn json_logs_have_a_line_per_call_with_its_id_and_no_secret() {
    let running = Running::start(&[&WITH_SECRETS[..], &["--log-format", "json", "-v"]].concat());
    let ids = call_with_secrets(&running);
    let log = running.stop().stderr;
    let lines: Vec<Value> = log
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}")))
        .collect();
    for line in &lines {
        assert!(line["time"].is_string() && line["level"].is_string(), "{line}");
    }
    let logged: Vec<_> = lines.iter().filter_map(|line| line["request_id"].as_str()).collect();
    assert_eq!(logged, ids);
    let second = lines.iter().find(|line| line["request_id"] == ids[1].as_str()).expect("it is there");
    for (member, value) in [
        ("operation", json!("create")),
        ("status", json!(409)),
        ("code", json!(4020)),
        ("level", json!("info")),
    ] {
        assert_eq!(second[member], value, "{second}");
    }
    for secret in SECRETS {
        assert!(!log.contains(secret), "{secret} in\n{log}");
    }
}

#[test]
fn text_logs_have_a_line_per_call_and_no_secret_and_no_colour_in_a_pipe() {
    let running = Running::start(&[&WITH_SECRETS[..], &["-v"]].concat());
    let ids = call_with_secrets(&running);
    let log = running.stop().stderr;
    for id in &ids {
        assert_eq!(log.lines().filter(|line| line.ends_with(id)).count(), 1, "{id} in\n{log}");
    }
    assert!(log.lines().any(|line| line.contains("create") && line.contains("409") && line.contains("4020")));
    assert!(!log.contains('\x1b'), "{log:?}");
    for secret in SECRETS {
        assert!(!log.contains(secret), "{secret} in\n{log}");
    }
}

#[test]
fn without_being_asked_it_logs_no_calls_into_a_pipe() {
    let running = Running::start(&["--control-token=SECRET-CONTROL-TOKEN"]);
    call_with_secrets(&running);
    assert_eq!(running.stop().good(), "");
}

#[test]
fn a_path_that_the_api_does_not_have_is_logged_without_its_query() {
    let running = Running::start(&["-v"]);
    let target = "/epayment/v1/paymnts/some-0001?token=SECRET-QUERY";
    let answer = call(running.address, request("GET", target, &api_headers(MSN, ""), ""));
    assert_eq!(answer.status, 404);
    let id = answer.header("Sandbox-Request-Id").expect("every answer has an id").to_owned();
    let log = running.stop().stderr;
    let line = log.lines().find(|line| line.ends_with(&id)).unwrap_or_else(|| panic!("no line:\n{log}"));
    assert!(line.contains("GET /epayment/v1/paymnts/some-0001 ") && line.contains(" 404 "), "{line}");
    assert!(!log.contains("SECRET"), "{log}");
}

#[test]
fn a_line_names_the_fault_that_struck() {
    for json in [false, true] {
        let running = Running::start(&["-v", if json { "--log-format=json" } else { "--log-format=text" }]);
        let fault = |then: &str| {
            let body = format!(r#"{{"match":{{"operation":"get"}},"then":{then}}}"#);
            assert_eq!(control(running.address, "POST", "/_sandbox/faults", &body).status, 201);
        };
        fault(r#"{"error":6260}"#);
        fault(r#"{"status":503}"#);
        fault(r#"{"fault":"EMPTY_RESPONSE"}"#);
        fault(r#"{"delay":"1ms"}"#);
        let path = "/epayment/v1/payments/logged-0001";
        let get = |more: &[(&str, &str)]| {
            let headers = [&api_headers(MSN, "")[..], more].concat();
            let mut connection = Connection::open(running.address);
            connection.send(request("GET", path, &headers, ""));
            connection.try_answer()
        };
        let statuses: Vec<_> = (0..4).map(|_| get(&[]).map(|answer| answer.status)).collect();
        assert_eq!(statuses, [Some(400), Some(503), None, Some(404)]);
        assert_eq!(get(&[("Prefer", "code=418")]).map(|answer| answer.status), Some(418));
        assert_eq!(get(&[]).map(|answer| answer.status), Some(404));
        let log = running.stop().stderr;
        let lines: Vec<_> = log.lines().filter(|line| line.contains("logged-0001")).collect();
        let expected = match json {
            false => [
                "(by fault-1)",
                "(by fault-2)",
                "(EMPTY_RESPONSE by fault-3)",
                "(by fault-4)",
                "(as the request asked)",
            ],
            true => [
                r#""fault":"fault-1""#,
                r#""fault":"fault-2""#,
                r#""connection":"EMPTY_RESPONSE""#,
                r#""fault":"fault-4""#,
                r#""fault":"request""#,
            ],
        };
        for (line, expected) in lines.iter().zip(expected) {
            assert!(line.contains(expected), "{expected} is not in {line}");
        }
        assert!(lines.len() == 6 && !lines[5].contains("fault"), "{log}");
    }
}

#[test]
fn what_a_caller_writes_cannot_steer_the_terminal_or_forge_a_line() {
    let target = "/epayment/v1/payments/%1b[2J%0afaked%20line";
    for arguments in [&["-v"][..], &["-v", "--log-format=json"]] {
        let running = Running::start(arguments);
        assert_eq!(call(running.address, request("GET", target, &api_headers(MSN, ""), "")).status, 404);
        let log = running.stop().stderr;
        assert!(!log.contains('\x1b'), "{log:?}");
        assert!(!log.lines().any(|line| line.starts_with("faked")), "{log:?}");
    }
}
