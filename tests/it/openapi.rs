//! The vendor's specification 1.8.1 as a test input: its examples are taken, our answers fit its schemas, and requests
//! made from its schemas, sound and broken, never get a 5xx.

use std::collections::HashMap;

use epayment_sandbox::Sandbox;
use jsonschema::{Draft, Validator};
use serde_json::{Map, Value, json};

use crate::api::{Answer, Merchant, create_body};

const SPECIFICATION: &str = include_str!("../../fixtures/openapi/epayment-1.8.1.json");

fn specification() -> Value {
    serde_json::from_str(SPECIFICATION).expect("the fixture is JSON")
}

/// The validators of the answers.
struct Schemas(HashMap<&'static str, Validator>);

impl Schemas {
    fn new() -> Self {
        let specification = specification();
        let names = [
            "CreatePaymentResponse",
            "GetPaymentResponse",
            "ModificationResponse",
            "PaymentEvent",
            "Problem",
        ];
        Self(names.map(|name| (name, Self::validator(&specification, name))).into())
    }

    fn validator(specification: &Value, name: &str) -> Validator {
        let schema = json!({"$ref": format!("#/components/schemas/{name}"), "components": specification["components"]});
        let options = jsonschema::options().with_draft(Draft::Draft7).should_validate_formats(true);
        options.build(&schema).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    fn check(&self, name: &str, value: &Value) {
        let problems: Vec<_> = self.0[name]
            .iter_errors(value)
            .map(|error| format!("{}: {error}", error.instance_path()))
            .collect();
        assert!(problems.is_empty(), "{name}: {problems:?} in {value}");
    }

    /// Checks an answer against the schema that the specification has for it.
    fn check_answer(&self, operation: &str, answer: &Answer) {
        let content_type =
            answer.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
        match (answer.status, operation) {
            (400.., _) if content_type == "application/problem+json" => self.check("Problem", &answer.json()),
            (400.., _) => assert!(answer.json().is_object(), "every error has a JSON body: {}", answer.text),
            (_, "create") => self.check("CreatePaymentResponse", &answer.json()),
            (_, "get") => self.check("GetPaymentResponse", &answer.json()),
            (_, "events") => {
                let events = answer.json();
                events.as_array().expect("a list").iter().for_each(|event| self.check("PaymentEvent", event));
            }
            (_, "approve") => assert_eq!(answer.text, ""),
            _ => self.check("ModificationResponse", &answer.json()),
        }
    }
}

#[test]
fn the_examples_of_the_specification_are_taken() {
    let sandbox = Sandbox::builder().frozen_at("2024-04-20T09:00:00Z").start();
    let merchant = Merchant::new(&sandbox);
    let specification = specification();
    let examples = specification["examples"]["createPaymentRequest"].as_object().expect("examples");
    for (index, (name, example)) in examples.iter().enumerate() {
        let mut body = example.clone();
        body["reference"] = format!("example-{index:04}").into();
        let answer = merchant.create(&format!("key-{index}"), &body);
        // Card payments of payment service providers are the one thing that a merchant's sandbox does not have.
        let expected = if name.contains("passthrough") { (400, Some(4160)) } else { (201, None) };
        assert_eq!((answer.status, answer.code()), expected, "{name}: {}", answer.text);
    }
    assert_eq!(examples.len(), 4);
}

#[test]
fn answers_fit_the_schemas_of_the_specification() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    let merchant = Merchant::new(&sandbox);
    let schemas = Schemas::new();
    let look = |reference: &str| {
        schemas.check_answer("get", &merchant.get(reference));
        schemas.check_answer("events", &merchant.events(reference));
    };
    let mut body = create_body("schema-full-1", 50_000);
    body["metadata"] = json!({"a": "b"});
    body["profile"] = json!({"scope": "name address email phoneNumber birthDate"});
    body["shipping"] = json!({"fixedOptions": [{"type": "MAILBOX", "brand": "POSTEN", "options": [
        {"id": "post-1", "name": "Post", "amount": {"currency": "NOK", "value": 4900}}
    ]}]});
    body["profile"]["scope"] = "name address email phoneNumber".into();
    schemas.check_answer("create", &merchant.create("schema-full-1", &body));
    look("schema-full-1");
    assert_eq!(merchant.control("POST", "/payments/123456/schema-full-1/approve", &Value::Null).status, 200);
    look("schema-full-1");
    assert_eq!(merchant.get("schema-full-1").json()["shippingDetails"]["shippingCost"], 4900);
    for (verb, key, value) in [("capture", "c1", 20_000), ("refund", "r1", 5_000)] {
        schemas.check_answer(verb, &merchant.modify(verb, "schema-full-1", key, value));
        look("schema-full-1");
    }
    schemas.check_answer("cancel", &merchant.cancel("schema-full-1"));
    look("schema-full-1");
    merchant.created("schema-term-1", 100);
    schemas.check_answer("cancel", &merchant.cancel("schema-term-1"));
    look("schema-term-1");
    for refused in
        [merchant.get("unknown-ref"), merchant.create("x", &json!({})), merchant.create("y", &json!([]))]
    {
        schemas.check("Problem", &refused.json());
    }
}

/// A small generator of chance: the same requests on every run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % sides
    }

    fn once_in(&mut self, count: u64) -> bool {
        self.roll(count) == 0
    }

    fn pick<'v, T>(&mut self, values: &'v [T]) -> &'v T {
        let place = self.roll(values.len() as u64);
        &values[usize::try_from(place).expect("small")]
    }
}

