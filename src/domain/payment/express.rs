//! Express: delivery options that the customer chooses from in the wallet.

use serde::Serialize;

use crate::domain::fields::{At, Fields};
use crate::domain::json::Json;
use crate::domain::money::{AmountGiven, Market};
use crate::domain::read::{
    Object, boolean, integer, list, members, object, required_choice, required_text, text,
};
use crate::domain::user::Address;

use super::given::read_amount;

/// The `shipping` of a create request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shipping {
    /// The options given in the request; empty with dynamic options.
    pub groups: Vec<ShippingGroup>,
    /// Where to ask for options.
    pub dynamic: Option<DynamicOptions>,
    /// The countries that are delivered to; empty means the sales unit's.
    pub allowed_countries: Vec<String>,
}

/// A carrier and its options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingGroup {
    /// `HOME_DELIVERY`, `PICKUP_POINT` and so on.
    pub kind: &'static str,
    /// The carrier.
    pub brand: &'static str,
    /// The options.
    pub options: Vec<ShippingOption>,
    /// Whether its default option is the one chosen beforehand.
    pub is_default: bool,
    /// Lower numbers stand higher.
    pub priority: Option<i64>,
}

/// One way of delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShippingOption {
    /// The merchant's id.
    pub id: String,
    /// What the customer reads.
    pub name: String,
    /// What it costs, in minor units of the payment's currency.
    pub cost: u64,
    /// Whether it is chosen beforehand.
    pub is_default: bool,
    /// Lower numbers stand higher.
    pub priority: Option<i64>,
    /// Anything more to show.
    pub meta: Option<String>,
    /// When it arrives, in words.
    pub estimated_delivery: Option<String>,
}

/// A merchant's server that is asked for delivery options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DynamicOptions {
    /// Its address.
    pub callback_url: String,
    /// What it wants in the `Authorization` header.
    pub authorization: Option<String>,
}

/// What the customer chose, as `shippingDetails` shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ShippingChoice {
    /// Where to.
    pub address: Address,
    /// What it costs, in minor units.
    pub shipping_cost: u64,
    /// The option's id.
    pub shipping_option_id: String,
    /// The option's name.
    pub shipping_option_name: String,
}

impl Shipping {
    /// Returns the countries that are delivered to.
    pub(super) fn countries(&self, market: Market) -> Vec<&str> {
        match self.allowed_countries.as_slice() {
            [] => vec![market.code()],
            allowed => allowed.iter().map(String::as_str).collect(),
        }
    }
}

/// Returns the option chosen beforehand: the default of the default group, else any default, else the first.
pub(super) fn default_option(groups: &[ShippingGroup]) -> Option<&ShippingOption> {
    let of_default = groups.iter().filter(|group| group.is_default).chain(groups);
    let mut options = of_default.flat_map(|group| &group.options);
    options.clone().find(|option| option.is_default).or_else(|| options.next())
}

/// Puts groups and their options in the order that customers see: by priority, those without one last.
pub(super) fn sorted(groups: impl Iterator<Item = ShippingGroup>) -> Vec<ShippingGroup> {
    let mut groups: Vec<_> = groups.collect();
    groups.sort_by_key(|group| group.priority.unwrap_or(i64::MAX));
    for group in &mut groups {
        group.options.sort_by_key(|option| option.priority.unwrap_or(i64::MAX));
    }
    groups
}

impl ShippingGroup {
    /// Finds a kind of delivery by its word.
    #[must_use]
    pub fn kind(word: &str) -> Option<&'static str> {
        KINDS.into_iter().find(|known| *known == word)
    }

    /// Finds a carrier by its word.
    #[must_use]
    pub fn brand(word: &str) -> Option<&'static str> {
        BRANDS.into_iter().find(|known| *known == word)
    }
}

/// `shipping` as a request gave it.
pub(super) struct ShippingGiven<'j> {
    pub groups: Option<Vec<GroupGiven>>,
    pub dynamic: Option<DynamicGiven<'j>>,
    pub allowed_countries: Vec<String>,
}

pub(super) struct GroupGiven {
    pub group: ShippingGroup,
    /// What each option costs, in the order of the options.
    pub amounts: Vec<AmountGiven>,
}

pub(super) struct DynamicGiven<'j> {
    pub callback_url: Option<std::borrow::Cow<'j, str>>,
    pub authorization: Option<std::borrow::Cow<'j, str>>,
}

const KINDS: [&str; 5] = ["HOME_DELIVERY", "PICKUP_POINT", "MAILBOX", "IN_STORE", "OTHER"];
const BRANDS: [&str; 13] = [
    "POSTEN",
    "BRING",
    "POSTNORD",
    "HELTHJEM",
    "PORTERBUDDY",
    "DHL",
    "INSTABOX",
    "FEDEX",
    "MATKAHUOLTO",
    "GLS",
    "POSTI",
    "GORDON",
    "OTHER",
];
const ANY: std::ops::RangeInclusive<i64> = i64::MIN..=i64::MAX;

