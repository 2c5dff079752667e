//! How long an answer is held back.

use std::f64::consts::TAU;
use std::time::Duration;

use crate::domain::span::Span;

/// The longest that an answer is held back.
pub const LONGEST_DELAY: Span = Span::minutes(60);

/// The largest sigma; beyond it nearly every delay is either none or the longest.
const LARGEST_SIGMA: f64 = 10.0;

/// How long an answer is held back, by the machine's time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Delay {
    /// Always as long.
    Fixed(Span),
    /// Anything between the two, each as likely.
    Uniform {
        /// The shortest.
        min: Span,
        /// The longest.
        max: Span,
    },
    /// Mostly near the median, sometimes much longer, as real services are.
    Lognormal {
        /// Half of the delays are shorter.
        median: Span,
        /// The standard deviation of the delays' logarithm.
        sigma: f64,
    },
}

impl Delay {
    /// Reads a fixed delay.
    ///
    /// # Errors
    ///
    /// A sentence that says what would do.
    pub fn parse(text: &str) -> Result<Self, String> {
        Self::Fixed(Span::parse(text)?).check()
    }

    /// Checks the numbers.
    ///
    /// # Errors
    ///
    /// A sentence that says what would do.
    pub fn check(self) -> Result<Self, String> {
        let (longest, sigma) = match self {
            Self::Fixed(span) => (span, 0.0),
            Self::Uniform { min, max } if min > max => {
                return Err(format!(
                    "min is {} and max {}; max must be the longer",
                    min.short(),
                    max.short()
                ));
            }
            Self::Uniform { max, .. } => (max, 0.0),
            Self::Lognormal { median, sigma } => (median, sigma),
        };
        if longest > LONGEST_DELAY {
            return Err(format!("at most {} can be waited for", LONGEST_DELAY.short()));
        }
        if !(0.0..=LARGEST_SIGMA).contains(&sigma) {
            return Err(format!("sigma must be a number from 0 to {LARGEST_SIGMA}"));
        }
        Ok(self)
    }

    /// Returns how long to wait. `chance` gives numbers from 0 to less than 1.
    pub fn span(self, mut chance: impl FnMut() -> f64) -> Span {
        match self {
            Self::Fixed(span) => span,
            Self::Uniform { min, max } => min + of_seconds(seconds(max.less(min)) * chance()),
            Self::Lognormal { median, sigma } => {
                // Box and Muller: two even draws make a normal one. The logarithm must not be of 0.
                let (one, other) = (1.0 - chance(), chance());
                let normal = (-2.0 * one.ln()).sqrt() * (TAU * other).cos();
                of_seconds(seconds(median) * (sigma * normal).exp())
            }
        }
    }
}

fn seconds(span: Span) -> f64 {
    Duration::from(span).as_secs_f64()
}

fn of_seconds(seconds: f64) -> Span {
    let micros = Duration::try_from_secs_f64(seconds).ok().map(|span| span.as_micros());
    let micros = micros.and_then(|micros| i64::try_from(micros).ok()).unwrap_or(i64::MAX);
    Span::from_micros(micros).min(LONGEST_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A sequence that falls evenly between 0 and 1.
    fn even() -> impl FnMut() -> f64 {
        let mut at = 0.0_f64;
        move || {
            at = (at + 0.618_033_988_749_895).fract();
            at
        }
    }

    #[test]
    fn a_fixed_delay_is_what_it_is() {
        assert_eq!(Delay::parse("2s").unwrap().span(even()), Span::seconds(2));
        assert_eq!(Delay::parse("PT0.5S").unwrap().span(even()), Span::millis(500));
        assert!(Delay::parse("soon").unwrap_err().contains("is not a duration"));
        assert_eq!(Delay::parse("61m").unwrap_err(), "at most 1h can be waited for");
    }

    #[test]
    fn a_uniform_delay_is_anything_in_between() {
        let delay = Delay::Uniform { min: Span::seconds(1), max: Span::seconds(3) }.check().unwrap();
        let mut chance = even();
        let spans: Vec<_> = (0..1000).map(|_| delay.span(&mut chance)).collect();
        assert!(spans.iter().all(|span| (Span::seconds(1)..Span::seconds(3)).contains(span)));
        let short = spans.iter().filter(|span| **span < Span::seconds(2)).count();
        assert!((450..550).contains(&short), "{short}");
        assert!(Delay::Uniform { min: Span::seconds(3), max: Span::seconds(1) }.check().is_err());
    }

    #[test]
    fn a_lognormal_delay_has_its_median_and_a_long_tail() {
        let delay = Delay::Lognormal { median: Span::seconds(1), sigma: 0.4 }.check().unwrap();
        let mut numbers = (0..2000_u64).map(|n| {
            let mixed = (n + 1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            f64::from(
                u32::try_from((mixed ^ (mixed >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 32).unwrap(),
            ) / 4_294_967_296.0
        });
        let mut spans: Vec<_> = (0..1000).map(|_| delay.span(|| numbers.next().unwrap())).collect();
        spans.sort_unstable();
        let near = |span: Span, micros: i64| (span.as_micros() - micros).abs() < micros / 10;
        assert!(near(spans[500], 1_000_000), "{:?}", spans[500]);
        // One standard deviation above: exp(0.4).
        assert!(near(spans[841], 1_491_825), "{:?}", spans[841]);
        let calm = Delay::Lognormal { median: Span::seconds(1), sigma: 0.0 };
        assert_eq!(calm.span(even()), Span::seconds(1));
        let wild = Delay::Lognormal { median: LONGEST_DELAY, sigma: 10.0 };
        assert_eq!(wild.span(|| 0.999), LONGEST_DELAY);
        for sigma in [-0.1, f64::NAN, 11.0] {
            assert!(Delay::Lognormal { median: Span::ZERO, sigma }.check().is_err());
        }
    }
}
