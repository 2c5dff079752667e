//! A receiver that answers when it is let: what waits for its answer can be seen to wait, without a clock.

use std::sync::{Arc, Condvar, Mutex, MutexGuard};

use axum::http::StatusCode;
use tokio::sync::Notify;

use crate::receiver::Receiver;

#[derive(Default)]
struct Held {
    /// How many deliveries may still be answered; `None` when all may.
    left: Option<usize>,
    /// Whether a delivery waits to be answered.
    is_waiting: bool,
    /// The names of the events that were answered, and what else a test noted, in order.
    noted: Vec<String>,
}

#[derive(Default)]
struct Inner {
    held: Mutex<Held>,
    opened: Condvar,
    arrived: Notify,
}

impl Inner {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().expect("no test panics with it")
    }

    fn let_through(&self, count: Option<usize>) {
        self.held().left = count;
        self.opened.notify_all();
    }
}

/// A receiver behind a gate. It is open at first, and when it is dropped.
pub(crate) struct Gate {
    inner: Arc<Inner>,
    receiver: Receiver,
}

impl Gate {
    /// Answers with this status what comes through.
    pub(crate) fn new(status: StatusCode) -> Self {
        let inner = Arc::new(Inner::default());
        let gate = inner.clone();
        let receiver = Receiver::answering(move |_, delivery| {
            let mut held = gate.held();
            held.is_waiting = true;
            gate.arrived.notify_one();
            let mut held = gate.opened.wait_while(held, |held| held.left == Some(0)).expect("no panic");
            held.is_waiting = false;
            held.left = held.left.map(|left| left - 1);
            held.noted.push(format!("webhook {}", delivery.event().1));
            status
        });
        Self { inner, receiver }
    }

    pub(crate) fn url(&self) -> String {
        self.receiver.url("/")
    }

    pub(crate) fn note(&self, what: &str) {
        self.inner.held().noted.push(what.to_owned());
    }

    /// Takes what was noted so far.
    pub(crate) fn taken(&self) -> Vec<String> {
        std::mem::take(&mut self.inner.held().noted)
    }

    /// How many deliveries were answered since the last look.
    pub(crate) fn answered(&self) -> usize {
        self.taken().len()
    }

    /// From now on nothing is answered.
    pub(crate) fn close(&self) {
        self.inner.let_through(Some(0));
    }

    /// From now on everything is answered.
    pub(crate) fn open(&self) {
        self.inner.let_through(None);
    }

    /// Lets one delivery be answered.
    pub(crate) fn let_one(&self) {
        self.inner.let_through(Some(1));
    }

    /// Blocks until a delivery waits to be answered.
    pub(crate) fn wait(&self) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(self.arrived());
    }

    /// Waits until a delivery waits to be answered.
    pub(crate) async fn arrived(&self) {
        while !self.inner.held().is_waiting {
            self.inner.arrived.notified().await;
        }
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.open();
    }
}
