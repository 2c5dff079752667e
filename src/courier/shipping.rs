//! Asks merchants' servers for delivery options (Express with dynamic options).

use std::convert::Infallible;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::Semaphore;

use super::transport::Transport;
use crate::domain::digits::PhoneNumber;
use crate::domain::payment::{CustomerRefusal, Offer};
use crate::engine::{Engine, Inquiry, Options, Outcome, Scripted, Slot};

/// How many questions of scripted customers are on their way at once.
const MAX_ON_THE_WAY: usize = 64;

/// Finds out what a customer can choose from: the payment's fixed options, or what the merchant's server answers. `None`
/// when nothing is delivered. Without a phone number it is the payment's own customer, else a made-up one; without the place
/// of an address it is the customer's first one that is delivered to.
///
/// # Errors
///
/// When the customer cannot approve, or the merchant's server offers nothing.
pub(crate) async fn offer(
    engine: &Engine,
    slot: &Arc<Slot>,
    phone_number: Option<PhoneNumber>,
    address: Option<usize>,
) -> Result<Option<Offer>, CustomerRefusal> {
    match engine.options(slot, phone_number, address)? {
        Options::None => Ok(None),
        Options::Known(offer) => Ok(Some(offer)),
        Options::Ask(inquiry) => {
            let outcome = ask(&Transport::new(), &inquiry).await;
            engine.take_offer(inquiry, outcome).map(Some)
        }
    }
}

async fn ask(transport: &Transport, inquiry: &Inquiry) -> Outcome {
    transport.ask(&inquiry.url, &inquiry.headers, &inquiry.body).await
}

/// Asks what scripted customers want to know.
pub(super) async fn ask_for_scripts(engine: &Arc<Engine>) -> Infallible {
    let places = Arc::new(Semaphore::new(MAX_ON_THE_WAY));
    let mut transport = None;
    loop {
        let place = places.clone().acquire_owned().await.expect("the semaphore is never closed");
        let scripted = next(engine).await;
        let transport = transport.get_or_insert_with(Transport::new).clone();
        let engine = engine.clone();
        tokio::spawn(async move {
            let outcome = ask(&transport, &scripted.inquiry).await;
            engine.take_offer_for_script(scripted, outcome);
            drop(place);
        });
    }
}

/// Waits for a question.
async fn next(engine: &Engine) -> Scripted {
    poll_fn(|cx| {
        // Ask to be woken first: what comes between the look and the asking would be missed.
        engine.watch_questions(cx.waker());
        engine.next_question().map_or(Poll::Pending, Poll::Ready)
    })
    .await
}
