//! The XML of `JUnit`, as far as CI services read it.
//!
//! The document has four elements and needs nothing but correct escaping, which also has to take out what XML cannot
//! hold at all; writers of XML leave that part to their callers.

use std::fmt::Write as _;

/// A named group of cases.
pub(crate) struct Suite {
    pub(crate) name: &'static str,
    pub(crate) cases: Vec<Case>,
}

/// One thing that went well or did not.
pub(crate) struct Case {
    /// What it belongs to, such as the operation.
    pub(crate) class: String,
    pub(crate) name: String,
    /// How long it took, in microseconds.
    pub(crate) micros: u64,
    pub(crate) outcome: Outcome,
}

/// How it went.
pub(crate) enum Outcome {
    Passed,
    Skipped {
        message: String,
    },
    Failed {
        /// A word or number that such failures have in common.
        kind: String,
        message: String,
        text: String,
    },
}

/// Writes the document.
pub(crate) fn write(suites: &[Suite]) -> String {
    let mut out =
        String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"epayment-sandbox\"");
    counts(&mut out, suites.iter().flat_map(|suite| &suite.cases));
    for Suite { name, cases } in suites {
        let _ = write!(out, "  <testsuite name=\"{}\"", escaped(name));
        counts(&mut out, cases.iter());
        for case in cases {
            write_case(&mut out, case);
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn counts<'c>(out: &mut String, cases: impl Iterator<Item = &'c Case>) {
    let (mut tests, mut failures, mut skipped, mut micros) = (0, 0, 0, 0_u64);
    for case in cases {
        tests += 1;
        failures += u32::from(matches!(case.outcome, Outcome::Failed { .. }));
        skipped += u32::from(matches!(case.outcome, Outcome::Skipped { .. }));
        micros = micros.saturating_add(case.micros);
    }
    let time = seconds(micros);
    let _ = writeln!(
        out,
        " tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"{time}\">"
    );
}

fn write_case(out: &mut String, case: &Case) {
    let (class, name, time) = (escaped(&case.class), escaped(&case.name), seconds(case.micros));
    let _ = write!(out, "    <testcase classname=\"{class}\" name=\"{name}\" time=\"{time}\"");
    match &case.outcome {
        Outcome::Passed => out.push_str("/>\n"),
        Outcome::Skipped { message } => {
            let _ = writeln!(out, "><skipped message=\"{}\"/></testcase>", escaped(message));
        }
        Outcome::Failed { kind, message, text } => {
            let (kind, message, text) = (escaped(kind), escaped(message), escaped(text));
            let _ = writeln!(
                out,
                ">\n      <failure type=\"{kind}\" message=\"{message}\">{text}</failure>\n    </testcase>"
            );
        }
    }
}

fn seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

/// Writes a text so that it can stand in an attribute or between tags. What XML 1.0 cannot hold is replaced.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            // In an attribute a reader turns them into spaces unless they are written so.
            '\t' | '\n' | '\r' => {
                let _ = write!(out, "&#{};", u32::from(letter));
            }
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                out.push('\u{fffd}');
            }
            letter => out.push(letter),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(name: &str, outcome: Outcome) -> Case {
        Case { class: "capture".into(), name: name.into(), micros: 1_250, outcome }
    }

    #[test]
    fn a_document_counts_its_cases() {
        let failed = Outcome::Failed { kind: "6090".into(), message: "a\"b".into(), text: "c\nd".into() };
        let cases = vec![
            case("good", Outcome::Passed),
            case("later", Outcome::Skipped { message: "not seen".into() }),
            case("<bad>", failed),
        ];
        assert_eq!(
            write(&[Suite { name: "requests", cases }]),
            r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="epayment-sandbox" tests="3" failures="1" errors="0" skipped="1" time="0.003750">
  <testsuite name="requests" tests="3" failures="1" errors="0" skipped="1" time="0.003750">
    <testcase classname="capture" name="good" time="0.001250"/>
    <testcase classname="capture" name="later" time="0.001250"><skipped message="not seen"/></testcase>
    <testcase classname="capture" name="&lt;bad&gt;" time="0.001250">
      <failure type="6090" message="a&quot;b">c&#10;d</failure>
    </testcase>
  </testsuite>
</testsuites>
"#
        );
    }

    #[test]
    fn what_xml_cannot_hold_is_replaced() {
        assert_eq!(
            escaped("a&b\u{1b}[2J\0\u{85}\u{fffe}]]>"),
            "a&amp;b\u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}]]&gt;"
        );
        assert_eq!(escaped("æ € 🦀 it's"), "æ € 🦀 it's");
    }
}
