//! Replays `fixtures/conformance/**.json` against a fresh sandbox per case. The format is described in
//! `fixtures/README.md`, so that any language can replay the same cases.

mod case;
mod expect;
mod fill;

use std::path::{Path, PathBuf};

use libtest_mimic::{Arguments, Failed, Trial};

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/conformance");
    let mut files = Vec::new();
    collect(&root, &mut files);
    files.sort();
    let trials: Vec<Trial> = files.iter().flat_map(|file| trials(&root, file)).collect();
    libtest_mimic::run(&Arguments::from_args(), trials).exit();
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).expect("the fixtures are there") {
        let path = entry.expect("a folder can be listed").path();
        if path.is_dir() {
            collect(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "json") {
            files.push(path);
        }
    }
}

/// One test per case, named after its file and itself.
fn trials(root: &Path, file: &Path) -> Vec<Trial> {
    let name = file.strip_prefix(root).unwrap_or(file).with_extension("");
    let name = name.to_string_lossy().replace('\\', "/");
    let text = std::fs::read_to_string(file).expect("a fixture can be read");
    let cases: case::File = match serde_json::from_str(&text) {
        Ok(cases) => cases,
        Err(error) => {
            let message = format!("{}: {error}", file.display());
            return vec![Trial::test(name, move || Err(Failed::from(message)))];
        }
    };
    let of_case = |case: case::Case| {
        let name = format!("{name}::{}", case.name);
        Trial::test(name, move || case.run().map_err(Failed::from))
    };
    cases.cases.into_iter().map(of_case).collect()
}
