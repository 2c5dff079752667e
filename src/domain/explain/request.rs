//! What is wrong with the request itself.

use super::{Refused, access, listed, short};
use crate::domain::errors::ErrorCode;
use crate::domain::json::Json;
use crate::domain::money::MAX_VALUE;
use crate::domain::operation::Operation;
use crate::domain::payment::Scope;
use crate::domain::text::length;

impl Refused<'_> {
    pub(super) fn explain_request(&self) -> Option<String> {
        let text = match self.rejection.code {
            ErrorCode::RequiredParameterMissing => self.parameter_missing()?,
            ErrorCode::AmountInvalid => self.amount_invalid()?,
            ErrorCode::ApproveFailed => {
                "The token in the body is none of this payment's. It is the one in the redirectUrl of the create answer; or leave it \
                 out and send {\"customer\":{\"phoneNumber\":…}}."
                    .into()
            }
            ErrorCode::PhoneNumberInvalid => format!(
                "customer.phoneNumber is \"{}\", which is not 9 to 15 digits: country code and number, without + or 00, such as \
                 4712345678.",
                self.text_at(&["customer", "phoneNumber"])?
            ),
            ErrorCode::PersonalQrInvalid => format!(
                "customer.personalQr is \"{}\", which is no user's code. GET /_sandbox/users/{{phoneNumber}} shows a user's \
                 personalQr.",
                self.text_at(&["customer", "personalQr"])?
            ),
            ErrorCode::CustomerTokenInvalid => {
                "No user has the customer.customerToken that was sent. GET /_sandbox/users/{phoneNumber} shows a user's customerToken."
                    .into()
            }
            ErrorCode::ScopeInvalid => self.scope_invalid(),
            ErrorCode::UrlInvalid => format!(
                "\"{}\" is none that the API takes: it takes https, or a custom scheme where no server is called. The sandbox also \
                 takes http to loopback and private addresses and names without a dot, unless --strict.",
                self.filled()?
            ),
            ErrorCode::MetadataTooMany => {
                format!("metadata has {} pairs; 5 are allowed.", self.metadata()?.len())
            }
            ErrorCode::MetadataDuplicateKey => {
                let pairs = self.metadata()?;
                let again = |(place, (key, _)): &(usize, &(_, _))| pairs[..*place].iter().any(|(other, _)| other == key);
                let (_, (key, _)) = pairs.iter().enumerate().find(again)?;
                format!("metadata has the key \"{}\" more than once.", short(key))
            }
            ErrorCode::MetadataKeyTooLong => {
                let longest = self.metadata()?.iter().map(|(key, _)| length(key)).max()?;
                format!("A metadata key has {longest} characters; 100 are allowed.")
            }
            ErrorCode::MetadataValueTooLong => {
                let texts = self.metadata()?.iter().filter_map(|(key, value)| Some((key, value.as_text()?)));
                let (key, value) = texts.max_by_key(|(_, value)| length(value))?;
                format!("The value of metadata.{} has {} characters; 500 are allowed.", short(key), length(&value))
            }
            ErrorCode::PaymentMethodInvalid => {
                "CARD_PASSTHROUGH and cardPassthrough are for payment service providers. A merchant's payment has the type WALLET or \
                 CARD."
                    .into()
            }
            _ => return access::fields(&self.rejection.fields),
        };
        Some(text)
    }

    /// What stands in the place of the one placeholder of the row's text.
    pub(super) fn filled(&self) -> Option<String> {
        let template = self.rejection.code.spec().detail;
        let (before, rest) = template.split_once('{')?;
        let (_, after) = rest.split_once('}')?;
        Some(short(self.rejection.detail().strip_prefix(before)?.strip_suffix(after)?))
    }

    pub(super) fn value_at(&self, path: &[&str]) -> Option<&Json<'_>> {
        path.iter().try_fold(self.body?, |value, name| value.member(name))
    }

    pub(super) fn text_at(&self, path: &[&str]) -> Option<String> {
        Some(short(&self.value_at(path)?.to_string()))
    }

    fn metadata(&self) -> Option<&[(std::borrow::Cow<'_, str>, Json<'_>)]> {
        match self.value_at(&["metadata"])? {
            Json::Object(pairs) => Some(pairs),
            _ => None,
        }
    }

    fn parameter_missing(&self) -> Option<String> {
        let why = match (self.filled()?.as_str(), self.operation) {
            ("customer", Some(Operation::Approve)) => {
                "Neither the payment nor the body says who approves. Send {\"customer\":{\"phoneNumber\":\"4712345678\"}}."
            }
            ("customer", _) => "userFlow PUSH_MESSAGE needs customer: the message goes to somebody's phone.",
            ("returnUrl", _) => {
                "userFlow WEB_REDIRECT needs returnUrl: the customer has to come back to somewhere."
            }
            ("callbackUrl", _) => {
                "shipping.dynamicOptions needs callbackUrl: the delivery options are asked for there."
            }
            _ => return None,
        };
        Some(why.into())
    }

    fn amount_invalid(&self) -> Option<String> {
        let create = self.operation == Some(Operation::Create);
        let (member, least) = if create { ("amount", 0) } else { ("modificationAmount", 1) };
        let value = self.value_at(&[member, "value"])?;
        let whole = value.as_integer().and_then(|value| u64::try_from(value).ok());
        if create && whole.is_some_and(|value| value <= MAX_VALUE) {
            return Some(format!(
                "The amount of a shipping option is no whole number from 0 to {MAX_VALUE}. Amounts are in minor units."
            ));
        }
        let shown = match value {
            Json::Text(text) => format!("the text \"{}\"", short(text)),
            other => short(&other.to_string()),
        };
        Some(format!(
            "{member}.value is {shown}, which is no whole number from {least} to {MAX_VALUE}. Amounts are in minor units: 319,00 is \
             31900."
        ))
    }

    fn scope_invalid(&self) -> String {
        let known = |word: &str| Scope::ALL.iter().any(|(scope, _)| *scope == word);
        let scope = self.value_at(&["profile", "scope"]).and_then(Json::as_text).unwrap_or_default();
        match scope.split_whitespace().find(|word| !known(word)) {
            Some(word) => {
                let words: Vec<_> = Scope::ALL.iter().map(|(word, _)| (*word).to_owned()).collect();
                format!("profile.scope has \"{}\", which is none of {}.", short(word), listed(&words))
            }
            None => format!(
                "A payment with shipping asks for exactly \"name address email phoneNumber\" in profile.scope, in any order; this one \
                 asks for \"{}\".",
                short(&scope)
            ),
        }
    }
}
