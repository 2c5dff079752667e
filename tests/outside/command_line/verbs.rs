//! `pay`, `clock` and `reset`, and where they go.

use std::process::Command;

use epayment_sandbox::Sandbox;

use super::{NOBODY, at, run_at};
use crate::support::{Finished, MSN, call, control, create, get, program, request, run, run_command};

#[track_caller]
fn create_at(sandbox: &Sandbox, msn: &str, reference: &str) {
    assert_eq!(call(sandbox.address(), create(msn, reference)).status, 201);
}

fn phase(sandbox: &Sandbox, msn: &str, reference: &str) -> String {
    let target = format!("/_sandbox/payments/{msn}/{reference}");
    control(sandbox.address(), "GET", &target, "").json()["phase"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn pay_plays_the_customer_by_reference_alone() {
    let sandbox = Sandbox::start();
    for (verb, phase_after) in [("approve", "AUTHORIZED"), ("reject", "ABORTED"), ("expire", "EXPIRED")] {
        let reference = format!("pay-{verb}-0001");
        create_at(&sandbox, "200300", &reference);
        let said = run_at(&sandbox, &["pay", verb, &reference]).good();
        assert_eq!(said, format!("{reference} {phase_after}\n"));
        assert_eq!(phase(&sandbox, "200300", &reference), phase_after);
    }
}

#[test]
fn pay_says_which_customer_approves() {
    let sandbox = Sandbox::start();
    create_at(&sandbox, MSN, "pay-phone-0001");
    run_at(&sandbox, &["pay", "approve", "pay-phone-0001", "--phone-number", "4798765432"]).good();
    let detail = control(sandbox.address(), "GET", "/_sandbox/payments/123456/pay-phone-0001", "").json();
    assert_eq!(detail["payment"]["phoneNumber"], "4798765432");
    create_at(&sandbox, MSN, "pay-phone-0002");
    let sentence = run_at(&sandbox, &["pay", "approve", "pay-phone-0002", "--phone-number", "12"]).failed();
    assert!(sentence.contains("phoneNumber") && sentence.contains("9 to 15 digits"), "{sentence}");
    assert_eq!(phase(&sandbox, MSN, "pay-phone-0002"), "CREATED");
}

#[test]
fn pay_asks_whose_payment_is_meant_when_two_units_have_the_reference() {
    let sandbox = Sandbox::start();
    create_at(&sandbox, "200301", "shared-0001");
    create_at(&sandbox, "200302", "shared-0001");
    let sentence = run_at(&sandbox, &["pay", "approve", "shared-0001"]).failed();
    for word in ["2 sales units", "shared-0001", "--msn", "200301", "200302"] {
        assert!(sentence.contains(word), "{sentence}");
    }
    assert_eq!(phase(&sandbox, "200301", "shared-0001"), "CREATED");
    run_at(&sandbox, &["pay", "approve", "shared-0001", "--msn", "200302"]).good();
    assert_eq!(phase(&sandbox, "200301", "shared-0001"), "CREATED");
    assert_eq!(phase(&sandbox, "200302", "shared-0001"), "AUTHORIZED");
}

#[test]
fn pay_says_when_there_is_no_such_payment() {
    let sandbox = Sandbox::start();
    create_at(&sandbox, MSN, "some-Case-0001");
    let sentence = run_at(&sandbox, &["pay", "reject", "some-case-0001"]).failed();
    assert!(sentence.contains("no sales unit has a payment with the reference some-case-0001"), "{sentence}");
    assert!(sentence.contains("case"), "{sentence}");
    let sentence = run_at(&sandbox, &["pay", "reject", "other-0001", "--msn", MSN]).failed();
    assert!(sentence.contains("123456 has no payment with the reference other-0001"), "{sentence}");
    let odd = "a/../b?c=d#e f\u{e5}%";
    let sentence = run_at(&sandbox, &["pay", "reject", odd]).failed();
    assert!(sentence.contains(odd), "{sentence}");
    assert_eq!(phase(&sandbox, MSN, "some-Case-0001"), "CREATED");
}

#[test]
fn pay_says_why_the_customer_cannot() {
    let sandbox = Sandbox::start();
    create_at(&sandbox, MSN, "pay-twice-0001");
    run_at(&sandbox, &["pay", "approve", "pay-twice-0001"]).good();
    for verb in ["approve", "reject", "expire"] {
        let sentence = run_at(&sandbox, &["pay", verb, "pay-twice-0001"]).failed();
        assert!(sentence.contains("AUTHORIZED"), "{sentence}");
    }
    let declined = create(MSN, "declined-0001").replace("50000", "151  ");
    assert_eq!(call(sandbox.address(), declined).status, 201);
    let sentence = run_at(&sandbox, &["pay", "approve", "declined-0001"]).failed();
    assert!(!sentence.is_empty());
    assert_eq!(phase(&sandbox, MSN, "declined-0001"), "CREATED");
}

// clock and reset

#[test]
fn clock_shows_and_moves_time() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    create_at(&sandbox, MSN, "clock-0001");
    let first = |finished: Finished| finished.good().split("  ").next().unwrap_or_default().to_owned();
    for show in [&["clock"][..], &["clock", "show"]] {
        let said = run_at(&sandbox, show).good();
        assert!(said.starts_with("2026-11-20T09:00:00.000Z  frozen  offset "), "{said}");
    }
    let said = run_at(&sandbox, &["clock", "advance", "5m"]).good();
    assert_eq!(said, "2026-11-20T09:05:00.000Z  0 fired\n");
    let said = run_at(&sandbox, &["clock", "advance", "next"]).good();
    let lines: Vec<_> = said.lines().collect();
    assert_eq!(lines.len(), 2, "{said}");
    for word in ["2026-11-20T09:10:00.000Z", MSN, "clock-0001"] {
        assert!(lines[0].contains(word), "{said}");
    }
    assert_eq!(lines[1], "2026-11-20T09:10:00.000Z  1 fired");
    assert_eq!(phase(&sandbox, MSN, "clock-0001"), "EXPIRED");
    let to_time = run_at(&sandbox, &["clock", "advance", "2027-06-01T00:00:00Z"]);
    assert_eq!(first(to_time), "2027-06-01T00:00:00.000Z");
    let frozen = run_at(&sandbox, &["clock", "freeze", "2027-06-02T00:00:00Z"]).good();
    assert!(frozen.starts_with("2027-06-02T00:00:00.000Z  frozen  "), "{frozen}");
    assert_eq!(first(run_at(&sandbox, &["clock", "reset"])), "2026-11-20T09:00:00.000Z");
    assert_eq!(first(run_at(&sandbox, &["clock"])), "2026-11-20T09:00:00.000Z");
}

#[test]
fn clock_freezes_time_that_runs() {
    let sandbox = Sandbox::start();
    assert!(run_at(&sandbox, &["clock"]).good().contains("  real  "));
    let frozen = run_at(&sandbox, &["clock", "freeze"]).good();
    assert!(frozen.contains("  frozen  "), "{frozen}");
    let now = frozen.split("  ").next().unwrap_or_default();
    assert!(run_at(&sandbox, &["clock", "show"]).good().starts_with(now));
    assert!(run_at(&sandbox, &["clock", "reset"]).good().contains("  real  "));
}

#[test]
fn clock_moves_one_sales_unit_when_told() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    let said = run_at(&sandbox, &["clock", "advance", "P1D", "--msn", "200400"]).good();
    assert!(said.starts_with("2026-11-21T09:00:00.000Z"), "{said}");
    assert!(run_at(&sandbox, &["clock"]).good().starts_with("2026-11-20T09:00:00.000Z"));
    let of_unit = run_at(&sandbox, &["clock", "show", "--msn", "200400"]).good();
    assert!(of_unit.starts_with("2026-11-21T09:00:00.000Z"), "{of_unit}");
}

