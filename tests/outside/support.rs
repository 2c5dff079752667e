//! What the tests of the outside share: a running program, a raw socket, and a folder that goes away.
//!
//! The client is made of sockets and text on purpose. A real HTTP client would refuse to send half of what is sent here.

use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::Value;

/// After how long something that should happen at once counts as never happening.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The sales unit of requests that name no other.
pub(crate) const MSN: &str = "123456";

/// An answer of the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    /// Returns a header of the answer; case does not matter.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let (_, value) = self.headers.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))?;
        Some(value)
    }

    /// Reads the body as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }
}

/// Writes the head of a request, with a `Host` and the length of its body.
pub(crate) fn head(method: &str, target: &str, headers: &[(&str, &str)], length: usize) -> String {
    let named = headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("host"));
    let host = if named { "" } else { "Host: localhost\r\n" };
    let lines: Vec<_> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    format!("{method} {target} HTTP/1.1\r\n{host}{}Content-Length: {length}\r\n\r\n", lines.concat())
}

/// Writes a request.
pub(crate) fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> String {
    head(method, target, headers, body.len()) + body
}

/// Returns the headers of an emulated call.
pub(crate) fn api_headers<'h>(msn: &'h str, key: &'h str) -> [(&'h str, &'h str); 5] {
    [
        ("Ocp-Apim-Subscription-Key", "subscription-key"),
        ("Authorization", "Bearer some-token"),
        ("Merchant-Serial-Number", msn),
        ("Content-Type", "application/json"),
        ("Idempotency-Key", key),
    ]
}

/// Returns the body of a good create request.
pub(crate) fn create_body(reference: &str) -> String {
    let mut body: Value = serde_json::from_str(include_str!("../../fixtures/base.json")).expect("JSON");
    body["reference"] = reference.into();
    body.to_string()
}

/// Writes a good create request. Its idempotency key is its reference.
pub(crate) fn create(msn: &str, reference: &str) -> String {
    request("POST", "/epayment/v1/payments", &api_headers(msn, reference), &create_body(reference))
}

/// Writes a request for a payment.
pub(crate) fn get(msn: &str, reference: &str) -> String {
    request("GET", &format!("/epayment/v1/payments/{reference}"), &api_headers(msn, "unused"), "")
}

/// Sends a request on a connection of its own.
pub(crate) fn call(address: SocketAddr, request: impl AsRef<[u8]>) -> Answer {
    let mut connection = Connection::open(address);
    connection.send(request);
    connection.answer()
}

/// Sends a control request, as a local caller does.
pub(crate) fn control(address: SocketAddr, method: &str, target: &str, body: &str) -> Answer {
    call(address, request(method, target, &[], body))
}

