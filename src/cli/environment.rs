//! `env`: the variables that point a client at a running sandbox, as a shell reads them.

use std::process::ExitCode;

use clap::{Arg, ArgAction, ArgMatches, Command};

use super::client::Client;
use super::settings::Settings;
use super::verbs::{base_url, text};
use super::{Failure, output};

/// Where the sandbox answers, as clients are told.
pub(super) const URL: &str = "EPAYMENT_SANDBOX_URL";
/// Where it does with TLS.
pub(super) const TLS_URL: &str = "EPAYMENT_SANDBOX_TLS_URL";

/// What reads the variables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shell {
    Posix,
    Fish,
    PowerShell,
    GitHub,
}

impl Shell {
    const ALL: [(&'static str, Self); 4] = [
        ("posix", Self::Posix),
        ("fish", Self::Fish),
        ("powershell", Self::PowerShell),
        ("github", Self::GitHub),
    ];

    fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, shell)| *shell)
    }

    /// Writes a variable so that the shell takes its value as it is.
    fn variable(self, name: &str, value: &str) -> String {
        match self {
            Self::Posix if is_plain(value) => format!("export {name}={value}"),
            Self::Posix => format!("export {name}='{}'", value.replace('\'', r"'\''")),
            Self::Fish => format!("set -gx {name} '{}'", value.replace('\\', r"\\").replace('\'', r"\'")),
            Self::PowerShell => {
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
            Self::PowerShell => {
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
        .arg(impersonate_arg().help("Also those that lead a client with the vendor's host in its code here"))
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

/// Refuses `--impersonate`, if it is given.
pub(super) fn no_impersonation(matches: &ArgMatches) -> Result<(), Failure> {
    match text(matches, "impersonate") {
        Some("true") => {
            Err("--impersonate needs TLS, which this version does not have: point the client at \
                             EPAYMENT_SANDBOX_URL"
                .into())
        }
        _ => Ok(()),
    }
}

pub(super) fn run(matches: &ArgMatches, settings: &Settings) -> Result<ExitCode, Failure> {
    no_impersonation(matches)?;
    let shell = text(matches, "shell").and_then(Shell::parse).ok_or("--shell: there is no such shell")?;
    let url = base_url(matches, settings)?;
    let url = url.trim_end_matches('/');
    Client::new(url, None)?;
    let lines = shell.comment(shell.usage()).into_iter().chain([shell.variable(URL, url)]);
    output::print(&lines.map(|line| line + "\n").collect::<String>());
    Ok(ExitCode::SUCCESS)
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
            (Shell::PowerShell, "$env:N = 'http://127.0.0.1:8477'", r"$env:N = 'it''s $HOME\ `id`'"),
            (Shell::GitHub, "N=http://127.0.0.1:8477", r"N=it's $HOME\ `id`"),
        ] {
            assert_eq!(shell.variable("N", "http://127.0.0.1:8477"), plain);
            assert_eq!(shell.variable("N", value), quoted);
        }
        assert_eq!(Shell::PowerShell.variable("N", "\u{2019}"), "$env:N = '\u{2019}\u{2019}'");
        assert_eq!(Shell::Posix.variable("N", ""), "export N=''");
    }

    #[test]
    fn the_file_of_github_has_no_comments() {
        assert_eq!(Shell::GitHub.comment("x"), None);
        assert_eq!(Shell::Fish.comment("x").as_deref(), Some("# x"));
    }
}
