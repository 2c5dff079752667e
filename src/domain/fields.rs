//! The fields that a request got wrong, collected so that one answer names them all.
//!
//! The texts are those of .NET's data annotations: the two validation bodies that were published follow them, and
//! the others are inferred from that.

use std::fmt::{self, Write};

use super::errors::{ErrorCode, FieldNote, Rejection};
use super::text::length;

/// How many offending fields one answer names.
const MAX_NOTES: usize = 100;

/// Where in a JSON body we are: a chain of member names and indices, written `receipt.orderLines[0].name`.
#[derive(Clone, Copy)]
pub struct At<'p> {
    up: Option<&'p At<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy)]
enum Step<'p> {
    Root,
    Member(&'p str),
    Index(usize),
}

impl<'p> At<'p> {
    /// The body itself.
    pub const ROOT: At<'static> = At { up: None, step: Step::Root };

    /// Goes to a member of this object.
    #[must_use]
    pub fn member(&'p self, name: &'p str) -> At<'p> {
        At { up: Some(self), step: Step::Member(name) }
    }

    /// Goes to an element of this list.
    #[must_use]
    pub fn index(&'p self, index: usize) -> At<'p> {
        At { up: Some(self), step: Step::Index(index) }
    }

    /// The name of the .NET property behind this place: the last member name, in Pascal case.
    fn property(&self) -> String {
        match self.step {
            Step::Root => "Body".into(),
            Step::Index(_) => self.up.map_or_else(String::new, At::property),
            Step::Member(name) => {
                let mut letters = name.chars();
                letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
            }
        }
    }
}

impl fmt::Display for At<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(up) = self.up {
            up.fmt(f)?;
        }
        match self.step {
            Step::Root => Ok(()),
            Step::Index(index) => write!(f, "[{index}]"),
            Step::Member(name) => {
                let nested = self.up.is_some_and(|up| !matches!(up.step, Step::Root));
                write!(f, "{}{name}", if nested { "." } else { "" })
            }
        }
    }
}

/// The offending fields found so far.
#[derive(Default)]
pub struct Fields {
    notes: Vec<FieldNote>,
    /// Whether unknown members are reported rather than ignored (`--strict`).
    pub strict: bool,
}

impl Fields {
    /// Starts with none.
    #[must_use]
    pub fn new(strict: bool) -> Self {
        Self { notes: Vec::new(), strict }
    }

    /// Returns whether nothing is wrong so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.notes.is_empty()
    }

    /// Ends the collection.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::BodyInvalid`] with every field noted, if there is any.
    pub fn finish(self) -> Result<(), Rejection> {
        if self.notes.is_empty() { Ok(()) } else { Err(self.reject()) }
    }

    /// Refuses because of every field noted.
    #[must_use]
    pub fn reject(self) -> Rejection {
        Rejection::of_fields(ErrorCode::BodyInvalid, self.notes)
    }

    /// Notes that the field breaks a rule.
    pub fn note(&mut self, at: &At<'_>, reason: impl Into<Box<str>>) {
        if self.notes.len() < MAX_NOTES {
            let name = match at.step {
                Step::Root => "body".into(),
                _ => at.to_string().into_boxed_str(),
            };
            self.notes.push(FieldNote { name, reason: reason.into() });
        }
    }

    /// Notes that a required member is missing.
    pub fn missing(&mut self, at: &At<'_>) {
        self.note(at, required(&at.property()));
    }

    /// Notes that the value is of the wrong type or none of those allowed. Long values are cut short.
    pub fn invalid(&mut self, at: &At<'_>, value: &dyn fmt::Display) {
        let mut shown = Shortened { text: String::new(), left: 100 };
        let cut = write!(shown, "{value}").is_err();
        let ellipsis = if cut { "…" } else { "" };
        self.note(at, format!("The value '{}{ellipsis}' is not valid for {}.", shown.text, at.property()));
    }

    /// Notes that the member is given more than once in the JSON text.
    pub fn repeated(&mut self, at: &At<'_>) {
        self.note(at, format!("The {} field is given more than once.", at.property()));
    }

    /// Notes a member that the API does not have, if those are to be reported.
    pub fn unknown(&mut self, at: &At<'_>) {
        if self.strict {
            self.note(at, format!("The {} field is not part of the API.", at.property()));
        }
    }

    /// Notes that a text does not match its pattern.
    pub fn pattern(&mut self, at: &At<'_>, pattern: &str) {
        self.note(at, matches(&at.property(), pattern));
    }

    /// Checks the length of a text in UTF-16 units.
    pub fn length(&mut self, at: &At<'_>, text: &str, min: usize, max: usize) {
        if !(min..=max).contains(&length(text)) {
            let field = at.property();
            self.note(at, if min == 0 { at_most(&field, max) } else { between_lengths(&field, min, max) });
        }
    }

    /// Notes a number outside its range.
    pub fn range(&mut self, at: &At<'_>, min: i64, max: &dyn fmt::Display) {
        self.note(at, format!("The field {} must be between {min} and {max}.", at.property()));
    }

    /// Notes a list that needs more elements.
    pub fn too_few(&mut self, at: &At<'_>, min: usize) {
        self.note(
            at,
            format!(
                "The field {} must be a string or array type with a minimum length of '{min}'.",
                at.property()
            ),
        );
    }
}

