//! The operations of the emulated API, by the names that the control API, logs and the catalogue use.

use serde::{Serialize, Serializer};

/// One operation of the emulated API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Operation {
    /// `POST /accesstoken/get`
    Token,
    /// `POST /epayment/v1/payments`
    Create,
    /// `GET /epayment/v1/payments/{reference}`
    Get,
    /// `GET /epayment/v1/payments/{reference}/events`
    Events,
    /// `POST /epayment/v1/payments/{reference}/capture`
    Capture,
    /// `POST /epayment/v1/payments/{reference}/refund`
    Refund,
    /// `POST /epayment/v1/payments/{reference}/cancel`
    Cancel,
    /// `POST /epayment/v1/test/payments/{reference}/approve`
    Approve,
    /// `POST /webhooks/v1/webhooks`
    WebhooksRegister,
    /// `GET /webhooks/v1/webhooks`
    WebhooksList,
    /// `DELETE /webhooks/v1/webhooks/{id}`
    WebhooksDelete,
    /// `GET /vipps-userinfo-api/userinfo/{sub}`
    Userinfo,
}

impl Operation {
    /// Every operation.
    pub const ALL: [Self; 12] = [
        Self::Token,
        Self::Create,
        Self::Get,
        Self::Events,
        Self::Capture,
        Self::Refund,
        Self::Cancel,
        Self::Approve,
        Self::WebhooksRegister,
        Self::WebhooksList,
        Self::WebhooksDelete,
        Self::Userinfo,
    ];

    /// Returns the name of the operation, as the control API and logs have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Create => "create",
            Self::Get => "get",
            Self::Events => "events",
            Self::Capture => "capture",
            Self::Refund => "refund",
            Self::Cancel => "cancel",
            Self::Approve => "approve",
            Self::WebhooksRegister => "webhooks.register",
            Self::WebhooksList => "webhooks.list",
            Self::WebhooksDelete => "webhooks.delete",
            Self::Userinfo => "userinfo",
        }
    }

    /// Returns the method and the path of the operation.
    #[must_use]
    pub fn call(self) -> (&'static str, &'static str) {
        match self {
            Self::Token => ("POST", "/accesstoken/get"),
            Self::Create => ("POST", "/epayment/v1/payments"),
            Self::Get => ("GET", "/epayment/v1/payments/{reference}"),
            Self::Events => ("GET", "/epayment/v1/payments/{reference}/events"),
            Self::Capture => ("POST", "/epayment/v1/payments/{reference}/capture"),
            Self::Refund => ("POST", "/epayment/v1/payments/{reference}/refund"),
            Self::Cancel => ("POST", "/epayment/v1/payments/{reference}/cancel"),
            Self::Approve => ("POST", "/epayment/v1/test/payments/{reference}/approve"),
            Self::WebhooksRegister => ("POST", "/webhooks/v1/webhooks"),
            Self::WebhooksList => ("GET", "/webhooks/v1/webhooks"),
            Self::WebhooksDelete => ("DELETE", "/webhooks/v1/webhooks/{id}"),
            Self::Userinfo => ("GET", "/vipps-userinfo-api/userinfo/{sub}"),
        }
    }

    /// Returns whether the operation needs an `Idempotency-Key` header (OpenAPI 1.8.1).
    #[must_use]
    pub fn needs_idempotency_key(self) -> bool {
        matches!(self, Self::Create | Self::Capture | Self::Refund)
    }

    /// Returns whether the operation looks at an `Idempotency-Key` header at all.
    #[must_use]
    pub fn takes_idempotency_key(self) -> bool {
        self.needs_idempotency_key() || self == Self::Cancel
    }

    /// Returns whether the operation is about a payment. The others need no permission for payments.
    #[must_use]
    pub fn is_about_payments(self) -> bool {
        !(self.is_about_webhooks() || matches!(self, Self::Token | Self::Userinfo))
    }

    /// Returns whether the operation is one of the webhooks API.
    #[must_use]
    pub fn is_about_webhooks(self) -> bool {
        matches!(self, Self::WebhooksRegister | Self::WebhooksList | Self::WebhooksDelete)
    }
}

impl Serialize for Operation {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}
