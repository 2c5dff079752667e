//! Patterns of references: `*` stands for any text, `?` for one character, everything else for itself.

use std::fmt;

/// The longest pattern, in characters.
const LONGEST: usize = 200;

/// A pattern. Case matters, as in references.
#[derive(Clone, PartialEq, Eq)]
pub struct Glob(Box<[char]>);

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    ///
    /// A sentence when it is empty or too long.
    pub fn new(pattern: &str) -> Result<Self, String> {
        let pattern: Box<[char]> = pattern.chars().collect();
        if pattern.is_empty() || pattern.len() > LONGEST {
            return Err(format!("a pattern has 1 to {LONGEST} characters, such as order-*"));
        }
        Ok(Self(pattern))
    }

    /// Returns whether the whole text fits.
    #[must_use]
    pub fn fits(&self, text: &str) -> bool {
        let pattern = &self.0;
        let mut rest = text.chars();
        let mut at = 0;
        // Where to go on when what follows the last star does not fit: the star takes one character more.
        let mut retry: Option<(usize, std::str::Chars<'_>)> = None;
        loop {
            let before = rest.clone();
            match (pattern.get(at), rest.next()) {
                (Some('*'), _) => {
                    at += 1;
                    rest = before.clone();
                    retry = Some((at, before));
                }
                (Some('?'), Some(_)) => at += 1,
                (Some(wanted), Some(found)) if *wanted == found => at += 1,
                (None, None) => return true,
                _ => {
                    let Some((after_star, from)) = &mut retry else { return false };
                    if from.next().is_none() {
                        return false;
                    }
                    at = *after_star;
                    rest = from.clone();
                }
            }
        }
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|letter| write!(f, "{letter}"))
    }
}

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_and_question_marks_stand_for_others() {
        for (pattern, text, fits) in [
            ("order-*", "order-", true),
            ("order-*", "order-17", true),
            ("order-*", "Order-17", false),
            ("order-*", "my-order-17", false),
            ("*-17", "order-17", true),
            ("*-17", "order-17-17", true),
            ("*-17", "order-171", false),
            ("order-?", "order-1", true),
            ("order-?", "order-", false),
            ("order-?", "order-12", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false),
            ("*", "", true),
            ("**", "x", true),
            ("?", "ø", true),
            ("order", "order", true),
            ("order", "orders", false),
            ("*a*a*a*a*a*a*a*a*b", &"a".repeat(2000), false),
        ] {
            assert_eq!(Glob::new(pattern).unwrap().fits(text), fits, "{pattern} {text}");
        }
    }

    #[test]
    fn a_pattern_has_a_sensible_length() {
        assert!(Glob::new("").is_err());
        assert!(Glob::new(&"x".repeat(201)).is_err());
        assert_eq!(Glob::new("order-?*").unwrap().to_string(), "order-?*");
    }
}