/// The reason for a required field that is missing.
#[must_use]
pub fn required(field: &str) -> String {
    format!("The {field} field is required.")
}

/// The reason for a text that does not match its pattern.
#[must_use]
pub fn matches(field: &str, pattern: &str) -> String {
    format!("The field {field} must match the regular expression '{pattern}'.")
}

/// The reason for a text that is too long.
#[must_use]
pub fn at_most(field: &str, max: usize) -> String {
    format!("The field {field} must be a string with a maximum length of {max}.")
}

fn between_lengths(field: &str, min: usize, max: usize) -> String {
    format!(
        "The field {field} must be a string with a minimum length of {min} and a maximum length of {max}."
    )
}

/// Takes text until it is full.
struct Shortened {
    text: String,
    left: usize,
}

impl Write for Shortened {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            if self.left == 0 {
                return Err(fmt::Error);
            }
            self.left -= 1;
            self.text.push(letter);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_named_by_path_and_property() {
        let receipt = At::ROOT.member("receipt");
        let lines = receipt.member("orderLines");
        let line = lines.index(0);
        let name = line.member("name");
        assert_eq!(name.to_string(), "receipt.orderLines[0].name");
        assert_eq!(name.property(), "Name");
        assert_eq!(line.property(), "OrderLines");
    }

    #[test]
    fn the_published_validation_texts_come_out_word_for_word() {
        let mut fields = Fields::new(false);
        fields.pattern(&At::ROOT.member("reference"), crate::domain::text::REFERENCE_PATTERN);
        fields.length(&At::ROOT.member("paymentDescription"), "x", 3, 100);
        let Err(rejection) = fields.finish() else { panic!("two fields are wrong") };
        let reasons: Vec<&str> = rejection.fields.iter().map(|note| &*note.reason).collect();
        assert_eq!(
            reasons,
            [
                "The field Reference must match the regular expression '^[a-zA-Z0-9-]{8,64}$'.",
                "The field PaymentDescription must be a string with a minimum length of 3 and a maximum length of 100.",
            ]
        );
    }

    #[test]
    fn long_values_are_cut_short_and_the_number_of_notes_is_bounded() {
        let mut fields = Fields::new(false);
        for _ in 0..1000 {
            fields.invalid(&At::ROOT.member("x"), &"é".repeat(5000));
        }
        let Err(rejection) = fields.finish() else { panic!("fields are wrong") };
        assert_eq!(rejection.fields.len(), MAX_NOTES);
        assert_eq!(
            &*rejection.fields[0].reason,
            format!("The value '{}…' is not valid for X.", "é".repeat(100))
        );
    }
}
