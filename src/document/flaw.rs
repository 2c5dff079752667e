//! What is wrong with a document, and where.

use std::fmt;

use crate::domain::payment::Broken;

/// What is wrong with a document, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Flaw {
    /// The place, as a JSON pointer (RFC 6901); empty for the document itself.
    pub(crate) place: String,
    /// What is wrong there.
    pub(crate) why: String,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.place.is_empty() { "the document" } else { &self.place };
        write!(f, "{place}: {}", self.why)
    }
}

impl std::error::Error for Flaw {}

impl Flaw {
    /// Says what is wrong with the value at hand.
    pub(crate) fn new(why: impl Into<String>) -> Self {
        Self { place: String::new(), why: why.into() }
    }

    /// Says what is wrong with a member of the value at hand.
    pub(crate) fn of(member: &str, why: impl Into<String>) -> Self {
        Self::new(why).within(member)
    }

    /// Steps outwards: the value was a member, or an element, of another.
    pub(crate) fn within(mut self, step: impl fmt::Display) -> Self {
        let step = step.to_string().replace('~', "~0").replace('/', "~1");
        self.place.insert_str(0, &format!("/{step}"));
        self
    }
}

impl From<Broken> for Flaw {
    fn from(broken: Broken) -> Self {
        let flaw = Self::new(broken.why);
        let flaw = broken.index.map_or(flaw.clone(), |index| flaw.within(index));
        flaw.within(broken.member)
    }
}

/// Converts each element of a list, and says which one was wrong.
pub(super) fn each<T, U>(
    name: &str,
    list: Vec<T>,
    mut convert: impl FnMut(T) -> Result<U, Flaw>,
) -> Result<Vec<U>, Flaw> {
    let numbered = list.into_iter().enumerate();
    numbered.map(|(index, one)| convert(one).map_err(|flaw| flaw.within(index).within(name))).collect()
}
