//! Certificates as a PKCS #12 file (RFC 7292) that Java takes for a store of trusted ones.
//!
//! It holds nothing secret, so nothing is encrypted; the password only seals it.

use hmac::{Hmac, KeyInit, Mac};
use rustls::pki_types::CertificateDer;
use sha2::{Digest, Sha256};
use yasna::models::ObjectIdentifier;
use yasna::{DERWriter, Tag};

/// The password that Java's own store has.
const PASSWORD: &str = "changeit";
/// How often the password is hashed. It is no secret.
const ROUNDS: u32 = 2048;

const DATA: &[u64] = &[1, 2, 840, 113_549, 1, 7, 1];
const CERTIFICATE_BAG: &[u64] = &[1, 2, 840, 113_549, 1, 12, 10, 1, 3];
const X509: &[u64] = &[1, 2, 840, 113_549, 1, 9, 22, 1];
const FRIENDLY_NAME: &[u64] = &[1, 2, 840, 113_549, 1, 9, 20];
/// Java's mark of a certificate that is trusted.
const TRUSTED: &[u64] = &[2, 16, 840, 1, 113_894, 746_875, 1, 1];
const ANY_USE: &[u64] = &[2, 5, 29, 37, 0];
const SHA256: &[u64] = &[2, 16, 840, 1, 101, 3, 4, 2, 1];

/// Writes certificates, each with its alias.
pub(super) fn write<'c>(certificates: impl IntoIterator<Item = (String, &'c CertificateDer<'c>)>) -> Vec<u8> {
    let bags = yasna::construct_der(|writer| {
        writer.write_sequence_of(|bags| {
            for (alias, certificate) in certificates {
                bag(bags.next(), &alias, certificate);
            }
        });
    });
    let safe = yasna::construct_der(|writer| {
        writer.write_sequence_of(|contents| content(contents.next(), &bags));
    });
    // The same certificates make the same file.
    let salt = &Sha256::digest(&safe)[..16];
    let mut mac = Hmac::<Sha256>::new_from_slice(&seal_key(salt)).expect("any length will do");
    mac.update(&safe);
    let seal = mac.finalize().into_bytes();
    yasna::construct_der(|writer| {
        writer.write_sequence(|file| {
            file.next().write_u8(3);
            content(file.next(), &safe);
            file.next().write_sequence(|mac| {
                mac.next().write_sequence(|digest| {
                    digest.next().write_sequence(|algorithm| {
                        oid(algorithm.next(), SHA256);
                        algorithm.next().write_null();
                    });
                    digest.next().write_bytes(&seal);
                });
                mac.next().write_bytes(salt);
                mac.next().write_u32(ROUNDS);
            });
        });
    })
}

fn oid(writer: DERWriter<'_>, arcs: &[u64]) {
    writer.write_oid(&ObjectIdentifier::from_slice(arcs));
}

/// Writes data that is not encrypted.
fn content(writer: DERWriter<'_>, data: &[u8]) {
    writer.write_sequence(|content| {
        oid(content.next(), DATA);
        content.next().write_tagged(Tag::context(0), |writer| writer.write_bytes(data));
    });
}

fn bag(writer: DERWriter<'_>, alias: &str, certificate: &[u8]) {
    writer.write_sequence(|bag| {
        oid(bag.next(), CERTIFICATE_BAG);
        bag.next().write_tagged(Tag::context(0), |writer| {
            writer.write_sequence(|value| {
                oid(value.next(), X509);
                value.next().write_tagged(Tag::context(0), |writer| writer.write_bytes(certificate));
            });
        });
        bag.next().write_set_of(|attributes| {
            attributes.next().write_sequence(|attribute| {
                oid(attribute.next(), FRIENDLY_NAME);
                attribute.next().write_set_of(|values| values.next().write_bmp_string(alias));
            });
            attributes.next().write_sequence(|attribute| {
                oid(attribute.next(), TRUSTED);
                attribute.next().write_set_of(|values| oid(values.next(), ANY_USE));
            });
        });
    });
}

/// Derives the key of the seal from the password (RFC 7292, appendix B.2; one block of output is all of the key).
fn seal_key(salt: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 64;
    const PURPOSE: u8 = 3;
    let password: Vec<u8> = PASSWORD.encode_utf16().chain([0]).flat_map(u16::to_be_bytes).collect();
    let filled = |bytes: &[u8]| -> Vec<u8> {
        bytes.iter().copied().cycle().take(bytes.len().div_ceil(BLOCK) * BLOCK).collect()
    };
    let mut key = [vec![PURPOSE; BLOCK], filled(salt), filled(&password)].concat();
    for _ in 0..ROUNDS {
        key = Sha256::digest(&key).to_vec();
    }
    key
}
