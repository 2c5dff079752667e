//! Every setting, once: its key is its flag and its variable, and the table of the README is made from it.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::config::Config;
use crate::domain::money::Market;
use crate::domain::sales_unit::SalesUnit;
use crate::domain::span::Span;
use crate::domain::time::Timestamp;
use crate::domain::user::{Behaviour, User};
use crate::domain::webhook::Target;
use crate::engine::{Credentials, Webhook};
use crate::journal::MAX_REQUESTS;
use crate::setup::{SalesUnitInput, UserInput};
use crate::tls::Host;

/// The prefix of every variable.
pub(super) const PREFIX: &str = "EPAYMENT_SANDBOX_";

/// Everything that `serve` can be told.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// What the sandbox itself is told.
    pub(super) config: Config,
    /// The certificate of the authority that vouches for the sandbox.
    pub(super) tls_ca_cert: Option<PathBuf>,
    /// That authority's key.
    pub(super) tls_ca_key: Option<PathBuf>,
    /// Whether anybody said where to listen with TLS.
    pub(super) tls_listen_is_told: bool,
    /// Where to write the ports, once ready.
    pub(super) port_file: Option<PathBuf>,
    /// What the sandbox begins with.
    pub(super) baseline_file: Option<PathBuf>,
    /// Where the state is kept.
    pub(super) state_file: Option<PathBuf>,
    /// Where every event goes.
    pub(super) webhook_url: Option<Target>,
    /// What those events are signed with.
    pub(super) webhook_secret: Option<String>,
    /// How logs are written.
    pub(super) json_logs: bool,
    /// Nothing but warnings.
    pub(super) quiet: bool,
    /// A line for every call of the emulated API.
    pub(super) verbose: bool,
}

impl Default for Settings {
    fn default() -> Self {
        let config = Config::default();
        Self {
            config,
            tls_ca_cert: None,
            tls_ca_key: None,
            tls_listen_is_told: false,
            port_file: None,
            baseline_file: None,
            state_file: None,
            webhook_url: None,
            webhook_secret: None,
            json_logs: false,
            quiet: false,
            verbose: false,
        }
    }
}

/// One setting.
pub(super) struct Setting {
    /// The configuration key; the flag and the variable are made from it.
    pub(super) key: &'static str,
    /// What stands for the value in help; a switch has none.
    pub(super) value: Option<&'static str>,
    /// A one-letter flag.
    pub(super) short: Option<char>,
    /// The default, as a person would write it; empty for none.
    pub(super) default: &'static str,
    /// What it does.
    pub(super) help: &'static str,
    /// Whether its value must not be printed.
    pub(super) secret: bool,
    /// Whether it may be given several times, or as a list; its value has commas then.
    pub(super) list: bool,
    /// Reads the value.
    pub(super) read: fn(&mut Settings, &str) -> Result<(), String>,
}

impl Setting {
    /// Returns the flag without its two hyphens.
    pub(super) fn flag(&self) -> String {
        self.key.replace('_', "-")
    }

    /// Returns the variable.
    pub(super) fn variable(&self) -> String {
        format!("{PREFIX}{}", self.key.to_uppercase())
    }
}

macro_rules! settings {
    ($($key:literal $([$value:literal])? $(short $short:literal)? $(= $default:literal)?, $help:literal, $read:expr $(, $mark:ident)?;)*) => {
        /// Every setting, in the order of help and documentation.
        pub(super) static SETTINGS: &[Setting] = &[$(Setting {
            key: $key,
            value: settings!(@option $($value)?),
            short: settings!(@option $($short)?),
            default: settings!(@text $($default)?),
            help: $help,
            secret: settings!(@secret $($mark)?),
            list: settings!(@list $($mark)?),
            read: $read,
        }),*];
    };
    (@option) => { None };
    (@option $value:literal) => { Some($value) };
    (@text) => { "" };
    (@text $value:literal) => { $value };
    (@secret secret) => { true };
    (@secret $($other:ident)?) => { false };
    (@list list) => { true };
    (@list $($other:ident)?) => { false };
}

