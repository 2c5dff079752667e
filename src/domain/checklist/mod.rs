//! The go-live checklist: what the vendor asks of an integration, held against the calls and webhooks of a test run.
//!
//! A rule looks at plain data and says what it has seen. What it has not seen it does not guess: a run without captures
//! says nothing about captures, and a run that is remembered in part cannot have done a thing always.

mod keys;
mod payments;
mod requests;
mod traffic;
mod webhooks;

use serde::Serialize;

pub use traffic::{CallSeen, DeliverySeen, Examined, PaymentSeen, Traffic};

/// How much it matters when a rule is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Money, or a payment's state, can go wrong.
    Error,
    /// The vendor asks for it.
    Warning,
    /// Good to have.
    Note,
}

impl Level {
    /// Returns the word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// What came of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Grade {
    /// It was seen to be kept.
    Passed,
    /// It was seen to be broken.
    Failed,
    /// The run does not tell.
    NotObserved,
}

impl Grade {
    /// Returns the words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::NotObserved => "not observed",
        }
    }
}

/// On what a pass rests: where a part of that is no longer remembered, there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rests {
    /// On one thing that was seen.
    Sight,
    /// On all calls.
    Calls,
    /// On all webhooks.
    Deliveries,
}

/// A rule.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Rule {
    /// Its name, such as `token-reused`.
    pub id: &'static str,
    /// What an integration that keeps it does.
    pub title: &'static str,
    /// How much it matters.
    pub level: Level,
    /// What is looked at, and when the rule is broken.
    pub rule: &'static str,
    /// Where it comes from.
    pub source: &'static str,
    /// What to do when it is broken.
    pub advice: &'static str,
    rests: Rests,
    look: fn(&Traffic) -> Seen,
}

/// What a rule has seen.
struct Seen {
    grade: Grade,
    detail: String,
    /// The ids of calls.
    requests: Vec<String>,
    /// The ids of attempts to deliver a webhook.
    deliveries: Vec<String>,
}

impl Seen {
    fn new(grade: Grade, detail: impl Into<String>) -> Self {
        Self { grade, detail: detail.into(), requests: Vec::new(), deliveries: Vec::new() }
    }

    fn passed(detail: impl Into<String>) -> Self {
        Self::new(Grade::Passed, detail)
    }

    fn failed(detail: impl Into<String>) -> Self {
        Self::new(Grade::Failed, detail)
    }

    fn nothing(detail: impl Into<String>) -> Self {
        Self::new(Grade::NotObserved, detail)
    }

    fn by<'c>(mut self, calls: impl IntoIterator<Item = &'c CallSeen>) -> Self {
        self.requests = calls.into_iter().map(|call| call.id.clone()).collect();
        self
    }

    fn in_deliveries<'d>(mut self, deliveries: impl IntoIterator<Item = &'d DeliverySeen>) -> Self {
        self.deliveries = deliveries.into_iter().map(|delivery| delivery.id.clone()).collect();
        self
    }
}

/// Grades a rule that calls break: passes when there are calls that it is about and none breaks it.
fn unless_broken<'c>(
    about: &str,
    looked_at: usize,
    broken: impl IntoIterator<Item = &'c CallSeen>,
    problem: &str,
) -> Seen {
    let broken: Vec<_> = broken.into_iter().collect();
    match (looked_at, broken.len()) {
        (0, _) => Seen::nothing(format!("There was no {about}.")),
        (_, 0) => Seen::passed(format!("{} looked at.", counted(looked_at, about))),
        (_, count) => {
            Seen::failed(format!("{problem}: {count} of {}.", counted(looked_at, about))).by(broken)
        }
    }
}

/// Writes a number with what it counts: `1 call`, `2 calls`, `2 retries`.
pub(crate) fn counted(count: usize, what: &str) -> String {
    match what.strip_suffix('y') {
        _ if count == 1 => format!("1 {what}"),
        Some(stem) => format!("{count} {stem}ies"),
        None => format!("{count} {what}s"),
    }
}

/// A rule and what came of it.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Graded {
    /// The rule.
    pub rule: &'static Rule,
    /// The grade.
    pub grade: Grade,
    /// What was seen, in a sentence or two.
    pub detail: String,
    /// How many calls show it.
    pub request_count: usize,
    /// Their ids, the first hundred.
    pub requests: Vec<String>,
    /// The ids of attempts to deliver a webhook that show it, the first hundred.
    pub deliveries: Vec<String>,
}

/// The whole checklist.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Checklist {
    /// The rules in their order.
    pub rules: Vec<Graded>,
    /// How many calls were looked at.
    pub calls: usize,
    /// How many calls there were before those, which nobody remembers.
    pub forgotten_calls: u64,
    /// How many attempts to deliver webhooks were looked at.
    pub deliveries: usize,
    /// How many there were before those.
    pub forgotten_deliveries: u64,
}

/// Every rule.
pub fn rules() -> impl Iterator<Item = &'static Rule> {
    [requests::RULES, keys::RULES, payments::RULES, webhooks::RULES].into_iter().flatten()
}

impl Checklist {
    /// Grades what was seen.
    #[must_use]
    pub fn of(traffic: &Traffic) -> Self {
        Self {
            rules: rules().map(|rule| grade(rule, traffic)).collect(),
            calls: traffic.calls.len(),
            forgotten_calls: traffic.forgotten_calls,
            deliveries: traffic.deliveries.len(),
            forgotten_deliveries: traffic.forgotten_deliveries,
        }
    }

    /// Counts the rules with this grade.
    #[must_use]
    pub fn count(&self, grade: Grade) -> usize {
        self.rules.iter().filter(|graded| graded.grade == grade).count()
    }
}

fn grade(rule: &'static Rule, traffic: &Traffic) -> Graded {
    const MOST: usize = 100;
    let Seen { mut grade, mut detail, mut requests, mut deliveries } = (rule.look)(traffic);
    let (gone, what) = match rule.rests {
        Rests::Sight => (0, ""),
        Rests::Calls => (traffic.forgotten_calls, "calls"),
        Rests::Deliveries => (traffic.forgotten_deliveries, "webhook attempts"),
    };
    if gone > 0 && grade == Grade::Passed {
        grade = Grade::NotObserved;
        detail = format!(
            "{detail} That is all that is remembered: {gone} earlier {what} are not (--max-requests), so this is no pass."
        );
    }
    let request_count = requests.len();
    requests.truncate(MOST);
    deliveries.truncate(MOST);
    Graded { rule, grade, detail, request_count, requests, deliveries }
}
