//! Every call of the control API. Its routes and its OpenAPI document come from this list, and from what each call says of
//! itself.

use axum::Router;
use axum::routing::{MethodFilter, on};
use utoipa::Path;
use utoipa::openapi::HttpMethod;

use super::Control;
use super::{
    checklist, clock, connections, deliveries, errors, events, faults, health, payments, policy, races,
    receivers, requests, reset, sales_units, snapshots, state, trust, users, wait,
};

macro_rules! calls {
    ($($module:ident::$call:ident),+ $(,)?) => { pastey::paste! {
        /// Returns the routes of every call.
        pub(super) fn routes() -> Router<Control> {
            Router::new()$(.route(
                &$module::[<__path_ $call>]::path(),
                on(method::<$module::[<__path_ $call>]>(), $module::$call),
            ))+
        }

        /// What the calls say of themselves. Built by a test alone: the code that does it is a twentieth of the program.
        #[cfg(test)]
        #[derive(utoipa::OpenApi)]
        #[openapi(
            info(
                title = "epayment-sandbox control API",
                description = "Drives the sandbox: time, customers, sales units, payments, faults, races. `?msn=` scopes a call to \
                               one sales unit; without it the call covers all. Durations are ISO 8601 (`P180D`) or short (`180d`); \
                               times RFC 3339. Errors are RFC 7807 problem documents."
            ),
            paths($($module::$call),+)
        )]
        pub(super) struct Document;

        /// Names each operation. No two may go by one name, and what a call is named in its module is often the same.
        #[cfg(test)]
        pub(super) fn name_operations(document: &mut utoipa::openapi::OpenApi) {
            $(name::<$module::[<__path_ $call>]>(document, concat!(stringify!($module), "_", stringify!($call)));)+
        }
    } };
}

calls! {
    health::health,
    reset::reset,
    reset::expire_tokens,
    sales_units::list, sales_units::make,
    sales_units::show, sales_units::put, sales_units::remove,
    users::list,
    users::show, users::put, users::remove,
    clock::show, clock::put,
    clock::advance,
    clock::reset,
    payments::list,
    payments::show,
    payments::approve,
    payments::reject,
    payments::expire,
    wait::wait,
    deliveries::list,
    deliveries::wait,
    deliveries::redeliver,
    policy::show, policy::put,
    policy::release,
    receivers::verify,
    receivers::conformance,
    state::show, state::put,
    snapshots::list,
    snapshots::show, snapshots::put, snapshots::remove,
    snapshots::restore,
    requests::list, requests::clear,
    requests::count,
    requests::wait,
    requests::show,
    requests::curl,
    connections::list,
    checklist::show,
    events::stream,
    trust::tls,
    trust::ca,
    trust::bundle,
    trust::truststore,
    errors::list,
    faults::make, faults::list, faults::clear,
    faults::remove,
    races::arm, races::list, races::clear,
    races::remove,
}

/// Returns the method of a call; each has one.
fn method<P: Path>() -> MethodFilter {
    let filters = P::methods().into_iter().map(|method| match method {
        HttpMethod::Get => MethodFilter::GET,
        HttpMethod::Post => MethodFilter::POST,
        HttpMethod::Put => MethodFilter::PUT,
        HttpMethod::Delete => MethodFilter::DELETE,
        HttpMethod::Options => MethodFilter::OPTIONS,
        HttpMethod::Head => MethodFilter::HEAD,
        HttpMethod::Patch => MethodFilter::PATCH,
        HttpMethod::Trace => MethodFilter::TRACE,
    });
    filters.reduce(MethodFilter::or).unwrap_or(MethodFilter::GET)
}

#[cfg(test)]
fn name<P: Path>(document: &mut utoipa::openapi::OpenApi, name: &str) {
    let item = document.paths.paths.get_mut(&P::path()).expect("the document has every call");
    for method in P::methods() {
        let operation = match method {
            HttpMethod::Get => &mut item.get,
            HttpMethod::Post => &mut item.post,
            HttpMethod::Put => &mut item.put,
            HttpMethod::Delete => &mut item.delete,
            _ => panic!("{name} has a method that no other call has"),
        };
        operation.as_mut().expect("the document has every method").operation_id = Some(name.to_owned());
    }
}