settings! {
    "listen" ["ADDRESS"] = "127.0.0.1:8477", "Where to listen; port 0 takes a free one",
        |to, text| { to.config.listen = address(text)?; Ok(()) };
    "tls_listen" ["ADDRESS|off"] = "127.0.0.1:8478", "Where to listen with TLS; off to listen with HTTP alone; a free port where --listen takes one",
        |to, text| {
            to.config.tls_listen = if text == "off" { None } else { Some(address(text)?) };
            to.tls_listen_is_told = true;
            Ok(())
        };
    "tls_name" ["NAME,..."], "More names to go by over TLS and as a proxy; may be given several times",
        |to, text| { to.config.tls_names = tls_names(text)?; Ok(()) }, list;
    "tls_ca_cert" ["FILE"], "Let this authority vouch for the sandbox: its certificate as PEM",
        |to, text| { to.tls_ca_cert = Some(text.into()); Ok(()) };
    "tls_ca_key" ["FILE"], "That authority's key as PEM",
        |to, text| { to.tls_ca_key = Some(text.into()); Ok(()) };
    "dangerously_impersonate_production", "Take the place of api.vipps.no, and of production hosts in --tls-name",
        |to, text| { to.config.impersonate_production = switch(text)?; Ok(()) };
    "port_file" ["PATH"], "Write the ports into this file once ready, as {\"http\":\"127.0.0.1:8477\",\"https\":\"127.0.0.1:8478\"}",
        |to, text| { to.port_file = Some(text.into()); Ok(()) };
    "public_url" ["URL"], "Base of the URLs handed to customers; from the listen address unless told",
        |to, text| { to.config.public_url = Some(public_url(text)?); Ok(()) };
    "credentials" ["any|configured"] = "any", "Take any credentials, or only those of the sales units in the configuration",
        |to, text| {
            to.config.engine.credentials =
                one_of(text, &[("any", Credentials::Any), ("configured", Credentials::Configured)])?;
            Ok(())
        };
    "market" ["NO|DK|FI"] = "NO", "Market of sales units made on first use",
        |to, text| { to.config.engine.market = one_of(&text.to_uppercase(), &Market::ALL)?; Ok(()) };
    "customer" ["ask|approve|reject"] = "ask", "What customers do with a new payment unless they are set up otherwise",
        |to, text| { to.config.engine.customer = one_of(text, &Behaviour::ALL)?; Ok(()) };
    "customer_after" ["DURATION"] = "0s", "How long such a customer takes",
        |to, text| { to.config.engine.customer_after = Span::parse(text)?; Ok(()) };
    "rate_limits" ["off|enforce"] = "off", "Enforce the documented rate limits",
        |to, text| {
            to.config.engine.enforce_rate_limits = one_of(text, &[("off", false), ("enforce", true)])?;
            Ok(())
        };
    "strict", "Enforce also what a local tool relaxes: https-only URLs, Merchant-Serial-Number, JSON content type, no unknown members",
        |to, text| { to.config.engine.strict = switch(text)?; Ok(()) };
    "seed" ["N"], "Make identifiers, tokens and fault dice repeat from run to run",
        |to, text| { to.config.engine.seed = Some(number(text)?); Ok(()) };
    "clock" ["real|TIME"] = "real", "An RFC 3339 time freezes the sandbox clock there from the start",
        |to, text| { to.config.engine.frozen_at = clock(text)?; Ok(()) };
    "baseline" ["FILE"], "Begin with the state in this file, and go back to it at a reset",
        |to, text| { to.baseline_file = Some(text.into()); Ok(()) };
    "state" ["FILE"], "Load the state from this file if it exists, and keep it there",
        |to, text| { to.state_file = Some(text.into()); Ok(()) };
    "webhook_url" ["URL"], "Send every payment event of every sales unit here",
        |to, text| { to.webhook_url = Some(webhook_url(text)?); Ok(()) };
    "webhook_secret" ["SECRET"], "Sign those events with this text",
        |to, text| { to.webhook_secret = Some(text.to_owned()); Ok(()) }, secret;
    "max_payments" ["N"] = "1000000", "How many payments are kept; the oldest finished ones go first",
        |to, text| { to.config.engine.max_payments = at_least_one(text)?; Ok(()) };
    "max_requests" ["N"] = "1000", "How many calls and webhook attempts are remembered; the oldest go first",
        |to, text| { to.config.engine.max_requests = rows(text)?; Ok(()) };
    "control_token" ["TOKEN"], "The control API wants this as a bearer token",
        |to, text| { to.config.control_token = Some(token(text)?); Ok(()) }, secret;
    "log_format" ["text|json"] = "text", "How logs are written to stderr",
        |to, text| { to.json_logs = one_of(text, &[("text", false), ("json", true)])?; Ok(()) };
    "quiet" short 'q', "Log nothing but warnings",
        |to, text| { to.quiet = switch(text)?; Ok(()) };
    "verbose" short 'v', "Log a line for every call of the emulated API",
        |to, text| { to.verbose = switch(text)?; Ok(()) };
}

