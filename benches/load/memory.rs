//! What payments occupy, and what a million of them do to the next one.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Numbers, Run, Until, run};
use crate::pair::{Slices, fill, ratio};
use crate::script::load;
use crate::server::{Kind, Server};

const FEW: u64 = 1_000;
/// As many as a sandbox keeps unless told otherwise.
const MANY: u64 = 1_000_000;
const LIFECYCLES: u64 = 100_000;
const CONNECTIONS: usize = 16;

/// Measures memory and growth.
pub(crate) fn measure(processor: Option<usize>) -> Result<Value, String> {
    let (sandbox, growth) = grow(processor)?;
    let reading = read(&sandbox, processor)?;
    drop(sandbox);
    let bytes_per_lifecycle = live(processor)?;
    Ok(json!({ "growth": growth, "reading": reading, "bytes_per_lifecycle": bytes_per_lifecycle }))
}

/// Fills a sandbox with a million payments.
fn grow(processor: Option<usize>) -> Result<(Server, Value), String> {
    let sandbox = Server::start(Kind::Sandbox, 0, processor)?;
    let mut numbers = Numbers::new();
    let idle = sandbox.memory();
    // What connections need is there after the first payments.
    fill(&sandbox, FEW, &mut numbers)?;
    let before = sandbox.memory();
    let growth = fill(&sandbox, MANY - FEW, &mut numbers)?;
    let after = sandbox.memory();
    let bytes = (after - before) as f64 / growth.requests as f64;
    println!("memory: {:.1} MiB idle, {:.0} MiB with a million payments", mib(idle), mib(after));
    println!("memory per created payment: {bytes:.0} bytes");
    // The same number of requests to a server that keeps nothing shows how much of it is the machine's doing.
    let bare = Server::start(Kind::Bare, 0, processor)?;
    let beside = fill(&bare, MANY - FEW, &mut numbers)?;
    let (slowest, bare_slowest) = (slowest_millis(&growth), slowest_millis(&beside));
    println!(
        "slowest create while growing to a million: {slowest:.1} ms (bare server: {bare_slowest:.1} ms)"
    );
    let figures = json!({
        "idle_bytes": idle,
        "bytes_per_payment": bytes,
        "slowest_create_ms": slowest,
        "slowest_bare_ms": bare_slowest,
    });
    Ok((sandbox, figures))
}

/// Compares reading among a million payments with reading among a thousand.
fn read(sandbox: &Server, processor: Option<usize>) -> Result<Value, String> {
    const ROUNDS: usize = 8;
    let until = Until::Passed { warm_up: Duration::from_millis(100), counted: Duration::from_millis(800) };
    let small = Server::start(Kind::Sandbox, 0, processor)?;
    let mut numbers = Numbers::new();
    fill(&small, FEW, &mut numbers)?;
    let get = |known| load("get", known).expect("there is such a load");
    let (few, many) = (get(FEW), get(MANY));
    let (mut of_few, mut of_many) = (Slices::default(), Slices::default());
    for _ in 0..ROUNDS {
        of_few.runs.push(run(&small, &few, CONNECTIONS, until, &mut numbers)?);
        of_many.runs.push(run(sandbox, &many, CONNECTIONS, until, &mut numbers)?);
    }
    let ratio = ratio(&of_many, &of_few);
    let (few, many) = (of_few.processor_micros(), of_many.processor_micros());
    println!(
        "get among a million payments: {ratio:.2} x the cost among a thousand ({many:.1} and {few:.1} us)"
    );
    Ok(json!({ "ratio": ratio, "among_thousand_us": few, "among_million_us": many }))
}

/// Takes payments through their whole life; returns the bytes that each leaves behind.
fn live(processor: Option<usize>) -> Result<f64, String> {
    let sandbox = Server::start(Kind::Sandbox, 0, processor)?;
    let load = load("lifecycle", 0).expect("there is such a load");
    let mut numbers = Numbers::new();
    let calls = load.steps.len() as u64;
    let mut live = |payments: u64| {
        let until = Until::Answered(payments * calls);
        run(&sandbox, &load, CONNECTIONS, until, &mut numbers)
    };
    live(FEW)?;
    let before = sandbox.memory();
    live(LIFECYCLES)?;
    let bytes = (sandbox.memory() - before) as f64 / LIFECYCLES as f64;
    println!("memory per payment after create, approve, capture and refund: {bytes:.0} bytes");
    Ok(bytes)
}

fn slowest_millis(run: &Run) -> f64 {
    f64::from(run.latencies.iter().copied().max().unwrap_or_default()) / 1e6
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
