//! `exec`: a sandbox for as long as a command runs.

mod child;
mod told;

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use tokio::sync::watch;

use self::child::{NotStarted, Signals, Variables};
use super::checklist::format_arg;
use super::environment::{TLS_URL, URL, impersonate_arg, impersonates, present};
use super::impersonation::{self, Temporary, Trust};
use super::port_file::{PortFile, write_whole};
use super::serve::Listening;
use super::settings::Settings;
use super::sources::{Gathered, given_as_flag};
use super::state_file::StateFile;
use super::verbs::text;
use super::{Failure, authority, output, serve, telemetry};
use crate::domain::checklist::Checklist;
use crate::engine::Engine;
use crate::journal::Journal;
use crate::report::{self, Format, Run};
use crate::sandbox::Service;
use crate::serve::Ports;

/// The status of a failure that is not the command's, as `env` and `timeout` have it.
const OUR_FAILURE: u8 = 125;
/// How many calls are remembered unless told: as many as a test run makes, which ends before they are a burden.
const MAX_REQUESTS: usize = 20_000;

pub(super) fn command(settings: impl Iterator<Item = Arg>) -> Command {
    Command::new("exec")
        .about("Run a command with a sandbox of its own, which ends with it")
        .override_usage("epayment-sandbox exec [OPTIONS] -- CMD...")
        .after_help(
            "The sandbox takes free ports; the command finds it by EPAYMENT_SANDBOX_URL. Its status is the one of exec: \
             127 when there is no such command, 126 when it cannot be executed, 128 and the signal's number when one \
             has killed it, 125 when the sandbox has failed.",
        )
        .arg(
            Arg::new("COMMAND")
                .required(true)
                .num_args(1..)
                .trailing_var_arg(true)
                .allow_hyphen_values(true)
                .value_parser(value_parser!(OsString))
                .help("The command and its arguments"),
        )
        .arg(
            Arg::new("junit")
                .long("junit")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Write what was refused, and which webhooks failed, into this file as JUnit XML"),
        )
        .arg(
            Arg::new("checklist")
                .long("checklist")
                .action(ArgAction::SetTrue)
                .help("Grade the calls against the vendor's integration checklist, on stderr"),
        )
        .arg(
            Arg::new("checklist-file")
                .long("checklist-file")
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("Write the grades into this file"),
        )
        .arg(format_arg("checklist-format").help("How to write them [default: text; in a file by its ending, .json, .xml or .sarif]"))
        .arg(impersonate_arg().help("Lead a client with https://apitest.vipps.no in its code here [default: true]"))
        .args(settings)
        .mut_arg("listen", |arg| arg.help("Where to listen, whatever a configuration says [default: 127.0.0.1:0, a free port]"))
        .mut_arg("tls_listen", |arg| {
            arg.help("Where to listen with TLS; off to listen with HTTP alone [default: 127.0.0.1:0, a free port]")
        })
        .mut_arg("max_requests", |arg| {
            arg.help(format!(
                "How many calls and webhook attempts are remembered; the oldest go first [default: {MAX_REQUESTS}]"
            ))
        })
}

/// Runs the command, and takes over its status.
pub(super) fn run(matches: &ArgMatches, gather: impl FnOnce() -> Result<Gathered, Failure>) -> ExitCode {
    let done = gather().and_then(|gathered| run_with(matches, gathered));
    ExitCode::from(done.unwrap_or_else(|failure| {
        output::complain(&format!("epayment-sandbox: {failure}"));
        OUR_FAILURE
    }))
}

fn run_with(matches: &ArgMatches, gathered: Gathered) -> Result<u8, Failure> {
    let junit = Report::of(matches, "junit", "--junit")?;
    let settings = for_a_command(gathered, matches);
    // Refusals are told at the end, where they do not come between the lines of the command.
    telemetry::start(&Settings { quiet: !settings.verbose, ..settings.clone() });
    let command: Vec<OsString> = matches.get_many("COMMAND").into_iter().flatten().cloned().collect();
    let name = output::clean(&command.first().map(|name| name.to_string_lossy()).unwrap_or_default());
    let grades = Report::of(matches, "checklist-file", "--checklist-file")?;
    let Ended { end, run, checklist, stopped } =
        with_sandbox(&settings, impersonates(matches, true), &command)?;
    let status = match end {
        Ok(status) => {
            if status != 0 && !settings.quiet {
                told::tell(&run, &name, status);
            }
            status
        }
        Err(NotStarted { status, why }) => {
            output::complain(&format!("epayment-sandbox: {why}"));
            status
        }
    };
    let written = junit.map_or(Ok(()), |report| report.write(&run.junit()));
    let told = text(matches, "checklist-format").and_then(Format::parse);
    if matches.get_flag("checklist") {
        output::complain(told.unwrap_or(Format::Text).write(&checklist).trim_end());
    }
    let kept = grades.map_or(Ok(()), |report| {
        report.write(&told.unwrap_or_else(|| format_of(&report.path)).write(&checklist))
    });
    // The command's own failure is the one that counts, but no other is passed over in silence.
    match stopped.and(written).and(kept) {
        Err(failure) if status != 0 => output::complain(&format!("epayment-sandbox: {failure}")),
        done => done?,
    }
    Ok(status)
}

