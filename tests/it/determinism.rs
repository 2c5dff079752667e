//! With a seed and a frozen clock, two runs of the same calls are the same to the last byte.

use epayment_sandbox::Sandbox;
use serde_json::{Value, json};

use crate::api::{Answer, Merchant, create_body};
use crate::receiver::Receiver;

/// What an answer shows, but for the date that the HTTP library writes.
fn shown(answer: &Answer) -> String {
    let headers = answer.headers.iter().filter(|(name, _)| *name != "date");
    let headers: Vec<_> =
        headers.map(|(name, value)| format!("{name}: {}", value.to_str().unwrap_or_default())).collect();
    format!("{} {headers:?} {}\n", answer.status, answer.text)
}

/// A day in the life of two shops. `probes` says how often somebody asks how the sandbox is in between.
fn run(seed: u64, probes: usize) -> String {
    let sandbox = Sandbox::builder()
        .seed(seed)
        .frozen_at("2026-11-20T09:00:00Z")
        .public_url("http://sandbox.test")
        .start();
    let mut record = String::new();
    let shops = [Merchant::of(&sandbox, "123456"), Merchant::of(&sandbox, "654321")];
    let probe = || {
        for _ in 0..probes {
            shops[0].send("GET", "/readyz", &[], "");
            shops[0].control("GET", "/health", &Value::Null);
            shops[0].control("GET", "/payments", &Value::Null);
        }
    };
    let token = [("client_id", "a"), ("client_secret", "b"), ("ocp-apim-subscription-key", "c")];
    record += &shown(&shops[0].send("POST", "/accesstoken/get", &token, ""));
    record += &shown(&shops[0].send("POST", "/accesstoken/get", &token[1..], ""));
    for number in 0..4 {
        for shop in &shops {
            probe();
            let reference = format!("same-again-{number}");
            record += &shown(&shop.create(&reference, &create_body(&reference, 1000 + number)));
            record += &shown(&shop.create("again", &create_body(&reference, 1000)));
            record += &shown(&shop.approve(&reference));
            record += &shown(&shop.modify("capture", &reference, "c", 400));
            record += &shown(&shop.modify("capture", &reference, "c2", 4000));
            record += &shown(&shop.modify("refund", &reference, "r", 100));
            sandbox.advance(std::time::Duration::from_secs(60));
            record += &shown(&shop.cancel(&reference));
            record += &shown(&shop.get(&reference));
            record += &shown(&shop.events(&reference));
            record += &shown(&shop.get("unknown-reference"));
            record += &shown(&shop.call("POST", "/epayment/v1/payments", Some("bad"), "{"));
        }
    }
    record += &shops[0].control("POST", "/sales-units", &json!({})).text;
    record
}

#[test]
fn two_runs_with_one_seed_are_equal_byte_by_byte() {
    assert_eq!(run(7, 0), run(7, 0));
}

#[test]
fn probes_and_control_reads_draw_nothing() {
    assert_eq!(run(7, 0), run(7, 3));
}

#[test]
fn other_seeds_give_other_identifiers() {
    assert_ne!(run(7, 0), run(8, 0));
}

#[test]
fn a_reset_begins_the_same_run_again() {
    let sandbox = Sandbox::builder().seed(3).frozen_at("2026-11-20T09:00:00Z").start();
    let shop = Merchant::new(&sandbox);
    let day = || {
        shop.created("reset-day-1", 1000);
        [shop.get("reset-day-1").text, shop.cancel("reset-day-1").text, shop.events("reset-day-1").text]
    };
    let first = day();
    sandbox.reset();
    assert_eq!(day(), first);
    assert_eq!(shop.control("POST", "/reset?msn=123456", &Value::Null).status, 204);
    assert_eq!(day(), first);
}

#[test]
fn a_units_identifiers_do_not_depend_on_what_other_units_do() {
    let psp_reference = |busy: usize| {
        let sandbox = Sandbox::builder().seed(5).frozen_at("2026-11-20T09:00:00Z").start();
        let other = Merchant::of(&sandbox, "654321");
        (0..busy).for_each(|number| other.created(&format!("other-busy-{number}"), 1000));
        let shop = Merchant::new(&sandbox);
        shop.created("own-payment-1", 1000);
        shop.get("own-payment-1").json()["pspReference"].clone()
    };
    assert_eq!(psp_reference(0), psp_reference(5));
}

#[test]
fn without_a_seed_nothing_repeats() {
    let psp_reference = || {
        let sandbox = Sandbox::start();
        let shop = Merchant::new(&sandbox);
        shop.created("unseeded-1", 1000);
        shop.get("unseeded-1").json()["pspReference"].clone()
    };
    assert_ne!(psp_reference(), psp_reference());
}

#[test]
fn webhooks_repeat_too_with_their_ids_and_secrets() {
    let run = || {
        let sandbox = Sandbox::builder().seed(11).frozen_at("2026-11-20T09:00:00Z").start();
        let shop = Merchant::new(&sandbox);
        let receiver = Receiver::answering(|count, _| match count {
            0 => axum::http::StatusCode::BAD_GATEWAY,
            _ => axum::http::StatusCode::OK,
        });
        let events = [
            "epayments.payment.created.v1",
            "epayments.payment.captured.v1",
            "epayments.payment.cancelled.v1",
        ];
        let body = json!({ "url": receiver.url("/"), "events": events }).to_string();
        let registered = shop.call("POST", "/webhooks/v1/webhooks", None, body).text;
        shop.authorized("told-again-1", 1000);
        assert_eq!(shop.modify("capture", "told-again-1", "c", 400).status, 200);
        let fired = sandbox.advance(std::time::Duration::from_secs(181 * 86_400));
        let told: Vec<_> = receiver
            .received()
            .iter()
            .map(|one| (one.headers["webhook-id"].clone(), one.body.clone()))
            .collect();
        assert_eq!(told.len(), 4, "one of three events is repeated");
        (registered, fired, told)
    };
    assert_eq!(run(), run());
}
