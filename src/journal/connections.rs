//! Connections that were refused: whom clients asked for, and why they did not get there.
//!
//! They are no calls of the emulated API, so they have a list of their own. Who asks again and again for the same has one
//! row in it, which counts. Only the host and the port are kept, nothing else that the client sent.

use std::sync::{Mutex, PoisonError};

use serde::{Serialize, Serializer};

use crate::domain::time::{Rfc3339, Timestamp};

/// How many rows are kept. The one that was last asked for the longest ago goes first.
const MOST: usize = 100;
/// No host is longer than this, in bytes (RFC 1035); what is sent in its place can be.
const LONGEST: usize = 253;

/// How the client asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Via {
    /// As of a proxy.
    Proxy,
    /// In a TLS handshake.
    Tls,
}

/// Why it was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// The host belongs to the vendor's production environment.
    Production,
    /// The host is somebody else.
    OtherHost,
    /// No tunnel begins there.
    Tunnel,
    /// The client does not trust the sandbox.
    NotTrusted,
}

impl Via {
    /// Returns the word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Proxy => "proxy",
            Self::Tls => "tls",
        }
    }
}

impl Reason {
    /// Returns the word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Production => "production",
            Self::OtherHost => "otherHost",
            Self::Tunnel => "tunnel",
            Self::NotTrusted => "notTrusted",
        }
    }
}

impl Serialize for Via {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.word())
    }
}

/// What was asked for, and why it was refused.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RefusedConnection {
    pub(crate) host: String,
    /// A handshake names none.
    pub(crate) port: Option<u16>,
    pub(crate) via: Via,
    pub(crate) reason: Reason,
    /// Why, and what to do, in a sentence or two.
    pub(crate) explanation: String,
}

impl RefusedConnection {
    /// Describes one; `explain` says why it is refused of the host as it is kept.
    pub(crate) fn new(
        host: &str,
        port: Option<u16>,
        via: Via,
        reason: Reason,
        explain: impl FnOnce(&str) -> String,
    ) -> Self {
        let end = (0..=LONGEST.min(host.len())).rfind(|end| host.is_char_boundary(*end)).unwrap_or_default();
        let host = host[..end].to_owned();
        Self { explanation: explain(&host), host, port, via, reason }
    }

    fn is_like(&self, other: &Self) -> bool {
        (&self.host, self.port, self.via, self.reason) == (&other.host, other.port, other.via, other.reason)
    }
}

/// A row of the list.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ConnectionRow {
    #[serde(flatten)]
    pub(crate) what: RefusedConnection,
    /// How often it was.
    pub(crate) count: u64,
    /// When it was last, by the sandbox clock.
    pub(crate) last_at: Rfc3339,
}

impl ConnectionRow {
    /// Returns the host, and the port if one was named.
    #[cfg(feature = "cli")]
    pub(crate) fn target(&self) -> String {
        let host = &self.what.host;
        self.what.port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
    }
}

/// The list.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Connections {
    /// The last one refused is the last here; shown the other way round.
    #[serde(rename = "connections")]
    pub(crate) rows: Vec<ConnectionRow>,
    /// How many rows had to go for others.
    pub(crate) forgotten: u64,
}

/// The list as it is kept. Nothing but a refusal ever waits for its lock.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Connections>);

impl Kept {
    fn change<T>(&self, change: impl FnOnce(&mut Connections) -> T) -> T {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Adds one; returns its row.
    pub(super) fn add(&self, what: RefusedConnection, at: Timestamp) -> ConnectionRow {
        self.change(|list| {
            let before = list.rows.iter().position(|row| row.what.is_like(&what));
            let count = before.map_or(1, |place| list.rows.remove(place).count + 1);
            if list.rows.len() >= MOST {
                list.rows.remove(0);
                list.forgotten += 1;
            }
            let row = ConnectionRow { what, count, last_at: at.rfc3339(3) };
            list.rows.push(row.clone());
            row
        })
    }

    /// Returns the list, the last one refused first.
    pub(super) fn list(&self) -> Connections {
        let mut list = self.change(|list| list.clone());
        list.rows.reverse();
        list
    }

    pub(super) fn clear(&self) {
        self.change(|list| *list = Connections::default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(host: &str, port: Option<u16>) -> RefusedConnection {
        RefusedConnection::new(host, port, Via::Proxy, Reason::OtherHost, |host| format!("Not {host}."))
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_micros(second * 1_000_000)
    }

    fn hosts(kept: &Kept) -> Vec<(String, u64)> {
        kept.list().rows.into_iter().map(|row| (row.what.host, row.count)).collect()
    }

    #[test]
    fn who_asks_again_has_one_row_that_counts() {
        let kept = Kept::default();
        kept.add(refused("a", Some(443)), at(1));
        kept.add(refused("b", None), at(2));
        let row = kept.add(refused("a", Some(443)), at(3));
        assert_eq!((row.count, row.last_at.to_string()), (2, "1970-01-01T00:00:03.000Z".into()));
        assert_eq!(hosts(&kept), [("a".into(), 2), ("b".into(), 1)]);
        kept.add(refused("a", Some(80)), at(4));
        kept.add(RefusedConnection { via: Via::Tls, ..refused("a", Some(80)) }, at(5));
        assert_eq!(hosts(&kept).len(), 4, "another port, and another way, are something else");
        kept.clear();
        assert_eq!(hosts(&kept), []);
    }

    #[test]
    fn names_that_are_made_up_do_not_fill_the_memory() {
        let kept = Kept::default();
        for number in 0..MOST + 7 {
            kept.add(refused(&format!("n{number}"), None), at(1));
        }
        kept.add(refused("n7", None), at(2));
        let list = kept.list();
        assert_eq!((list.rows.len(), list.forgotten), (MOST, 7));
        assert_eq!((&*list.rows[0].what.host, &*list.rows[MOST - 1].what.host), ("n7", "n8"));
        let long = kept.add(refused(&"æ".repeat(1000), None), at(3));
        assert_eq!(long.what.host, "æ".repeat(126));
        assert_eq!(long.what.explanation, format!("Not {}.", long.what.host));
    }
}