#[test]
fn clock_says_why_time_cannot_go_there() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    for (to, words) in [
        ("1x", ["1x", "not a duration"]),
        ("2020-01-01T00:00:00Z", ["2026-11-20T09:00:00.000Z", "never goes back"]),
        ("next", ["no timer", "next"]),
    ] {
        let sentence = run_at(&sandbox, &["clock", "advance", to]).failed();
        assert!(words.iter().all(|word| sentence.contains(word)), "{sentence}");
    }
    assert!(run_at(&sandbox, &["clock"]).good().starts_with("2026-11-20T09:00:00.000Z"));
}

#[test]
fn reset_goes_back_to_the_start() {
    let sandbox = Sandbox::builder().frozen_at("2026-11-20T09:00:00Z").start();
    create_at(&sandbox, "200500", "reset-0001");
    create_at(&sandbox, "200501", "reset-0001");
    assert_eq!(run_at(&sandbox, &["reset", "--msn", "200500"]).good(), "");
    assert_eq!(call(sandbox.address(), get("200500", "reset-0001")).status, 404);
    assert_eq!(call(sandbox.address(), get("200501", "reset-0001")).status, 200);
    run_at(&sandbox, &["clock", "advance", "1m"]).good();
    assert_eq!(run_at(&sandbox, &["reset"]).good(), "");
    assert_eq!(call(sandbox.address(), get("200501", "reset-0001")).status, 404);
    assert!(run_at(&sandbox, &["clock"]).good().starts_with("2026-11-20T09:00:00.000Z"));
}

// where the verbs go, and with which token

#[test]
fn verbs_find_the_sandbox_by_flag_by_variable_or_by_the_configuration() {
    let frozen_in = |year: &str| Sandbox::builder().frozen_at(&format!("{year}-01-01T00:00:00Z")).start();
    let (by_flag, by_variable, by_listen) = (frozen_in("2031"), frozen_in("2032"), frozen_in("2033"));
    let year = |command: &mut Command| run_command(command).good()[..4].to_owned();

    let mut command = program(&["clock"]);
    command.env("EPAYMENT_SANDBOX_LISTEN", by_listen.address().to_string());
    assert_eq!(year(&mut command), "2033");
    command.env("EPAYMENT_SANDBOX_URL", "");
    assert_eq!(year(&mut command), "2033", "an empty variable counts as not set");
    command.env("EPAYMENT_SANDBOX_URL", by_variable.url());
    assert_eq!(year(&mut command), "2032");
    command.args(["--url", &by_flag.url()]);
    assert_eq!(year(&mut command), "2031");
}