impl Settings {
    /// Sets up the sales units that a configuration lists.
    pub(super) fn set_sales_units(&mut self, inputs: Vec<SalesUnitInput>) -> Result<(), String> {
        let mut units: Vec<SalesUnit> = Vec::new();
        for (index, input) in inputs.into_iter().enumerate() {
            let place = |problem: String| format!("sales_units[{index}].{problem}");
            input.check().map_err(place)?;
            let msn =
                input.msn.ok_or_else(|| place("msn: it is missing; every sales unit needs one".into()))?;
            if units.iter().any(|unit| unit.msn == msn) {
                return Err(place(format!("msn: {msn} is listed twice")));
            }
            let mut unit = SalesUnit::new(msn, Market::default());
            input.apply(&mut unit);
            units.push(unit);
        }
        self.config.engine.sales_units = units;
        Ok(())
    }

    /// Sets up the users that a configuration lists.
    pub(super) fn set_users(&mut self, inputs: Vec<UserInput>) -> Result<(), String> {
        let mut users: Vec<User> = Vec::new();
        for (index, input) in inputs.into_iter().enumerate() {
            let place = |problem: String| format!("users[{index}].{problem}");
            input.check().map_err(place)?;
            let phone_number = input
                .phone_number
                .ok_or_else(|| place("phone_number: it is missing; every user needs one".into()))?;
            if users.iter().any(|user| user.phone_number == phone_number) {
                return Err(place(format!("phone_number: {phone_number} is listed twice")));
            }
            let mut user = User::made_up(phone_number);
            input.apply(&mut user);
            users.push(user);
        }
        self.config.engine.users = users;
        Ok(())
    }

    /// Checks what no single setting can see.
    pub(super) fn check(&mut self) -> Result<(), String> {
        self.config.engine.webhook = match (self.webhook_url.clone(), self.webhook_secret.clone()) {
            (Some(target), Some(secret)) => Some(Webhook { target, secret }),
            (None, None) => None,
            (Some(_), None) => {
                return Err(
                    "--webhook-url needs --webhook-secret, the text that deliveries are signed with".into()
                );
            }
            (None, Some(_)) => {
                return Err("--webhook-secret needs --webhook-url, where the deliveries go".into());
            }
        };
        if self.tls_ca_cert.is_some() != self.tls_ca_key.is_some() {
            return Err(
                "--tls-ca-cert and --tls-ca-key need each other: an authority signs with its key".into()
            );
        }
        let production = |name: &&String| Host::parse(name).is_some_and(|host| host.is_production());
        if let Some(name) =
            self.config.tls_names.iter().find(production).filter(|_| !self.config.impersonate_production)
        {
            return Err(format!(
                "--tls-name {name} belongs to the production environment of Vipps MobilePay; taking its place takes \
                 --dangerously-impersonate-production as well"
            ));
        }
        if let Some(tls) = self.config.tls_listen.as_mut().filter(|_| !self.tls_listen_is_told)
            && self.config.listen.port() == 0
        {
            // Sandboxes side by side must not meet at the default port.
            tls.set_port(0);
        }
        let engine = &self.config.engine;
        if engine.credentials == Credentials::Configured && engine.sales_units.is_empty() {
            return Err("credentials = \"configured\" needs at least one [[sales_units]] table in the configuration; \
                        or leave it at \"any\""
                .into());
        }
        let lacks_keys = |unit: &&SalesUnit| {
            unit.subscription_keys.is_empty() || unit.client_id.is_empty() || unit.client_secret.is_empty()
        };
        if engine.credentials == Credentials::Configured
            && let Some(unit) = engine.sales_units.iter().find(lacks_keys)
        {
            return Err(format!(
                "sales unit {} needs client_id, client_secret and subscription_keys when credentials = \"configured\"",
                unit.msn
            ));
        }
        Ok(())
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    let numeric = match text.split_once(':') {
        Some(("localhost", port)) => format!("127.0.0.1:{port}"),
        Some(("", port)) => format!("0.0.0.0:{port}"),
        None if text.parse::<u16>().is_ok() => format!("127.0.0.1:{text}"),
        _ => text.to_owned(),
    };
    numeric.parse().map_err(|_| {
        format!("\"{text}\" is no address with a port, such as 127.0.0.1:8477, 0.0.0.0:8477 or [::1]:0")
    })
}

fn tls_names(text: &str) -> Result<Vec<String>, String> {
    let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
    let read = |name: &str| match Host::parse(name) {
        Some(host) => Ok(host.to_string()),
        None => {
            Err(format!("\"{name}\" is no host name or IP address, such as shop-api.test (no port, no *)"))
        }
    };
    names.map(read).collect()
}

/// Reads a token. Nobody could send an empty one.
fn token(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("\"\" is no token: nobody could drive the sandbox; leave it out for none".into());
    }
    Ok(text.to_owned())
}

