//! The structure of a create request: types, required members, and the rules that have no code of their own.

use std::borrow::Cow;

use super::{CreateRequest, Metadata};
use crate::domain::errors::Rejection;
use crate::domain::fields::{At, Fields};
use crate::domain::json::Json;
use crate::domain::payment::express::read_shipping;
use crate::domain::payment::given::{read_amount, read_customer};
use crate::domain::payment::texts::{MAX_DESCRIPTION, MAX_RETURN_URL};
use crate::domain::payment::{PaymentMethod, QrFormat, Receipt, UserFlow};
use crate::domain::read::{
    choice, integer, list, members, object, required_choice, required_text, required_text_of, text,
};
use crate::domain::text::{REFERENCE_PATTERN, is_reference};
use crate::domain::time::Timestamp;

const METHODS: [(&str, PaymentMethod); 3] = [
    ("WALLET", PaymentMethod::Wallet),
    ("CARD", PaymentMethod::Card),
    ("CARD_PASSTHROUGH", PaymentMethod::CardPassthrough),
];
const FLOWS: [(&str, UserFlow); 4] = [
    ("PUSH_MESSAGE", UserFlow::PushMessage),
    ("NATIVE_REDIRECT", UserFlow::NativeRedirect),
    ("WEB_REDIRECT", UserFlow::WebRedirect),
    ("QR", UserFlow::Qr),
];
/// The vendor's pattern of `expiresAt` (OpenAPI 1.8.1).
const EXPIRES_AT_PATTERN: &str = r"^((?:(\d{4}-\d{2}-\d{2})(T|t)(\d{2}:\d{2}:\d{2}(?:\.\d+)?))(Z|z|([+-](?:2[0-3]|[01][0-9]):[0-5][0-9])))$";

impl<'j> CreateRequest<'j> {
    /// Reads a create request. Unknown members are ignored, or noted when `strict`.
    ///
    /// # Errors
    ///
    /// `BodyInvalid` with all offending fields.
    pub fn read(body: &'j Json<'_>, strict: bool) -> Result<Self, Rejection> {
        let at = &At::ROOT;
        let mut fields = Fields::new(strict);
        let fields = &mut fields;
        let Some(body) = object(body, at, fields) else { return Err(std::mem::take(fields).reject()) };
        members!(body, at, fields;
            amount = "amount", customer = "customer", minimum_age = "minimumUserAge", interaction = "customerInteraction",
            industry = "industryData", method = "paymentMethod", profile = "profile", reference = "reference",
            return_url = "returnUrl", flow = "userFlow", expires_at = "expiresAt", qr_format = "qrFormat",
            description = "paymentDescription", receipt = "receipt", metadata = "metadata", receipt_url = "receiptUrl",
            shipping = "shipping", card_passthrough = "cardPassthrough", legal = "merchantLegalLinks");
        let amount = read_amount(amount, &at.member("amount"), fields);
        let customer = customer.and_then(|customer| read_customer(customer, &at.member("customer"), fields));
        let age_at = at.member("minimumUserAge");
        let minimum_age =
            integer(minimum_age, &age_at, fields, 0..=100).and_then(|age| u8::try_from(age).ok());
        let interactions = [("CUSTOMER_PRESENT", true), ("CUSTOMER_NOT_PRESENT", false)];
        let customer_present = choice(interaction, &at.member("customerInteraction"), fields, &interactions);
        if let Some(industry) = industry {
            read_industry_data(industry, &at.member("industryData"), fields);
        }
        let method = read_method(method, &at.member("paymentMethod"), fields);
        let scope = profile.and_then(|profile| read_profile(profile, &at.member("profile"), fields));
        let reference = read_reference(reference, &at.member("reference"), fields);
        let return_url_at = at.member("returnUrl");
        let return_url = text(return_url, &return_url_at, fields).filter(|url| !url.is_empty());
        if let Some(url) = &return_url {
            fields.length(&return_url_at, url, 0, MAX_RETURN_URL);
        }
        let flow = required_choice(flow, &at.member("userFlow"), fields, &FLOWS);
        let expires_at = expires_at.and_then(|time| read_expires_at(time, &at.member("expiresAt"), fields));
        let qr_format = qr_format.filter(|_| flow == Some(UserFlow::Qr));
        let qr_format = qr_format.and_then(|format| read_qr_format(format, &at.member("qrFormat"), fields));
        let description_at = at.member("paymentDescription");
        let description = text(description, &description_at, fields);
        if let Some(description) = &description {
            fields.length(&description_at, description, 3, MAX_DESCRIPTION);
        }
        let receipt = receipt.and_then(|receipt| Receipt::read(receipt, &at.member("receipt"), fields));
        let metadata = metadata.and_then(|metadata| read_metadata(metadata, &at.member("metadata"), fields));
        let receipt_url = text(receipt_url, &at.member("receiptUrl"), fields);
        let shipping_at = at.member("shipping");
        let shipping = shipping.and_then(|shipping| read_shipping(shipping, &shipping_at, fields));
        if let Some(passthrough) = card_passthrough {
            object(passthrough, &at.member("cardPassthrough"), fields);
        }
        let legal_links =
            legal.map(|legal| read_legal_links(legal, &at.member("merchantLegalLinks"), fields));

        if let (Some((method, _)), Some(flow)) = (method, flow) {
            wallet_rules(method, flow, expires_at.is_some(), shipping.is_some(), fields);
        }
        let (Some(amount), Some((method, commercial_cards_blocked)), Some(reference), Some(flow)) =
            (amount, method, reference, flow)
        else {
            return Err(std::mem::take(fields).reject());
        };
        std::mem::take(fields).finish()?;
        Ok(Self {
            amount,
            customer,
            method,
            flow,
            reference,
            return_url,
            description,
            expires_at,
            metadata,
            scope,
            receipt,
            receipt_url,
            shipping,
            qr_format: qr_format.unwrap_or_default(),
            minimum_age,
            customer_present: customer_present.unwrap_or(false),
            commercial_cards_blocked,
            has_card_passthrough: card_passthrough.is_some(),
            legal_links: legal_links.unwrap_or_default(),
        })
    }
}

