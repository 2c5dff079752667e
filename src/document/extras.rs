//! What few payments have: scopes, receipt, delivery.

use serde::{Deserialize, Serialize};

use super::flaw::{Flaw, each};
use crate::domain::payment::{
    DynamicOptions, Extras, OrderLine, QrFormat, Receipt, Scopes, Shipping, ShippingGroup, ShippingOption,
    check_url,
};
use crate::domain::url::UrlRule;

/// What few payments have. Absent members are the usual.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(crate) struct ExtrasData {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) scopes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) receipt: Option<ReceiptData>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) receipt_url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) shipping: Option<ShippingData>,
    #[serde(skip_serializing_if = "QrData::is_usual")]
    pub(crate) qr_format: QrData,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) minimum_age: Option<u8>,
    pub(crate) customer_present: bool,
    pub(crate) commercial_cards_blocked: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) legal_links: Vec<String>,
}

/// A receipt, or why it was left off.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum ReceiptData {
    Lines(Vec<LineData>),
    LeftOff(String),
}

/// A line of a receipt.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct LineData {
    pub(crate) name: String,
    pub(crate) total: i64,
    pub(crate) total_excluding_tax: i64,
    pub(crate) total_tax: i64,
    pub(crate) tax_rate: Option<i64>,
    pub(crate) quantity: Option<String>,
    pub(crate) unit: Option<String>,
    pub(crate) is_return: bool,
    pub(crate) is_shipping: bool,
}

/// How the goods can be delivered.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct ShippingData {
    pub(crate) groups: Vec<GroupData>,
    pub(crate) dynamic: Option<DynamicData>,
    pub(crate) allowed_countries: Vec<String>,
}

/// A carrier and its options.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct GroupData {
    pub(crate) kind: String,
    pub(crate) brand: String,
    pub(crate) options: Vec<OptionData>,
    pub(crate) is_default: bool,
    pub(crate) priority: Option<i64>,
}

/// One way of delivery.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct OptionData {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) cost: u64,
    pub(crate) is_default: bool,
    pub(crate) priority: Option<i64>,
    pub(crate) meta: Option<String>,
    pub(crate) estimated_delivery: Option<String>,
}

/// A merchant's server that is asked for options.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct DynamicData {
    pub(crate) callback_url: String,
    pub(crate) authorization: Option<String>,
}

/// What the QR flow answers with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum QrData {
    #[default]
    Svg,
    Png(u16),
    TargetUrl,
}

impl QrData {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
    fn is_usual(&self) -> bool {
        *self == Self::Svg
    }
}

impl From<&Extras> for ExtrasData {
    fn from(extras: &Extras) -> Self {
        Self {
            scopes: extras.scopes.words().map(str::to_owned).collect(),
            receipt: extras.receipt.as_ref().map(|receipt| match receipt {
                Ok(receipt) => ReceiptData::Lines(receipt.lines.iter().map(Into::into).collect()),
                Err(why) => ReceiptData::LeftOff(why.clone()),
            }),
            receipt_url: extras.receipt_url.clone(),
            shipping: extras.shipping.as_ref().map(Into::into),
            qr_format: match extras.qr_format {
                QrFormat::Svg => QrData::Svg,
                QrFormat::Png(size) => QrData::Png(size),
                QrFormat::TargetUrl => QrData::TargetUrl,
            },
            minimum_age: extras.minimum_age,
            customer_present: extras.customer_present,
            commercial_cards_blocked: extras.commercial_cards_blocked,
            legal_links: extras.legal_links.clone(),
        }
    }
}

impl TryFrom<ExtrasData> for Extras {
    type Error = Flaw;

    fn try_from(data: ExtrasData) -> Result<Self, Flaw> {
        let scopes = Scopes::parse(&data.scopes.join(" "));
        let receipt = match data.receipt {
            None => None,
            Some(ReceiptData::LeftOff(why)) => Some(Err(why)),
            Some(ReceiptData::Lines(lines)) => {
                let lines = each("lines", lines, OrderLine::try_from);
                Some(Ok(Receipt { lines: lines.map_err(|flaw| flaw.within("receipt"))? }))
            }
        };
        let shipping = data.shipping.map(Shipping::try_from).transpose();
        if let Some(url) = &data.receipt_url {
            check_url("receiptUrl", url, UrlRule::Page)?;
        }
        for url in &data.legal_links {
            check_url("legalLinks", url, UrlRule::Page)?;
        }
        Ok(Self {
            scopes: scopes.map_err(|rejection| Flaw::of("scopes", rejection.detail()))?,
            receipt,
            receipt_url: data.receipt_url,
            shipping: shipping.map_err(|flaw| flaw.within("shipping"))?,
            qr_format: match data.qr_format {
                QrData::Svg => QrFormat::Svg,
                QrData::Png(size) => QrFormat::Png(size),
                QrData::TargetUrl => QrFormat::TargetUrl,
            },
            minimum_age: data.minimum_age,
            customer_present: data.customer_present,
            commercial_cards_blocked: data.commercial_cards_blocked,
            legal_links: data.legal_links,
        })
    }
}

