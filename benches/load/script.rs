//! The loads: which requests a connection sends, one after the other, and what the answers have to say.

use std::fmt::Write as _;

use crate::common::requests;

/// Stands for the number of a payment in a [`Template`].
const MARK: &str = "############";

/// What one connection does over and over.
pub(crate) struct Load {
    pub(crate) name: &'static str,
    /// The sandbox should need no more processor time than the bare server divided by this.
    pub(crate) goal: f64,
    /// The requests, all about one payment.
    pub(crate) steps: Vec<Step>,
    pub(crate) payments: Payments,
}

/// Which payments a load is about.
#[derive(Clone, Copy)]
pub(crate) enum Payments {
    /// A new one each time.
    New,
    /// Any of those with a number below this.
    Known(u64),
}

/// A request and what its answer has to say.
pub(crate) struct Step {
    pub(crate) request: Template,
    pub(crate) status: u16,
    /// What the sandbox's answer contains.
    pub(crate) says: Vec<Template>,
}

/// A text in which the number of a payment is filled in.
pub(crate) struct Template {
    text: Vec<u8>,
    marks: Vec<usize>,
}

impl Template {
    fn new(text: String) -> Self {
        let marks = text.match_indices(MARK).map(|(at, _)| at).collect();
        Self { text: text.into_bytes(), marks }
    }

    /// Writes the text for a payment in place of what was in the buffer.
    pub(crate) fn write(&self, number: u64, buffer: &mut Vec<u8>) {
        let mut digits = [b'0'; MARK.len()];
        let mut left = number;
        for digit in digits.iter_mut().rev() {
            *digit += u8::try_from(left % 10).unwrap_or_default();
            left /= 10;
        }
        buffer.clear();
        buffer.extend_from_slice(&self.text);
        for &at in &self.marks {
            buffer[at..at + MARK.len()].copy_from_slice(&digits);
        }
    }
}

/// Returns the load of this name. Those about known payments keep to numbers below `known`.
pub(crate) fn load(name: &str, known: u64) -> Option<Load> {
    let known = Payments::Known(known);
    let (name, goal, steps, payments) = match name {
        "create" => ("create", 0.70, vec![create()], Payments::New),
        "get" => ("get", 0.85, vec![get(r#""state":"#)], known),
        "events" => ("events", 0.85, vec![events(&["CREATED"])], known),
        "lifecycle" => ("lifecycle", 0.70, lifecycle(), Payments::New),
        // Retries follow close behind their originals, so they keep to few payments.
        "replay" => ("replay", 0.95, vec![create()], Payments::Known(500)),
        _ => return None,
    };
    Some(Load { name, goal, steps, payments })
}

fn lifecycle() -> Vec<Step> {
    vec![
        create(),
        step("POST", "/epayment/v1/test/payments/{reference}/approve", Some(requests::APPROVE), 200, &[]),
        modify("capture", r#""capturedAmount":{"currency":"NOK","value":49900}"#),
        modify("refund", r#""refundedAmount":{"currency":"NOK","value":49900}"#),
        get(r#""state":"AUTHORIZED""#),
        events(&["CREATED", "AUTHORIZED", "CAPTURED", "REFUNDED"]),
    ]
}

fn create() -> Step {
    let body = requests::create("{reference}");
    step("POST", "/epayment/v1/payments", Some(&body), 201, &[r#""redirectUrl":"http://"#])
}

fn modify(verb: &str, says: &str) -> Step {
    let path = format!("/epayment/v1/payments/{{reference}}/{verb}");
    step("POST", &path, Some(requests::MODIFY), 200, &[says, r#""reference":"{reference}""#])
}

fn get(says: &str) -> Step {
    step("GET", "/epayment/v1/payments/{reference}", None, 200, &[says, r#""reference":"{reference}""#])
}

fn events(names: &[&str]) -> Step {
    let names: Vec<_> = names.iter().map(|name| format!(r#""name":"{name}""#)).collect();
    let mut says = vec![r#""reference":"{reference}""#];
    says.extend(names.iter().map(String::as_str));
    step("GET", "/epayment/v1/payments/{reference}/events", None, 200, &says)
}

fn step(method: &str, path: &str, body: Option<&str>, status: u16, says: &[&str]) -> Step {
    let fill = |text: &str| text.replace("{reference}", &format!("load-{MARK}"));
    let mut text = format!("{method} {} HTTP/1.1\r\nHost: 127.0.0.1\r\n", fill(path));
    for (name, value) in requests::HEADERS {
        let _ = write!(text, "{name}: {value}\r\n");
    }
    if let Some(body) = body.map(fill) {
        let length = body.len();
        let _ = write!(
            text,
            "Idempotency-Key: 00000000-0000-4000-8000-{MARK}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
    } else {
        text += "\r\n";
    }
    Step {
        request: Template::new(text),
        status,
        says: says.iter().map(|text| Template::new(fill(text))).collect(),
    }
}