/// A connection that sends what it is told and reads what comes.
pub(crate) struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    /// Connects.
    pub(crate) fn open(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).expect("the sandbox takes connections");
        stream.set_read_timeout(Some(PATIENCE)).expect("sockets have timeouts");
        stream.set_nodelay(true).expect("sockets can be told to send at once");
        Self { stream, received: Vec::new() }
    }

    /// Reads for no longer than this at a time.
    pub(crate) fn patience(&mut self, patience: Duration) {
        self.stream.set_read_timeout(Some(patience)).expect("sockets have timeouts");
    }

    /// Sends bytes. The sandbox may close while they are on their way.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        let _ = self.stream.write_all(bytes.as_ref());
    }

    /// Says that nothing more will be sent.
    pub(crate) fn end(&mut self) {
        let _ = self.stream.shutdown(Shutdown::Write);
    }

    /// Reads the next answer.
    pub(crate) fn answer(&mut self) -> Answer {
        self.try_answer().expect("the sandbox answers")
    }

    /// Reads the next answer to a request that wants no body.
    pub(crate) fn answer_to_head(&mut self) -> Answer {
        self.read_answer(false).expect("the sandbox answers")
    }

    /// Reads the next answer; `None` when the connection ends before it.
    pub(crate) fn try_answer(&mut self) -> Option<Answer> {
        self.read_answer(true)
    }

    fn read_answer(&mut self, with_body: bool) -> Option<Answer> {
        let end = loop {
            match self.received.windows(4).position(|window| window == b"\r\n\r\n") {
                Some(end) => break end,
                None if self.read_more() => {}
                None => return None,
            }
        };
        let head: Vec<u8> = self.received.drain(..end + 4).collect();
        let head = String::from_utf8(head).expect("an answer's head is text");
        let mut lines = head.lines();
        let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
        let headers: Vec<_> = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let mut answer =
            Answer { status: status.expect("an answer has a status"), headers, body: String::new() };
        let length = answer.header("content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
        if with_body {
            while self.received.len() < length {
                assert!(self.read_more(), "the connection ended within a body: {answer:?}");
            }
            let body = self.received.drain(..length).collect();
            answer.body = String::from_utf8(body).expect("a body is text");
        }
        Some(answer)
    }

    /// Returns whether anything came.
    fn read_more(&mut self) -> bool {
        let mut buffer = [0; 16 * 1024];
        match undisturbed(|| self.stream.read(&mut buffer)) {
            Ok(0) => false,
            Ok(count) => {
                self.received.extend_from_slice(&buffer[..count]);
                true
            }
            Err(error) if is_timeout(&error) => panic!("nothing came, and the connection stays open"),
            Err(_) => false,
        }
    }

    /// Returns whether nothing came, not even the end, for as long as [`Connection::patience`] says.
    pub(crate) fn is_quiet(&mut self) -> bool {
        undisturbed(|| self.stream.peek(&mut [0; 1])).is_err_and(|error| is_timeout(&error))
    }

    /// Returns whether the other side has closed, having looked for as long as [`Connection::patience`] says.
    pub(crate) fn is_closed(&mut self) -> bool {
        match undisturbed(|| self.stream.read(&mut [0; 1])) {
            Ok(0) => true,
            Ok(_) => panic!("more was sent after the last answer"),
            Err(error) => !is_timeout(&error),
        }
    }
}

/// Reads again when a signal came in between.
fn undisturbed(mut read: impl FnMut() -> io::Result<usize>) -> io::Result<usize> {
    loop {
        match read() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn is_timeout(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut)
}

/// A folder that goes away with its test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes an empty folder.
    pub(crate) fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("it-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).expect("the target folder can be written to");
        Self(path)
    }

    /// Returns a path in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file in the folder.
    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::write(&path, text).expect("a new folder can be written to");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// The program with these arguments, away from the settings of whoever runs the tests: without our variables, and in a
/// folder without a configuration file.
pub(crate) fn program(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_epayment-sandbox"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("EPAYMENT_SANDBOX_") {
            command.env_remove(name);
        }
    }
    // Tests run side by side, and there is only one port of the default.
    command.env("EPAYMENT_SANDBOX_TLS_LISTEN", "off");
    command.args(arguments).current_dir(env!("CARGO_TARGET_TMPDIR"));
    command
}

/// Runs the program to its end.
pub(crate) fn run(arguments: &[&str]) -> Finished {
    run_command(&mut program(arguments))
}

/// Runs a command to its end.
pub(crate) fn run_command(command: &mut Command) -> Finished {
    Process::spawn(command).wait()
}

/// A process that has ended, and all that it said.
#[derive(Debug)]
pub(crate) struct Finished {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// Expects that it went well and said nothing on stderr; returns what it said on stdout.
    #[track_caller]
    pub(crate) fn good(self) -> String {
        assert!(self.code == Some(0) && self.stderr.is_empty(), "{self:?}");
        self.stdout
    }

    /// Expects that it failed with one sentence on stderr, and nothing on stdout; returns the sentence.
    #[track_caller]
    pub(crate) fn failed(self) -> String {
        assert!(self.code == Some(1) && self.stdout.is_empty(), "{self:?}");
        let sentence =
            self.stderr.strip_prefix("epayment-sandbox: ").and_then(|text| text.strip_suffix('\n'));
        sentence.unwrap_or_else(|| panic!("no sentence: {self:?}")).to_owned()
    }
}

