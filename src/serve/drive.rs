//! The task that lets time pass.

use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use crate::engine::Engine;

/// Lets time do its work on payments that nobody looks at.
pub(crate) async fn drive(engine: Arc<Engine>) {
    /// A busy sandbox has a payment expiring every few microseconds; they are taken together.
    const SHORTEST_SLEEP: Duration = Duration::from_millis(10);
    loop {
        let mut asked = false;
        let woken = std::future::poll_fn(|cx| {
            if asked {
                return Poll::Ready(());
            }
            asked = true;
            engine.watch_timers(cx.waker());
            Poll::Pending
        });
        let mut woken = pin!(woken);
        // Ask to be woken first: a timer set between the look and the asking would be missed.
        std::future::poll_fn(|cx| {
            let _ = woken.as_mut().poll(cx);
            Poll::Ready(())
        })
        .await;
        match engine.tick() {
            Some(span) => {
                let _ = tokio::time::timeout(Duration::from(span).max(SHORTEST_SLEEP), woken).await;
            }
            None => woken.await,
        }
        tokio::time::sleep(SHORTEST_SLEEP).await;
    }
}
