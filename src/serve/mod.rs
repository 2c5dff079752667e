//! Connections: how many, how long, and how they end.
//!
//! HTTP itself is hyper's, TLS rustls'. What is added here are the limits that a server open to strangers needs, at no
//! cost for a request that comes and goes as it should: one coarse timer per connection instead of one per request.

mod activity;
mod connection;
mod drive;
mod ports;
mod proxy;
mod secure;

use std::convert::Infallible;
use std::io;
use std::net;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::app::App;
pub(crate) use drive::drive;
pub use ports::BindError;
pub(crate) use ports::Ports;

/// How many connections are open at once, whatever port they came to; more wait to be accepted.
const MAX_CONNECTIONS: usize = 4096;
/// How long answers have to leave after the last request has ended.
const FLUSH: Duration = Duration::from_millis(20);

/// Serves until told to stop: then accepts nothing more, and returns when the running requests have ended.
///
/// # Errors
///
/// When a listener cannot be waited for.
pub(crate) async fn serve(ports: Ports, app: Arc<App>, mut stop: watch::Receiver<bool>) -> io::Result<()> {
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let plain = accept(ports.plain, places.clone(), |socket| connection::plain(socket, app.clone()))?;
    let tls = ports.tls.map(|port| accept(port, places, |socket| secure::port(socket, app.clone())));
    let tls = tls.transpose()?;
    {
        let tls = async {
            match tls {
                Some(tls) => tls.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            never = plain => match never {},
            never = tls => match never {},
            _ = stop.wait_for(|stop| *stop) => {}
        }
    }
    // From now on every answer closes its connection; those that nobody uses end with the runtime.
    app.close();
    while app.running() > 0 {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    tokio::time::sleep(FLUSH).await;
    Ok(())
}

/// Accepts connections for ever.
fn accept<C>(
    port: net::TcpListener,
    places: Arc<Semaphore>,
    serve: impl Fn(TcpStream) -> C,
) -> io::Result<impl Future<Output = Infallible>>
where
    C: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::from_std(port)?;
    Ok(async move {
        loop {
            let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
            match listener.accept().await {
                Ok((socket, _)) => {
                    // An answer is one write; waiting for more would only delay it.
                    let _ = socket.set_nodelay(true);
                    let connection = serve(socket);
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
    })
}
