//! Which operation a path and method name. Literal segments match in any case, as the real gateway has it; the
//! reference keeps its case.

use std::borrow::Cow;

use hyper::Method;

use crate::domain::operation::Operation;

/// A call of the emulated API.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Route<'p> {
    pub(super) operation: Operation,
    /// The payment's reference, the registration's id or the customer's sub, as it stands in the path.
    raw_reference: &'p str,
    /// Whether the path has the `test` segment that force approve has today.
    under_test: bool,
}

/// Finds the operation; `None` when the API has no such path or method.
pub(super) fn route<'p>(method: &Method, path: &'p str) -> Option<Route<'p>> {
    let post = method == Method::POST;
    let is = |segment: &str, literal: &str| segment.eq_ignore_ascii_case(literal);
    let found = |operation, raw_reference| Some(Route { operation, raw_reference, under_test: false });
    let mut segments = path.strip_prefix('/')?.split('/');
    let first = segments.next()?;
    if is(first, "accesstoken") {
        // The vendor's own tools end this path with and without a slash.
        let rest = (segments.next()?, segments.next(), segments.next());
        return match rest {
            (get, None | Some(""), None) if is(get, "get") && post => found(Operation::Token, ""),
            _ => None,
        };
    }
    if is(first, "vipps-userinfo-api") {
        return match (segments.next()?, segments.next(), segments.next()) {
            (userinfo, Some(sub), None) if is(userinfo, "userinfo") && !sub.is_empty() => {
                if method == Method::GET { found(Operation::Userinfo, sub) } else { None }
            }
            _ => None,
        };
    }
    if is(first, "webhooks") {
        if !is(segments.next()?, "v1") || !is(segments.next()?, "webhooks") {
            return None;
        }
        return match (segments.next(), segments.next()) {
            (None, _) if post => found(Operation::WebhooksRegister, ""),
            (None, _) if method == Method::GET => found(Operation::WebhooksList, ""),
            (Some(id), None) if method == Method::DELETE && !id.is_empty() => {
                found(Operation::WebhooksDelete, id)
            }
            _ => None,
        };
    }
    if !is(first, "epayment") || !is(segments.next()?, "v1") {
        return None;
    }
    let segment = segments.next()?;
    let under_test = is(segment, "test");
    let segment = if under_test { segments.next()? } else { segment };
    if !is(segment, "payments") {
        return None;
    }
    let Some(reference) = segments.next() else {
        return if post && !under_test { found(Operation::Create, "") } else { None };
    };
    let verb = segments.next();
    if reference.is_empty() || segments.next().is_some() {
        return None;
    }
    let operation = match verb {
        Some(verb) if post && is(verb, "approve") => Operation::Approve,
        _ if under_test => return None,
        None if method == Method::GET => Operation::Get,
        Some(verb) if method == Method::GET && is(verb, "events") => Operation::Events,
        Some(verb) if post && is(verb, "capture") => Operation::Capture,
        Some(verb) if post && is(verb, "refund") => Operation::Refund,
        Some(verb) if post && is(verb, "cancel") => Operation::Cancel,
        _ => return None,
    };
    Some(Route { operation, raw_reference: reference, under_test })
}

impl<'p> Route<'p> {
    /// Returns the reference, percent-decoded. One that cannot be decoded stays as it is, and names no payment.
    pub(super) fn reference(&self) -> Cow<'p, str> {
        percent_decode(self.raw_reference)
    }

    /// Returns the path as the backend sees it, which is what problem bodies show: without `/epayment`.
    pub(super) fn instance(&self) -> String {
        let Self { operation, raw_reference, under_test } = self;
        let test = if *under_test { "/test" } else { "" };
        match operation {
            Operation::Token => "/accesstoken/get".into(),
            Operation::Create => "/v1/payments".into(),
            Operation::WebhooksRegister | Operation::WebhooksList => "/v1/webhooks".into(),
            Operation::WebhooksDelete => format!("/v1/webhooks/{raw_reference}"),
            Operation::Userinfo => format!("/userinfo/{raw_reference}"),
            Operation::Get => format!("/v1/payments/{raw_reference}"),
            verb => format!("/v1{test}/payments/{raw_reference}/{}", verb.name()),
        }
    }
}

