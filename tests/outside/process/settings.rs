//! Where settings come from, and what they do.

use std::fs;
use std::process::Command;

use super::{flag, variable};
use crate::support::{
    Folder, Running, api_headers, call, control, create, create_body, program, request, run, run_command,
};

/// Every setting with a good value that is not its default.
const SETTINGS: [(&str, &str); 26] = [
    ("listen", "127.0.0.1:18477"),
    ("tls_listen", "127.0.0.1:18478"),
    ("tls_name", "shop-api.test,10.9.8.7"),
    ("tls_ca_cert", "ca.pem"),
    ("tls_ca_key", "ca-key.pem"),
    ("dangerously_impersonate_production", "true"),
    ("port_file", "ports.json"),
    ("public_url", "https://sandbox.example.com"),
    ("credentials", "any"),
    ("market", "DK"),
    ("customer", "reject"),
    ("customer_after", "7s"),
    ("rate_limits", "enforce"),
    ("strict", "true"),
    ("seed", "77"),
    ("clock", "2027-01-02T03:04:05Z"),
    ("baseline", "fixture.json"),
    ("state", "state.json"),
    ("webhook_url", "http://localhost:3000/hook"),
    ("webhook_secret", "a-webhook-secret"),
    ("max_payments", "777"),
    ("max_requests", "77"),
    ("control_token", "a-control-token"),
    ("log_format", "json"),
    ("quiet", "true"),
    ("verbose", "true"),
];

/// Finds a setting in what `config print` says: its value, and where it comes from.
fn printed<'t>(text: &'t str, key: &str) -> (&'t str, &'t str) {
    let line = text.lines().map(|line| line.trim_start_matches("# "));
    let mut found = line.filter_map(|line| line.strip_prefix(key)?.strip_prefix(" = "));
    let line = found.next().unwrap_or_else(|| panic!("no {key} in\n{text}"));
    let (value, source) = line.rsplit_once('#').unwrap_or_else(|| panic!("no source: {line}"));
    (value.trim().trim_matches('"'), source.trim())
}

#[test]
fn every_setting_is_a_flag_a_variable_and_a_key() {
    let defaults =
        run_command(program(&["config", "print"]).env_remove("EPAYMENT_SANDBOX_TLS_LISTEN")).good();
    assert_eq!(defaults.lines().count(), SETTINGS.len(), "a setting is missing here:\n{defaults}");
    for (key, value) in SETTINGS {
        let secret = key.ends_with("secret") || key.ends_with("token");
        let shown = if secret { "***" } else { value };
        assert_eq!(printed(&defaults, key).1, "default");

        // A receiver and its secret need each other, and so do a certificate and its key.
        let other = match key {
            "tls_ca_cert" => "--tls-ca-key=ca-key.pem",
            "tls_ca_key" => "--tls-ca-cert=ca.pem",
            "webhook_url" => "--webhook-secret=a-webhook-secret",
            "webhook_secret" => "--webhook-url=http://localhost:3000/hook",
            _ => "--seed=77",
        };
        let other = if key == "seed" { "--strict" } else { other };
        let by_flag = run(&["config", "print", other, &format!("{}={value}", flag(key))]).good();
        assert_eq!(printed(&by_flag, key), (shown, &*flag(key)));

        let by_variable = run_command(program(&["config", "print", other]).env(variable(key), value)).good();
        assert_eq!(printed(&by_variable, key), (shown, &*variable(key)));

        let inline = format!("{key} = {value:?}");
        let mut command = program(&["config", "print", other, "--config-inline", &inline]);
        let by_key = run_command(command.env_remove("EPAYMENT_SANDBOX_TLS_LISTEN")).good();
        let (printed_value, source) = printed(&by_key, key);
        assert_eq!(printed_value, shown);
        assert!(source.contains(key) && source.contains("inline"), "{source}");
    }
}

#[test]
fn the_readme_lists_every_setting_with_its_default() {
    let print = run_command(program(&["config", "print"]).env_remove("EPAYMENT_SANDBOX_TLS_LISTEN")).good();
    let readme = include_str!("../../../README.md");
    let rows: Vec<&str> = readme.lines().filter(|line| line.starts_with("| `--")).collect();
    for (key, _) in SETTINGS {
        let flag = flag(key);
        let names = |row: &&&str| row.split([' ', '`']).any(|word| word.trim_end_matches(',') == flag);
        let row = rows.iter().find(names).unwrap_or_else(|| panic!("the README does not list {flag}"));
        let (value, _) = printed(&print, key);
        // `--public-url` has a default that only words can tell.
        let row = row.replace("\\|", " or ");
        let told = row.split('|').nth(2).unwrap_or_default().trim_matches(['`', ' ']);
        assert!(told == value || key == "public_url", "{flag} is {value} by default, not {told}");
    }
    assert_eq!(
        rows.len() + 2,
        SETTINGS.len() + 2,
        "two pairs of settings share a row, and two name the configuration"
    );
}

