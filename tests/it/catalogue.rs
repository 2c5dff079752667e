//! The catalogue against what derives from it: its cases, its documentation, and the vendor's titles written down apart.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use epayment_sandbox::domain::errors::{CATALOGUE, Certainty, ErrorSpec, Provoked};
use epayment_sandbox::domain::operation::Operation;
use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every conformance case, with the name of its file.
pub(crate) fn cases() -> Vec<(String, Value)> {
    fn collect(folder: &Path, found: &mut Vec<(String, Value)>) {
        for entry in std::fs::read_dir(folder).expect("the fixtures") {
            let path = entry.expect("it can be listed").path();
            if path.is_dir() {
                collect(&path, found);
            } else {
                let text = std::fs::read_to_string(&path).expect("a fixture");
                let file: Value =
                    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
                let cases = file["cases"].as_array().expect("cases").clone();
                found.extend(cases.into_iter().map(|case| (path.display().to_string(), case)));
            }
        }
    }
    let mut found = Vec::new();
    collect(&root().join("fixtures/conformance"), &mut found);
    found
}

/// What a case says it covers.
fn covered_by(case: &Value) -> BTreeSet<String> {
    let covers = case["covers"].as_array().cloned().unwrap_or_default();
    covers.iter().map(|one| one.as_str().map_or_else(|| one.to_string(), str::to_owned)).collect()
}

/// Returns whether a case covers a row. With a number, a step has to expect it and an operation of the row to be named,
/// for 4150 has two rows; without one, the row is named.
pub(crate) fn covers(spec: &ErrorSpec, case: &Value) -> bool {
    let covered = covered_by(case);
    let Some(number) = spec.number else { return covered.contains(spec.name) };
    let mut steps = case["steps"].as_array().into_iter().flatten();
    covered.contains(&number.to_string())
        && spec.operations.iter().any(|operation| covered.contains(operation.name()))
        && steps.any(|step| step["expect"]["error"] == number)
}

#[test]
fn every_row_that_a_request_can_provoke_has_a_case() {
    let cases = cases();
    let by_request = CATALOGUE.iter().filter(|spec| spec.provoked == Provoked::Request);
    let uncovered = |spec: &&ErrorSpec| !cases.iter().any(|(_, case)| covers(spec, case));
    let missing: Vec<_> = by_request.filter(uncovered).map(|spec| spec.name).collect();
    assert!(missing.is_empty(), "no case covers {missing:?}");

    let covered: BTreeSet<String> = cases.iter().flat_map(|(_, case)| covered_by(case)).collect();
    let known: BTreeSet<String> = CATALOGUE
        .iter()
        .flat_map(|spec| [Some(spec.name.to_owned()), spec.number.map(|number| number.to_string())])
        .flatten()
        .chain(Operation::ALL.iter().map(|operation| operation.name().to_owned()))
        .chain(["control", "clock", "customer", "users", "units", "errors"].map(str::to_owned))
        .collect();
    let unknown: Vec<_> = covered.difference(&known).collect();
    assert!(unknown.is_empty(), "covers names nothing that exists: {unknown:?}");
}

#[test]
fn cases_are_many_and_say_why() {
    let cases = cases();
    assert!(cases.len() >= 300, "{} cases", cases.len());
    let mut names = BTreeSet::new();
    for (file, case) in &cases {
        let name = case["name"].as_str().unwrap_or_default();
        assert!(names.insert((file.clone(), name.to_owned())), "{file} has {name} twice");
        let why = case["why"].as_str().unwrap_or_default();
        assert!(
            why.split(' ').count() >= 3 && why.ends_with('.'),
            "{file} {name}: why is a sentence, not {why:?}"
        );
    }
}

