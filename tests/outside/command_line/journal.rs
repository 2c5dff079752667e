//! `requests` and `tail`.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;

use epayment_sandbox::Sandbox;
use serde_json::Value;

use super::{at, run_at};
use crate::support::{Following, MSN, api_headers, call, create, get, program, request};

fn capture(reference: &str, value: u64) -> String {
    let body = format!(r#"{{"modificationAmount":{{"currency":"NOK","value":{value}}}}}"#);
    request("POST", &format!("/epayment/v1/payments/{reference}/capture"), &api_headers(MSN, "key"), &body)
}

/// A sandbox with a create, a get of another unit's, and a capture that is too early.
fn with_calls() -> Sandbox {
    let sandbox =
        Sandbox::builder().frozen_at("2026-11-20T09:14:31Z").public_url("http://sandbox.test").start();
    assert_eq!(call(sandbox.address(), create(MSN, "journal-0001")).status, 201);
    assert_eq!(call(sandbox.address(), get("654321", "journal-0001")).status, 404);
    assert_eq!(call(sandbox.address(), capture("journal-0001", 100)).status, 400);
    sandbox
}

/// The words of each line, without the time that the answer took.
fn words(text: &str) -> Vec<String> {
    text.lines().map(|line| line.split("  ").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn requests_lists_calls_with_the_newest_last() {
    let sandbox = with_calls();
    let said = run_at(&sandbox, &["requests"]).good();
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 3, "{said}");
    assert!(lines[0].starts_with("09:14:31 create  journal-0001             201  NOK 500,00 "), "{said}");
    assert!(lines[0].ends_with(" ms  req-1"), "{said}");
    assert!(
        lines[1].starts_with("09:14:31 get     journal-0001             404  5090 Reference not found "),
        "{said}"
    );
    assert!(lines[2].contains("  6080 Cannot capture before reservation"), "{said}");
    assert!(!said.contains('\x1b'), "colour is for terminals");
    for (filters, ids) in [
        (&["--operation", "get"][..], &["req-2"][..]),
        (&["--status", "201", "--reference", "journal-0001"], &["req-1"]),
        (&["--msn", MSN], &["req-1", "req-3"]),
        (&["--limit", "1"], &["req-3"]),
        (&["--since", "2026-11-20T09:14:32Z"], &[]),
    ] {
        let said = run_at(&sandbox, &[&["requests"], filters].concat()).good();
        let found: Vec<_> = said.lines().filter_map(|line| line.rsplit(' ').next()).collect();
        assert_eq!(found, ids, "{filters:?}");
    }
    let json = run_at(&sandbox, &["requests", "--format", "json"]).good();
    let json: Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["requests"].as_array().map(Vec::len), Some(3));
}

#[test]
fn requests_shows_one_call_in_full() {
    let sandbox = with_calls();
    let said = run_at(&sandbox, &["requests", "req-3"]).good();
    for word in [
        "\nPOST /epayment/v1/payments/journal-0001/capture\n",
        "\nauthorization: Bearer so…\n",
        "\nidempotency-key: key\n",
        "\n    \"value\": 100\n",
        "\n400\n",
        "\nThe payment is CREATED: the customer has not approved it, so nothing of 500,00 NOK is reserved; you asked for 1,00.",
    ] {
        assert!(said.contains(word), "{word:?} is not in\n{said}");
    }
    let json = run_at(&sandbox, &["requests", "req-3", "--format", "json"]).good();
    assert_eq!(serde_json::from_str::<Value>(&json).expect("JSON")["id"], "req-3");
    let curl = run_at(&sandbox, &["requests", "curl", "req-1"]).good();
    assert!(curl.contains("curl -X POST http://sandbox.test/epayment/v1/payments \\\n"), "{curl}");
    assert!(curl.contains("'authorization: Bearer '\"$ACCESS_TOKEN\""), "{curl}");
}

#[test]
fn requests_says_what_is_wrong() {
    let sandbox = with_calls();
    for (arguments, word) in [
        (&["requests", "req-9"][..], "no call req-9"),
        (&["requests", "curl", "x"], "no call x"),
        (&["requests", "--operation", "read"], "create, get"),
        (&["requests", "--limit", "many"], "limit"),
    ] {
        let sentence = run_at(&sandbox, arguments).failed();
        assert!(sentence.contains(word), "{sentence}");
    }
    let both = run_at(&sandbox, &["requests", "req-1", "--status", "400"]);
    assert!(both.code == Some(2) && both.stderr.contains("cannot be used with"), "{both:?}");
}

#[test]
fn tail_shows_what_happens_as_it_happens() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:14:31Z").start();
    let compact = Following::start(&mut at(&sandbox, &["tail"]));
    let quiet = Following::start(&mut at(&sandbox, &["tail", "--format", "quiet"]));
    let json = Following::start(&mut at(&sandbox, &["tail", "--format", "json", "--msn", MSN]));
    // Each begins to listen when it is ready, which shows in the first line that it prints.
    for follower in [&compact, &quiet, &json] {
        follower.until(|| drop(call(sandbox.address(), get(MSN, "are-you-there"))));
    }
    assert_eq!(call(sandbox.address(), create(MSN, "followed-0001")).status, 201);
    assert_eq!(call(sandbox.address(), capture("followed-0001", 100)).status, 400);
    let interesting = |line: &String| line.contains("followed-0001");
    assert_eq!(compact.line_where(interesting), "09:14:31 \u{25cf} followed-0001 CREATED");
    assert_eq!(words(&compact.line_where(interesting)), ["09:14:31 create"]);
    let refused = compact.line_where(interesting);
    assert!(refused.starts_with("09:14:31 capture followed-0001            400  6080 "), "{refused}");
    assert_eq!(quiet.line_where(interesting), refused, "quiet shows refusals only");
    let told: Value = serde_json::from_str(&json.line_where(interesting)).expect("JSON");
    assert_eq!((&told["event"], &told["data"]["event"]), (&"payment".into(), &"CREATED".into()));
}

