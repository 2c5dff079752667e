//! The only place where a refusal becomes an answer. Each [`Shape`] of the catalogue has its renderer; the bare status that
//! a fault asks for is made here too.

use std::fmt::Write as _;

use bytes::Bytes;
use hyper::header::{
    CACHE_CONTROL, CONNECTION, CONTENT_LANGUAGE, CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE,
};
use hyper::{Response, StatusCode};
use serde::Serialize;
use uuid::Uuid;

use super::Answer;
use crate::domain::errors::{ErrorCode, FieldNote, Shape};
use crate::domain::time::Timestamp;
use crate::engine::{Refusal, TraceId};
use crate::wire;

/// RFC 7807 as the vendor fills it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Problem<'a> {
    r#type: String,
    title: &'a str,
    detail: &'a str,
    instance: &'a str,
    status: u16,
    extra_details: Vec<Extra<'a>>,
    trace_id: TraceId,
}

/// The webhooks API's problem.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WebhookProblem<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    detail: &'a str,
    instance: &'a str,
    trace_id: &'a str,
    extra_details: Vec<Extra<'a>>,
}

/// The Userinfo API's problem.
#[derive(Serialize)]
struct UserinfoProblem<'a> {
    r#type: String,
    title: &'a str,
    status: String,
    detail: &'a str,
    instance: &'a str,
}

#[derive(Serialize)]
struct Extra<'a> {
    name: &'a str,
    reason: &'a str,
}

/// The identity provider's refusal of a token request.
#[derive(Serialize)]
struct TokenError<'a> {
    error: &'a str,
    error_description: String,
    error_codes: [u32; 1],
    timestamp: &'a str,
    trace_id: &'a str,
    correlation_id: &'a str,
    error_uri: String,
}

/// Renders a refusal. `instance` is the path without host and `/epayment`; `incident` gives the time and the id that
/// only the identity provider's answers show.
pub(super) fn render(
    refusal: &Refusal,
    instance: &str,
    incident: impl FnOnce() -> (Timestamp, Uuid),
) -> Answer {
    let Refusal { rejection, trace, .. } = refusal;
    let spec = rejection.code.spec();
    let detail = rejection.detail();
    match of_api(spec.shape, instance) {
        Shape::Problem | Shape::Fields => problem(refusal, instance),
        Shape::Gateway => gateway(refusal, instance),
        Shape::Bearer => plain(
            spec.status,
            format!(
                r#"{{"responseInfo":{{"responseCode":{},"responseMessage":"{detail}"}},"result":{{"message":"{detail}"}}}}"#,
                spec.status
            ),
        ),
        Shape::Subscription => plain(
            spec.status,
            format!(
                r#"{{"errorCode":"{}","errorMessage":"{detail}","contextId":"{}"}}"#,
                spec.title,
                context_id(*trace)
            ),
        ),
        Shape::Token => token_error(refusal, incident()),
        Shape::Webhook => webhook(refusal, instance),
        Shape::Userinfo => userinfo(refusal, instance),
    }
}

/// Each API has one form for its own problems, whatever they are about.
fn of_api(shape: Shape, instance: &str) -> Shape {
    match shape {
        Shape::Problem | Shape::Fields if instance.starts_with("/v1/webhooks") => Shape::Webhook,
        Shape::Problem | Shape::Fields if instance.starts_with("/userinfo") => Shape::Userinfo,
        other => other,
    }
}

fn problem(refusal: &Refusal, instance: &str) -> Answer {
    let Refusal { rejection, trace, .. } = refusal;
    let spec = rejection.code.spec();
    let number = number(refusal);
    let mut response = written(
        spec.status,
        &Problem {
            r#type: format!("https://httpstatuses.io/{}", spec.status),
            title: spec.title,
            detail: rejection.detail(),
            instance,
            status: spec.status,
            extra_details: extra_details(refusal, number.as_deref()),
            trace_id: *trace,
        },
    );
    response.headers_mut().insert(CONTENT_LANGUAGE, HeaderValue::from_static("en"));
    response
}

/// The webhooks API has members of the same names in another order, and the trace id twice, marked as not recorded.
fn webhook(refusal: &Refusal, instance: &str) -> Answer {
    let Refusal { rejection, trace, .. } = refusal;
    let spec = rejection.code.spec();
    let number = number(refusal);
    let trace = trace.to_string();
    let trace = format!("{}00", trace.strip_suffix("01").unwrap_or(&trace));
    // Fields are told of in its own words.
    let detail = match spec.shape {
        Shape::Fields => ErrorCode::WebhookInvalid.spec().detail,
        _ => rejection.detail(),
    };
    let problem = WebhookProblem {
        r#type: &trace,
        title: spec.title,
        status: spec.status,
        detail,
        instance,
        trace_id: &trace,
        extra_details: extra_details(refusal, number.as_deref()),
    };
    written(spec.status, &problem)
}

/// The Userinfo API has its status as a text, and nothing but the detail to name a field in.
fn userinfo(refusal: &Refusal, instance: &str) -> Answer {
    let rejection = &refusal.rejection;
    let spec = rejection.code.spec();
    let problem = UserinfoProblem {
        r#type: format!("https://httpstatuses.io/{}", spec.status),
        title: spec.title,
        status: spec.status.to_string(),
        detail: rejection.fields.first().map_or(rejection.detail(), |note| &note.reason),
        instance,
    };
    written(spec.status, &problem)
}

