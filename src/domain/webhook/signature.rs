//! How deliveries are signed: HMAC-SHA256 over path, date, host and the hash of the body; and how they are forged.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

use super::USER_AGENT;
use super::target::Target;
use crate::domain::span::Span;
use crate::domain::time::Timestamp;

/// By how much the date of a stale delivery is too old. Receivers allow five minutes.
const STALE: Span = Span::minutes(10);

/// What stands before the signature in the `Authorization` header.
pub const PREFIX: &str = "HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=";

/// What is wrong with a delivery's signature. A receiver should refuse all but the valid ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Forgery {
    /// Nothing.
    #[default]
    None,
    /// It is made with another secret.
    WrongSecret,
    /// `x-ms-content-sha256` is that of another body; the signature fits it.
    WrongHash,
    /// `x-ms-date` is ten minutes old; the signature fits it.
    StaleDate,
    /// There is none.
    Missing,
}

impl Forgery {
    /// Every one by its word.
    pub const ALL: [(&'static str, Self); 5] = [
        ("valid", Self::None),
        ("wrong-secret", Self::WrongSecret),
        ("wrong-hash", Self::WrongHash),
        ("stale-date", Self::StaleDate),
        ("missing", Self::Missing),
    ];

    /// Finds one by its word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|(known, _)| *known == word).map(|(_, forgery)| *forgery)
    }

    /// Returns the word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

/// What a signature leads to in a delivery's headers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    /// `x-ms-content-sha256`
    pub content_hash: String,
    /// `Authorization`, and its copy `X-Vipps-Authorization`.
    pub authorization: String,
}

/// Returns the base64 of a body's SHA-256.
#[must_use]
pub fn content_hash(body: &[u8]) -> String {
    STANDARD.encode(Sha256::digest(body))
}

/// Returns what is signed.
#[must_use]
pub fn string_to_sign(path_and_query: &str, date: &str, host: &str, content_hash: &str) -> String {
    format!("POST\n{path_and_query}\n{date};{host};{content_hash}")
}

