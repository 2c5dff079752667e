//! The go-live checklist as SARIF 2.1.0. Broken rules are its results; what passed and what was not observed stands in the
//! properties of the run, because readers show every result as a problem.

use serde_json::{Value, json};

use crate::domain::checklist::{Checklist, Grade, Graded, rules};

/// The file that results are said to be in: traffic has none, and readers that show results need one.
const ARTIFACT: &str = "epayment-sandbox/checklist";

/// Writes the document.
pub(super) fn write(checklist: &Checklist) -> String {
    let rules: Vec<_> = rules()
        .map(|rule| {
            json!({
                "id": rule.id,
                "shortDescription": {"text": rule.title},
                "fullDescription": {"text": format!("{} {}", rule.rule, rule.source)},
                "help": {"text": rule.advice},
                "defaultConfiguration": {"level": rule.level.word()},
            })
        })
        .collect();
    let graded = |grade: Grade| checklist.rules.iter().filter(move |graded| graded.grade == grade);
    let ids = |grade| graded(grade).map(|graded| graded.rule.id).collect::<Vec<_>>();
    let results = checklist.rules.iter().enumerate().filter(|(_, graded)| graded.grade == Grade::Failed);
    let results: Vec<_> = results.map(|(index, graded)| result(index, graded)).collect();
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "epayment-sandbox",
                "version": env!("CARGO_PKG_VERSION"),
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            }},
            "results": results,
            "properties": {
                "calls": checklist.calls,
                "callsForgotten": checklist.forgotten_calls,
                "deliveries": checklist.deliveries,
                "deliveriesForgotten": checklist.forgotten_deliveries,
                "passed": ids(Grade::Passed),
                "notObserved": ids(Grade::NotObserved),
            },
        }],
    });
    format!("{document}\n")
}

fn result(index: usize, graded: &Graded) -> Value {
    let calls = graded.requests.iter().map(|id| (id.clone(), "request"));
    let attempts = graded.deliveries.iter().map(|id| (format!("delivery-{id}"), "delivery"));
    let places: Vec<_> =
        calls.chain(attempts).map(|(name, kind)| json!({"fullyQualifiedName": name, "kind": kind})).collect();
    let mut place = json!({
        "physicalLocation": {"artifactLocation": {"uri": ARTIFACT}, "region": {"startLine": 1}},
    });
    if !places.is_empty() {
        place["logicalLocations"] = places.into();
    }
    json!({
        "ruleId": graded.rule.id,
        "ruleIndex": index,
        "level": graded.rule.level.word(),
        "kind": "fail",
        "message": {"text": format!("{}: {} {}", graded.rule.title, graded.detail, graded.rule.advice)},
        "locations": [place],
        "partialFingerprints": {"rule/v1": graded.rule.id},
    })
}
