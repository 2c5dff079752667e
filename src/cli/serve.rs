//! `serve`: listen, say so, and stop when told.

use std::net::SocketAddr;
use std::process::ExitCode;

use tokio::sync::watch;

use super::port_file::PortFile;
use super::settings::Settings;
use super::state_file::StateFile;
use super::{Failure, authority, output, telemetry};
use crate::config::{Config, reachable};
use crate::engine::DEFAULT_MSN;
use crate::sandbox::Service;
use crate::serve::Ports;

/// Serves until SIGTERM or SIGINT.
pub(super) fn run(settings: &Settings) -> Result<ExitCode, Failure> {
    telemetry::start(settings);
    let ports =
        Ports::bind(settings.config.listen, settings.config.tls_listen).map_err(|error| error.to_string())?;
    let listening = Listening::of(&ports).map_err(|error| error.to_string())?;
    let mut config = with_baseline(settings)?;
    config.tls_names.extend(authority::machine_name());
    let runtime = runtime().map_err(|error| format!("the runtime cannot start: {error}"))?;
    let served = runtime.block_on(async {
        // Signals are caught before anybody is told that the sandbox is ready to receive them.
        let stop = stop_on_signal().map_err(|error| format!("signals cannot be caught: {error}"))?;
        let service = service(&config, listening.http)?;
        let state = settings.state_file.as_deref().map(|path| StateFile::open(path, service.engine.clone()));
        let state = state.transpose()?;
        if let Some(authority) = authority::of(settings)? {
            service.app.tls().vouched_for_by(authority);
        }
        // At the end the system takes the memory back at once; giving it back payment by payment takes its time.
        std::mem::forget(service.engine.clone());
        let serving = tokio::spawn(service.run(ports, stop));
        let keeper = state.map(StateFile::keep);
        let port_file = announce(settings, listening)?;
        let served = serving.await.map_err(|error| format!("the server stopped: {error}"))?;
        served.map_err(|error| format!("the ports cannot be waited for: {error}"))?;
        if let Some(keeper) = keeper {
            keeper.end().await?;
        }
        Ok(port_file)
    });
    runtime.shutdown_background();
    served.map(|port_file| {
        if let Some(port_file) = port_file {
            port_file.remove();
        }
        ExitCode::SUCCESS
    })
}

/// Makes the sandbox, with the state that it begins with.
pub(super) fn service(config: &Config, listening: SocketAddr) -> Result<Service, Failure> {
    let service = Service::new(config, listening);
    service.engine.begin_at_baseline().map_err(|flaw| {
        format!("the file of --baseline is broken at {flaw} (mend it; GET /_sandbox/state makes a good one)")
    })?;
    Ok(service)
}

/// Addresses that lead to the ports.
#[derive(Clone, Copy)]
pub(super) struct Listening {
    pub(super) http: SocketAddr,
    pub(super) https: Option<SocketAddr>,
}

impl Listening {
    pub(super) fn of(ports: &Ports) -> std::io::Result<Self> {
        Ok(Self { http: reachable(ports.http()?), https: ports.https()?.map(reachable) })
    }
}

/// Adds the text of the file that the sandbox begins with.
pub(super) fn with_baseline(settings: &Settings) -> Result<Config, Failure> {
    let mut config = settings.config.clone();
    if let Some(path) = &settings.baseline_file {
        let text = std::fs::read_to_string(path).map_err(|error| {
            format!("the file {} cannot be read: {error} (try another --baseline)", path.display())
        })?;
        config.engine.baseline = Some(text.into());
    }
    Ok(config)
}

/// One thread is enough for one processor, and cheaper.
pub(super) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let mut builder = match processors {
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    builder.enable_all().build()
}

/// The first signal asks for an orderly stop, the second ends the process at once.
fn stop_on_signal() -> std::io::Result<watch::Receiver<bool>> {
    let (sender, receiver) = watch::channel(false);
    let mut signals = Signals::catch()?;
    tokio::spawn(async move {
        signals.next().await;
        tracing::debug!("stopping; a second signal stops at once");
        let _ = sender.send(true);
        signals.next().await;
        std::process::exit(0);
    });
    Ok(receiver)
}

/// The signals that ask a process to stop.
#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn catch() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// The signals that ask a process to stop.
#[cfg(windows)]
struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    fn catch() -> std::io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    async fn next(&mut self) {
        self.0.recv().await;
    }
}

/// Says that the sandbox is ready: a line on stdout for tools, the port file, and a few hints for people.
fn announce(settings: &Settings, listening: Listening) -> Result<Option<PortFile>, Failure> {
    let Listening { http, https } = listening;
    let port_file = settings.port_file.as_ref().map(|path| PortFile::write(path, http, https)).transpose()?;
    let tls = https.map_or(String::new(), |https| format!(" https://{https}"));
    output::line(&format!("epayment-sandbox {} ready http://{http}{tls}", env!("CARGO_PKG_VERSION")));
    if output::stderr_is_terminal() && !settings.quiet && !settings.json_logs {
        hint(settings, listening);
    }
    Ok(port_file)
}

fn hint(settings: &Settings, listening: Listening) {
    let url = settings.config.public_url(listening.http);
    let units = &settings.config.engine.sales_units;
    let known = match units.len() {
        0 => format!("any credentials are accepted; MSN {DEFAULT_MSN} is the default"),
        1 => format!("{} ({})", units[0].msn, units[0].name),
        count => format!("{count} are set up"),
    };
    let token = format!(
        "curl -X POST {url}/accesstoken/get -H 'client_id: x' -H 'client_secret: x' -H 'Ocp-Apim-Subscription-Key: x'"
    );
    let mut rows = vec![("dashboard", format!("{url}/")), ("try", token), ("units", known)];
    if let Some(https) = listening.https {
        let text = format!("https://{https}, as https://apitest.vipps.no too; trust {url}/_sandbox/ca.pem");
        rows.insert(1, ("tls", text));
    }
    let rows: Vec<_> = rows.into_iter().map(|(name, text)| vec![format!("  {name}"), text]).collect();
    output::complain(output::table(&rows).trim_end());
}
