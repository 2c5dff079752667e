//! What a call costs without sockets: the sandbox's router beside a bare one, and the hot pure parts alone.
//!
//! `cargo bench --bench in_process`

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

mod common;

use std::collections::BTreeMap;
use std::hint::black_box;
use std::pin::pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode};
use criterion::{BenchmarkId, Criterion, SamplingMode};
use epayment_sandbox::Sandbox;
use epayment_sandbox::domain::digits::Msn;
use epayment_sandbox::domain::json::Json;
use epayment_sandbox::domain::money::Market;
use epayment_sandbox::domain::payment::{CreateFacts, CreateRequest};
use epayment_sandbox::domain::sales_unit::SalesUnit;
use epayment_sandbox::domain::time::Timestamp;
use tower::Service;

use common::{bare, requests};

const CREATE: &str = "/epayment/v1/payments";

/// A call of the API. The number says for which payment.
#[derive(Clone, Copy)]
enum Call {
    Create,
    Get,
    Events,
    Approve,
    Capture,
}

impl Call {
    fn request(self, number: u64) -> Request<Body> {
        let reference = requests::reference(number);
        let (method, path, body) = match self {
            Self::Create => ("POST", CREATE.to_owned(), requests::create(&reference)),
            Self::Get => ("GET", format!("{CREATE}/{reference}"), String::new()),
            Self::Events => ("GET", format!("{CREATE}/{reference}/events"), String::new()),
            Self::Approve => {
                ("POST", format!("/epayment/v1/test/payments/{reference}/approve"), requests::APPROVE.into())
            }
            Self::Capture => ("POST", format!("{CREATE}/{reference}/capture"), requests::MODIFY.into()),
        };
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in requests::HEADERS {
            request = request.header(name, value);
        }
        let key = format!("00000000-0000-4000-8000-{number:012}");
        request.header("Idempotency-Key", key).body(Body::from(body)).expect("the request is sound")
    }

    fn status(self) -> StatusCode {
        if matches!(self, Self::Create) { StatusCode::CREATED } else { StatusCode::OK }
    }
}

/// Answers a request whose body is there already: nothing has to be waited for, so no runtime is needed.
fn answer(router: &mut Router, request: Request<Body>) -> StatusCode {
    let future = pin!(Service::<Request<Body>>::call(router, request));
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => black_box(response).status(),
        Poll::Pending => panic!("a call waits for something"),
    }
}

/// Makes the calls, and returns how long the answers took.
fn time(router: &mut Router, call: Call, numbers: impl Iterator<Item = u64>) -> Duration {
    let requests: Vec<_> = numbers.map(|number| call.request(number)).collect();
    let start = Instant::now();
    for request in requests {
        assert_eq!(answer(router, request), call.status());
    }
    start.elapsed()
}

/// How long the calls took in all, and how many there were, by benchmark and side.
#[derive(Default)]
struct Spent(BTreeMap<(&'static str, &'static str), (Duration, u64)>);

impl Spent {
    fn add(&mut self, place: (&'static str, &'static str), calls: u64, time: Duration) -> Duration {
        let spent = self.0.entry(place).or_default();
        *spent = (spent.0 + time, spent.1 + calls);
        time
    }

    fn nanos(&self, name: &'static str, side: &'static str) -> Option<u128> {
        let (time, calls) = self.0.get(&(name, side))?;
        Some(time.as_nanos() / u128::from(*calls).max(1))
    }

    fn print(&self) {
        println!("{:10} {:>10} {:>10} {:>14}", "call", "sandbox", "bare", "bare/sandbox");
        for (name, _) in self.0.keys().filter(|(_, side)| *side == "sandbox") {
            let (Some(sandbox), Some(bare)) = (self.nanos(name, "sandbox"), self.nanos(name, "bare")) else {
                continue;
            };
            let percent = bare * 100 / sandbox.max(1);
            println!("{name:10} {sandbox:7} ns {bare:7} ns {:>11}.{:02}", percent / 100, percent % 100);
        }
    }
}

/// Measures one kind of call on both sides. `prepare` brings a fresh sandbox to where `count` calls can be made, and
/// returns the number of payments that they are spread over.
fn pair(
    criterion: &mut Criterion,
    spent: &mut Spent,
    name: &'static str,
    call: Call,
    prepare: impl Fn(&mut Router, u64) -> u64,
) {
    let sandbox = Sandbox::builder().max_payments(u64::MAX).start();
    let mut bare = bare::router(1_000);
    let mut group = criterion.benchmark_group(name);
    group.sampling_mode(SamplingMode::Flat);
    group.bench_function(BenchmarkId::from_parameter("sandbox"), |bencher| {
        bencher.iter_custom(|count| {
            sandbox.reset();
            let mut router = sandbox.router();
            let payments = prepare(&mut router, count);
            let time = time(&mut router, call, (0..count).map(|number| number % payments));
            spent.add((name, "sandbox"), count, time)
        });
    });
    group.bench_function(BenchmarkId::from_parameter("bare"), |bencher| {
        bencher.iter_custom(|count| {
            let time = time(&mut bare, call, (0..count).map(|number| number % 1_000));
            spent.add((name, "bare"), count, time)
        });
    });
    group.finish();
}

fn create_first(router: &mut Router, count: u64) -> u64 {
    time(router, Call::Create, 0..count);
    count
}

fn round_trips(criterion: &mut Criterion) {
    let spent = &mut Spent::default();
    pair(criterion, spent, "create", Call::Create, |_, count| count);
    pair(criterion, spent, "get", Call::Get, |router, _| create_first(router, 1_000));
    pair(criterion, spent, "events", Call::Events, |router, _| create_first(router, 1_000));
    pair(criterion, spent, "capture", Call::Capture, |router, count| {
        create_first(router, count);
        time(router, Call::Approve, 0..count);
        count
    });
    pair(criterion, spent, "replay", Call::Create, |router, _| create_first(router, 1_000));
    spent.print();
}

fn parts(criterion: &mut Criterion) {
    let body = requests::create(&requests::reference(42));
    let mut group = criterion.benchmark_group("parts");
    group.bench_function("parse and fingerprint", |bencher| {
        bencher.iter(|| {
            let body = Json::parse(black_box(body.as_bytes())).expect("the body is JSON");
            black_box(body).fingerprint()
        });
    });
    let json = Json::parse(body.as_bytes()).expect("the body is JSON");
    let unit = SalesUnit::new(Msn::parse("123456").expect("six digits"), Market::default());
    let facts = CreateFacts {
        now: Timestamp::EPOCH,
        unit: &unit,
        customer: None,
        psp_reference: uuid::Uuid::nil(),
        token_nonce: 0,
        key: "00000000-0000-4000-8000-000000000042",
        local_http: true,
    };
    group.bench_function("read and check", |bencher| {
        bencher.iter(|| {
            let request = CreateRequest::read(black_box(&json), false).expect("the request is sound");
            request.check(&facts).expect("the request is allowed")
        });
    });
    group.finish();
}

fn main() {
    let criterion = Criterion::default().sample_size(40);
    let criterion = criterion.warm_up_time(Duration::from_millis(500));
    let mut criterion = criterion.measurement_time(Duration::from_secs(2)).configure_from_args();
    parts(&mut criterion);
    round_trips(&mut criterion);
    criterion.final_summary();
}
