//! Identifiers and secrets: the only source of chance.
//!
//! Each sales unit draws from a stream of its own, so that with a seed a unit's identifiers repeat whatever the other
//! units do. Health probes, control reads and request ids draw nothing.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use serde::{Serialize, Serializer};
use uuid::Uuid;

use crate::document::{Flaw, HexKey, MAX_COUNTER, StreamData};

/// A W3C trace id and span id, as problem bodies show them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceId {
    trace: u128,
    span: u64,
}

impl TraceId {
    /// Reads what [`fmt::Display`] writes.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (trace, span) = text.strip_prefix("00-")?.strip_suffix("-01")?.split_once('-')?;
        let is_hex = |text: &str| text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if trace.len() != 32 || span.len() != 16 || !is_hex(trace) || !is_hex(span) {
            return None;
        }
        Some(Self { trace: u128::from_str_radix(trace, 16).ok()?, span: u64::from_str_radix(span, 16).ok()? })
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-01", self.trace, self.span)
    }
}

impl Serialize for TraceId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The root of all streams: a seed, or the operating system's randomness.
#[derive(Clone, Copy, Debug)]
pub(super) struct Root([u8; 32]);

impl Root {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that asks the operating system for randomness"
    )]
    pub(super) fn new(seed: Option<u64>) -> Self {
        let mut key = [0; 32];
        match seed {
            Some(seed) => key[..8].copy_from_slice(&seed.to_le_bytes()),
            None => getrandom::fill(&mut key).expect("the operating system has randomness"),
        }
        Self(key)
    }

    /// Goes on with the root of a stream that was taken down.
    pub(super) fn of(stream: &StreamData) -> Self {
        Self(stream.key.0)
    }

    /// Opens the stream of this number; 0 is the sandbox's own.
    pub(super) fn stream(self, number: u64) -> Ids {
        let mut rng = ChaCha8Rng::from_seed(self.0);
        rng.set_stream(number);
        // Ten digits, as in the vendor's examples, with room to count up.
        let psp_reference = 1_000_000_000 + rng.next_u64() % 8_000_000_000;
        Ids(Mutex::new(Draws { rng, psp_reference }))
    }
}

/// A stream of identifiers.
#[derive(Debug)]
pub(super) struct Ids(Mutex<Draws>);

#[derive(Debug)]
struct Draws {
    rng: ChaCha8Rng,
    psp_reference: u64,
}

impl Ids {
    fn draws(&self) -> std::sync::MutexGuard<'_, Draws> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes down where the stream has got to.
    pub(super) fn taken_down(&self) -> StreamData {
        let draws = self.draws();
        StreamData {
            key: HexKey(draws.rng.get_seed()),
            drawn: u64::try_from(draws.rng.get_word_pos()).unwrap_or_default(),
            psp_reference: draws.psp_reference,
        }
    }

    /// Goes on with the stream of this number from where it had got to.
    pub(super) fn restored(stream: &StreamData, number: u64) -> Result<Self, Flaw> {
        for (member, value) in [("drawn", stream.drawn), ("pspReference", stream.psp_reference)] {
            if value > MAX_COUNTER {
                return Err(Flaw::of(member, format!("it is more than {MAX_COUNTER}")));
            }
        }
        let mut rng = ChaCha8Rng::from_seed(stream.key.0);
        rng.set_stream(number);
        rng.set_word_pos(u128::from(stream.drawn));
        Ok(Self(Mutex::new(Draws { rng, psp_reference: stream.psp_reference })))
    }

    /// Draws a random number.
    pub(super) fn nonce(&self) -> u128 {
        let mut bytes = [0; 16];
        self.draws().rng.fill_bytes(&mut bytes);
        u128::from_le_bytes(bytes)
    }

    /// Draws a version 4 UUID.
    pub(super) fn uuid(&self) -> Uuid {
        uuid::Builder::from_random_bytes(self.nonce().to_be_bytes()).into_uuid()
    }

    /// Draws a trace id.
    pub(super) fn trace(&self) -> TraceId {
        let trace = self.nonce();
        TraceId { trace, span: self.draws().rng.next_u64() }
    }

    /// Draws the next `pspReference` of an event: a number of ten digits that counts up.
    pub(super) fn psp_reference(&self) -> u64 {
        let mut draws = self.draws();
        draws.psp_reference += 1 + draws.rng.next_u64() % 97;
        draws.psp_reference
    }

    /// Fills a buffer with random bytes.
    pub(super) fn fill(&self, bytes: &mut [u8]) {
        self.draws().rng.fill_bytes(bytes);
    }

    /// Throws the dice: from 0 to less than 1.
    pub(super) fn chance(&self) -> f64 {
        f64::from(self.draws().rng.next_u32()) / 4_294_967_296.0
    }

    /// Starts over with the draws of another stream.
    pub(super) fn restart(&self, other: &Self) {
        let fresh = other.draws().rng.clone();
        let psp_reference = other.draws().psp_reference;
        *self.draws() = Draws { rng: fresh, psp_reference };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_goes_on_from_where_it_had_got_to() {
        let stream = Root::new(Some(7)).stream(3);
        for length in 0..40 {
            stream.fill(&mut vec![0; length]);
            stream.psp_reference();
            let copy = Ids::restored(&stream.taken_down(), 3).unwrap();
            assert_eq!(copy.psp_reference(), stream.psp_reference(), "after {length} bytes");
            assert_eq!((copy.uuid(), copy.trace()), (stream.uuid(), stream.trace()), "after {length} bytes");
        }
    }

    #[test]
    fn a_trace_id_is_read_as_it_is_written() {
        let trace = Root::new(Some(7)).stream(3).trace();
        assert_eq!(TraceId::parse(&trace.to_string()), Some(trace));
        for text in ["", "00--01", "00-1-1-01", &trace.to_string()[1..]] {
            assert_eq!(TraceId::parse(text), None, "{text}");
        }
    }
}