#[test]
fn names_can_be_given_one_by_one_or_together() {
    let print = run(&["config", "print", "--tls-name", "a.test", "--tls-name=b.test,c.test"]).good();
    assert_eq!(printed(&print, "tls_name"), ("a.test,b.test,c.test", "--tls-name"));
    let print = run(&["config", "print", "--config-inline", "tls_name = [\"a.test\", \"b.test\"]"]).good();
    assert_eq!(printed(&print, "tls_name").0, "a.test,b.test");
}

#[test]
fn switches_need_no_value_as_flags_and_are_booleans_in_files() {
    let print = run(&["config", "print", "--strict", "-v", "-q"]).good();
    for (key, source) in [("strict", "--strict"), ("verbose", "--verbose"), ("quiet", "--quiet")] {
        assert_eq!(printed(&print, key), ("true", source));
    }
    let print = run(&["config", "print", "--config-inline", "strict = true", "--strict=false"]).good();
    assert_eq!(printed(&print, "strict"), ("false", "--strict"));
}

/// The five places where a setting can be, the strongest first, with what each says in these tests.
const PLACES: [(&str, &str); 5] = [
    ("flag", "2031-01-01T00:00:00Z"),
    ("variable", "2032-01-01T00:00:00Z"),
    ("inline", "2033-01-01T00:00:00Z"),
    ("file", "2034-01-01T00:00:00Z"),
    ("default", "real"),
];

/// Makes a command with the clock set in each of these places.
fn with_clock_in(places: &[(&str, &str)], folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = program(arguments);
    command.current_dir(folder.path(""));
    let _ = fs::remove_file(folder.path("epayment-sandbox.toml"));
    for (place, time) in places {
        match *place {
            "flag" => drop(command.args(["--clock", time])),
            "variable" => drop(command.env("EPAYMENT_SANDBOX_CLOCK", time)),
            "inline" => drop(command.env("EPAYMENT_SANDBOX_CONFIG_INLINE", format!("clock = \"{time}\""))),
            "file" => drop(folder.write("epayment-sandbox.toml", &format!("clock = {time}\n"))),
            _ => {}
        }
    }
    command
}

#[test]
fn a_flag_beats_a_variable_beats_inline_text_beats_the_file_beats_the_default() {
    let folder = Folder::new();
    for strongest in 0..PLACES.len() {
        let places = &PLACES[strongest..];
        let (place, time) = places[0];
        let print = run_command(&mut with_clock_in(places, &folder, &["config", "print"])).good();
        let (value, source) = printed(&print, "clock");
        assert_eq!(value, time, "{place}");
        let expected = match place {
            "flag" => "--clock",
            "variable" => "EPAYMENT_SANDBOX_CLOCK",
            "inline" => "the inline configuration line 1, clock",
            "file" => "epayment-sandbox.toml line 1, clock",
            _ => "default",
        };
        assert_eq!(source, expected);

        let mut command = with_clock_in(places, &folder, &["--listen", "127.0.0.1:0"]);
        let running = Running::start_command(&mut command);
        let clock = control(running.address, "GET", "/_sandbox/clock", "").json();
        match place {
            "default" => assert_eq!(clock["mode"], "real"),
            _ => assert_eq!(clock["now"], time.replace('Z', ".000Z"), "{place}"),
        }
    }
}

#[test]
fn the_innermost_flag_counts() {
    let print = run(&["--seed", "1", "config", "print", "--seed", "2"]).good();
    assert_eq!(printed(&print, "seed"), ("2", "--seed"));
    let print = run(&["--seed", "1", "config", "print"]).good();
    assert_eq!(printed(&print, "seed"), ("1", "--seed"));
}

#[test]
fn the_configuration_file_can_be_named() {
    let folder = Folder::new();
    folder.write("epayment-sandbox.toml", "seed = 1\nmarket = \"DK\"\n");
    let named = folder.write("named.toml", "seed = 2\n").display().to_string();
    let here = |arguments: &[&str]| {
        let mut command = program(&["config", "print"]);
        command.args(arguments).current_dir(folder.path(""));
        command
    };
    assert_eq!(printed(&run_command(&mut here(&[])).good(), "seed").0, "1");
    let by_flag = run_command(&mut here(&["--config", &named])).good();
    assert_eq!((printed(&by_flag, "seed").0, printed(&by_flag, "market").0), ("2", "NO"));
    let by_variable = run_command(here(&[]).env("EPAYMENT_SANDBOX_CONFIG", &named)).good();
    assert_eq!(printed(&by_variable, "seed").0, "2");
    let sentence = run_command(&mut here(&["--config", "missing.toml"])).failed();
    assert!(sentence.starts_with("the configuration file missing.toml cannot be read: "), "{sentence}");
}

#[test]
fn an_empty_variable_counts_as_not_set() {
    let print = run_command(
        program(&["config", "print"])
            .env("EPAYMENT_SANDBOX_SEED", "")
            .env("EPAYMENT_SANDBOX_CONFIG", "")
            .env("EPAYMENT_SANDBOX_CONFIG_INLINE", ""),
    );
    assert_eq!(printed(&print.good(), "seed"), ("", "default"));
}