/// Reads the structure (OpenAPI 1.8.1: Shipping, ShippingGroup, ShippingOption; `allowedCountries` since May 2026).
pub(super) fn read_shipping<'j>(
    value: &'j Json<'_>,
    at: &At<'_>,
    fields: &mut Fields,
) -> Option<ShippingGiven<'j>> {
    let shipping = object(value, at, fields)?;
    members!(shipping, at, fields;
        fixed = "fixedOptions", dynamic = "dynamicOptions", countries = "allowedCountries");
    if fixed.is_some() && dynamic.is_some() {
        fields.note(at, "The field Shipping must have either fixedOptions or dynamicOptions, not both.");
    }
    let fixed_at = at.member("fixedOptions");
    let groups = fixed.and_then(|fixed| list(fixed, &fixed_at, fields)).map(|groups| {
        let numbered = groups.iter().enumerate();
        numbered.filter_map(|(index, group)| read_group(group, &fixed_at.index(index), fields)).collect()
    });
    let dynamic_at = at.member("dynamicOptions");
    let dynamic = dynamic.and_then(|dynamic| object(dynamic, &dynamic_at, fields)).map(|dynamic| {
        members!(dynamic, dynamic_at, fields; url = "callbackUrl", token = "callbackAuthorizationToken");
        DynamicGiven {
            callback_url: text(url, &dynamic_at.member("callbackUrl"), fields),
            authorization: text(token, &dynamic_at.member("callbackAuthorizationToken"), fields),
        }
    });
    let allowed_countries =
        countries.map(|countries| read_countries(countries, at, fields)).unwrap_or_default();
    Some(ShippingGiven { groups, dynamic, allowed_countries })
}

fn read_countries(value: &Json<'_>, at: &At<'_>, fields: &mut Fields) -> Vec<String> {
    let at = at.member("allowedCountries");
    let countries = list(value, &at, fields).unwrap_or_default();
    let two_letters = |text: &str| text.len() == 2 && text.bytes().all(|b| b.is_ascii_uppercase());
    let read = countries.iter().enumerate().filter_map(|(index, country)| match country {
        Json::Text(code) if two_letters(code) => Some(code.to_string()),
        other => {
            fields.invalid(&at.index(index), other);
            None
        }
    });
    read.collect()
}

/// Reads a group. Its options and their amounts are those that could be read.
pub(super) fn read_group(value: &Json<'_>, at: &At<'_>, fields: &mut Fields) -> Option<GroupGiven> {
    let group = object(value, at, fields)?;
    members!(group, at, fields;
        kind = "type", brand = "brand", options = "options", is_default = "isDefault", priority = "priority");
    let kind = required_choice(kind, &at.member("type"), fields, &KINDS.map(|word| (word, word)));
    let brand = required_choice(brand, &at.member("brand"), fields, &BRANDS.map(|word| (word, word)));
    let is_default = boolean(is_default, &at.member("isDefault"), fields).unwrap_or(false);
    let priority = integer(priority, &at.member("priority"), fields, ANY);
    let options_at = at.member("options");
    let Some(options) = options else {
        fields.missing(&options_at);
        return None;
    };
    let (options, amounts) = list(options, &options_at, fields)?
        .iter()
        .enumerate()
        .filter_map(|(index, option)| {
            let at = options_at.index(index);
            read_option(object(option, &at, fields)?, &at, fields)
        })
        .unzip();
    Some(GroupGiven {
        group: ShippingGroup { kind: kind?, brand: brand?, options, is_default, priority },
        amounts,
    })
}

fn read_option(
    option: Object<'_, '_>,
    at: &At<'_>,
    fields: &mut Fields,
) -> Option<(ShippingOption, AmountGiven)> {
    members!(option, at, fields;
        id = "id", amount = "amount", name = "name", is_default = "isDefault", priority = "priority", meta = "meta",
        delivery = "estimatedDelivery");
    let id = required_text(id, &at.member("id"), fields);
    let name = required_text(name, &at.member("name"), fields);
    let amount = read_amount(amount, &at.member("amount"), fields);
    let is_default = boolean(is_default, &at.member("isDefault"), fields).unwrap_or(false);
    let priority = integer(priority, &at.member("priority"), fields, ANY);
    let meta = text(meta, &at.member("meta"), fields).map(Into::into);
    let estimated_delivery = text(delivery, &at.member("estimatedDelivery"), fields).map(Into::into);
    let amount = amount?;
    let option = ShippingOption {
        id: id?.into_owned(),
        name: name?.into_owned(),
        cost: amount.value.unwrap_or_default(),
        is_default,
        priority,
        meta,
        estimated_delivery,
    };
    Some((option, amount))
}
