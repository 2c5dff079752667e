//! Checking a delivery's signature step by step.

use super::mistakes::{Mistake, Mistakes, hex};
use super::signature::{PREFIX, content_hash, hmac, string_to_sign};
use super::{Target, rewritten};
use crate::domain::span::Span;
use crate::domain::time::Timestamp;

/// How far `x-ms-date` may be from the receiver's clock; the widespread clients allow this much.
const MAX_SKEW: Span = Span::minutes(5);

/// A delivery as somebody received it.
#[derive(Clone, Copy, Debug)]
pub struct Suspect<'d> {
    /// The URL that it was registered for.
    pub target: &'d Target,
    /// Its headers.
    pub headers: &'d [(String, String)],
    /// Its body, byte by byte.
    pub body: &'d [u8],
    /// The text of the registration's secret.
    pub secret: &'d str,
}

/// One step of the check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is looked at.
    pub name: &'static str,
    /// What should be there.
    pub expected: String,
    /// What is there, as far as that can be told.
    pub found: Option<String>,
    /// What is wrong, in words; `None` when nothing is.
    pub problem: Option<String>,
}

impl Step {
    fn new(name: &'static str, expected: impl Into<String>, found: Option<&str>) -> Self {
        Self { name, expected: expected.into(), found: found.map(str::to_owned), problem: None }
    }

    fn because(mut self, problem: Option<String>) -> Self {
        self.problem = problem;
        self
    }
}

/// Checks a delivery, given the machine's time. The steps come in the order in which a receiver takes them.
#[must_use]
pub fn verify(suspect: Suspect<'_>, now: Timestamp) -> Vec<Step> {
    let Suspect { target, body, .. } = suspect;
    let hash = content_hash(body);
    let given_hash = suspect.header("x-ms-content-sha256");
    let date = suspect.header("x-ms-date");
    let signed_hash = given_hash.unwrap_or(&hash);
    let text = string_to_sign(&target.path_and_query(), date.unwrap_or_default(), target.host(), signed_hash);
    let expected = hmac(suspect.secret, &text);
    let signature = suspect.signature();
    let mistake = signature.filter(|found| *found != expected).map(|found| {
        let mistakes = Mistakes { suspect, date: date.unwrap_or_default(), hash: &hash, signed_hash };
        mistakes.recognise(found, &expected, &text)
    });
    let is_right = signature.is_some() && mistake.is_none();
    let (found_text, wrong_text, wrong) = match mistake {
        None => (is_right.then(|| text.clone()), None, None),
        Some(Mistake::OfText { text, words }) => (Some(text), Some(words.clone()), Some(words)),
        Some(Mistake::OfKey(words)) => (Some(text.clone()), None, Some(words)),
        Some(Mistake::Unknown(words)) => (None, None, Some(words)),
    };
    let text_step = Step::new("string-to-sign", &*text, found_text.as_deref()).because(wrong_text);
    let signature_step = Step::new("signature", &expected, signature).because(match signature {
        None => Some("There is no signature to compare.".into()),
        Some(_) => wrong,
    });
    vec![
        Step::new("content-hash", &*hash, given_hash).because(suspect.wrong_hash(&hash, given_hash)),
        Step::new("date", "an RFC 1123 time such as Fri, 20 Nov 2026 09:14:31 GMT", date)
            .because(wrong_date(date)),
        Step::new("host", target.host(), suspect.header("host")).because(suspect.wrong_host()),
        suspect.header_step(&expected),
        text_step,
        signature_step,
        age_step(date, now),
    ]
}

impl<'d> Suspect<'d> {
    pub(super) fn header(&self, name: &str) -> Option<&'d str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value.trim())
    }

    /// Returns the signature that the headers have, however they write it.
    fn signature(&self) -> Option<&'d str> {
        let in_header = |name| Some(self.header(name)?.split_once("Signature=")?.1.trim());
        in_header("Authorization").or_else(|| in_header("X-Vipps-Authorization"))
    }

    fn wrong_hash(&self, hash: &str, given: Option<&str>) -> Option<String> {
        let Some(given) = given else {
            return Some("The header x-ms-content-sha256 is missing.".into());
        };
        if given == hash {
            return None;
        }
        let fits = |text: &[u8]| content_hash(text) == given;
        let reason = if self.body.is_empty() {
            "The body is empty: something read it before it could be checked.".into()
        } else if given.eq_ignore_ascii_case(&hex(hash)) {
            "The hash is right, but in hexadecimal; base64 is needed.".into()
        } else if fits(self.body.trim_ascii()) || fits(&[self.body, b"\n"].concat()) {
            "The body differs by white space at its end; hash the bytes as they arrive.".into()
        } else if let Some(how) = rewritten::find(self.body, fits) {
            format!(
                "The hash is that of the same JSON {how}: the body was parsed and written again. Hash the bytes as they \
                 arrive, before anything parses them."
            )
        } else {
            "The hash is that of another body.".into()
        };
        Some(reason)
    }

    fn wrong_host(&self) -> Option<String> {
        let found = self.header("host")?;
        let signed = self.target.host();
        (!found.eq_ignore_ascii_case(signed)).then(|| {
            format!(
                "The URL has the host {signed}, the request {found}. The signature covers the host of the registered URL, \
                 with its port unless that is the scheme's own; a proxy may have changed the header."
            )
        })
    }

    fn header_step(&self, expected: &str) -> Step {
        let whole = format!("{PREFIX}{expected}");
        let (own, copy) = (self.header("Authorization"), self.header("X-Vipps-Authorization"));
        let fits = |value: Option<&str>| value.is_some_and(|value| value.starts_with(PREFIX));
        let problem = match own {
            _ if fits(own) => None,
            None if copy.is_none() => Some("The header Authorization is missing.".into()),
            None => Some(
                "The header Authorization is missing: some web servers take it away. X-Vipps-Authorization has the same \
                 content; read that one instead."
                    .into(),
            ),
            Some(_) if fits(copy) => Some(
                "The header Authorization is not the delivery's own. X-Vipps-Authorization has what it was; read that \
                 one instead."
                    .into(),
            ),
            Some(_) => Some(format!("The header Authorization does not begin with {PREFIX}")),
        };
        Step::new("header", whole, own).because(problem)
    }
}

