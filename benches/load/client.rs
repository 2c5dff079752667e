//! The clients: one thread that keeps a number of connections busy, each with one request at a time.

use std::io::{ErrorKind, Read as _, Write as _};
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::script::{Load, Payments};
use crate::server::{Kind, Server};

/// How long no answer may come at all.
const PATIENCE: Duration = Duration::from_secs(5);

/// When a run ends.
#[derive(Clone, Copy)]
pub(crate) enum Until {
    /// After this time, of which the first part does not count.
    Passed { warm_up: Duration, counted: Duration },
    /// When this many requests, and no more, are answered.
    Answered(u64),
}

/// What a run showed.
#[derive(Default)]
pub(crate) struct Run {
    pub(crate) requests: u64,
    pub(crate) time: Duration,
    /// The server's processor time.
    pub(crate) processor: Duration,
    /// From a request to its answer, in nanoseconds.
    pub(crate) latencies: Vec<u32>,
}

/// Hands out the numbers of payments.
pub(crate) struct Numbers {
    next: u64,
    chance: u64,
}

impl Numbers {
    pub(crate) fn new() -> Self {
        Self { next: 0, chance: 0x9E37_79B9_7F4A_7C15 }
    }

    fn draw(&mut self, payments: Payments) -> u64 {
        match payments {
            Payments::New => {
                self.next += 1;
                self.next - 1
            }
            Payments::Known(known) => {
                // Xorshift: which payments come up has to be even, not unforeseeable.
                self.chance ^= self.chance << 13;
                self.chance ^= self.chance >> 7;
                self.chance ^= self.chance << 17;
                self.chance % known
            }
        }
    }
}

struct Connection {
    socket: TcpStream,
    /// Which of the load's requests is on its way, and for which payment.
    step: usize,
    number: u64,
    sent_at: Instant,
    received: Vec<u8>,
}

/// A whole answer at the beginning of a buffer.
struct Answer<'b> {
    status: u16,
    body: &'b [u8],
}

impl<'b> Answer<'b> {
    /// Takes the answer apart; `None` when some of it has yet to come.
    fn read(bytes: &'b [u8]) -> Result<Option<Self>, String> {
        let Some(head_end) = find(bytes, b"\r\n\r\n") else { return Ok(None) };
        let unreadable = || format!("an unreadable answer: {}", String::from_utf8_lossy(&bytes[..head_end]));
        let head = std::str::from_utf8(&bytes[..head_end]).map_err(|_| unreadable())?;
        let mut lines = head.split("\r\n");
        let status = lines.next().and_then(|line| line.get(9..12)?.parse().ok()).ok_or_else(unreadable)?;
        let named = |line: &'b str| line.split_once(": ");
        let length = lines.filter_map(named).find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let length: usize = length.and_then(|(_, value)| value.parse().ok()).ok_or_else(unreadable)?;
        let body = bytes.get(head_end + 4..head_end + 4 + length);
        Ok(body.map(|body| Self { status, body }))
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    loop {
        from += bytes.get(from..)?.iter().position(|byte| *byte == first)?;
        if bytes[from..].starts_with(wanted) {
            return Some(from);
        }
        from += 1;
    }
}

/// Keeps `connections` connections busy until the end, and checks every answer.
pub(crate) fn run(
    server: &Server,
    load: &Load,
    connections: usize,
    until: Until,
    numbers: &mut Numbers,
) -> Result<Run, String> {
    let left = if let Until::Answered(count) = until { count } else { u64::MAX };
    Client { server, load, numbers, left, buffer: Vec::new() }
        .run(connections, until)
        .map_err(|problem| format!("{} on the {}: {problem}", load.name, server.kind.name()))
}

struct Client<'c> {
    server: &'c Server,
    load: &'c Load,
    numbers: &'c mut Numbers,
    /// How many requests are still to be sent.
    left: u64,
    buffer: Vec<u8>,
}

