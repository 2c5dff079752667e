//! The customer's side: the page that `redirectUrl` leads to, and that address as a QR code.
//!
//! Nothing about a visit is kept here: which step it is at, and what was chosen so far, stands in the page's address. It is
//! served under any name and without the control token: whoever has a payment's token is its customer.

mod act;
mod delivery;
mod end;
mod given;
mod phone;
mod problem;
mod qr;
mod view;

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{Request, StatusCode, Uri};
use axum::response::Response;
use axum::routing::get;

use crate::domain::digits::PhoneNumber;
use crate::domain::payment::{PaymentMethod, State as PaymentState, UserFlow};
use crate::domain::token;
use crate::domain::user::User;
use crate::engine::{Engine, Slot};
use end::End;
use given::Given;
use problem::WrongNumber;

/// What the customer's side needs.
#[derive(Clone)]
pub(crate) struct Wallet {
    pub(crate) engine: Arc<Engine>,
    /// The base of the addresses handed to customers.
    pub(crate) public_url: String,
}

/// Returns the routes of the customer's side.
pub(crate) fn router(wallet: Wallet) -> Router {
    Router::new().route(PAY, get(visit).post(act::act)).route(QR, get(qr::show)).with_state(wallet)
}

const PAY: &str = "/pay";
const QR: &str = "/qr";

/// Finds the path that is meant; it matches in any case, as those of the emulated API do.
pub(crate) fn own_path(path: &str) -> Option<&'static str> {
    [PAY, QR].into_iter().find(|own| path.eq_ignore_ascii_case(own))
}

/// Writes a path that is meant for the customer's side as the router knows it.
pub(crate) fn under_its_own_path<B>(mut request: Request<B>) -> Request<B> {
    let uri = request.uri();
    if let Some(own) = own_path(uri.path()).filter(|own| *own != uri.path()) {
        let path = uri.query().map_or_else(|| own.to_owned(), |query| format!("{own}?{query}"));
        let mut parts = uri.clone().into_parts();
        parts.path_and_query = path.parse().ok();
        *request.uri_mut() = Uri::from_parts(parts).unwrap_or_default();
    }
    request
}

/// Shows a payment to its customer. Nothing that the customer does happens here.
async fn visit(State(wallet): State<Wallet>, request: axum::extract::Request) -> Response {
    let given = Given::read(request.uri().query().unwrap_or_default().as_bytes());
    match wallet.find(&given) {
        None => End::UNKNOWN.page(StatusCode::NOT_FOUND),
        Some(slot) => wallet.show(&slot, &given).await,
    }
}

impl Wallet {
    /// Finds the payment that a token is good for.
    fn find(&self, given: &Given) -> Option<Arc<Slot>> {
        let token = given.token.as_deref()?;
        let (msn, reference) = token::names(token)?;
        let slot = self.engine.find_by_msn(msn, &reference)?;
        token::is_of(token, msn, slot.order.reference(), slot.order.token_nonce()).then_some(slot)
    }

    /// Shows the step that a visit is at.
    async fn show(&self, slot: &Arc<Slot>, given: &Given) -> Response {
        let unit = slot.unit.settings();
        let (state, is_processing) =
            self.engine.read(slot, |payment| (payment.state(), payment.is_processing()));
        if is_processing {
            return End::processing(&slot.order, &unit).page(StatusCode::OK);
        }
        if state != PaymentState::Created {
            // What has just been done is told, and what is over is gone.
            let status = if given.outcome { StatusCode::OK } else { StatusCode::GONE };
            return End::of(state, &slot.order, &unit).page(status);
        }
        match self.customer(slot, given) {
            Ok(Some(user)) => {
                let deliveries = self.deliveries(slot, &user, given).await;
                view::ask(slot, &unit, &user, given, deliveries)
            }
            Ok(None) => view::who(slot, &unit, given, None),
            Err(problem) => view::who(slot, &unit, given, Some(problem)),
        }
    }

    /// Finds out who the customer is; `None` when that was not said yet.
    fn customer(&self, slot: &Arc<Slot>, given: &Given) -> Result<Option<User>, WrongNumber> {
        let unit = slot.unit.settings();
        let own = slot.order.phone_number();
        let number = match given.phone_number.as_deref() {
            // The request is on the customer's phone already, or the card is all there is of a customer.
            _ if !asks_for_number(slot) => own.unwrap_or_else(|| User::nobody_in_particular(unit.market)),
            None => return Ok(None),
            Some(text) => {
                let number = phone::read(text, unit.market).ok_or(WrongNumber::NoNumber)?;
                if locked_number(slot).is_some_and(|locked| locked != number) {
                    return Err(WrongNumber::Locked);
                }
                number
            }
        };
        let user = self.engine.user(Some(slot.unit.msn), number);
        let now = self.engine.now(&slot.unit);
        let minimum_age = slot.order.extras().and_then(|extras| extras.minimum_age);
        match minimum_age {
            _ if !asks_for_number(slot) => Ok(Some(user)),
            _ if !user.exists => Err(WrongNumber::Nobody),
            Some(age) if !user.can_pay(minimum_age, now) => Err(WrongNumber::TooYoung(age)),
            _ => Ok(Some(user)),
        }
    }
}

/// Whether the page asks who pays.
fn asks_for_number(slot: &Slot) -> bool {
    slot.order.method() == PaymentMethod::Wallet && slot.order.flow() != UserFlow::PushMessage
}

/// Returns the payment's number if the customer cannot change it.
fn locked_number(slot: &Slot) -> Option<PhoneNumber> {
    slot.order.phone_number().filter(|_| slot.unit.settings().phone_number_locked)
}
