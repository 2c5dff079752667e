//! What merchants' servers were asked for delivery options, and what they answered.

use serde::Serialize;

use super::deliveries::{Content, Message, headers};
use crate::domain::digits::PhoneNumber;
use crate::engine::{CallbackRow, Outcome};
use crate::journal::masked_header;

/// One question to a merchant's server, and its answer.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CallbackView<'a> {
    at: String,
    phone_number: PhoneNumber,
    url: &'a str,
    /// The server's status; null when it gave no whole answer.
    status: Option<u16>,
    /// Why the answer offers nothing; null when it does.
    error: Option<String>,
    request: Message<'a>,
    response: Option<Message<'a>>,
    micros: i64,
}

impl<'a> CallbackView<'a> {
    pub(super) fn new(row: &'a CallbackRow) -> Self {
        let sent = row.headers.iter().map(|(name, value)| (*name, masked_header(name, value)));
        let sent: Vec<_> = sent.collect();
        let (status, response) = match &row.outcome {
            Outcome::Answered { status, headers: names, body } => {
                (Some(*status), Some(Message { headers: headers(names), body: Content(body) }))
            }
            Outcome::Failed(_) => (None, None),
        };
        Self {
            at: row.at.to_string(),
            phone_number: row.customer,
            url: &row.url,
            status,
            error: row.offer.as_ref().err().map(ToString::to_string),
            request: Message { headers: headers(&sent), body: Content(&row.body) },
            response,
            micros: row.took.as_micros(),
        }
    }
}
