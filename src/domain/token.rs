//! The token in `redirectUrl`: it leads to one payment, and nobody can make one up.
//!
//! It looks like the vendor's (three base64url segments without `=`, `&` or `+`), but the last segment is a secret
//! random number that the payment keeps, not a signature.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::digits::Msn;

/// base64url of `{"typ":"JWT","alg":"none"}`: there is no signature to check.
const HEADER: &str = "eyJ0eXAiOiJKV1QiLCJhbGciOiJub25lIn0";

/// Writes the token of a payment at the end of `into`.
pub fn write(into: &mut String, msn: Msn, reference: &str, nonce: u128) {
    into.push_str(HEADER);
    into.push('.');
    let mut claims = String::with_capacity(reference.len() + 40);
    claims.push_str(r#"{"msn":""#);
    msn.push_to(&mut claims);
    claims.push_str(r#"","reference":""#);
    claims.push_str(reference);
    claims.push_str(r#""}"#);
    URL_SAFE_NO_PAD.encode_string(claims, into);
    into.push('.');
    URL_SAFE_NO_PAD.encode_string(nonce.to_be_bytes(), into);
}

/// Returns the sales unit and the reference that a token names. Whether it is that payment's token says [`is_of`] alone.
#[must_use]
pub fn names(token: &str) -> Option<(Msn, String)> {
    let (claims, _) = token.strip_prefix(HEADER)?.strip_prefix('.')?.split_once('.')?;
    let claims = String::from_utf8(URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    let (msn, reference) = claims.strip_prefix(r#"{"msn":""#)?.split_once(r#"","reference":""#)?;
    Some((Msn::parse(msn)?, reference.strip_suffix(r#""}"#)?.to_owned()))
}

/// Returns whether the token is the one of this payment.
#[must_use]
pub fn is_of(token: &str, msn: Msn, reference: &str, nonce: u128) -> bool {
    let mut expected = String::with_capacity(160);
    write(&mut expected, msn, reference, nonce);
    token == expected
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_own_payment_only() {
        let msn = Msn::parse("123456").unwrap();
        let mut token = String::new();
        write(&mut token, msn, "acme-shop-1", 7);
        assert_eq!(token.matches('.').count(), 2);
        assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)));
        assert!(is_of(&token, msn, "acme-shop-1", 7));
        assert!(!is_of(&token, msn, "acme-shop-1", 8) && !is_of(&token, msn, "acme-shop-2", 7));
        assert_eq!(names(&token), Some((msn, "acme-shop-1".to_owned())));
        for foreign in ["", "a.b.c", &token[1..], HEADER, &format!("{HEADER}..x"), &format!("{HEADER}.e30.x")]
        {
            assert_eq!(names(foreign), None, "{foreign}");
        }
        assert!(!is_of("", msn, "acme-shop-1", 7) && !is_of(&format!("{token}x"), msn, "acme-shop-1", 7));
    }
}
