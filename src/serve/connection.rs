//! A connection from its first request to its end, over HTTP/1.1 or HTTP/2.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::{MissedTickBehavior, interval_at};

use super::activity::{Activity, Patience, Watched};
use super::proxy::{self, Verdict};
use super::secure;
use crate::app::App;
use crate::broken::{Ending, StreamReset, Wire};
use crate::tls::Host;

/// The largest request head, in bytes. It is answered 431 beyond it, and over HTTP/1.1 beyond 100 headers.
const MAX_HEAD: usize = 64 * 1024;
/// How many requests share a connection of HTTP/2 at once.
const MAX_STREAMS: u32 = 128;
/// How often a connection is looked at.
const LOOK: Duration = Duration::from_secs(5);

/// Where a connection runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// On the HTTP port, where a tunnel may begin.
    Open,
    /// Within a tunnel, or on the TLS port.
    Inside,
}

/// What is left of a connection that has become a tunnel.
pub(super) struct Tunnel<S> {
    pub(super) stream: S,
    /// What the client has sent behind its request.
    pub(super) early: Bytes,
    /// Where it leads, as the client sees it.
    pub(super) host: Host,
}

/// Serves a connection to the HTTP port.
pub(super) async fn plain(socket: TcpStream, app: Arc<App>) {
    if let Some(tunnel) = over_http1(socket, app.clone(), Place::Open).await {
        // Boxed, so that connections which are no tunnels have no room for one.
        Box::pin(secure::tunnel(tunnel, app)).await;
    }
}

/// Serves a connection that speaks HTTP/1.1. Returns it when it becomes a tunnel.
pub(super) async fn over_http1<S: Wire>(stream: S, app: Arc<App>, place: Place) -> Option<Tunnel<S>> {
    let local = stream.socket().local_addr().ok();
    let activity = Arc::new(Activity::default());
    let service = {
        let activity = activity.clone();
        service_fn(move |request| {
            activity.request_began();
            let (app, activity) = (app.clone(), activity.clone());
            async move {
                // Only what is meant for a proxy names a host in its target.
                let mut response = match request.uri().authority() {
                    None => app.answer(request).await,
                    Some(_) => match proxy::judge(&request, &app, local, place) {
                        Verdict::Ours => app.answer(request).await,
                        Verdict::Tunnel(host) => {
                            let _ = activity.tunnel.set(host);
                            app.sign_other(proxy::connected())
                        }
                        Verdict::Refused(answer) => app.sign_other(answer),
                    },
                };
                activity.request_ended();
                if let Some(ending) = Ending::of(&mut response) {
                    // Each connection ends once.
                    let _ = activity.ending.set(ending);
                }
                Ok::<_, Infallible>(response)
            }
        })
    };
    let io = TokioIo::new(Watched::new(stream, activity.clone()));
    let mut http = http1::Builder::new();
    // Answers are small: copying one behind its head costs less than writing the two from two places.
    http.max_buf_size(MAX_HEAD).writev(false);
    let mut connection = http.serve_connection(io, service);
    let ended = watch(&mut connection, &activity).await;
    let host = activity.tunnel.get().filter(|_| ended)?.clone();
    let parts = connection.into_parts();
    Some(Tunnel { stream: parts.io.into_inner().stream, early: parts.read_buf, host })
}

/// Serves a connection that speaks HTTP/2.
pub(super) async fn over_http2<S: Wire + Send + 'static>(stream: S, app: Arc<App>) {
    let activity = Arc::new(Activity::shared());
    let service = {
        let activity = activity.clone();
        service_fn(move |request| {
            let running = activity.one_of_several();
            let app = app.clone();
            async move {
                // Every request names a host here; the handshake has judged it.
                let response = match request.method() == Method::CONNECT {
                    true => app.sign_other(proxy::no_tunnel(request.uri(), &app)),
                    false => app.answer(request).await,
                };
                drop(running);
                StreamReset::of(response)
            }
        })
    };
    let io = TokioIo::new(Watched::new(stream, activity.clone()));
    let mut http = http2::Builder::new(TokioExecutor::new());
    http.timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(u32::try_from(MAX_HEAD).unwrap_or(u32::MAX))
        .max_send_buf_size(MAX_HEAD);
    let mut connection = pin!(http.serve_connection(io, service));
    watch(&mut connection, &activity).await;
}

/// Carries a connection to its end, or to the end of patience. Returns whether it ended by itself and well.
async fn watch<C, E>(connection: &mut C, activity: &Activity) -> bool
where
    C: Future<Output = Result<(), E>> + Unpin,
{
    let mut look = interval_at(tokio::time::Instant::now() + LOOK, LOOK);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut patience = Patience::default();
    loop {
        tokio::select! {
            biased;
            ended = &mut *connection => return ended.is_ok(),
            _ = look.tick() => {
                if patience.is_over(activity) {
                    return false;
                }
            }
        }
    }
}
