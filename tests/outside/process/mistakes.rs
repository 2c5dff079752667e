//! What nobody knows stops the start, with a word that helps.

use super::{assert_says_one_url, flag, variable};
use crate::support::{Finished, Folder, Running, program, run, run_command};

#[test]
fn what_the_sandbox_does_not_know_stops_the_start_with_the_nearest_name() {
    let folder = Folder::new();
    let file = folder.write("wrong.toml", "# one\n\nlistn = \"127.0.0.1:0\"\n").display().to_string();
    let listen = ["--listen", "127.0.0.1:0"];

    let sentence = run_command(program(&listen).args(["--config", &file])).failed();
    assert_eq!(sentence, format!("unknown key \"listn\" in {file} line 3: did you mean \"listen\"?"));

    let sentence = run_command(program(&listen).args(["--config-inline", "controltoken = \"x\""])).failed();
    assert_eq!(
        sentence,
        "unknown key \"controltoken\" in the inline configuration line 1: did you mean \"control_token\"?"
    );

    for (wrong, nearest) in [
        ("EPAYMENT_SANDBOX_LISTN", "EPAYMENT_SANDBOX_LISTEN"),
        ("EPAYMENT_SANDBOX_TLSLISTEN", "EPAYMENT_SANDBOX_TLS_LISTEN"),
        ("EPAYMENT_SANDBOX_CONFIG_INLIN", "EPAYMENT_SANDBOX_CONFIG_INLINE"),
        ("EPAYMENT_SANDBOX_listen", "EPAYMENT_SANDBOX_LISTEN"),
    ] {
        let sentence = run_command(program(&listen).env(wrong, "x")).failed();
        assert_eq!(sentence, format!("unknown variable {wrong}: did you mean {nearest}?"));
    }

    let Finished { code, stderr, .. } = run(&["--listn", "127.0.0.1:0"]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("'--listn'") && stderr.contains("'--listen'"), "{stderr}");
}

#[test]
fn a_wrong_value_stops_the_start_with_what_would_do() {
    for (key, wrong, hint) in [
        ("listen", "localhost", "127.0.0.1:8477"),
        ("listen", "127.0.0.1:65536", "127.0.0.1:8477"),
        ("listen", "example.com:80", "127.0.0.1:8477"),
        ("tls_listen", "maybe", "127.0.0.1:8477"),
        ("tls_name", "https://shop-api.test", "no port, no *"),
        ("dangerously_impersonate_production", "yes", "true, false"),
        ("public_url", "localhost:8477", "http://localhost:8477"),
        ("public_url", "ftp://localhost", "http://localhost:8477"),
        ("credentials", "none", "any, configured"),
        ("market", "SE", "NO, DK, FI"),
        ("customer", "sleep", "ask, approve, reject"),
        ("customer_after", "5", "2s"),
        ("customer_after", "P1M", "P180D"),
        ("rate_limits", "on", "off, enforce"),
        ("strict", "yes", "true, false"),
        ("seed", "-1", "0 to 18446744073709551615"),
        ("seed", "18446744073709551616", "0 to 18446744073709551615"),
        ("clock", "tomorrow", "2026-11-20T09:00:00Z"),
        ("clock", "2026-11-20", "2026-11-20T09:00:00Z"),
        ("max_payments", "0", "from 1"),
        ("max_requests", "many", "from 1"),
        ("webhook_url", "localhost:3000", "http://localhost:3000/hook"),
        ("webhook_url", "http://example.com/hook", "http://localhost:3000/hook"),
        ("max_requests", "1000001", "more than 1000000"),
        ("log_format", "xml", "text, json"),
        ("verbose", "2", "true, false"),
    ] {
        let ways: [(String, Finished); 3] = [
            (flag(key), run(&[&format!("{}={wrong}", flag(key))])),
            (variable(key), run_command(program(&[]).env(variable(key), wrong))),
            (
                "the inline configuration line 1".into(),
                run(&["--config-inline", &format!("{key} = {wrong:?}")]),
            ),
        ];
        for (source, finished) in ways {
            let sentence = finished.failed();
            let names = sentence.starts_with(&source) && sentence.contains(&format!("\"{wrong}\""));
            assert!(names && sentence.contains(hint), "{key}: {sentence}");
        }
    }
}

#[test]
fn a_configuration_that_cannot_work_stops_the_start() {
    for (config, expected) in [
        ("a = = 1", "the inline configuration line 1: "),
        ("seed = 1\nseed = 2", "the inline configuration line 2: "),
        ("seed = [1]", "the inline configuration line 1: a text, a whole number, true or false is needed"),
        ("credentials = \"configured\"", "credentials = \"configured\" needs at least one [[sales_units]]"),
        (
            "[[sales_units]]\nname = \"x\"",
            "the inline configuration line 1: sales_units[0].msn: it is missing",
        ),
        (
            "[[sales_units]]\nmsn = \"123456\"\n[[sales_units]]\nmsn = \"123456\"",
            "the inline configuration line 4: sales_units[1].msn: 123456 is listed twice",
        ),
        (
            "[[sales_units]]\nmsn = \"123456\"\nmarkt = \"NO\"",
            "unknown key \"markt\" in the inline configuration line 3: did you mean \"market\"?",
        ),
        (
            "[[users]]\nbehaviour = \"ask\"",
            "the inline configuration line 1: users[0].phone_number: it is missing",
        ),
        (
            "[[users]]\nphone_number = \"4712345678\"\nafter = \"soon\"",
            "the inline configuration line 3: users[0].after: \"soon\" is not a duration",
        ),
    ] {
        let sentence = run(&["--config-inline", config]).failed();
        assert!(sentence.starts_with(expected), "{config}\n{sentence}");
    }
}

#[test]
fn the_variables_that_point_clients_here_are_no_settings() {
    let mut command = program(&["--listen", "127.0.0.1:0"]);
    command
        .env("EPAYMENT_SANDBOX_URL", "http://127.0.0.1:1/not this one")
        .env("EPAYMENT_SANDBOX_TLS_URL", "anything");
    let running = Running::start_command(&mut command);
    assert_says_one_url(&running);
    running.stop().good();
}

#[test]
fn the_tls_address_is_accepted_in_every_form() {
    for form in ["off", "127.0.0.1:0", "0.0.0.0:0", ":0", "0", "localhost:0"] {
        let running = Running::start(&["--tls-listen", form]);
        assert_eq!(running.tls_address.is_none(), form == "off", "{form}: {}", running.ready);
        running.stop().good();
        let by_variable = program(&["config", "check"]).env("EPAYMENT_SANDBOX_TLS_LISTEN", form).output();
        assert!(by_variable.expect("the program can be run").status.success(), "{form}");
    }
    for form in ["127.0.0.1:8478", "0.0.0.0:8478", "[::1]:8478", ":8478", "8478", "localhost:8478"] {
        run(&["config", "check", "--config-inline", &format!("tls_listen = \"{form}\"")]).good();
    }
    run(&["config", "check", "--config-inline", "tls_listen = 8478"]).good();
}
