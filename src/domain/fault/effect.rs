//! What a fault makes of an answer.

use std::fmt;
use std::str::FromStr;

use super::delay::Delay;
use crate::domain::errors::{CATALOGUE, ErrorCode, ErrorSpec};
use crate::domain::operation::Operation;

/// What becomes of a call that a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// How long the answer is held back.
    pub delay: Option<Delay>,
    /// What comes instead of the answer; `None` when only time is lost.
    pub spoil: Option<Spoil>,
    /// Whether the operation is carried out before its answer is spoilt.
    pub commit: bool,
}

/// What comes instead of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spoil {
    /// An error of the catalogue.
    Error(ErrorChoice),
    /// A bare status, as a broken gateway gives it.
    Status(ErrorStatus),
    /// No answer at all, or nothing that could be read as one.
    Connection(ConnectionFault),
}

/// A status of an error, 400 to 599. [`Spoil::status`] makes one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ErrorStatus(u16);

impl ErrorStatus {
    fn new(status: u16) -> Option<Self> {
        (400..600).contains(&status).then_some(Self(status))
    }

    /// Returns the number.
    #[must_use]
    pub fn get(self) -> u16 {
        self.0
    }
}

/// How an error was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorChoice {
    /// By its number. One number has two rows: the call's operation decides.
    Number(u16),
    /// By its row.
    Row(ErrorCode),
}

/// How a connection ends without an answer, in the words that `WireMock` has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConnectionFault {
    /// The connection is reset.
    ConnectionResetByPeer,
    /// The connection is closed without a byte.
    EmptyResponse,
    /// A status line of 200 and headers, then noise, then the end.
    MalformedResponseChunk,
    /// Noise, then the end.
    RandomDataThenClose,
}

impl ConnectionFault {
    /// Every one, with its word.
    pub const ALL: [(&'static str, Self); 4] = [
        ("CONNECTION_RESET_BY_PEER", Self::ConnectionResetByPeer),
        ("EMPTY_RESPONSE", Self::EmptyResponse),
        ("MALFORMED_RESPONSE_CHUNK", Self::MalformedResponseChunk),
        ("RANDOM_DATA_THEN_CLOSE", Self::RandomDataThenClose),
    ];

    /// Returns the word.
    #[must_use]
    pub fn word(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// Reads the word.
    ///
    /// # Errors
    ///
    /// A sentence that lists the words.
    pub fn parse(word: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|(known, _)| *known == word);
        known.map(|(_, fault)| fault).ok_or_else(|| {
            let words = Self::ALL.map(|(word, _)| word).join(", ");
            format!("\"{word}\" is no fault of a connection; there are {words}")
        })
    }
}

impl ErrorChoice {
    /// Reads an ErrorCode, or the name of a row for errors that have none.
    ///
    /// # Errors
    ///
    /// A sentence that says where the errors are listed.
    pub fn parse(text: &str) -> Result<Self, String> {
        let by_number = text.parse().ok().map(Self::Number).filter(|choice| choice.rows().next().is_some());
        let by_name = || ErrorCode::ALL.iter().find(|code| code.spec().name == text).copied().map(Self::Row);
        by_number.or_else(by_name).ok_or_else(|| {
            format!(
                "\"{text}\" is neither an ErrorCode such as 6260 nor a row's name such as BodyTooLarge; \
                 GET /_sandbox/errors lists them"
            )
        })
    }

    fn rows(self) -> impl Iterator<Item = ErrorCode> {
        let chosen = move |spec: &ErrorSpec, code: ErrorCode| match self {
            Self::Number(number) => spec.number == Some(number),
            Self::Row(row) => row == code,
        };
        ErrorCode::ALL.iter().copied().filter(move |code| chosen(code.spec(), *code))
    }

    /// Returns the row that a call of this operation is answered with: one that the operation can give, if there is.
    #[must_use]
    pub fn row(self, operation: Operation) -> ErrorCode {
        let fitting = self.rows().find(|code| code.spec().operations.contains(&operation));
        fitting.or_else(|| self.rows().next()).unwrap_or(ErrorCode::InternalError)
    }

