//! Faults on their way through a call: between its credentials and its operation.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{HeaderName, HeaderValue};
use hyper::{Response, StatusCode};

use super::headers::{idempotency_key, list};
use super::token::client_id;
use super::{Answer, Answered, Api, Call, Seen, json, problem};
use crate::domain::digits::Msn;
use crate::domain::errors::{ErrorCode, Rejection};
use crate::domain::fault::{ConnectionFault, Effect, Mentions, Spoil, Words};
use crate::domain::operation::Operation;
use crate::domain::time::Timestamp;
use crate::engine::{Refusal, Strike, Unit, default_msn};

const SANDBOX_FAULT: HeaderName = HeaderName::from_static("sandbox-fault");
const PREFER: HeaderName = HeaderName::from_static("prefer");

/// A caller whose credentials are good.
#[derive(Clone)]
pub(super) enum Admitted {
    /// Someone who asks for a token, for a sales unit if for one.
    Client(Option<Msn>),
    /// Someone who acts for a sales unit.
    Unit(Arc<Unit>),
}

impl Admitted {
    fn msn(&self) -> Msn {
        self.named().unwrap_or_else(default_msn)
    }

    /// The sales unit that the call is for, if it is for one.
    fn named(&self) -> Option<Msn> {
        match self {
            Self::Client(msn) => *msn,
            Self::Unit(unit) => Some(unit.msn),
        }
    }

    fn unit(&self) -> Option<&Unit> {
        match self {
            Self::Client(_) => None,
            Self::Unit(unit) => Some(unit),
        }
    }
}

/// What became of a call.
pub(super) struct Outcome {
    pub(super) result: Result<Answer, Refusal>,
    pub(super) mark: Option<Mark>,
}

impl From<Result<Answer, Refusal>> for Outcome {
    fn from(result: Result<Answer, Refusal>) -> Self {
        Self { result, mark: None }
    }
}

/// What a fault has left to do once the answer is made.
pub(super) struct Mark {
    fault: HeaderValue,
    told: Option<String>,
    held: Option<Held>,
    broken: Option<Broken>,
}

/// An answer that has to wait, as an extension of it.
#[derive(Clone)]
pub(crate) struct Held {
    /// For how long, by the machine's time.
    pub(crate) delay: Duration,
    /// What is to be carried out after that; the answer comes from it.
    pub(crate) rest: Option<Rest>,
}

/// A call that a fault holds back before its operation.
#[derive(Clone)]
pub(crate) struct Rest {
    caller: Admitted,
    /// When the call came, by the sales unit's clock.
    at: Option<Timestamp>,
    fault: HeaderValue,
}

/// An answer that never arrives whole, as an extension of it.
#[derive(Clone)]
pub(crate) struct Broken {
    /// How the connection ends.
    pub(crate) fault: ConnectionFault,
    /// The bytes to end it with, where there are any.
    pub(crate) noise: Bytes,
}

impl Mark {
    /// Returns whether the operation is still to come.
    pub(super) fn is_unfinished(&self) -> bool {
        self.held.as_ref().is_some_and(|held| held.rest.is_some())
    }

    /// Returns the name of the fault; `request` when the request itself asked.
    pub(super) fn name(&self) -> &str {
        self.fault.to_str().unwrap_or_default()
    }

    /// Returns how the connection ends, if the fault breaks it.
    pub(super) fn connection(&self) -> Option<ConnectionFault> {
        self.broken.as_ref().map(|broken| broken.fault)
    }

    /// Hands what is left to do to those who send the answer.
    pub(super) fn put_on(self, answered: &mut Answered<'_>) {
        answered.told = self.told;
        let answer = &mut answered.answer;
        answer.headers_mut().insert(SANDBOX_FAULT, self.fault);
        let extensions = answer.extensions_mut();
        self.held.map(|held| extensions.insert(held));
        self.broken.map(|broken| extensions.insert(broken));
    }
}

impl Api {
    /// Carries a call out, or what a fault makes of it. `rest` is a call that was held back here before.
    pub(super) fn carry_out(&self, call: &Call<'_>, rest: Option<&Rest>, seen: &mut Seen) -> Outcome {
        if let Some(Rest { caller, at, fault }) = rest {
            let mark = Some(Mark { fault: fault.clone(), told: None, held: None, broken: None });
            seen.at = *at;
            seen.msn = caller.named();
            let result = self.readmit(call, caller).and_then(|caller| self.operate(call, &caller, seen));
            return Outcome { result, mark };
        }
        let admitted = self.admit(call, seen).and_then(|caller| Ok((self.strike(call, &caller)?, caller)));
        match admitted {
            Err(refusal) => Err(refusal).into(),
            Ok((None, caller)) => self.operate(call, &caller, seen).into(),
            Ok((Some(strike), caller)) => self.suffer(call, caller, &strike, seen),
        }
    }

    fn admit(&self, call: &Call<'_>, seen: &mut Seen) -> Result<Admitted, Refusal> {
        let admitted = match call.operation {
            Operation::Token => self.admit_client(call).map(Admitted::Client),
            _ => self.authenticate(call).map(Admitted::Unit),
        };
        let admitted = admitted.map_err(|rejection| self.engine.refuse(None, rejection))?;
        seen.at = admitted.unit().map(|unit| self.engine.now(unit));
        seen.msn = admitted.named();
        Ok(admitted)
    }

