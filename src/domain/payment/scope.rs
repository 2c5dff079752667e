//! What a merchant may ask the customer to share: the words of `profile.scope`.

use crate::domain::errors::{ErrorCode, Rejection};

/// One word of `profile.scope`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Given and family name.
    Name,
    /// Postal addresses.
    Address,
    /// Email address.
    Email,
    /// Phone number.
    PhoneNumber,
    /// Date of birth.
    BirthDate,
    /// National identity number; needs a permission.
    Nin,
    /// Bank account numbers; needs a permission.
    AccountNumbers,
}

impl Scope {
    /// Every scope by its word (OpenAPI 1.8.1; `accountNumbers` from the official WooCommerce plugin).
    pub const ALL: [(&'static str, Self); 7] = [
        ("name", Self::Name),
        ("address", Self::Address),
        ("email", Self::Email),
        ("phoneNumber", Self::PhoneNumber),
        ("birthDate", Self::BirthDate),
        ("nin", Self::Nin),
        ("accountNumbers", Self::AccountNumbers),
    ];
}

/// A set of scopes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scopes(u8);

impl Scopes {
    /// The set that an Express payment has to ask for, no more and no less.
    pub const EXPRESS: Self = Self(
        1 << Scope::Name as u8
            | 1 << Scope::Address as u8
            | 1 << Scope::Email as u8
            | 1 << Scope::PhoneNumber as u8,
    );

    /// Reads a list of words separated by white space. Case matters.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::ScopeInvalid`] with the first unknown word.
    pub fn parse(text: &str) -> Result<Self, Rejection> {
        text.split_whitespace().try_fold(Self::default(), |scopes, word| {
            let known = Scope::ALL.iter().find(|(known, _)| *known == word);
            let (_, scope) = known.ok_or_else(|| ErrorCode::ScopeInvalid.about(&[("scope", word)]))?;
            Ok(Self(scopes.0 | 1 << *scope as u8))
        })
    }

    /// Returns the scopes of both sets.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns whether the scope is in the set.
    #[must_use]
    pub fn has(self, scope: Scope) -> bool {
        self.0 & 1 << scope as u8 != 0
    }

    /// Returns whether nothing is asked for.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns the words of the set.
    pub fn words(self) -> impl Iterator<Item = &'static str> {
        Scope::ALL.into_iter().filter(move |(_, scope)| self.has(*scope)).map(|(word, _)| word)
    }

    /// Returns the word of the first scope that needs a permission.
    pub(super) fn restricted(self) -> Option<&'static str> {
        self.words().find(|word| matches!(*word, "nin" | "accountNumbers"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_a_set() {
        assert_eq!(Scopes::parse("phoneNumber  email name address").unwrap(), Scopes::EXPRESS);
        assert_eq!(Scopes::parse("name name").unwrap(), Scopes::parse("name").unwrap());
        assert!(Scopes::parse("  ").unwrap().is_empty());
        assert_eq!(Scopes::parse("name nin").unwrap().restricted(), Some("nin"));
        for text in ["Name", "gender", "name,email"] {
            assert_eq!(Scopes::parse(text).unwrap_err().detail(), format!("The scope {text} is invalid."));
        }
    }
}
