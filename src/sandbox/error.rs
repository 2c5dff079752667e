//! Why a call on a sandbox had no effect.

use crate::domain::errors::Rejection;
use crate::domain::payment::CustomerRefusal;
use crate::engine::{ClockError, ManageError};

/// Why a call on a [`Sandbox`](crate::Sandbox) had no effect. Its text says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// There is no such payment.
    #[error("sales unit {msn} has no payment with the reference {reference}")]
    NoSuchPayment {
        /// The sales unit.
        msn: String,
        /// The reference.
        reference: String,
    },
    /// The customer's action had no effect.
    #[error("{0}")]
    Customer(CustomerRefusal),
    /// A payment or a webhook was refused, as the API would refuse it.
    #[error("{}{detail}", code.map(|code| format!("error {code}: ")).unwrap_or_default())]
    Refused {
        /// The ErrorCode, if the error has one.
        code: Option<u16>,
        /// The text of the answer, or which members are wrong and why.
        detail: String,
    },
    /// What was waited for did not happen in time. The text says what did.
    #[error("{0}")]
    TimedOut(String),
    /// A document is none that the sandbox takes. The text names the place in it; nothing was changed.
    #[error("the document is wrong at {0}; nothing was changed")]
    Document(String),
    /// There is no such attempt to deliver a webhook, or its registration is gone.
    #[error("delivery {0} cannot be sent again: it is not remembered, or its webhook no longer exists")]
    NoSuchDelivery(u64),
    /// A URL cannot be used as a receiver's.
    #[error("\"{0}\" is no URL that webhooks are sent to: https is needed, or plain http to a local host")]
    Receiver(String),
    /// A clock cannot be moved.
    #[error(transparent)]
    Clock(#[from] ClockError),
    /// The sandbox holds all it can.
    #[error(transparent)]
    Full(#[from] ManageError),
}

impl From<Rejection> for SandboxError {
    fn from(rejection: Rejection) -> Self {
        let fields = rejection.fields.iter().map(|field| format!("{}: {}", field.name, field.reason));
        let detail = match fields.collect::<Vec<_>>() {
            fields if fields.is_empty() => rejection.detail().to_owned(),
            fields => fields.join(" "),
        };
        Self::Refused { code: rejection.code.spec().number, detail }
    }
}
