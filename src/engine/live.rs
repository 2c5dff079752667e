//! The live stream: what happens, told to whoever listens at that moment.
//!
//! Notices stand on one board of bounded length. A reader has its own place on it; one that is too slow finds that its
//! place is gone, and goes on with what comes next. While nobody listens, a notice costs one load.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;

use super::signal::Signal;
use crate::domain::digits::Msn;

/// How many notices wait for slow readers.
const MAX_NOTICES: usize = 1024;

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Something happened to a payment.
    Payment,
    /// A call of the emulated API was answered.
    Request,
    /// A webhook delivery was tried.
    Delivery,
    /// A connection was refused.
    Connection,
    /// A clock was moved or set.
    Clock,
    /// A race was run.
    Race,
    /// What a listener knows no longer holds: it has to read anew.
    Resync,
}

impl Kind {
    /// Returns the name of the event.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Payment => "payment",
            Self::Request => "request",
            Self::Delivery => "delivery",
            Self::Connection => "connection",
            Self::Clock => "clock",
            Self::Race => "race",
            Self::Resync => "resync",
        }
    }
}

/// Something that happened.
#[derive(Debug)]
pub(crate) struct Notice {
    pub(crate) kind: Kind,
    /// The sales unit that it happened to; `None` when it happened to all.
    pub(crate) msn: Option<Msn>,
    /// What happened, as JSON without line breaks.
    pub(crate) data: String,
}

/// Where notices are put up.
#[derive(Default)]
pub(crate) struct Live {
    readers: AtomicUsize,
    board: Mutex<Board>,
    changed: Signal,
}

#[derive(Default)]
struct Board {
    /// The number of the first notice that is still there.
    first: u64,
    notices: VecDeque<Arc<Notice>>,
}

impl Live {
    fn board(&self) -> MutexGuard<'_, Board> {
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells those who listen. The data are put together only when somebody does, and `None` tells nothing.
    pub(crate) fn tell(&self, kind: Kind, msn: Option<Msn>, data: impl FnOnce() -> Option<String>) {
        if self.readers.load(Ordering::Relaxed) == 0 {
            return;
        }
        let Some(data) = data() else { return };
        let mut board = self.board();
        board.notices.push_back(Arc::new(Notice { kind, msn, data }));
        if board.notices.len() > MAX_NOTICES {
            board.notices.pop_front();
            board.first += 1;
        }
        drop(board);
        self.changed.notify();
    }

    /// Tells those who listen that what they know of a sales unit, or of all, no longer holds.
    pub(crate) fn resync(&self, msn: Option<Msn>) {
        self.tell(Kind::Resync, msn, || Some(r#"{"reason":"reset"}"#.into()));
    }

    /// Listens from now on.
    pub(crate) fn listen(self: &Arc<Self>) -> Reader {
        self.readers.fetch_add(1, Ordering::AcqRel);
        let board = self.board();
        let next = board.first + board.notices.len() as u64;
        drop(board);
        Reader { live: self.clone(), next }
    }
}

/// Somebody who listens.
pub(crate) struct Reader {
    live: Arc<Live>,
    /// The number of the next notice to read.
    next: u64,
}

/// What a reader got.
#[derive(Debug)]
pub(crate) enum Read {
    /// The next notices, at least one.
    Notices(Vec<Arc<Notice>>),
    /// Some are gone unread. The reader goes on with what comes next.
    Missed,
}

impl Reader {
    /// Returns up to `most` notices, or `None` after seeing to it that this one is woken when there are some.
    pub(crate) fn read(&mut self, waker: &Waker, most: usize) -> Option<Read> {
        // Ask to be woken first: a notice between the look and the asking would go unseen.
        self.live.changed.watch(waker);
        let board = self.live.board();
        let end = board.first + board.notices.len() as u64;
        let Some(from) = self.next.checked_sub(board.first) else {
            self.next = end;
            return Some(Read::Missed);
        };
        let from = usize::try_from(from).unwrap_or(usize::MAX);
        let notices: Vec<_> = board.notices.iter().skip(from).take(most).cloned().collect();
        self.next += notices.len() as u64;
        (!notices.is_empty()).then_some(Read::Notices(notices))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if self.live.readers.fetch_sub(1, Ordering::AcqRel) == 1 {
            // Nobody is left to read them.
            let mut board = self.live.board();
            board.first += board.notices.len() as u64;
            board.notices = VecDeque::new();
        }
        // Those who go would otherwise stay on the list of whom to wake until something happens.
        self.live.changed.notify();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tell(live: &Live, text: &str) {
        live.tell(Kind::Clock, None, || Some(text.to_owned()));
    }

    fn texts(read: Option<Read>) -> Vec<String> {
        match read {
            Some(Read::Notices(notices)) => notices.iter().map(|notice| notice.data.clone()).collect(),
            Some(Read::Missed) => vec!["missed".into()],
            None => Vec::new(),
        }
    }

    #[test]
    fn readers_get_what_is_told_while_they_listen() {
        let live = Arc::new(Live::default());
        live.tell(Kind::Clock, None, || panic!("nobody listens"));
        let mut one = live.listen();
        tell(&live, "a");
        let mut other = live.listen();
        tell(&live, "b");
        tell(&live, "c");
        assert_eq!(texts(one.read(Waker::noop(), 2)), ["a", "b"]);
        assert_eq!(texts(one.read(Waker::noop(), 2)), ["c"]);
        assert_eq!(texts(one.read(Waker::noop(), 2)), [""; 0]);
        assert_eq!(texts(other.read(Waker::noop(), 9)), ["b", "c"]);
        drop((one, other));
        assert_eq!(live.board().notices.len(), 0, "nothing is kept for nobody");
        let mut late = live.listen();
        assert_eq!(texts(late.read(Waker::noop(), 9)), [""; 0]);
    }

    #[test]
    fn a_slow_reader_is_told_that_it_missed_something_and_goes_on() {
        let live = Arc::new(Live::default());
        let mut reader = live.listen();
        (0..=MAX_NOTICES).for_each(|number| tell(&live, &number.to_string()));
        assert_eq!(live.board().notices.len(), MAX_NOTICES);
        assert_eq!(texts(reader.read(Waker::noop(), 9)), ["missed"]);
        tell(&live, "next");
        assert_eq!(texts(reader.read(Waker::noop(), 9)), ["next"]);
    }
}
