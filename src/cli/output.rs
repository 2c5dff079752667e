//! Writing to the terminal. A pipe that nobody reads is no error.

use std::io::{IsTerminal, Write};

/// Writes to stdout.
pub(super) fn print(text: &str) {
    let _ = std::io::stdout().lock().write_all(text.as_bytes());
}

/// Writes a line to stdout at once.
pub(super) fn line(text: &str) {
    let _ = try_line(text);
}

/// Writes a line to stdout at once. Returns whether anybody can read it.
pub(super) fn try_line(text: &str) -> bool {
    let mut stdout = std::io::stdout().lock();
    writeln!(stdout, "{text}").and_then(|()| stdout.flush()).is_ok()
}

/// Writes a line to stderr.
pub(super) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// Whether a person reads stderr.
pub(super) fn stderr_is_terminal() -> bool {
    std::io::stderr().is_terminal()
}

/// Whether to colour what goes to stderr.
#[expect(clippy::disallowed_methods, reason = "the environment is read in cli/")]
pub(super) fn colours() -> bool {
    stderr_is_terminal() && std::env::var("NO_COLOR").map_or(true, |value| value.is_empty())
}

/// Whether to colour what goes to stdout.
#[expect(clippy::disallowed_methods, reason = "the environment is read in cli/")]
pub(super) fn stdout_colours() -> bool {
    std::io::stdout().is_terminal() && std::env::var("NO_COLOR").map_or(true, |value| value.is_empty())
}

/// Takes out what would steer the terminal: texts of callers are shown.
pub(super) fn clean(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

/// Writes rows in columns, two spaces apart. The last column is not padded.
pub(super) fn table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let width =
        |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or_default()).collect();
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}