#[test]
fn verbs_say_where_they_looked_when_no_sandbox_answers() {
    for verb in [&["clock"][..], &["clock", "advance", "1d"], &["reset"], &["pay", "approve", "some-0001"]] {
        let sentence = run_command(program(verb).args(["--url", &format!("http://{NOBODY}")])).failed();
        assert!(sentence.contains(&format!("no sandbox answers at http://{NOBODY}: ")), "{sentence}");
        assert!(sentence.contains("--url"), "{sentence}");
    }
    for url in ["localhost:8477", "https://localhost:8477", "http://", "not a url"] {
        let sentence = run(&["clock", "--url", url]).failed();
        assert!(sentence.starts_with("--url: ") && sentence.contains(url), "{sentence}");
    }
}

#[test]
fn verbs_send_the_control_token_that_is_configured() {
    let sandbox = Sandbox::builder().control_token("the control token").start();
    create_at(&sandbox, MSN, "token-0001");
    for verb in [&["clock"][..], &["clock", "advance", "1s"], &["reset"], &["pay", "approve", "token-0001"]] {
        let sentence = run_at(&sandbox, verb).failed();
        assert!(sentence.contains("--control-token"), "{sentence}");
        let wrong = run_command(at(&sandbox, verb).env("EPAYMENT_SANDBOX_CONTROL_TOKEN", "wrong")).failed();
        assert!(wrong.contains("--control-token"), "{wrong}");
    }
    assert_eq!(phase_with_token(&sandbox, "token-0001"), "CREATED");
    for verb in [&["clock"][..], &["clock", "advance", "1s"], &["pay", "approve", "token-0001"], &["reset"]] {
        let mut command = at(&sandbox, verb);
        run_command(command.env("EPAYMENT_SANDBOX_CONTROL_TOKEN", "the control token")).good();
    }
    run_at(&sandbox, &["--control-token", "the control token", "reset"]).good();
}

#[test]
fn every_verb_takes_the_control_token_as_a_flag() {
    let sandbox = Sandbox::builder().control_token("tok").start();
    create_at(&sandbox, MSN, "token-0002");
    let token = ["--control-token", "tok"];
    for verb in
        [&["requests"][..], &["requests", "curl", "req-1"], &["deliveries"], &["checklist"], &["reset"]]
    {
        assert!(run_at(&sandbox, verb).failed().contains("--control-token"), "{verb:?}");
        run_at(&sandbox, &[verb, &token].concat()).good();
    }
    let unknown = run_at(&sandbox, &[&["deliveries", "resend", "1"][..], &token].concat()).failed();
    assert!(unknown.contains("There is no delivery 1"), "{unknown}");
    let help = run(&["tail", "--help"]).good();
    assert!(help.contains("--control-token <TOKEN>"), "{help}");
}

fn phase_with_token(sandbox: &Sandbox, reference: &str) -> String {
    let bearer = [("Authorization", "Bearer the control token")];
    let target = format!("/_sandbox/payments/{MSN}/{reference}");
    let answer = call(sandbox.address(), request("GET", &target, &bearer, ""));
    answer.json()["phase"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn flags_count_before_and_after_a_verb() {
    let sandbox = Sandbox::builder().frozen_at("2031-01-01T00:00:00Z").control_token("tok").start();
    let (url, folder) = (sandbox.url(), crate::support::Folder::new());
    let listen = format!("listen = \"{}\"\ncontrol_token = \"tok\"\n", sandbox.address());
    let file = folder.write("there.toml", &listen).display().to_string();
    let token = ["--control-token", "tok"];
    for arguments in [
        vec!["clock", "--url", &url, "show", token[0], token[1]],
        vec!["clock", "show", "--url", &url, token[0], token[1]],
        vec!["clock", token[0], token[1], "show", "--url", &url],
        vec![token[0], token[1], "clock", "--url", &url],
        vec!["clock", "--config", &file, "show"],
        vec!["clock", "show", "--config", &file],
        vec!["clock", "--config-inline", &listen, "show"],
    ] {
        assert!(run(&arguments).good().starts_with("2031-01-01T00:00:00.000Z"), "{arguments:?}");
    }
    run(&["clock", "--msn", "111222", "advance", "10d", "--url", &url, token[0], token[1]]).good();
    let global = run(&["clock", "--url", &url, token[0], token[1]]).good();
    assert!(global.starts_with("2031-01-01T00:00:00.000Z"), "{global}");
    let own = run(&["clock", "--url", &url, token[0], token[1], "show", "--msn", "111222"]).good();
    assert!(own.starts_with("2031-01-11T00:00:00.000Z"), "{own}");
    create_at(&sandbox, "111333", "flags-0001");
    run(&["pay", "--msn", "111333", "--config", &file, "reject", "flags-0001"]).good();
    run(&["reset", "--config", &file, "--msn", "111333"]).good();
}
