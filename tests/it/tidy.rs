//! The rules of the house that the compiler does not know: which way dependencies point, and what stays out.

use std::path::{Path, PathBuf};

/// A folder or file of `src`, which of our own modules it may use, and which words it must not have.
const LAYERS: &[(&str, &[&str], &[&str])] = &[
    (
        "domain",
        &["domain"],
        &[
            "axum",
            "hyper",
            "tokio",
            "dashmap",
            "tracing",
            "rand_chacha",
            "getrandom",
            "Mutex",
            "RwLock",
            "Atomic",
            "Instant",
            "SystemTime",
            "async fn",
            ".await",
            "std::env",
            "std::fs",
        ],
    ),
    (
        "engine",
        &["document", "domain", "engine", "setup", "wire"],
        &["axum", "hyper", "tokio", "async fn", "async move", ".await", "std::env", "std::fs", "std::net"],
    ),
    ("document", &["document", "domain", "setup"], &["axum", "hyper", "tokio", "std::fs"]),
    ("wire", &["domain", "wire"], &["axum", "hyper", "tokio"]),
    ("setup.rs", &["domain"], &["axum", "hyper", "tokio"]),
    ("setup", &["domain"], &["axum", "hyper", "tokio"]),
    ("tls", &["domain", "engine", "tls"], &["axum", "hyper", "tokio", "async fn", ".await", "std::env"]),
    ("config.rs", &["engine"], &["axum", "hyper", "tokio", "std::env", "std::fs"]),
    ("http", &["domain", "engine", "http", "wire"], &["axum", "std::env", "std::fs"]),
    (
        "journal",
        &["domain", "engine", "journal", "wire"],
        &["axum", "tokio", "async fn", ".await", "std::env", "std::fs"],
    ),
    (
        "report",
        &["domain", "engine", "journal", "report", "wire"],
        &["axum", "hyper", "tokio", "async fn", ".await", "std::env", "std::fs"],
    ),
    (
        "control",
        &[
            "control", "courier", "document", "domain", "engine", "fresh", "journal", "pages", "report",
            "setup", "tls", "wire",
        ],
        &["std::env", "std::fs"],
    ),
    ("pages", &["pages"], &["tokio", "std::env", "std::fs"]),
    (
        "dashboard",
        &["control", "dashboard", "domain", "engine", "journal", "pages"],
        &["std::env", "std::fs"],
    ),
    ("wallet", &["courier", "domain", "engine", "pages", "wallet"], &["std::env", "std::fs"]),
    (
        "app.rs",
        &["control", "courier", "dashboard", "domain", "engine", "http", "journal", "pages", "tls", "wallet"],
        &["std::env", "std::fs"],
    ),
    ("broken.rs", &["app", "domain"], &["std::env", "std::fs"]),
    ("serve", &["app", "broken", "engine", "serve", "tls"], &["std::env", "std::fs"]),
    ("courier", &["domain", "engine"], &["axum", "std::env", "std::fs"]),
    (
        "sandbox",
        &[
            "app", "broken", "config", "control", "courier", "document", "domain", "engine", "journal",
            "report", "serve", "tls",
        ],
        &["std::env", "std::fs"],
    ),
    (
        "cli",
        &[
            "cli", "config", "document", "domain", "engine", "journal", "report", "sandbox", "serve",
            "setup", "tls",
        ],
        &[],
    ),
    ("fresh.rs", &[], &[]),
    ("lib.rs", &[], &[]),
    ("main.rs", &[], &[]),
];

/// Files that hold one table and may be longer than a screenful of screenfuls.
const LONG: [&str; 1] = ["domain/errors/catalogue.rs"];
const LONGEST: usize = 480;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("a folder of ours") {
        let path = entry.expect("it can be listed").path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() && !["target", ".git", "node_modules"].contains(&name.as_str()) {
            files(&path, found);
        } else if path.is_file() {
            found.push(path);
        }
    }
}

fn source_files() -> Vec<(String, String)> {
    let src = root().join("src");
    let mut found = Vec::new();
    files(&src, &mut found);
    // The style sheet and the script of the pages belong to no layer.
    found.retain(|path| path.extension().is_some_and(|ending| ending == "rs"));
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&src).expect("below src").to_string_lossy().replace('\\', "/");
        (name, std::fs::read_to_string(&path).expect("a source file"))
    };
    found.into_iter().map(read).collect()
}

fn layer_of(name: &str) -> Option<&'static (&'static str, &'static [&'static str], &'static [&'static str])> {
    LAYERS.iter().find(|(layer, _, _)| name == *layer || name.starts_with(&format!("{layer}/")))
}

/// The names that follow `crate::` in a line.
fn own_modules(line: &str) -> impl Iterator<Item = &str> {
    line.split("crate::").skip(1).map(|rest| {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        &rest[..end]
    })
}

#[test]
fn dependencies_point_one_way() {
    let mut problems = Vec::new();
    for (name, text) in source_files() {
        let Some((_, allowed, banned)) = layer_of(&name) else {
            problems.push(format!("{name} belongs to no layer: give it a line in LAYERS"));
            continue;
        };
        for (number, line) in
            text.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
        {
            let place = format!("src/{name}:{}", number + 1);
            for module in own_modules(line).filter(|module| !allowed.contains(module)) {
                problems.push(format!("{place} uses crate::{module}"));
            }
            for word in banned.iter().filter(|word| line.contains(**word)) {
                problems.push(format!("{place} has {word}"));
            }
        }
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[test]
fn files_stay_small() {
    for (name, text) in source_files() {
        let lines = text.lines().count();
        assert!(
            lines <= LONGEST || LONG.contains(&name.as_str()),
            "src/{name} has {lines} lines: does it hold one idea?"
        );
    }
}

#[test]
fn nothing_is_left_for_later() {
    let mut all = Vec::new();
    files(&root(), &mut all);
    // Put together here, so that this file does not find itself.
    let marks = [["TO", "DO"], ["FIX", "ME"], ["XX", "X"], ["HA", "CK"], ["un", "implemented!"]]
        .map(|parts| parts.concat());
    // Hashes say anything.
    let locks = ["Cargo.lock", "package-lock.json"];
    for path in all.iter().filter(|path| !locks.iter().any(|lock| path.ends_with(lock))) {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        for (number, line) in text.lines().enumerate() {
            let mark = marks.iter().find(|mark| line.contains(mark.as_str()));
            assert!(
                mark.is_none(),
                "{}:{} has {}",
                path.display(),
                number + 1,
                mark.map_or("", String::as_str)
            );
        }
    }
}

#[test]
fn every_module_says_what_it_is_for() {
    for (name, text) in source_files() {
        assert!(text.starts_with("//! "), "src/{name} does not begin with what it is for");
    }
}
