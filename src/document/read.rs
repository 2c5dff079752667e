//! Reading a document, with the place of what is wrong.

use serde::Deserialize;
use serde_path_to_error::Segment;

use super::{Document, Flaw, VERSION};

/// All that is looked at before it is known how the rest reads.
#[derive(Deserialize)]
struct Head {
    version: Option<serde_json::Value>,
}

/// Reads a document.
///
/// # Errors
///
/// When it is no JSON, of another version, or not made as a document is.
pub(crate) fn read(text: &[u8]) -> Result<Document<'_>, Flaw> {
    if let Ok(document) = serde_json::from_slice::<Document<'_>>(text)
        && document.version == VERSION
    {
        return Ok(document);
    }
    // Keeping track of the place costs time, so it is only looked for when it is needed.
    let head: Head = serde_json::from_slice(text).map_err(|error| {
        // A value that is no document at all has no place to tell of.
        let problem = if error.is_data() { "it is no JSON object".to_owned() } else { error.to_string() };
        Flaw::new(problem)
    })?;
    if head.version != Some(VERSION.into()) {
        let found = head.version.map_or("none".to_owned(), |version| version.to_string());
        return Err(Flaw::of(
            "version",
            format!("this version of the sandbox reads documents of version {VERSION}, not {found}"),
        ));
    }
    let mut json = serde_json::Deserializer::from_slice(text);
    let Err(error) = serde_path_to_error::deserialize::<_, Document<'_>>(&mut json) else {
        return Err(Flaw::new("it is not one JSON value"));
    };
    let mut flaw = Flaw::new(without_position(error.inner()));
    let steps: Vec<_> = error.path().iter().collect();
    for step in steps.into_iter().rev() {
        flaw = match step {
            Segment::Seq { index } => flaw.within(index),
            Segment::Map { key } => flaw.within(key),
            Segment::Enum { variant } => flaw.within(variant),
            Segment::Unknown => flaw,
        };
    }
    Err(flaw)
}

/// What the parser says, without line and column: the place is told by its path.
fn without_position(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.rsplit_once(" at line ").map_or(text.clone(), |(text, _)| text.to_owned())
}
