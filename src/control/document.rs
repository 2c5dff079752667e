//! The OpenAPI document of the control API, `openapi.json` beside this file: made by the test below.

use axum::response::Response;

use super::problem;

/// Answers with the document.
pub(super) async fn show() -> Response {
    problem::json_text(include_str!("openapi.json").to_owned())
}

#[cfg(test)]
mod tests {
    use utoipa::OpenApi as _;
    use utoipa::openapi::content::ContentBuilder;
    use utoipa::openapi::path::Operation;
    use utoipa::openapi::response::ResponseBuilder;
    use utoipa::openapi::{OpenApi, Ref, RefOr, Response};

    use crate::control::calls::{Document, name_operations};

    const PROBLEM: &str = "application/problem+json";

    /// A refusal that many calls share.
    struct Shared {
        status: &'static str,
        name: &'static str,
        description: &'static str,
        /// Which operations can answer it.
        concerns: fn(&Operation) -> bool,
    }

    const SHARED: [Shared; 5] = [
        Shared {
            status: "400",
            name: "BadRequest",
            description: "The path, the query or the body is wrong; `detail` names what, and what would do",
            concerns: |operation| operation.parameters.is_some() || operation.request_body.is_some(),
        },
        Shared {
            status: "401",
            name: "ControlTokenNeeded",
            description: "The sandbox was started with `--control-token`, and the call has not sent it",
            concerns: |_| true,
        },
        Shared {
            status: "403",
            name: "Forbidden",
            description: "The call came under a name, or from a page, that must not drive the sandbox",
            concerns: |_| true,
        },
        Shared {
            status: "408",
            name: "BodyTooSlow",
            description: "The body did not arrive whole within 10 seconds",
            concerns: |operation| operation.request_body.is_some(),
        },
        Shared {
            status: "413",
            name: "BodyTooLarge",
            description: "The body is larger than 1 MiB",
            concerns: |operation| operation.request_body.is_some(),
        },
    ];

    /// Adds to each operation what all say alike: who may call, and what cannot be read.
    fn complete(document: &mut OpenApi) {
        for item in document.paths.paths.values_mut() {
            let operations = [&mut item.get, &mut item.put, &mut item.post, &mut item.delete];
            for operation in operations.into_iter().flatten() {
                for Shared { status, name, concerns, .. } in SHARED {
                    if concerns(operation) {
                        let shared = || Ref::from_response_name(name).into();
                        operation.responses.responses.entry(status.to_owned()).or_insert_with(shared);
                    }
                }
                for (status, response) in &mut operation.responses.responses {
                    if let (true, RefOr::T(response)) = (status.starts_with('4'), response) {
                        response.content = problem("").content;
                    }
                }
            }
        }
        let components = document.components.get_or_insert_default();
        for Shared { name, description, .. } in SHARED {
            components.responses.insert(name.to_owned(), problem(description).into());
        }
    }

    fn problem(description: &str) -> Response {
        let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
        ResponseBuilder::new().description(description).content(PROBLEM, content).build()
    }

    #[test]
    fn the_document_is_what_the_calls_say_of_themselves() {
        let mut document = Document::openapi();
        complete(&mut document);
        name_operations(&mut document);
        let mut text = document.to_pretty_json().expect("it is JSON");
        text.push('\n');
        crate::fresh::check("src/control/openapi.json", &text);
    }
}
