//! `man`: pages that are made from the definition of the command line.

use std::fs;

use super::documented::{commands, help};
use crate::support::{Folder, run};

/// Takes out what roff needs: a hyphen that can be searched for, and a straight apostrophe.
fn plain(page: &str) -> String {
    page.replace("\\-", "-").replace("\\*(Aq", "'")
}

#[test]
fn the_manual_names_every_command_and_every_setting() {
    let page = plain(&run(&["man"]).good());
    assert!(page.contains("\n.TH epayment-sandbox 1 \" \" \"epayment-sandbox "), "{page}");
    let help = help(&[]);
    let words = help.split(|letter: char| !(letter.is_ascii_alphanumeric() || letter == '-'));
    let flags: Vec<_> = words.filter(|word| word.starts_with("--")).collect();
    assert!(flags.contains(&"--tls-listen"), "{flags:?}");
    for flag in flags {
        assert!(page.contains(&format!("\\fB{flag}\\fR")), "{flag} is not in\n{page}");
    }
    for command in commands(&help) {
        assert!(page.contains(&format!("\nepayment-sandbox-{command}(1)\n")), "{command} is not in\n{page}");
    }
}

#[test]
fn every_command_has_a_page_of_its_own() {
    let folder = Folder::new();
    assert_eq!(run(&["man", "--out", &folder.path("").to_string_lossy()]).good(), "");
    let mut pages = 0;
    let mut left = vec![String::new()];
    while let Some(command) = left.pop() {
        let help = help(&command.split_whitespace().collect::<Vec<_>>());
        let name = format!("epayment-sandbox {command}").trim_end().replace(' ', "-");
        let page = plain(&fs::read_to_string(folder.path(&format!("{name}.1"))).expect(&name));
        let about = help.lines().next().unwrap_or_default();
        assert!(page.contains(&format!("\n{name} - {about}")), "{about} is not in\n{page}");
        left.extend(commands(&help).iter().map(|below| format!("{command} {below}").trim().to_owned()));
        pages += 1;
    }
    assert_eq!(fs::read_dir(folder.path("")).expect("a folder").count(), pages, "there are no others");
    let missing = folder.path("no").to_string_lossy().into_owned();
    let told = run(&["man", "--out", &missing]).failed();
    assert!(told.starts_with("--out: the pages cannot be written to ") && told.contains(&missing), "{told}");
}
