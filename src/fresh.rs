//! Files of the repository that a unit test makes.

/// Checks that a file, named from the root of the repository, has this text, or writes it where `UPDATE` is set.
#[expect(clippy::disallowed_methods, reason = "whether to write the file anew is the caller's choice")]
pub(crate) fn check(file: &str, text: &str) {
    let path = format!("{}/{file}", env!("CARGO_MANIFEST_DIR"));
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(&path, text).expect("the file can be written");
    }
    assert!(
        std::fs::read_to_string(&path).is_ok_and(|written| written == text),
        "{file} is stale: UPDATE=1 cargo test --lib"
    );
}
