//! Requests with something wrong with them, thousands of them, always the same ones.

use std::net::SocketAddr;
use std::ops::Range;
use std::thread;

use crate::support::{
    Answer, Connection, Running, api_headers, call, control, create, create_body, get, head,
};

/// Chance that repeats: xorshift64*.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, end: usize) -> usize {
        let end = u64::try_from(end.max(1)).expect("lengths fit");
        usize::try_from((self.next() >> 16) % end).expect("smaller than a length")
    }

    fn of<'l, T: ?Sized>(&mut self, list: &[&'l T]) -> &'l T {
        list[self.below(list.len())]
    }

    /// A short range of these bytes.
    fn range(&mut self, bytes: &[u8]) -> Range<usize> {
        let start = self.below(bytes.len());
        let length = 1 + self.below(16);
        start..(start + length).min(bytes.len())
    }
}

/// Pieces that parsers trip over.
const STUMBLING_BLOCKS: [&[u8]; 26] = [
    b"\0",
    b"\r\n",
    b"\r\n\r\n",
    b"%",
    b"%00",
    b"%ff",
    b"/",
    b"//",
    b"?",
    b"#",
    b"\"",
    b"\\",
    b"\\u0000",
    b"\\ud800",
    b"{",
    b"[",
    b"}",
    b"]",
    b"null",
    b"-1",
    b"1e400",
    b"9223372036854775808",
    b"18446744073709551616",
    b"\xff",
    b"\xc3",
    "\u{1f4a5}".as_bytes(),
];

/// Spoils bytes in one to four places.
fn mutate(bytes: &mut Vec<u8>, chance: &mut Chance) {
    for _ in 0..=chance.below(4) {
        if bytes.is_empty() {
            return;
        }
        let place = chance.below(bytes.len());
        let range = chance.range(bytes);
        match chance.below(8) {
            0 => bytes[place] ^= 1 << chance.below(8),
            1 => bytes[place] = u8::try_from(chance.below(256)).expect("a byte"),
            2 => drop(bytes.remove(place)),
            3 => drop(bytes.drain(range)),
            4 => {
                let copy = bytes[range].to_vec();
                bytes.splice(place..place, copy);
            }
            5 => bytes.truncate(place),
            _ => {
                let piece = chance.of(&STUMBLING_BLOCKS);
                bytes.splice(place..place, piece.iter().copied());
            }
        }
    }
}

/// Stands for an idempotency key. Were it always the same, all but the first would be seen as repetitions.
const KEY: &str = "key";

/// A request that is good as it stands.
struct Seed {
    method: &'static str,
    target: String,
    headers: Vec<(&'static str, &'static str)>,
    body: String,
}

impl Seed {
    fn emulated(method: &'static str, path: &str, body: &str) -> Self {
        let target = format!("/epayment/v1{path}");
        Self { method, target, headers: api_headers("200900", KEY).to_vec(), body: body.into() }
    }

    fn control(method: &'static str, target: &str, body: &str) -> Self {
        Self { method, target: target.into(), headers: Vec::new(), body: body.into() }
    }

    /// Writes the request with this body and an idempotency key of its own.
    fn request(&self, body: &[u8], chance: &mut Chance) -> Vec<u8> {
        let key = format!("key-{:016x}", chance.next());
        let own = |(name, value)| if value == KEY { (name, &*key) } else { (name, value) };
        let headers: Vec<(&str, &str)> = self.headers.iter().copied().map(own).collect();
        let head = head(self.method, &self.target, &headers, body.len());
        [head.as_bytes(), body].concat()
    }
}

