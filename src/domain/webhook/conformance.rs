//! What a receiver of webhooks has to get right, as a list of deliveries and of the answers to them.

use super::signature::Forgery;
use crate::domain::span::Span;
use crate::domain::time::Timestamp;

/// A delivery that puts one ability to the test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Probe {
    /// The name of the check.
    pub name: &'static str,
    /// What is wrong with the signature, if anything. Forged deliveries have to be refused, the others taken.
    pub forgery: Forgery,
    /// What is sent.
    pub body: String,
}

/// What came of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Check {
    /// Its name.
    pub name: &'static str,
    /// Whether the receiver got it right.
    pub passed: bool,
    /// What was expected and what happened.
    pub detail: String,
}

/// The name of the check on the slowest answer.
pub const IN_TIME: &str = "answers-in-time";

/// Lists the deliveries in the order in which they are sent. Their payments never existed; `now` makes their references
/// new each time.
#[must_use]
pub fn probes(msn: &str, now: Timestamp) -> Vec<Probe> {
    let number = now.as_micros();
    let body = |what: &str, name: &str| {
        format!(
            r#"{{"msn":"{msn}","reference":"conformance-{what}-{number}","pspReference":"{number}","name":"{name}","amount":{{"currency":"NOK","value":100}},"timestamp":"{now}","success":true}}"#
        )
    };
    let good = body("good", "CREATED");
    let probe = |name, forgery, body| Probe { name, forgery, body };
    let forged = |name, forgery: Forgery| probe(name, forgery, body(forgery.word(), "CREATED"));
    vec![
        probe("takes-a-good-delivery", Forgery::None, good.clone()),
        forged("refuses-a-wrong-secret", Forgery::WrongSecret),
        forged("refuses-a-wrong-hash", Forgery::WrongHash),
        forged("refuses-a-stale-date", Forgery::StaleDate),
        forged("refuses-a-missing-signature", Forgery::Missing),
        probe("takes-a-duplicate", Forgery::None, good),
        probe("takes-an-unknown-event", Forgery::None, body("unknown", "SOMETHING_NEW")),
    ]
}

impl Probe {
    /// Judges the receiver's answer: its status, or why there was none.
    #[must_use]
    pub fn judge(&self, answer: Result<u16, &str>) -> Check {
        let is_forged = self.forgery != Forgery::None;
        let wanted = if is_forged { "a status other than 2xx" } else { "2xx" };
        let (passed, happened) = match answer {
            Ok(status) => ((200..300).contains(&status) != is_forged, format!("it answered {status}")),
            Err(why) => (false, format!("there was no answer: {why}")),
        };
        let detail = format!("{}: {wanted} is expected, {happened}.", self.what());
        Check { name: self.name, passed, detail }
    }

    /// Says what the delivery is.
    fn what(&self) -> &'static str {
        match (self.forgery, self.name) {
            (Forgery::WrongSecret, _) => "Signed with another secret",
            (Forgery::WrongHash, _) => "The hash in the headers, and signed, is that of another body",
            (Forgery::StaleDate, _) => "Signed ten minutes ago",
            (Forgery::Missing, _) => "Without a signature",
            (Forgery::None, "takes-a-duplicate") => "The good delivery once more, signed afresh",
            (Forgery::None, "takes-an-unknown-event") => {
                "An event with a name that came later than the receiver"
            }
            (Forgery::None, _) => "A good delivery about a payment that the receiver does not know",
        }
    }
}

/// Judges how long the slowest answer took; `None` when one did not come in time.
#[must_use]
pub fn judge_time(slowest: Option<Span>) -> Check {
    let limit = super::TIMEOUT.short();
    let detail = match slowest {
        Some(span) => {
            let (millis, tenth) = (span.as_micros() / 1000, span.as_micros() / 100 % 10);
            format!(
                "The slowest answer took {millis}.{tenth} ms; there are {limit}, then the delivery is repeated."
            )
        }
        None => format!("At least one delivery had no answer within {limit}."),
    };
    Check { name: IN_TIME, passed: slowest.is_some(), detail }
}
