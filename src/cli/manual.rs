//! `man`: the manual pages, made from the command line's definition.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Arg, ArgMatches, Command, value_parser};
use clap_mangen::Man;

use super::{Failure, output};

pub(super) fn command() -> Command {
    Command::new("man").about("Print the manual page").arg(
        Arg::new("out")
            .long("out")
            .value_name("DIR")
            .value_parser(value_parser!(PathBuf))
            .help("Write it, and one for each command, into this folder instead"),
    )
}

pub(super) fn run(matches: &ArgMatches) -> Result<ExitCode, Failure> {
    let mut root = super::command();
    // The names of the pages are the full names of the commands.
    root.build();
    match matches.get_one::<PathBuf>("out") {
        None => {
            let mut page = Vec::new();
            man(&root).render(&mut page).map_err(|error| format!("the page cannot be made: {error}"))?;
            output::print(&String::from_utf8_lossy(&page));
        }
        Some(folder) => write(&root, folder).map_err(|error| {
            format!("--out: the pages cannot be written to {}: {error}", folder.display())
        })?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the pages of a command and of those below it.
fn write(command: &Command, folder: &Path) -> io::Result<()> {
    man(command).generate_to(folder)?;
    command.get_subcommands().try_for_each(|below| write(below, folder))
}

fn man(command: &Command) -> Man {
    let source = concat!("epayment-sandbox ", env!("CARGO_PKG_VERSION"));
    // A page is the same whenever it is made. A date that is empty would be left out, and the source stand in its place.
    Man::new(command.clone()).date(" ").source(source).manual("epayment-sandbox")
}