/// Makes values from the schemas: mostly sound, on and beside the limits, and sometimes nonsense.
struct Maker<'s> {
    specification: &'s Value,
    dice: Dice,
    /// One value in so many is nonsense.
    nonsense: u64,
}

impl Maker<'_> {
    fn make(&mut self, schema: &Value, name: &str) -> Value {
        if self.dice.once_in(self.nonsense) {
            return self.nonsense_value();
        }
        if let Some(reference) = schema["$ref"].as_str() {
            let name = reference.rsplit('/').next().expect("a name").to_owned();
            let target = self.specification["components"]["schemas"][&name].clone();
            return self.make(&target, &name);
        }
        if let Some(variants) = schema["oneOf"].as_array() {
            let variant = self.dice.pick(variants).clone();
            return self.make(&variant, name);
        }
        if let Some(words) = schema["enum"].as_array() {
            // Of the currencies and flows, one is good for a Norwegian sales unit and needs nothing else.
            let plain = words.iter().find(|word| ["NOK", "WALLET", "QR"].iter().any(|plain| *word == plain));
            if let Some(plain) = plain.filter(|_| !self.dice.once_in(5)) {
                return plain.clone();
            }
            return self.dice.pick(words).clone();
        }
        let kind = match &schema["type"] {
            Value::Array(kinds) if self.dice.once_in(4) => {
                return kinds.last().map_or(Value::Null, |_| Value::Null);
            }
            Value::Array(kinds) => kinds[0].as_str().unwrap_or_default().to_owned(),
            kind => kind.as_str().unwrap_or_default().to_owned(),
        };
        match kind.as_str() {
            "object" => self.object(schema),
            "array" => {
                let count = self.dice.roll(3) + u64::from(schema["minItems"].is_u64());
                (0..count).map(|_| self.make(&schema["items"], name)).collect()
            }
            "integer" => self.integer(schema),
            "boolean" => self.dice.once_in(2).into(),
            _ => self.text(schema, name),
        }
    }

    fn object(&mut self, schema: &Value) -> Value {
        let mut object = Map::new();
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, member) in schema["properties"].as_object().into_iter().flatten() {
            let wanted =
                if required.contains(&name.as_str()) { !self.dice.once_in(40) } else { self.dice.once_in(7) };
            if wanted {
                object.insert(name.clone(), self.make(member, name));
            }
        }
        if schema["additionalProperties"].is_object() {
            for index in 0..self.dice.roll(7) {
                let key = "k".repeat(usize::try_from(self.dice.roll(2) * 99 + index + 1).expect("small"));
                object.insert(key, self.make(&schema["additionalProperties"], "value"));
            }
        }
        if self.dice.once_in(30) {
            object.insert("unknownMember".into(), self.nonsense_value());
        }
        Value::Object(object)
    }

    fn integer(&mut self, schema: &Value) -> Value {
        let min = schema["minimum"].as_i64().unwrap_or(-5);
        let max = schema["maximum"].as_i64().unwrap_or(100_000);
        let limits = [min, min + 1, max, max - 1, min - 1, max + 1];
        if self.dice.once_in(8) {
            json!(*self.dice.pick(&limits))
        } else {
            json!(min.max(0) + 100 + i64::try_from(self.dice.roll(900)).expect("small"))
        }
    }

    fn text(&mut self, schema: &Value, name: &str) -> Value {
        let sound = match name {
            "Reference" | "reference" => format!("fuzz-{:08}", self.dice.roll(9_000)),
            "returnUrl" | "receiptUrl" | "callbackUrl" => "https://example.com/x".to_owned(),
            "phoneNumber" => "4712345678".to_owned(),
            "personalQr" => "https://qr.vipps.no/p/4712345678".to_owned(),
            "expiresAt" => (*self.dice.pick(&[
                "2026-12-01T00:00:00Z",
                "2026-11-20T09:10:00Z",
                "2027-06-01T00:00:00+02:00",
            ]))
            .to_owned(),
            "scope" => (*self.dice.pick(&["name", "name address email phoneNumber", "nin", "x"])).to_owned(),
            "quantity" => "1.5".to_owned(),
            _ => "sound".to_owned(),
        };
        let max = schema["maxLength"].as_u64().unwrap_or(40);
        let min = schema["minLength"].as_u64().unwrap_or(0);
        match self.dice.roll(80) {
            0 => Value::from("é".repeat(usize::try_from(max + 1).expect("small"))),
            1 => Value::from("x".repeat(usize::try_from(max).expect("small"))),
            2 => Value::from("x".repeat(usize::try_from(min).expect("small"))),
            3 => Value::from(self.dice.roll(u64::MAX)),
            _ => Value::from(sound),
        }
    }

    fn nonsense_value(&mut self) -> Value {
        let deep = (0..60).fold(Value::Null, |inner, _| json!([inner]));
        let values = [
            Value::Null,
            json!(true),
            json!(-1),
            json!(1e300),
            json!(0.5),
            json!(u64::MAX),
            json!(""),
            json!("\u{0}\u{202e}"),
            json!([]),
            json!({}),
            json!("😀".repeat(600)),
            json!([{}]),
            json!({"a": {"b": 1}}),
            json!("<script>"),
            json!("' OR 1=1 --"),
            deep,
        ];
        self.dice.pick(&values).clone()
    }
}

