//! Asking for a fault in Rust, one word after the other.

use std::time::Duration;

use super::{ConnectionFault, Delay, Effect, ErrorChoice, Fault, Glob, Spoil};

impl Fault {
    /// Answers the next call with an error of the catalogue, by its ErrorCode.
    ///
    /// # Panics
    ///
    /// When the catalogue has no such ErrorCode.
    #[must_use]
    pub fn error(code: u16) -> Self {
        let choice = ErrorChoice::parse(&code.to_string()).unwrap_or_else(|why| panic!("{why}"));
        Self::new(Effect::of(Spoil::Error(choice)))
    }

    /// Answers the next call with a bare status, as a broken gateway gives it.
    ///
    /// # Panics
    ///
    /// When it is not an error's status, 400 to 599.
    #[must_use]
    pub fn status(status: u16) -> Self {
        Self::new(Effect::of(Spoil::status(status.into()).unwrap_or_else(|why| panic!("{why}"))))
    }

    /// Breaks the connection of the next call.
    #[must_use]
    pub fn connection(how: ConnectionFault) -> Self {
        Self::new(Effect::of(Spoil::Connection(how)))
    }

    /// Holds the answer to the next call back, by the machine's time.
    ///
    /// # Panics
    ///
    /// When it is longer than an hour.
    #[must_use]
    pub fn delay(by: Duration) -> Self {
        Self::new(Effect { delay: Some(fixed(by)), spoil: None, commit: false })
    }

    /// Holds back what comes instead of the answer too, by the machine's time.
    ///
    /// # Panics
    ///
    /// When it is longer than an hour.
    #[must_use]
    pub fn late(mut self, by: Duration) -> Self {
        self.effect.delay = Some(fixed(by));
        self
    }

    /// Carries the operation out, and only then spoils its answer.
    #[must_use]
    pub fn committed(mut self) -> Self {
        self.effect.commit = true;
        self
    }

    /// Strikes calls about references that fit the pattern only: `*` stands for any text, `?` for one character.
    ///
    /// # Panics
    ///
    /// When the pattern is empty or longer than 200 characters.
    #[must_use]
    pub fn about(mut self, pattern: &str) -> Self {
        self.matching.reference = Some(Glob::new(pattern).unwrap_or_else(|why| panic!("{why}")));
        self
    }

    /// Lets so many matching calls pass first.
    #[must_use]
    pub fn skip(mut self, calls: u64) -> Self {
        self.skip = calls;
        self
    }

    /// Strikes every call, not only the next.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    /// Strikes a call that it could strike only with this likelihood. With a seed the dice repeat.
    ///
    /// # Panics
    ///
    /// When it is not a number from 0 to 1.
    #[must_use]
    pub fn with_probability(mut self, probability: f64) -> Self {
        assert!((0.0..=1.0).contains(&probability), "{probability} is not a probability from 0 to 1");
        self.probability = probability;
        self
    }
}

fn fixed(by: Duration) -> Delay {
    Delay::Fixed(by.into()).check().unwrap_or_else(|why| panic!("{why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::operation::Operation;

    #[test]
    fn words_ask_for_what_the_text_form_asks_for() {
        let read = |text: &str| Fault::new(text.parse().unwrap());
        assert_eq!(Fault::error(6260), read("error=6260"));
        assert_eq!(Fault::status(503).late(Duration::from_secs(2)), read("status=503, delay=2s"));
        assert_eq!(Fault::delay(Duration::from_millis(300)), read("delay=300ms"));
        let lost = Fault::connection(ConnectionFault::EmptyResponse).committed();
        assert_eq!(lost, read("fault=EMPTY_RESPONSE, commit"));
        let narrow = Fault::status(500).on(Operation::Capture).about("order-*").skip(2).always();
        assert!(narrow.matching.looks_inside());
        assert_eq!((narrow.skip, narrow.times), (2, None));
    }

    #[test]
    #[should_panic(expected = "\"1\" is neither an ErrorCode such as 6260")]
    fn an_error_that_does_not_exist_cannot_be_asked_for() {
        let _ = Fault::error(1);
    }
}