/// Good requests of every kind, none of which moves the bystander's clock or resets it.
fn seeds() -> Vec<Seed> {
    let amount = r#"{"modificationAmount":{"currency":"NOK","value":100}}"#;
    let rich = r#"{"amount":{"currency":"NOK","value":50000},"paymentMethod":{"type":"CARD","blockedSources":["CREDIT"]},
        "customer":{"phoneNumber":"4712345678"},"reference":"rich-0001","userFlow":"WEB_REDIRECT",
        "returnUrl":"https://example.com/return?a=b#c","paymentDescription":"Socks \u00e6\u00f8\u00e5",
        "expiresAt":"2026-11-25T09:00:00Z","minimumUserAge":18,"metadata":{"order":"1","note":"two"},
        "profile":{"scope":"name phoneNumber"},"receipt":{"orderLines":[{"name":"Socks","id":"1","totalAmount":50000,
        "totalAmountExcludingTax":40000,"totalTaxAmount":10000,"taxPercentage":25,"unitInfo":{"unitPrice":50000,
        "quantity":"1","quantityUnit":"PCS"}}],"bottomLine":{"currency":"NOK"}}}"#;
    let unit = r#"{"name":"A shop","market":"DK","permissions":{"express":false},"subscriptionKeys":["a","b"],
        "paymentLimit":null,"partialCapture":true}"#;
    let user = r#"{"firstName":"Kari","dateOfBirth":"1990-02-28","cards":[{"bin":"492500","enabled":true}],
        "behaviour":"approve","after":"2s","addresses":[{"addressLine1":"A","city":"B","country":"NO","postCode":"0154"}]}"#;
    let token = Seed {
        method: "POST",
        target: "/accesstoken/get".into(),
        headers: vec![("client_id", "a"), ("client_secret", "b"), ("Ocp-Apim-Subscription-Key", "c")],
        body: String::new(),
    };
    vec![
        token,
        Seed::emulated("POST", "/payments", &create_body("fuzzed-0009")),
        Seed::emulated("POST", "/payments", rich),
        Seed::emulated("GET", "/payments/fuzzed-0001", ""),
        Seed::emulated("GET", "/payments/fuzzed-0001/events", ""),
        Seed::emulated("POST", "/payments/fuzzed-0001/capture", amount),
        Seed::emulated("POST", "/payments/fuzzed-0001/refund", amount),
        Seed::emulated("POST", "/payments/fuzzed-0002/cancel", r#"{"cancelTransactionOnly":false}"#),
        Seed::emulated(
            "POST",
            "/test/payments/fuzzed-0003/approve",
            r#"{"customer":{"phoneNumber":"4712345678"}}"#,
        ),
        Seed::control("GET", "/_sandbox/payments?msn=200900&state=CREATED&limit=3&cursor=9", ""),
        Seed::control("GET", "/_sandbox/payments/200900/fuzzed-0001", ""),
        Seed::control(
            "POST",
            "/_sandbox/payments/200900/fuzzed-0003/approve",
            r#"{"phoneNumber":"4712345678","card":"492500"}"#,
        ),
        Seed::control("POST", "/_sandbox/payments/200900/fuzzed-0003/reject", "{}"),
        Seed::control(
            "PUT",
            "/_sandbox/clock?msn=200900",
            r#"{"mode":"frozen","now":"2026-11-20T09:00:01Z"}"#,
        ),
        Seed::control("POST", "/_sandbox/clock/advance?msn=200900", r#"{"by":"PT1S"}"#),
        Seed::control("POST", "/_sandbox/sales-units", unit),
        Seed::control("PUT", "/_sandbox/sales-units/200900", unit),
        Seed::control("PUT", "/_sandbox/users/4712345678?msn=200900", user),
        Seed::control("GET", "/_sandbox/users/4712345678?msn=200900", ""),
        Seed::control("GET", "/_sandbox/health", ""),
    ]
}

#[track_caller]
fn is_no_failure(answer: &Answer, request: &[u8]) {
    assert!(answer.status < 500, "{}\n{answer:?}", request.escape_ascii());
}

/// Spoils bodies only, so that every request arrives whole and has to be answered.
fn spoil_bodies(address: SocketAddr, chance: &mut Chance, seeds: &[Seed]) {
    let mut connection = Connection::open(address);
    for _ in 0..2000 {
        let seed = &seeds[chance.below(seeds.len())];
        let mut body = seed.body.clone().into_bytes();
        mutate(&mut body, chance);
        let request = seed.request(&body, chance);
        connection.send(&request);
        is_no_failure(&connection.answer(), &request);
    }
}

/// Spoils whatever is sent, the line ends and lengths included.
fn spoil_everything(address: SocketAddr, chance: &mut Chance, seeds: &[Seed]) {
    for _ in 0..800 {
        let seed = &seeds[chance.below(seeds.len())];
        let mut request = seed.request(seed.body.as_bytes(), chance);
        mutate(&mut request, chance);
        let mut connection = Connection::open(address);
        connection.send(&request);
        connection.end();
        while let Some(answer) = connection.try_answer() {
            is_no_failure(&answer, &request);
        }
    }
}

#[test]
fn garbage_on_the_socket_never_gets_a_5xx_nor_ends_the_process() {
    const SEEDS: [u64; 4] = [0x5eed_0001, 0x5eed_0002, 0x5eed_0003, 0x5eed_0004];
    let running = Running::start(&["--clock=2026-11-20T09:00:00Z", "--seed=1"]);
    let address = running.address;
    for (msn, reference) in [
        ("987654", "bystander-0001"),
        ("200900", "fuzzed-0001"),
        ("200900", "fuzzed-0002"),
        ("200900", "fuzzed-0003"),
    ] {
        assert_eq!(call(address, create(msn, reference)).status, 201);
    }
    for (msn, reference) in [("987654", "bystander-0001"), ("200900", "fuzzed-0001")] {
        let target = format!("/_sandbox/payments/{msn}/{reference}/approve");
        assert_eq!(control(address, "POST", &target, "").status, 200);
    }
    // All of the payment but the calls about it, which give way to later ones in the journal.
    let bystander = || {
        let mut payment = control(address, "GET", "/_sandbox/payments/987654/bystander-0001", "").json();
        payment["requests"].take();
        payment
    };
    let before = bystander();
    let seeds = seeds();
    for seed in &seeds {
        let answer = call(address, seed.request(seed.body.as_bytes(), &mut Chance(1)));
        assert!(answer.status < 300 || answer.status == 409, "{} {answer:?}", seed.target);
    }
    thread::scope(|scope| {
        for seed in SEEDS {
            let seeds = &seeds;
            scope.spawn(move || {
                let mut chance = Chance(seed);
                spoil_bodies(address, &mut chance, seeds);
                spoil_everything(address, &mut chance, seeds);
            });
        }
    });
    assert_eq!(bystander(), before);
    assert_eq!(call(address, create("987654", "survivor-0001")).status, 201);
    assert_eq!(call(address, get("987654", "survivor-0001")).status, 200);
    // A panic in a handler ends its connection without an answer, but not without a word.
    running.stop().good();
}
