//! Carries webhooks: takes one attempt after the other from the engine, sends it, and says how it went.
//!
//! A receiver that is slow or dead keeps only its own few places; the engine gives each receiver its turn.

mod conformance;
mod letter;
mod shipping;
mod transport;

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::Semaphore;

use crate::domain::webhook::{Before, TIMEOUT};
use crate::engine::{Attempt, Engine, Slot};
pub(crate) use conformance::examine;
pub(crate) use shipping::offer;
use transport::Transport;

/// How many deliveries are on their way at once, to all receivers together.
const MAX_ON_THE_WAY: usize = 256;

/// Tells the engine when the courier is gone, however it ends.
struct Present(Arc<Engine>);

impl Drop for Present {
    fn drop(&mut self) {
        self.0.set_courier(false);
    }
}

/// Carries webhooks, and scripted customers' questions, until it is dropped.
pub(crate) async fn carry(engine: Arc<Engine>) -> Infallible {
    let present = Present(engine);
    tokio::select! {
        never = carry_webhooks(&present.0) => never,
        never = shipping::ask_for_scripts(&present.0) => never,
    }
}

async fn carry_webhooks(engine: &Arc<Engine>) -> Infallible {
    let places = Arc::new(Semaphore::new(MAX_ON_THE_WAY));
    // Setting TLS up takes time and memory that a sandbox without webhooks need not spend.
    let mut transport = None;
    loop {
        let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
        let attempt = next(engine).await;
        let transport = transport.get_or_insert_with(Transport::new).clone();
        let engine = engine.clone();
        tokio::spawn(async move {
            let (url, headers, body) = (attempt.url(), &attempt.headers, attempt.body());
            let (outcome, double) = match attempt.is_double() {
                false => (transport.send(url, headers, body).await, None),
                true => {
                    let (one, other) = transport.send_twice(url, headers, body).await;
                    (one, Some(other))
                }
            };
            engine.attempted(attempt, outcome, double);
            drop(place);
        });
    }
}

/// Waits for an attempt that is due.
async fn next(engine: &Engine) -> Attempt {
    poll_fn(|cx| {
        // Ask to be woken first: what becomes due between the look and the asking would be missed.
        engine.watch_outgoing(cx.waker());
        engine.next_attempt().map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

/// Waits until the webhooks of a payment that have to come before something have been tried once, and no longer than a
/// receiver has to answer. What is held, due later or behind one that failed is not waited for.
pub(crate) async fn tried_once(engine: &Engine, slot: &Slot, before: Before) {
    let tried = poll_fn(|cx| {
        // Ask to be woken first, as above.
        engine.watch_deliveries(cx.waker());
        if engine.has_untried_webhooks(slot, before) { Poll::Pending } else { Poll::Ready(()) }
    });
    let _ = tokio::time::timeout(TIMEOUT.into(), tried).await;
}
