//! The state of a sandbox as one document: plain data, and its text as JSON.
//!
//! The types say what stands in a document and in which order; [`read`] and [`Writer`] turn them from and into text. What
//! becomes state later gets a member of its own here, with `#[serde(default)]`, so that older documents stay readable.
//! `docs/decisions/` has the reasons.

mod extras;
mod flaw;
mod payment;
mod policy;
mod read;
mod refusal;
mod text;
mod unit;
mod user;
mod webhook;
mod write;

use serde::{Deserialize, Serialize};

pub(crate) use flaw::Flaw;
pub(crate) use payment::{AnswerData, FirstData, PaymentData, PrintsData};
pub(crate) use policy::PolicyData;
pub(crate) use read::read;
pub(crate) use refusal::RefusalData;
pub(crate) use text::{Hex64, Hex128, HexKey};
pub(crate) use unit::{ClockData, RefusedCreateData, StreamData, UnitData};
pub(crate) use user::UserData;
pub(crate) use webhook::{DeliveryData, HookData, LineData, QueueData};
pub(crate) use write::Writer;

use crate::domain::digits::Msn;

/// The form of document that is written, and the only one that is read.
pub(crate) const VERSION: u32 = 1;

/// The largest number that a counter in a document may have: JSON readers in other languages keep it exact.
pub(crate) const MAX_COUNTER: u64 = 1 << 53;

/// The state of a sandbox, or of one of its sales units.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Document<'a> {
    /// [`VERSION`]
    pub(crate) version: u32,
    /// The sales unit that it holds; `None` when it holds the whole sandbox.
    pub(crate) msn: Option<Msn>,
    /// The users that were set up, those for all sales units first.
    pub(crate) users: Vec<UserData>,
    /// The sales units, by MSN.
    #[serde(borrow)]
    pub(crate) units: Vec<UnitData<'a>>,
    /// What belongs to no sales unit; `None` in a document of one.
    pub(crate) sandbox: Option<SandboxData>,
}

/// What belongs to no sales unit.
#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct SandboxData {
    /// The access tokens, oldest first.
    pub(crate) tokens: Vec<TokenData>,
    /// The number of the last payment that was created.
    pub(crate) created: u64,
    /// The stream of identifiers that belong to no sales unit. Its key is the root of all streams to come.
    pub(crate) stream: StreamData,
    /// The global clock.
    pub(crate) clock: ClockData,
    /// How webhooks of sales units made from now on are sent, when it is not the usual way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) webhook_policy: Option<PolicyData>,
}

/// An access token: not its text, but two hashes of it.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct TokenData {
    /// Both hashes.
    pub(crate) print: Hex128,
    /// The sales unit that it was issued for.
    pub(crate) msn: Option<Msn>,
    /// Whether it has run out or was ended.
    pub(crate) over: bool,
}