#[test]
fn titles_are_the_vendors() {
    let vendors: Value = serde_json::from_str(&read("fixtures/catalogue.json")).expect("JSON");
    let mut ours: BTreeMap<u64, Vec<&str>> = BTreeMap::new();
    for spec in CATALOGUE {
        if let Some(number) = spec.number {
            ours.entry(number.into()).or_default().push(spec.title);
        }
    }
    for row in vendors.as_array().expect("rows") {
        let (code, title) = (row["code"].as_u64().expect("a code"), row["title"].as_str().expect("a title"));
        let known = ours.remove(&code).unwrap_or_default();
        assert!(known.contains(&title), "{code} is \"{title}\", not {known:?}");
    }
    assert!(ours.is_empty(), "nobody documents {ours:?}");
}

#[test]
fn numbers_and_names_are_unique() {
    let mut numbers: Vec<_> = CATALOGUE.iter().filter_map(|spec| spec.number).collect();
    numbers.sort_unstable();
    let twice: Vec<_> = numbers.windows(2).filter(|pair| pair[0] == pair[1]).map(|pair| pair[0]).collect();
    assert_eq!(twice, [4150], "4150 covers a refund's key and a taken reference");
    let names: BTreeSet<_> = CATALOGUE.iter().map(|spec| spec.name).collect();
    assert_eq!(names.len(), CATALOGUE.len());
}

#[test]
fn rows_stand_in_the_order_of_checks() {
    for pair in CATALOGUE.windows(2) {
        assert!(pair[0].stage <= pair[1].stage, "{} stands before {}", pair[0].name, pair[1].name);
    }
}

/// The catalogue as a page.
fn page() -> String {
    let mut page = String::from(
        "# Errors\n\n\
         Every error that the emulated API answers with, in the order of checks: of two faults in one request, the one that stands \
         first here is as a rule the answer.\n\n\
         Made from `src/domain/errors/catalogue.rs`; `UPDATE=1 cargo test --test it catalogue` writes it anew.\n\n\
         *Status*: **sure** is documented or recorded, *likely* has one good source, a question mark is our guess. *Key*: whether the \
         answer stays with the idempotency key that it was given to.\n",
    );
    let mut stage = None;
    for spec in CATALOGUE {
        if stage != Some(spec.stage) {
            stage = Some(spec.stage);
            let _ = write!(page, "\n## {}\n\n", heading(&format!("{:?}", spec.stage)));
            page.push_str("| code | status | title and detail | when | operations | key | source |\n");
            page.push_str("| --- | --- | --- | --- | --- | --- | --- |\n");
        }
        let number = spec.number.map_or("–".to_owned(), |number| number.to_string());
        let status = match spec.certainty {
            Certainty::Sure => format!("**{}**", spec.status),
            Certainty::Likely => format!("*{}*", spec.status),
            Certainty::Guess => format!("{}?", spec.status),
        };
        let operations = spec.operations_text();
        let asked = if spec.provoked == Provoked::Fault { " (Not by a request alone.)" } else { "" };
        let _ = writeln!(
            page,
            "| {number} | {status} | **{}** {} | {}{asked} | {operations} | {} | {} |",
            spec.title,
            spec.detail.replace('|', "\\|"),
            spec.when,
            if spec.sticks { "stays" } else { "free" },
            spec.source.text(),
        );
    }
    page
}

/// `SubscriptionKey` as a heading: `Subscription key`.
fn heading(name: &str) -> String {
    let mut heading = String::new();
    for (index, letter) in name.chars().enumerate() {
        if index > 0 && letter.is_uppercase() {
            heading.push(' ');
            heading.extend(letter.to_lowercase());
        } else {
            heading.push(letter);
        }
    }
    heading
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whether to write the page anew is the caller's choice")]
fn the_page_of_errors_is_fresh() {
    let page = page();
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(root().join("docs/errors.md"), &page).expect("the page can be written");
    }
    assert!(
        read("docs/errors.md") == page,
        "docs/errors.md is stale: UPDATE=1 cargo test --test it catalogue"
    );
}