    /// Returns the operations that can give the error by themselves.
    pub(super) fn operations(self) -> Vec<&'static str> {
        let giving =
            |operation: &Operation| self.rows().any(|code| code.spec().operations.contains(operation));
        Operation::ALL.into_iter().filter(giving).map(Operation::name).collect()
    }
}

impl fmt::Display for ErrorChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
            Self::Row(code) => f.write_str(code.spec().name),
        }
    }
}

impl Spoil {
    /// Takes a status.
    ///
    /// # Errors
    ///
    /// A sentence when it is no status of an error.
    pub fn status(status: u64) -> Result<Self, String> {
        let known = u16::try_from(status).ok().and_then(ErrorStatus::new);
        known.map(Self::Status).ok_or_else(|| format!("{status} is not an error's status, 400 to 599"))
    }
}

impl Effect {
    /// Nothing yet.
    const NONE: Self = Self { delay: None, spoil: None, commit: false };

    /// Spoils the answer.
    pub(super) const fn of(spoil: Spoil) -> Self {
        Self { spoil: Some(spoil), ..Self::NONE }
    }

    /// Returns what `Prefer: code=…` asks for: below 1000 an HTTP status, which is answered with the first error of
    /// that status that the operation can give, those with an ErrorCode first; from 1000 on an ErrorCode. `None` when
    /// there is nothing to spoil.
    #[must_use]
    pub fn preferred(code: &str, operation: Operation) -> Option<Self> {
        let number = code.parse::<u16>().ok()?;
        let spoil = match ErrorStatus::new(number) {
            Some(known) => {
                let status = known.get();
                let gives = |spec: &&ErrorSpec| spec.status == status && spec.operations.contains(&operation);
                let numbered = CATALOGUE.iter().filter(gives).find_map(|spec| spec.number);
                let named = || CATALOGUE.iter().position(|spec| gives(&spec)).map(|row| ErrorCode::ALL[row]);
                let choice = numbered.map(ErrorChoice::Number).or_else(|| named().map(ErrorChoice::Row));
                choice.map_or(Spoil::Status(known), Spoil::Error)
            }
            None if number >= 1000 => Spoil::Error(ErrorChoice::parse(code).ok()?),
            None => return None,
        };
        Some(Self { spoil: Some(spoil), ..Self::NONE })
    }
}

/// Reads `error=6260`, `status=503`, `fault=EMPTY_RESPONSE`, `delay=2s` and `commit`, joined by commas.
impl FromStr for Effect {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        const FORMS: &str = "error=6260, status=503, fault=EMPTY_RESPONSE, delay=2s or commit";
        let mut effect = Self::NONE;
        for item in text.split(',').map(str::trim).filter(|item| !item.is_empty()) {
            let (name, value) =
                item.split_once('=').map_or((item, ""), |(name, value)| (name.trim(), value.trim()));
            let spoil = match name {
                "error" => ErrorChoice::parse(value).map(Spoil::Error),
                "status" => {
                    let status = value.parse().map_err(|_| format!("\"{value}\" is no status"));
                    status.and_then(Spoil::status)
                }
                "fault" => ConnectionFault::parse(value).map(Spoil::Connection),
                "delay" => {
                    effect.delay =
                        Some(Delay::parse(value).map_err(|complaint| format!("delay: {complaint}"))?);
                    continue;
                }
                "commit" if matches!(value, "" | "true") => {
                    effect.commit = true;
                    continue;
                }
                _ => return Err(format!("\"{item}\" is not one of {FORMS}")),
            };
            let spoil = spoil.map_err(|complaint| format!("{name}: {complaint}"))?;
            if effect.spoil.replace(spoil).is_some() {
                return Err("only one of error, status and fault can be answered".into());
            }
        }
        effect.check()
    }
}

