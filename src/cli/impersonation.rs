//! What leads a client that has the vendor's host in its code to a sandbox: a proxy, and the files that make it trusted.

use std::fs::{self, DirBuilder};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::Failure;
use super::port_file::write_whole;

/// Hosts that are reached without the proxy.
const LOOPBACK: [&str; 3] = ["localhost", "127.0.0.1", "::1"];
/// The password of the store, which Java wants to have one.
const PASSWORD: &str = "changeit";
const CA: &str = "ca.pem";
const BUNDLE: &str = "ca-bundle.pem";
const STORE: &str = "truststore.p12";

/// What makes a sandbox trusted.
pub(super) struct Trust {
    /// Its authority.
    pub(super) ca: Vec<u8>,
    /// With those that the machine trusts.
    pub(super) bundle: Vec<u8>,
    /// The same for Java.
    pub(super) store: Vec<u8>,
}

impl Trust {
    /// Writes the files.
    pub(super) fn write(&self, folder: &Path) -> Result<(), Failure> {
        for (name, content) in [(CA, &self.ca), (BUNDLE, &self.bundle), (STORE, &self.store)] {
            let path = folder.join(name);
            write_whole(&path, content)
                .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
        }
        Ok(())
    }
}

/// Returns the variables. `before` says what a variable is now: some go on to hold that as well.
pub(super) fn variables(
    url: &str,
    folder: &Path,
    before: impl Fn(&str) -> Option<String>,
) -> Vec<(&'static str, String)> {
    let file = |name: &str| folder.join(name).to_string_lossy().into_owned();
    let (ca, bundle) = (file(CA), file(BUNDLE));
    let unproxied = unproxied(before("NO_PROXY").or_else(|| before("no_proxy")).as_deref());
    let java = java(url, &file(STORE), before("JAVA_TOOL_OPTIONS").as_deref());
    vec![
        ("HTTPS_PROXY", url.to_owned()),
        ("https_proxy", url.to_owned()),
        ("NO_PROXY", unproxied.clone()),
        ("no_proxy", unproxied),
        ("NODE_USE_ENV_PROXY", "1".to_owned()),
        ("NODE_EXTRA_CA_CERTS", ca),
        ("SSL_CERT_FILE", bundle.clone()),
        ("REQUESTS_CA_BUNDLE", bundle.clone()),
        ("CURL_CA_BUNDLE", bundle.clone()),
        ("DENO_CERT", bundle),
        ("JAVA_TOOL_OPTIONS", java),
    ]
}

/// Adds loopback to the hosts that need no proxy. All hosts without one would be none for the sandbox.
fn unproxied(before: Option<&str>) -> String {
    let known = before.unwrap_or_default().split(',').map(str::trim);
    let kept = known.filter(|host| !host.is_empty() && *host != "*" && !LOOPBACK.contains(host));
    LOOPBACK.into_iter().chain(kept).collect::<Vec<_>>().join(",")
}

/// Adds the options of a Java that was started without any of them.
fn java(url: &str, store: &str, before: Option<&str>) -> String {
    const MARK: &str = "-Dhttps.proxyHost=";
    let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    let mut options = [
        format!("{MARK}{}", host.trim_matches(['[', ']'])),
        format!("-Dhttps.proxyPort={port}"),
        format!("-Djavax.net.ssl.trustStore={store}"),
        format!("-Djavax.net.ssl.trustStorePassword={PASSWORD}"),
        "-Djavax.net.ssl.trustStoreType=PKCS12".to_owned(),
    ];
    for option in options.iter_mut().filter(|option| option.contains(' ')) {
        *option = format!("\"{option}\"");
    }
    // Ours come last, where they win; those of a sandbox before are left out.
    let own = before.unwrap_or_default().split(&format!(" {MARK}")).next().unwrap_or_default();
    let own = if own.starts_with(MARK) { "" } else { own.trim() };
    [own, &options.join(" ")].join(" ").trim().to_owned()
}

/// A folder of our own that goes when it is dropped.
pub(super) struct Temporary(PathBuf);

impl Temporary {
    pub(super) fn make() -> Result<Self, Failure> {
        private_folder().map(Self)
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Makes a new folder for temporary files that nobody else can write to.
pub(super) fn private_folder() -> Result<PathBuf, Failure> {
    let parent = std::env::temp_dir();
    let complain = |error: &io::Error| {
        format!("no folder can be made in {} for the sandbox's certificates: {error}", parent.display())
    };
    let builder = private_builder();
    for number in 0_u32..10_000 {
        let path = parent.join(format!("epayment-sandbox-{}-{number}", std::process::id()));
        match builder.create(&path) {
            // It may have been there before, and then it is somebody else's.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(complain(&error)),
            Ok(()) => return Ok(path),
        }
    }
    Err(complain(&ErrorKind::AlreadyExists.into()))
}

#[cfg(unix)]
fn private_builder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// Elsewhere a user's folder for temporary files is the user's own.
#[cfg(not(unix))]
fn private_builder() -> DirBuilder {
    DirBuilder::new()
}

/// Returns the folder in the user's cache for what belongs to a sandbox; a new one for temporary files where there is no cache.
pub(super) fn cache_folder(url: &str) -> Result<PathBuf, Failure> {
    let variable = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || variable("HOME").map(|home| home.join(".cache"));
    let cache = variable("XDG_CACHE_HOME").or_else(|| variable("LOCALAPPDATA")).or_else(home);
    let name: String = url.split_once("://").map_or(url, |(_, rest)| rest).chars().map(plain).collect();
    let folder =
        cache.filter(|cache| cache.is_absolute()).map(|cache| cache.join("epayment-sandbox").join(name));
    match folder {
        Some(folder) if fs::create_dir_all(&folder).is_ok() => Ok(folder),
        _ => private_folder(),
    }
}

fn plain(letter: char) -> char {
    if letter.is_ascii_alphanumeric() || letter == '.' { letter } else { '-' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_that_needed_no_proxy_still_need_none() {
        assert_eq!(unproxied(None), "localhost,127.0.0.1,::1");
        assert_eq!(unproxied(Some("db, localhost,,.corp")), "localhost,127.0.0.1,::1,db,.corp");
        assert_eq!(unproxied(Some("*")), "localhost,127.0.0.1,::1");
    }

    #[test]
    fn options_of_java_are_kept_and_ours_given_once() {
        let ours = "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=8477 -Djavax.net.ssl.trustStore=/t/s.p12 \
                    -Djavax.net.ssl.trustStorePassword=changeit -Djavax.net.ssl.trustStoreType=PKCS12";
        let of = |before: Option<&str>| java("http://127.0.0.1:8477", "/t/s.p12", before);
        assert_eq!(of(None), ours);
        assert_eq!(of(Some("-Xmx1g")), format!("-Xmx1g {ours}"));
        for own in [Some("-Xmx1g"), None] {
            let once = of(own);
            assert_eq!(of(Some(&once)), once);
        }
        let spaced = java("http://[::1]:80", "/a b/s.p12", None);
        assert!(
            spaced.starts_with("-Dhttps.proxyHost=::1 ")
                && spaced.contains(" \"-Djavax.net.ssl.trustStore=/a b/s.p12\" ")
        );
    }
}