/// What only a WALLET payment can have, and the one flow of a CARD payment.
fn wallet_rules(
    method: PaymentMethod,
    flow: UserFlow,
    expires_at: bool,
    shipping: bool,
    fields: &mut Fields,
) {
    if method != PaymentMethod::Card {
        return;
    }
    if flow != UserFlow::WebRedirect {
        fields.note(
            &At::ROOT.member("userFlow"),
            "The field UserFlow must be WEB_REDIRECT for payment method CARD.",
        );
    }
    for (given, name, property) in
        [(expires_at, "expiresAt", "ExpiresAt"), (shipping, "shipping", "Shipping")]
    {
        if given {
            fields.note(
                &At::ROOT.member(name),
                format!("The field {property} is only valid for payment method WALLET."),
            );
        }
    }
}

fn read_method(value: Option<&Json<'_>>, at: &At<'_>, fields: &mut Fields) -> Option<(PaymentMethod, bool)> {
    let Some(value) = value else {
        fields.missing(at);
        return None;
    };
    let method = object(value, at, fields)?;
    members!(method, at, fields; kind = "type", blocked = "blockedSources");
    let kind = required_choice(kind, &at.member("type"), fields, &METHODS);
    let blocked_at = at.member("blockedSources");
    let blocked = blocked.and_then(|blocked| list(blocked, &blocked_at, fields)).unwrap_or_default();
    for (index, source) in blocked.iter().enumerate() {
        choice(Some(source), &blocked_at.index(index), fields, &[("COMMERCIAL_CARDS", ())]);
    }
    if !blocked.is_empty() && kind == Some(PaymentMethod::Card) {
        fields.note(&blocked_at, "The field BlockedSources is only valid for payment method WALLET.");
    }
    Some((kind?, !blocked.is_empty()))
}

