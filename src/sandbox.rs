//! Where the parts meet, and the library's face: start a sandbox, drive it, drop it.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::routing::any;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::app::App;
use crate::broken;
use crate::config::Config;
use crate::courier;
use crate::domain::digits::Msn;
use crate::domain::fault::Fault;
use crate::domain::money::{Amount, Market};
use crate::domain::payment::{Choice, CustomerRefusal, Event, Phase, State, Totals};
use crate::domain::sales_unit::SalesUnit;
use crate::domain::span::Span;
use crate::domain::time::Timestamp;
use crate::domain::user::{Behaviour, User};
use crate::domain::webhook::Target;
use crate::engine::{
    ClockError, Credentials, DEFAULT_MSN, Engine, Fired, Jump, Machine, ManageError, ManualTime, Slot,
    Webhook,
};
use crate::journal::{Filter, Journal, RequestSnapshot};
use crate::serve::{self, BindError};

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
        // From here on jumps of the clock wait for webhooks: somebody will carry them.
        engine.set_courier(true);
        let app = App::new(engine.clone(), journal.clone(), public_url, token);
        Self { engine, journal, app: Arc::new(app) }
    }

    /// Serves until told to stop.
    pub(crate) async fn run(self, listener: TcpListener, stop: watch::Receiver<bool>) {
        let driver = tokio::spawn(serve::drive(self.engine.clone()));
        let courier = tokio::spawn(courier::carry(self.engine));
        serve::serve(listener, self.app, stop).await;
        driver.abort();
        courier.abort();
    }
}

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
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

/// Sets a sandbox up before it starts.
///
/// ```
/// use epayment_sandbox::Sandbox;
///
/// let sandbox = Sandbox::builder().seed(7).frozen_at("2026-11-20T09:00:00Z").start();
/// sandbox.advance(std::time::Duration::from_secs(600));
/// assert_eq!(sandbox.now().to_string(), "2026-11-20T09:10:00.000Z");
/// ```
#[derive(Clone, Debug)]
pub struct SandboxBuilder {
    config: Config,
}

/// A payment as it stood when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentSnapshot {
    /// The amount of the create request.
    pub amount: Amount,
    /// The public state.
    pub state: State,
    /// The phase, finer than the state.
    pub phase: Phase,
    /// The four sums.
    pub totals: Totals,
    /// The event log, oldest first.
    pub events: Vec<Event>,
}

/// Why a call on a [`Sandbox`] had no effect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SandboxError {
    /// There is no such payment.
    #[error("sales unit {msn} has no payment with the reference {reference}")]
    NoSuchPayment {
        /// The sales unit.
        msn: String,
        /// The reference.
        reference: String,
    },
    /// The customer's action had no effect.
    #[error("{0}")]
    Customer(CustomerRefusal),
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
        let config = Config { listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)), ..Config::default() };
        SandboxBuilder { config }
    }

    /// Returns the base URL, such as `http://127.0.0.1:41234`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
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

/// One sales unit of a [`Sandbox`].
#[derive(Clone, Copy)]
pub struct UnitHandle<'s> {
    sandbox: &'s Sandbox,
    msn: Msn,
}

impl UnitHandle<'_> {
    fn find(&self, reference: &str) -> Result<Arc<Slot>, SandboxError> {
        self.sandbox.engine.find_by_msn(self.msn, reference).ok_or_else(|| SandboxError::NoSuchPayment {
            msn: self.msn.to_string(),
            reference: reference.to_owned(),
        })
    }

    /// Lets the customer approve.
    ///
    /// # Errors
    ///
    /// When there is no such payment or it cannot be approved.
    pub fn approve(&self, reference: &str) -> Result<(), SandboxError> {
        let slot = self.find(reference)?;
        let approved = self.sandbox.engine.customer_approves(&slot, None, &Choice::default());
        approved.map_err(SandboxError::Customer)
    }

    /// Lets the customer reject.
    ///
    /// # Errors
    ///
    /// When there is no such payment or it no longer waits.
    pub fn reject(&self, reference: &str) -> Result<(), SandboxError> {
        let slot = self.find(reference)?;
        self.sandbox.engine.customer_rejects(&slot).map_err(SandboxError::Customer)
    }

    /// Looks at a payment.
    #[must_use]
    pub fn payment(&self, reference: &str) -> Option<PaymentSnapshot> {
        let slot = self.find(reference).ok()?;
        Some(self.sandbox.engine.read(&slot, |payment| {
            let standing = payment.course.standing();
            PaymentSnapshot {
                amount: payment.order.amount(),
                state: standing.state,
                phase: standing.phase(),
                totals: standing.totals,
                events: payment.course.events().to_vec(),
            }
        }))
    }
}

