//! Named copies of the state, in memory. They outlive a reset.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use bytes::Bytes;
use serde::Serialize;
use utoipa::ToSchema;

use super::Control;
use super::extract::{Body, NoInput, Path, Query, Scope};
use super::problem::{Problem, Refused};
use super::state::{in_background, json_bytes, put_back, taken_down};
use crate::domain::digits::Msn;

const MAX_SNAPSHOTS: usize = 100;
/// How many bytes all of them may have together.
const MAX_BYTES: usize = 2 * 1024 * 1024 * 1024;
const MAX_NAME: usize = 64;

/// Whose it is, and its name. Parallel workers may give theirs the same name.
type Key = (Option<Msn>, String);

/// Named copies of the state.
#[derive(Default)]
pub(crate) struct Snapshots(Mutex<BTreeMap<Key, Snapshot>>);

#[derive(Clone)]
struct Snapshot {
    view: SnapshotView,
    text: Bytes,
}

/// A named copy of the state.
#[derive(Clone, Serialize, ToSchema)]
pub(super) struct SnapshotView {
    /// Its name.
    name: String,
    /// The sales unit that it holds; `null` when it holds all.
    #[schema(value_type = Option<String>)]
    msn: Option<Msn>,
    /// When it was taken, by the sandbox clock.
    at: String,
    /// How many payments it holds.
    payments: u64,
}

/// Named copies of the state.
#[derive(Serialize, ToSchema)]
pub(super) struct SnapshotList {
    snapshots: Vec<SnapshotView>,
}

impl Snapshots {
    fn all(&self) -> MutexGuard<'_, BTreeMap<Key, Snapshot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Finds the one that is meant: the unit's own with `msn`, else the one of all, else the only one of that name.
    fn find(&self, name: &str, msn: Option<Msn>) -> Result<Snapshot, Refused> {
        let all = self.all();
        if let Some(snapshot) = all.get(&(msn, name.to_owned())) {
            return Ok(snapshot.clone());
        }
        let named: Vec<_> = all.values().filter(|snapshot| snapshot.view.name == name).collect();
        match (msn, &*named) {
            (None, [snapshot]) => Ok((*snapshot).clone()),
            (None, [_, ..]) => Err(Refused::conflict(
                "Ambiguous",
                format!("Several sales units have a snapshot \"{name}\"; say which with ?msn=."),
            )),
            (Some(_), _) | (None, []) => Err(Refused::not_found(match msn {
                Some(msn) => format!(
                    "Sales unit {msn} has no snapshot \"{name}\"; GET /_sandbox/snapshots lists them all."
                ),
                None => format!("There is no snapshot \"{name}\"; GET /_sandbox/snapshots lists them all."),
            })),
        }
    }

    /// Keeps a snapshot. Returns whether there was none of its name.
    fn keep(&self, snapshot: Snapshot) -> Result<bool, Refused> {
        let mut all = self.all();
        let key = (snapshot.view.msn, snapshot.view.name.clone());
        let others = || all.iter().filter(|(known, _)| **known != key);
        if others().count() >= MAX_SNAPSHOTS {
            return Err(full(&format!("{MAX_SNAPSHOTS} snapshots")));
        }
        if others().map(|(_, other)| other.text.len()).sum::<usize>() + snapshot.text.len() > MAX_BYTES {
            return Err(full(&format!("{MAX_BYTES} bytes of snapshots")));
        }
        Ok(all.insert(key, snapshot).is_none())
    }
}

fn full(limit: &str) -> Refused {
    Refused::conflict("Full", format!("The sandbox holds {limit}, which is all it can; delete some."))
}

fn check(name: &str) -> Result<(), Refused> {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(known) {
        return Ok(());
    }
    Err(Refused::bad_request(format!(
        "name: \"{name}\" is not 1 to {MAX_NAME} letters, digits, hyphens, underscores and dots."
    )))
}

