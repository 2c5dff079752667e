//! Which calls somebody asks for.

use super::row::Row;
use crate::domain::digits::Msn;
use crate::domain::operation::Operation;
use crate::domain::time::Timestamp;

/// What calls have to be; `None` asks for nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filter {
    pub(crate) msn: Option<Msn>,
    pub(crate) reference: Option<String>,
    pub(crate) operation: Option<Operation>,
    pub(crate) status: Option<u16>,
    /// Not before this time, by the sales unit's clock.
    pub(crate) since: Option<Timestamp>,
    /// Only those answered with 400 and above.
    pub(crate) refused: bool,
}

impl Filter {
    /// Returns whether a call is asked for. The reference comes last: it may have to be read from a body.
    pub(super) fn fits(&self, row: &Row) -> bool {
        fn is<T: PartialEq>(wanted: Option<&T>, found: Option<&T>) -> bool {
            wanted.is_none() || wanted == found
        }
        is(self.msn.as_ref(), row.msn.as_ref())
            && is(self.operation.as_ref(), row.operation.as_ref())
            && is(self.status.as_ref(), Some(&row.status))
            && (!self.refused || row.status >= 400)
            && self.since.is_none_or(|since| row.at >= since)
            && self.reference.as_deref().is_none_or(|reference| row.is_about(reference))
    }
}
