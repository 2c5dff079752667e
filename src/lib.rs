//! x
pub mod domain;
pub mod engine;
mod http;
mod wire;
