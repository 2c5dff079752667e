//! Who may drive the sandbox, and what it answers to those who drive it wrongly.

mod guards;
mod refused;
mod refused_places;

use crate::support::Answer;

#[track_caller]
pub(crate) fn assert_problem(answer: &Answer, status: u16) -> String {
    assert_eq!(answer.status, status, "{answer:?}");
    assert_eq!(answer.header("Content-Type"), Some("application/problem+json"), "{answer:?}");
    let problem = answer.json();
    assert_eq!(problem["status"], status);
    for member in ["type", "title", "detail"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{member}: {problem}");
    }
    problem["detail"].as_str().unwrap_or_default().to_owned()
}