fn read_profile<'j>(value: &'j Json<'_>, at: &At<'_>, fields: &mut Fields) -> Option<Cow<'j, str>> {
    let profile = object(value, at, fields)?;
    members!(profile, at, fields; scope = "scope");
    text(scope, &at.member("scope"), fields)
}

fn read_reference<'j>(value: Option<&'j Json<'_>>, at: &At<'_>, fields: &mut Fields) -> Option<Cow<'j, str>> {
    let reference = required_text(value, at, fields)?;
    if !is_reference(&reference) {
        fields.pattern(at, REFERENCE_PATTERN);
        return None;
    }
    Some(reference)
}

fn read_expires_at<'j>(
    value: &'j Json<'_>,
    at: &At<'_>,
    fields: &mut Fields,
) -> Option<(Cow<'j, str>, Timestamp)> {
    let text = text(Some(value), at, fields)?;
    let time = Timestamp::parse_rfc3339(&text);
    if time.is_none() {
        fields.pattern(at, EXPIRES_AT_PATTERN);
    }
    Some((text, time?))
}

fn read_qr_format(value: &Json<'_>, at: &At<'_>, fields: &mut Fields) -> Option<QrFormat> {
    let format = object(value, at, fields)?;
    members!(format, at, fields; format = "format", size = "size");
    let size =
        integer(size, &at.member("size"), fields, 100..=2000).and_then(|size| u16::try_from(size).ok());
    let formats = [
        ("TEXT/TARGETURL", QrFormat::TargetUrl),
        ("IMAGE/SVG+XML", QrFormat::Svg),
        ("IMAGE/PNG", QrFormat::Png(size.unwrap_or(1024))),
    ];
    required_choice(format, &at.member("format"), fields, &formats)
}

/// Reads metadata. PHP writes an empty map as an empty list.
fn read_metadata<'j>(value: &'j Json<'_>, at: &At<'_>, fields: &mut Fields) -> Option<Metadata<'j>> {
    if matches!(value, Json::List(values) if values.is_empty()) {
        return Some(Metadata(Vec::new()));
    }
    let pairs = object(value, at, fields)?.iter();
    let read = pairs.filter_map(|(key, value)| {
        let text = value.as_text();
        if text.is_none() {
            fields.invalid(&at.member(key), value);
        }
        Some((Cow::Borrowed(&**key), text?))
    });
    Some(Metadata(read.collect()))
}

fn read_legal_links<'j>(value: &'j Json<'_>, at: &At<'_>, fields: &mut Fields) -> Vec<Cow<'j, str>> {
    let Some(links) = object(value, at, fields) else { return Vec::new() };
    members!(links, at, fields; terms = "termsOfSaleUrl", privacy = "privacyPolicyUrl");
    let terms = text(terms, &at.member("termsOfSaleUrl"), fields);
    let privacy = text(privacy, &at.member("privacyPolicyUrl"), fields);
    terms.into_iter().chain(privacy).collect()
}

fn read_industry_data(value: &Json<'_>, at: &At<'_>, fields: &mut Fields) {
    let Some(industry) = object(value, at, fields) else { return };
    members!(industry, at, fields; airline = "airlineData");
    let Some(airline) = airline else { return };
    let at = at.member("airlineData");
    let Some(airline) = object(airline, &at, fields) else { return };
    members!(airline, at, fields;
        invoice = "agencyInvoiceNumber", code = "airlineCode", designator = "airlineDesignatorCode",
        passenger = "passengerName", ticket = "ticketNumber");
    required_text_of(invoice, &at.member("agencyInvoiceNumber"), fields, 1, 6);
    required_text_of(code, &at.member("airlineCode"), fields, 3, 3);
    required_text_of(designator, &at.member("airlineDesignatorCode"), fields, 2, 2);
    required_text_of(passenger, &at.member("passengerName"), fields, 1, 49);
    let ticket_at = at.member("ticketNumber");
    if let Some(ticket) = text(ticket, &ticket_at, fields) {
        fields.length(&ticket_at, &ticket, 1, 150);
    }
}
