//! The receipt of a create request: its structure, and whether it adds up.
//!
//! A receipt of the wrong structure refuses the payment. One that does not add up is left off, and the payment goes on.

use crate::domain::fields::{At, Fields};
use crate::domain::json::Json;
use crate::domain::money::Currency;
use crate::domain::read::{
    boolean, choice, integer, list, members, object, required_choice, required_integer, required_text, text,
};

/// A receipt that adds up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The order lines, at least one.
    pub lines: Vec<OrderLine>,
}

/// One line of a receipt. Amounts are in minor units.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderLine {
    /// What was bought.
    pub name: String,
    /// The price with tax and discount.
    pub total: i64,
    /// The price with discount, without tax.
    pub total_excluding_tax: i64,
    /// The tax.
    pub total_tax: i64,
    /// The tax rate in hundredths of a percent; `None` when both notations were given and so neither holds.
    pub tax_rate: Option<i64>,
    /// The quantity as written, with its unit.
    pub quantity: Option<(String, &'static str)>,
    /// Whether the line is a return.
    pub is_return: bool,
    /// Whether the line is for delivery.
    pub is_shipping: bool,
}

const UNITS: [(&str, &str); 6] =
    [("PCS", "PCS"), ("KG", "KG"), ("KM", "KM"), ("MINUTE", "MINUTE"), ("LITRE", "LITRE"), ("KWH", "KWH")];
const QUANTITY_PATTERN: &str = r"^\d+([\.]\d{1,8})?$";
const ANY: std::ops::RangeInclusive<i64> = i64::MIN..=i64::MAX;
const NOT_NEGATIVE: std::ops::RangeInclusive<i64> = 0..=i64::MAX;

impl Receipt {
    /// Reads the structure (OpenAPI 1.8.1: Receipt, OrderLine, UnitInfo, BottomLine).
    pub(super) fn read(value: &Json<'_>, at: &At<'_>, fields: &mut Fields) -> Option<Self> {
        let receipt = object(value, at, fields)?;
        members!(receipt, at, fields; lines = "orderLines", bottom_line = "bottomLine");
        let lines_at = at.member("orderLines");
        let lines = match lines {
            None => {
                fields.missing(&lines_at);
                Vec::new()
            }
            Some(lines) => list(lines, &lines_at, fields)?
                .iter()
                .enumerate()
                .filter_map(|(index, line)| OrderLine::read(line, &lines_at.index(index), fields))
                .collect(),
        };
        if matches!(value_of(value, "orderLines"), Some(Json::List(lines)) if lines.is_empty()) {
            fields.too_few(&lines_at, 1);
        }
        let bottom_line_at = at.member("bottomLine");
        match bottom_line {
            None => fields.missing(&bottom_line_at),
            Some(bottom_line) => read_bottom_line(bottom_line, &bottom_line_at, fields),
        }
        Some(Self { lines })
    }

    /// Checks that the receipt adds up to the payment's amount; says why when it does not.
    pub(super) fn check(&self, amount: u64) -> Result<(), String> {
        let mut sum = 0_i128;
        for (number, line) in self.lines.iter().enumerate() {
            let problem = |text: String| Err(format!("order line {} ({}): {text}", number + 1, line.name));
            let (total, net, tax) =
                (i128::from(line.total), i128::from(line.total_excluding_tax), i128::from(line.total_tax));
            if total != net + tax {
                return problem(format!(
                    "totalAmount {total} is not totalAmountExcludingTax {net} + totalTaxAmount {tax}"
                ));
            }
            let Some(rate) = line.tax_rate else {
                return problem("both taxRate and taxPercentage are set".into());
            };
            // Shops round the tax of a line to whole minor units.
            if (net * i128::from(rate) - tax * 10_000).abs() > 10_000 {
                return problem(format!(
                    "totalTaxAmount {tax} is not {rate} hundredths of a percent of {net}"
                ));
            }
            sum += if line.counts_negative() { -total.abs() } else { total };
        }
        if sum == i128::from(amount) {
            Ok(())
        } else {
            Err(format!("the order lines add up to {sum}, the payment's amount is {amount}"))
        }
    }
}

fn value_of<'j, 'a>(value: &'j Json<'a>, name: &str) -> Option<&'j Json<'a>> {
    let Json::Object(members) = value else { return None };
    members.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

impl OrderLine {
    /// Returns whether the line takes its total off the sum: a return does, however its total is signed.
    #[must_use]
    pub fn counts_negative(&self) -> bool {
        self.is_return || self.total < 0
    }

    /// Finds a unit of quantities by its word.
    #[must_use]
    pub fn unit(word: &str) -> Option<&'static str> {
        UNITS.iter().find(|(known, _)| *known == word).map(|(_, unit)| *unit)
    }

    fn read(value: &Json<'_>, at: &At<'_>, fields: &mut Fields) -> Option<Self> {
        let line = object(value, at, fields)?;
        members!(line, at, fields;
            name = "name", id = "id", total = "totalAmount", net = "totalAmountExcludingTax", tax = "totalTaxAmount",
            percentage = "taxPercentage", rate = "taxRate", unit_info = "unitInfo", discount = "discount",
            product_url = "productUrl", is_return = "isReturn", is_shipping = "isShipping");
        let name = required_text(name, &at.member("name"), fields);
        required_text(id, &at.member("id"), fields);
        let total = required_integer(total, &at.member("totalAmount"), fields, ANY);
        let total_excluding_tax = required_integer(net, &at.member("totalAmountExcludingTax"), fields, ANY);
        let total_tax = required_integer(tax, &at.member("totalTaxAmount"), fields, ANY);
        if percentage.is_none() && rate.is_none() {
            fields.missing(&at.member("taxRate"));
        }
        let percentage = integer(percentage, &at.member("taxPercentage"), fields, 0..=100);
        let rate = integer(rate, &at.member("taxRate"), fields, 0..=10_000);
        let quantity =
            unit_info.and_then(|unit_info| read_unit_info(unit_info, &at.member("unitInfo"), fields));
        integer(discount, &at.member("discount"), fields, NOT_NEGATIVE);
        text(product_url, &at.member("productUrl"), fields);
        let is_return = boolean(is_return, &at.member("isReturn"), fields).unwrap_or(false);
        let is_shipping = boolean(is_shipping, &at.member("isShipping"), fields).unwrap_or(false);
        let tax_rate = match (rate, percentage) {
            (Some(rate), None) => Some(rate),
            (None, Some(percentage)) => Some(percentage * 100),
            _ => None,
        };
        Some(Self {
            name: name?.into_owned(),
            total: total?,
            total_excluding_tax: total_excluding_tax?,
            total_tax: total_tax?,
            tax_rate,
            quantity,
            is_return,
            is_shipping,
        })
    }
}

