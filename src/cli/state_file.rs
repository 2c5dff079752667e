//! The file of `--state`: loaded at the start, saved while the sandbox runs, and when it stops.
//!
//! A save writes another file beside it, brings that one to the disk, and gives it the name. Whenever the process or the
//! machine ends, the file is the old one or the new one.

use std::convert::Infallible;
use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::Failure;
use crate::document::{self, Writer};
use crate::engine::Engine;

/// The shortest time from one save to the next. What changes after a longer pause is saved at once.
const PAUSE: Duration = Duration::from_secs(5);
/// How often is looked whether something has changed.
const LOOK: Duration = Duration::from_millis(200);
/// A save may take this part of the time at most.
const SHARE: u32 = 20;

/// The file, and whose state it keeps.
pub(super) struct StateFile {
    path: PathBuf,
    engine: Arc<Engine>,
    /// A save under way is to be given up.
    gives_up: AtomicBool,
}

/// The task that saves now and then.
pub(super) struct Keeper {
    file: Arc<StateFile>,
    /// Dropped when the task is to end.
    end: oneshot::Sender<Infallible>,
    task: JoinHandle<()>,
}

/// A sink that refuses to go on once nobody wants what is written any more.
struct Whole<'f> {
    out: BufWriter<File>,
    gives_up: &'f AtomicBool,
}

impl Write for Whole<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.gives_up.load(Ordering::Relaxed) {
            return Err(ErrorKind::TimedOut.into());
        }
        self.out.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl StateFile {
    /// Loads the file if there is one, puts the sales units and users of the settings in place that it has not, and saves:
    /// a file that cannot be written is better known now than when the sandbox stops.
    pub(super) fn open(path: &Path, engine: Arc<Engine>) -> Result<Self, Failure> {
        // Of a link the file that it leads to is replaced.
        let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let shown = path.display();
        match std::fs::read(&path) {
            Ok(text) => {
                let loaded = document::read(&text).and_then(|document| engine.put_back(document, None));
                loaded.map_err(|flaw| {
                    format!("the state file {shown} is broken at {flaw} (mend or remove it, or name another with --state)")
                })?;
                engine.complete_from_settings();
            }
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => {
                return Err(format!(
                    "the state file {shown} cannot be read: {error} (check its rights, or name another with --state)"
                ));
            }
        }
        let file = Self { path, engine, gives_up: AtomicBool::new(false) };
        file.save()?;
        Ok(file)
    }

    /// Saves the state.
    fn save(&self) -> Result<(), Failure> {
        // Asked before, so that what changes meanwhile is saved next time.
        self.engine.take_touched();
        self.write().inspect_err(|_| self.engine.touch()).map_err(|error| {
            let shown = self.path.display();
            format!("the state file {shown} cannot be written: {error} (its folder has to be writable; or try another --state)")
        })
    }

    fn write(&self) -> io::Result<()> {
        replace(&self.path, |file| {
            let out = BufWriter::new(file);
            let mut writer = Writer::new(Whole { out, gives_up: &self.gives_up });
            self.engine.take_down(None, &mut writer)?;
            Ok(writer.into_inner().out.into_inner()?)
        })
    }

    /// Saves whenever something has changed, from now on.
    pub(super) fn keep(self) -> Keeper {
        let file = Arc::new(self);
        let kept = file.clone();
        let (end, mut ended) = oneshot::channel();
        let task = tokio::spawn(async move {
            let mut next = Instant::now();
            while tokio::time::timeout(LOOK, &mut ended).await.is_err() {
                if Instant::now() < next || !kept.engine.is_touched() {
                    continue;
                }
                let began = Instant::now();
                let file = kept.clone();
                let saved = tokio::task::spawn_blocking(move || file.save()).await;
                if let (Ok(Err(error)), false) = (saved, kept.gives_up.load(Ordering::Relaxed)) {
                    tracing::error!("{error}");
                }
                next = Instant::now() + PAUSE.max(began.elapsed() * SHARE);
            }
        });
        Keeper { file, end, task }
    }
}

impl Keeper {
    /// Saves for the last time, when no request runs any more.
    pub(super) async fn end(self) -> Result<(), Failure> {
        self.file.gives_up.store(true, Ordering::Relaxed);
        drop(self.end);
        // A save that is under way gives up before the task ends.
        let _ = self.task.await;
        self.file.gives_up.store(false, Ordering::Relaxed);
        if self.file.engine.is_touched() { self.file.save() } else { Ok(()) }
    }
}

/// Writes a file that only its owner can read beside another, brings it to the disk, and gives it the other's name.
pub(super) fn replace(path: &Path, write: impl FnOnce(File) -> io::Result<File>) -> io::Result<()> {
    let beside = with_ending(path, ".part");
    match std::fs::remove_file(&beside) {
        Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let file = write(private(&beside)?)?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&beside, path)?;
    // The name is on the disk when its folder is. Not every file system can be asked for that.
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Ok(folder) = File::open(folder.unwrap_or(Path::new("."))) {
        let _ = folder.sync_all();
    }
    Ok(())
}

/// Returns the path of a file beside another.
pub(super) fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Makes a file that only its owner can read: it holds secrets.
fn private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
