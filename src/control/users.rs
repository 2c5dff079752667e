//! Users: the customers of the sandbox, and what they do with a payment request.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

use super::Control;
use super::extract::{Body, Path, Query, Scope};
use super::problem::{Problem, Refused};
use crate::domain::digits::PhoneNumber;
use crate::domain::user::User;
use crate::setup::{UserInput, UserView};

/// Users.
#[derive(Serialize, ToSchema)]
pub(super) struct Users {
    users: Vec<UserView>,
}

impl Control {
    fn view(&self, user: &User) -> UserView {
        let settings = self.engine.settings();
        UserView::new(user, settings.customer, settings.customer_after)
    }
}

/// Lists the users that were set up, by number. Every other number is a made-up user.
///
/// With `msn`, as that sales unit sees them; without, those that were set up for all.
#[utoipa::path(
    get, path = "/_sandbox/users", tag = "users",
    params(("msn" = Option<String>, Query, description = "as this sales unit sees them")),
    responses((status = 200, body = Users))
)]
pub(super) async fn list(State(control): State<Control>, Query(scope): Query<Scope>) -> Json<Users> {
    let users = control.engine.all_users(scope.msn);
    Json(Users { users: users.iter().map(|user| control.view(user)).collect() })
}

/// Shows a user. A number that was never set up is a valid, identified user with one good card.
#[utoipa::path(
    get, path = "/_sandbox/users/{phoneNumber}", tag = "users",
    params(("phoneNumber" = String, Path), ("msn" = Option<String>, Query, description = "as this sales unit sees them")),
    responses((status = 200, body = UserView), (status = 400, body = Problem))
)]
pub(super) async fn show(
    State(control): State<Control>,
    Path(phone_number): Path<PhoneNumber>,
    Query(scope): Query<Scope>,
) -> Json<UserView> {
    Json(control.view(&control.engine.user(scope.msn, phone_number)))
}

/// Sets a user up; members that are left out keep their values.
///
/// With `msn`, for that sales unit alone; without, for all, those included that have the user set up on their own.
#[utoipa::path(
    put, path = "/_sandbox/users/{phoneNumber}", tag = "users",
    params(("phoneNumber" = String, Path), ("msn" = Option<String>, Query, description = "for this sales unit alone")),
    request_body = UserInput,
    responses((status = 200, body = UserView), (status = 400, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn put(
    State(control): State<Control>,
    Path(phone_number): Path<PhoneNumber>,
    Query(scope): Query<Scope>,
    Body(input): Body<UserInput>,
) -> Result<Json<UserView>, Refused> {
    input.check().map_err(Refused::bad_request)?;
    if let Some(other) = input.phone_number.filter(|other| *other != phone_number) {
        return Err(Refused::bad_request(format!(
            "phoneNumber: the path says {phone_number}, the body {other}."
        )));
    }
    let user = control.engine.change_user(scope.msn, phone_number, |user| input.clone().apply(user))?;
    Ok(Json(control.view(&user)))
}

/// Makes a number a made-up user again.
///
/// With `msn`, what that sales unit set up on its own goes; without, everything that was set up for the number.
#[utoipa::path(
    delete, path = "/_sandbox/users/{phoneNumber}", tag = "users",
    params(("phoneNumber" = String, Path), ("msn" = Option<String>, Query, description = "for this sales unit alone")),
    responses((status = 204), (status = 400, body = Problem))
)]
pub(super) async fn remove(
    State(control): State<Control>,
    Path(phone_number): Path<PhoneNumber>,
    Query(scope): Query<Scope>,
) -> StatusCode {
    control.engine.remove_user(scope.msn, phone_number);
    StatusCode::NO_CONTENT
}
