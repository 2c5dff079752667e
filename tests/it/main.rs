//! The tests that need more than one module: one binary, because linking costs more than running.

mod api;
mod catalogue;
mod concurrency;
mod control;
mod control_document;
mod determinism;
mod every_error;
mod exhaustive;
mod faults;
mod journal;
mod library;
mod model;
mod naive;
mod openapi;
mod races;
mod receiver;
mod snapshots;
mod state;
mod state_baseline;
mod state_policy;
mod state_refused;
mod tidy;
mod units;
mod webhook_policy;
mod webhook_receivers;
mod webhooks;