fn number(refusal: &Refusal) -> Option<String> {
    refusal.rejection.code.spec().number.map(|number| number.to_string())
}

/// The ErrorCode, or the offending fields.
fn extra_details<'a>(refusal: &'a Refusal, number: Option<&'a str>) -> Vec<Extra<'a>> {
    let code = number.into_iter().map(|number| Extra { name: "ErrorCode", reason: number });
    let fields = refusal.rejection.fields.iter().map(|FieldNote { name, reason }| Extra { name, reason });
    code.chain(fields).collect()
}

fn written(status: u16, problem: &impl Serialize) -> Answer {
    let mut response = json(status, "application/problem+json", problem);
    if matches!(status, 408 | 413) {
        // The rest of the body is still on its way, so nothing more can be read from this connection.
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// The gateway's bodies have a space after each bracket, colon and comma.
fn gateway(refusal: &Refusal, instance: &str) -> Answer {
    let spec = refusal.rejection.code.spec();
    let message = refusal.rejection.detail();
    let mut response = plain(spec.status, gateway_body(spec.status, message));
    let headers = response.headers_mut();
    match refusal.rejection.code {
        ErrorCode::SubscriptionKeyMissing | ErrorCode::SubscriptionKeyInvalid => {
            headers.insert(WWW_AUTHENTICATE, challenge(instance));
        }
        ErrorCode::RateLimitExceeded => {
            let seconds: String = message.chars().filter(char::is_ascii_digit).collect();
            headers.insert(
                RETRY_AFTER,
                HeaderValue::from_str(&seconds).unwrap_or(HeaderValue::from_static("60")),
            );
        }
        _ => {}
    }
    response
}

/// The challenge of a missing or wrong key names the API that was called.
fn challenge(instance: &str) -> HeaderValue {
    macro_rules! of_api {
        ($api:literal) => {
            HeaderValue::from_static(concat!(
                r#"AzureApiManagementKey realm="https://apitest.vipps.no/"#,
                $api,
                r#"",name="Ocp-Apim-Subscription-Key",type="header""#
            ))
        };
    }
    match instance {
        path if path.starts_with("/accesstoken") => of_api!("accesstoken"),
        path if path.starts_with("/v1/webhooks") => of_api!("webhooks"),
        path if path.starts_with("/userinfo") => of_api!("vipps-userinfo-api"),
        _ => of_api!("epayment"),
    }
}

fn gateway_body(status: u16, message: &str) -> String {
    format!(r#"{{ "statusCode": {status}, "message": "{message}" }}"#)
}

/// Answers a path or method that the API does not have.
pub(super) fn gateway_not_found() -> Answer {
    let spec = ErrorCode::RouteUnknown.spec();
    plain(spec.status, gateway_body(spec.status, spec.detail))
}

/// Answers a status that a fault asked for, as a gateway does that has nothing more to say.
pub(super) fn bare(status: u16) -> Answer {
    let word = StatusCode::from_u16(status).ok().and_then(|status| status.canonical_reason());
    plain(status, gateway_body(status, word.unwrap_or("Error")))
}

fn token_error(refusal: &Refusal, (at, correlation_id): (Timestamp, Uuid)) -> Answer {
    let spec = refusal.rejection.code.spec();
    let detail = refusal.rejection.detail();
    let code = detail.strip_prefix("AADSTS").and_then(|rest| rest.split(':').next()).unwrap_or_default();
    let (trace_id, correlation_id) = (context_id(refusal.trace).to_string(), correlation_id.to_string());
    let timestamp = at.rfc3339(0).to_string().replace('T', " ");
    let mut error_description = detail.to_owned();
    let _ = write!(
        error_description,
        "\r\nTrace ID: {trace_id}\r\nCorrelation ID: {correlation_id}\r\nTimestamp: {timestamp}"
    );
    let error = TokenError {
        error: spec.title,
        error_description,
        error_codes: [code.parse().unwrap_or_default()],
        timestamp: &timestamp,
        trace_id: &trace_id,
        correlation_id: &correlation_id,
        error_uri: format!("https://login.windows.net/error?code={code}"),
    };
    let mut response = json(spec.status, "application/json; charset=utf-8", &error);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store, no-cache"));
    response
}

/// The gateway and the identity provider name an incident by a UUID; ours is the trace id.
fn context_id(trace: TraceId) -> Uuid {
    let digits = trace.to_string();
    let trace = u128::from_str_radix(digits.get(3..35).unwrap_or_default(), 16).unwrap_or_default();
    uuid::Builder::from_random_bytes(trace.to_be_bytes()).into_uuid()
}

fn json(status: u16, content_type: &'static str, body: &impl Serialize) -> Answer {
    let mut text = String::new();
    wire::json::value(&mut text, body);
    answer(status, content_type, text)
}

fn plain(status: u16, body: String) -> Answer {
    answer(status, "application/json", body)
}

fn answer(status: u16, content_type: &'static str, body: String) -> Answer {
    let mut response = Response::new(Bytes::from(body));
    // The catalogue asserts this of its rows, and a fault's status is an `ErrorStatus`.
    *response.status_mut() = StatusCode::from_u16(status).expect("a status from 400 to 599");
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