fn wrong_date(date: Option<&str>) -> Option<String> {
    match date {
        None => Some("The header x-ms-date is missing.".into()),
        Some(date) if Timestamp::parse_rfc1123(date).is_none() => {
            Some("x-ms-date is not an RFC 1123 time.".into())
        }
        Some(_) => None,
    }
}

fn age_step(date: Option<&str>, now: Timestamp) -> Step {
    let expected = format!("within {} of {}", MAX_SKEW.short(), now.rfc1123());
    let Some(at) = date.and_then(Timestamp::parse_rfc1123) else {
        return Step::new("age", expected, None).because(Some("Without x-ms-date there is no age.".into()));
    };
    let seconds = |span: Span| Span::seconds(span.as_micros() / 1_000_000).short();
    let (span, found) = match at <= now {
        true => (now.since(at), format!("{} old", seconds(now.since(at)))),
        false => (at.since(now), format!("{} ahead", seconds(at.since(now)))),
    };
    let problem = (span > MAX_SKEW).then(|| {
        format!(
            "x-ms-date is {found}; a receiver refuses what is more than {} off. For a delivery of the past that is as it \
             should be.",
            MAX_SKEW.short()
        )
    });
    Step::new("age", expected, Some(&found)).because(problem)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::super::signature::{Forgery, headers};
    use super::*;

    const SECRET: &str =
        "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";
    const URL: &str = "https://shop.example.com:8443/hooks/vipps?shop=1";
    const BODY: &str = r#"{"msn":"123456","reference":"mock-order-0001","name":"CREATED","success":true}"#;

    struct Case {
        url: &'static str,
        secret: String,
        headers: Vec<(String, String)>,
        body: String,
        late: Span,
    }

    fn now() -> Timestamp {
        Timestamp::parse_rfc3339("2026-11-20T09:00:00Z").unwrap()
    }

    /// A good delivery, forged as asked for and then changed.
    fn case(forgery: Forgery, change: impl FnOnce(&mut Case)) -> Vec<Step> {
        let target = Target::parse(URL).unwrap();
        let headers = headers("id".into(), SECRET, &target, now(), BODY.as_bytes(), forgery);
        let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let (secret, body) = (SECRET.to_owned(), BODY.to_owned());
        let mut case = Case { url: URL, secret, headers, body, late: Span::ZERO };
        change(&mut case);
        let target = Target::parse(case.url).unwrap();
        let Case { headers, body, secret, late, .. } = &case;
        let suspect = Suspect { target: &target, headers, body: body.as_bytes(), secret };
        verify(suspect, now() + *late)
    }

    impl Case {
        fn set(&mut self, name: &str, value: &str) {
            self.remove(name);
            self.headers.push((name.to_uppercase(), value.to_owned()));
        }

        fn remove(&mut self, name: &str) {
            self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        }

        /// Signs as somebody does who makes a mistake with the text or the key.
        fn sign(&mut self, key: impl AsRef<[u8]>, change: impl FnOnce(&str) -> String) {
            let target = Target::parse(URL).unwrap();
            let hash = content_hash(BODY.as_bytes());
            let text = string_to_sign(&target.path_and_query(), &now().rfc1123(), target.host(), &hash);
            let signature = hmac(key, &change(&text));
            self.set("Authorization", &format!("{PREFIX}{signature}"));
        }
    }

    /// The names of the steps that fail, and the words about the first.
    fn wrong(steps: &[Step]) -> (Vec<&'static str>, String) {
        let failed = || steps.iter().filter(|step| step.problem.is_some());
        let words = failed().next().and_then(|step| step.problem.clone()).unwrap_or_default();
        (failed().map(|step| step.name).collect(), words)
    }

    #[track_caller]
    fn check(steps: &[Step], names: &[&str], words: &str) {
        let (failed, said) = wrong(steps);
        assert_eq!(failed, names, "{said}");
        assert!(said.contains(words), "{said}");
    }

    #[test]
    fn a_good_delivery_passes_every_step() {
        let steps = case(Forgery::None, |case| case.late = Span::minutes(5));
        check(&steps, &[], "");
        assert!(steps.iter().all(|step| step.found.is_some()));
        assert_eq!(
            steps[4].expected,
            format!(
                "POST\n/hooks/vipps?shop=1\nFri, 20 Nov 2026 09:00:00 GMT;shop.example.com:8443;{}",
                content_hash(BODY.as_bytes())
            )
        );
        check(&case(Forgery::None, |case| case.remove("host")), &[], "");
    }

    #[test]
    fn each_forgery_fails_at_its_own_step() {
        for (forgery, names, words) in [
            (Forgery::WrongSecret, &["signature"][..], "none that a usual mistake leads to"),
            (Forgery::WrongHash, &["content-hash"], "that of another body"),
            (Forgery::StaleDate, &["age"], "10m old"),
            (Forgery::Missing, &["header", "signature"], "The header Authorization is missing."),
        ] {
            check(&case(forgery, |_| ()), names, words);
        }
        let steps = case(Forgery::WrongSecret, |_| ());
        assert_eq!(steps[4].found, None, "nobody can tell which text was signed");
    }

    #[test]
    fn mistakes_with_the_text_are_named() {
        for (change, words) in [
            (&(|text: &str| text.replace('\n', "\r\n")) as &dyn Fn(&str) -> String, "CRLF"),
            (&|text| format!("{text}\n"), "ended with a line break"),
            (&|text| text.replace(":8443", ""), "without its port; it is shop.example.com:8443"),
            (&|text| text.replace("?shop=1", ""), "without its query"),
            (&|text| text.replace("/hooks", "https://shop.example.com:8443/hooks"), "The whole URL"),
        ] {
            let steps = case(Forgery::None, |case| case.sign(SECRET, change));
            check(&steps, &["string-to-sign", "signature"], words);
            assert_eq!(steps[4].found, Some(change(&steps[4].expected)), "{words}");
        }
        let other = |case: &mut Case| {
            case.url = "https://proxy.example.com/hooks/vipps?shop=1";
        };
        check(
            &case(Forgery::None, other),
            &["host", "string-to-sign", "signature"],
            "the host proxy.example.com, the request shop.example.com:8443",
        );
    }

    #[test]
    fn mistakes_with_the_key_are_named() {
        let decoded = STANDARD.decode(SECRET).unwrap();
        let steps = case(Forgery::None, |case| case.sign(&decoded, str::to_owned));
        check(&steps, &["signature"], "decoded from base64");
        let steps = case(Forgery::None, |case| case.sign(format!("{SECRET}\n"), str::to_owned));
        check(&steps, &["signature"], "a line break at its end");
        let steps = case(Forgery::None, |case| case.secret.push(' '));
        check(&steps, &["signature"], "white space around it");
        let steps = case(Forgery::None, |case| case.sign(&decoded, |text| text.replace('\n', "\r\n")));
        check(&steps, &["string-to-sign", "signature"], "CRLF; LF alone is needed. Besides: The key was");
    }

    #[test]
    fn bodies_that_were_written_again_are_named() {
        let pretty = "{\n  \"msn\": \"123456\",\n  \"reference\": \"mock-order-0001\",\n  \"name\": \"CREATED\",\n  \"success\": true\n}";
        for (body, words) in [
            (pretty, "the same JSON without white space: the body was parsed"),
            (
                r#"{"success":true,"name":"CREATED","msn":"123456","reference":"mock-order-0001"}"#,
                "its members in the documented order",
            ),
            ("", "something read it before"),
            (&format!("{BODY}\n"), "white space at its end"),
            (r#"{"msn":"654321"}"#, "another body"),
        ] {
            check(&case(Forgery::None, |case| case.body = body.to_owned()), &["content-hash"], words);
        }
    }

    #[test]
    fn headers_that_were_lost_or_changed_are_named() {
        let lost = case(Forgery::None, |case| case.remove("authorization"));
        check(&lost, &["header"], "X-Vipps-Authorization has the same content");
        let basic = case(Forgery::None, |case| case.set("Authorization", "Basic c2hvcDpzaG9w"));
        check(&basic, &["header"], "X-Vipps-Authorization has what it was");
        let names = ["date", "string-to-sign", "signature", "age"];
        let dateless = case(Forgery::None, |case| case.remove("x-ms-date"));
        check(&dateless, &[names[0], names[2], names[3]], "x-ms-date is missing");
        let hashless = case(Forgery::None, |case| case.remove("x-ms-content-sha256"));
        check(&hashless, &["content-hash"], "is missing");
        let in_hex =
            case(Forgery::None, |case| case.set("x-ms-content-sha256", &hex(&content_hash(BODY.as_bytes()))));
        check(&in_hex, &["content-hash", "string-to-sign", "signature"], "in hexadecimal");
        let local = case(Forgery::None, |case| case.set("x-ms-date", "2026-11-20T09:00:00Z"));
        check(&local, &["date", "signature", "age"], "not an RFC 1123 time");
        let old = case(Forgery::None, |case| case.late = Span::minutes(181));
        check(&old, &["age"], "3h1m old");
    }
}