impl Client<'_> {
    fn run(&mut self, connections: usize, until: Until) -> Result<Run, String> {
        let lost = |error: std::io::Error| format!("a connection is lost: {error}");
        let mut poll = Poll::new().map_err(lost)?;
        let mut events = Events::with_capacity(1024);
        let mut open = Vec::with_capacity(connections);
        for place in 0..connections {
            let mut connection = self.connect().map_err(lost)?;
            poll.registry()
                .register(&mut connection.socket, Token(place), Interest::READABLE)
                .map_err(lost)?;
            open.push(connection);
        }
        let mut clock = Clock::start(self.server, until);
        for connection in &mut open {
            self.send(connection)?;
        }
        loop {
            poll.poll(&mut events, Some(PATIENCE)).map_err(lost)?;
            if events.is_empty() {
                return Err(format!("no answer for {} seconds", PATIENCE.as_secs()));
            }
            let now = Instant::now();
            for event in &events {
                if let Some(latency) = self.receive(&mut open[event.token().0], now)? {
                    clock.note(latency);
                }
            }
            if clock.is_over(self.server, now) {
                return Ok(clock.stop(self.server));
            }
        }
    }

    fn connect(&self) -> std::io::Result<Connection> {
        let socket = std::net::TcpStream::connect(self.server.address)?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let socket = TcpStream::from_std(socket);
        let received = Vec::with_capacity(16 * 1024);
        Ok(Connection { socket, step: 0, number: 0, sent_at: Instant::now(), received })
    }

    /// Sends the connection's next request, if there is one.
    fn send(&mut self, connection: &mut Connection) -> Result<(), String> {
        if self.left == 0 {
            return Ok(());
        }
        self.left -= 1;
        if connection.step == 0 {
            connection.number = self.numbers.draw(self.load.payments);
        }
        self.load.steps[connection.step].request.write(connection.number, &mut self.buffer);
        connection.sent_at = Instant::now();
        // The connection is empty, so a request that does not fit means that something is wrong.
        connection.socket.write_all(&self.buffer).map_err(|error| format!("a request was not taken: {error}"))
    }

    /// Takes what has come, and sends the next request if that completes an answer. Returns how long it took.
    fn receive(&mut self, connection: &mut Connection, now: Instant) -> Result<Option<Duration>, String> {
        let filled = connection.received.len();
        connection.received.resize(connection.received.capacity(), 0);
        let count = match connection.socket.read(&mut connection.received[filled..]) {
            Ok(0) => return Err("a connection was closed".into()),
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(error) => return Err(format!("a connection is lost: {error}")),
        };
        connection.received.truncate(filled + count);
        let Some(answer) = Answer::read(&connection.received)? else { return Ok(None) };
        self.check(connection, &answer)?;
        connection.received.clear();
        let latency = now.saturating_duration_since(connection.sent_at);
        connection.step = (connection.step + 1) % self.load.steps.len();
        self.send(connection)?;
        Ok(Some(latency))
    }

    /// Fails the run when the answer is wrong.
    fn check(&mut self, connection: &Connection, answer: &Answer<'_>) -> Result<(), String> {
        let step = &self.load.steps[connection.step];
        // The bare server's texts are not about the payment asked for.
        let says = if self.server.kind == Kind::Bare { &[][..] } else { &step.says };
        let right = answer.status == step.status
            && says.iter().all(|wanted| {
                wanted.write(connection.number, &mut self.buffer);
                find(answer.body, &self.buffer).is_some()
            });
        if right {
            return Ok(());
        }
        let body = String::from_utf8_lossy(answer.body);
        Err(format!("a wrong answer about payment {}: {} {body}", connection.number, answer.status))
    }
}

/// What has been counted so far, and when it ends.
struct Clock {
    until: Until,
    began: Instant,
    processor: Duration,
    warm: bool,
    run: Run,
}

impl Clock {
    fn start(server: &Server, until: Until) -> Self {
        let warm = matches!(until, Until::Answered(_));
        Self { until, began: Instant::now(), processor: server.processor(), warm, run: Run::default() }
    }

    fn note(&mut self, latency: Duration) {
        self.run.requests += 1;
        self.run.latencies.push(u32::try_from(latency.as_nanos()).unwrap_or(u32::MAX));
    }

    fn is_over(&mut self, server: &Server, now: Instant) -> bool {
        let passed = now.saturating_duration_since(self.began);
        match self.until {
            Until::Answered(count) => self.run.requests >= count,
            Until::Passed { warm_up, .. } if !self.warm => {
                if passed >= warm_up {
                    *self = Self { warm: true, ..Self::start(server, self.until) };
                }
                false
            }
            Until::Passed { counted, .. } => passed >= counted,
        }
    }

    fn stop(mut self, server: &Server) -> Run {
        self.run.time = self.began.elapsed();
        self.run.processor = server.processor().saturating_sub(self.processor);
        self.run
    }
}
