//! `exec` and `env`.

use std::fs;
use std::net::{SocketAddr, TcpStream};
use std::process::Command;

use epayment_sandbox::Sandbox;

use super::{NOBODY, run_at};
use crate::support::{Finished, Folder, MSN, Running, call, control, create, get, program, run, run_command};

/// Says where the sandbox is, and goes on until it is told to stop.
const UNTIL_TOLD: &str = "trap 'exit 4' TERM; trap 'exit 5' INT; trap 'exit 6' HUP; trap 'exit 7' QUIT; \
                          echo ready $EPAYMENT_SANDBOX_URL; while :; do sleep 0.05 & wait $!; done";

/// A script of the shell with a sandbox.
fn shell(options: &[&str], script: &str) -> Command {
    program(&[&["exec"], options, &["--", "sh", "-c", script]].concat())
}

fn exec(options: &[&str], script: &str) -> Finished {
    run_command(&mut shell(options, script))
}

/// Runs a script until something was done with its sandbox.
fn visited(options: &[&str], visit: impl FnOnce(SocketAddr)) -> Finished {
    let running = Running::start_command(&mut shell(options, UNTIL_TOLD));
    visit(running.address);
    running.stop()
}

#[test]
fn the_status_of_the_command_is_the_one_of_exec() {
    for (script, status) in [("exit 0", 0), ("exit 3", 3), ("kill -s KILL $$", 137), ("kill -s TERM $$", 143)]
    {
        let ended = exec(&[], script);
        assert_eq!((ended.code, &*ended.stdout, &*ended.stderr), (Some(status), "", ""), "{script}");
    }
}

#[test]
fn a_command_that_cannot_be_run_has_the_status_of_a_shell() {
    let folder = Folder::new();
    let text = folder.write("text", "no program");
    for (command, status, words) in [
        ("epayment-no-such-command", 127, "there is no command \"epayment-no-such-command\""),
        (&*text.to_string_lossy(), 126, "cannot be executed"),
    ] {
        let ended = run(&["exec", "--", command]);
        assert_eq!((ended.code, &*ended.stdout), (Some(status), ""), "{ended:?}");
        assert!(ended.stderr.contains(words), "{ended:?}");
    }
}

#[test]
fn a_sandbox_that_cannot_start_is_told_apart_from_a_command_that_fails() {
    let folder = Folder::new();
    let missing = folder.path("no/report.xml");
    for (options, words) in [
        (&["--market", "SE"][..], "--market: \"SE\" is none of NO, DK, FI"),
        (&["--junit", &missing.to_string_lossy()], "--junit: there is no folder"),
    ] {
        let ended = exec(options, "echo it ran");
        assert_eq!((ended.code, &*ended.stdout), (Some(125), ""), "{ended:?}");
        assert!(ended.stderr.contains(words), "{ended:?}");
    }
}

#[test]
fn stdout_is_the_commands_alone() {
    let said = exec(&["-v"], "echo one; echo two").stdout;
    assert_eq!(said, "one\ntwo\n");
}

#[test]
fn the_command_finds_a_sandbox_with_the_settings_before_it() {
    let ended = visited(&["--clock", "2026-11-20T09:00:00Z"], |address| {
        let clock = control(address, "GET", "/_sandbox/clock", "").json();
        assert_eq!((&clock["mode"], &clock["now"]), (&"frozen".into(), &"2026-11-20T09:00:00.000Z".into()));
    });
    assert_eq!(ended.code, Some(4));
}

#[test]
fn a_configured_address_is_left_to_the_sandbox_that_serves() {
    let folder = Folder::new();
    folder.write("epayment-sandbox.toml", &format!("listen = \"{NOBODY}\"\nmarket = \"DK\"\n"));
    let mut command = shell(&[], "echo \"$EPAYMENT_SANDBOX_URL $EPAYMENT_SANDBOX_TLS_URL\"");
    let stale = [("EPAYMENT_SANDBOX_URL", "http://stale"), ("EPAYMENT_SANDBOX_TLS_URL", "https://stale")];
    let said = run_command(command.current_dir(folder.path("")).envs(stale)).good();
    assert!(
        said.starts_with("http://127.0.0.1:") && !said.contains(NOBODY) && !said.contains("stale"),
        "{said}"
    );
}

#[cfg(unix)]
#[test]
fn signals_are_passed_on_to_the_command() {
    for (signal, status) in [("TERM", 4), ("INT", 5), ("HUP", 6), ("QUIT", 7)] {
        let running = Running::start_command(&mut shell(&[], UNTIL_TOLD));
        running.signal(signal);
        assert_eq!(running.wait().code, Some(status), "{signal}");
    }
}

