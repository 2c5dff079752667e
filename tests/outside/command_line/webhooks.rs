//! `deliveries` and `webhook verify`.

use std::fs;
use std::net::TcpListener;

use epayment_sandbox::Sandbox;
use epayment_sandbox::domain::webhook::Target;
use epayment_sandbox::domain::webhook::signature::{Forgery, headers};
use epayment_sandbox::engine::Machine;
use serde_json::Value;

use super::run_at;
use crate::support::{Folder, MSN, call, control, create, run};

/// A sandbox whose one webhook goes to a port at which nobody is, after the first attempt.
fn sandbox() -> Sandbox {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
    drop(listener);
    let sandbox =
        Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").webhook(&url, "known beforehand").start();
    assert_eq!(call(sandbox.address(), create(MSN, "told-0001")).status, 201);
    wait(&sandbox, 1);
    sandbox
}

/// Waits for so many attempts; returns the last.
fn wait(sandbox: &Sandbox, count: usize) -> Value {
    let path = format!("/_sandbox/webhooks/deliveries/wait?count={count}&timeout=20s");
    control(sandbox.address(), "GET", &path, "").json()["deliveries"][0].clone()
}

#[test]
fn deliveries_are_listed_in_columns_and_sent_again_by_number() {
    let sandbox = sandbox();
    let first = wait(&sandbox, 1);
    let said = run_at(&sandbox, &["deliveries"]).good();
    assert_eq!(said.lines().count(), 1, "{said}");
    let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(
        words(&said)[..8],
        ["1", "2026-11-20T09:00:00.000Z", "123456", "told-0001", "created", "attempt", "1", "-"]
    );
    assert!(said.contains(first["url"].as_str().expect("a text")), "{said}");
    assert!(said.trim_end().ends_with("; next 2026-11-20T09:00:02.000Z"), "{said}");
    assert_eq!(run_at(&sandbox, &["deliveries", "resend", "1"]).good(), "");
    wait(&sandbox, 2);
    let said = run_at(&sandbox, &["deliveries", "--event", "created", "--reference", "told-0001"]).good();
    let numbers: Vec<_> = said.lines().map(|line| words(line)[0].clone()).collect();
    assert_eq!(numbers, ["2", "1"]);
    for none in [&["--event", "captured"], &["--status", "200"], &["--msn", "654321"], &["--reference", "x"]]
    {
        assert_eq!(run_at(&sandbox, &[&["deliveries"], &none[..]].concat()).good(), "", "{none:?}");
    }
    let said = run_at(&sandbox, &["deliveries", "--limit", "1", "--format", "json"]).good();
    let list: Value = serde_json::from_str(&said).expect("JSON");
    assert_eq!(list["deliveries"][0]["id"], "2");
    assert_eq!(list["deliveries"].as_array().map(Vec::len), Some(1));
}

#[test]
fn deliveries_says_what_is_wrong_with_its_arguments() {
    let sandbox = sandbox();
    for (arguments, words) in [
        (&["resend", "99"][..], "There is no delivery 99"),
        (&["--event", "payed"], "epayments.payment.payed.v1"),
        (&["--limit", "0"], "limit: 0 is not between 1 and 1000"),
    ] {
        let sentence = run_at(&sandbox, &[&["deliveries"], arguments].concat()).failed();
        assert!(sentence.contains(words), "{sentence}");
    }
}

const URL: &str = "http://localhost:3000/hook?shop=1";
const BODY: &str = r#"{"msn":"123456","reference":"told-0002","name":"CREATED","success":true}"#;

/// Runs `webhook verify` for a delivery of this moment.
fn verify(forgery: Forgery, url: &str, body: &str) -> (Option<i32>, String) {
    let folder = Folder::new();
    let file = folder.path("body.json");
    fs::write(&file, body).expect("the folder can be written to");
    let target = Target::parse(URL).expect("a URL");
    let now = Machine::system().wall();
    let headers = headers("id".into(), "-a-secret", &target, now, BODY.as_bytes(), forgery);
    let headers: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    let file = file.to_string_lossy();
    let mut arguments = vec!["webhook", "verify", "--url", url, "--secret", "-a-secret", "--body", &*file];
    arguments.extend(headers.iter().flat_map(|header| ["--header", header.as_str()]));
    let finished = run(&arguments);
    assert_eq!(finished.stderr, "");
    (finished.code, finished.stdout)
}

#[test]
fn a_good_signature_is_verified_step_by_step() {
    let (code, said) = verify(Forgery::None, URL, BODY);
    assert_eq!(code, Some(0), "{said}");
    let names = said.lines().filter_map(|line| line.strip_prefix("ok  ")?.split_whitespace().next());
    assert_eq!(
        names.collect::<Vec<_>>(),
        ["content-hash", "date", "host", "header", "string-to-sign", "signature", "age"]
    );
    assert!(said.ends_with("\nThe signature is good.\n"), "{said}");
    let column = said.lines().find_map(|line| line.find("POST")).expect("the text that is signed");
    assert!(said.lines().any(|line| line.get(column..) == Some("/hook?shop=1")), "{said}");
}

#[test]
fn the_first_wrong_step_is_named_and_fails_the_command() {
    for (forgery, url, body, words) in [
        (Forgery::WrongSecret, URL, BODY, "none that a usual mistake leads to"),
        (Forgery::StaleDate, URL, BODY, "x-ms-date is 10m"),
        (Forgery::Missing, URL, BODY, "The header Authorization is missing."),
        (Forgery::None, "http://localhost:3001/hook?shop=1", BODY, "The URL has the host localhost:3001"),
        (
            Forgery::None,
            URL,
            r#"{"name":"CREATED","msn":"123456","reference":"told-0002","success":true}"#,
            "parsed",
        ),
    ] {
        let (code, said) = verify(forgery, url, body);
        assert_eq!(code, Some(1), "{said}");
        let last = said.lines().last().unwrap_or_default();
        assert!(last.contains(words), "{said}");
        assert!(said.contains("wrong  "), "{said}");
    }
}

#[test]
fn verify_says_what_it_cannot_read() {
    for (arguments, words) in [
        (["--url", "/hook", "--header", "Host: a"], "is not an absolute http or https URL"),
        (["--url", URL, "--header", "no colon"], "\"name: value\""),
    ] {
        let arguments =
            [&["webhook", "verify", "--secret", "x", "--body", "/dev/null"], &arguments[..]].concat();
        let sentence = run(&arguments).failed();
        assert!(sentence.contains(words), "{sentence}");
    }
    let arguments = [
        "webhook",
        "verify",
        "--secret",
        "x",
        "--url",
        URL,
        "--header",
        "Host: a",
        "--body",
        "/nowhere/at/all",
    ];
    assert!(run(&arguments).failed().contains("--body: /nowhere/at/all cannot be read"));
}
