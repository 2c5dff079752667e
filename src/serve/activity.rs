//! What passes through a connection, and whether it is worth waiting for.

use std::io;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::broken::{Ending, Wire};
use crate::tls::Host;

/// After how many looks a request head that is still incomplete is given up: between 5 and 10 seconds.
const HEAD_LOOKS: u32 = 2;
/// After how many looks a client that takes nothing of its answer is given up.
const WRITE_LOOKS: u32 = 6;
/// After how many looks a connection that nobody uses is closed.
const IDLE_LOOKS: u32 = 24;

/// What a connection is doing, as its owner sees it from outside.
#[derive(Default)]
pub(super) struct Activity {
    /// How many requests have begun.
    requests: AtomicU64,
    /// How many requests are being answered.
    answering: AtomicU32,
    /// Bytes have come since the last request began.
    receiving: AtomicBool,
    /// The client takes no more bytes for now.
    blocked: AtomicBool,
    /// How many bytes the client has taken.
    written: AtomicU64,
    /// How a fault ends the connection, once its answer is due.
    pub(super) ending: OnceLock<Ending>,
    /// Where the tunnel leads that the connection becomes.
    pub(super) tunnel: OnceLock<Host>,
    /// Several requests share the connection at once (HTTP/2).
    shared: bool,
}

impl Activity {
    /// What a connection of HTTP/2 is doing.
    pub(super) fn shared() -> Self {
        Self { shared: true, ..Self::default() }
    }

    /// The one request of the connection begins. Only the connection's task counts, so this need not be one step.
    pub(super) fn request_began(&self) {
        self.requests.store(self.requests.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        self.receiving.store(false, Ordering::Relaxed);
        self.answering.store(1, Ordering::Relaxed);
    }

    pub(super) fn request_ended(&self) {
        self.answering.store(0, Ordering::Relaxed);
    }

    /// One of several requests begins; it ends with what is returned.
    pub(super) fn one_of_several(self: &Arc<Self>) -> OneOfSeveral {
        self.requests.fetch_add(1, Ordering::Relaxed);
        self.answering.fetch_add(1, Ordering::Relaxed);
        OneOfSeveral(self.clone())
    }
}

/// A request of several, while it is being answered.
pub(super) struct OneOfSeveral(Arc<Activity>);

impl Drop for OneOfSeveral {
    fn drop(&mut self) {
        self.0.answering.fetch_sub(1, Ordering::Relaxed);
    }
}

/// How often a connection has been found in the same place.
#[derive(Default)]
pub(super) struct Patience {
    requests: u64,
    written: u64,
    receiving: u32,
    blocked: u32,
    idle: u32,
}

impl Patience {
    /// Looks at the connection once more.
    pub(super) fn is_over(&mut self, activity: &Activity) -> bool {
        let requests = activity.requests.load(Ordering::Relaxed);
        let written = activity.written.load(Ordering::Relaxed);
        let answering = activity.answering.load(Ordering::Relaxed) > 0;
        // Between two requests HTTP/2 has much to say that is no request.
        let receiving =
            activity.receiving.load(Ordering::Relaxed) && !answering && !(activity.shared && requests > 0);
        let blocked = activity.blocked.load(Ordering::Relaxed);
        if requests != self.requests || written != self.written {
            *self = Self { requests, written, ..Self::default() };
        }
        let count = |counter: &mut u32, holds: bool| *counter = if holds { *counter + 1 } else { 0 };
        count(&mut self.receiving, receiving);
        count(&mut self.blocked, blocked);
        count(&mut self.idle, !answering);
        self.receiving >= HEAD_LOOKS || self.blocked >= WRITE_LOOKS || self.idle >= IDLE_LOOKS
    }
}

/// A socket that tells what passes through it.
pub(super) struct Watched<S> {
    pub(super) stream: S,
    activity: Arc<Activity>,
    /// How many bytes of its ending the client has taken.
    ended: usize,
}

impl<S: Wire> Watched<S> {
    pub(super) fn new(stream: S, activity: Arc<Activity>) -> Self {
        Self { stream, activity, ended: 0 }
    }

    /// Writes, or ends the connection where a fault says so.
    fn write(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let result = match self.activity.ending.get() {
            None => write(Pin::new(&mut self.stream), cx),
            Some(ending) => ending.poll(&mut self.stream, &mut self.ended, cx).map(Err),
        };
        self.note_write(&result);
        result
    }

    fn note_write(&self, result: &Poll<io::Result<usize>>) {
        self.activity.blocked.store(result.is_pending(), Ordering::Relaxed);
        if let Poll::Ready(Ok(count)) = result {
            // Only this connection's task writes, so this need not be one step.
            let written = self.activity.written.load(Ordering::Relaxed);
            self.activity.written.store(written + *count as u64, Ordering::Relaxed);
        }
    }
}

impl<S: Wire> AsyncRead for Watched<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.activity.receiving.store(true, Ordering::Relaxed);
        }
        result
    }
}

impl<S: Wire> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write(cx, |stream, cx| stream.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(cx, |stream, cx| stream.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