#[test]
fn tail_shows_whom_the_proxy_refuses() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:14:31Z").start();
    let tail = Following::start(&mut at(&sandbox, &["tail", "--format", "quiet"]));
    tail.until(|| drop(call(sandbox.address(), get(MSN, "are-you-there"))));
    let ask = "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n";
    assert_eq!(call(sandbox.address(), ask).status, 403);
    let line = tail.line_where(|line| !line.contains("are-you-there"));
    let expected = "09:14:31 proxy   example.com:443          refused: The sandbox is not example.com, ";
    assert!(line.starts_with(expected), "{line}");
}

#[test]
fn tail_goes_on_when_the_sandbox_comes_back() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    let tail = Following::start(&mut program(&["tail", "--url", &url]));
    for day in 1..=3 {
        let (mut socket, _) = listener.accept().expect("it asks again");
        let mut head = String::new();
        let mut reader = BufReader::new(socket.try_clone().expect("a socket"));
        while reader.read_line(&mut head).expect("a request") > 2 {}
        assert!(
            head.lines().next().is_some_and(|line| line.ends_with("/_sandbox/events HTTP/1.1")),
            "{head}"
        );
        if day == 2 {
            // A sandbox that is just starting, or something else on its port.
            write!(socket, "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n")
                .expect("it listens");
            continue;
        }
        let data = format!(r#"{{"now":"2026-11-2{day}T09:14:31.000Z","msn":null,"mode":"real"}}"#);
        write!(
            socket,
            "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\nevent: clock\ndata: {data}\n\n"
        )
        .expect("it listens");
        drop((socket, reader));
        assert_eq!(tail.line(), format!("09:14:31 clock shows 2026-11-2{day}T09:14:31.000Z  real"));
    }
}

#[test]
fn tail_says_when_there_is_no_sandbox_to_begin_with() {
    let sandbox = Sandbox::builder().control_token("token").start();
    assert!(run_at(&sandbox, &["tail"]).failed().contains("--control-token"));
}
