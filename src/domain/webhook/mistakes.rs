//! The usual mistakes with a signature, recognised by making them.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::signature::{hmac, string_to_sign};
use super::verify::Suspect;

/// Why a signature is another.
pub(super) enum Mistake {
    /// Another text was signed: this one.
    OfText { text: String, words: String },
    /// The text is right, and it is something about the key or the way in which the signature is written.
    OfKey(String),
    /// It is none of the usual mistakes.
    Unknown(String),
}

/// What mistakes are made with: a delivery and the values that its signature covers.
pub(super) struct Mistakes<'d> {
    pub(super) suspect: Suspect<'d>,
    /// The `x-ms-date` that it has.
    pub(super) date: &'d str,
    /// The hash of its body.
    pub(super) hash: &'d str,
    /// The `x-ms-content-sha256` that it has.
    pub(super) signed_hash: &'d str,
}

impl Mistakes<'_> {
    /// Finds the mistake that leads to the signature that was found.
    pub(super) fn recognise(&self, found: &str, expected: &str, text: &str) -> Mistake {
        if found.eq_ignore_ascii_case(&hex(expected)) {
            return Mistake::OfKey("The signature is right, but in hexadecimal; base64 is needed.".into());
        }
        let secret = self.suspect.secret.as_bytes();
        let keys = self.keys();
        let texts = self.texts(text);
        for (wrong, words) in &texts {
            if hmac(secret, wrong) == found {
                return Mistake::OfText { text: wrong.clone(), words: format!("{words}.") };
            }
        }
        for (key, words) in &keys {
            if hmac(key, text) == found {
                return Mistake::OfKey(format!("{words}."));
            }
            for (wrong, of_text) in &texts {
                if hmac(key, wrong) == found {
                    let words = format!("{of_text}. Besides: {words}.");
                    return Mistake::OfText { text: wrong.clone(), words };
                }
            }
        }
        Mistake::Unknown(
            "The signature is none that a usual mistake leads to: the secret is another registration's, or another URL, \
             date or body was signed."
                .into(),
        )
    }

    /// The keys that are taken for the secret.
    fn keys(&self) -> Vec<(Vec<u8>, &'static str)> {
        let secret = self.suspect.secret;
        let mut keys = Vec::new();
        if let Ok(decoded) = STANDARD.decode(secret.trim()) {
            keys.push((
                decoded,
                "The key was the secret decoded from base64; the key is the text of the secret as it is",
            ));
        }
        if secret.trim() != secret {
            keys.push((secret.trim().into(), "The secret was given here with white space around it"));
        }
        keys.push((format!("{secret}\n").into(), "The key was the secret with a line break at its end"));
        keys
    }

    /// The texts that are signed instead of the right one.
    fn texts(&self, text: &str) -> Vec<(String, String)> {
        let Self { suspect, date, hash, signed_hash } = self;
        let (path, host) = (suspect.target.path_and_query(), suspect.target.host());
        let without_query = path.split('?').next().unwrap_or_default();
        let without_port = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let mut texts = vec![
            (text.replace('\n', "\r\n"), "The lines were ended with CRLF; LF alone is needed".to_owned()),
            (format!("{text}\n"), "The text ended with a line break; it has none at its end".into()),
            (
                string_to_sign(&path, date, without_port, signed_hash),
                format!("The host was signed without its port; it is {host}"),
            ),
            (
                string_to_sign(without_query, date, host, signed_hash),
                "The path was signed without its query; the query belongs to it".into(),
            ),
            (
                string_to_sign(without_query, date, without_port, signed_hash),
                "The path was signed without its query and the host without its port".into(),
            ),
            (
                string_to_sign(suspect.target.url(), date, host, signed_hash),
                "The whole URL was signed; only path and query belong there".into(),
            ),
            (
                string_to_sign(&path, date, host, hash),
                "The signature covers the hash of this body, not the one in x-ms-content-sha256".into(),
            ),
        ];
        if let Some(other) = suspect.header("host").filter(|other| *other != host) {
            texts.push((
                string_to_sign(&path, date, other, signed_hash),
                format!("The signature was made for the host {other}, not for that of the URL"),
            ));
        }
        texts.retain(|(wrong, _)| wrong != text);
        texts
    }
}

/// Writes in hexadecimal what is written in base64.
pub(super) fn hex(base64: &str) -> String {
    STANDARD.decode(base64).unwrap_or_default().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
