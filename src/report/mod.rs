//! What a run came to, written for people and for other tools: calls that were refused, webhooks that failed, and the
//! go-live checklist.

mod junit;
mod run;

pub(crate) use run::Run;
