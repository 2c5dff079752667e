//! What a customer can have delivered where: the fixed options, or what the merchant's server answers when it is asked
//! (dynamic options).

use std::fmt;

use super::approve::CustomerRefusal;
use super::express::{ShippingGroup, ShippingOption, default_option, read_group, sorted};
use super::{Order, Payment};
use crate::domain::digits::PhoneNumber;
use crate::domain::errors::FieldNote;
use crate::domain::fields::{At, Fields};
use crate::domain::json::Json;
use crate::domain::money::{AmountGiven, Currency, MAX_VALUE, Market};
use crate::domain::read::{list, members, object};
use crate::domain::time::Timestamp;
use crate::domain::user::{Address, User};

/// The delivery options that a customer can choose from, and where to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The customer.
    pub customer: PhoneNumber,
    /// Where to.
    pub address: Address,
    /// The options, in the order in which the customer sees them.
    pub groups: Vec<ShippingGroup>,
}

impl Offer {
    /// Returns the options in the order in which the customer sees them.
    pub fn options(&self) -> impl Iterator<Item = &ShippingOption> {
        self.groups.iter().flat_map(|group| &group.options)
    }

    /// Returns the option chosen beforehand: the default of the default group, else any default, else the first.
    #[must_use]
    pub fn default_option(&self) -> Option<&ShippingOption> {
        default_option(&self.groups)
    }
}

/// How a customer comes to delivery options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delivery<'p> {
    /// Nothing is delivered.
    None,
    /// The options are known.
    Known(Offer),
    /// The merchant's server has to be asked.
    Ask {
        /// Its address.
        callback_url: &'p str,
        /// What it wants in the `Authorization` header.
        authorization: Option<&'p str>,
        /// Where to deliver.
        address: Address,
    },
}

/// Why a merchant's server gave no delivery options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoOffer {
    /// It answered 400: it does not deliver to the address.
    NotThere(Box<Address>),
    /// It answered with another status that is no success.
    Status(u16),
    /// It gave no whole answer: why, in a few words.
    Failed(String),
    /// Its answer is not JSON: the parser's message.
    NotJson(String),
    /// Its answer has members that are wrong.
    Invalid(Box<[FieldNote]>),
}

impl fmt::Display for NoOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 5;
        match self {
            Self::NotThere(to) => write!(
                f,
                "it answered 400, which says that it does not deliver to {}, {} {}, {}.",
                to.address_line1, to.post_code, to.city, to.country
            ),
            Self::Status(status) => write!(
                f,
                "it answered {status}. 200 with {{\"groups\":[...]}} gives options, 400 says that it does not deliver there."
            ),
            Self::Failed(why) => write!(f, "{why}."),
            Self::NotJson(why) => write!(f, "its answer is not valid JSON: {why}."),
            Self::Invalid(notes) => {
                f.write_str("its answer is wrong.")?;
                for FieldNote { name, reason } in notes.iter().take(MOST) {
                    write!(f, " {name}: {reason}")?;
                }
                match notes.len().saturating_sub(MOST) {
                    0 => Ok(()),
                    more => write!(f, " {more} more members are wrong."),
                }
            }
        }
    }
}

impl<'p> Payment<'p> {
    /// Finds out how this customer comes to the delivery options of a payment that waits for them. `address` is the place of
    /// one among the customer's; without it, the first one that is delivered to.
    ///
    /// # Errors
    ///
    /// Why the customer cannot approve, whatever the options are.
    pub fn delivery(
        self,
        user: &User,
        market: Market,
        address: Option<usize>,
        now: Timestamp,
    ) -> Result<Delivery<'p>, CustomerRefusal> {
        self.waits_for(user, now)?;
        self.delivery_to(user, market, address)
    }

    pub(super) fn delivery_to(
        self,
        user: &User,
        market: Market,
        address: Option<usize>,
    ) -> Result<Delivery<'p>, CustomerRefusal> {
        let Some(shipping) = self.order.extras().and_then(|extras| extras.shipping.as_ref()) else {
            return Ok(Delivery::None);
        };
        let address = self
            .order
            .addresses(user, market)
            .find(|(place, _)| address.is_none_or(|wanted| wanted == *place))
            .map(|(_, address)| address.clone())
            .ok_or_else(|| CustomerRefusal::NoAddress(shipping.countries(market).join(", ")))?;
        Ok(match &shipping.dynamic {
            None => {
                let groups = shipping.groups.clone();
                Delivery::Known(Offer { customer: user.phone_number, address, groups })
            }
            Some(dynamic) => Delivery::Ask {
                callback_url: &dynamic.callback_url,
                authorization: dynamic.authorization.as_deref(),
                address,
            },
        })
    }
}

impl Order {
    /// Returns the addresses of a customer that the payment can be delivered to, with their places among all of them.
    pub fn addresses<'u>(
        &self,
        user: &'u User,
        market: Market,
    ) -> impl Iterator<Item = (usize, &'u Address)> + use<'_, 'u> {
        let shipping = self.extras().and_then(|extras| extras.shipping.as_ref());
        let countries = shipping.map(|shipping| shipping.countries(market)).unwrap_or_default();
        let numbered = user.addresses.iter().enumerate();
        numbered.filter(move |(_, address)| countries.contains(&address.country.as_str()))
    }

    /// Returns whether the delivery options have to be asked for before a customer can approve.
    #[must_use]
    pub fn asks_for_options(&self) -> bool {
        let shipping = self.extras().and_then(|extras| extras.shipping.as_ref());
        shipping.is_some_and(|shipping| shipping.dynamic.is_some())
    }
}

