//! The pairing: slices of both servers alternate, so that whatever else the machine does hits both.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Numbers, Run, Until, run};
use crate::options::{KNOWN, Options};
use crate::script::{Load, load};
use crate::server::{Kind, Server};

/// How long a slice runs before it counts.
pub(crate) const WARM_UP: Duration = Duration::from_millis(100);

/// The slices of one server under one load.
#[derive(Default)]
pub(crate) struct Slices {
    pub(crate) runs: Vec<Run>,
}

impl Slices {
    /// Returns the server's processor time per request in microseconds, over all slices.
    pub(crate) fn processor_micros(&self) -> f64 {
        self.runs.iter().map(|run| run.processor.as_secs_f64()).sum::<f64>() * 1e6 / self.requests()
    }

    /// Returns how many requests were answered in a second.
    fn rate(&self) -> f64 {
        self.requests() / self.runs.iter().map(|run| run.time.as_secs_f64()).sum::<f64>()
    }

    fn requests(&self) -> f64 {
        (self.runs.iter().map(|run| run.requests).sum::<u64>().max(1)) as f64
    }

    /// Returns the time in microseconds within which this share of the answers came.
    pub(crate) fn latency_micros(&self, share: f64) -> f64 {
        let mut latencies: Vec<u32> = self.runs.iter().flat_map(|run| &run.latencies).copied().collect();
        latencies.sort_unstable();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place in a list")]
        let place = (latencies.len() as f64 * share) as usize;
        let nanos = latencies.get(place).or(latencies.last()).copied().unwrap_or_default();
        f64::from(nanos) / 1e3
    }

    fn figures(&self) -> Value {
        json!({
            "processor_us": self.processor_micros(),
            "requests_per_s": self.rate(),
            "p50_us": self.latency_micros(0.5),
            "p99_us": self.latency_micros(0.99),
        })
    }
}

/// Returns the middle one of the quotients of processor time per request, slice by slice.
pub(crate) fn ratio(over: &Slices, under: &Slices) -> f64 {
    let cost = |run: &Run| run.processor.as_secs_f64() / run.requests.max(1) as f64;
    let quotients = over.runs.iter().zip(&under.runs).map(|(over, under)| cost(over) / cost(under));
    let mut quotients: Vec<f64> = quotients.collect();
    quotients.sort_by(f64::total_cmp);
    f64::midpoint(quotients[(quotients.len() - 1) / 2], quotients[quotients.len() / 2])
}

/// Creates payments.
pub(crate) fn fill(server: &Server, count: u64, numbers: &mut Numbers) -> Result<Run, String> {
    let create = load("create", 0).expect("there is such a load");
    run(server, &create, 16, Until::Answered(count), numbers)
}

/// Measures every load at every number of connections.
pub(crate) fn measure(options: &Options, processor: Option<usize>) -> Result<Value, String> {
    let sandbox = Server::start(Kind::Sandbox, 0, processor)?;
    let bare = Server::start(Kind::Bare, KNOWN, processor)?;
    let idle = sandbox.memory();
    println!("memory when idle: {:.1} MiB", idle as f64 / 1_048_576.0);
    let mut numbers = Numbers::new();
    fill(&sandbox, KNOWN, &mut numbers)?;
    println!(
        "{:10} {:>5} {:>8} {:>8} {:>12} {:>5} {:>8} {:>7} {:>7} {:>8} {:>7} {:>7}",
        "load",
        "conns",
        "us/call",
        "bare",
        "bare/sandbox",
        "goal",
        "calls/s",
        "p50 us",
        "p99 us",
        "bare: /s",
        "p50",
        "p99"
    );
    let mut rows = Vec::new();
    for load in &options.loads {
        for &connections in &options.connections {
            let slices = alternate([&sandbox, &bare], load, connections, options, &mut numbers)?;
            rows.push(row(load, connections, &slices));
        }
    }
    Ok(json!({ "idle_bytes": idle, "rows": rows }))
}

/// Loads the servers in turn.
fn alternate(
    servers: [&Server; 2],
    load: &Load,
    connections: usize,
    options: &Options,
    numbers: &mut Numbers,
) -> Result<[Slices; 2], String> {
    let until = Until::Passed { warm_up: WARM_UP, counted: options.slice };
    let mut slices = [Slices::default(), Slices::default()];
    for _ in 0..options.rounds {
        for (server, slices) in servers.into_iter().zip(&mut slices) {
            slices.runs.push(run(server, load, connections, until, numbers)?);
        }
    }
    Ok(slices)
}

fn row(load: &Load, connections: usize, [sandbox, bare]: &[Slices; 2]) -> Value {
    let ratio = ratio(bare, sandbox);
    println!(
        "{:10} {connections:>5} {:>8.1} {:>8.1} {ratio:>12.2} {:>5.2} {:>8.0} {:>7.0} {:>7.0} {:>8.0} {:>7.0} {:>7.0}",
        load.name,
        sandbox.processor_micros(),
        bare.processor_micros(),
        load.goal,
        sandbox.rate(),
        sandbox.latency_micros(0.5),
        sandbox.latency_micros(0.99),
        bare.rate(),
        bare.latency_micros(0.5),
        bare.latency_micros(0.99),
    );
    json!({
        "load": load.name,
        "connections": connections,
        "ratio": ratio,
        "goal": load.goal,
        "sandbox": sandbox.figures(),
        "bare": bare.figures(),
    })
}
