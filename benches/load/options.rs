//! The command line of the load run.

use std::path::PathBuf;
use std::time::Duration;

use crate::script::{Load, load};

/// How many payments are known before loads that only read.
pub(crate) const KNOWN: u64 = 20_000;

pub(crate) const HELP: &str = "\
The sandbox beside a bare axum server, under the same load.

cargo bench --bench load -- [OPTIONS]

  --loads LIST        which of create,get,events,lifecycle,replay (all)
  --connections LIST  how many at once (16,64)
  --seconds N         how long one slice lasts (0.8)
  --quick             one short slice of each
  --memory            memory per payment, growth to a million and reading there; takes minutes
  --dead-receiver     creates with and without a webhook whose receiver never answers
  --json FILE         also write the figures to this file
";

pub(crate) struct Options {
    pub(crate) loads: Vec<Load>,
    pub(crate) connections: Vec<usize>,
    /// How long one slice lasts.
    pub(crate) slice: Duration,
    /// How many slices each server gets of each load.
    pub(crate) rounds: usize,
    pub(crate) memory: bool,
    pub(crate) dead_receiver: bool,
    pub(crate) json: Option<PathBuf>,
}

impl Options {
    /// Reads the arguments. `Ok(None)` asks for help.
    pub(crate) fn read(mut arguments: impl Iterator<Item = String>) -> Result<Option<Self>, String> {
        let mut options = Self {
            loads: loads("create,get,events,lifecycle,replay")?,
            connections: vec![16, 64],
            slice: Duration::from_millis(800),
            rounds: 3,
            memory: false,
            dead_receiver: false,
            json: None,
        };
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            match argument.as_str() {
                // Cargo says so to every benchmark.
                "--bench" => {}
                "--loads" => options.loads = loads(&value()?)?,
                "--connections" => options.connections = connections(&value()?)?,
                "--seconds" => options.slice = seconds(&value()?)?,
                "--quick" => (options.slice, options.rounds) = (Duration::from_millis(300), 1),
                "--memory" => options.memory = true,
                "--dead-receiver" => options.dead_receiver = true,
                "--json" => options.json = Some(value()?.into()),
                "--help" => return Ok(None),
                unknown => return Err(format!("there is no option {unknown}\n\n{HELP}")),
            }
        }
        Ok(Some(options))
    }
}

fn loads(list: &str) -> Result<Vec<Load>, String> {
    let named = |name| load(name, KNOWN).ok_or_else(|| format!("there is no load {name}\n\n{HELP}"));
    list.split(',').map(named).collect()
}

fn connections(list: &str) -> Result<Vec<usize>, String> {
    let number = |text: &str| text.parse().ok().filter(|count| (1..=1_000).contains(count));
    let counts = list.split(',').map(number).collect::<Option<_>>();
    counts.ok_or_else(|| format!("--connections {list}: every number is from 1 to 1000"))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    seconds.filter(|seconds| !seconds.is_zero()).ok_or_else(|| format!("--seconds {text}: not a time"))
}