#[test]
fn requests_made_from_the_schemas_never_get_a_5xx_nor_an_answer_that_fits_no_schema() {
    let specification = specification();
    let schemas = Schemas::new();
    let mut statuses: HashMap<(String, u16), u32> = HashMap::new();
    for (seed, nonsense) in [(1, 400), (2, 60), (3, 12)] {
        let sandbox = Sandbox::builder().seed(seed).frozen_at("2026-11-20T09:00:00Z").start();
        let merchant = Merchant::new(&sandbox);
        for payment in 0..100 {
            merchant.created(&format!("fuzz-{payment:08}"), 100_000);
            if payment % 3 > 0 {
                merchant.approve(&format!("fuzz-{payment:08}"));
            }
        }
        let mut maker = Maker { specification: &specification, dice: Dice(seed), nonsense };
        for turn in 0..4_000_u32 {
            let reference = format!("fuzz-{:08}", maker.dice.roll(110));
            let key = format!("key-{}", maker.dice.roll(9_000));
            let payments = "/epayment/v1/payments";
            let (operation, schema) = *maker.dice.pick(&[
                ("create", "CreatePaymentRequest"),
                ("create", "CreatePaymentRequest"),
                ("create", "CreatePaymentRequest"),
                ("capture", "CaptureModificationRequest"),
                ("refund", "RefundModificationRequest"),
                ("cancel", "CancelModificationRequest"),
                ("approve", "ForceApprove"),
                ("get", ""),
                ("events", ""),
            ]);
            let body = if schema.is_empty() {
                String::new()
            } else {
                let schema = json!({"$ref": format!("#/components/schemas/{schema}")});
                let body = maker.make(&schema, "body").to_string();
                // Some bodies lose a byte on the way.
                if maker.dice.once_in(25) {
                    body.chars().take(body.chars().count() / 2).collect()
                } else {
                    body
                }
            };
            let (method, path) = match operation {
                "create" => ("POST", payments.to_owned()),
                "get" => ("GET", format!("{payments}/{reference}")),
                "events" => ("GET", format!("{payments}/{reference}/events")),
                "approve" => ("POST", format!("/epayment/v1/test/payments/{reference}/approve")),
                verb => ("POST", format!("{payments}/{reference}/{verb}")),
            };
            let key = if maker.dice.once_in(20) { None } else { Some(key.as_str()) };
            let answer = merchant.call(method, &path, key, body.clone());
            assert!(answer.status < 500, "turn {turn}: {method} {path} {body} is answered {}", answer.text);
            schemas.check_answer(operation, &answer);
            *statuses.entry((operation.to_owned(), answer.status)).or_default() += 1;
            if turn % 500 == 499 {
                sandbox.advance(std::time::Duration::from_secs(120));
            }
        }
    }
    // Fuzzing that never gets past the first check would prove nothing.
    for operation in ["create", "get", "events", "capture", "refund", "cancel", "approve"] {
        let of = |wanted: &dyn Fn(u16) -> bool| -> u32 {
            statuses
                .iter()
                .filter(|((name, status), _)| name == operation && wanted(*status))
                .map(|(_, count)| count)
                .sum()
        };
        assert!(of(&|status| status < 300) >= 5, "{operation} is never carried out: {statuses:?}");
        assert!(of(&|status| status >= 400) >= 5, "{operation} is never refused: {statuses:?}");
    }
}
