//! What the sales unit may not do.

use super::{Facts, Refused};
use crate::domain::errors::ErrorCode;

impl Refused<'_> {
    pub(super) fn explain_merchant(&self) -> Option<String> {
        let text = match self.rejection.code {
            ErrorCode::CurrencyInvalid => self.wrong_currency()?,
            ErrorCode::ScopeIllegal => {
                let scope = self.filled()?;
                self.not_allowed(&format!("profile.scope asks for {scope}"), "restrictedScopes", true)
            }
            ErrorCode::PushMessageNotAllowed => {
                self.not_allowed("userFlow is PUSH_MESSAGE", "pushMessage", true)
            }
            ErrorCode::LongLivingNotAllowed => self.not_allowed("expiresAt is set", "longLiving", true),
            ErrorCode::ExpressNotAllowed => self.not_allowed("shipping is set", "express", true),
            ErrorCode::BankAccountNotVerified => {
                self.not_allowed("A payment is to be created", "bankAccountVerified", false)
            }
            ErrorCode::BlockedSourcesNotApplicable => format!(
                "paymentMethod.blockedSources is set, and {} is Norwegian: only Danish and Finnish ones can block cards. Leave it out.",
                lower_first(&self.unit())
            ),
            _ => return None,
        };
        Some(text)
    }

    /// Names the setting that stands in the way, and the call that changes it.
    pub(super) fn not_allowed(&self, asked: &str, setting: &str, is_permission: bool) -> String {
        let unit = self.msn_in_path();
        let (name, body) = if is_permission {
            (format!("permissions.{setting}"), format!("{{\"permissions\":{{\"{setting}\":true}}}}"))
        } else {
            (setting.to_owned(), format!("{{\"{setting}\":true}}"))
        };
        format!(
            "{asked}, and {}'s {name} is false. PUT /_sandbox/sales-units/{unit} with {body} allows it.",
            lower_first(&self.unit())
        )
    }

    fn wrong_currency(&self) -> Option<String> {
        match self.facts()? {
            Facts::Market(market) => {
                let (unit, currency) = (self.unit(), market.currency().code());
                let asked = self.asked().map(|asked| asked.currency).filter(|asked| asked != currency);
                Some(match asked {
                    Some(asked) => {
                        format!(
                            "{unit} is {}: it takes {currency}, and the request has {asked}.",
                            market.adjective()
                        )
                    }
                    None => format!(
                        "{unit} is {}: it takes {currency}, and a shipping option has another currency.",
                        market.adjective()
                    ),
                })
            }
            Facts::Payment(payment) => {
                let currency = payment.amount.currency.code();
                Some(format!("The payment is in {currency}; you asked for {}.", self.asked()?))
            }
            _ => None,
        }
    }
}

fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_lowercase().chain(letters).collect()).unwrap_or_default()
}
