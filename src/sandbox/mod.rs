//! The library's face: start a sandbox, drive it, drop it.

mod builder;
mod service;
mod unit;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::routing::any;
use tokio::runtime::Handle;
use tokio::sync::watch;

pub use self::builder::SandboxBuilder;
pub(crate) use self::service::Service;
pub use self::unit::{PaymentSnapshot, SandboxError, UnitHandle};
use crate::app::App;
use crate::broken;
use crate::config::Config;
use crate::domain::digits::Msn;
use crate::domain::fault::Fault;
use crate::domain::race::Race;
use crate::domain::span::Span;
use crate::domain::time::Timestamp;
use crate::engine::{ClockError, DEFAULT_MSN, Engine, Fired, Jump, ManageError};
use crate::journal::{Filter, Journal, RequestSnapshot};

/// A running sandbox on a port of its own.
///
/// It is ready when [`Sandbox::start`] returns, and gone when it is dropped. It works in a plain `#[test]` and under any
/// async runtime, because it has a thread and a runtime of its own.
///
/// ```
/// use epayment_sandbox::Sandbox;
///
/// let sandbox = Sandbox::start();
/// assert!(sandbox.url().starts_with("http://127.0.0.1:"));
/// // Point the integration under test at `sandbox.url()`, then play the customer:
/// assert!(sandbox.approve("no-such-payment").is_err());
/// ```
pub struct Sandbox {
    engine: Arc<Engine>,
    journal: Arc<Journal>,
    app: Arc<App>,
    address: SocketAddr,
    tls_address: Option<SocketAddr>,
    runtime: Handle,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// Starts a sandbox with the defaults on a free port of 127.0.0.1.
    ///
    /// # Panics
    ///
    /// When no port can be had.
    #[must_use]
    pub fn start() -> Self {
        Self::builder().start()
    }

    /// Sets a sandbox up before it starts.
    #[must_use]
    pub fn builder() -> SandboxBuilder {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let config = Config { listen, tls_listen: None, ..Config::default() };
        SandboxBuilder { config }
    }

    /// Returns the base URL, such as `http://127.0.0.1:41234`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the base URL with TLS, such as `https://127.0.0.1:41235`. Clients have to trust [`Sandbox::ca_pem`].
    ///
    /// ```
    /// use epayment_sandbox::Sandbox;
    ///
    /// let sandbox = Sandbox::builder().tls().start();
    /// assert!(sandbox.tls_url().starts_with("https://127.0.0.1:"));
    /// assert!(sandbox.ca_pem().starts_with("-----BEGIN CERTIFICATE-----"));
    /// ```
    ///
    /// # Panics
    ///
    /// When the sandbox was not started with [`SandboxBuilder::tls`].
    #[must_use]
    pub fn tls_url(&self) -> String {
        let address =
            self.tls_address.expect("a sandbox listens with TLS when it is started with builder().tls()");
        format!("https://{address}")
    }

    /// Returns the certificate of the authority that vouches for the sandbox over TLS, and in tunnels, as PEM.
    #[must_use]
    pub fn ca_pem(&self) -> String {
        self.app.tls().ca_pem()
    }

    /// Returns the address that the sandbox listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the sandbox as a router, to be called without a socket or mounted in a server of your own.
    ///
    /// A fault of the connection cannot break a socket here: the answer is a 502 (for `MALFORMED_RESPONSE_CHUNK` a 200)
    /// whose body ends in an error.
    pub fn router(&self) -> Router {
        let app = self.app.clone();
        Router::new().fallback(any(move |request: Request| {
            let app = app.clone();
            async move { broken::without_socket(app.answer(request).await) }
        }))
    }

    /// Lets the customer approve a payment of the default sales unit, `123456`.
    ///
    /// # Errors
    ///
    /// When there is no such payment or it cannot be approved, for example because of a test amount.
    pub fn approve(&self, reference: &str) -> Result<(), SandboxError> {
        self.unit(DEFAULT_MSN).approve(reference)
    }