/// Reads where webhooks go.
fn webhook_url(text: &str) -> Result<Target, String> {
    let target = Target::for_registration(text, true);
    target.ok_or_else(|| {
        format!(
            "\"{text}\" is no https URL, nor http to this machine or network, such as http://localhost:3000/hook"
        )
    })
}

fn public_url(text: &str) -> Result<String, String> {
    let wrong = || format!("\"{text}\" is no base URL such as http://localhost:8477");
    let uri: hyper::Uri = text.parse().map_err(|_| wrong())?;
    let fits =
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some() && uri.query().is_none();
    if fits { Ok(text.trim_end_matches('/').to_owned()) } else { Err(wrong()) }
}

fn one_of<T: Copy>(text: &str, choices: &[(&str, T)]) -> Result<T, String> {
    choices.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
        let words: Vec<_> = choices.iter().map(|(word, _)| *word).collect();
        format!("\"{text}\" is none of {}", words.join(", "))
    })
}

fn switch(text: &str) -> Result<bool, String> {
    one_of(text, &[("true", true), ("false", false), ("1", true), ("0", false)])
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| format!("\"{text}\" is no whole number from 0 to {}", u64::MAX))
}

fn at_least_one(text: &str) -> Result<u64, String> {
    number(text)
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(|| format!("\"{text}\" is no whole number from 1"))
}

fn rows(text: &str) -> Result<usize, String> {
    let number = at_least_one(text)?;
    let rows = usize::try_from(number).ok().filter(|rows| *rows <= MAX_REQUESTS);
    rows.ok_or_else(|| format!("\"{text}\" is more than {MAX_REQUESTS}"))
}

fn clock(text: &str) -> Result<Option<Timestamp>, String> {
    if text == "real" {
        return Ok(None);
    }
    let at = Timestamp::parse_rfc3339(text);
    at.map(Some).ok_or_else(|| {
        format!("\"{text}\" is neither real nor an RFC 3339 time such as 2026-11-20T09:00:00Z")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_default_is_what_the_setting_reads_as() {
        for setting in SETTINGS.iter().filter(|setting| !setting.default.is_empty()) {
            let mut settings = Settings::default();
            (setting.read)(&mut settings, setting.default)
                .unwrap_or_else(|error| panic!("{}: {error}", setting.key));
            let (read, untouched) =
                (format!("{:?}", settings.config), format!("{:?}", Settings::default().config));
            let without_start = |text: &str| text.split("machine").next().unwrap_or_default().to_owned();
            assert_eq!(without_start(&read), without_start(&untouched), "{}", setting.key);
        }
    }

    #[test]
    fn addresses_are_read_as_people_write_them() {
        for (text, read) in [
            ("127.0.0.1:8477", "127.0.0.1:8477"),
            ("localhost:0", "127.0.0.1:0"),
            (":8477", "0.0.0.0:8477"),
            ("9000", "127.0.0.1:9000"),
            ("[::1]:80", "[::1]:80"),
        ] {
            assert_eq!(address(text).unwrap().to_string(), read);
        }
        for text in ["", "localhost", "127.0.0.1", "127.0.0.1:99999", "example.com:80"] {
            assert!(address(text).is_err(), "{text}");
        }
    }
}
