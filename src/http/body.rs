//! Reading a request's body: not too much of it, and not for too long.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::body::Body;

/// The largest body that is read.
pub(super) const MAX_BODY: usize = 1024 * 1024;

/// How long a sender may take from the end of the headers to the end of the body.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a body could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum BodyError {
    /// It is larger than [`MAX_BODY`].
    TooLarge,
    /// It took too long, or broke off.
    TooSlow,
}

/// Reads the whole body. One that is there already costs no timer and no copy.
pub(super) async fn read<B>(mut body: B) -> Result<Bytes, BodyError>
where
    B: Body<Data = Bytes> + Unpin,
{
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    if body.size_hint().lower() > MAX_BODY as u64 {
        return Err(BodyError::TooLarge);
    }
    let mut gathered = Gathered::default();
    let at_once = poll_fn(|cx| match gathered.poll(&mut body, cx) {
        Poll::Ready(result) => Poll::Ready(Some(result)),
        Poll::Pending => Poll::Ready(None),
    });
    if let Some(result) = at_once.await {
        return result;
    }
    let rest = poll_fn(|cx| gathered.poll(&mut body, cx));
    tokio::time::timeout(PATIENCE, rest).await.unwrap_or(Err(BodyError::TooSlow))
}

/// What has arrived so far.
#[derive(Default)]
struct Gathered {
    first: Bytes,
    more: BytesMut,
}

impl Gathered {
    fn poll<B>(&mut self, body: &mut B, cx: &mut std::task::Context<'_>) -> Poll<Result<Bytes, BodyError>>
    where
        B: Body<Data = Bytes> + Unpin,
    {
        loop {
            let frame = match Pin::new(&mut *body).poll_frame(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Some(Ok(frame))) => frame,
                Poll::Ready(Some(Err(_))) => return Poll::Ready(Err(BodyError::TooSlow)),
                Poll::Ready(None) => return Poll::Ready(Ok(self.take())),
            };
            let Ok(data) = frame.into_data() else { continue };
            if self.first.len() + self.more.len() + data.len() > MAX_BODY {
                return Poll::Ready(Err(BodyError::TooLarge));
            }
            if self.first.is_empty() && self.more.is_empty() {
                self.first = data;
            } else {
                if self.more.is_empty() {
                    self.more.extend_from_slice(&std::mem::take(&mut self.first));
                }
                self.more.extend_from_slice(&data);
            }
            if body.is_end_stream() {
                return Poll::Ready(Ok(self.take()));
            }
        }
    }

    fn take(&mut self) -> Bytes {
        if self.more.is_empty() {
            std::mem::take(&mut self.first)
        } else {
            std::mem::take(&mut self.more).freeze()
        }
    }
}