#[test]
fn it_leaves_no_process_port_or_file() {
    let folder = Folder::new();
    let port_file = folder.path("ports.json");
    let mut command = shell(
        &["--port-file", &port_file.to_string_lossy()],
        "trap 'exit 4' TERM; cat ports.json >&2; echo ready $EPAYMENT_SANDBOX_URL; while :; do sleep 0.05 & wait $!; done",
    );
    let temporary = folder.path("tmp");
    fs::create_dir(&temporary).expect("a new folder can be written to");
    let running = Running::start_command(command.current_dir(folder.path("")).env("TMPDIR", &temporary));
    let address = running.address;
    assert_eq!(call(address, create(MSN, "left-0001")).status, 201);
    let ended = running.stop();
    assert_eq!((ended.code, ended.stderr), (Some(4), format!("{{\"http\":\"{address}\"}}\n")));
    assert!(TcpStream::connect(address).is_err(), "it still listens");
    let left =
        fs::read_dir(folder.path("")).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    assert_eq!(left.collect::<Vec<_>>(), ["tmp"]);
    assert_eq!(fs::read_dir(&temporary).expect("a folder").count(), 0);
}

#[test]
fn a_failure_is_told_with_the_refused_calls_and_why() {
    let visit = |address| {
        assert_eq!(call(address, create(MSN, "refused-0001")).status, 201);
        assert_eq!(call(address, get(MSN, "refused-0002")).status, 404);
    };
    let ended = visited(&[], visit);
    let lines: Vec<_> = ended.stderr.lines().collect();
    assert_eq!(lines.len(), 3, "{ended:?}");
    assert_eq!(lines[0], "epayment-sandbox: sh ended with 4; 1 of 2 calls refused, 0 webhooks failed");
    assert!(
        lines[1].contains(" get     refused-0002             404  5090 Reference not found"),
        "{ended:?}"
    );
    assert!(lines[2].starts_with("           Sales unit 123456 has no payment refused-0002"), "{ended:?}");
    assert!(visited(&["-q"], visit).stderr.is_empty());
}

#[test]
fn a_failure_is_told_with_the_hosts_that_the_proxy_refused() {
    let folder = Folder::new();
    let path = folder.path("report.xml");
    let visit = |address| {
        for host in ["example.com:443", "api.vipps.no:443", "example.com:443"] {
            let ask = format!("CONNECT {host} HTTP/1.1\r\nHost: {host}\r\n\r\n");
            assert_eq!(call(address, ask).status, 403);
        }
    };
    let ended = visited(&["--junit", &path.to_string_lossy()], visit);
    // While the command runs, each is a warning.
    let (_, told) = ended.stderr.split_once("epayment-sandbox: ").expect("it is told");
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines.len(), 5, "{ended:?}");
    assert_eq!(lines[0], "sh ended with 4; 0 of 0 calls refused, 0 webhooks failed, 3 connections refused");
    assert!(lines[1].ends_with(" proxy   api.vipps.no:443         refused"), "{ended:?}");
    assert!(
        lines[2].starts_with("           api.vipps.no belongs to the production environment"),
        "{ended:?}"
    );
    assert!(lines[3].ends_with(" proxy   example.com:443          refused 2 times"), "{ended:?}");
    assert!(lines[4].starts_with("           The sandbox is not example.com, "), "{ended:?}");
    let report = fs::read_to_string(&path).expect("it is written when the command fails");
    for word in [
        "tests=\"3\" failures=\"2\"",
        "<testcase classname=\"requests.proxy\" name=\"api.vipps.no:443\"",
        "<failure type=\"production\" message=\"Connection refused\">api.vipps.no belongs to the production",
        "<testcase classname=\"requests.proxy\" name=\"example.com:443\"",
        "<failure type=\"otherHost\" message=\"Connection refused 2 times\">The sandbox is not example.com, ",
    ] {
        assert!(report.contains(word), "{word} is not in\n{report}");
    }
    assert!(!visited(&["-q"], visit).stderr.contains("ended with"));
}

#[test]
fn a_failure_is_told_with_the_webhooks_that_failed() {
    let options = ["--webhook-url", &format!("http://{NOBODY}/hook"), "--webhook-secret", "s"];
    let ended = visited(&options, |address| {
        assert_eq!(call(address, create(MSN, "webhook-0001")).status, 201);
        let tried = control(address, "GET", "/_sandbox/webhooks/deliveries/wait", "");
        assert_eq!(tried.status, 200);
    });
    assert!(ended.stderr.contains("0 of 1 call refused, 1 webhook failed"), "{ended:?}");
    let word = "webhook  webhook-0001  epayments.payment.created.v1  http://127.0.0.1:1/hook  attempt 1";
    assert!(ended.stderr.contains(word), "{ended:?}");
}

