//! The body of a delivery. Two that are sent at the same time wait for each other, so that a receiver sees both begin before
//! it has all of either.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};
use tokio::sync::watch;

/// How long one waits for the other. A receiver that takes one connection at a time would otherwise keep both for ever.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

type Wait = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A body in one piece.
pub(super) struct Letter {
    text: Option<Bytes>,
    wait: Option<Wait>,
}

/// Where two letters wait for each other.
pub(super) struct Meeting(watch::Sender<u8>);

impl Letter {
    pub(super) fn new(text: &str) -> Self {
        Self { text: Some(Bytes::copy_from_slice(text.as_bytes())), wait: None }
    }

    /// Waits, once it is on its connection, until the other one is on its own.
    pub(super) fn meeting(mut self, meeting: &Meeting) -> Self {
        self.wait = Some(Box::pin(meeting.wait()));
        self
    }
}

impl Meeting {
    pub(super) fn of_two() -> Self {
        Self(watch::Sender::new(0))
    }

    fn wait(&self) -> impl Future<Output = ()> + Send + use<> {
        let (count, mut counted) = (self.0.clone(), self.0.subscribe());
        async move {
            count.send_modify(|there| *there += 1);
            let both = counted.wait_for(|there| *there >= 2);
            let _ = tokio::time::timeout(LONGEST_WAIT, both).await;
        }
    }

    /// Lets nobody wait any longer.
    pub(super) fn call_off(&self) {
        self.0.send_modify(|there| *there = 2);
    }
}

impl Body for Letter {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(wait) = &mut self.wait {
            ready!(wait.as_mut().poll(cx));
            self.wait = None;
        }
        Poll::Ready(self.text.take().map(|text| Ok(Frame::data(text))))
    }

    fn is_end_stream(&self) -> bool {
        self.text.is_none()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.text.as_ref().map_or(0, |text| text.len() as u64))
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn poll(letter: &mut Letter) -> Option<Bytes> {
        match Pin::new(letter).poll_frame(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => None,
            Poll::Ready(frame) => frame.and_then(Result::ok).and_then(|frame| frame.into_data().ok()),
        }
    }

    fn two(meeting: &Meeting) -> (Letter, Letter) {
        (Letter::new("text").meeting(meeting), Letter::new("text").meeting(meeting))
    }

    #[tokio::test(start_paused = true)]
    async fn neither_of_two_goes_before_both_are_there() {
        let meeting = Meeting::of_two();
        let (mut one, mut other) = two(&meeting);
        assert_eq!((poll(&mut one), poll(&mut one)), (None, None));
        assert_eq!(one.size_hint().exact(), Some(4));
        assert_eq!(poll(&mut other).as_deref(), Some(&b"text"[..]));
        assert_eq!(poll(&mut one).as_deref(), Some(&b"text"[..]));
        assert!(one.is_end_stream() && poll(&mut one).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn one_whose_other_never_comes_goes_alone() {
        let (off, late) = (Meeting::of_two(), Meeting::of_two());
        let (mut one, _) = two(&off);
        assert_eq!(poll(&mut one), None);
        off.call_off();
        assert!(poll(&mut one).is_some());
        let (mut one, _) = two(&late);
        assert_eq!(poll(&mut one), None);
        tokio::time::advance(LONGEST_WAIT).await;
        assert!(poll(&mut one).is_some());
        assert_eq!(poll(&mut Letter::new("alone")).as_deref(), Some(&b"alone"[..]));
    }
}
