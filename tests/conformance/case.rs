//! A case: what is given, and steps that each make a request and expect an answer.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, Request, Response};
use epayment_sandbox::Sandbox;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};
use tower::ServiceExt;

use crate::expect::{Answer, Expect};
use crate::fill::{self, Captured};

const BASE: &str = include_str!("../../fixtures/base.json");
const PARTS: &str = include_str!("../../fixtures/parts.json");
const DEFAULT_MSN: &str = "123456";
const DEFAULT_REFERENCE: &str = "conformance-0001";
const DEFAULT_CLOCK: &str = "2026-11-20T09:00:00Z";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    /// What the file is about.
    #[serde(rename = "about")]
    _about: String,
    pub(crate) cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Case {
    pub(crate) name: String,
    /// Why the case is there.
    #[serde(rename = "why")]
    _why: String,
    /// Operations, codes and rows that it covers; `catalogue.rs` reads them.
    #[serde(rename = "covers", default)]
    _covers: Vec<Value>,
    #[serde(default)]
    given: Given,
    steps: Vec<Step>,
}

/// What is set up before the first step.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Given {
    clock: Option<String>,
    #[serde(default)]
    strict: bool,
    #[serde(default)]
    rate_limits: bool,
    #[serde(default)]
    configured: bool,
    market: Option<String>,
    customer: Option<String>,
    customer_after: Option<String>,
    max_payments: Option<u64>,
    #[serde(default)]
    units: BTreeMap<String, Value>,
    #[serde(default)]
    users: BTreeMap<String, Value>,
}

/// One request and what is expected of its answer. Exactly one of the verbs is there.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Step {
    request: Option<String>,
    create: Option<Value>,
    capture: Option<Value>,
    refund: Option<Value>,
    cancel: Option<Value>,
    approve: Option<Value>,
    get: Option<Value>,
    events: Option<Value>,
    token: Option<Value>,
    customer: Option<String>,
    advance: Option<String>,
    /// The name of a part that is merged into the base body of `create`.
    with: Option<String>,
    /// Members of the body of `create` by JSON pointer, put in after everything else was merged.
    #[serde(default)]
    set: BTreeMap<String, Value>,
    /// Members taken out of the base body of `create`.
    #[serde(default)]
    without: Vec<String>,
    reference: Option<String>,
    msn: Option<String>,
    /// The idempotency key; `null` leaves it out.
    #[serde(default, deserialize_with = "present")]
    key: Option<Value>,
    #[serde(default)]
    headers: BTreeMap<String, Value>,
    body: Option<Value>,
    /// A body that is not JSON, or not only.
    raw: Option<String>,
    /// A body of bytes, as hexadecimal digits.
    hex: Option<String>,
    /// A body of this many spaces.
    spaces: Option<usize>,
    /// An [`Expect`], once it is filled in.
    expect: Value,
    /// Sends the request again and expects the very same answer.
    #[serde(default)]
    again: bool,
    /// Takes the step this many times.
    times: Option<usize>,
}

/// Tells a member that is `null` from one that is absent.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Value>, D::Error> {
    Value::deserialize(deserializer).map(Some)
}

impl Case {
    pub(crate) fn run(&self) -> Result<(), String> {
        let sandbox = self.given.start()?;
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|e| e.to_string())?;
        let mut captured = Captured::new();
        for (unit, settings) in &self.given.units {
            control(&runtime, &sandbox, "PUT", &format!("/_sandbox/sales-units/{unit}"), settings)?;
        }
        for (user, settings) in &self.given.users {
            control(&runtime, &sandbox, "PUT", &format!("/_sandbox/users/{user}"), settings)?;
        }
        for (number, step) in self.steps.iter().enumerate() {
            let place = |problem: String| format!("step {}: {problem}", number + 1);
            for _ in 0..step.times.unwrap_or(1) {
                step.take(number, &runtime, &sandbox, &mut captured).map_err(place)?;
            }
        }
        check_explanations(&runtime, &sandbox)
    }
}

/// Whatever a case is about: each refusal on its way is explained, and nothing else is.
fn check_explanations(runtime: &tokio::runtime::Runtime, sandbox: &Sandbox) -> Result<(), String> {
    let request = Request::get("/_sandbox/requests?limit=1000").body(Body::empty());
    let answer = send(runtime, sandbox, request.map_err(|error| error.to_string())?);
    let journal: Value = serde_json::from_str(&answer.text).map_err(|error| format!("journal: {error}"))?;
    for row in journal["requests"].as_array().ok_or("the journal lists requests")? {
        let refused = row["status"].as_u64().is_some_and(|status| status >= 400);
        let explained = match row["explanation"].as_str() {
            // This is what is said of a refusal whose facts were not kept.
            Some(text) => refused && text.ends_with('.') && !text.starts_with("The catalogue says"),
            None => !refused,
        };
        if !explained {
            return Err(format!("not explained: {row}"));
        }
    }
    Ok(())
}

