//! Paths, keys, tokens, limits, sales units and headers.

use super::{Facts, Refused, TokenFault, listed, short};
use crate::domain::errors::{ErrorCode, FieldNote};
use crate::domain::operation::Operation;

const KEY: &str = "ocp-apim-subscription-key";

impl Refused<'_> {
    pub(super) fn explain_access(&self) -> Option<String> {
        let text = match self.rejection.code {
            ErrorCode::RouteUnknown => self.no_such_path(),
            ErrorCode::SubscriptionKeyMissing => {
                "The request has no Ocp-Apim-Subscription-Key header, or an empty one. Send the \
                 sales unit's key; with --credentials any, any text will do."
                    .into()
            }
            ErrorCode::SubscriptionKeyInvalid if (self.header)(KEY).len() > 1 => {
                "The Ocp-Apim-Subscription-Key header came more than once, with different values. Send one."
                    .into()
            }
            ErrorCode::SubscriptionKeyInvalid => {
                "No sales unit has the subscription key that was sent. GET /_sandbox/sales-units \
                 shows those that are good; with --credentials any, any key is."
                    .into()
            }
            ErrorCode::BearerTokenRefused => self.token_refused(),
            ErrorCode::TokenRequestIncomplete => {
                let missing = |name: &&&str| (self.header)(name).iter().all(|value| value.trim().is_empty());
                match ["client_id", "client_secret"].iter().find(missing) {
                    Some(name) => format!(
                        "The request has no {name} header, or an empty one. client_id, client_secret and the subscription key are \
                         headers of this call; its body is not read."
                    ),
                    None => "client_id or client_secret came more than once, with different values. Send each once.".into(),
                }
            }
            ErrorCode::ClientUnknown => format!(
                "The subscription key belongs to {}, whose client_id is another. Send the client_id that goes with the key.",
                self.key_owners()?
            ),
            ErrorCode::ClientSecretInvalid => format!(
                "Key and client_id are those of {}, but the client_secret is not.",
                self.key_owners()?
            ),
            ErrorCode::RateLimitExceeded => {
                let Some(Facts::Limit { calls, seconds }) = self.facts() else { return None };
                let operation = self.operation.map_or("this call", Operation::name);
                format!(
                    "{calls} calls a minute of {operation} are allowed for one reference, and there were more. The next one is \
                     possible in {seconds} s. The limits hold because of --rate-limits enforce."
                )
            }
            ErrorCode::SalesUnitNotAllowed => format!(
                "{}'s permissions.payments is false. PUT /_sandbox/sales-units/{} with {{\"permissions\":{{\"payments\":true}}}} \
                 allows it.",
                self.unit(),
                self.msn_in_path()
            ),
            ErrorCode::MsnInvalid => self.msn_invalid(),
            _ => return fields(&self.rejection.fields),
        };
        Some(text)
    }

    fn key_owners(&self) -> Option<String> {
        let Some(Facts::KeyOf(units)) = self.facts() else { return None };
        let units: Vec<_> = units.iter().take(5).map(ToString::to_string).collect();
        let noun = if units.len() == 1 { "sales unit" } else { "the sales units" };
        Some(format!("{noun} {}", listed(&units)))
    }

    fn msn_invalid(&self) -> String {
        match self.key_owners() {
            Some(owners) => format!(
                "The subscription key belongs to {owners}, and Merchant-Serial-Number names another. Send the MSN that goes with \
                 the key."
            ),
            None => "The sandbox holds as many sales units as it can, so this MSN cannot become one. Delete some, or reset the \
                 sandbox."
                .into(),
        }
    }

    fn token_refused(&self) -> String {
        let values = (self.header)("authorization");
        let wrong = match values.first().map(|value| value.trim()) {
            None | Some("") => "The request has no Authorization header, or an empty one.".to_owned(),
            Some(first) if values.iter().any(|other| other.trim() != first) => {
                "The Authorization header came more than once, with different values.".into()
            }
            Some(first) => match (first.strip_prefix("Bearer ").map(str::trim), self.facts()) {
                (_, Some(Facts::Token(TokenFault::Over))) => {
                    "The token was issued here and is over: it lasts an hour of the machine's time, and POST \
                     /_sandbox/tokens/expire ends it."
                        .into()
                }
                (_, Some(Facts::Token(TokenFault::Foreign))) => {
                    "The token was not issued by this sandbox, which takes only its own with --credentials configured.".into()
                }
                (_, Some(Facts::Token(TokenFault::OfOther(msn)))) => {
                    let owner = msn.map_or("no sales unit".into(), |msn| format!("sales unit {msn}"));
                    format!("The token was issued for {owner}, and the subscription key belongs to another.")
                }
                (Some(""), _) => "There is no token behind \"Bearer \".".into(),
                _ => "The Authorization header does not begin with \"Bearer \", in this case and with one space.".into(),
            },
        };
        format!("{wrong} Send \"Authorization: Bearer <token>\" with a token of POST /accesstoken/get.")
    }

    fn no_such_path(&self) -> String {
        let (method, path) = (self.method, self.path);
        let shown = format!("{} {}", short(method), short(path));
        let calls = |path: &str| -> Vec<String> {
            let fitting = Operation::ALL.into_iter().filter(|operation| fits(operation.call().1, path));
            fitting.map(|operation| format!("{} ({})", operation.call().0, operation.name())).collect()
        };
        let here = calls(path);
        if !here.is_empty() {
            return format!("{shown} is no call of the API: this path takes {}.", listed(&here));
        }
        let tried = [
            path.trim_end_matches('/').to_owned(),
            format!("/epayment{path}"),
            format!("/epayment/v1{path}"),
        ];
        match tried.iter().find(|tried| !calls(tried).is_empty()) {
            Some(tried) => {
                format!(
                    "{shown} is no call of the API: the path is {}, which takes {}.",
                    short(tried),
                    listed(&calls(tried))
                )
            }
            None => {
                let mut paths: Vec<_> =
                    Operation::ALL.into_iter().map(|operation| operation.call().1.to_owned()).collect();
                // Two calls with one path stand beside each other.
                paths.dedup();
                format!("{shown} is no call of the API. Its paths are {}.", listed(&paths))
            }
        }
    }
}

/// Whether a path has the form of a template such as `/epayment/v1/payments/{reference}`.
fn fits(template: &str, path: &str) -> bool {
    let (wanted, given) = (template.split('/'), path.split('/'));
    wanted.clone().count() == given.clone().count()
        && wanted.zip(given).all(|(wanted, given)| match wanted.starts_with('{') {
            true => !given.is_empty(),
            false => wanted.eq_ignore_ascii_case(given),
        })
}

/// Says what is wrong with each field.
pub(super) fn fields(notes: &[FieldNote]) -> Option<String> {
    const MOST: usize = 5;
    let told = notes.iter().take(MOST).map(|FieldNote { name, reason }| format!("{}: {reason}", short(name)));
    let told: Vec<_> = told.collect();
    let more = match notes.len().saturating_sub(MOST) {
        0 => String::new(),
        more => format!(" {more} more are in the answer."),
    };
    (!told.is_empty()).then(|| told.join(" ") + &more)
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn paths_fit_templates_in_any_case() {
        assert!(fits("/epayment/v1/payments/{reference}", "/ePayment/V1/payments/abc"));
        assert!(!fits("/epayment/v1/payments/{reference}", "/epayment/v1/payments/"));
        assert!(!fits("/epayment/v1/payments", "/epayment/v1/payments/abc"));
    }
}
