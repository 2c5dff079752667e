//! Named copies of the state.

use serde_json::{Value, json};

use crate::api::Merchant;
use crate::state::{a_day, still, taken};

fn call(shop: &Merchant<'_>, method: &str, path: &str) -> (u16, Value) {
    let answer = shop.control(method, path, &Value::Null);
    (answer.status, answer.json())
}

#[test]
fn a_snapshot_brings_everything_back_even_after_a_reset() {
    let sandbox = still(7);
    let shop = Merchant::new(&sandbox);
    a_day(&shop);
    let document = taken(&shop, "");
    let payments = document.matches("\"reference\":").count();
    let view = json!({"name": "start-of_day.1", "msn": null, "at": "2026-11-20T09:00:00.000Z", "payments": payments});
    assert_eq!(call(&shop, "PUT", "/snapshots/start-of_day.1"), (201, view.clone()));
    assert_eq!(call(&shop, "PUT", "/snapshots/start-of_day.1"), (200, view.clone()));
    assert_eq!(call(&shop, "GET", "/snapshots"), (200, json!({ "snapshots": [view] })));
    assert_eq!(shop.control("GET", "/snapshots/start-of_day.1", &Value::Null).text, document);
    sandbox.advance(std::time::Duration::from_secs(3600));
    sandbox.reset();
    assert_eq!(shop.get("phase-created-1").status, 404);
    assert_eq!(call(&shop, "POST", "/snapshots/start-of_day.1/restore").0, 204);
    assert_eq!(taken(&shop, ""), document);
    assert_eq!(call(&shop, "DELETE", "/snapshots/start-of_day.1").0, 204);
    assert_eq!(call(&shop, "GET", "/snapshots"), (200, json!({"snapshots": []})));
    for (method, path) in [("GET", ""), ("DELETE", ""), ("POST", "/restore")] {
        let answer = shop.control(method, &format!("/snapshots/start-of_day.1{path}"), &Value::Null);
        assert!(answer.status == 404 && answer.text.contains("start-of_day.1"), "{}", answer.text);
    }
}

#[test]
fn workers_have_snapshots_of_their_own_under_the_same_name() {
    let sandbox = still(7);
    let workers = ["123456", "654321"].map(|msn| Merchant::of(&sandbox, msn));
    for worker in &workers {
        worker.created("before-0001", 1000);
        assert_eq!(call(worker, "PUT", &format!("/snapshots/start?msn={}", worker.msn)).0, 201);
        worker.created("after-0001", 1000);
    }
    let list = call(&workers[0], "GET", "/snapshots?msn=654321").1;
    assert_eq!(list["snapshots"].as_array().map(Vec::len), Some(1));
    assert_eq!(list["snapshots"][0]["msn"], "654321");
    assert_eq!(call(&workers[0], "POST", "/snapshots/start/restore").0, 409, "which of the two?");
    assert_eq!(call(&workers[0], "POST", "/snapshots/start/restore?msn=123456").0, 204);
    assert_eq!(workers.each_ref().map(|worker| worker.get("after-0001").status), [404, 200]);
    assert_eq!(call(&workers[0], "DELETE", "/snapshots/start?msn=123456").0, 204);
    // Now there is only one of that name, and it holds one unit alone.
    workers[0].created("after-0001", 1000);
    assert_eq!(call(&workers[0], "POST", "/snapshots/start/restore").0, 204);
    assert_eq!(workers.each_ref().map(|worker| worker.get("after-0001").status), [200, 404]);
}

#[test]
fn one_unit_comes_back_out_of_a_snapshot_of_all() {
    let sandbox = still(7);
    let shops = ["123456", "654321"].map(|msn| Merchant::of(&sandbox, msn));
    for shop in &shops {
        shop.created("before-0001", 1000);
    }
    assert_eq!(call(&shops[0], "PUT", "/snapshots/all").0, 201);
    for shop in &shops {
        shop.created("after-0001", 1000);
    }
    assert_eq!(call(&shops[0], "POST", "/snapshots/all/restore?msn=654321").0, 204);
    assert_eq!(shops.each_ref().map(|shop| shop.get("after-0001").status), [200, 404]);
    assert_eq!(shops.each_ref().map(|shop| shop.get("before-0001").status), [200, 200]);
}

#[test]
fn names_and_numbers_of_snapshots_have_limits() {
    let sandbox = still(7);
    let shop = Merchant::new(&sandbox);
    for name in ["a%20b", "%2F", "k%C3%B8", &"x".repeat(65)] {
        let (status, problem) = call(&shop, "PUT", &format!("/snapshots/{name}"));
        assert!(
            status == 400 && problem["detail"].as_str().unwrap_or_default().contains("name"),
            "{name}: {problem}"
        );
    }
    for number in 0..100 {
        assert_eq!(call(&shop, "PUT", &format!("/snapshots/{number}")).0, 201);
    }
    assert_eq!(call(&shop, "PUT", "/snapshots/one-more").0, 409);
    assert_eq!(call(&shop, "PUT", "/snapshots/99").0, 200);
}
