//! A local sandbox of the Vipps MobilePay ePayment API, for tests.
//!
//! [`Sandbox::start`] gives a running one; `epayment-sandbox` is the same as a program. It answers the merchant's API
//! as the vendor's test environment does, and gives what that one cannot: time that moves on command, customers who do
//! as they are told, and sales units that never see each other.
//!
//! Unofficial: not affiliated with Vipps MobilePay. No money moves.
//!
//! The rules of the API are in [`domain`], the state in [`engine`]; both can be read as the documentation of what the
//! sandbox does.

mod app;
mod broken;
#[cfg(feature = "cli")]
pub mod cli;
mod config;
mod control;
mod courier;
mod dashboard;
mod document;
pub mod domain;
pub mod engine;
#[cfg(test)]
mod fresh;
mod http;
mod journal;
mod pages;
mod report;
mod sandbox;
mod serve;
pub mod setup;
mod tls;
mod wallet;
mod wire;

pub use config::{Config, reachable};
pub use journal::{MAX_REQUESTS, RequestSnapshot};
pub use sandbox::{PaymentSnapshot, Sandbox, SandboxBuilder, SandboxError, UnitHandle};
pub use serve::BindError;