    /// Lets the customer reject a payment of the default sales unit.
    ///
    /// # Errors
    ///
    /// When there is no such payment or it no longer waits.
    pub fn reject(&self, reference: &str) -> Result<(), SandboxError> {
        self.unit(DEFAULT_MSN).reject(reference)
    }

    /// Looks at a payment of the default sales unit.
    #[must_use]
    pub fn payment(&self, reference: &str) -> Option<PaymentSnapshot> {
        self.unit(DEFAULT_MSN).payment(reference)
    }

    /// Speaks of one sales unit. It need not exist yet.
    ///
    /// # Panics
    ///
    /// When the MSN is not 4 to 10 digits.
    #[must_use]
    pub fn unit(&self, msn: &str) -> UnitHandle<'_> {
        let msn = Msn::parse(msn).unwrap_or_else(|| panic!("\"{msn}\" is not an MSN of 4 to 10 digits"));
        UnitHandle { sandbox: self, msn }
    }

    /// Returns the global sandbox time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.engine.read_clock(None).now
    }

    /// Moves every clock forward. Every timer on the way goes off at its own time, in order.
    ///
    /// # Panics
    ///
    /// When the clock would go beyond the year 9999.
    #[expect(clippy::must_use_candidate, reason = "most tests only want time to pass")]
    pub fn advance(&self, by: Duration) -> Vec<Fired> {
        let by = Span::from_micros(i64::try_from(by.as_micros()).unwrap_or(i64::MAX));
        self.engine.advance(None, Jump::By(by)).unwrap_or_else(|error| panic!("{error}"))
    }

    /// Moves every clock to the next timer.
    ///
    /// # Errors
    ///
    /// When no timer is set.
    pub fn advance_to_next(&self) -> Result<Vec<Fired>, ClockError> {
        self.engine.advance(None, Jump::ToNext)
    }

    /// Returns the calls of the emulated API that the journal keeps, newest first, secrets masked.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestSnapshot> {
        self.journal.list(&Filter::default(), usize::MAX).iter().map(Into::into).collect()
    }

    /// Makes a fault, which spoils the answers of the calls that match. Returns its id.
    ///
    /// ```
    /// use epayment_sandbox::{Sandbox, domain::fault::Fault, domain::operation::Operation};
    /// let lost = "fault=EMPTY_RESPONSE, commit".parse()?; // The capture goes through, but its answer is lost.
    /// Sandbox::start().fault(Fault::new(lost).on(Operation::Capture)).expect("there is room for one");
    /// # Ok::<(), String>(())
    /// ```
    ///
    /// # Errors
    /// When there are too many.
    pub fn fault(&self, fault: Fault) -> Result<String, ManageError> {
        Ok(self.engine.add_fault(fault)?.id())
    }

    /// Arms a race: an order of events that the next payment that fits is run through, once. Returns its id.
    ///
    /// ```
    /// use epayment_sandbox::Sandbox;
    /// use epayment_sandbox::domain::race::{Race, RaceKind};
    /// let sandbox = Sandbox::start(); // The customer of the next payment that is cancelled approves just before it.
    /// sandbox.race(Race::new(RaceKind::ApproveDuringCancel)).expect("there is room for one");
    /// ```
    ///
    /// # Errors
    /// When there are too many.
    pub fn race(&self, race: Race) -> Result<String, ManageError> {
        Ok(self.engine.add_race(race)?.id())
    }

    /// Returns the whole state as a document, as `GET /_sandbox/state` does. [`SandboxBuilder::baseline`] begins with it.
    ///
    /// # Panics
    ///
    /// Never: memory takes everything.
    #[must_use]
    pub fn state(&self) -> String {
        let (text, _) = self.engine.state_text(None).expect("memory takes everything");
        String::from_utf8(text).expect("JSON is UTF-8")
    }

    /// Goes back to how the sandbox started.
    pub fn reset(&self) {
        self.engine.reset();
        self.journal.clear(None);
        self.engine.live().resync(None);
    }
}

/// Closes the port and ends the thread.
impl Drop for Sandbox {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
