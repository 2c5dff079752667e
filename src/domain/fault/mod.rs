//! Faults: which calls they strike, how often, and what becomes of the answer.
//!
//! A fault is plain data. Whether it strikes a call is decided from what the call says; chance and counters belong to
//! the engine.

mod ask;
mod delay;
mod effect;
mod glob;
mod mentions;
mod words;

pub use delay::{Delay, LONGEST_DELAY};
pub use effect::{ConnectionFault, Effect, ErrorChoice, ErrorStatus, Spoil};
pub use glob::Glob;
pub use mentions::Mentions;
pub use words::Words;

use super::digits::{Msn, PhoneNumber};
use super::operation::Operation;

/// A fault: it strikes the calls that match, after the first few and so many times.
///
/// ```
/// use epayment_sandbox::Sandbox;
/// use epayment_sandbox::domain::{fault::Fault, operation::Operation};
///
/// let sandbox = Sandbox::start();
/// // The next two captures of such orders are refused for want of money, and the one after that is carried out.
/// sandbox.fault(Fault::error(6260).on(Operation::Capture).about("order-*").times(2))?;
///
/// // The same from text, as the header `Sandbox-Fault` has it: the refund goes through, but its answer is lost.
/// let lost = "fault=EMPTY_RESPONSE, commit".parse()?;
/// sandbox.fault(Fault::new(lost).on(Operation::Refund))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Fault {
    /// Which calls.
    pub matching: Match,
    /// How many matching calls pass before it begins.
    pub skip: u64,
    /// How many calls it strikes; `None` for every one.
    pub times: Option<u64>,
    /// How likely it strikes a call that it could strike, from 0 to 1.
    pub probability: f64,
    /// What becomes of the answer.
    pub effect: Effect,
}

/// Which calls a fault is for. What is `None` fits every call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// The operation's name.
    pub operation: Option<&'static str>,
    /// The sales unit that the call acts for.
    pub msn: Option<Msn>,
    /// The reference, of the path or of the create body.
    pub reference: Option<Glob>,
    /// The phone number of the create body, or of the payment.
    pub phone_number: Option<PhoneNumber>,
}

impl Fault {
    /// Makes a fault that strikes the next call of any kind, once.
    #[must_use]
    pub fn new(effect: Effect) -> Self {
        Self { matching: Match::default(), skip: 0, times: Some(1), probability: 1.0, effect }
    }

    /// Strikes calls of this operation only.
    #[must_use]
    pub fn on(mut self, operation: Operation) -> Self {
        self.matching.operation = Some(operation.name());
        self
    }

    /// Strikes calls for this sales unit only.
    #[must_use]
    pub fn of(mut self, msn: Msn) -> Self {
        self.matching.msn = Some(msn);
        self
    }

    /// Strikes so many calls.
    #[must_use]
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Says which of the operations that the fault strikes never give its error by themselves.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let Some(Spoil::Error(choice)) = self.effect.spoil else { return None };
        let giving = choice.operations();
        let fits = |name: &&str| !giving.contains(name);
        let odd: Vec<_> = match self.matching.operation {
            Some(operation) => std::iter::once(operation).filter(fits).collect(),
            None => Operation::ALL.into_iter().map(Operation::name).filter(fits).collect(),
        };
        let hint = if self.matching.operation.is_none() { "; match.operation narrows the fault" } else { "" };
        (!odd.is_empty()).then(|| {
            let (odd, giving) = (odd.join(", "), giving.join(", "));
            format!("By the catalogue {choice} is an answer of {giving}, never of {odd}{hint}.")
        })
    }
}

impl Match {
    /// Returns the operation of this name as a match has it.
    ///
    /// # Errors
    ///
    /// A sentence that lists the operations.
    pub fn operation(name: &str) -> Result<&'static str, String> {
        let names = Operation::ALL.map(Operation::name);
        names
            .into_iter()
            .find(|known| *known == name)
            .ok_or_else(|| format!("\"{name}\" is no operation; there are {}", names.join(", ")))
    }

    /// Returns whether the body or the payment has to be looked at to know whether a call fits.
    #[must_use]
    pub fn looks_inside(&self) -> bool {
        self.reference.is_some() || self.phone_number.is_some()
    }

    /// Returns whether a call fits.
    #[must_use]
    pub fn fits(&self, operation: &str, msn: Msn, mentions: &Mentions) -> bool {
        let reference = mentions.reference.as_deref();
        self.operation.is_none_or(|wanted| wanted == operation)
            && self.msn.is_none_or(|wanted| wanted == msn)
            && self.reference.as_ref().is_none_or(|glob| reference.is_some_and(|text| glob.fits(text)))
            && self.phone_number.is_none_or(|wanted| mentions.phone_number == Some(wanted))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn msn(text: &str) -> Msn {
        Msn::parse(text).unwrap()
    }

    #[test]
    fn every_operation_of_the_api_can_be_named() {
        for operation in Operation::ALL {
            assert_eq!(Match::operation(operation.name()), Ok(operation.name()));
        }
        let complaint = Match::operation("captur").unwrap_err();
        assert!(complaint.starts_with("\"captur\" is no operation; there are token, create,"), "{complaint}");
    }

    #[test]
    fn a_call_fits_when_all_that_is_asked_for_is_so() {
        let mentions =
            Mentions { reference: Some("order-1".into()), phone_number: PhoneNumber::parse("4712345678") };
        let all = Match::default();
        assert!(all.fits("token", msn("123456"), &Mentions::default()));
        let narrow = Match {
            operation: Some("capture"),
            msn: Some(msn("123456")),
            reference: Glob::new("order-*").ok(),
            phone_number: PhoneNumber::parse("4712345678"),
        };
        assert!(narrow.fits("capture", msn("123456"), &mentions));
        assert!(!narrow.fits("refund", msn("123456"), &mentions));
        assert!(!narrow.fits("capture", msn("654321"), &mentions));
        assert!(!narrow.fits("capture", msn("123456"), &Mentions { phone_number: None, ..mentions.clone() }));
        assert!(!narrow.fits("capture", msn("123456"), &Mentions { reference: None, ..mentions.clone() }));
        let elsewhere = Mentions { reference: Some("other-1".into()), ..mentions };
        assert!(!narrow.fits("capture", msn("123456"), &elsewhere));
        let any_reference = Match { reference: Glob::new("*").ok(), ..Match::default() };
        assert!(!any_reference.fits("token", msn("123456"), &Mentions::default()), "a call without one");
    }

    #[test]
    fn an_error_where_it_never_comes_is_worth_a_warning() {
        let fault = Fault::new("error=6260".parse().unwrap());
        assert_eq!(fault.clone().on(Operation::Capture).warning(), None);
        assert_eq!(
            fault.clone().on(Operation::Refund).warning().unwrap(),
            "By the catalogue 6260 is an answer of capture, never of refund."
        );
        let warning = fault.warning().unwrap();
        assert!(
            warning
                .contains("never of token, create, get, events, refund, cancel, approve, webhooks.register"),
            "{warning}"
        );
        assert_eq!(Fault::new("error=3010".parse().unwrap()).warning(), None);
        assert_eq!(Fault::new("status=503".parse().unwrap()).warning(), None);
    }
}
