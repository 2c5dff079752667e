//! The servers under load: processes of their own, so that their processor time and memory can be told apart.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::bare;

/// The argument that makes this program the bare server.
pub(crate) const SERVE_BARE: &str = "--serve-bare";

/// Which server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Sandbox,
    Bare,
}

impl Kind {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Bare => "bare server",
        }
    }
}

/// A running server. It ends when this is dropped.
pub(crate) struct Server {
    pub(crate) kind: Kind,
    pub(crate) address: SocketAddr,
    /// How long it took from the start of the process to the first answer.
    pub(crate) started_in: Duration,
    child: Child,
}

impl Server {
    /// Starts a server, on one processor if told which, and waits until it answers. A bare one knows this many payments.
    pub(crate) fn start(kind: Kind, payments: u64, processor: Option<usize>) -> Result<Self, String> {
        Self::start_with(kind, payments, processor, &[])
    }

    /// Starts a server with more arguments.
    pub(crate) fn start_with(
        kind: Kind,
        payments: u64,
        processor: Option<usize>,
        more: &[String],
    ) -> Result<Self, String> {
        let this = std::env::current_exe().map_err(|error| error.to_string())?;
        let (program, arguments) = match kind {
            Kind::Sandbox => {
                let arguments = ["--listen", "127.0.0.1:0", "--tls-listen", "off"].map(str::to_owned);
                (env!("CARGO_BIN_EXE_epayment-sandbox").into(), arguments.to_vec())
            }
            Kind::Bare => (this, vec![SERVE_BARE.to_owned(), payments.to_string()]),
        };
        let mut command = match processor {
            None => Command::new(program),
            Some(processor) => {
                let mut command = Command::new("taskset");
                command.arg("-c").arg(processor.to_string()).arg(program);
                command
            }
        };
        // A configuration file where the benchmark happens to be run would change what is measured.
        command.args(arguments).args(more).current_dir(env!("CARGO_TARGET_TMPDIR"));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let began = Instant::now();
        let child = command.spawn().map_err(|error| format!("the {} cannot start: {error}", kind.name()))?;
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut server = Self { kind, address: anywhere, started_in: Duration::ZERO, child };
        server.address =
            server.read_address().ok_or_else(|| format!("the {} does not start", kind.name()))?;
        server.wait_until_ready().map_err(|error| format!("the {} is not ready: {error}", kind.name()))?;
        server.started_in = began.elapsed();
        Ok(server)
    }

    /// Reads the line that both servers print: `… ready http://127.0.0.1:41234`.
    fn read_address(&mut self) -> Option<SocketAddr> {
        let mut line = String::new();
        BufReader::new(self.child.stdout.as_mut()?).read_line(&mut line).ok()?;
        line.split_once("http://")?.1.trim().parse().ok()
    }

    fn wait_until_ready(&self) -> std::io::Result<()> {
        let mut socket = TcpStream::connect(self.address)?;
        socket.write_all(b"GET /readyz HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer)?;
        let ready = answer.starts_with("HTTP/1.1 200");
        if ready { Ok(()) } else { Err(std::io::Error::other(answer)) }
    }

    /// Returns the processor time that the process has used.
    pub(crate) fn processor(&self) -> Duration {
        /// Linux counts in hundredths of a second, whatever its own clock does.
        const TICK: Duration = Duration::from_millis(10);
        let stat = self.read_proc("stat");
        // The name in parentheses may contain spaces; user and system time are the 12th and 13th field after it.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: u32 = fields.skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
        TICK * ticks
    }

    /// Returns how much memory the process occupies, in bytes.
    pub(crate) fn memory(&self) -> u64 {
        let status = self.read_proc("status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
        let kib: u64 = line.trim().trim_end_matches(" kB").parse().unwrap_or_default();
        kib * 1024
    }

    fn read_proc(&self, file: &str) -> String {
        std::fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap_or_default()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Serves as the bare server until the process is ended.
pub(crate) fn serve_bare(payments: u64) -> Result<(), String> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let served = runtime.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
        println!("bare server ready http://{}", listener.local_addr()?);
        axum::serve(listener, bare::router(payments)).await
    });
    served.map_err(|error| error.to_string())
}

/// Binds this thread, and with it the clients, to the last processor, and returns the first one for the servers. Without
/// `taskset`, or with a single processor, everybody runs where the system puts them.
pub(crate) fn share_processors() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let mut processors = allowed.split([',', '-']).map(str::trim);
    let (first, last) = (processors.next()?, processors.next_back()?);
    let mut command = Command::new("taskset");
    command.args(["-p", "-c", last, &std::process::id().to_string()]);
    let bound =
        command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    first.parse().ok().filter(|_| bound)
}