impl Given {
    fn start(&self) -> Result<Sandbox, String> {
        let mut builder =
            Sandbox::builder().seed(1).frozen_at(self.clock.as_deref().unwrap_or(DEFAULT_CLOCK));
        if self.strict {
            builder = builder.strict();
        }
        if self.rate_limits {
            builder = builder.rate_limits();
        }
        if self.configured {
            builder = builder.configured_credentials();
        }
        if let Some(count) = self.max_payments {
            builder = builder.max_payments(count);
        }
        if let Some(market) = &self.market {
            let market = epayment_sandbox::domain::money::Market::parse(market);
            builder = builder.market(market.ok_or("given.market is no market")?);
        }
        if let Some(behaviour) = &self.customer {
            let behaviour = epayment_sandbox::domain::user::Behaviour::parse(behaviour);
            let after =
                epayment_sandbox::domain::span::Span::parse(self.customer_after.as_deref().unwrap_or("0s"))?;
            builder = builder.customer(behaviour.ok_or("given.customer is no behaviour")?, after.into());
        }
        Ok(builder.public_url("http://sandbox.test").start())
    }
}

impl Step {
    fn take(
        &self,
        number: usize,
        runtime: &tokio::runtime::Runtime,
        sandbox: &Sandbox,
        captured: &mut Captured,
    ) -> Result<(), String> {
        let expect = fill::value(&self.expect, captured);
        let expect: Expect = serde_json::from_value(expect).map_err(|error| format!("expect: {error}"))?;
        let answer = send(runtime, sandbox, self.request(number, captured)?);
        expect.check(&answer, captured)?;
        if self.again {
            let again = send(runtime, sandbox, self.request(number, captured)?);
            if (again.status, &again.text) != (answer.status, &answer.text) {
                return Err(format!("the second answer differs: {} {}", again.status, again.text));
            }
        }
        Ok(())
    }

    fn request(&self, number: usize, captured: &Captured) -> Result<Request<Body>, String> {
        let reference = &fill::text(self.reference.as_deref().unwrap_or(DEFAULT_REFERENCE), captured);
        let msn = self.msn.as_deref().unwrap_or(DEFAULT_MSN);
        let payment = format!("/epayment/v1/payments/{reference}");
        let amount = |value: &Value| match value {
            Value::Object(_) => value.clone(),
            number => json!({"modificationAmount": {"currency": "NOK", "value": number}}),
        };
        let object = |value: &Value| if value.is_object() { Some(value.clone()) } else { None };
        let by_phone = json!({"customer": {"phoneNumber": "4712345678"}});
        let (method, path, body) = match self {
            Self { request: Some(line), .. } => {
                let (method, path) = line.split_once(' ').ok_or("request: \"METHOD /path\" is needed")?;
                (method.to_owned(), fill::text(path, captured), self.body.clone())
            }
            Self { create: Some(changes), .. } => {
                let body = self.create_body(changes, reference)?;
                ("POST".into(), "/epayment/v1/payments".into(), Some(body))
            }
            Self { capture: Some(value), .. } => {
                ("POST".into(), format!("{payment}/capture"), Some(amount(value)))
            }
            Self { refund: Some(value), .. } => {
                ("POST".into(), format!("{payment}/refund"), Some(amount(value)))
            }
            Self { cancel: Some(value), .. } => ("POST".into(), format!("{payment}/cancel"), object(value)),
            Self { approve: Some(value), .. } => {
                let path = format!("/epayment/v1/test/payments/{reference}/approve");
                ("POST".into(), path, Some(object(value).unwrap_or(by_phone)))
            }
            Self { get: Some(_), .. } => ("GET".into(), payment, None),
            Self { events: Some(_), .. } => ("GET".into(), format!("{payment}/events"), None),
            Self { token: Some(_), .. } => ("POST".into(), "/accesstoken/get".into(), None),
            Self { customer: Some(act), .. } => {
                ("POST".into(), format!("/_sandbox/payments/{msn}/{reference}/{act}"), self.body.clone())
            }
            Self { advance: Some(by), .. } => {
                let to = by == "next" || by.contains(':');
                let body = if to { json!({"to": by}) } else { json!({"by": by}) };
                ("POST".into(), "/_sandbox/clock/advance".into(), Some(body))
            }
            _ => return Err("the step does nothing".into()),
        };
        let body = self.bytes(body, captured)?;
        let mut request = Request::builder().method(method.as_str()).uri(path.as_str());
        let headers =
            request.headers_mut().ok_or_else(|| format!("\"{method} {path}\" is no request line"))?;
        if !path.starts_with("/_sandbox") {
            headers.insert(
                "ocp-apim-subscription-key",
                HeaderValue::from_static("0f14ebcab0eb4b29ae0cb90d91b4a84a"),
            );
            headers.insert("authorization", HeaderValue::from_static("Bearer conformance"));
            headers.insert("merchant-serial-number", HeaderValue::from_str(msn).map_err(|e| e.to_string())?);
            headers.insert("content-type", HeaderValue::from_static("application/json"));
            let key = match &self.key {
                None => Some(format!("key-{number}")),
                Some(Value::String(key)) => Some(fill::text(key, captured)),
                Some(_) => None,
            };
            if let Some(key) = key {
                headers.insert("idempotency-key", HeaderValue::from_str(&key).map_err(|e| e.to_string())?);
            }
        }
        for (name, value) in &self.headers {
            let name = HeaderName::from_bytes(name.as_bytes()).map_err(|e| e.to_string())?;
            headers.remove(&name);
            let values = match value {
                Value::Null => Vec::new(),
                Value::Array(values) => values.clone(),
                value => vec![value.clone()],
            };
            for value in values {
                let text = fill::text(value.as_str().ok_or("a header's value is a text")?, captured);
                headers.append(&name, HeaderValue::from_bytes(text.as_bytes()).map_err(|e| e.to_string())?);
            }
        }
        request.body(Body::from(body)).map_err(|error| format!("\"{method} {path}\": {error}"))
    }