#[test]
fn junit_has_what_was_refused() {
    let folder = Folder::new();
    let path = folder.path("report.xml");
    let options = ["-q", "--junit", &path.to_string_lossy()];
    visited(&options, |address| assert_eq!(call(address, get(MSN, "refused-0001")).status, 404));
    let report = fs::read_to_string(&path).expect("it is written when the command fails");
    for word in [
        "tests=\"2\" failures=\"1\"",
        "<testcase classname=\"requests.get\" name=\"GET /epayment/v1/payments/refused-0001 (req-1)\"",
        "<failure type=\"5090\" message=\"Reference not found\">Sales unit 123456 has no payment refused-0001",
        "name=\"no webhook failed\"",
    ] {
        assert!(report.contains(word), "{word} is not in\n{report}");
    }
    assert_eq!(exec(&options, "exit 0").code, Some(0));
    let report = fs::read_to_string(&path).expect("it is written when all is well");
    assert!(report.contains("tests=\"2\" failures=\"0\""), "{report}");
    assert_eq!(fs::read_dir(folder.path("")).expect("a folder").count(), 1);
}

#[test]
fn env_prints_what_a_shell_can_read() {
    let sandbox = Sandbox::start();
    let url = sandbox.url();
    let said = run_at(&sandbox, &["env"]).good();
    for line in said.lines() {
        assert!(line.starts_with("# ") || line == format!("export EPAYMENT_SANDBOX_URL={url}"), "{line}");
    }
    let script = format!("{said}\nprintf %s \"$EPAYMENT_SANDBOX_URL\"");
    let read = Command::new("sh").args(["-c", &script]).output().expect("there is a shell");
    assert_eq!(String::from_utf8_lossy(&read.stdout), url);
    let github = run_at(&sandbox, &["env", "--shell", "github"]).good();
    assert_eq!(github, format!("EPAYMENT_SANDBOX_URL={url}\n"));
    let wrong = run(&["env", "--url", "sandbox"]).failed();
    assert!(wrong.contains("--url: \"sandbox\""), "{wrong}");
}

#[test]
fn env_names_the_port_with_tls_of_the_sandbox_that_the_configuration_describes() {
    let env = |arguments: &[&str]| {
        let mut command = program(&[&["env"], arguments].concat());
        command.env("EPAYMENT_SANDBOX_LISTEN", "127.0.0.1:4711");
        run_command(command.env("EPAYMENT_SANDBOX_TLS_LISTEN", "127.0.0.1:4712")).good()
    };
    let tls = "export EPAYMENT_SANDBOX_TLS_URL=https://127.0.0.1:4712\n";
    for (arguments, is_known) in [
        (&[][..], true),
        (&["--url", "http://127.0.0.1:4711"], true),
        (&["--url", "http://127.0.0.1:4711/"], true),
        (&["--url", "http://127.0.0.1:4713"], false),
    ] {
        let said = env(arguments);
        assert_eq!(said.contains(tls), is_known, "{said}");
    }
}

#[test]
fn env_asks_the_sandbox_for_its_port_with_tls_where_the_configuration_does_not_say() {
    let with = Sandbox::builder().tls().start();
    let said = run(&["env", "--url", &with.url()]).good();
    let tls = with.tls_url();
    assert!(tls.starts_with("https://127.0.0.1:"), "{tls}");
    assert!(said.contains(&format!("export EPAYMENT_SANDBOX_TLS_URL={tls}\n")), "{said}");
    let without = Sandbox::start();
    let said = run(&["env", "--url", &without.url()]).good();
    assert!(!said.contains("TLS_URL"), "{said}");
}

/// Prints what leads a client to the sandbox.
const LEADS: &str = "echo \"$HTTPS_PROXY $https_proxy $NO_PROXY $NODE_USE_ENV_PROXY $EPAYMENT_SANDBOX_URL\"; \
                     echo \"$JAVA_TOOL_OPTIONS\"; echo \"$SSL_CERT_FILE $REQUESTS_CA_BUNDLE $CURL_CA_BUNDLE $DENO_CERT\"; \
                     cat \"$NODE_EXTRA_CA_CERTS\" && ls \"${NODE_EXTRA_CA_CERTS%/*}\"";

