//! What the buttons do. Each leads on by a redirect, so that a reload repeats nothing.

use std::sync::Arc;

use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};

use super::end::End;
use super::given::Given;
use super::{Wallet, problem};
use crate::courier;
use crate::domain::payment::{Choice, CustomerRefusal, State as PaymentState, UserFlow};
use crate::domain::webhook::Before;
use crate::engine::Slot;
use crate::pages::{foreign_origin, guarded};

/// How long a form may be, in bytes. Ours are a tenth of that.
const LONGEST_FORM: usize = 64 * 1024;

/// What a customer does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Action {
    Approve,
    Reject,
    /// Chooses another address, and wants to see what is delivered there.
    Move,
    /// Goes back in the browser after giving the number.
    Leave,
}

impl Action {
    fn read(word: &str) -> Option<Self> {
        match word {
            "approve" => Some(Self::Approve),
            "reject" => Some(Self::Reject),
            "move" => Some(Self::Move),
            "leave" => Some(Self::Leave),
            _ => None,
        }
    }
}

/// Does what the customer's button says.
pub(super) async fn act(State(wallet): State<Wallet>, request: Request) -> Response {
    if wallet.is_foreign(&request) {
        return End::FOREIGN.page(StatusCode::FORBIDDEN);
    }
    let body = to_bytes(request.into_body(), LONGEST_FORM).await.unwrap_or_default();
    let given = Given::read(&body);
    let Some(slot) = wallet.find(&given) else { return End::UNKNOWN.page(StatusCode::NOT_FOUND) };
    match given.action.as_deref().and_then(Action::read) {
        None => wallet.show(&slot, &given).await,
        Some(Action::Move) => see_other(given.link(None).as_bytes()),
        Some(Action::Approve) => wallet.approve(&slot, &given).await,
        Some(action) => {
            let done = wallet.engine.customer_rejects(&slot);
            wallet.answer(&slot, &given, action, done).await
        }
    }
}

impl Wallet {
    /// Whether a page of another origin sent the form. The token is secret, but not from the shop that made the payment:
    /// it must not approve in the customer's name.
    fn is_foreign(&self, request: &Request) -> bool {
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let host = request.uri().authority().map(Authority::as_str).or(host);
        let public = self.public_url.parse::<Uri>().ok();
        let public = public.as_ref().and_then(Uri::authority).map(Authority::as_str);
        let hosts: Vec<_> = host.into_iter().chain(public).collect();
        foreign_origin(request.headers(), &hosts).is_some()
    }

    async fn approve(&self, slot: &Arc<Slot>, given: &Given) -> Response {
        let Ok(Some(customer)) = self.customer(slot, given) else {
            // The page says what is wrong with the number.
            return see_other(given.link(None).as_bytes());
        };
        let asks_to_share = slot.order.extras().is_some_and(|extras| !extras.scopes.is_empty());
        if asks_to_share && !given.consent {
            let done = self.engine.customer_rejects(slot);
            return self.answer(slot, given, Action::Reject, done).await;
        }
        let offer = self.offered(slot, &customer, given.address);
        if slot.order.asks_for_options() && offer.is_none() {
            // The customer has not seen what is delivered to this address, and at what price.
            return see_other(given.link(Some("moved")).as_bytes());
        }
        let choice = Choice {
            shipping_option: given.shipping_option.clone(),
            address: given.address,
            card: given.card.clone(),
            offer,
        };
        let done = self.engine.customer_approves(slot, Some(customer.phone_number), &choice);
        self.answer(slot, given, Action::Approve, done).await
    }

    /// Leads the customer on.
    async fn answer(
        &self,
        slot: &Arc<Slot>,
        given: &Given,
        action: Action,
        done: Result<(), CustomerRefusal>,
    ) -> Response {
        let reached =
            if action == Action::Approve { PaymentState::Authorized } else { PaymentState::Aborted };
        match done {
            Ok(()) => {}
            // The button was pressed twice.
            Err(CustomerRefusal::NotWaiting(state)) if state == reached => {}
            Err(CustomerRefusal::NotWaiting(_)) => return self.show(slot, &Given::default()).await,
            Err(CustomerRefusal::Processing | CustomerRefusal::ResultUnknown) => {
                let only_token = Given { token: given.token.clone(), ..Given::default() };
                return see_other(only_token.link(None).as_bytes());
            }
            Err(refusal) => return see_other(given.link(Some(&problem::word(&refusal))).as_bytes()),
        }
        if self.engine.webhooks_are_awaited() {
            courier::tried_once(&self.engine, slot, Before::Redirect).await;
        }
        let return_url = slot.order.return_url();
        if action == Action::Leave || return_url.is_empty() || slot.order.flow() == UserFlow::PushMessage {
            let only_token = Given { token: given.token.clone(), ..Given::default() };
            return see_other(format!("{}&outcome", only_token.link(None)).as_bytes());
        }
        see_other(return_url.as_bytes())
    }
}

/// Sends the browser to an address, which reaches it byte for byte.
fn see_other(address: &[u8]) -> Response {
    match HeaderValue::from_bytes(address) {
        Ok(address) => (StatusCode::SEE_OTHER, guarded(), [(header::LOCATION, address)]).into_response(),
        // No payment has such an address.
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
