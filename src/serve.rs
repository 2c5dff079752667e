//! Connections: how many, how long, and how they end.
//!
//! HTTP itself is hyper's. What is added here are the limits that a server open to strangers needs, at no cost for a
//! request that comes and goes as it should: one coarse timer per connection instead of one per request.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::time::{MissedTickBehavior, interval_at};

use crate::app::App;
use crate::broken::Ending;
use crate::engine::Engine;

/// How many connections are open at once; more wait to be accepted.
const MAX_CONNECTIONS: usize = 4096;
/// The largest request head, in bytes. hyper answers 431 beyond it, and beyond 100 headers.
const MAX_HEAD: usize = 64 * 1024;
/// How often a connection is looked at.
const LOOK: Duration = Duration::from_secs(5);
/// After how many looks a request head that is still incomplete is given up: between 5 and 10 seconds.
const HEAD_LOOKS: u32 = 2;
/// After how many looks a client that takes nothing of its answer is given up.
const WRITE_LOOKS: u32 = 6;
/// After how many looks a connection that nobody uses is closed.
const IDLE_LOOKS: u32 = 24;
/// How long answers have to leave after the last request has ended.
const FLUSH: Duration = Duration::from_millis(20);

/// Serves until told to stop: then accepts nothing more, and returns when the running requests have ended.
pub(crate) async fn serve(listener: TcpListener, app: Arc<App>, mut stop: watch::Receiver<bool>) {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let accept = async {
        loop {
            let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
            match listener.accept().await {
                Ok((socket, _)) => {
                    let connection = connect(socket, app.clone());
                    tokio::spawn(async move {
                        connection.await;
                        drop(place);
                    });
                }
                // Out of file descriptors, or a client that gave up: others may end soon.
                Err(error) => {
                    tracing::warn!(%error, "a connection could not be accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
    };
    tokio::select! {
        () = accept => {}
        _ = stop.wait_for(|stop| *stop) => {}
    }
    drop(listener);
    // From now on every answer closes its connection; those that nobody uses end with the runtime.
    app.close();
    while app.running() > 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    tokio::time::sleep(FLUSH).await;
}

/// Serves one connection to its end.
async fn connect(socket: TcpStream, app: Arc<App>) {
    // An answer is one write; waiting for more would only delay it.
    let _ = socket.set_nodelay(true);
    let activity = Arc::new(Activity::default());
    let service = {
        let activity = activity.clone();
        service_fn(move |request| {
            activity.request_began();
            let (app, activity) = (app.clone(), activity.clone());
            async move {
                let mut response = app.answer(request).await;
                activity.request_ended();
                if let Some(ending) = Ending::of(&mut response) {
                    // Each connection ends once.
                    let _ = activity.ending.set(ending);
                }
                Ok::<_, Infallible>(response)
            }
        })
    };
    let io = TokioIo::new(Watched { socket, activity: activity.clone(), ended: 0 });
    let mut http = http1::Builder::new();
    // Answers are small: copying one behind its head costs less than writing the two from two places.
    http.max_buf_size(MAX_HEAD).writev(false);
    let mut connection = pin!(http.serve_connection(io, service));
    let mut look = interval_at(tokio::time::Instant::now() + LOOK, LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut patience = Patience::default();
    loop {
        tokio::select! {
            biased;
            _ = connection.as_mut() => return,
            _ = look.tick() => {
                if patience.is_over(&activity) {
                    return;
                }
            }
        }
    }
}

/// What a connection is doing, as its owner sees it from outside.
#[derive(Default)]
struct Activity {
    /// How many requests have begun.
    requests: AtomicU64,
    /// A request is being answered.
    answering: AtomicBool,
    /// Bytes have come since the last request began.
    receiving: AtomicBool,
    /// The client takes no more bytes for now.
    blocked: AtomicBool,
    /// How many bytes the client has taken.
    written: AtomicU64,
    /// How a fault ends the connection, once its answer is due.
    ending: OnceLock<Ending>,
}

impl Activity {
    fn request_began(&self) {
        self.requests.store(self.requests.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
        self.receiving.store(false, Ordering::Relaxed);
        self.answering.store(true, Ordering::Relaxed);
    }

    fn request_ended(&self) {
        self.answering.store(false, Ordering::Relaxed);
    }
}

/// How often a connection has been found in the same place.
#[derive(Default)]
struct Patience {
    requests: u64,
    written: u64,
    receiving: u32,
    blocked: u32,
    idle: u32,
}

impl Patience {
    fn is_over(&mut self, activity: &Activity) -> bool {
        let requests = activity.requests.load(Ordering::Relaxed);
        let written = activity.written.load(Ordering::Relaxed);
        let answering = activity.answering.load(Ordering::Relaxed);
        let receiving = activity.receiving.load(Ordering::Relaxed) && !answering;
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
struct Watched {
    socket: TcpStream,
    activity: Arc<Activity>,
    /// How many bytes of its ending the client has taken.
    ended: usize,
}

impl Watched {
    /// Writes, or ends the connection where a fault says so.
    fn write(
        &mut self,
        cx: &mut Context<'_>,
        write: impl FnOnce(Pin<&mut TcpStream>, &mut Context<'_>) -> Poll<io::Result<usize>>,
    ) -> Poll<io::Result<usize>> {
        let result = match self.activity.ending.get() {
            None => write(Pin::new(&mut self.socket), cx),
            Some(ending) => ending.poll(&mut self.socket, &mut self.ended, cx).map(Err),
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

impl AsyncRead for Watched {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.socket).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.activity.receiving.store(true, Ordering::Relaxed);
        }
        result
    }
}

impl AsyncWrite for Watched {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.write(cx, |socket, cx| socket.poll_write(cx, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.write(cx, |socket, cx| socket.poll_write_vectored(cx, slices))
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

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

/// Binds the port, with a complaint that says what to change.
pub(crate) fn bind(address: SocketAddr) -> Result<std::net::TcpListener, BindError> {
    let listener = std::net::TcpListener::bind(address).map_err(|error| BindError { address, error })?;
    listener.set_nonblocking(true).map_err(|error| BindError { address, error })?;
    Ok(listener)
}

/// A port cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[error("{}", self.explain())]
pub struct BindError {
    address: SocketAddr,
    error: io::Error,
}

impl BindError {
    fn explain(&self) -> String {
        let (port, host) = (self.address.port(), self.address.ip());
        match self.error.kind() {
            io::ErrorKind::AddrInUse => format!(
                "port {port} on {host} is taken (try --listen {}:0 or stop the other process)",
                bracketed(host)
            ),
            io::ErrorKind::PermissionDenied => format!(
                "port {port} on {host} needs more rights than this process has (try --listen {}:8477)",
                bracketed(host)
            ),
            io::ErrorKind::AddrNotAvailable => {
                format!("{host} is no address of this machine (try --listen 127.0.0.1:{port})")
            }
            _ => format!("{} cannot be listened on: {} (try --listen 127.0.0.1:0)", self.address, self.error),
        }
    }
}

fn bracketed(host: std::net::IpAddr) -> String {
    SocketAddr::new(host, 0).to_string().trim_end_matches(":0").to_owned()
}