impl From<&OrderLine> for LineData {
    fn from(line: &OrderLine) -> Self {
        Self {
            name: line.name.clone(),
            total: line.total,
            total_excluding_tax: line.total_excluding_tax,
            total_tax: line.total_tax,
            tax_rate: line.tax_rate,
            quantity: line.quantity.as_ref().map(|(quantity, _)| quantity.clone()),
            unit: line.quantity.as_ref().map(|(_, unit)| (*unit).to_owned()),
            is_return: line.is_return,
            is_shipping: line.is_shipping,
        }
    }
}

impl TryFrom<LineData> for OrderLine {
    type Error = Flaw;

    fn try_from(line: LineData) -> Result<Self, Flaw> {
        let quantity = match (line.quantity, line.unit) {
            (None, None) => None,
            (Some(quantity), Some(unit)) => {
                let known = Self::unit(&unit);
                Some((quantity, known.ok_or_else(|| unknown("unit", &unit))?))
            }
            _ => return Err(Flaw::of("unit", "quantity and unit come together")),
        };
        Ok(Self {
            name: line.name,
            total: line.total,
            total_excluding_tax: line.total_excluding_tax,
            total_tax: line.total_tax,
            tax_rate: line.tax_rate,
            quantity,
            is_return: line.is_return,
            is_shipping: line.is_shipping,
        })
    }
}

impl From<&Shipping> for ShippingData {
    fn from(shipping: &Shipping) -> Self {
        Self {
            groups: shipping.groups.iter().map(Into::into).collect(),
            dynamic: shipping.dynamic.clone().map(|DynamicOptions { callback_url, authorization }| {
                DynamicData { callback_url, authorization }
            }),
            allowed_countries: shipping.allowed_countries.clone(),
        }
    }
}

impl TryFrom<ShippingData> for Shipping {
    type Error = Flaw;

    fn try_from(data: ShippingData) -> Result<Self, Flaw> {
        if let Some(dynamic) = &data.dynamic {
            check_url("callbackUrl", &dynamic.callback_url, UrlRule::Callback)
                .map_err(|broken| Flaw::from(broken).within("dynamic"))?;
        }
        Ok(Self {
            groups: each("groups", data.groups, ShippingGroup::try_from)?,
            dynamic: data.dynamic.map(|DynamicData { callback_url, authorization }| DynamicOptions {
                callback_url,
                authorization,
            }),
            allowed_countries: data.allowed_countries,
        })
    }
}

impl From<&ShippingGroup> for GroupData {
    fn from(group: &ShippingGroup) -> Self {
        let option = |option: &ShippingOption| {
            let ShippingOption { id, name, cost, is_default, priority, meta, estimated_delivery } =
                option.clone();
            OptionData { id, name, cost, is_default, priority, meta, estimated_delivery }
        };
        Self {
            kind: group.kind.into(),
            brand: group.brand.into(),
            options: group.options.iter().map(option).collect(),
            is_default: group.is_default,
            priority: group.priority,
        }
    }
}

impl TryFrom<GroupData> for ShippingGroup {
    type Error = Flaw;

    fn try_from(group: GroupData) -> Result<Self, Flaw> {
        let option = |option: OptionData| {
            let OptionData { id, name, cost, is_default, priority, meta, estimated_delivery } = option;
            ShippingOption { id, name, cost, is_default, priority, meta, estimated_delivery }
        };
        Ok(Self {
            kind: Self::kind(&group.kind).ok_or_else(|| unknown("kind", &group.kind))?,
            brand: Self::brand(&group.brand).ok_or_else(|| unknown("brand", &group.brand))?,
            options: group.options.into_iter().map(option).collect(),
            is_default: group.is_default,
            priority: group.priority,
        })
    }
}

fn unknown(member: &str, word: &str) -> Flaw {
    Flaw::of(member, format!("there is no \"{word}\""))
}
