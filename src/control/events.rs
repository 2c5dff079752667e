//! The live stream, as server-sent events.

use std::convert::Infallible;
use std::fmt::Write as _;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;

use super::Control;
use super::extract::{Query, Scope};
use super::problem::Problem;
use crate::domain::digits::Msn;
use crate::engine::{Kind, Read, Reader};

/// How long a stream is silent before a comment shows that it still stands. It is the machine's time that passes.
const SILENCE: Duration = Duration::from_secs(15);
/// How many events are written at once.
const BATCH: usize = 64;

/// Streams what happens: payments, calls, deliveries, clocks.
///
/// The events are `payment`, `request`, `delivery`, `clock`, and `resync` when a reader was too slow or the sandbox was
/// reset: what was told before no longer holds.
#[utoipa::path(
    get, path = "/_sandbox/events", tag = "requests",
    params(("msn" = Option<String>, Query, description = "only this sales unit's, and what concerns all")),
    responses((status = 200, description = "`text/event-stream`"), (status = 400, body = Problem))
)]
pub(super) async fn stream(State(control): State<Control>, Query(scope): Query<Scope>) -> Response {
    // Whoever has the head of the answer misses nothing from then on.
    let reader = control.engine.live().listen();
    let greeting = Bytes::from_static(b": listening\n\n");
    let events = stream::unfold((reader, Some(greeting)), move |(mut reader, greeting)| async move {
        let text = match greeting {
            Some(greeting) => greeting,
            None => next(&mut reader, scope.msn).await,
        };
        Some((Ok::<_, Infallible>(text), (reader, None)))
    });
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    (headers, Body::from_stream(events)).into_response()
}

/// Waits for the next events, or writes a comment when there are none for a while.
async fn next(reader: &mut Reader, msn: Option<Msn>) -> Bytes {
    let events = poll_fn(|cx| {
        // Events of other units are passed over; having read some, there may be more.
        while let Some(read) = reader.read(cx.waker(), BATCH) {
            let text = written(&read, msn);
            if !text.is_empty() {
                return Poll::Ready(text);
            }
        }
        Poll::Pending
    });
    tokio::time::timeout(SILENCE, events).await.map_or(Bytes::from_static(b":\n\n"), Bytes::from)
}

fn written(read: &Read, msn: Option<Msn>) -> String {
    let mut text = String::new();
    let mut event = |kind: Kind, data: &str| {
        let _ = write!(text, "event: {}\ndata: {data}\n\n", kind.word());
    };
    match read {
        Read::Missed => event(Kind::Resync, r#"{"reason":"too slow"}"#),
        Read::Notices(notices) => {
            for notice in notices {
                if msn.is_none() || notice.msn.is_none() || notice.msn == msn {
                    event(notice.kind, &notice.data);
                }
            }
        }
    }
    text
}
