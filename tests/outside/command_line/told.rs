//! What the program tells by itself: errors, settings, help, completions.

use epayment_sandbox::Sandbox;

use crate::support::{Finished, Folder, control, program, run, run_command};

#[test]
fn errors_lists_the_catalogue() {
    let sandbox = Sandbox::start();
    let catalogue = control(sandbox.address(), "GET", "/_sandbox/errors", "").json();
    let rows = catalogue["errors"].as_array().expect("a list");
    let text = run(&["errors"]).good();
    assert_eq!(text.lines().count(), rows.len());
    for (row, line) in rows.iter().zip(text.lines()) {
        let code = row["code"].as_u64().map_or("-".to_owned(), |code| code.to_string());
        let start = format!("{code} ");
        assert!(line.starts_with(&start), "{line}");
        for member in ["status", "title"] {
            let value = row[member].to_string();
            assert!(line.contains(value.trim_matches('"')), "{line} lacks {value}");
        }
    }
}

#[test]
fn errors_explains_one_code() {
    let text = run(&["errors", "6090"]).good();
    for words in ["6090 Capture amount too high", "CaptureTooHigh", "400", "capture", "idempotency key"] {
        assert!(text.contains(words), "{words} is missing:\n{text}");
    }
    assert_eq!(run(&["errors", "CaptureTooHigh"]).good(), text);
    assert_eq!(run(&["errors", "capturetoohigh"]).good(), text);
}

#[test]
fn errors_names_the_nearest_code_when_there_is_no_such_one() {
    for (wrong, nearest) in [("6091", "6090"), ("609", "6090"), ("CaptureToHigh", "CaptureTooHigh")] {
        let sentence = run(&["errors", wrong]).failed();
        assert!(
            sentence.starts_with(&format!("there is no error {wrong}: did you mean {nearest}?")),
            "{sentence}"
        );
    }
    let sentence = run(&["errors", "9999"]).failed();
    assert!(sentence.starts_with("there is no error 9999: did you mean "), "{sentence}");
    assert!(sentence.contains("epayment-sandbox errors"), "{sentence}");
}

// config

#[test]
fn config_print_shows_no_secret() {
    let config = r#"
        control_token = "SECRET-1"
        webhook_secret = "SECRET-2"
        webhook_url = "http://localhost:1/"

        [[sales_units]]
        msn = "200600"
        name = "A shop"
        client_id = "SECRET-3"
        client_secret = "SECRET-4"
        subscription_keys = ["SECRET-5"]

        [[users]]
        phone_number = "4712345678"
    "#;
    let text = run(&["config", "print", "--config-inline", config]).good();
    assert!(!text.contains("SECRET"), "{text}");
    for shown in
        ["control_token = \"***\"", "webhook_secret = \"***\"", "\"200600\"", "A shop", "\"4712345678\""]
    {
        assert!(text.contains(shown), "{shown} is missing:\n{text}");
    }
}

#[test]
fn what_config_print_says_can_be_read_as_a_configuration() {
    let folder = Folder::new();
    let config = "seed = 7\nclock = 2027-01-02T03:04:05Z\nlisten = 8478\nstrict = true\n\
                  state = \"a \\\"quoted\\\" \\\\ name\"\n[[sales_units]]\nmsn = 200700\n";
    let first = run(&["config", "print", "--config-inline", config]).good();
    let file = folder.write("printed.toml", &first).display().to_string();
    let second = run(&["config", "print", "--config", &file]).good();
    let without_sources = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split(" #").next().unwrap_or_default().trim().to_owned()).collect()
    };
    assert_eq!(without_sources(&first), without_sources(&second));
    assert!(first.contains("seed = 7") && first.contains("msn = \"200700\""), "{first}");
}

#[test]
fn config_check_says_whether_the_configuration_is_good() {
    assert_eq!(run(&["config", "check", "--seed", "7"]).good(), "the configuration is good\n");
    let sentence = run(&["config", "check", "--seed", "seven"]).failed();
    assert!(sentence.starts_with("--seed: \"seven\""), "{sentence}");
    let sentence = run(&["config", "check", "--config-inline", "sed = 7"]).failed();
    assert!(sentence.contains("did you mean \"seed\"?"), "{sentence}");
}