/// Reads what a merchant's server answered with a status of success. The options obey the rules of those in a create
/// request; unknown members are wrong only when `strict`.
///
/// # Errors
///
/// What is wrong with it.
pub fn read_offer(body: &str, currency: Currency, strict: bool) -> Result<Vec<ShippingGroup>, NoOffer> {
    let body = Json::parse(body.as_bytes()).map_err(NoOffer::NotJson)?;
    let mut fields = Fields::new(strict);
    let read = read_groups(&body, &mut fields);
    let invalid = |fields: Fields| NoOffer::Invalid(fields.reject().fields);
    let Some((groups, amounts)) = read.filter(|_| fields.is_empty()) else { return Err(invalid(fields)) };
    // Only where every group and option is sound do their numbers tell which one an amount belongs to.
    let at = At::ROOT.member("groups");
    for (index, amounts) in amounts.iter().enumerate() {
        let (at, place) = (at.index(index), "options");
        let at = at.member(place);
        for (index, amount) in amounts.iter().enumerate() {
            let at = at.index(index);
            check_amount(amount, currency, &at.member("amount"), &mut fields);
        }
    }
    if fields.is_empty() { Ok(sorted(groups.into_iter())) } else { Err(invalid(fields)) }
}

fn check_amount(amount: &AmountGiven, currency: Currency, at: &At<'_>, fields: &mut Fields) {
    if amount.value.is_none() {
        fields.note(&at.member("value"), format!("It must be a whole number from 0 to {MAX_VALUE}."));
    }
    if amount.currency != currency {
        let (theirs, ours) = (amount.currency.code(), currency.code());
        fields.note(&at.member("currency"), format!("It is {theirs}, and the payment is in {ours}."));
    }
}

/// The groups, and what their options cost.
type Groups = (Vec<ShippingGroup>, Vec<Vec<AmountGiven>>);

fn read_groups(body: &Json<'_>, fields: &mut Fields) -> Option<Groups> {
    let at = &At::ROOT;
    let body = object(body, at, fields)?;
    members!(body, at, fields; groups = "groups");
    let at = at.member("groups");
    let Some(groups) = groups else {
        fields.missing(&at);
        return None;
    };
    let groups = list(groups, &at, fields)?;
    if groups.is_empty() {
        fields.too_few(&at, 1);
    }
    let read = groups.iter().enumerate().filter_map(|(index, group)| {
        let at = at.index(index);
        let given = read_group(group, &at, fields)?;
        if given.amounts.is_empty() {
            fields.too_few(&at.member("options"), 1);
        }
        Some((given.group, given.amounts))
    });
    Some(read.unzip())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<ShippingGroup>, NoOffer> {
        read_offer(body, Currency::Nok, false)
    }

    fn group(options: &str) -> String {
        format!(r#"{{"groups":[{{"type":"MAILBOX","brand":"POSTEN","priority":2,"options":[{options}]}}]}}"#)
    }

    const OPTION: &str = r#"{"id":"a","name":"A","amount":{"currency":"NOK","value":100},"unknown":1}"#;

    #[test]
    fn options_are_read_and_put_in_order() {
        let first = r#"{"id":"b","name":"B","priority":1,"amount":{"currency":"NOK","value":0}}"#;
        let groups = read(&group(&format!("{OPTION},{first}"))).unwrap();
        let ids: Vec<_> = groups[0].options.iter().map(|option| (&*option.id, option.cost)).collect();
        assert_eq!(ids, [("b", 0), ("a", 100)]);
        assert_eq!(default_option(&groups).unwrap().id, "b");
    }

    #[test]
    fn what_is_wrong_is_named_by_its_place() {
        let of = |body: &str| match read(body) {
            Err(NoOffer::Invalid(notes)) => notes.iter().map(|note| note.name.to_string()).collect(),
            other => vec![format!("{other:?}")],
        };
        let dkk = OPTION.replace("NOK", "DKK");
        let decimal = OPTION.replace("100", "1.5");
        let negative = OPTION.replace("100", "-1");
        for (body, wrong) in [
            ("[]".to_owned(), vec!["body"]),
            ("{}".to_owned(), vec!["groups"]),
            (r#"{"groups":null}"#.to_owned(), vec!["groups"]),
            (r#"{"groups":[]}"#.to_owned(), vec!["groups"]),
            (
                r#"{"groups":[{"brand":"X"}]}"#.to_owned(),
                vec!["groups[0].type", "groups[0].brand", "groups[0].options"],
            ),
            (group(""), vec!["groups[0].options"]),
            (
                group(&format!("{OPTION},{{}}")),
                vec!["groups[0].options[1].id", "groups[0].options[1].name", "groups[0].options[1].amount"],
            ),
            (group(&format!("{OPTION},{dkk}")), vec!["groups[0].options[1].amount.currency"]),
            (
                group(&format!("{decimal},{negative}")),
                vec!["groups[0].options[0].amount.value", "groups[0].options[1].amount.value"],
            ),
        ] {
            assert_eq!(of(&body), wrong, "{body}");
        }
        assert!(matches!(read("<html>"), Err(NoOffer::NotJson(_))));
        assert!(matches!(read(""), Err(NoOffer::NotJson(_))));
    }

    #[test]
    fn unknown_members_count_only_when_strict() {
        let body = group(OPTION);
        assert!(read(&body).is_ok());
        let told = read_offer(&body, Currency::Nok, true).unwrap_err().to_string();
        assert!(told.contains("groups[0].options[0].unknown: "), "{told}");
    }

    #[test]
    fn an_answer_full_of_mistakes_is_told_in_a_few_words() {
        let options = vec!["{}"; 1000].join(",");
        let told = read(&group(&options)).unwrap_err().to_string();
        assert!(told.len() < 500 && told.ends_with("95 more members are wrong."), "{told}");
    }
}
