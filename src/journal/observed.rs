//! Calls as the go-live checklist looks at them: no secrets, no bodies, only whether two are the same.

use std::hash::{DefaultHasher, Hash, Hasher};

use super::Journal;
use super::row::Row;
use crate::domain::checklist::CallSeen;
use crate::domain::digits::Msn;
use crate::domain::json::Json;
use crate::domain::operation::Operation;
use crate::domain::payment::State;

/// The headers that tell the vendor which system calls.
const SYSTEM_HEADERS: [(&str, &str); 4] = [
    ("vipps-system-name", "Vipps-System-Name"),
    ("vipps-system-version", "Vipps-System-Version"),
    ("vipps-system-plugin-name", "Vipps-System-Plugin-Name"),
    ("vipps-system-plugin-version", "Vipps-System-Plugin-Version"),
];

impl Journal {
    /// Returns the calls that the API has an operation for, oldest first: those of one sales unit, or all.
    pub(crate) fn observed(&self, msn: Option<Msn>) -> Vec<CallSeen> {
        let mut calls = Vec::new();
        self.visit(|row| {
            if msn.is_none() || row.msn == msn {
                calls.extend(row.observed());
            }
            true
        });
        calls.reverse();
        calls
    }
}

impl Row {
    fn observed(&self) -> Option<CallSeen> {
        let operation = self.operation?;
        let state = (operation == Operation::Get && self.status == 200).then(|| self.state()).flatten();
        Some(CallSeen {
            id: self.id(),
            began: self.began,
            msn: self.msn,
            operation,
            reference: self.reference(),
            status: self.status,
            error: self.rejection.as_ref().map(|rejection| rejection.code),
            replayed: self.replayed,
            key: self.header("idempotency-key"),
            token: self.header("authorization").map(|token| number(token.as_bytes())),
            body: number(self.body()),
            answer: number(self.answer()),
            state,
            has_msn: self.header("merchant-serial-number").is_some(),
            missing_system_headers: SYSTEM_HEADERS
                .into_iter()
                .filter(|(name, _)| self.header(name).is_none())
                .map(|(_, shown)| shown)
                .collect(),
        })
    }

    /// Returns a header that is not empty.
    fn header(&self, name: &str) -> Option<String> {
        let found = self.headers().find(|(known, value)| *known == name && !value.trim().is_empty());
        found.map(|(_, value)| value.into_owned())
    }

    /// Returns the state that the answer tells of.
    fn state(&self) -> Option<State> {
        let answer = Json::parse(self.answer()).ok()?;
        let word = answer.member("state")?.as_text()?;
        let states = [State::Created, State::Aborted, State::Expired, State::Authorized, State::Terminated];
        states.into_iter().find(|state| state.word() == word)
    }
}

/// The same number for the same bytes, while the process lives.
fn number(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}
