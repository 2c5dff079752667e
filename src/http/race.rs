//! What a race makes of the answer to the call that it was run with.

use bytes::Bytes;

use super::fault::{Broken, Held};
use super::{Answered, problem};
use crate::domain::fault::ConnectionFault;
use crate::domain::race::{LOST_ANSWER, RaceKind};
use crate::engine::RaceRun;

/// Explains the call by the race, and loses its answer where that is the race. A fault that struck the call, too, comes
/// second: the answer that it would spoil is lost.
pub(super) fn put_on(race: &RaceRun, answered: &mut Answered<'_>) {
    let told = race.explain();
    answered.told = Some(answered.told.take().map_or(told.clone(), |before| format!("{told} {before}")));
    if race.kind != RaceKind::CaptureCommittedThenTimeout {
        return;
    }
    answered.rejection = None;
    // Stands for an answer that a socket loses.
    answered.answer = problem::bare(502);
    let extensions = answered.answer.extensions_mut();
    extensions.insert(Held { delay: LOST_ANSWER.into(), rest: None });
    extensions.insert(Broken { fault: ConnectionFault::ConnectionResetByPeer, noise: Bytes::new() });
}
