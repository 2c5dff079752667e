//! The tests that need more than one module: one binary, because linking costs more than running.

mod api;
mod exhaustive;
mod model;
mod naive;
mod openapi;
