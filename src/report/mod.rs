//! What a run came to, written for people and for other tools: calls that were refused, webhooks that failed, and the
//! go-live checklist.

mod checklist;
mod junit;
mod observe;
#[cfg(feature = "cli")]
mod run;
mod sarif;

pub(crate) use checklist::Format;
pub(crate) use observe::checklist;
#[cfg(feature = "cli")]
pub(crate) use run::Run;
