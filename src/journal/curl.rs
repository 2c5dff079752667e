//! A call as a curl command that can be pasted: secrets are shell variables.

use std::fmt::Write as _;

use super::mask::{self, Part};
use super::row::{MAX_BODY, Row};

/// Headers that curl writes by itself, or that belong to the connection.
const OWN: [&str; 7] =
    ["host", "content-length", "transfer-encoding", "connection", "expect", "accept-encoding", "keep-alive"];

/// Writes the command. `base` is the sandbox's address.
pub(super) fn command(row: &Row, base: &str) -> String {
    let mut secrets = Vec::new();
    let mut options = format!("curl -X {}", quoted(row.method.as_str()));
    let target = mask::target(row.target());
    if row.target().contains(['[', ']', '{', '}']) {
        options.push_str(" --globoff");
    }
    if row.target().contains("/.") {
        options.push_str(" --path-as-is");
    }
    let address = std::iter::once(Part::Plain(base)).chain(target);
    let _ = write!(options, " {}", argument(address, &mut secrets));
    let mut has_type = false;
    for (name, value) in row.headers().filter(|(name, _)| !OWN.contains(name)) {
        has_type |= name == "content-type";
        // curl leaves out a header without a value unless it ends in a semicolon.
        let separator = if value.is_empty() { ";" } else { ": " };
        let line = [Part::Plain(name), Part::Plain(separator)].into_iter().chain(mask::header(name, &value));
        let _ = write!(options, " \\\n  -H {}", argument(line, &mut secrets));
    }
    let body = row.body();
    if !body.is_empty() && !has_type {
        options.push_str(" \\\n  -H 'Content-Type:'");
    }
    let mut text = String::new();
    if row.body_length > body.len() {
        let _ =
            writeln!(text, "# The body is cut: these are the first {MAX_BODY} of {} bytes.", row.body_length);
    }
    match std::str::from_utf8(body) {
        Ok("") => text.push_str(&options),
        Ok(body) if !body.contains('\0') => {
            let body = argument(mask::body(body), &mut secrets);
            let _ = write!(text, "{options} \\\n  --data-raw {body}");
        }
        // No argument can hold such bytes.
        _ => {
            let octal: String = body.iter().fold(String::new(), |mut octal, byte| {
                let _ = write!(octal, "\\{byte:03o}");
                octal
            });
            let _ = write!(text, "printf '{octal}' | {options} \\\n  --data-binary @-");
        }
    }
    text.push('\n');
    if secrets.is_empty() { text } else { format!("# Set {} first.\n{text}", secrets.join(", ")) }
}

/// Quotes a text for a POSIX shell. Plain words stay as they are.
pub(crate) fn quoted(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_./:".contains(&byte);
    if !text.is_empty() && text.bytes().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// Puts pieces together as one argument; what is secret becomes a variable.
fn argument<'t>(parts: impl IntoIterator<Item = Part<'t>>, secrets: &mut Vec<&'static str>) -> String {
    let mut argument = String::new();
    let mut plain = String::new();
    for part in parts {
        match part {
            Part::Plain(text) => plain.push_str(text),
            Part::Secret { name, .. } => {
                if !plain.is_empty() {
                    argument.push_str(&quoted(&std::mem::take(&mut plain)));
                }
                let variable = variable(name);
                let _ = write!(argument, "\"${variable}\"");
                if !secrets.contains(&variable) {
                    secrets.push(variable);
                }
            }
        }
    }
    if !plain.is_empty() || argument.is_empty() {
        argument.push_str(&quoted(&plain));
    }
    argument
}

/// The shell variable that stands for a secret of this name.
fn variable(name: &str) -> &'static str {
    let name = name.to_ascii_lowercase();
    let known = [
        ("subscription", "SUBSCRIPTION_KEY"),
        ("client_id", "CLIENT_ID"),
        ("client", "CLIENT_SECRET"),
        ("authorization", "ACCESS_TOKEN"),
        ("cookie", "COOKIE"),
        ("password", "PASSWORD"),
        ("token", "ACCESS_TOKEN"),
    ];
    known.iter().find(|(word, _)| name.contains(word)).map_or("SECRET", |(_, variable)| variable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_is_quoted() {
        for (text, shown) in [
            ("POST", "POST"),
            ("", "''"),
            ("a b", "'a b'"),
            ("it's $HOME `id`", r"'it'\''s $HOME `id`'"),
            ("{\"a\":1}", "'{\"a\":1}'"),
        ] {
            assert_eq!(quoted(text), shown);
        }
    }

    #[test]
    fn secrets_become_variables() {
        let mut secrets = Vec::new();
        let parts = mask::body(r#"{"secret":"it's","x":1}"#);
        assert_eq!(argument(parts, &mut secrets), r#"'{"secret":"'"$SECRET"'","x":1}'"#);
        let line =
            [Part::Plain("authorization: ")].into_iter().chain(mask::header("authorization", "Bearer x"));
        assert_eq!(argument(line, &mut secrets), r#"'authorization: Bearer '"$ACCESS_TOKEN""#);
        assert_eq!(secrets, ["SECRET", "ACCESS_TOKEN"]);
    }
}
