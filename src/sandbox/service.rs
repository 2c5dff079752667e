//! Where the parts meet.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use tokio::sync::watch;

use crate::app::App;
use crate::config::Config;
use crate::courier;
use crate::engine::Engine;
use crate::journal::Journal;
use crate::serve::{self, Ports};
use crate::tls::{Names, Tls};

/// A sandbox that is ready to answer but has no socket.
pub(crate) struct Service {
    pub(crate) engine: Arc<Engine>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) app: Arc<App>,
}

impl Service {
    pub(crate) fn new(config: &Config, listening: SocketAddr) -> Self {
        let engine = Arc::new(Engine::new(config.engine.clone()));
        let journal = Arc::new(Journal::new(config.engine.max_requests));
        let (public_url, token) = (config.public_url(listening), config.control_token.clone());
        // From here on jumps of the clock and answers wait for webhooks: somebody will carry them.
        engine.set_courier(true);
        let names = Names::new(&config.tls_names, config.impersonate_production);
        let tls = Arc::new(Tls::new(names, config.engine.machine.clone()));
        let app = App::new(engine.clone(), journal.clone(), public_url, token, tls);
        Self { engine, journal, app: Arc::new(app) }
    }

    /// Serves until told to stop.
    ///
    /// # Errors
    ///
    /// When a listener cannot be waited for.
    pub(crate) async fn run(self, ports: Ports, stop: watch::Receiver<bool>) -> io::Result<()> {
        if let Some(address) = ports.https()? {
            self.app.tls().listens_at(address.port());
        }
        let driver = tokio::spawn(serve::drive(self.engine.clone()));
        let courier = tokio::spawn(courier::carry(self.engine));
        let served = serve::serve(ports, self.app, stop).await;
        driver.abort();
        courier.abort();
        served
    }
}
