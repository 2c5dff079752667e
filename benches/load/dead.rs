//! What a receiver that never answers does to the calls that cause its webhooks.

use std::net::TcpListener;

use serde_json::{Value, json};

use crate::client::{Numbers, Until, run};
use crate::options::Options;
use crate::pair::{Slices, WARM_UP, fill, ratio};
use crate::script::load;
use crate::server::{Kind, Server};

/// How many deliveries wait before it is measured.
const WAITING: u64 = 10_000;
const CONNECTIONS: [usize; 2] = [1, 16];

/// Compares creates with a dead receiver with creates without any.
pub(crate) fn measure(options: &Options, processor: Option<usize>) -> Result<Value, String> {
    // It takes connections, as far as the operating system does so by itself, and never says a word.
    let receiver = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
    let address = receiver.local_addr().map_err(|error| error.to_string())?;
    let webhook = [format!("--webhook-url=http://{address}/"), "--webhook-secret=secret".to_owned()];
    let without = Server::start(Kind::Sandbox, 0, processor)?;
    let with = Server::start_with(Kind::Sandbox, 0, processor, &webhook)?;
    let mut numbers = Numbers::new();
    let idle = with.memory();
    fill(&without, WAITING, &mut numbers)?;
    fill(&with, WAITING, &mut numbers)?;
    let waiting = with.memory().saturating_sub(idle);
    println!("memory with {WAITING} payments and as many deliveries waiting: {:.1} MiB more", mib(waiting));
    let create = load("create", 0).expect("there is such a load");
    let until = Until::Passed { warm_up: WARM_UP, counted: options.slice };
    let mut rows = Vec::new();
    for connections in CONNECTIONS {
        let (mut alone, mut told) = (Slices::default(), Slices::default());
        for _ in 0..options.rounds {
            alone.runs.push(run(&without, &create, connections, until, &mut numbers)?);
            told.runs.push(run(&with, &create, connections, until, &mut numbers)?);
        }
        let ratio = ratio(&told, &alone);
        let [p50, p99] = [0.5, 0.99].map(|share| (alone.latency_micros(share), told.latency_micros(share)));
        println!(
            "create at {connections:2} connections, without and with: p50 {:.0} and {:.0} us, p99 {:.0} and {:.0} us, processor time x {ratio:.2}",
            p50.0, p50.1, p99.0, p99.1
        );
        rows.push(json!({ "connections": connections, "ratio": ratio, "p50_us": p50, "p99_us": p99 }));
    }
    let end = with.memory();
    println!("memory at the end: {:.0} MiB", mib(end));
    Ok(json!({ "waiting_bytes": waiting, "end_bytes": end, "rows": rows }))
}

fn mib(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}