/// Returns the base64 of a text's HMAC-SHA256. The key is the text of the secret, not what it would decode to.
///
/// # Panics
///
/// Never: a key of any length will do.
#[must_use]
pub fn hmac(secret: impl AsRef<[u8]>, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_ref()).expect("a key of any length will do");
    mac.update(text.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// Returns the value of the `Authorization` header.
#[must_use]
pub fn authorization(signature: &str) -> String {
    format!("{PREFIX}{signature}")
}

/// Signs a delivery. `date` is the `x-ms-date` header, an RFC 1123 time.
#[must_use]
pub fn sign(secret: &str, target: &Target, date: &str, body: &[u8]) -> Signed {
    let content_hash = content_hash(body);
    let text = string_to_sign(&target.path_and_query(), date, target.host(), &content_hash);
    Signed { authorization: authorization(&hmac(secret, &text)), content_hash }
}

/// Writes the headers of a delivery, in the order in which they are sent. `at` is the machine's time: receivers compare it
/// with their own.
#[must_use]
pub fn headers(
    webhook_id: String,
    secret: &str,
    target: &Target,
    at: Timestamp,
    body: &[u8],
    forgery: Forgery,
) -> Vec<(&'static str, String)> {
    let date = if forgery == Forgery::StaleDate { at - STALE } else { at }.rfc1123();
    let Signed { content_hash, authorization } = match forgery {
        Forgery::WrongSecret => sign(&format!("not {secret}"), target, &date, body),
        Forgery::WrongHash => sign(secret, target, &date, &[body, b" "].concat()),
        Forgery::None | Forgery::StaleDate | Forgery::Missing => sign(secret, target, &date, body),
    };
    let mut headers = vec![
        ("Content-Type", "application/json; charset=utf-8".to_owned()),
        ("Host", target.host().to_owned()),
        ("x-ms-date", date),
        ("x-ms-content-sha256", content_hash),
    ];
    if forgery != Forgery::Missing {
        headers.push(("Authorization", authorization.clone()));
        headers.push(("X-Vipps-Authorization", authorization));
    }
    headers.push(("Webhook-Id", webhook_id));
    headers.push(("User-Agent", USER_AGENT.to_owned()));
    headers.push(("Accept-Encoding", "gzip".to_owned()));
    headers
}

#[cfg(test)]
mod tests {
    use super::*;

    const S64: &str =
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

    /// Secret, URL, date, body, content hash, signature. The first was published by the vendor.
    const VECTORS: [[&str; 6]; 4] = [
        [
            "A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A==",
            "https://webhook.site/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63",
            "Thu, 30 Mar 2023 08:38:32 GMT",
            r#"{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}"#,
            "lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4=",
            "agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U=",
        ],
        [
            S64,
            "https://shop.example.com/hooks/vipps",
            "Mon, 19 Jan 2026 16:26:33 GMT",
            r#"{"msn":"123456","reference":"mock-order-0001","pspReference":"10000568172","name":"AUTHORIZED","amount":{"currency":"NOK","value":49900},"timestamp":"2026-01-19T16:26:32.099Z","idempotencyKey":"7c8b81e7-b08b-46e4-9729-191cb801c132","success":true}"#,
            "hy8tep66dLmirOdtG4/od8QoDSbzl+pNLV/vgJaxxNc=",
            "DUo45iNAA0JUGhsGD838yzQ0HowZtgAxP+rj9qHxfdU=",
        ],
        [
            "090a478d-37ff-4e77-970e-d457aeb26a3a",
            "https://shop.example.com:8443/hooks/caf%C3%A9/vipps?shop=1&note=a%20b",
            "Sun, 01 Mar 2026 00:00:00 GMT",
            r#"{"msn":"654321","reference":"mock-order-0002","pspReference":"2267200447","name":"CANCELLED","amount":{"currency":"DKK","value":125},"timestamp":"2026-02-28T23:59:59.007Z","success":true}"#,
            "pSFazNHHBk9KLAHa0DgBm6A19nXFF9RbBsDJEdfqIzk=",
            "5PyaDN+vJbmM+fEUPl+vVWIdGK9KaO6gw+nqxY8RCKc=",
        ],
        [
            S64,
            "http://127.0.0.1:3000/",
            "Wed, 01 Jul 2026 08:00:01 GMT",
            r#"{"msn":"123456","reference":"mock-ordre-æøå-0003","pspReference":"2268200548","name":"REFUNDED","amount":{"currency":"EUR","value":1},"timestamp":"2026-07-01T08:00:00.000Z","idempotencyKey":null,"success":false}"#,
            "1ABQYAG90IZAerE0kVOULJTIG4MfS9JthJ1Nv7Q0RRo=",
            "yAjsgR99xXc+TFE6W8blV0pn4TUgruIV+IoZwn7Y98s=",
        ],
    ];

    #[test]
    fn signatures_are_those_of_the_published_vectors() {
        for [secret, url, date, body, hash, signature] in VECTORS {
            let target = Target::parse(url).unwrap();
            let signed = sign(secret, &target, date, body.as_bytes());
            assert_eq!(signed.content_hash, hash, "{url}");
            assert_eq!(signed.authorization, authorization(signature), "{url}");
        }
    }

    #[test]
    fn the_hashes_are_those_of_recorded_deliveries() {
        for (body, hash) in [
            (
                r#"{"msn":"373370","reference":"inv-8-attempt-2","pspReference":"740e7483-c083-4b95-9246-a37299ad53b7","name":"CREATED","amount":{"currency":"NOK","value":12100},"timestamp":"2025-05-31T17:29:23.358Z","idempotencyKey":"683b3c72858e20.24358952","success":true}"#,
                "kQSmDK2O2OZoefs7WJBmm2OR4kuoPtDMNGGmh0QVvtA=",
            ),
            (
                r#"{"msn":"2060591","reference":"S00007-30-20251103142209","pspReference":"49360986-4857-4556-bddb-ba6b58f25bb1","name":"CREATED","amount":{"currency":"DKK","value":125},"timestamp":"2025-11-03T14:22:10.431Z","idempotencyKey":"b043ab36-977b-409c-a4e5-a22b97197448","success":true}"#,
                "ZFGsWWeA+zvY683itju+78UFI/shGNUaSUsK4bxTW7A=",
            ),
        ] {
            assert_eq!(content_hash(body.as_bytes()), hash);
        }
    }

    #[test]
    fn the_key_is_the_text_of_the_secret_and_the_host_has_its_port() {
        let [_, _, date, _, hash, _] = VECTORS[2];
        let text = string_to_sign("/hooks/caf%C3%A9/vipps?shop=1&note=a%20b", date, "shop.example.com", hash);
        assert_eq!(
            hmac(VECTORS[2][0], &text),
            "69PnqM7n4hQ0qLp9Vp0+1wRHWcKYzr9zoB8zVU/pStc=",
            "without its port"
        );
        let [_, _, date, _, hash, _] = VECTORS[1];
        let text = string_to_sign("/hooks/vipps", date, "shop.example.com", hash).replace('\n', "\r\n");
        assert_eq!(hmac(S64, &text), "d0UglsA7GrOULcRwN5WKX+m17sFi64JtCUKltHG2eIU=", "with CRLF");
    }
}
