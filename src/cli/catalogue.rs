//! `errors`: the catalogue in the terminal.

use std::process::ExitCode;

use super::{Failure, output, sources};
use crate::domain::errors::{CATALOGUE, Certainty, ErrorSpec, Provoked};

/// Prints the catalogue, or what is known of one code.
pub(super) fn run(code: Option<&str>) -> Result<ExitCode, Failure> {
    let Some(code) = code else {
        let rows: Vec<_> = CATALOGUE.iter().map(row).collect();
        output::print(&output::table(&rows));
        return Ok(ExitCode::SUCCESS);
    };
    let rows: Vec<_> = CATALOGUE
        .iter()
        .filter(|spec| number(spec) == code || spec.name.eq_ignore_ascii_case(code))
        .collect();
    if rows.is_empty() {
        let numbers: Vec<_> = CATALOGUE.iter().map(number).filter(|number| number != "-").collect();
        let known = numbers.iter().map(String::as_str).chain(CATALOGUE.iter().map(|spec| spec.name));
        let nearest = sources::nearest(code, known);
        return Err(format!(
            "there is no error {code}: did you mean {nearest}? \"epayment-sandbox errors\" lists them all"
        ));
    }
    let texts: Vec<_> = rows.into_iter().map(describe).collect();
    output::print(&texts.join("\n"));
    Ok(ExitCode::SUCCESS)
}

fn number(spec: &ErrorSpec) -> String {
    spec.number.map_or("-".into(), |number| number.to_string())
}

fn row(spec: &ErrorSpec) -> Vec<String> {
    vec![number(spec), spec.status.to_string(), spec.title.into(), spec.operations_text(), spec.name.into()]
}

fn describe(spec: &ErrorSpec) -> String {
    let status = match spec.certainty {
        Certainty::Sure => spec.status.to_string(),
        Certainty::Likely => format!("{} (likely)", spec.status),
        Certainty::Guess => format!("{} (nobody documents it; our guess)", spec.status),
    };
    let provoked = match spec.provoked {
        Provoked::Request => "a request",
        Provoked::Connection => "how a request is sent",
        Provoked::Fault => "nothing that this version can do",
    };
    let sticks = if spec.sticks {
        "stays with the idempotency key: retry with a new one"
    } else {
        "retry with the same key"
    };
    let rows = [
        ("status", status),
        ("detail", spec.detail.into()),
        ("when", spec.when.into()),
        ("operations", spec.operations_text()),
        ("provoked by", provoked.into()),
        ("retry", sticks.into()),
        ("source", spec.source.text().into()),
    ];
    let rows: Vec<_> = rows.into_iter().map(|(name, text)| vec![format!("  {name}"), text]).collect();
    let number = spec.number.map_or(String::new(), |number| format!("{number} "));
    format!("{number}{}  ({})\n{}", spec.title, spec.name, output::table(&rows))
}
