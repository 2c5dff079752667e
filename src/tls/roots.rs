//! The authorities that this machine trusts, so that a client that trusts the sandbox still trusts the rest of the world.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

/// Where systems keep the authorities that they trust, in the order of likelihood.
const PLACES: [&str; 5] = [
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Reads the system's authorities; where it has none to read, as in the image, those that browsers trust.
pub(super) fn system() -> Vec<CertificateDer<'static>> {
    let found = PLACES.iter().find_map(|place| {
        let text = std::fs::read(place).ok()?;
        let all: Vec<_> = CertificateDer::pem_slice_iter(&text).filter_map(Result::ok).collect();
        (!all.is_empty()).then_some(all)
    });
    found.unwrap_or_else(|| webpki_root_certs::TLS_SERVER_ROOT_CERTS.to_vec())
}