/// Lists the snapshots by sales unit and name.
#[utoipa::path(
    get, path = "/_sandbox/snapshots", tag = "state",
    params(("msn" = Option<String>, Query, description = "only this sales unit's")),
    responses((status = 200, body = SnapshotList))
)]
pub(super) async fn list(State(control): State<Control>, Query(scope): Query<Scope>) -> Json<SnapshotList> {
    let all = control.snapshots.all();
    let meant = all.values().filter(|snapshot| scope.msn.is_none() || snapshot.view.msn == scope.msn);
    Json(SnapshotList { snapshots: meant.map(|snapshot| snapshot.view.clone()).collect() })
}

/// Returns a snapshot's document, as `GET /_sandbox/state` returned it then.
#[utoipa::path(
    get, path = "/_sandbox/snapshots/{name}", tag = "state",
    params(("name" = String, Path), ("msn" = Option<String>, Query, description = "this sales unit's")),
    responses((status = 200, description = "the document"), (status = 404, body = Problem))
)]
pub(super) async fn show(
    State(control): State<Control>,
    Path(name): Path<String>,
    Query(scope): Query<Scope>,
) -> Result<Response, Refused> {
    Ok(json_bytes(control.snapshots.find(&name, scope.msn)?.text))
}

/// Keeps a copy of the state as it is now, in the place of the one of that name if there is one. A body is not looked at.
#[utoipa::path(
    put, path = "/_sandbox/snapshots/{name}", tag = "state",
    params(
        ("name" = String, Path, description = "1 to 64 letters, digits, hyphens, underscores and dots"),
        ("msn" = Option<String>, Query, description = "only this sales unit")
    ),
    responses(
        (status = 201, body = SnapshotView), (status = 200, description = "It replaced another", body = SnapshotView),
        (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)
    )
)]
pub(super) async fn put(
    State(control): State<Control>,
    Path(name): Path<String>,
    Query(scope): Query<Scope>,
) -> Result<(StatusCode, Json<SnapshotView>), Refused> {
    check(&name)?;
    let unit = control.scope(scope.msn)?;
    let engine = control.engine.clone();
    let take = move || {
        let at = engine.read_clock(unit.as_deref()).now.to_string();
        taken_down(&engine, scope.msn).map(|(text, payments)| (at, text, payments))
    };
    let (at, text, payments) = in_background(take).await?;
    let view = SnapshotView { name, msn: scope.msn, at, payments };
    let is_new = control.snapshots.keep(Snapshot { view: view.clone(), text: text.into() })?;
    Ok((if is_new { StatusCode::CREATED } else { StatusCode::OK }, Json(view)))
}

/// Puts a snapshot's state in place: of the whole sandbox, or of the sales unit that it was taken of. With `msn` that unit
/// alone is taken out of a snapshot of all.
#[utoipa::path(
    post, path = "/_sandbox/snapshots/{name}/restore", tag = "state",
    params(("name" = String, Path), ("msn" = Option<String>, Query, description = "only this sales unit")),
    request_body = NoInput,
    responses(
        (status = 204), (status = 400, body = Problem), (status = 404, body = Problem), (status = 409, body = Problem)
    )
)]
pub(super) async fn restore(
    State(control): State<Control>,
    Path(name): Path<String>,
    Query(scope): Query<Scope>,
    Body(NoInput {}): Body<NoInput>,
) -> Result<StatusCode, Refused> {
    let snapshots: &Arc<Snapshots> = &control.snapshots;
    let of_all = || snapshots.all().get(&(None, name.clone())).cloned();
    let snapshot = snapshots.find(&name, scope.msn).or_else(|refused| of_all().ok_or(refused))?;
    let only = scope.msn.or(snapshot.view.msn);
    let engine = control.engine.clone();
    in_background(move || put_back(&engine, &snapshot.text, only)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Removes a snapshot.
#[utoipa::path(
    delete, path = "/_sandbox/snapshots/{name}", tag = "state",
    params(("name" = String, Path), ("msn" = Option<String>, Query, description = "this sales unit's")),
    responses((status = 204), (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn remove(
    State(control): State<Control>,
    Path(name): Path<String>,
    Query(scope): Query<Scope>,
) -> Result<StatusCode, Refused> {
    let view = control.snapshots.find(&name, scope.msn)?.view;
    control.snapshots.all().remove(&(view.msn, view.name));
    Ok(StatusCode::NO_CONTENT)
}
