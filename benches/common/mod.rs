//! What both benchmarks share: the requests, and the bare server that the sandbox is compared with.

pub(crate) mod bare;
pub(crate) mod requests;