#[test]
fn a_client_with_the_vendors_host_in_its_code_is_led_to_the_sandbox() {
    let folder = Folder::new();
    let mut command = shell(&[], LEADS);
    command
        .env("TMPDIR", folder.path(""))
        .env("NO_PROXY", "db,localhost")
        .env("JAVA_TOOL_OPTIONS", "-Xmx64m");
    let said = run_command(&mut command).good();
    let lines: Vec<_> = said.lines().collect();
    let url = lines[0].rsplit(' ').next().expect("a URL");
    assert_eq!(lines[0], format!("{url} {url} localhost,127.0.0.1,::1,db 1 {url}"));
    let port = url.rsplit(':').next().expect("a port");
    assert!(
        lines[1].starts_with(&format!("-Xmx64m -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort={port} ")),
        "{said}"
    );
    let bundles: Vec<_> = lines[2].split(' ').collect();
    assert!(bundles.iter().all(|path| *path == bundles[0] && path.ends_with("/ca-bundle.pem")), "{said}");
    assert_eq!(lines[3], "-----BEGIN CERTIFICATE-----");
    assert!(said.ends_with("ca-bundle.pem\nca.pem\ntruststore.p12\n"), "{said}");
    assert_eq!(fs::read_dir(folder.path("")).expect("a folder").count(), 0, "they are gone with the command");
}

#[test]
fn nobody_is_led_anywhere_where_that_is_off() {
    let mut command = shell(&["--impersonate=false"], "echo \"$NODE_EXTRA_CA_CERTS$HTTPS_PROXY.\"");
    command.env_remove("NODE_EXTRA_CA_CERTS").env_remove("HTTPS_PROXY");
    assert_eq!(run_command(&mut command).good(), ".\n");
}

#[test]
fn the_command_finds_the_port_with_tls() {
    let options = ["--tls-listen", "127.0.0.1:0"];
    let said = exec(&options, "echo \"$EPAYMENT_SANDBOX_TLS_URL\"").good();
    assert!(said.starts_with("https://127.0.0.1:"), "{said}");
    assert_eq!(
        exec(&[], "echo \"${EPAYMENT_SANDBOX_TLS_URL-none}\"").good(),
        "none\n",
        "TLS is off in the environment"
    );
}

#[test]
fn env_writes_the_certificates_of_a_running_sandbox() {
    let (sandbox, folder) = (Sandbox::start(), Folder::new());
    let mut command = super::at(&sandbox, &["env", "--impersonate"]);
    command.env("XDG_CACHE_HOME", folder.path("")).env_remove("JAVA_TOOL_OPTIONS").env_remove("NO_PROXY");
    let said = run_command(&mut command).good();
    let cache = folder.path("epayment-sandbox").join(sandbox.address().to_string().replace(':', "-"));
    assert_eq!(fs::read_to_string(cache.join("ca.pem")).expect("it is written"), sandbox.ca_pem());
    for line in said.lines() {
        assert!(line.starts_with("# ") || line.starts_with("export "), "{line}");
    }
    assert!(
        said.contains(&format!("export NODE_EXTRA_CA_CERTS={}\n", cache.join("ca.pem").display())),
        "{said}"
    );
    assert!(said.contains("export JAVA_TOOL_OPTIONS='-Dhttps.proxyHost=127.0.0.1 "), "{said}");
    let nowhere = run(&["env", "--impersonate", "--url", &format!("http://{NOBODY}")]).failed();
    assert!(nowhere.starts_with("--impersonate needs the sandbox's certificates: "), "{nowhere}");
}

#[test]
fn exec_grades_the_calls() {
    let folder = Folder::new();
    let path = folder.path("grades.sarif");
    let options = ["-q", "--checklist", "--checklist-file", &path.to_string_lossy()];
    let ended =
        visited(&options, |address| assert_eq!(call(address, create(MSN, "graded-0001")).status, 201));
    assert!(ended.stderr.starts_with("Go-live checklist: "), "{ended:?}");
    assert!(ended.stderr.contains("in 1 call and 0 webhook attempts"), "{ended:?}");
    let sarif = fs::read_to_string(&path).expect("it is written");
    assert!(sarif.contains("\"version\":\"2.1.0\"") && sarif.contains("\"ruleId\":\"polling\""), "{sarif}");
}

#[test]
fn checklist_grades_the_calls_of_a_running_sandbox() {
    let sandbox = Sandbox::start();
    assert_eq!(call(sandbox.address(), create(MSN, "graded-0001")).status, 201);
    let said = run_at(&sandbox, &["checklist"]).good();
    assert!(
        said.starts_with("Go-live checklist: ") && said.contains("failed       error    polling: "),
        "{said}"
    );
    let json = run_at(&sandbox, &["checklist", "--format", "json", "--msn", "654321"]).good();
    assert!(json.starts_with("{\"calls\":0,"), "{json}");
}