// help, version, completions

#[test]
fn help_mentions_every_setting_and_every_command() {
    let settings = run(&["config", "print"]).good();
    let flags: Vec<_> = settings
        .lines()
        .filter_map(|line| line.trim_start_matches("# ").split_once(" = "))
        .map(|(key, _)| format!("--{}", key.replace('_', "-")))
        .collect();
    assert!(flags.len() > 15, "{flags:?}");
    for help in [&["--help"][..], &["serve", "--help"]] {
        let text = run(help).good();
        for flag in flags.iter().map(String::as_str).chain(["--config", "--config-inline", "-q", "-v"]) {
            let words = text.split(|c: char| c.is_whitespace() || ",[=".contains(c));
            assert!(words.into_iter().any(|word| word == flag), "{flag} is missing:\n{text}");
        }
    }
    let text = run(&["--help"]).good();
    for command in ["serve", "healthcheck", "pay", "clock", "reset", "errors", "config", "completions"] {
        assert!(text.lines().any(|line| line.trim_start().starts_with(command)), "{command}:\n{text}");
        let of_command = run(&[command, "--help"]).good();
        assert!(of_command.contains("Usage: epayment-sandbox"), "{of_command}");
    }
    assert!(text.contains("Unofficial") && text.contains("EPAYMENT_SANDBOX_LISTEN"), "{text}");
}

#[test]
fn version_is_one_line() {
    let expected = concat!("epayment-sandbox ", env!("CARGO_PKG_VERSION"), "\n");
    assert_eq!(run(&["--version"]).good(), expected);
    assert_eq!(run(&["-V"]).good(), expected);
}

#[test]
fn completions_are_there_for_every_shell() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = run(&["completions", shell]).good();
        for word in ["epayment-sandbox", "healthcheck", "control-token"] {
            assert!(script.contains(word), "{shell} knows no {word}");
        }
    }
    let Finished { code, stderr, .. } = run(&["completions", "tcsh"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("bash") && stderr.contains("zsh"), "{stderr}");
}

#[test]
fn a_command_line_that_makes_no_sense_ends_with_2() {
    for (arguments, word) in [
        (&["--no-such-flag"][..], "'--no-such-flag'"),
        (&["serve", "--listn=1"], "'--listen'"),
        (&["helthcheck"], "'healthcheck'"),
        (&["pay"], "approve"),
        (&["pay", "approve"], "<REFERENCE>"),
        (&["pay", "steal", "some-0001"], "'steal'"),
        (&["clock", "advance"], "<BY>"),
        (&["config"], "print"),
        (&["completions"], "<SHELL>"),
        (&["errors", "1", "2"], "'2'"),
        (&["--seed"], "--seed"),
        (&["--seed=1", "--seed=2"], "--seed"),
    ] {
        let finished = run(arguments);
        assert!(finished.code == Some(2) && finished.stdout.is_empty(), "{arguments:?} {finished:?}");
        assert!(finished.stderr.contains(word), "{arguments:?} {finished:?}");
    }
}

#[test]
fn nothing_is_coloured_in_a_pipe() {
    for no_color in [None, Some("1")] {
        for arguments in
            [&["--help"][..], &["--no-such-flag"], &["errors"], &["errors", "1"], &["config", "print"]]
        {
            let mut command = program(arguments);
            command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE");
            if let Some(value) = no_color {
                command.env("NO_COLOR", value);
            }
            let finished = run_command(&mut command);
            assert!(!format!("{}{}", finished.stdout, finished.stderr).contains('\x1b'), "{finished:?}");
        }
    }
}

#[test]
fn colour_that_is_forced_gives_way_to_no_color() {
    let help = |no_color: &str| {
        let mut command = program(&["--help"]);
        run_command(command.env("CLICOLOR_FORCE", "1").env("NO_COLOR", no_color)).good()
    };
    assert!(help("").contains('\x1b'));
    assert!(!help("1").contains('\x1b'));
}