    /// The base body with the changes merged in, and some members taken out.
    fn create_body(&self, changes: &Value, reference: &str) -> Result<Value, String> {
        let mut body: Value = serde_json::from_str(BASE).map_err(|error| error.to_string())?;
        body["reference"] = reference.into();
        if let Some(name) = &self.with {
            let parts: Value = serde_json::from_str(PARTS).map_err(|error| error.to_string())?;
            merge(&mut body, parts.get(name).ok_or_else(|| format!("with: there is no part {name}"))?);
        }
        merge(&mut body, changes);
        for (pointer, value) in &self.set {
            let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
            let parent = body.pointer_mut(parent).and_then(Value::as_object_mut);
            parent
                .ok_or_else(|| format!("set: {pointer} is in no object"))?
                .insert(name.to_owned(), value.clone());
        }
        for path in &self.without {
            let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
            let pointer =
                if parent.is_empty() { String::new() } else { format!("/{}", parent.replace('.', "/")) };
            let members = body.pointer_mut(&pointer).and_then(Value::as_object_mut);
            let removed = members.and_then(|members| members.remove(name));
            removed.ok_or_else(|| format!("without: {path} is not there"))?;
        }
        Ok(body)
    }

    fn bytes(&self, body: Option<Value>, captured: &Captured) -> Result<Vec<u8>, String> {
        if let Some(raw) = &self.raw {
            return Ok(fill::text(raw, captured).into_bytes());
        }
        if let Some(count) = self.spaces {
            return Ok(vec![b' '; count]);
        }
        if let Some(hex) = &self.hex {
            let digits: Vec<u8> = hex.bytes().filter(|b| !b.is_ascii_whitespace()).collect();
            let byte = |pair: &[u8]| u8::from_str_radix(&String::from_utf8_lossy(pair), 16);
            return digits.chunks(2).map(byte).collect::<Result<_, _>>().map_err(|error| error.to_string());
        }
        let body = self.body.clone().or(body);
        Ok(body.map(|body| fill::value(&body, captured).to_string().into_bytes()).unwrap_or_default())
    }
}

/// Puts `changes` into `body`: objects member by member, everything else whole.
fn merge(body: &mut Value, changes: &Value) {
    match (body, changes) {
        (Value::Object(body), Value::Object(changes)) => {
            for (name, change) in changes {
                let fresh = Value::Object(Map::new());
                merge(
                    body.entry(name.clone()).or_insert(if change.is_object() { fresh } else { Value::Null }),
                    change,
                );
            }
        }
        (body, changes) => *body = changes.clone(),
    }
}

fn send(runtime: &tokio::runtime::Runtime, sandbox: &Sandbox, request: Request<Body>) -> Answer {
    runtime.block_on(async {
        let response: Response<Body> =
            sandbox.router().oneshot(request).await.expect("a router always answers");
        let (parts, body) = response.into_parts();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.expect("an answer is whole");
        Answer::new(parts.status.as_u16(), parts.headers, &bytes)
    })
}

fn control(
    runtime: &tokio::runtime::Runtime,
    sandbox: &Sandbox,
    method: &str,
    path: &str,
    body: &Value,
) -> Result<(), String> {
    let request = Request::builder().method(method).uri(path).body(Body::from(body.to_string()));
    let answer = send(runtime, sandbox, request.map_err(|error| error.to_string())?);
    if answer.status < 300 {
        Ok(())
    } else {
        Err(format!("given: {method} {path} is answered {} {}", answer.status, answer.text))
    }
}
