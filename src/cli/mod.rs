//! The command line. Here, and only here, flags, the environment and configuration files are read.

mod authority;
mod catalogue;
mod checklist;
mod client;
mod deliveries;
mod environment;
mod exec;
mod impersonation;
mod line;
mod lists;
mod manual;
mod output;
mod port_file;
mod print_config;
mod requests;
mod serve;
mod settings;
mod sources;
mod state_file;
mod tail;
mod telemetry;
mod verbs;
mod webhook;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::builder::styling::{AnsiColor, Styles};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use settings::{SETTINGS, Setting};
use sources::Gathered;

/// A command failed, and why.
type Failure = String;

/// Runs the command line.
#[must_use]
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let matches = match command().try_get_matches_from(arguments) {
        Ok(matches) => matches,
        Err(error) => {
            let _ = error.print();
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match dispatch(&matches) {
        Ok(code) => code,
        Err(failure) => {
            output::complain(&format!("epayment-sandbox: {failure}"));
            ExitCode::FAILURE
        }
    }
}

fn dispatch(root: &ArgMatches) -> Result<ExitCode, Failure> {
    match root.subcommand() {
        None => serve::run(&gather(&[root])?.settings),
        Some(("serve", matches)) => serve::run(&gather(&[root, matches])?.settings),
        Some(("exec", matches)) => Ok(exec::run(matches, || gather(&[root, matches]))),
        Some(("env", matches)) => environment::run(matches, &gather(&[root, matches])?.settings),
        Some(("checklist", matches)) => checklist::run(matches, &gather(&[root, matches])?.settings),
        Some(("healthcheck", matches)) => verbs::healthcheck(matches, &gather(&[root, matches])?.settings),
        Some(("pay", matches)) => verbs::pay(matches, &gather(&[root, innermost(matches)])?.settings),
        Some(("clock", matches)) => verbs::clock(matches, &gather(&[root, innermost(matches)])?.settings),
        Some(("reset", matches)) => verbs::reset(matches, &gather(&[root, matches])?.settings),
        Some(("deliveries", matches)) => {
            deliveries::run(matches, &gather(&[root, matches, innermost(matches)])?.settings)
        }
        Some(("webhook", matches)) => webhook::run(matches),
        Some(("requests", matches)) => {
            requests::run(matches, &gather(&[root, matches, innermost(matches)])?.settings)
        }
        Some(("tail", matches)) => tail::run(matches, &gather(&[root, matches])?.settings),
        Some(("errors", matches)) => catalogue::run(matches.get_one("CODE").map(String::as_str)),
        Some(("config", matches)) => print_config::run(matches, root),
        Some(("completions", matches)) => {
            let shell = matches.get_one::<clap_complete::Shell>("SHELL").copied().ok_or("which shell?")?;
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut command(), "epayment-sandbox", &mut script);
            output::print(&String::from_utf8_lossy(&script));
            Ok(ExitCode::SUCCESS)
        }
        Some(("man", matches)) => manual::run(matches),
        Some((other, _)) => Err(format!("there is no command {other}")),
    }
}

/// The flags of the verb that is meant. Those of a command and its verb are the same, so both may have them.
fn innermost(matches: &ArgMatches) -> &ArgMatches {
    matches.subcommand().map_or(matches, |(_, verb)| verb)
}

/// Gathers the settings from flags, the environment and the configuration.
fn gather(flags: &[&ArgMatches]) -> Result<Gathered, Failure> {
    let variables = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok()?;
        Some((name, value.to_string_lossy().into_owned()))
    });
    sources::gather(flags, variables)
}

/// The command line's definition.
fn command() -> Command {
    let styles = Styles::styled()
        .header(AnsiColor::Cyan.on_default().bold())
        .usage(AnsiColor::Cyan.on_default().bold())
        .literal(AnsiColor::Cyan.on_default());
    Command::new("epayment-sandbox")
        .version(env!("CARGO_PKG_VERSION"))
        .about("A local sandbox of the Vipps MobilePay ePayment API. Unofficial. Without a command, it serves.")
        .after_help("Every setting is also a variable (EPAYMENT_SANDBOX_LISTEN) and a key of epayment-sandbox.toml (listen).")
        .styles(styles)
        .disable_help_subcommand(true)
        .args(setting_args())
        .subcommand(Command::new("serve").about("Run the server (the default)").args(setting_args()))
        .subcommand(
            Command::new("healthcheck")
                .about("Exit 0 when the server that the same configuration describes is ready")
                .arg(Arg::new("wait").long("wait").action(ArgAction::SetTrue).help("Wait until it is ready"))
                .arg(Arg::new("timeout").long("timeout").value_name("DURATION").default_value("30s").help("How long to wait"))
                .arg(url_arg().help("The sandbox; where the configuration makes it listen unless told"))
                .args(setting_args().map(|arg| arg.hide(true))),
        )
        .subcommand(exec::command(setting_args()))
        .subcommand(environment::command([url_arg()].into_iter().chain(config_args())))
        .subcommand(pay_command())
        .subcommand(clock_command())
        .subcommand(
            Command::new("reset")
                .about("Go back to the start: payments, clock, users, sales units, journal")
                .args(reach_args()),
        )
        .subcommand(deliveries::command())
        .subcommand(webhook::command())
        .subcommand(requests::command(|| speak_args().collect()))
        .subcommand(checklist::command(speak_args().chain([msn_arg()])))
        .subcommand(tail::command(|| speak_args().chain([msn_arg()]).collect()))
        .subcommand(
            Command::new("errors")
                .about("Print the error catalogue")
                .arg(Arg::new("CODE").help("Only this code, such as 6090, or this row, such as CaptureTooHigh")),
        )
        .subcommand(
            Command::new("config")
                .about("Print or check the configuration")
                .subcommand_required(true)
                .subcommand(Command::new("print").about("Print every setting and where it comes from").args(setting_args()))
                .subcommand(Command::new("check").about("Say whether the configuration is good").args(setting_args())),
        )
        .subcommand(
            Command::new("completions")
                .about("Print a completion script")
                .arg(Arg::new("SHELL").required(true).value_parser(value_parser!(clap_complete::Shell))),
        )
        .subcommand(manual::command())
}

