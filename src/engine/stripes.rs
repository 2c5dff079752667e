//! A hash table in many small parts, each behind its own lock.
//!
//! Many parts, because a single table of a million entries stops everybody for a tenth of a second when it grows.
//! A part stays locked while its guard lives, so "look, act, put down" is one step for everyone who shares a hash.

use std::sync::{Mutex, MutexGuard, PoisonError};

use hashbrown::HashTable;
use twox_hash::XxHash3_64;

const PARTS: usize = 1024;

/// A value that can tell its own hash.
pub(super) trait Hashed {
    /// The two things that a value is found by: a number and a text.
    fn key(&self) -> (u64, &str);
}

/// The table.
pub(super) struct Stripes<T> {
    parts: Box<[Mutex<HashTable<Entry<T>>>]>,
    /// Keeps strangers from choosing texts that all fall into one part.
    secret: u64,
}

/// A value with its hash, which a part that grows would otherwise have to work out again from all over the memory.
struct Entry<T> {
    hash: u64,
    value: T,
}

/// One part of the table, locked.
pub(super) struct Stripe<'t, T> {
    table: MutexGuard<'t, HashTable<Entry<T>>>,
    hash: u64,
}

/// Hashes a key. Upper and lower case are hashed alike in texts that can be references, so that one that differs in
/// nothing else is found beside it.
fn hash_of(secret: u64, (number, text): (u64, &str)) -> u64 {
    let mut folded = [0; 64];
    let bytes = match folded.get_mut(..text.len()) {
        Some(folded) => {
            folded.copy_from_slice(text.as_bytes());
            folded.make_ascii_lowercase();
            &*folded
        }
        None => text.as_bytes(),
    };
    XxHash3_64::oneshot_with_seed(secret ^ number, bytes)
}

impl<T: Hashed> Entry<T> {
    /// Returns whether this is the value with the key. It is looked at only when its hash is the one.
    fn is(&self, hash: u64, key: (u64, &str)) -> bool {
        self.hash == hash && self.value.key() == key
    }
}

impl<T: Hashed> Stripes<T> {
    pub(super) fn new(secret: u64) -> Self {
        Self { parts: (0..PARTS).map(|_| Mutex::default()).collect(), secret }
    }

    /// Locks the part that the key falls into.
    pub(super) fn lock(&self, key: (u64, &str)) -> Stripe<'_, T> {
        let hash = hash_of(self.secret, key);
        // The table inside uses the low and the highest bits of the hash.
        let part = usize::try_from((hash >> 32) % PARTS as u64).unwrap_or_default();
        let table = self.parts[part].lock().unwrap_or_else(PoisonError::into_inner);
        Stripe { table, hash }
    }

    /// Removes every value. Returns how many there were.
    pub(super) fn clear(&self) -> usize {
        let take = |part: &Mutex<HashTable<_>>| {
            std::mem::take(&mut *part.lock().unwrap_or_else(PoisonError::into_inner))
        };
        self.parts.iter().map(|part| take(part).len()).sum()
    }
}

impl<T: Hashed> Stripe<'_, T> {
    /// Finds the value with the key that the part was locked for.
    pub(super) fn find(&self, key: (u64, &str)) -> Option<&T> {
        self.table.find(self.hash, |entry| entry.is(self.hash, key)).map(|entry| &entry.value)
    }

    /// Finds a value whose text differs from that of the key in upper and lower case only.
    pub(super) fn find_misspelt(&self, (number, text): (u64, &str)) -> Option<&T> {
        let alike = |entry: &Entry<T>| {
            let (known, other) = entry.value.key();
            entry.hash == self.hash && known == number && other.eq_ignore_ascii_case(text)
        };
        self.table.find(self.hash, alike).map(|entry| &entry.value)
    }

    /// Puts down a value with the key that the part was locked for. There is none yet.
    pub(super) fn insert(&mut self, value: T) {
        let hash = self.hash;
        self.table.insert_unique(hash, Entry { hash, value }, |entry| entry.hash);
    }

    /// Takes away the value with the key that the part was locked for.
    pub(super) fn remove(&mut self, key: (u64, &str)) -> Option<T> {
        let found = self.table.find_entry(self.hash, |entry| entry.is(self.hash, key)).ok()?;
        Some(found.remove().0.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Entry(u64, String);

    impl Hashed for Entry {
        fn key(&self) -> (u64, &str) {
            (self.0, &self.1)
        }
    }

    #[test]
    fn what_was_put_down_is_found_until_it_is_taken_away() {
        let table = Stripes::new(5);
        for number in 0..5_000_u64 {
            table.lock((number % 7, &number.to_string())).insert(Entry(number % 7, number.to_string()));
        }
        for number in 0..5_000_u64 {
            let text = number.to_string();
            let mut stripe = table.lock((number % 7, &text));
            assert!(stripe.find((number % 7, &text)).is_some());
            assert!(stripe.find((8, &text)).is_none());
            assert!(stripe.remove((number % 7, &text)).is_some());
            assert!(stripe.find((number % 7, &text)).is_none());
        }
        table.lock((0, "x")).insert(Entry(0, "x".into()));
        assert!(table.lock((0, "X")).find((0, "X")).is_none());
        assert!(table.lock((0, "X")).find_misspelt((0, "X")).is_some());
        assert!(table.lock((1, "X")).find_misspelt((1, "X")).is_none());
        assert_eq!((table.clear(), table.clear()), (1, 0));
        assert!(table.lock((0, "x")).find((0, "x")).is_none());
    }
}
