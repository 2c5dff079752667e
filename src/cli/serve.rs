//! `serve`: listen, say so, and stop when told.

use std::net::SocketAddr;
use std::process::ExitCode;

use tokio::net::TcpListener;
use tokio::sync::watch;

use super::port_file::PortFile;
use super::settings::Settings;
use super::state_file::StateFile;
use super::{Failure, output, telemetry};
use crate::config::{Config, reachable};
use crate::engine::DEFAULT_MSN;
use crate::sandbox::Service;
use crate::serve::bind;

/// Serves until SIGTERM or SIGINT.
pub(super) fn run(settings: &Settings) -> Result<ExitCode, Failure> {
    telemetry::start(settings);
    let listener = bind(settings.config.listen).map_err(|error| error.to_string())?;
    let listening = listener.local_addr().map_err(|error| error.to_string())?;
    let config = with_baseline(settings)?;
    let runtime = runtime().map_err(|error| format!("the runtime cannot start: {error}"))?;
    let served = runtime.block_on(async {
        // Signals are caught before anybody is told that the sandbox is ready to receive them.
        let stop = stop_on_signal().map_err(|error| format!("signals cannot be caught: {error}"))?;
        let service = service(&config, listening)?;
        let state = settings.state_file.as_deref().map(|path| StateFile::open(path, service.engine.clone()));
        let state = state.transpose()?;
        // At the end the system takes the memory back at once; giving it back payment by payment takes its time.
        std::mem::forget(service.engine.clone());
        let listener = TcpListener::from_std(listener).map_err(|error| error.to_string())?;
        let serving = tokio::spawn(service.run(listener, stop));
        let keeper = state.map(StateFile::keep);
        let port_file = announce(settings, listening)?;
        serving.await.map_err(|error| format!("the server stopped: {error}"))?;
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
fn announce(settings: &Settings, listening: SocketAddr) -> Result<Option<PortFile>, Failure> {
    let address = reachable(listening);
    let port_file = settings.port_file.as_ref().map(|path| PortFile::write(path, address)).transpose()?;
    output::line(&format!("epayment-sandbox {} ready http://{address}", env!("CARGO_PKG_VERSION")));
    if output::stderr_is_terminal() && !settings.quiet && !settings.json_logs {
        hint(settings, address);
    }
    Ok(port_file)
}

fn hint(settings: &Settings, address: SocketAddr) {
    let url = settings.config.public_url(address);
    let units = &settings.config.engine.sales_units;
    let known = match units.len() {
        0 => format!("any credentials are accepted; MSN {DEFAULT_MSN} is the default"),
        1 => format!("{} ({})", units[0].msn, units[0].name),
        count => format!("{count} are set up"),
    };
    let token = format!(
        "curl -X POST {url}/accesstoken/get -H 'client_id: x' -H 'client_secret: x' -H 'Ocp-Apim-Subscription-Key: x'"
    );
    let rows = [("start", format!("{url}/")), ("try", token), ("units", known)];
    let rows: Vec<_> = rows.into_iter().map(|(name, text)| vec![format!("  {name}"), text]).collect();
    output::complain(output::table(&rows).trim_end());
}
