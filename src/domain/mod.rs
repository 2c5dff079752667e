//! The rules of the ePayment API, as decisions over plain data.
//!
//! Nothing here knows HTTP, locks, clocks or randomness: the time, the caller's rights and everything else
//! that a decision depends on comes in as a value, and a decision comes out. The engine owns the rest.

pub mod checklist;
pub mod digits;
pub mod errors;
pub mod explain;
pub mod fault;
pub mod fields;
pub mod json;
pub mod money;
pub mod operation;
mod parse;
pub mod payment;
pub mod race;
mod read;
pub mod sales_unit;
pub mod span;
pub mod text;
pub mod time;
pub mod token;
pub mod url;
pub mod user;
pub mod userinfo;
pub mod webhook;
