//! The go-live checklist as text, JSON, XML of `JUnit` and SARIF.

use std::fmt::{self, Write as _};

use serde::Serialize;

use super::junit::{self, Case, Outcome, Suite};
use super::sarif;
use crate::domain::checklist::{Checklist, Grade, Graded, Level, counted};

/// How a checklist is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Text,
    Json,
    Junit,
    Sarif,
}

impl Format {
    /// Every format by its word.
    pub(crate) const ALL: [(&'static str, Self); 4] =
        [("text", Self::Text), ("json", Self::Json), ("junit", Self::Junit), ("sarif", Self::Sarif)];

    /// Finds a format by its word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, format)| *format)
    }

    /// Returns the media type.
    pub(crate) fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=utf-8",
            Self::Json => "application/json",
            Self::Junit => "application/xml",
            Self::Sarif => "application/sarif+json",
        }
    }

    /// Writes a checklist.
    pub(crate) fn write(self, checklist: &Checklist) -> String {
        match self {
            Self::Text => text(checklist),
            Self::Json => json(checklist),
            Self::Junit => junit(checklist),
            Self::Sarif => sarif::write(checklist),
        }
    }
}

/// The text.
impl fmt::Display for Checklist {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(self))
    }
}

/// `12 passed, 2 failed, 4 not observed, in 31 calls and 8 webhook attempts`
fn summary(checklist: &Checklist) -> String {
    let [passed, failed, open] =
        [Grade::Passed, Grade::Failed, Grade::NotObserved].map(|grade| checklist.count(grade));
    let calls = counted(checklist.calls, "call");
    let deliveries = counted(checklist.deliveries, "webhook attempt");
    format!("{passed} passed, {failed} failed, {open} not observed, in {calls} and {deliveries}")
}

fn text(checklist: &Checklist) -> String {
    let mut out = String::from("Go-live checklist: ");
    let _ = writeln!(out, "{}", summary(checklist));
    let (calls, deliveries) = (checklist.forgotten_calls, checklist.forgotten_deliveries);
    if calls + deliveries > 0 {
        let _ = writeln!(
            out,
            "{calls} earlier calls and {deliveries} earlier webhook attempts are not remembered (--max-requests)."
        );
    }
    for grade in [Grade::Failed, Grade::NotObserved, Grade::Passed] {
        for graded in checklist.rules.iter().filter(|graded| graded.grade == grade) {
            let Graded { rule, detail, .. } = graded;
            let level = if grade == Grade::Failed { rule.level.word() } else { "" };
            let _ = writeln!(out, "\n{:<12} {:<8} {}: {}", grade.words(), level, rule.id, rule.title);
            let _ = writeln!(out, "  {}{}", clean(detail), evidence(graded));
            if grade == Grade::Failed {
                let _ = writeln!(out, "  {}\n  From: {}", rule.advice, rule.source);
            }
        }
    }
    out
}

/// ` See req-7, req-9 and 12 more.`
fn evidence(graded: &Graded) -> String {
    const SHOWN: usize = 8;
    if graded.grade == Grade::Passed {
        return String::new();
    }
    let ids: Vec<_> = graded
        .requests
        .iter()
        .cloned()
        .chain(graded.deliveries.iter().map(|id| format!("delivery {id}")))
        .collect();
    let more = (graded.request_count + graded.deliveries.len()).saturating_sub(SHOWN);
    match (ids.len(), more) {
        (0, _) => String::new(),
        (_, 0) => format!(" See {}.", ids.join(", ")),
        _ => format!(" See {} and {more} more.", ids[..SHOWN.min(ids.len())].join(", ")),
    }
}

/// References are the caller's words; they do not steer a terminal.
fn clean(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'c> {
    calls: usize,
    calls_forgotten: u64,
    deliveries: usize,
    deliveries_forgotten: u64,
    passed: usize,
    failed: usize,
    not_observed: usize,
    rules: Vec<RuleView<'c>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RuleView<'c> {
    id: &'static str,
    title: &'static str,
    level: Level,
    grade: Grade,
    detail: &'c str,
    rule: &'static str,
    source: &'static str,
    advice: &'static str,
    /// How many calls show it; `requests` has the first hundred.
    request_count: usize,
    requests: &'c [String],
    deliveries: &'c [String],
}

fn json(checklist: &Checklist) -> String {
    let rules = checklist.rules.iter().map(|graded| {
        let Graded { rule, grade, detail, request_count, requests, deliveries } = graded;
        RuleView {
            id: rule.id,
            title: rule.title,
            level: rule.level,
            grade: *grade,
            detail,
            rule: rule.rule,
            source: rule.source,
            advice: rule.advice,
            request_count: *request_count,
            requests,
            deliveries,
        }
    });
    let document = Document {
        calls: checklist.calls,
        calls_forgotten: checklist.forgotten_calls,
        deliveries: checklist.deliveries,
        deliveries_forgotten: checklist.forgotten_deliveries,
        passed: checklist.count(Grade::Passed),
        failed: checklist.count(Grade::Failed),
        not_observed: checklist.count(Grade::NotObserved),
        rules: rules.collect(),
    };
    serde_json::to_string(&document).unwrap_or_default()
}

fn junit(checklist: &Checklist) -> String {
    let cases = checklist.rules.iter().map(|graded| {
        let Graded { rule, detail, .. } = graded;
        let detail = format!("{detail}{}", evidence(graded));
        let outcome = match graded.grade {
            Grade::Passed => Outcome::Passed,
            Grade::NotObserved => Outcome::Skipped { message: detail },
            Grade::Failed => Outcome::Failed {
                kind: rule.level.word().into(),
                message: detail,
                text: format!("{} {} From: {}", rule.rule, rule.advice, rule.source),
            },
        };
        Case { class: "checklist".into(), name: format!("{}: {}", rule.id, rule.title), micros: 0, outcome }
    });
    junit::write(&[Suite { name: "checklist", cases: cases.collect() }])
}