fn pay_command() -> Command {
    let verb = |name: &'static str, about: &'static str| {
        Command::new(name).about(about).arg(Arg::new("REFERENCE").required(true))
    };
    let approve = verb("approve", "The customer approves; the documented test amounts act here")
        .arg(Arg::new("phone-number").long("phone-number").value_name("MSISDN").help("Who approves"))
        .arg(Arg::new("card").long("card").value_name("BIN").help("The first six digits of the card"))
        .arg(
            Arg::new("shipping-option")
                .long("shipping-option")
                .value_name("ID")
                .help("The delivery option (Express)"),
        );
    Command::new("pay")
        .about("Play the customer")
        .args(reach_args())
        .subcommand_required(true)
        .subcommand(approve)
        .subcommand(verb("reject", "The customer rejects"))
        .subcommand(verb("expire", "The time to approve is over"))
}

fn clock_command() -> Command {
    let verb = |name: &'static str, about: &'static str| Command::new(name).about(about);
    let advance = verb("advance", "Move time forward; every timer on the way goes off in order").arg(
        Arg::new("BY")
            .required(true)
            .help("A duration such as 181d or P181D, a time such as 2027-06-01T00:00:00Z, or next"),
    );
    let freeze = verb("freeze", "Stop the clock").arg(Arg::new("TIME").help("Move it to this time first"));
    Command::new("clock")
        .about("Show or move time")
        .args(reach_args())
        .subcommand(verb("show", "Show the clock (the default)"))
        .subcommand(advance)
        .subcommand(freeze)
        .subcommand(verb("reset", "Put the clock back to where it was at the start"))
}

fn url_arg() -> Arg {
    Arg::new("url")
        .long("url")
        .value_name("URL")
        .help("The sandbox; from EPAYMENT_SANDBOX_URL or the configuration unless told")
}

/// Which sandbox and which sales unit: before or after a verb.
fn reach_args() -> impl Iterator<Item = Arg> {
    speak_args().chain([msn_arg()]).map(|arg| arg.global(true))
}

/// What it takes to speak to a running sandbox: where it is, and the token that it wants.
fn speak_args() -> impl Iterator<Item = Arg> {
    let token = SETTINGS.iter().filter(|setting| setting.key == "control_token").map(setting_arg);
    std::iter::once(url_arg()).chain(config_args()).chain(token)
}

fn msn_arg() -> Arg {
    Arg::new("msn").long("msn").value_name("MSN").help("Only this sales unit")
}

fn setting_args() -> impl Iterator<Item = Arg> {
    config_args().into_iter().chain(SETTINGS.iter().map(setting_arg))
}

fn config_args() -> [Arg; 2] {
    let file = Arg::new(sources::CONFIG).long("config").value_name("FILE");
    let inline = Arg::new(sources::CONFIG_INLINE).long("config-inline").value_name("TOML");
    [
        file.help(
            "Read settings, sales units and users from this file [default: epayment-sandbox.toml if present]",
        ),
        inline.help("Read them from this text; for places that cannot mount files"),
    ]
}

fn setting_arg(setting: &'static Setting) -> Arg {
    let default =
        if setting.default.is_empty() { String::new() } else { format!(" [default: {}]", setting.default) };
    let arg = Arg::new(setting.key).long(setting.flag()).help(format!("{}{default}", setting.help));
    let arg = match setting.short {
        Some(short) => arg.short(short),
        None => arg,
    };
    match setting.value {
        Some(value) if setting.list => arg.value_name(value).action(ArgAction::Append),
        Some(value) => arg.value_name(value).allow_hyphen_values(true),
        None => arg.num_args(0..=1).require_equals(true).default_missing_value("true").value_name("BOOL"),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_definition_holds_together() {
        super::command().debug_assert();
    }
}
