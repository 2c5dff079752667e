//! How a sandbox is set up before it starts.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use tokio::sync::watch;

use super::clock::timestamp;
use super::{Sandbox, Service};
use crate::config::Config;
use crate::domain::money::Market;
use crate::domain::sales_unit::SalesUnit;
use crate::domain::user::{Behaviour, User};
use crate::domain::webhook::Target;
use crate::engine::{Credentials, Machine, ManualTime, Webhook};
use crate::serve::{BindError, Ports};
use crate::tls::Host;

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
#[must_use = "nothing runs before start"]
pub struct SandboxBuilder {
    pub(super) config: Config,
}

impl SandboxBuilder {
    /// Makes identifiers, tokens and fault dice repeat from run to run.
    pub fn seed(mut self, seed: u64) -> Self {
        self.config.engine.seed = Some(seed);
        self
    }

    /// Freezes the sandbox clock at an RFC 3339 time.
    ///
    /// # Panics
    ///
    /// When it is not an RFC 3339 time.
    pub fn frozen_at(mut self, time: &str) -> Self {
        self.config.engine.frozen_at = Some(timestamp(time));
        self
    }

    /// Takes only the keys and tokens of the sales units that are set up.
    pub fn configured_credentials(mut self) -> Self {
        self.config.engine.credentials = Credentials::Configured;
        self
    }

    /// Sets a sales unit up.
    pub fn sales_unit(mut self, unit: SalesUnit) -> Self {
        self.config.engine.sales_units.push(unit);
        self
    }

    /// Sets a user up.
    pub fn user(mut self, user: User) -> Self {
        self.config.engine.users.push(user);
        self
    }

    /// Sets the market of sales units made on first use.
    pub fn market(mut self, market: Market) -> Self {
        self.config.engine.market = market;
        self
    }

    /// Sets what customers do with a new payment, and how long they take.
    pub fn customer(mut self, behaviour: Behaviour, after: Duration) -> Self {
        self.config.engine.customer = behaviour;
        self.config.engine.customer_after = after.into();
        self
    }

    /// Enforces the documented rate limits.
    pub fn rate_limits(mut self) -> Self {
        self.config.engine.enforce_rate_limits = true;
        self
    }

    /// Enforces also what a local tool relaxes.
    pub fn strict(mut self) -> Self {
        self.config.engine.strict = true;
        self
    }

    /// Keeps at most this many payments; the oldest finished ones go first.
    pub fn max_payments(mut self, count: u64) -> Self {
        self.config.engine.max_payments = count;
        self
    }

    /// Remembers at most this many calls and as many webhook attempts; the oldest go first.
    pub fn max_requests(mut self, count: usize) -> Self {
        self.config.engine.max_requests = count;
        self
    }

    /// Makes the control API want a bearer token.
    pub fn control_token(mut self, token: &str) -> Self {
        self.config.control_token = Some(token.to_owned());
        self
    }

    /// Listens at this address instead of a free port of 127.0.0.1; `0.0.0.0:0` is a free port that containers reach too.
    pub fn listen(mut self, address: SocketAddr) -> Self {
        self.config.listen = address;
        self
    }

    /// Listens with TLS too, on another free port of 127.0.0.1; see [`Sandbox::tls_url`].
    pub fn tls(mut self) -> Self {
        self.config.tls_listen = Some(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        self
    }

    /// Goes by another name over TLS and as a proxy.
    ///
    /// # Panics
    ///
    /// When it is neither a host name nor an IP address, or one of the vendor's production hosts.
    pub fn tls_name(mut self, name: &str) -> Self {
        let host = Host::parse(name);
        assert!(
            host.is_some_and(|host| !host.is_production()),
            "\"{name}\" is no name that the sandbox may take"
        );
        self.config.tls_names.push(name.to_owned());
        self
    }

    /// Sets the base of the addresses handed to customers.
    pub fn public_url(mut self, url: &str) -> Self {
        self.config.public_url = Some(url.to_owned());
        self
    }

    /// Lets a hand of the test move the machine's time, by which access tokens and rate limits run out.
    pub fn machine_time(mut self, time: &ManualTime) -> Self {
        self.config.engine.machine = Machine::Manual(time.clone());
        self
    }

    /// Sends every event of every sales unit to this receiver, signed with this text.
    ///
    /// # Panics
    ///
    /// When it is not an absolute `http` or `https` URL.
    pub fn webhook(mut self, url: &str, secret: &str) -> Self {
        let target = Target::parse(url).unwrap_or_else(|| panic!("\"{url}\" is not an absolute URL"));
        self.config.engine.webhook = Some(Webhook { target, secret: secret.to_owned() });
        self
    }

    /// Begins with the state of a document, and goes back to it at a reset. `GET /_sandbox/state` and `--state` make such
    /// documents; [`Sandbox::state`] does too.
    pub fn baseline(mut self, document: &str) -> Self {
        self.config.engine.baseline = Some(document.into());
        self
    }

    /// Starts the sandbox. It is ready when this returns.
    ///
    /// # Panics
    ///
    /// When no port can be had, or the baseline breaks a rule.
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
    /// When the operating system gives no thread, or the baseline breaks a rule.
    pub fn try_start(self) -> Result<Sandbox, BindError> {
        let ports = Ports::bind(self.config.listen, self.config.tls_listen)?;
        let address = ports.http().unwrap_or(self.config.listen);
        let tls_address = ports.https().ok().flatten();
        let service = Service::new(&self.config, address);
        let begun = service.engine.begin_at_baseline();
        begun.unwrap_or_else(|flaw| panic!("the baseline is broken at {flaw}"));
        let (engine, journal, app) = (service.engine.clone(), service.journal.clone(), service.app.clone());
        let (stop, stopped) = watch::channel(false);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("the operating system gives a runtime what it needs");
        let handle = runtime.handle().clone();
        let thread = std::thread::Builder::new().name("epayment-sandbox".into()).spawn(move || {
            runtime.block_on(async {
                service.run(ports, stopped).await.expect("a listener can be waited for");
            });
            runtime.shutdown_background();
        });
        let thread = Some(thread.expect("the operating system gives a thread"));
        Ok(Sandbox { engine, journal, app, address, tls_address, runtime: handle, stop, thread })
    }
}
