//! Access tokens that this sandbox issued. They run out by the machine's elapsed time, not by the sandbox clock, so
//! that moving the clock logs nobody out.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use dashmap::DashMap;
use serde::Serialize;
use twox_hash::XxHash3_64;

use super::ids::Ids;
use crate::document::{Flaw, Hex128, TokenData};
use crate::domain::digits::Msn;
use crate::domain::span::Span;
use crate::domain::time::Timestamp;

/// How long a token is good in the test environment. Recorded: `expires_in` is one second less than an hour.
pub(super) const TOKEN_LIFETIME: Span = Span::seconds(3599);

/// How many tokens are known. The oldest are forgotten first.
const MAX_TOKENS: usize = 100_000;

/// The resource that the vendor's tokens are for.
const AUDIENCE: &str = "00000002-0000-0000-c000-000000000000";

/// A new access token, with the members of the token answer.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// The token.
    pub text: String,
    /// When it was issued, for `expires_on` and `not_before`.
    pub issued_at: Timestamp,
    /// The sales unit that it is for, if for one.
    pub msn: Option<Msn>,
}

/// What is known of a bearer token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// Issued here and good, for this sales unit if for one.
    Good(Option<Msn>),
    /// Issued here, and over.
    Over,
    /// Not issued here, as far as we remember.
    Foreign,
}

/// The tokens by two hashes of their text.
#[derive(Default)]
pub(super) struct Tokens {
    issued: DashMap<(u64, u64), Issued>,
    order: Mutex<VecDeque<(u64, u64)>>,
    count: AtomicU64,
    /// Tokens with a lower number were ended on command.
    ended: AtomicU64,
}

struct Issued {
    number: u64,
    msn: Option<Msn>,
    until: Span,
}

/// The claims of the vendor's tokens. Times are left out when runs have to repeat.
#[derive(Serialize)]
struct Claims<'a> {
    aud: &'static str,
    iss: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    iat: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    aio: String,
    appid: &'a str,
    appidacr: &'static str,
    idp: String,
    rh: String,
    tenant_region_scope: &'static str,
    tid: String,
    uti: String,
    ver: &'static str,
    xms_tdbr: &'static str,
}

fn print(text: &str) -> (u64, u64) {
    (XxHash3_64::oneshot(text.as_bytes()), XxHash3_64::oneshot_with_seed(1, text.as_bytes()))
}

impl Tokens {
    /// Issues a token. `stamp` is the time that its text may show.
    pub(super) fn issue(
        &self,
        ids: &Ids,
        client_id: &str,
        msn: Option<Msn>,
        issued_at: Timestamp,
        stamp: Option<Timestamp>,
        elapsed: Span,
    ) -> IssuedToken {
        let text = write_token(ids, client_id, stamp);
        let print = print(&text);
        let number = self.count.fetch_add(1, Ordering::AcqRel);
        self.issued.insert(print, Issued { number, msn, until: elapsed + TOKEN_LIFETIME });
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        order.push_back(print);
        if order.len() > MAX_TOKENS {
            let oldest = order.pop_front();
            drop(order);
            oldest.map(|oldest| self.issued.remove(&oldest));
        }
        IssuedToken { text, issued_at, msn }
    }

    /// Looks a bearer token up.
    pub(super) fn look_up(&self, text: &str, elapsed: impl FnOnce() -> Span) -> Known {
        if self.count.load(Ordering::Acquire) == 0 {
            return Known::Foreign;
        }
        match self.issued.get(&print(text)) {
            None => Known::Foreign,
            Some(token) if token.number < self.ended.load(Ordering::Acquire) || elapsed() >= token.until => {
                Known::Over
            }
            Some(token) => Known::Good(token.msn),
        }
    }

    /// Ends the tokens issued so far for a unit, or for none, that fits.
    pub(super) fn end_if(&self, fits: impl Fn(Option<Msn>) -> bool) {
        for mut token in self.issued.iter_mut().filter(|token| fits(token.msn)) {
            token.until = Span::ZERO;
        }
    }

    /// Takes the tokens down, oldest first. How long one is still good is left out: it would change while nothing happens.
    pub(super) fn taken_down(&self, elapsed: Span) -> Vec<TokenData> {
        let order = self.order.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let ended = self.ended.load(Ordering::Acquire);
        let taken = order.iter().filter_map(|print| {
            let token = self.issued.get(print)?;
            let (one, other) = *print;
            Some(TokenData {
                print: Hex128(u128::from(one) << 64 | u128::from(other)),
                msn: token.msn,
                over: token.number < ended || elapsed >= token.until,
            })
        });
        taken.collect()
    }

    /// Checks tokens that were taken down.
    pub(super) fn check(tokens: &[TokenData]) -> Result<(), Flaw> {
        let mut known = std::collections::HashSet::new();
        let repeated = tokens.iter().position(|token| !known.insert(token.print));
        match repeated {
            Some(index) => Err(Flaw::of("print", "another token has it").within(index).within("tokens")),
            None if tokens.len() > MAX_TOKENS => {
                Err(Flaw::of("tokens", format!("there are more than {MAX_TOKENS}")))
            }
            None => Ok(()),
        }
    }

    /// Knows these tokens and no others. A good one is as good as new, so that its client goes on working.
    pub(super) fn replace(&self, tokens: &[TokenData], elapsed: Span) {
        let mut order = self.order.lock().unwrap_or_else(PoisonError::into_inner);
        self.issued.clear();
        order.clear();
        self.ended.store(0, Ordering::Release);
        for (number, token) in (0..).zip(tokens) {
            let half = |number: u128| u64::try_from(number & u128::from(u64::MAX)).unwrap_or_default();
            let print = (half(token.print.0 >> 64), half(token.print.0));
            let until = if token.over { Span::ZERO } else { elapsed + TOKEN_LIFETIME };
            self.issued.insert(print, Issued { number, msn: token.msn, until });
            order.push_back(print);
        }
        self.count.store(tokens.len() as u64, Ordering::Release);
    }

    /// Ends every token issued so far.
    pub(super) fn end_all(&self) {
        self.ended.store(self.count.load(Ordering::Acquire), Ordering::Release);
    }
}

/// Writes a token like the vendor's: three base64url segments, more than a thousand characters. Nothing in it is
/// meant to be read by a client, and the signature is random bytes.
fn write_token(ids: &Ids, client_id: &str, stamp: Option<Timestamp>) -> String {
    let random = |length: usize| {
        let mut bytes = vec![0; length];
        ids.fill(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    };
    let key_id = random(20);
    let tenant = ids.uuid().to_string();
    let issuer = format!("https://sts.windows.net/{tenant}/");
    let seconds = stamp.map(Timestamp::as_seconds);
    let claims = Claims {
        aud: AUDIENCE,
        iss: issuer.clone(),
        iat: seconds.map(|now| now - 301),
        nbf: seconds.map(|now| now - 301),
        exp: seconds.map(|now| now + 3599),
        aio: random(30),
        appid: client_id,
        appidacr: "1",
        idp: issuer,
        rh: random(60),
        tenant_region_scope: "EU",
        tid: tenant,
        uti: random(16),
        ver: "1.0",
        xms_tdbr: "EU",
    };
    let header = format!(r#"{{"typ":"JWT","alg":"RS256","x5t":"{key_id}","kid":"{key_id}"}}"#);
    let claims = serde_json::to_vec(&claims).unwrap_or_default();
    [URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims), random(256)].join(".")
}
