//! `webhook verify`: checks a delivery's signature step by step, without a sandbox.

use std::io::Read;
use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::verbs::text;
use super::{Failure, output};
use crate::domain::webhook::Target;
use crate::domain::webhook::verify::{Step, Suspect, verify};
use crate::engine::Machine;

pub(super) fn command() -> Command {
    let needed = |name: &'static str, value: &'static str, help: &'static str| {
        Arg::new(name).long(name).value_name(value).required(true).help(help)
    };
    let verify = Command::new("verify")
        .about("Check the signature of a delivery step by step; exit 0 when it is good, else 1")
        .args([
            needed("url", "URL", "The URL that was registered"),
            needed("secret", "SECRET", "The secret that the registration was answered with")
                .allow_hyphen_values(true),
            needed("header", "NAME: VALUE", "A header as it arrived; repeat for each")
                .action(ArgAction::Append),
            Arg::new("body")
                .long("body")
                .value_name("FILE")
                .default_value("-")
                .help("The body as it arrived, byte by byte; - for standard input"),
        ]);
    Command::new("webhook").about("Help with receiving webhooks").subcommand_required(true).subcommand(verify)
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let (_, matches) = matches.subcommand().ok_or("what about webhooks?")?;
    let url = text(matches, "url").unwrap_or_default();
    let target =
        Target::parse(url).ok_or_else(|| format!("--url: \"{url}\" is not an absolute http or https URL"))?;
    let headers: Result<Vec<_>, _> =
        matches.get_many::<String>("header").into_iter().flatten().map(|line| header(line)).collect();
    let headers = headers?;
    let body = read(text(matches, "body").unwrap_or("-"))?;
    let secret = text(matches, "secret").unwrap_or_default();
    let suspect = Suspect { target: &target, headers: &headers, body: &body, secret };
    let steps = verify(suspect, Machine::system().wall());
    output::print(&output::table(&steps.iter().flat_map(rows).collect::<Vec<_>>()));
    match steps.iter().find_map(|step| step.problem.as_ref()) {
        None => {
            output::line("The signature is good.");
            Ok(ExitCode::SUCCESS)
        }
        Some(problem) => {
            output::line(problem);
            Ok(ExitCode::FAILURE)
        }
    }
}

fn header(line: &str) -> Result<(String, String), Failure> {
    let (name, value) = line
        .split_once(':')
        .filter(|(name, _)| !name.trim().is_empty())
        .ok_or_else(|| format!("--header: \"{line}\" is not of the form \"name: value\""))?;
    Ok((name.trim().to_owned(), value.trim().to_owned()))
}

fn read(place: &str) -> Result<Vec<u8>, Failure> {
    let mut body = Vec::new();
    let done = match place {
        "-" => std::io::stdin().read_to_end(&mut body).map(drop),
        file => std::fs::read(file).map(|bytes| body = bytes),
    };
    done.map_err(|error| format!("--body: {place} cannot be read: {error}"))?;
    Ok(body)
}

/// Shows a step, a line of text in a row: what there is when it is good, else also what should be. Where nobody can tell
/// what there was, it is neither good nor wrong.
fn rows(step: &Step) -> Vec<Vec<String>> {
    let found = step.found.as_deref();
    let (mark, parts) = match step.problem {
        None if found.is_none() => ("-", vec![("expected", &*step.expected)]),
        None => ("ok", vec![("", found.unwrap_or_default())]),
        Some(_) => ("wrong", vec![("expected", &*step.expected), ("found", found.unwrap_or("nothing"))]),
    };
    let lines = parts.into_iter().flat_map(|(what, text)| text.split('\n').map(move |line| (what, line)));
    let rows = lines.enumerate().map(|(place, (what, line))| {
        let (mark, name) = if place == 0 { (mark, step.name) } else { ("", "") };
        [mark, name, what, &shown(line)].map(str::to_owned).to_vec()
    });
    rows.collect()
}

/// Makes carriage returns visible: they are what is looked for.
fn shown(line: &str) -> String {
    line.replace('\r', "\\r")
}
