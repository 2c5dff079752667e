//! `config`: what the sandbox would be told, and by whom.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::ArgMatches;

use super::settings::SETTINGS;
use super::sources::Gathered;
use super::{Failure, gather, output};

/// Prints or checks the configuration.
pub(super) fn run(matches: &ArgMatches, root: &ArgMatches) -> Result<ExitCode, Failure> {
    let (verb, matches) = matches.subcommand().ok_or("print or check?")?;
    let gathered = gather(&[root, matches])?;
    match verb {
        "check" => output::line("the configuration is good"),
        _ => output::print(&print(&gathered)),
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the settings as a configuration file would have them. Secrets are masked.
fn print(gathered: &Gathered) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let rows: Vec<_> = SETTINGS
        .iter()
        .map(|setting| {
            let origin = gathered.origins.get(setting.key);
            let default = if setting.value.is_none() { "false" } else { setting.default };
            let text = origin.map_or(default, |origin| origin.text.as_str());
            let source = origin.map_or("default", |origin| origin.source.as_str());
            let number = text.parse::<u64>().is_ok() || setting.value.is_none();
            let shown = match () {
                () if setting.secret && origin.is_some() => quoted("***"),
                () if number => text.to_owned(),
                () => quoted(text),
            };
            let unset = if text.is_empty() { "# " } else { "" };
            vec![format!("{unset}{} = {shown}", setting.key), format!("# {source}")]
        })
        .collect();
    let engine = &gathered.settings.config.engine;
    let mut text = output::table(&rows);
    for unit in &engine.sales_units {
        let market = unit.market.code();
        let _ = write!(text, "\n[[sales_units]]\nmsn = \"{}\"  # {}, market {market}\n", unit.msn, unit.name);
    }
    for user in &engine.users {
        let name = [&*user.first_name, &*user.last_name].join(" ");
        let _ = write!(text, "\n[[users]]\nphone_number = \"{}\"  # {name}\n", user.phone_number);
    }
    text
}