fn percent_decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return Cow::Borrowed(text);
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let hex =
            |byte: Option<u8>| char::from(byte?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let (Some(high), Some(low)) = (hex(rest.next()), hex(rest.next())) else {
            return Cow::Borrowed(text);
        };
        bytes.push(high << 4 | low);
    }
    String::from_utf8(bytes).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(method: &Method, path: &str) -> Option<(Operation, String)> {
        route(method, path).map(|route| (route.operation, route.instance()))
    }

    #[test]
    fn every_operation_has_its_path() {
        let (get, post) = (Method::GET, Method::POST);
        for (method, path, operation, instance) in [
            (&post, "/accesstoken/get", Operation::Token, "/accesstoken/get"),
            (&post, "/accessToken/get/", Operation::Token, "/accesstoken/get"),
            (&post, "/epayment/v1/payments", Operation::Create, "/v1/payments"),
            (&post, "/EPayment/V1/Payments", Operation::Create, "/v1/payments"),
            (&get, "/epayment/v1/payments/Ref-1", Operation::Get, "/v1/payments/Ref-1"),
            (&get, "/epayment/v1/payments/Ref-1/Events", Operation::Events, "/v1/payments/Ref-1/events"),
            (&post, "/epayment/v1/payments/Ref-1/capture", Operation::Capture, "/v1/payments/Ref-1/capture"),
            (&post, "/epayment/v1/payments/Ref-1/refund", Operation::Refund, "/v1/payments/Ref-1/refund"),
            (&post, "/epayment/v1/payments/Ref-1/CANCEL", Operation::Cancel, "/v1/payments/Ref-1/cancel"),
            (
                &post,
                "/epayment/v1/test/payments/Ref-1/approve",
                Operation::Approve,
                "/v1/test/payments/Ref-1/approve",
            ),
            (&post, "/epayment/v1/payments/Ref-1/approve", Operation::Approve, "/v1/payments/Ref-1/approve"),
            (&post, "/webhooks/v1/webhooks", Operation::WebhooksRegister, "/v1/webhooks"),
            (&get, "/Webhooks/V1/webhooks", Operation::WebhooksList, "/v1/webhooks"),
            (&Method::DELETE, "/webhooks/v1/webhooks/Id-1", Operation::WebhooksDelete, "/v1/webhooks/Id-1"),
            (&get, "/epayment/v1/payments/payments", Operation::Get, "/v1/payments/payments"),
            (&get, "/Vipps-Userinfo-API/userinfo/Sub-1", Operation::Userinfo, "/userinfo/Sub-1"),
        ] {
            assert_eq!(find(method, path), Some((operation, instance.into())), "{method} {path}");
        }
    }

    #[test]
    fn nothing_else_is_a_path() {
        for (method, path) in [
            (Method::GET, "/accesstoken/get"),
            (Method::POST, "/accesstoken"),
            (Method::GET, "/epayment/v1/payments"),
            (Method::POST, "/epayment/v1/payments/"),
            (Method::GET, "/epayment/v1/payments/"),
            (Method::GET, "/epayment/v1/payments/ref/"),
            (Method::POST, "/epayment/v1/payments/ref"),
            (Method::PUT, "/epayment/v1/payments/ref/capture"),
            (Method::HEAD, "/epayment/v1/payments/ref"),
            (Method::GET, "/epayment/v1/test/payments/ref"),
            (Method::POST, "/epayment/v1/test/payments/ref/capture"),
            (Method::POST, "/epayment/v1/test/payments"),
            (Method::GET, "/epayment/v1/payments//events"),
            (Method::GET, "/epayment//v1/payments/ref"),
            (Method::GET, "/epayment/v2/payments/ref"),
            (Method::GET, "/v1/payments/ref"),
            (Method::PUT, "/webhooks/v1/webhooks"),
            (Method::GET, "/webhooks/v1/webhooks/id"),
            (Method::DELETE, "/webhooks/v1/webhooks/"),
            (Method::DELETE, "/webhooks/v1/webhooks/id/x"),
            (Method::POST, "/webhooks/v1"),
            (Method::POST, "/vipps-userinfo-api/userinfo/sub"),
            (Method::GET, "/vipps-userinfo-api/userinfo"),
            (Method::GET, "/vipps-userinfo-api/userinfo/"),
            (Method::GET, "/vipps-userinfo-api/userinfo/sub/x"),
            (Method::GET, "/"),
            (Method::GET, ""),
        ] {
            assert_eq!(find(&method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn references_are_percent_decoded_where_they_can_be() {
        for (raw, decoded) in [
            ("abc", "abc"),
            ("a%2Db", "a-b"),
            ("a%2fb", "a/b"),
            ("%", "%"),
            ("%zz", "%zz"),
            ("%ff", "%ff"),
            ("%C3%B8", "ø"),
        ] {
            assert_eq!(percent_decode(raw), decoded);
        }
    }
}
