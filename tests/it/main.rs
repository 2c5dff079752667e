//! The tests that need more than one module: one binary, because linking costs more than running.

mod api;
mod catalogue;
mod concurrency;
mod control;
mod dashboard;
mod determinism;
mod every_error;
mod exhaustive;
mod faults;
mod journal;
mod library;
mod model;
mod naive;
mod openapi;
mod receiver;
mod tidy;
mod units;
mod webhook_policy;
mod webhook_receivers;
mod webhooks;
