//! The port file: where a sandbox listens that took a free port.

use std::io::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::{Value, json};

use super::Failure;
use super::settings::Settings;
use crate::config::reachable;

/// A port file as this process wrote it.
pub(super) struct PortFile {
    path: PathBuf,
    text: String,
    written: Option<SystemTime>,
}

impl PortFile {
    /// Writes it so that a reader sees all of it or nothing.
    pub(super) fn write(path: &Path, http: SocketAddr, https: Option<SocketAddr>) -> Result<Self, Failure> {
        let mut ports = json!({ "http": http.to_string() });
        if let Some(https) = https {
            ports["https"] = https.to_string().into();
        }
        let text = format!("{ports}\n");
        write_whole(path, text.as_bytes()).map_err(|error| {
            format!("the port file {} cannot be written: {error} (try another --port-file)", path.display())
        })?;
        Ok(Self { path: path.to_owned(), text, written: modified(path) })
    }

    /// Takes it away, unless another sandbox has written it since, even one that took over the same port.
    pub(super) fn remove(self) {
        let is_ours = std::fs::read_to_string(&self.path).is_ok_and(|text| text == self.text)
            && modified(&self.path) == self.written;
        if is_ours {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).and_then(|data| data.modified()).ok()
}

/// Writes a file so that a reader sees all of it, or what was there before.
pub(super) fn write_whole(path: &Path, content: &[u8]) -> std::io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    let mut file = std::fs::File::create(&name)?;
    file.write_all(content)?;
    std::fs::rename(&name, path)
}

/// Where a configuration says that its sandbox can be found.
pub(super) enum Place<'s> {
    /// At this URL.
    Url(String),
    /// Where its port file says.
    PortFile(&'s Path),
}

impl<'s> Place<'s> {
    /// Reads it from the settings. A sandbox that takes a free port is found by its port file alone.
    pub(super) fn of(settings: &'s Settings) -> Result<Self, Failure> {
        let listen = settings.config.listen;
        match &settings.port_file {
            _ if listen.port() != 0 => Ok(Self::Url(format!("http://{}", reachable(listen)))),
            Some(path) => Ok(Self::PortFile(path)),
            None => Err(format!(
                "a sandbox that listens at {listen} takes a free port: name its --port-file here too, or its --url"
            )),
        }
    }

    /// Returns the URL as it is now.
    pub(super) fn url(&self) -> Result<String, Failure> {
        let path = match self {
            Self::Url(url) => return Ok(url.clone()),
            Self::PortFile(path) => path,
        };
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("no sandbox has written the port file {}: {error}", path.display()))?;
        let ports: Value = serde_json::from_str(&text).unwrap_or_default();
        let address = ports["http"].as_str().and_then(|address| address.parse::<SocketAddr>().ok());
        address.map(|address| format!("http://{address}")).ok_or_else(|| {
            format!("{} is no port file such as {{\"http\":\"127.0.0.1:8477\"}}", path.display())
        })
    }

    /// Returns the URL with TLS that a port file names.
    pub(super) fn tls_url(&self) -> Option<String> {
        let Self::PortFile(path) = self else { return None };
        let ports: Value = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
        let address: SocketAddr = ports["https"].as_str()?.parse().ok()?;
        Some(format!("https://{address}"))
    }
}
