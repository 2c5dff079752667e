//! The webhooks API: register, list, delete. It does not look at the content type: the vendor's own examples send JSON
//! as a form.

use std::sync::Arc;

use bytes::Bytes;
use hyper::{Response, StatusCode};
use serde::Serialize;
use uuid::Uuid;

use super::{Answer, Api, Call, json};
use crate::domain::operation::Operation;
use crate::domain::webhook::{EventType, Registration};
use crate::engine::{Refusal, Unit};
use crate::wire::json::value;

#[derive(Serialize)]
struct Registered<'a> {
    id: Uuid,
    secret: &'a str,
}

#[derive(Serialize)]
struct List<'a> {
    webhooks: Vec<Listed<'a>>,
}

#[derive(Serialize)]
struct Listed<'a> {
    id: Uuid,
    url: &'a str,
    events: &'a [EventType],
}

impl Api {
    /// Carries out an operation of the webhooks API for a sales unit whose credentials are good.
    pub(super) fn webhooks(&self, call: &Call<'_>, unit: &Arc<Unit>) -> Result<Answer, Refusal> {
        let body = call.readable_body().map_err(|rejection| self.engine.refuse(Some(unit), rejection))?;
        match call.operation {
            Operation::WebhooksRegister => {
                let hook = self.engine.register_webhook(unit, body)?;
                let registered = Registered { id: hook.id, secret: &hook.secret };
                Ok(json(StatusCode::CREATED, |out| value(out, &registered)))
            }
            Operation::WebhooksDelete => {
                self.engine.delete_webhook(unit, call.reference)?;
                let mut answer = Response::new(Bytes::new());
                *answer.status_mut() = StatusCode::NO_CONTENT;
                Ok(answer)
            }
            _ => {
                let hooks = unit.webhooks();
                let listed = hooks.iter().map(|hook| {
                    let Registration { url, events, .. } = &hook.registration;
                    Listed { id: hook.id, url, events }
                });
                let webhooks = listed.collect();
                Ok(json(StatusCode::OK, |out| value(out, &List { webhooks })))
            }
        }
    }
}