struct Process {
    child: Child,
    lines: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
}

impl Process {
    fn spawn(command: &mut Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program can be run");
        let stdout = child.stdout.take().expect("stdout is piped");
        let mut stderr = child.stderr.take().expect("stderr is piped");
        let (sender, lines) = channel();
        thread::spawn(move || {
            let mut reader = BufReader::new(stdout);
            let mut line = String::new();
            while reader.read_line(&mut line).is_ok_and(|count| count > 0) {
                let _ = sender.send(std::mem::take(&mut line));
            }
        });
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            let _ = stderr.read_to_string(&mut text);
            text
        });
        Self { child, lines, stderr: Some(stderr) }
    }

    fn wait(mut self) -> Finished {
        let code = self.wait_for_code();
        let stderr = self.stderr.take().map(|reader| reader.join().expect("stderr is text"));
        Finished { code, stdout: self.lines.iter().collect(), stderr: stderr.unwrap_or_default() }
    }

    fn wait_for_code(&mut self) -> Option<i32> {
        const LOOK: Duration = Duration::from_millis(2);
        for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
            if let Some(status) = self.child.try_wait().expect("a child can be asked for") {
                return status.code();
            }
            thread::sleep(LOOK);
        }
        panic!("the process does not end");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A program that goes on until it is dropped, line by line.
pub(crate) struct Following(Process);

impl Following {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(Process::spawn(command))
    }

    /// Returns the next line.
    pub(crate) fn line(&self) -> String {
        let line = self.0.lines.recv_timeout(PATIENCE).expect("it goes on");
        line.trim_end().to_owned()
    }

    /// Returns the next line that fits.
    pub(crate) fn line_where(&self, fits: impl Fn(&String) -> bool) -> String {
        loop {
            let line = self.line();
            if fits(&line) {
                return line;
            }
        }
    }

    /// Does something again and again until a line comes of it.
    pub(crate) fn until(&self, act: impl Fn()) {
        const LOOK: Duration = Duration::from_millis(10);
        for _ in 0..PATIENCE.as_millis() / LOOK.as_millis() {
            act();
            if self.0.lines.recv_timeout(LOOK).is_ok() {
                return;
            }
        }
        panic!("nothing comes of it");
    }
}

/// A sandbox in a process of its own.
pub(crate) struct Running {
    process: Process,
    /// The line that it said it was ready with.
    pub(crate) ready: String,
    pub(crate) address: SocketAddr,
    /// Where it listens with TLS, if it does.
    pub(crate) tls_address: Option<SocketAddr>,
}

impl Running {
    /// Starts the program with these arguments on a free port.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_command(program(&["--listen", "127.0.0.1:0"]).args(arguments))
    }

    /// Starts a command that says where it listens.
    pub(crate) fn start_command(command: &mut Command) -> Self {
        let process = Process::spawn(command);
        let Ok(ready) = process.lines.recv_timeout(PATIENCE) else {
            panic!("it does not get ready: {:?}", process.wait());
        };
        let after = |scheme: &str| {
            let (_, rest) = ready.split_once(&format!(" {scheme}://"))?;
            rest.split_whitespace().next()?.parse().ok()
        };
        let address = after("http").unwrap_or_else(|| panic!("no address: {ready}"));
        let tls_address = after("https");
        Self { process, ready, address, tls_address }
    }

    /// Returns the base URL.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Sends a signal, such as `TERM`.
    pub(crate) fn signal(&self, name: &str) {
        // The shell has a kill of its own; a small image need not have the program.
        let kill = format!("kill -s {name} {}", self.process.child.id());
        let status = Command::new("sh").args(["-c", &kill]).stderr(Stdio::null()).status();
        assert!(status.is_ok(), "there is no shell");
    }

    /// Waits for its end.
    pub(crate) fn wait(self) -> Finished {
        self.process.wait()
    }

    /// Asks it to stop, and waits for its end.
    pub(crate) fn stop(self) -> Finished {
        self.signal("TERM");
        self.wait()
    }
}
