//! Waiting, on whatever thread and in whatever runtime the caller is.

use std::future::Future;
use std::sync::mpsc;
use std::time::Duration;

use super::Sandbox;

/// How long is waited for something unless a test says otherwise.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

impl Sandbox {
    /// Does something on the sandbox's own thread, and blocks the caller's until it is done: the caller may be on a runtime,
    /// where none can be begun.
    pub(super) fn block_on<T: Send + 'static>(&self, work: impl Future<Output = T> + Send + 'static) -> T {
        let (done, is_done) = mpsc::channel();
        self.runtime.spawn(async move {
            // Whoever waited may have been stopped by a panic.
            let _ = done.send(work.await);
        });
        is_done.recv().expect("the sandbox's own thread runs as long as the sandbox is there")
    }

    /// Does something on the sandbox's own thread; the caller's goes on meanwhile.
    pub(super) async fn elsewhere<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let done = self.runtime.spawn(work).await;
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
    }

    /// Does something that takes time and no turns, beside the sandbox's own thread.
    pub(super) async fn beside<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> T {
        let done = self.runtime.spawn_blocking(work).await;
        done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
    }
}
