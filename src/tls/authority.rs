//! The certificate authority: made when it is first needed, or given.

use std::fmt;

use chrono::Datelike;
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer,
    KeyPair, KeyUsagePurpose, SanType,
};
use rustls::crypto::CryptoProvider;
#[cfg(feature = "cli")]
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::CertifiedKey;
use sha2::{Digest, Sha256};

use super::names::Host;
use super::pem;
use crate::domain::span::Span;
use crate::domain::time::Timestamp;

/// How long an authority is good for.
const AUTHORITY_DAYS: i64 = 3650;
/// How long a leaf is good for. Clients refuse more than 398 days.
const LEAF_DAYS: i64 = 390;
/// Clocks of clients may be behind.
const BEFORE: Span = Span::days(1);

/// A certificate authority with its key.
pub(crate) struct Authority {
    /// Its certificate, and those that vouch for it.
    chain: Vec<CertificateDer<'static>>,
    issuer: Issuer<'static, KeyPair>,
}

/// The key stays out of logs.
impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authority").finish_non_exhaustive()
    }
}

impl Authority {
    /// Makes an authority.
    pub(crate) fn make(now: Timestamp) -> Self {
        let key = KeyPair::generate().expect("the operating system has randomness");
        // Two authorities of one name would be confused in a store of trust.
        let mark = Sha256::digest(key.public_key_raw());
        let mark = u32::from_be_bytes([mark[0], mark[1], mark[2], mark[3]]);
        let mut params = CertificateParams::default();
        params.distinguished_name = named(&format!("epayment-sandbox local test CA {mark:08x}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        validity(&mut params, now, AUTHORITY_DAYS);
        let certificate = params.self_signed(&key).expect("these parameters make a certificate");
        Self { chain: vec![certificate.der().clone()], issuer: Issuer::new(params, key) }
    }

    /// Reads an authority: its certificate, whatever vouches for that, and its key.
    #[cfg(feature = "cli")]
    pub(crate) fn from_pem(certificates: &str, key: &str, now: Timestamp) -> Result<Self, String> {
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates.as_bytes()).collect();
        let chain = chain.map_err(|error| format!("the certificate is not PEM: {error}"))?;
        let first = chain.first().ok_or("there is no certificate in it (-----BEGIN CERTIFICATE-----)")?;
        check(first, now)?;
        let der = PrivateKeyDer::from_pem_slice(key.as_bytes())
            .map_err(|error| format!("the key is not PEM: {error}"))?;
        let pair = KeyPair::try_from(&der).map_err(|_| {
            "the key is not an RSA, ECDSA or Ed25519 key in PKCS #8 (-----BEGIN PRIVATE KEY-----); \
             \"openssl pkcs8 -topk8 -nocrypt\" makes one of others"
        })?;
        let belongs = CertifiedKey::from_der(chain.clone(), der, &provider());
        belongs.map_err(|_| "the key does not belong to the certificate")?;
        let issuer = Issuer::from_ca_cert_der(first, pair)
            .map_err(|error| format!("the certificate cannot be used: {error}"))?;
        Ok(Self { chain, issuer })
    }

    /// Returns the certificate, and those that vouch for it.
    pub(crate) fn certificates(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// Returns the certificate as PEM.
    pub(crate) fn pem(&self) -> String {
        pem::write(&self.chain)
    }

    /// Returns certificate and key as PEM. It is a secret.
    #[cfg(feature = "cli")]
    pub(crate) fn secret_pem(&self) -> String {
        self.pem() + &self.issuer.key().serialize_pem()
    }

    /// Issues a certificate for a server of these names.
    pub(super) fn issue(&self, hosts: &[Host], now: Timestamp) -> Result<CertifiedKey, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::default();
        params.distinguished_name = named("epayment-sandbox");
        for host in hosts {
            params.subject_alt_names.push(match host {
                Host::Name(name) => SanType::DnsName(name.as_str().try_into()?),
                Host::Address(address) => SanType::IpAddress(*address),
            });
        }
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.use_authority_key_identifier_extension = true;
        validity(&mut params, now, LEAF_DAYS);
        let certificate = params.signed_by(&key, &self.issuer)?;
        let der = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let signer = rustls::crypto::ring::sign::any_supported_type(&der)
            .map_err(|_| rcgen::Error::CouldNotParseKeyPair)?;
        let chain = std::iter::once(certificate.der().clone()).chain(self.chain.iter().cloned()).collect();
        Ok(CertifiedKey::new(chain, signer))
    }
}

/// The cryptography of this program; nothing is installed for the whole process.
pub(super) fn provider() -> CryptoProvider {
    rustls::crypto::ring::default_provider()
}

/// Checks that a certificate may vouch for others.
#[cfg(feature = "cli")]
fn check(certificate: &CertificateDer<'_>, now: Timestamp) -> Result<(), String> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate)
        .map_err(|error| format!("the certificate cannot be read: {error}"))?;
    if !parsed.is_ca() {
        return Err("the certificate is not one of an authority (basicConstraints CA:TRUE)".into());
    }
    if parsed.validity().not_after.timestamp() <= now.as_seconds() {
        return Err(format!("the certificate is no longer good, since {}", parsed.validity().not_after));
    }
    Ok(())
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CommonName, name);
    names
}

/// From midnight before yesterday's time of day, for so many days.
fn validity(params: &mut CertificateParams, now: Timestamp, days: i64) {
    let midnight = |at: Timestamp| {
        let date = at.date();
        let part = |number: u32| u8::try_from(number).unwrap_or(1);
        rcgen::date_time_ymd(date.year(), part(date.month()), part(date.day()))
    };
    params.not_before =
        midnight(Timestamp::from_micros(now.since(Timestamp::EPOCH).less(BEFORE).as_micros()));
    params.not_after = midnight(now + Span::days(days));
}