impl Effect {
    /// Checks that there is an effect.
    ///
    /// # Errors
    ///
    /// A sentence that says what is missing.
    pub fn check(self) -> Result<Self, String> {
        if self.delay.is_none() && self.spoil.is_none() {
            return Err("one of error, status, delay and fault is needed".into());
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::span::Span;

    fn read(text: &str) -> Result<Effect, String> {
        text.parse()
    }

    #[test]
    fn effects_are_read_from_items() {
        let of = |spoil| Effect { spoil: Some(spoil), ..Effect::NONE };
        let funds = Spoil::Error(ErrorChoice::Number(6260));
        assert_eq!(read("error=6260"), Ok(of(funds)));
        assert_eq!(read(" error = 6260 , commit,"), Ok(Effect { commit: true, ..of(funds) }));
        assert_eq!(
            read("error=BodyTooLarge"),
            Ok(of(Spoil::Error(ErrorChoice::Row(ErrorCode::BodyTooLarge))))
        );
        assert_eq!(read("status=503"), Ok(of(Spoil::status(503).unwrap())));
        let reset = Spoil::Connection(ConnectionFault::ConnectionResetByPeer);
        assert_eq!(read("fault=CONNECTION_RESET_BY_PEER"), Ok(of(reset)));
        let delay = Some(Delay::Fixed(Span::seconds(2)));
        assert_eq!(read("delay=2s"), Ok(Effect { delay, ..Effect::NONE }));
        assert_eq!(read("delay=2s, status=500"), Ok(Effect { delay, ..of(Spoil::status(500).unwrap()) }));
        for (text, complaint) in [
            ("", "one of error"),
            ("commit", "one of error"),
            ("error=1", "error: \"1\" is neither"),
            ("error=", "error: \"\" is neither"),
            ("error=99999", "error: \"99999\" is neither"),
            ("status=200", "status: 200 is not an error's status"),
            ("status=teapot", "status: \"teapot\" is no status"),
            ("fault=SLOW", "fault: \"SLOW\" is no fault of a connection"),
            ("delay=soon", "delay: \"soon\" is not a duration"),
            ("6260", "\"6260\" is not one of"),
            ("error=6260, status=503", "only one of"),
        ] {
            let said = read(text).unwrap_err();
            assert!(said.starts_with(complaint), "{text}: {said}");
        }
    }

    #[test]
    fn words_of_connection_faults_stand_at_their_own_place() {
        for (word, fault) in ConnectionFault::ALL {
            assert_eq!((fault.word(), ConnectionFault::parse(word)), (word, Ok(fault)));
        }
    }

    #[test]
    fn a_number_with_two_rows_means_the_one_of_the_operation() {
        let conflict = ErrorChoice::parse("4150").unwrap();
        assert_eq!(conflict.row(Operation::Refund), ErrorCode::RefundKeyConflict);
        assert_eq!(conflict.row(Operation::Create), ErrorCode::ReferenceTaken);
        assert_eq!(conflict.row(Operation::Get), ErrorCode::RefundKeyConflict);
        assert_eq!(conflict.operations(), ["create", "refund"]);
    }

    #[test]
    fn a_preferred_code_is_a_status_or_an_error() {
        let row = |code: &str, operation| match Effect::preferred(code, operation)?.spoil? {
            Spoil::Error(choice) => Some(choice.row(operation).spec().name),
            _ => Some("status"),
        };
        assert_eq!(row("409", Operation::Capture), Some("CaptureKeyConflict"));
        assert_eq!(row("409", Operation::Create), Some("IdempotencyKeyUsed"));
        assert_eq!(row("404", Operation::Get), Some("ReferenceNotFound"));
        assert_eq!(row("404", Operation::Create), Some("RouteUnknown"));
        assert_eq!(row("429", Operation::Get), Some("RateLimitExceeded"));
        assert_eq!(row("500", Operation::Get), Some("InternalError"));
        assert_eq!(row("503", Operation::Get), Some("status"));
        assert_eq!(row("6260", Operation::Capture), Some("FundsUnavailable"));
        for code in ["200", "600", "1000", "", "x", "-409", "70000"] {
            assert_eq!(row(code, Operation::Get), None, "{code}");
        }
    }
}
