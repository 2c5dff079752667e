//! Registering, listing and deleting webhooks.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use uuid::Uuid;

use super::hook::Hook;
use crate::domain::digits::Msn;
use crate::domain::errors::{ErrorCode, Rejection};
use crate::domain::json::Json;
use crate::domain::webhook::Registration;
use crate::engine::unit::Unit;
use crate::engine::{Engine, Refusal};

/// How many random bytes a secret has: 88 characters of base64.
const SECRET_BYTES: usize = 64;

impl Engine {
    /// Registers a webhook. Its secret is told once.
    ///
    /// # Errors
    ///
    /// `WebhookInvalid` with the offending members.
    pub(crate) fn register_webhook(&self, unit: &Arc<Unit>, body: &[u8]) -> Result<Arc<Hook>, Refusal> {
        let register = || -> Result<Arc<Hook>, Rejection> {
            let refuse = |reason| Rejection::of_field(ErrorCode::WebhookInvalid, "body", reason);
            if body.trim_ascii().is_empty() {
                return Err(refuse("A non-empty request body is required.".to_owned()));
            }
            let body = Json::parse(body)
                .map_err(|message| refuse(format!("The body is not valid JSON: {message}.")))?;
            let registration = Registration::read(&body, !self.settings.strict)?;
            let mut secret = [0; SECRET_BYTES];
            unit.ids.fill(&mut secret);
            self.add_webhook(unit, registration, STANDARD.encode(secret))
        };
        register().map_err(|rejection| self.refuse(Some(unit), rejection))
    }

    /// Registers a webhook with a secret that is known already.
    ///
    /// # Errors
    ///
    /// `WebhookInvalid` when there are too many for an event.
    #[expect(clippy::unused_self, reason = "the state changes in the engine")]
    pub(crate) fn add_webhook(
        &self,
        unit: &Arc<Unit>,
        registration: Registration,
        secret: String,
    ) -> Result<Arc<Hook>, Rejection> {
        let hook = Arc::new(Hook::new(unit.ids.uuid(), secret, registration, true, unit));
        unit.hooks.add(hook.clone()).map_err(Registration::too_many)?;
        Ok(hook)
    }

    /// Deletes a registration, with all that waits for it.
    ///
    /// # Errors
    ///
    /// When the id is no UUID, or the unit has no such registration.
    pub(crate) fn delete_webhook(&self, unit: &Unit, id: &str) -> Result<(), Refusal> {
        let refuse = |rejection| Err(self.refuse(Some(unit), rejection));
        let Ok(uuid) = Uuid::parse_str(id) else {
            let reason = "The id must be a UUID.";
            return refuse(Rejection::of_field(ErrorCode::WebhookInvalid, "id", reason));
        };
        if unit.hooks.retain(|hook| hook.id != uuid || !hook.is_registered) {
            self.delivered.notify();
            return Ok(());
        }
        refuse(ErrorCode::WebhookUnknown.about(&[("id", id), ("msn", &unit.msn.to_string())]))
    }

    /// Gives a new sales unit the policy of all units and the registration of the settings.
    pub(in crate::engine) fn set_up_webhooks(&self, unit: &Arc<Unit>) {
        let policy = self.outgoing.policy();
        unit.hooks.set_policy(|of_unit| *of_unit = policy);
        let Some(webhook) = &self.settings.webhook else { return };
        let registration = Registration::for_payments(webhook.target.clone());
        let id = configured_id(unit.msn);
        let hook = Hook::new(id, webhook.secret.clone(), registration, false, unit);
        let _ = unit.hooks.add(Arc::new(hook));
    }

    /// Removes a unit's registrations, its policy and what became of the attempts. What new units have begins anew.
    pub(in crate::engine) fn clear_webhooks(&self, unit: &Arc<Unit>) {
        unit.hooks.retain(|_| false);
        self.deliveries.clear(Some(unit.msn));
        self.set_up_webhooks(unit);
        self.delivered.notify();
    }
}

impl Unit {
    /// Returns every registration, that of `--webhook-url` included.
    pub(crate) fn receivers(&self) -> Vec<Arc<Hook>> {
        self.hooks.all()
    }

    /// Returns the registrations made over the API, oldest first.
    #[must_use]
    pub fn webhooks(&self) -> Vec<Arc<Hook>> {
        self.hooks.all().into_iter().filter(|hook| hook.is_registered).collect()
    }
}

/// The id of the settings' registration: the same in every run, and drawn from no stream.
fn configured_id(msn: Msn) -> Uuid {
    let digits: u64 = msn.to_string().parse().unwrap_or_default();
    uuid::Builder::from_custom_bytes((u128::from(digits) | 0x0e50_u128 << 112).to_be_bytes()).into_uuid()
}
