//! The library's face: start a sandbox, drive it, drop it.

mod builder;
mod clock;
mod deliveries;
mod error;
mod keep;
mod payment;
mod requests;
mod service;
mod unit;
mod wait;
mod webhooks;

use std::fmt;
use std::future::poll_fn;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::routing::any;
use tokio::runtime::Handle;
use tokio::sync::watch;

pub use self::builder::SandboxBuilder;
pub use self::deliveries::{Deliveries, DeliverySnapshot};
pub use self::error::SandboxError;
pub use self::payment::{ApproveOptions, PaymentSnapshot};
pub use self::requests::Requests;
pub(crate) use self::service::Service;
pub use self::unit::UnitHandle;
use crate::app::App;
use crate::broken;
use crate::config::{Config, reachable};
use crate::domain::fault::Fault;
use crate::domain::race::Race;
use crate::engine::{DEFAULT_MSN, Engine, ListedFault, ListedRace, ManageError, Seen};
use crate::journal::Journal;

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
    pub fn builder() -> SandboxBuilder {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let config = Config { listen, tls_listen: None, ..Config::default() };
        SandboxBuilder { config }
    }

    /// Returns the base URL, such as `http://127.0.0.1:41234`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", reachable(self.address))
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
        format!("https://{}", reachable(address))
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

    /// Returns the sandbox as a router of axum 0.8, to be called without a socket or mounted in a server of your own. It works
    /// under any runtime, and as long as the sandbox is there.
    ///
    /// A fault of the connection cannot break a socket here: the answer is a 502 (for `MALFORMED_RESPONSE_CHUNK` a 200)
    /// whose body ends in an error.
    pub fn router(&self) -> Router {
        let (app, runtime) = (self.app.clone(), self.runtime.clone());
        Router::new().fallback(any(move |request: Request| {
            let (app, runtime) = (app.clone(), runtime.clone());
            async move {
                let mut answer = pin!(app.answer(request));
                let answered = poll_fn(|cx| {
                    // What waits needs a clock of tokio's: the caller's, or else the sandbox's own.
                    let _inside = Handle::try_current().is_err().then(|| runtime.enter());
                    answer.as_mut().poll(cx)
                });
                broken::without_socket(answered.await)
            }
        }))
    }

    /// Creates a payment of the default sales unit, `123456`; see [`UnitHandle::create_payment`].
    ///
    /// # Errors
    ///
    /// What the API would refuse.
    pub fn create_payment(&self, reference: &str, value: u64) -> Result<PaymentSnapshot, SandboxError> {
        self.unit(DEFAULT_MSN).create_payment(reference, value)
    }

    /// Lets the customer approve a payment of the default sales unit, `123456`; see [`UnitHandle::approve`].
    ///
    /// # Errors
    ///
    /// When there is no such payment or it cannot be approved, for example because of a test amount.
    pub fn approve(&self, reference: &str) -> Result<(), SandboxError> {
        self.unit(DEFAULT_MSN).approve(reference)
    }

    /// Lets a customer approve a payment of the default sales unit in a way of their own.
    ///
    /// # Errors
    ///
    /// When there is no such payment or it cannot be approved in this way.
    pub fn approve_with(&self, reference: &str, options: &ApproveOptions) -> Result<(), SandboxError> {
        self.unit(DEFAULT_MSN).approve_with(reference, options)
    }

    /// Lets the customer reject a payment of the default sales unit.
    ///
    /// # Errors
    ///
    /// When there is no such payment or it no longer waits.
    pub fn reject(&self, reference: &str) -> Result<(), SandboxError> {
        self.unit(DEFAULT_MSN).reject(reference)
    }

    /// Ends the time to approve a payment of the default sales unit at once, without moving the clock.
    ///
    /// # Errors
    ///
    /// When there is no such payment or it no longer waits.
    pub fn expire(&self, reference: &str) -> Result<(), SandboxError> {
        self.unit(DEFAULT_MSN).expire(reference)
    }

    /// Looks at a payment of the default sales unit.
    #[must_use]
    pub fn payment(&self, reference: &str) -> Option<PaymentSnapshot> {
        self.unit(DEFAULT_MSN).payment(reference)
    }

    /// Waits until a payment of the default sales unit is in a state or phase, at most for `within` of the machine's time.
    /// The thread is blocked; [`Sandbox::payment_reaches`] is the same to be awaited.
    ///
    /// # Errors
    ///
    /// When it is not there in time.
    pub fn wait_for_payment(
        &self,
        reference: &str,
        there: impl Into<Seen>,
        within: Duration,
    ) -> Result<PaymentSnapshot, SandboxError> {
        self.unit(DEFAULT_MSN).wait_for_payment(reference, there, within)
    }

    /// Waits like [`Sandbox::wait_for_payment`] and lets the thread go on meanwhile.
    ///
    /// # Errors
    ///
    /// When it is not there in time.
    pub async fn payment_reaches(
        &self,
        reference: &str,
        there: impl Into<Seen>,
        within: Duration,
    ) -> Result<PaymentSnapshot, SandboxError> {
        self.unit(DEFAULT_MSN).payment_reaches(reference, there, within).await
    }

    /// Makes a fault, which spoils the answers of the calls that match. Returns its id.
    ///
    /// ```
    /// use epayment_sandbox::{ConnectionFault, Fault, Operation, Sandbox};
    ///
    /// let sandbox = Sandbox::start();
    /// // The capture goes through, but its answer is lost.
    /// let lost = Fault::connection(ConnectionFault::EmptyResponse).committed();
    /// sandbox.fault(lost.on(Operation::Capture)).expect("there is room for one");
    /// ```
    ///
    /// # Errors
    ///
    /// When there are too many.
    pub fn fault(&self, fault: Fault) -> Result<String, ManageError> {
        Ok(self.engine.add_fault(fault)?.id())
    }

    /// Returns the faults, oldest first, with how often they matched and struck.
    #[must_use]
    pub fn faults(&self) -> Vec<ListedFault> {
        self.engine.faults(None)
    }

    /// Removes every fault.
    pub fn clear_faults(&self) {
        self.engine.clear_faults(None);
    }

    /// Arms a race: an order of events that the next payment that fits is run through, once. Returns its id.
    ///
    /// ```
    /// use epayment_sandbox::{Race, RaceKind, Sandbox};
    ///
    /// let sandbox = Sandbox::start();
    /// // The customer of the next payment that is cancelled approves just before it.
    /// sandbox.race(Race::new(RaceKind::ApproveDuringCancel)).expect("there is room for one");
    /// ```
    ///
    /// # Errors
    ///
    /// When there are too many.
    pub fn race(&self, race: Race) -> Result<String, ManageError> {
        Ok(self.engine.add_race(race)?.id())
    }

    /// Returns the races, oldest first, with what became of them.
    #[must_use]
    pub fn races(&self) -> Vec<ListedRace> {
        self.engine.races(None)
    }
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox").field("address", &self.address).finish_non_exhaustive()
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
