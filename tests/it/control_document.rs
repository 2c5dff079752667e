//! The control API's own OpenAPI document: it names every method of every path, and every status that is answered.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::Request;
use epayment_sandbox::Sandbox;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::api::Merchant;

const TOKEN: (&str, &str) = ("authorization", "Bearer the-token");
const LOCAL: (&str, &str) = ("host", "localhost");

/// An operation as the document has it.
struct Documented {
    method: String,
    path: String,
    statuses: BTreeSet<u16>,
}

fn document(sandbox: &Sandbox) -> Value {
    let answer = Merchant::new(sandbox).send("GET", "/_sandbox/openapi.json", &[TOKEN, LOCAL], "");
    assert_eq!(answer.status, 200);
    answer.json()
}

fn operations(document: &Value) -> Vec<Documented> {
    let mut operations = Vec::new();
    for (path, methods) in document["paths"].as_object().expect("paths") {
        for (method, operation) in methods.as_object().expect("methods") {
            let statuses = operation["responses"].as_object().expect("responses").keys();
            let statuses = statuses.map(|status| status.parse().expect("a status")).collect();
            operations.push(Documented { method: method.to_uppercase(), path: path.clone(), statuses });
        }
    }
    assert!(operations.len() > 40, "{}", operations.len());
    operations
}

/// The path with something in place of its parameters.
fn filled(path: &str, msn: &str, phone_number: &str, id: &str) -> String {
    let path = path.replace("{msn}", msn).replace("{phoneNumber}", phone_number);
    path.replace("{reference}", "unknown-1").replace("{id}", id)
}

/// Calls without waiting for the body: that of the live stream has no end.
struct Caller {
    router: axum::Router,
    runtime: tokio::runtime::Runtime,
}

impl Caller {
    fn new(sandbox: &Sandbox) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { router: sandbox.router(), runtime }
    }

    fn status(&self, method: &str, path: &str, headers: &[(&str, &str)], body: String) -> u16 {
        let request = Request::builder().method(method).uri(path);
        let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        let request = request.body(Body::from(body)).expect("a valid request");
        let answer = self.runtime.block_on(self.router.clone().oneshot(request));
        answer.expect("a router always answers").status().as_u16()
    }
}

/// What a call that waits needs so that it does not.
fn at_once(path: &str) -> &'static str {
    match path.ends_with("/wait") {
        true if path.contains("/payments/") => "state=CREATED&timeout=0s&",
        true => "timeout=0s&",
        false => "",
    }
}

/// The queries and bodies that every operation is asked with.
fn questions(path: &str) -> Vec<(String, String)> {
    let wait = at_once(path);
    let queries = ["", "nonsense=1", "msn=x", "msn=123456", "msn=99999999"];
    let bodies = ["", "{", "[]", "{\"nonsense\":1}"].map(str::to_owned);
    let bodies = bodies.into_iter().chain([" ".repeat(2 << 20)]);
    let bodies = bodies.map(|body| (format!("?{wait}"), body));
    queries.iter().map(|query| (format!("?{wait}{query}"), String::new())).chain(bodies).collect()
}

#[test]
fn every_status_that_is_answered_is_documented() {
    let open = Sandbox::builder().control_token("the-token").start();
    let configured = Sandbox::builder().control_token("the-token").configured_credentials().start();
    let full = Sandbox::builder().control_token("the-token").start();
    let filling = Caller::new(&full);
    for msn in 0..10_000 {
        let path = format!("/_sandbox/health?msn={}", 1_000_000 + msn);
        assert_eq!(filling.status("GET", &path, &[TOKEN, LOCAL], String::new()), 200);
    }
    let mut wrong = Vec::new();
    for Documented { method, path, statuses } in operations(&document(&full)) {
        let filled = filled(&path, "99999999", "4712345678", "req-1");
        let path = format!("{filled}?{}msn=99999999", at_once(&path));
        let status = filling.status(&method, &path, &[TOKEN, LOCAL], "{}".into());
        if !statuses.contains(&status) {
            wrong.push(format!("{method} {path}: {status}"));
        }
    }
    for sandbox in [&open, &configured] {
        let caller = Caller::new(sandbox);
        for Documented { method, path, statuses } in operations(&document(sandbox)) {
            let mut ask = |path: &str, headers: &[(&str, &str)], body: String| {
                let status = caller.status(&method, path, headers, body);
                if !statuses.contains(&status) {
                    wrong.push(format!("{method} {path}: {status}"));
                }
                status
            };
            let good = filled(&path, "123456", "4712345678", "req-1");
            // Where TLS is spoken, and what clients are to trust, is public.
            let public =
                ["tls", "ca.pem", "ca-bundle.pem", "truststore.p12"].map(|name| format!("/_sandbox/{name}"));
            let is_public = public.contains(&path);
            let expected = if is_public { 200 } else { 401 };
            assert_eq!(ask(&good, &[LOCAL], String::new()), expected, "{method} {path}");
            assert_eq!(
                ask(&good, &[TOKEN, ("host", "evil.example.com")], String::new()),
                403,
                "{method} {path}"
            );
            for (query, body) in questions(&path) {
                ask(&format!("{good}{query}"), &[TOKEN, LOCAL], body);
            }
            for (msn, phone_number, id) in [("x", "x", "x"), ("99999999", "4799999999", "999999")] {
                let filled = filled(&path, msn, phone_number, id);
                ask(&format!("{filled}?{}", at_once(&path)), &[TOKEN, LOCAL], String::new());
            }
        }
    }
    wrong.sort();
    wrong.dedup();
    assert!(wrong.is_empty(), "{} are not documented:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn every_method_of_a_path_is_documented() {
    let sandbox = Sandbox::start();
    let shop = Merchant::new(&sandbox);
    let document = document(&sandbox);
    for (path, methods) in document["paths"].as_object().expect("paths") {
        let refused = shop.send("PATCH", &filled(path, "123456", "4712345678", "req-1"), &[LOCAL], "");
        assert_eq!(refused.status, 405, "{path}");
        let allowed = refused.headers["allow"].to_str().expect("a text").to_owned();
        let allowed: BTreeSet<_> =
            allowed.split(',').filter(|method| *method != "HEAD").map(str::to_lowercase).collect();
        let documented: BTreeSet<_> = methods.as_object().expect("methods").keys().cloned().collect();
        assert_eq!(allowed, documented, "{path}");
    }
}

#[test]
fn refusals_that_are_shared_are_described_once() {
    let document = document(&Sandbox::start());
    let shared = document["components"]["responses"].as_object().expect("shared responses");
    for operation in document["paths"]
        .as_object()
        .into_iter()
        .flatten()
        .filter_map(|(_, methods)| methods.as_object())
        .flatten()
    {
        for (status, response) in operation.1["responses"].as_object().into_iter().flatten() {
            if let Some(reference) = response["$ref"].as_str() {
                let name = reference.trim_start_matches("#/components/responses/");
                assert!(shared.contains_key(name), "{reference}");
            } else if status.starts_with('4') {
                let problem = json!({"$ref": "#/components/schemas/Problem"});
                assert_eq!(
                    response["content"]["application/problem+json"]["schema"], problem,
                    "{status} {}",
                    operation.1
                );
            }
        }
    }
    assert_eq!(
        shared["ControlTokenNeeded"]["content"]["application/problem+json"]["schema"]["$ref"],
        "#/components/schemas/Problem"
    );
}
