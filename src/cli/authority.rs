//! The authority that vouches for the sandbox, as files have it, and the name of this machine.

use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::Failure;
use super::settings::Settings;
use super::state_file::{replace, with_ending};
use crate::engine::Machine;
use crate::tls::Authority;

/// What the name of the state file gets at its end.
const ENDING: &str = ".ca.pem";

/// Returns the authority of the settings: the given one, or with `--state` the one that is kept beside the state. Without
/// either the sandbox makes one of its own when it is needed.
pub(super) fn of(settings: &Settings) -> Result<Option<Authority>, Failure> {
    let machine = &settings.config.engine.machine;
    match (&settings.tls_ca_cert, &settings.tls_ca_key, &settings.state_file) {
        (Some(certificate), Some(key), _) => given(certificate, key, machine).map(Some),
        (_, _, Some(state)) => kept(state, machine).map(Some),
        _ => Ok(None),
    }
}

fn given(certificate: &Path, key: &Path, machine: &Machine) -> Result<Authority, Failure> {
    let read = |path: &Path, flag: &str| {
        let shown = path.display();
        std::fs::read_to_string(path).map_err(|error| format!("{flag}: {shown} cannot be read: {error}"))
    };
    let (certificates, key_text) = (read(certificate, "--tls-ca-cert")?, read(key, "--tls-ca-key")?);
    Authority::from_pem(&certificates, &key_text, machine.wall()).map_err(|problem| {
        let (certificate, key) = (certificate.display(), key.display());
        format!("--tls-ca-cert {certificate} with --tls-ca-key {key} is no authority: {problem}")
    })
}

/// Reads the authority beside the state file. A new one is put there first.
fn kept(state: &Path, machine: &Machine) -> Result<Authority, Failure> {
    // Of a link the file that it leads to has the authority beside it, as it is the one that is replaced.
    let state = std::fs::canonicalize(state).unwrap_or_else(|_| state.to_owned());
    let path = with_ending(&state, ENDING);
    let shown = path.display();
    match std::fs::read_to_string(&path) {
        Ok(text) => Authority::from_pem(&text, &text, machine.wall()).map_err(|problem| {
            format!("the authority in {shown} cannot be used: {problem} (remove the file for a new one)")
        }),
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let authority = Authority::make(machine.wall());
            let written = replace(&path, |mut file| {
                file.write_all(authority.secret_pem().as_bytes())?;
                Ok(file)
            });
            written.map_err(|error| format!("the authority cannot be written to {shown}: {error}"))?;
            Ok(authority)
        }
        Err(error) => Err(format!("the authority in {shown} cannot be read: {error} (check its rights)")),
    }
}

/// Returns the name of this machine: of a container, the one that others on its network know.
#[expect(clippy::disallowed_methods, reason = "the environment is read in cli/")]
pub(super) fn machine_name() -> Option<String> {
    let of_kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let name = of_kernel
        .or_else(|| ["HOSTNAME", "COMPUTERNAME"].iter().find_map(|name| std::env::var(name).ok()))?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}
