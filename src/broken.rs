//! Answers that a fault breaks: how the connection ends instead.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::body::Body;
use futures_util::stream;
use hyper::Response;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::app::{AppBody, Broken};
use crate::domain::fault::ConnectionFault;

/// A connection that HTTP is spoken over, with TLS or without.
pub(crate) trait Wire: AsyncRead + AsyncWrite + Unpin {
    /// Returns the socket beneath.
    fn socket(&self) -> &TcpStream;
}

impl Wire for TcpStream {
    fn socket(&self) -> &TcpStream {
        self
    }
}

/// How a connection ends.
pub(crate) struct Ending {
    bytes: Vec<u8>,
    reset: bool,
}

impl Ending {
    /// Takes the ending out of an answer that a fault breaks.
    pub(crate) fn of(response: &mut Response<AppBody>) -> Option<Self> {
        let Broken { fault, noise } = response.extensions_mut().remove()?;
        let bytes = match fault {
            ConnectionFault::ConnectionResetByPeer | ConnectionFault::EmptyResponse => Vec::new(),
            ConnectionFault::MalformedResponseChunk => [head(response), noise.to_vec()].concat(),
            ConnectionFault::RandomDataThenClose => noise.to_vec(),
        };
        Some(Self { bytes, reset: fault == ConnectionFault::ConnectionResetByPeer })
    }

    /// Ends the connection from the byte `sent` on. It is over with an error; the socket has only to be dropped then.
    pub(crate) fn poll<S: Wire>(
        &self,
        mut stream: &mut S,
        sent: &mut usize,
        cx: &mut Context<'_>,
    ) -> Poll<io::Error> {
        while let Some(rest) = self.bytes.get(*sent..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut stream).poll_write(cx, rest)) {
                Ok(count) => *sent += count,
                Err(error) => return Poll::Ready(error),
            }
        }
        match self.reset {
            // Dropped without lingering, a socket sends a reset.
            true => drop(stream.socket().set_zero_linger()),
            // Over TLS the bytes may still be on their way to the socket, and an end is said.
            false => drop(ready!(Pin::new(&mut stream).poll_shutdown(cx))),
        }
        Poll::Ready(io::ErrorKind::ConnectionAborted.into())
    }
}

/// A stream of HTTP/2 that a fault resets. The connection has others, which go on.
#[derive(Debug, thiserror::Error)]
#[error("a fault of the sandbox breaks the answer")]
pub(crate) struct StreamReset;

impl StreamReset {
    /// Takes an answer for a reset, if a fault says that its connection ends.
    pub(crate) fn of(mut response: Response<AppBody>) -> Result<Response<AppBody>, Self> {
        match response.extensions_mut().remove::<Broken>() {
            None => Ok(response),
            Some(_) => Err(Self),
        }
    }
}

/// The head of an answer in chunks, up to where the first chunk's size should stand.
fn head(response: &Response<AppBody>) -> Vec<u8> {
    let mut head = b"HTTP/1.1 200 OK\r\n".to_vec();
    for (name, value) in response.headers() {
        head.extend([name.as_str().as_bytes(), b": ", value.as_bytes(), b"\r\n"].concat());
    }
    // A size is hexadecimal, so this letter begins none.
    head.extend(b"transfer-encoding: chunked\r\n\r\nz");
    head
}

/// Breaks an answer where there is no socket: its body ends in an error.
pub(crate) fn without_socket(mut response: Response<AppBody>) -> Response<Body> {
    match Ending::of(&mut response) {
        None => response.map(Body::new),
        Some(_) => {
            let error =
                io::Error::new(io::ErrorKind::ConnectionAborted, "a fault of the sandbox breaks the answer");
            response.map(|_| Body::from_stream(stream::iter([Err::<Vec<u8>, _>(error)])))
        }
    }
}