    /// A sales unit may have gone, or been made anew, while its call was held back.
    fn readmit(&self, call: &Call<'_>, caller: &Admitted) -> Result<Admitted, Refusal> {
        match caller {
            Admitted::Client(msn) => Ok(Admitted::Client(*msn)),
            Admitted::Unit(unit) => {
                let unit = self.engine.admit_unit(unit.msn, call.operation).map(Admitted::Unit);
                unit.map_err(|rejection| self.engine.refuse(None, rejection))
            }
        }
    }

    fn operate(&self, call: &Call<'_>, caller: &Admitted, seen: &mut Seen) -> Result<Answer, Refusal> {
        match caller {
            Admitted::Client(msn) => Ok(self.token(call, *msn)),
            Admitted::Unit(unit) if call.operation == Operation::Userinfo => self.userinfo(call, unit),
            Admitted::Unit(unit) if call.operation.is_about_payments() => self.epayment(call, unit, seen),
            Admitted::Unit(unit) => self.webhooks(call, unit),
        }
    }

    /// Finds the fault that strikes the call: the one that it asks for, else the first of the list.
    fn strike(&self, call: &Call<'_>, caller: &Admitted) -> Result<Option<Strike>, Refusal> {
        let msn = caller.msn();
        if self.takes_fault_headers {
            let asked = asked_for(call).map_err(|rejection| self.engine.refuse(caller.unit(), rejection))?;
            if let Some(effect) = asked {
                return Ok(Some(self.engine.strike_as_asked(msn, effect)));
            }
        }
        let body = call.body.unwrap_or_default();
        Ok(self.engine.strike(call.operation, msn, || match caller {
            Admitted::Client(_) => Mentions::default(),
            Admitted::Unit(unit) => self.engine.mentions(unit, call.operation, call.reference, body),
        }))
    }

    /// Answers a call that a fault strikes.
    fn suffer(&self, call: &Call<'_>, caller: Admitted, strike: &Strike, seen: &mut Seen) -> Outcome {
        let fault = HeaderValue::try_from(strike.id()).expect("letters, digits and a hyphen");
        let delay = strike.delay.map(Duration::from);
        let mut mark = Mark { fault: fault.clone(), told: strike.explain(), held: None, broken: None };
        if let (Some(delay), None, false) = (delay, strike.spoil, strike.commit) {
            // Time passes first: a caller who gives up meanwhile has changed nothing.
            let rest = Some(Rest { caller, at: seen.at, fault });
            mark.held = Some(Held { delay, rest });
            return Outcome { result: Ok(Response::new(Bytes::new())), mark: Some(mark) };
        }
        mark.held = delay.map(|delay| Held { delay, rest: None });
        let good = strike.commit.then(|| self.operate(call, &caller, seen));
        let result = match strike.spoil {
            None => good.unwrap_or_else(|| self.operate(call, &caller, seen)),
            Some(Spoil::Error(choice)) => {
                Err(self.refuse_for(strike, choice.row(call.operation), call, &caller))
            }
            Some(Spoil::Status(status)) => Ok(problem::bare(status.get())),
            Some(Spoil::Connection(fault)) => {
                mark.broken = Some(Broken { fault, noise: Bytes::copy_from_slice(&strike.noise) });
                Ok(unsent(fault))
            }
        };
        Outcome { result, mark: Some(mark) }
    }

    /// Refuses with the error that a fault asks for, its text filled from the call.
    fn refuse_for(&self, strike: &Strike, code: ErrorCode, call: &Call<'_>, caller: &Admitted) -> Refusal {
        let body = call.body.unwrap_or_default();
        let created = match call.operation {
            Operation::Create => Mentions::of_create(body).reference,
            _ => None,
        };
        let reference = created.as_deref().unwrap_or(call.reference);
        let unit = caller.unit();
        strike.refuse(
            code,
            &Words {
                operation: call.operation,
                msn: Some(caller.msn()),
                market: unit.map(|unit| unit.settings().market),
                reference,
                key: idempotency_key(call.headers, call.operation).ok().flatten().unwrap_or_default(),
                client_id: client_id(call),
                state: unit.and_then(|unit| self.engine.state_of(unit, reference)),
                body,
            },
        )
    }
}

/// Stands for an answer that a socket breaks: what can be told of it without one.
fn unsent(fault: ConnectionFault) -> Answer {
    match fault {
        ConnectionFault::MalformedResponseChunk => json(StatusCode::OK, |_| {}),
        _ => problem::bare(502),
    }
}

/// Reads what the request itself asks for: `Sandbox-Fault`, else `Prefer: code=…`.
fn asked_for(call: &Call<'_>) -> Result<Option<Effect>, Rejection> {
    if let Some(text) = list(call.headers, &SANDBOX_FAULT) {
        let effect = text.parse().map(Some);
        return effect.map_err(|complaint: String| {
            Rejection::of_field(ErrorCode::HeaderInvalid, "Sandbox-Fault", format!("{complaint}."))
        });
    }
    // Preferences that cannot be read or met are passed over (RFC 7240).
    let preferences = list(call.headers, &PREFER).unwrap_or_default();
    let code = preferences.split(',').find_map(|preference| {
        let (name, value) = preference.split(';').next()?.split_once('=')?;
        name.trim().eq_ignore_ascii_case("code").then(|| value.trim().trim_matches('"'))
    });
    Ok(code.and_then(|code| Effect::preferred(code, call.operation)))
}