fn read_unit_info(value: &Json<'_>, at: &At<'_>, fields: &mut Fields) -> Option<(String, &'static str)> {
    let unit_info = object(value, at, fields)?;
    members!(unit_info, at, fields; price = "unitPrice", quantity = "quantity", unit = "quantityUnit");
    // The price may be null but has to be there.
    if value_of(value, "unitPrice").is_none() {
        fields.missing(&at.member("unitPrice"));
    }
    integer(price, &at.member("unitPrice"), fields, NOT_NEGATIVE);
    let quantity_at = at.member("quantity");
    let quantity = required_text(quantity, &quantity_at, fields)?;
    fields.length(&quantity_at, &quantity, 0, 10);
    let (whole, fraction) = quantity.split_once('.').unwrap_or((&quantity, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 8 {
        fields.pattern(&quantity_at, QUANTITY_PATTERN);
    }
    let unit = choice(unit, &at.member("quantityUnit"), fields, &UNITS).unwrap_or("PCS");
    Some((quantity.into_owned(), unit))
}

/// Reads the bottom line. The specification's own example has it in a list of one, so that is taken too.
fn read_bottom_line(value: &Json<'_>, at: &At<'_>, fields: &mut Fields) {
    let value = match value {
        Json::List(values) if values.len() == 1 => &values[0],
        value => value,
    };
    let Some(bottom_line) = object(value, at, fields) else { return };
    members!(bottom_line, at, fields;
        currency = "currency", tip = "tipAmount", gift_card = "giftCardAmount", pos_id = "posId", total = "totalAmount",
        tax = "totalTax", discount = "totalDiscount", shipping_amount = "shippingAmount", shipping = "shippingInfo",
        sources = "paymentSources", barcode = "barcode", number = "receiptNumber", terminal = "terminalId");
    required_choice(currency, &at.member("currency"), fields, &Currency::ALL);
    for (value, name) in [
        (tip, "tipAmount"),
        (gift_card, "giftCardAmount"),
        (tax, "totalTax"),
        (discount, "totalDiscount"),
        (shipping_amount, "shippingAmount"),
    ] {
        integer(value, &at.member(name), fields, NOT_NEGATIVE);
    }
    integer(total, &at.member("totalAmount"), fields, ANY);
    for (value, name) in [(pos_id, "posId"), (number, "receiptNumber"), (terminal, "terminalId")] {
        text(value, &at.member(name), fields);
    }
    if let Some(shipping) = shipping {
        read_shipping_info(shipping, &at.member("shippingInfo"), fields);
    }
    if let Some(sources) = sources {
        read_payment_sources(sources, &at.member("paymentSources"), fields);
    }
    if let Some(barcode) = barcode {
        read_barcode(barcode, &at.member("barcode"), fields);
    }
}

/// Notes each member that is not there at all: a null is a value here.
fn require_members(value: &Json<'_>, at: &At<'_>, fields: &mut Fields, names: &[&str]) {
    for name in names {
        if value_of(value, name).is_none() {
            fields.missing(&at.member(name));
        }
    }
}

fn read_shipping_info(value: &Json<'_>, at: &At<'_>, fields: &mut Fields) {
    let Some(shipping) = object(value, at, fields) else { return };
    members!(shipping, at, fields;
        amount = "amount", net = "amountExcludingTax", tax = "taxAmount", percentage = "taxPercentage");
    require_members(value, at, fields, &["amount", "amountExcludingTax", "taxAmount", "taxPercentage"]);
    for (value, name) in [(amount, "amount"), (net, "amountExcludingTax"), (tax, "taxAmount")] {
        integer(value, &at.member(name), fields, NOT_NEGATIVE);
    }
    integer(percentage, &at.member("taxPercentage"), fields, 0..=100);
}

fn read_payment_sources(value: &Json<'_>, at: &At<'_>, fields: &mut Fields) {
    let Some(sources) = object(value, at, fields) else { return };
    members!(sources, at, fields; gift_card = "giftCard", card = "card", voucher = "voucher", cash = "cash");
    for (value, name) in [(gift_card, "giftCard"), (card, "card"), (voucher, "voucher"), (cash, "cash")] {
        integer(value, &at.member(name), fields, ANY);
    }
}

fn read_barcode(value: &Json<'_>, at: &At<'_>, fields: &mut Fields) {
    let Some(barcode) = object(value, at, fields) else { return };
    members!(barcode, at, fields; format = "format", data = "data");
    require_members(value, at, fields, &["format", "data"]);
    choice(format, &at.member("format"), fields, &[("EAN-13", ()), ("CODE 39", ()), ("CODE 128", ())]);
    text(data, &at.member("data"), fields);
}