/// Changes what is otherwise for a sandbox that lives as long as a command.
fn for_a_command(gathered: Gathered, matches: &ArgMatches) -> Settings {
    let Gathered { mut settings, origins } = gathered;
    // A configuration says where the sandbox of a developer listens, and that one may be running.
    if !given_as_flag(matches, "listen") {
        settings.config.listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    }
    if !given_as_flag(matches, "tls_listen") {
        let free = settings.config.tls_listen.map(|_| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        settings.config.tls_listen = free;
    }
    if !origins.contains_key("max_requests") {
        settings.config.engine.max_requests = MAX_REQUESTS;
    }
    settings
}

/// How it went.
struct Ended {
    /// The command's status.
    end: Result<u8, NotStarted>,
    run: Run,
    checklist: Checklist,
    /// What failed when the sandbox ended, if anything.
    stopped: Result<(), Failure>,
}

fn with_sandbox(settings: &Settings, impersonates: bool, command: &[OsString]) -> Result<Ended, Failure> {
    let ports =
        Ports::bind(settings.config.listen, settings.config.tls_listen).map_err(|error| error.to_string())?;
    let listening = Listening::of(&ports).map_err(|error| error.to_string())?;
    let config = serve::with_baseline(settings)?;
    let runtime = serve::runtime().map_err(|error| format!("the runtime cannot start: {error}"))?;
    let ended = runtime.block_on(async {
        // Signals are caught before there is anybody to pass them on to.
        let signals = Signals::catch().map_err(|error| format!("signals cannot be caught: {error}"))?;
        let service = serve::service(&config, listening.http)?;
        let state = settings.state_file.as_deref().map(|path| StateFile::open(path, service.engine.clone()));
        let state = state.transpose()?;
        if let Some(authority) = authority::of(settings)? {
            service.app.tls().vouched_for_by(authority);
        }
        let mut variables = where_it_is(listening);
        // It lives as long as the command, and takes its files with it.
        let folder = impersonates.then(Temporary::make).transpose()?;
        if let Some(folder) = &folder {
            variables.extend(lead_to(&service, listening, folder)?);
        }
        let (engine, journal) = (service.engine.clone(), service.journal.clone());
        let (stop, is_stopped) = watch::channel(false);
        let serving = tokio::spawn(service.run(ports, is_stopped));
        let keeper = state.map(StateFile::keep);
        let write = |path: &PathBuf| PortFile::write(path, listening.http, listening.https);
        let port_file = settings.port_file.as_ref().map(write).transpose()?;
        // However it went, the sandbox ends in order.
        let ran = run_command(command, &variables, signals, (engine, journal)).await;
        let _ = stop.send(true);
        let served = serving.await.map_err(|error| format!("the server stopped: {error}"));
        let mut stopped = served
            .and_then(|served| served.map_err(|error| format!("the ports cannot be waited for: {error}")));
        if let Some(keeper) = keeper {
            stopped = stopped.and(keeper.end().await);
        }
        if let Some(port_file) = port_file {
            port_file.remove();
        }
        let (end, run, checklist) = ran?;
        Ok(Ended { end, run, checklist, stopped })
    });
    runtime.shutdown_background();
    ended
}

fn where_it_is(Listening { http, https }: Listening) -> Variables {
    vec![(URL, Some(format!("http://{http}"))), (TLS_URL, https.map(|https| format!("https://{https}")))]
}

/// Writes the files that make the sandbox trusted, and returns the variables that lead the vendor's clients to it.
fn lead_to(service: &Service, listening: Listening, folder: &Temporary) -> Result<Variables, Failure> {
    let tls = service.app.tls();
    let trust = Trust { ca: tls.ca_pem().into(), bundle: tls.bundle_pem().into(), store: tls.truststore() };
    trust.write(folder.path())?;
    let url = format!("http://{}", listening.http);
    let variables = impersonation::variables(&url, folder.path(), present).into_iter();
    Ok(variables.map(|(name, value)| (name, Some(value))).collect())
}

/// Runs the command to its end. What happened is looked at right then: receivers of webhooks end with the command.
async fn run_command(
    command: &[OsString],
    variables: &Variables,
    signals: Signals,
    (engine, journal): (Arc<Engine>, Arc<Journal>),
) -> Result<(Result<u8, NotStarted>, Run, Checklist), Failure> {
    let end = match child::start(command, variables) {
        Ok(mut child) => {
            let end = signals.forward_to(&mut child).await;
            Ok(child::status(end.map_err(|error| format!("the command cannot be waited for: {error}"))?))
        }
        Err(not_started) => Err(not_started),
    };
    Ok((end, Run::of(&engine, &journal), report::checklist(&engine, &journal, None)))
}

/// Reads the format of a file from its ending.
fn format_of(path: &Path) -> Format {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("json") => Format::Json,
        Some("xml") => Format::Junit,
        Some("sarif") => Format::Sarif,
        _ => Format::Text,
    }
}

/// A file that is written when the command has ended.
struct Report {
    flag: &'static str,
    path: PathBuf,
}

impl Report {
    /// Reads where it goes. That its folder is missing is said before a long command runs, not after it.
    fn of(matches: &ArgMatches, name: &str, flag: &'static str) -> Result<Option<Self>, Failure> {
        let Some(path) = matches.get_one::<PathBuf>(name).cloned() else { return Ok(None) };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        match folder.filter(|folder| !folder.is_dir()) {
            Some(folder) => Err(format!("{flag}: there is no folder {} (make it first)", folder.display())),
            None => Ok(Some(Self { flag, path })),
        }
    }

    fn write(&self, text: &str) -> Result<(), Failure> {
        write_whole(&self.path, text.as_bytes())
            .map_err(|error| format!("{}: {} cannot be written: {error}", self.flag, self.path.display()))
    }
}
