//! The command that `exec` runs: started, told of every signal that this process gets, and waited for.

use std::ffi::OsString;
use std::io::{Error, ErrorKind};
use std::process::ExitStatus;

use tokio::process::{Child, Command};

/// There is no such command.
const MISSING: u8 = 127;
/// There is one, and it cannot be executed.
const NOT_EXECUTABLE: u8 = 126;

/// A command that did not start.
pub(super) struct NotStarted {
    /// The status that shells have for it.
    pub(super) status: u8,
    /// Why.
    pub(super) why: String,
}

/// What the command finds in its environment besides what this process has; `None` takes a variable away.
pub(super) type Variables = Vec<(&'static str, Option<String>)>;

/// Starts the command with the stdin, stdout and stderr of this process.
pub(super) fn start(command: &[OsString], variables: &Variables) -> Result<Child, NotStarted> {
    let (program, arguments) =
        command.split_first().map_or((OsString::new(), &[][..]), |(first, rest)| (first.clone(), rest));
    let spawn = |program: &OsString| {
        let mut command = Command::new(program);
        command.args(arguments);
        for (name, value) in variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command.spawn()
    };
    let started = spawn(&program).or_else(|error| match (error.kind(), script(&program)) {
        (ErrorKind::NotFound, Some(script)) => spawn(&script).map_err(|_| error),
        _ => Err(error),
    });
    started.map_err(|error| not_started(&program.to_string_lossy(), &error))
}

/// Returns what else a command can be called: on Windows `npm` and its like are scripts, found by their whole name alone.
fn script(program: &OsString) -> Option<OsString> {
    let bare = cfg!(windows) && std::path::Path::new(program).extension().is_none();
    bare.then(|| {
        let mut script = program.clone();
        script.push(".cmd");
        script
    })
}

fn not_started(program: &str, error: &Error) -> NotStarted {
    match error.kind() {
        ErrorKind::NotFound => NotStarted {
            status: MISSING,
            why: format!("there is no command \"{program}\" (is it installed, and on the PATH?)"),
        },
        _ => NotStarted { status: NOT_EXECUTABLE, why: format!("\"{program}\" cannot be executed: {error}") },
    }
}

/// Returns the status that a shell shows for an end: 128 and the signal's number for a command that one has killed.
pub(super) fn status(end: ExitStatus) -> u8 {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&end) {
        return u8::try_from(128 + signal).unwrap_or(u8::MAX);
    }
    // Other systems have statuses that no byte holds; they are failures all the same.
    end.code().map_or(u8::MAX, |code| u8::try_from(code).unwrap_or(1))
}

/// The signals that are for the command.
#[cfg(unix)]
pub(super) struct Signals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
    hangup: tokio::signal::unix::Signal,
    quit: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    pub(super) fn catch() -> std::io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
            quit: signal(SignalKind::quit())?,
        })
    }

    /// Waits for the command to end, and passes on what comes in until then. However often it is asked to stop, when to
    /// do so is the command's own decision.
    pub(super) async fn forward_to(mut self, child: &mut Child) -> std::io::Result<ExitStatus> {
        use rustix::process::Signal;
        loop {
            let signal = tokio::select! {
                end = child.wait() => return end,
                _ = self.interrupt.recv() => Signal::INT,
                _ = self.terminate.recv() => Signal::TERM,
                _ = self.hangup.recv() => Signal::HUP,
                _ = self.quit.recv() => Signal::QUIT,
            };
            let from_keyboard = matches!(signal, Signal::INT | Signal::QUIT) && is_in_foreground();
            // Of a key like Ctrl-C the terminal has told the command too; a second one often means "at once".
            if !from_keyboard {
                send(child, signal);
            }
        }
    }
}

#[cfg(unix)]
fn send(child: &Child, signal: rustix::process::Signal) {
    let number = child.id().and_then(|id| i32::try_from(id).ok());
    if let Some(pid) = number.and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process(pid, signal);
    }
}

/// Whether the keys of a terminal send their signals to this process and to what it has started.
#[cfg(unix)]
fn is_in_foreground() -> bool {
    let Ok(terminal) = std::fs::File::open("/dev/tty") else { return false };
    rustix::termios::tcgetpgrp(&terminal).is_ok_and(|group| group == rustix::process::getpgrp())
}

/// The signals that are for the command.
#[cfg(windows)]
pub(super) struct Signals(tokio::signal::windows::CtrlC);

#[cfg(windows)]
impl Signals {
    pub(super) fn catch() -> std::io::Result<Self> {
        tokio::signal::windows::ctrl_c().map(Self)
    }

    /// Waits for the command to end. The console tells it of Ctrl-C itself.
    pub(super) async fn forward_to(mut self, child: &mut Child) -> std::io::Result<ExitStatus> {
        loop {
            tokio::select! {
                end = child.wait() => return end,
                _ = self.0.recv() => {}
            }
        }
    }
}
