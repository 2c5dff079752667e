//! A shop that captures over HTTP, and a test of what it does when the answer to a capture is lost.
//!
//! `cargo run --example shop`, or `cargo test --example shop`

use epayment_sandbox::{ConnectionFault, Fault, Operation, Sandbox, UnitHandle};
use serde_json::json;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The code under test.
struct Shop {
    base_url: String,
    msn: String,
    subscription_key: String,
    token: String,
}

impl Shop {
    fn open(base_url: &str, unit: UnitHandle<'_>) -> Result<Self> {
        let keys = unit.settings();
        let subscription_key = keys.subscription_keys[0].clone();
        let mut answer = ureq::post(format!("{base_url}/accesstoken/get"))
            .header("client_id", &keys.client_id)
            .header("client_secret", &keys.client_secret)
            .header("Ocp-Apim-Subscription-Key", &subscription_key)
            .send_empty()?;
        let token: serde_json::Value = answer.body_mut().read_json()?;
        let token = token["access_token"].as_str().unwrap_or_default().to_owned();
        Ok(Self { base_url: base_url.to_owned(), msn: unit.msn(), subscription_key, token })
    }

    fn post(&self, path: &str, key: &str, body: &serde_json::Value) -> std::result::Result<(), ureq::Error> {
        ureq::post(format!("{}/epayment/v1/payments{path}", self.base_url))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Ocp-Apim-Subscription-Key", &self.subscription_key)
            .header("Merchant-Serial-Number", &self.msn)
            .header("Idempotency-Key", key)
            .send_json(body)?;
        Ok(())
    }

    fn order(&self, reference: &str, value: u64) -> Result<()> {
        let payment = json!({
            "amount": {"currency": "NOK", "value": value},
            "paymentMethod": {"type": "WALLET"},
            "reference": reference,
            "returnUrl": "https://shop.example/thanks",
            "userFlow": "WEB_REDIRECT",
        });
        Ok(self.post("", reference, &payment)?)
    }

    /// Captures, and asks again with the same key when no answer comes: then nothing can be captured twice.
    fn capture(&self, reference: &str, value: u64) -> Result<()> {
        let amount = json!({"modificationAmount": {"currency": "NOK", "value": value}});
        let (path, key) = (format!("/{reference}/capture"), format!("capture-{reference}"));
        match self.post(&path, &key, &amount) {
            Err(ureq::Error::Io(_)) => Ok(self.post(&path, &key, &amount)?),
            answered => Ok(answered?),
        }
    }
}

fn main() -> Result<()> {
    let sandbox = Sandbox::builder().configured_credentials().start();
    let unit = sandbox.new_unit();
    let shop = Shop::open(&sandbox.url(), unit)?;

    shop.order("acme-shop-0001", 49_900)?;
    unit.approve("acme-shop-0001")?;
    unit.fault(Fault::connection(ConnectionFault::EmptyResponse).committed().on(Operation::Capture))?;
    shop.capture("acme-shop-0001", 40_000)?;

    let payment = unit.payment("acme-shop-0001").expect("it was ordered");
    assert_eq!(payment.totals.captured, 40_000, "it asked twice and captured once");
    unit.requests().on(Operation::Capture).assert_count(2);
    Ok(())
}

#[test]
fn a_capture_whose_answer_is_lost_is_made_once() -> Result<()> {
    main()
}