#[test]
fn settings_do_what_they_say() {
    let running = Running::start(&[
        "--market=DK",
        "--customer=approve",
        "--public-url=https://pay.example.com/",
        "--seed=7",
        "--clock=2027-01-02T03:04:05Z",
    ]);
    let created = call(running.address, create("2001", "set-up-0001").replace("NOK", "DKK")).json();
    let url = created["redirectUrl"].as_str().unwrap_or_default().to_owned();
    assert!(url.starts_with("https://pay.example.com/pay?token="), "{url}");
    let detail = control(running.address, "GET", "/_sandbox/payments/2001/set-up-0001", "").json();
    assert_eq!(detail["phase"], "AUTHORIZED");
    let unit = control(running.address, "GET", "/_sandbox/sales-units/2001", "").json();
    assert_eq!(unit["market"], "DK");

    let again = Running::start_command(
        program(&["--listen", "127.0.0.1:0"])
            .env("EPAYMENT_SANDBOX_CONFIG_INLINE", "public_url = \"https://pay.example.com\"\nseed = 7"),
    );
    let repeated = call(again.address, create("2001", "set-up-0001")).json();
    assert_eq!(repeated["redirectUrl"], url, "the same seed gives the same token");
}

#[test]
fn sales_units_and_users_are_read_from_the_configuration() {
    let config = r#"
        credentials = "configured"

        [[sales_units]]
        msn = "200200"
        client_id = "the-client"
        client_secret = "the-secret"
        subscription_keys = ["the-key"]
        market = "FI"
        permissions = { express = false }

        [[users]]
        phone_number = "4712345678"
        behaviour = "approve"
    "#;
    let mut command = program(&["--listen", "127.0.0.1:0"]);
    let running = Running::start_command(command.env("EPAYMENT_SANDBOX_CONFIG_INLINE", config));
    let token = |secret: &str| {
        let headers = [
            ("client_id", "the-client"),
            ("client_secret", secret),
            ("Ocp-Apim-Subscription-Key", "the-key"),
            ("Merchant-Serial-Number", "200200"),
        ];
        call(running.address, request("POST", "/accesstoken/get", &headers, ""))
    };
    assert_eq!(token("another-secret").status, 401);
    let token = token("the-secret").json()["access_token"].as_str().unwrap_or_default().to_owned();
    let mut headers = api_headers("200200", "key-1");
    let body = create_body("configured-0001").replace("NOK", "EUR");
    let create = |headers: &[(&str, &str)]| request("POST", "/epayment/v1/payments", headers, &body);
    assert_eq!(call(running.address, create(&headers)).status, 401, "the key and the token are made up");
    let bearer = format!("Bearer {token}");
    (headers[0].1, headers[1].1) = ("the-key", &bearer);
    assert_eq!(call(running.address, create(&headers)).status, 201);
    let detail = control(running.address, "GET", "/_sandbox/payments/200200/configured-0001", "").json();
    assert_eq!(detail["phase"], "AUTHORIZED", "the user approves by themselves");
}

#[test]
fn what_config_print_prints_is_a_configuration_that_says_the_same() {
    let folder = Folder::new();
    let config = r#"
        credentials = "configured"
        seed = "18446744073709551615"
        control_token = "a-secret"
        webhook_url = "http://localhost:3000/hook"
        webhook_secret = "a-secret"

        [[sales_units]]
        msn = "200200"
        name = "Sokker \"og\" sko"
        client_id = "the-client"
        client_secret = "a-secret"
        subscription_keys = ["a-secret", "b-secret"]
        market = "FI"
        permissions = { express = false, late_capture = true }
        partial_capture = false
        payment_limit = 7

        [[users]]
        phone_number = "4712345678"
        first_name = "Ada"
        addresses = [{ address_line1 = "Storgata 1", address_line2 = "H0101", city = "Oslo", country = "NO", post_code = "0155" }]
        cards = [{ bin = "429198", expired = true }]
        exists = false
        behaviour = "approve"
        after = "1m30s"

        [[users]]
        phone_number = "4787654321"
    "#;
    let print = |name: &str, text: &str| {
        let path = folder.write(name, text).display().to_string();
        run(&["config", "print", "--config", &path]).good()
    };
    let values = |text: &str| -> Vec<String> {
        text.lines().map(|line| line.split("  # ").next().unwrap_or_default().trim_end().to_owned()).collect()
    };
    let first = print("first.toml", config);
    assert!(!first.contains("-secret"), "{first}");
    for line in [
        r#"client_id = "***""#,
        r#"client_secret = "***""#,
        r#"subscription_keys = ["***", "***"]"#,
        r#"name = 'Sokker "og" sko'"#,
        "partial_capture = false",
        "payment_limit = 7",
        "exists = false",
        r#"after = "1m30s""#,
    ] {
        assert!(first.lines().any(|printed| printed == line), "{line} is not in\n{first}");
    }
    assert!(first.contains("late_capture = true") && first.contains("express = false"), "{first}");
    assert!(first.contains(r#"address_line2 = "H0101""#) && first.contains("expired = true"), "{first}");
    let second = print("second.toml", &first);
    assert_eq!(values(&second), values(&first));
}
