//! Connections that begin with a handshake: those to the TLS port, and tunnels.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::{Buf, Bytes};
use rustls::AlertDescription;
use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::LazyConfigAcceptor;
use tokio_rustls::server::TlsStream;

use super::connection::{Place, Tunnel, over_http1, over_http2};
use super::proxy;
use crate::app::{App, Reason, RefusedConnection, Via};
use crate::broken::Wire;
use crate::tls::{H2, Host};

/// How long a handshake may take, its first byte included.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How long a client that is refused has to hear it.
const FAREWELL: Duration = Duration::from_secs(1);
/// A handshake's first byte.
const HANDSHAKE_RECORD: u8 = 0x16;
/// A fatal alert, `unrecognized_name`, as the only record of a connection (RFC 6066, section 3).
const UNRECOGNIZED_NAME: [u8; 7] = [0x15, 3, 3, 0, 2, 2, 112];
/// What HTTP without TLS gets on the TLS port.
const NOT_TLS: &str = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\
                       Content-Length: 64\r\n\r\nThis port speaks TLS. Use https://, or the sandbox's HTTP port.\n";

/// A socket of which something has been read already.
struct Begun {
    early: Bytes,
    socket: TcpStream,
}

/// What a connection turns out to speak.
enum Spoken {
    Tls(Box<TlsStream<Begun>>),
    Plain(Begun),
    Nothing,
}

/// Serves a connection to the TLS port.
pub(super) async fn port(socket: TcpStream, app: Arc<App>) {
    serve(Begun { early: Bytes::new(), socket }, None, app).await;
}

/// Serves a tunnel: its other end is the sandbox itself. Most speak TLS in it, some do not.
pub(super) async fn tunnel(tunnel: Tunnel<TcpStream>, app: Arc<App>) {
    serve(Begun { early: tunnel.early, socket: tunnel.stream }, Some(tunnel.host), app).await;
}

async fn serve(stream: Begun, told: Option<Host>, app: Arc<App>) {
    match timeout(HANDSHAKE, begin(stream, told.as_ref(), &app)).await.unwrap_or(Ok(Spoken::Nothing)) {
        Ok(Spoken::Tls(stream)) if stream.get_ref().1.alpn_protocol() == Some(H2) => {
            over_http2(*stream, app).await;
        }
        Ok(Spoken::Tls(stream)) => drop(over_http1(*stream, app, Place::Inside).await),
        Ok(Spoken::Plain(stream)) => drop(over_http1(stream, app, Place::Inside).await),
        Ok(Spoken::Nothing) => {}
        Err(error) => tracing::debug!(%error, "a TLS handshake failed"),
    }
}

/// Finds out what is spoken, and shakes hands.
async fn begin(mut stream: Begun, told: Option<&Host>, app: &App) -> io::Result<Spoken> {
    if stream.early.is_empty() {
        let mut first = [0; 1];
        if stream.socket.read(&mut first).await? == 0 {
            return Ok(Spoken::Nothing);
        }
        stream.early = Bytes::copy_from_slice(&first);
    }
    match (stream.early[0], told) {
        (HANDSHAKE_RECORD, _) => {}
        (first, Some(_)) if first.is_ascii_uppercase() => return Ok(Spoken::Plain(stream)),
        (first, None) if first.is_ascii_uppercase() => {
            farewell(&mut stream, NOT_TLS.as_bytes()).await;
            return Ok(Spoken::Nothing);
        }
        // The handshake will say what is wrong with it.
        _ => {}
    }
    let local = stream.socket.local_addr().ok().map(|address| address.ip());
    let mut start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
    let hello = start.client_hello();
    let asked = hello.server_name().map(str::to_owned);
    match app.tls().config(asked.as_deref(), told, local) {
        Ok(config) => match start.into_stream(config).await {
            Ok(stream) => Ok(Spoken::Tls(Box::new(stream))),
            Err(error) if is_distrust(&error) => {
                let host = asked.or_else(|| told.or(local.map(Host::Address).as_ref()).map(Host::to_string));
                not_trusted(host.as_deref().unwrap_or("this address"), app);
                Ok(Spoken::Nothing)
            }
            Err(error) => Err(error),
        },
        Err(stranger) => {
            let host = asked.as_deref().unwrap_or("this address");
            let reason = proxy::reason(stranger);
            let refused =
                RefusedConnection::new(host, None, Via::Tls, reason, |host| stranger.explain(&host));
            tracing::warn!("a TLS handshake was refused: {}", refused.explanation);
            app.refused(refused);
            farewell(&mut start.io, &UNRECOGNIZED_NAME).await;
            Ok(Spoken::Nothing)
        }
    }
}

/// Says a last word. Closing with something unread would take it back, so the rest is read.
async fn farewell(stream: &mut Begun, word: &[u8]) {
    let last = async {
        stream.socket.write_all(word).await?;
        stream.socket.shutdown().await?;
        let mut rest = [0; 1024];
        while stream.socket.read(&mut rest).await? > 0 {}
        io::Result::Ok(())
    };
    let _ = timeout(FAREWELL, last).await;
}

/// Whether the client says that it does not know who vouches for the sandbox.
fn is_distrust(error: &io::Error) -> bool {
    let cause = error.get_ref().and_then(|error| error.downcast_ref::<rustls::Error>());
    matches!(
        cause,
        Some(rustls::Error::AlertReceived(
            AlertDescription::UnknownCA
                | AlertDescription::BadCertificate
                | AlertDescription::CertificateUnknown,
        ))
    )
}

/// A client that does not know the authority is the usual mistake, and the remedy is not obvious.
fn not_trusted(host: &str, app: &App) {
    let explain = |_: &str| {
        "A TLS handshake failed: the client does not trust the sandbox; give it GET /_sandbox/ca.pem to trust."
            .into()
    };
    let refused = RefusedConnection::new(host, None, Via::Tls, Reason::NotTrusted, explain);
    tracing::warn!("{}", refused.explanation);
    app.refused(refused);
}

impl Wire for Begun {
    fn socket(&self) -> &TcpStream {
        &self.socket
    }
}

impl Wire for TlsStream<Begun> {
    fn socket(&self) -> &TcpStream {
        &self.get_ref().0.socket
    }
}

impl AsyncRead for Begun {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.early.is_empty() {
            return Pin::new(&mut self.socket).poll_read(cx, buffer);
        }
        let count = self.early.len().min(buffer.remaining());
        buffer.put_slice(&self.early[..count]);
        self.early.advance(count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Begun {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.socket).poll_write_vectored(cx, slices)
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
