//! The requests that are measured: those of a small web shop.

/// The headers of every call but its idempotency key.
pub(crate) const HEADERS: [(&str, &str); 6] = [
    ("Content-Type", "application/json"),
    ("Authorization", "Bearer any-token-is-good-here"),
    ("Ocp-Apim-Subscription-Key", "0f14ebcab0eb4b29ae0cb90d91b4a84a"),
    ("Merchant-Serial-Number", "123456"),
    ("Vipps-System-Name", "load"),
    ("Vipps-System-Version", "1.0"),
];

/// The body of a capture or refund of the whole amount.
pub(crate) const MODIFY: &str = r#"{"modificationAmount":{"currency":"NOK","value":49900}}"#;

/// The body of a force approve.
pub(crate) const APPROVE: &str = r#"{"customer":{"phoneNumber":"4791234567"}}"#;

/// Returns the body of a create request.
pub(crate) fn create(reference: &str) -> String {
    format!(
        r#"{{"amount":{{"currency":"NOK","value":49900}},"customer":{{"phoneNumber":"4791234567"}},"customerInteraction":"CUSTOMER_NOT_PRESENT","paymentMethod":{{"type":"WALLET"}},"reference":"{reference}","returnUrl":"https://example.com/redirect?orderId={reference}","userFlow":"WEB_REDIRECT","paymentDescription":"One pair of wool socks, size 43","metadata":{{"orderId":"acme-shop-123","channel":"web"}}}}"#
    )
}

/// Returns the reference of the payment with this number. It is as long for every number below 10^12.
pub(crate) fn reference(number: u64) -> String {
    format!("load-{number:012}")
}
