//! `env`: the variables that point a client at a running sandbox, as a shell reads them.

use std::process::ExitCode;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command};
use hyper::{Method, Uri};

use super::client::Client;
use super::impersonation::{self, Trust};
use super::port_file::Place;
use super::settings::Settings;
use super::verbs::{base_url, text};
use super::{Failure, output};
use crate::config::reachable;

/// Where the sandbox answers, as clients are told.
pub(super) const URL: &str = "EPAYMENT_SANDBOX_URL";
/// Where it does with TLS.
pub(super) const TLS_URL: &str = "EPAYMENT_SANDBOX_TLS_URL";

/// How long a sandbox is waited for.
const PATIENCE: Duration = Duration::from_secs(10);

/// What reads the variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shell {
    Posix,
    Fish,
    Pwsh,
    GitHub,
}

impl Shell {
    const ALL: [(&'static str, Self); 4] =
        [("posix", Self::Posix), ("fish", Self::Fish), ("powershell", Self::Pwsh), ("github", Self::GitHub)];

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, shell)| *shell)
    }

    /// Writes a variable so that the shell takes its value as it is.
    fn variable(self, name: &str, value: &str) -> String {
        match self {
            Self::Posix if is_plain(value) => format!("export {name}={value}"),
            Self::Posix => format!("export {name}='{}'", value.replace('\'', r"'\''")),
            Self::Fish => format!("set -gx {name} '{}'", value.replace('\\', r"\\").replace('\'', r"\'")),
            Self::Pwsh => {
                // It takes typographic quotes for plain ones.
                let doubled = value.chars().flat_map(|letter| {
                    let is_quote = matches!(letter, '\'' | '\u{2018}'..='\u{201b}');
                    std::iter::repeat_n(letter, if is_quote { 2 } else { 1 })
                });
                format!("$env:{name} = '{}'", doubled.collect::<String>())
            }
            Self::GitHub => format!("{name}={value}"),
        }
    }

    /// Writes a comment, if the shell has comments.
    fn comment(self, comment: &str) -> Option<String> {
        (self != Self::GitHub).then(|| format!("# {comment}"))
    }

    /// Says how the variables are taken.
    fn usage(self) -> &'static str {
        match self {
            Self::Posix => r#"To set these variables: eval "$(epayment-sandbox env)""#,
            Self::Fish => "To set these variables: epayment-sandbox env --shell fish | source",
            Self::Pwsh => {
                "To set these variables: epayment-sandbox env --shell powershell | Out-String | Invoke-Expression"
            }
            Self::GitHub => "",
        }
    }
}

/// Whether every shell of the POSIX kind takes a word as it is.
fn is_plain(value: &str) -> bool {
    !value.is_empty()
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._/:,@%+=".contains(&byte))
}

pub(super) fn command(common: impl Iterator<Item = Arg>) -> Command {
    Command::new("env")
        .about("Print the variables that point a client at a running sandbox")
        .arg(
            Arg::new("shell")
                .long("shell")
                .value_name("posix|fish|powershell|github")
                .default_value("posix")
                .hide_default_value(true)
                .value_parser(Shell::ALL.map(|(word, _)| word))
                .hide_possible_values(true)
                .help("Who reads them; github is the file of $GITHUB_ENV [default: posix]"),
        )
        .arg(
            impersonate_arg()
                .help("Also those that lead a client with https://apitest.vipps.no in its code here"),
        )
        .args(common)
}

/// `--impersonate`, which `env` and `exec` have.
pub(super) fn impersonate_arg() -> Arg {
    Arg::new("impersonate")
        .long("impersonate")
        .action(ArgAction::Set)
        .num_args(0..=1)
        .require_equals(true)
        .default_missing_value("true")
        .value_parser(["true", "false"])
        .hide_possible_values(true)
        .value_name("BOOL")
}

/// Reads `--impersonate`.
pub(super) fn impersonates(matches: &ArgMatches, unless_told: bool) -> bool {
    text(matches, "impersonate").map_or(unless_told, |told| told == "true")
}

pub(super) fn run(matches: &ArgMatches, settings: &Settings) -> Result<ExitCode, Failure> {
    let shell = text(matches, "shell").and_then(Shell::parse).ok_or("--shell: there is no such shell")?;
    let url = base_url(matches, settings)?;
    let url = url.trim_end_matches('/');
    let client = Client::new(url, None)?.patient_for(PATIENCE);
    let mut variables = vec![(URL, url.to_owned())];
    let tls = tls_url(settings, url).or_else(|| asked_tls_url(&client, url));
    variables.extend(tls.map(|url| (TLS_URL, url)));
    if impersonates(matches, false) {
        let file = |path: &str| {
            client
                .file(path)
                .map_err(|problem| format!("--impersonate needs the sandbox's certificates: {problem}"))
        };
        let trust = Trust {
            ca: file("/_sandbox/ca.pem")?,
            bundle: file("/_sandbox/ca-bundle.pem")?,
            store: file("/_sandbox/truststore.p12")?,
        };
        let folder = impersonation::cache_folder(url)?;
        trust.write(&folder)?;
        variables.extend(impersonation::variables(url, &folder, present));
    }
    let lines = variables.into_iter().map(|(name, value)| shell.variable(name, &value));
    let lines = shell.comment(shell.usage()).into_iter().chain(lines);
    output::print(&lines.map(|line| line + "\n").collect::<String>());
    Ok(ExitCode::SUCCESS)
}

/// Returns a variable as it is now.
#[expect(clippy::disallowed_methods, reason = "the environment is read in cli/")]
pub(super) fn present(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Returns where the sandbox answers with TLS, if it is the one that the configuration describes.
fn tls_url(settings: &Settings, url: &str) -> Option<String> {
    let place = Place::of(settings).ok()?;
    if place.url().ok().is_none_or(|of_place| of_place != url) {
        return None;
    }
    match settings.config.tls_listen {
        Some(address) if address.port() != 0 => Some(format!("https://{}", reachable(address))),
        _ => place.tls_url(),
    }
}

/// Asks a sandbox of which only the URL is known; one that does not answer is left alone.
fn asked_tls_url(client: &Client, url: &str) -> Option<String> {
    let port = client.call(Method::GET, "/_sandbox/tls", None).ok()?["port"].as_u64()?;
    let url = url.parse::<Uri>().ok()?;
    Some(format!("https://{}:{port}", url.host()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shell_gets_a_value_as_it_takes_it() {
        let value = r"it's $HOME\ `id`";
        for (shell, plain, quoted) in [
            (Shell::Posix, "export N=http://127.0.0.1:8477", r"export N='it'\''s $HOME\ `id`'"),
            (Shell::Fish, "set -gx N 'http://127.0.0.1:8477'", r"set -gx N 'it\'s $HOME\\ `id`'"),
            (Shell::Pwsh, "$env:N = 'http://127.0.0.1:8477'", r"$env:N = 'it''s $HOME\ `id`'"),
            (Shell::GitHub, "N=http://127.0.0.1:8477", r"N=it's $HOME\ `id`"),
        ] {
            assert_eq!(shell.variable("N", "http://127.0.0.1:8477"), plain);
            assert_eq!(shell.variable("N", value), quoted);
        }
        assert_eq!(Shell::Pwsh.variable("N", "\u{2019}"), "$env:N = '\u{2019}\u{2019}'");
        assert_eq!(Shell::Posix.variable("N", ""), "export N=''");
    }

    #[test]
    fn the_file_of_github_has_no_comments() {
        assert_eq!(Shell::GitHub.comment("x"), None);
        assert_eq!(Shell::Fish.comment("x").as_deref(), Some("# x"));
    }
}
