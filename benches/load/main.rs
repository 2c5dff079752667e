//! The sandbox beside a bare server, under the same load over real sockets.
//!
//! `cargo bench --bench load -- --help`; what the figures mean is in `docs/performance.md`.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a benchmark prints what it measured")]
#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::cast_precision_loss, reason = "figures for people need few digits")]

mod client;
#[path = "../common/mod.rs"]
mod common;
mod dead;
mod memory;
mod options;
mod pair;
mod script;
mod server;

use std::process::ExitCode;

use serde_json::json;

use options::{HELP, Options};
use server::{Kind, SERVE_BARE, Server, share_processors};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let result = match arguments.as_slice() {
        [serve, payments] if serve == SERVE_BARE => server::serve_bare(payments.parse().unwrap_or_default()),
        _ if !cfg!(target_os = "linux") => {
            println!("The load run reads /proc, so it needs Linux.");
            Ok(())
        }
        _ => run(arguments.into_iter()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{problem}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: impl Iterator<Item = String>) -> Result<(), String> {
    let Some(options) = Options::read(arguments)? else {
        print!("{HELP}");
        return Ok(());
    };
    let start_millis = cold_start()?;
    let processor = share_processors();
    if processor.is_none() {
        println!("servers and clients share the processors, so the figures say little");
    }
    let mut figures = json!({ "start_ms": start_millis });
    if options.dead_receiver {
        figures["dead_receiver"] = dead::measure(&options, processor)?;
    } else if options.memory {
        figures["memory"] = memory::measure(processor)?;
    } else {
        figures["loads"] = pair::measure(&options, processor)?;
    }
    if let Some(path) = &options.json {
        let text = format!("{figures:#}\n");
        std::fs::write(path, text)
            .map_err(|error| format!("{} cannot be written: {error}", path.display()))?;
    }
    Ok(())
}

/// Starts the sandbox several times; returns the median of the milliseconds to the first answer.
fn cold_start() -> Result<f64, String> {
    const STARTS: usize = 9;
    let started = |_| Server::start(Kind::Sandbox, 0, None).map(|server| server.started_in);
    let mut times = (0..STARTS).map(started).collect::<Result<Vec<_>, _>>()?;
    times.sort_unstable();
    let millis = times[STARTS / 2].as_secs_f64() * 1e3;
    println!("start to first answer: {millis:.1} ms (median of {STARTS})");
    Ok(millis)
}
