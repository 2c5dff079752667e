//! `docs/commands.md` is what the program says of itself.

use std::fmt::Write as _;

use crate::support::{program, run_command};

/// Returns what a command says of itself.
pub(super) fn help(command: &[&str]) -> String {
    // The width of the page, not of the terminal that the test is run from.
    run_command(program(command).arg("--help").env("COLUMNS", "100")).good()
}

/// Returns the commands that a help text lists.
pub(super) fn commands(help: &str) -> Vec<&str> {
    let list = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = list.take_while(|line| !line.is_empty()).filter(|line| !line.starts_with("   "));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect()
}

/// Adds a command and those below it. Lines end where their text does.
fn add(page: &mut String, command: &[&str]) {
    let help = help(command);
    if command != ["serve"] {
        let _ = write!(page, "\n## epayment-sandbox {}\n\n```\n", command.join(" "));
        help.trim_end().lines().for_each(|line| page.extend([line.trim_end(), "\n"]));
        page.push_str("```\n");
    }
    for below in commands(&help) {
        add(page, &[command, &[below]].concat());
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "whether to write the page anew is the caller's choice")]
fn every_command_is_documented_with_its_flags_and_defaults() {
    let mut page = String::from(
        "# Commands\n\nWhat `--help` says of each, for those who search. `serve`, the default, takes the settings of the \
         [README](../README.md#settings).\n\nMade from the program; `UPDATE=1 cargo test --test outside documented` writes it anew.\n",
    );
    for command in commands(&help(&[])) {
        add(&mut page, &[command]);
    }
    for told in ["--timeout <DURATION>", "## epayment-sandbox clock advance", "[default: 20000]"] {
        assert!(page.contains(told), "{told} is not in\n{page}");
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/commands.md");
    if std::env::var("UPDATE").is_ok() {
        std::fs::write(path, &page).expect("the page can be written");
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == page, "docs/commands.md is stale: UPDATE=1 cargo test --test outside documented");
}