impl SandboxBuilder {
    /// Makes identifiers, tokens and fault dice repeat from run to run.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.engine.seed = Some(seed);
        self
    }

    /// Freezes the sandbox clock at an RFC 3339 time.
    ///
    /// # Panics
    ///
    /// When it is not an RFC 3339 time.
    #[must_use]
    pub fn frozen_at(mut self, time: &str) -> Self {
        let at =
            Timestamp::parse_rfc3339(time).unwrap_or_else(|| panic!("\"{time}\" is not an RFC 3339 time"));
        self.config.engine.frozen_at = Some(at);
        self
    }

    /// Takes only the keys and tokens of the sales units that are set up.
    #[must_use]
    pub fn configured_credentials(mut self) -> Self {
        self.config.engine.credentials = Credentials::Configured;
        self
    }

    /// Sets a sales unit up.
    #[must_use]
    pub fn sales_unit(mut self, unit: SalesUnit) -> Self {
        self.config.engine.sales_units.push(unit);
        self
    }

    /// Sets a user up.
    #[must_use]
    pub fn user(mut self, user: User) -> Self {
        self.config.engine.users.push(user);
        self
    }

    /// Sets the market of sales units made on first use.
    #[must_use]
    pub fn market(mut self, market: Market) -> Self {
        self.config.engine.market = market;
        self
    }

    /// Sets what customers do with a new payment, and how long they take.
    #[must_use]
    pub fn customer(mut self, behaviour: Behaviour, after: Duration) -> Self {
        self.config.engine.customer = behaviour;
        self.config.engine.customer_after =
            Span::from_micros(i64::try_from(after.as_micros()).unwrap_or(i64::MAX));
        self
    }

    /// Enforces the documented rate limits.
    #[must_use]
    pub fn rate_limits(mut self) -> Self {
        self.config.engine.enforce_rate_limits = true;
        self
    }

    /// Enforces also what a local tool relaxes.
    #[must_use]
    pub fn strict(mut self) -> Self {
        self.config.engine.strict = true;
        self
    }

    /// Keeps at most this many payments; the oldest finished ones go first.
    #[must_use]
    pub fn max_payments(mut self, count: u64) -> Self {
        self.config.engine.max_payments = count;
        self
    }

    /// Remembers at most this many calls and as many webhook attempts; the oldest go first.
    #[must_use]
    pub fn max_requests(mut self, count: usize) -> Self {
        self.config.engine.max_requests = count;
        self
    }

    /// Makes the control API want a bearer token.
    #[must_use]
    pub fn control_token(mut self, token: &str) -> Self {
        self.config.control_token = Some(token.to_owned());
        self
    }

    /// Sets the base of the addresses handed to customers.
    #[must_use]
    pub fn public_url(mut self, url: &str) -> Self {
        self.config.public_url = Some(url.to_owned());
        self
    }

    /// Lets a hand of the test move the machine's time, by which access tokens and rate limits run out.
    #[must_use]
    pub fn machine_time(mut self, time: &ManualTime) -> Self {
        self.config.engine.machine = Machine::Manual(time.clone());
        self
    }

    /// Sends every event of every sales unit to this receiver, signed with this text.
    ///
    /// # Panics
    ///
    /// When it is not an absolute `http` or `https` URL.
    #[must_use]
    pub fn webhook(mut self, url: &str, secret: &str) -> Self {
        let target = Target::parse(url).unwrap_or_else(|| panic!("\"{url}\" is not an absolute URL"));
        self.config.engine.webhook = Some(Webhook { target, secret: secret.to_owned() });
        self
    }

    /// Starts the sandbox. It is ready when this returns.
    ///
    /// # Panics
    ///
    /// When no port can be had.
    #[must_use]
    pub fn start(self) -> Sandbox {
        self.try_start().unwrap_or_else(|error| panic!("{error}"))
    }

    /// Starts the sandbox. It is ready when this returns.
    ///
    /// # Errors
    ///
    /// When the port cannot be had.
    ///
    /// # Panics
    ///
    /// When the operating system gives no thread.
    pub fn try_start(self) -> Result<Sandbox, BindError> {
        let listener = serve::bind(self.config.listen)?;
        let address = listener.local_addr().unwrap_or(self.config.listen);
        let service = Service::new(&self.config, address);
        let (engine, journal, app) = (service.engine.clone(), service.journal.clone(), service.app.clone());
        let (stop, stopped) = watch::channel(false);
        let thread = std::thread::Builder::new().name("epayment-sandbox".into()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = runtime.expect("the operating system gives a runtime what it needs");
            runtime.block_on(async {
                let listener = TcpListener::from_std(listener).expect("a listener can be waited for");
                service.run(listener, stopped).await;
            });
            runtime.shutdown_background();
        });
        let thread = Some(thread.expect("the operating system gives a thread"));
        Ok(Sandbox { engine, journal, app, address, stop, thread })
    }
}
