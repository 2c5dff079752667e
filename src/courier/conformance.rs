//! Puts a receiver to the test.

use super::transport::Transport;
use crate::domain::span::Span;
use crate::domain::webhook::conformance::{Check, judge_time, probes};
use crate::domain::webhook::{Target, signature};
use crate::engine::{Machine, Outcome};

/// The registration that the deliveries claim to come from.
const WEBHOOK_ID: uuid::Uuid = uuid::Uuid::nil();

/// Sends a receiver good, forged, doubled and unknown deliveries, one after the other, and says what it made of each.
pub(crate) async fn examine(machine: &Machine, msn: &str, target: &Target, secret: &str) -> Vec<Check> {
    let transport = Transport::new();
    let mut checks = Vec::new();
    let mut slowest = Some(Span::ZERO);
    for probe in probes(msn, machine.wall()) {
        let id = WEBHOOK_ID.to_string();
        let headers =
            signature::headers(id, secret, target, machine.wall(), probe.body.as_bytes(), probe.forgery);
        let began = machine.elapsed();
        let outcome = transport.send(target.url(), &headers, &probe.body).await;
        let took = machine.elapsed().less(began);
        let answer = match &outcome {
            Outcome::Answered { status, .. } => Ok(*status),
            Outcome::Failed(why) => Err(why.as_str()),
        };
        slowest = slowest.filter(|_| answer.is_ok()).map(|slowest| slowest.max(took));
        checks.push(probe.judge(answer));
    }
    checks.push(judge_time(slowest));
    checks
}
