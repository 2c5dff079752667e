//! The program as a process: what it says, what it reads, and how it ends.

mod logs;
mod mistakes;
mod settings;
mod start;
mod state;

use crate::support::{Running, control};

#[track_caller]
pub(crate) fn assert_says_one_url(running: &Running) {
    let Running { ready, address, .. } = running;
    let version = env!("CARGO_PKG_VERSION");
    assert_eq!(*ready, format!("epayment-sandbox {version} ready http://{address}\n"));
    assert_ne!(address.port(), 0);
    assert_eq!(control(*address, "GET", "/readyz", "").status, 200);
}

pub(crate) fn flag(key: &str) -> String {
    format!("--{}", key.replace('_', "-"))
}

pub(crate) fn variable(key: &str) -> String {
    format!("EPAYMENT_SANDBOX_{}", key.to_uppercase())
}
