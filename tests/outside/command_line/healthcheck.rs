//! `healthcheck`.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::thread;

use epayment_sandbox::Sandbox;

use super::{NOBODY, run_at};
use crate::support::{Folder, Running, program, run, run_command};

#[test]
fn healthcheck_is_well_when_the_server_of_the_same_configuration_is() {
    let running = Running::start(&[]);
    let (url, address) = (running.url(), running.address.to_string());
    let everywhere = format!("0.0.0.0:{}", running.address.port());
    let inline = format!("listen = \"{address}\"");
    for arguments in [
        &["healthcheck", "--url", &url][..],
        &["healthcheck", "--listen", &address],
        &["healthcheck", "--listen", &everywhere],
        &["--listen", &address, "healthcheck"],
        &["healthcheck", "--config-inline", &inline],
        &["healthcheck", "--wait", "--timeout", "10s", "--listen", &address],
    ] {
        assert_eq!(run(arguments).good(), "", "{arguments:?}");
    }
    let by_variable = run_command(program(&["healthcheck"]).env("EPAYMENT_SANDBOX_LISTEN", everywhere));
    assert_eq!(by_variable.good(), "");
}

#[test]
fn healthcheck_needs_no_control_token() {
    let sandbox = Sandbox::builder().control_token("a-token").start();
    run_at(&sandbox, &["healthcheck"]).good();
}

#[test]
fn healthcheck_is_unwell_when_nothing_is_there() {
    let sentence = run(&["healthcheck", "--listen", NOBODY]).failed();
    assert!(sentence.contains(&format!("no sandbox answers at http://{NOBODY}")), "{sentence}");
    let sentence = run(&["healthcheck", "--listen", NOBODY, "--wait", "--timeout", "200ms"]).failed();
    assert!(sentence.contains(&format!("no sandbox answers at http://{NOBODY}")), "{sentence}");
    assert!(sentence.ends_with("; it is not ready after 200ms"), "{sentence}");
}

#[test]
fn healthcheck_asks_where_the_server_is_not_where_clients_are_pointed() {
    let sandbox = Sandbox::start();
    let mut command = program(&["healthcheck", "--listen", NOBODY]);
    run_command(command.env("EPAYMENT_SANDBOX_URL", sandbox.url())).failed();
}

/// Answers one connection after another with these texts, and an empty one by closing.
fn answer_with(texts: &'static [&'static str]) -> (SocketAddr, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = listener.local_addr().expect("a listener has an address");
    let server = thread::spawn(move || {
        for text in texts {
            let (mut socket, _) = listener.accept().expect("the healthcheck connects");
            let _ = socket.read(&mut [0; 1024]);
            let _ = socket.write_all(text.as_bytes());
        }
    });
    (address, server)
}

const UNREADY: &str = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n";
const READY: &str = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

#[test]
fn healthcheck_waits_for_a_server_that_is_starting() {
    let (address, server) = answer_with(&["", UNREADY, "nonsense\r\n\r\n", READY]);
    run(&["healthcheck", "--wait", "--timeout", "20s", "--listen", &address.to_string()]).good();
    server.join().expect("it was asked until it was ready");
}

#[test]
fn healthcheck_without_wait_asks_once() {
    let (address, server) = answer_with(&[UNREADY]);
    let sentence = run(&["healthcheck", "--listen", &address.to_string()]).failed();
    assert_eq!(sentence, format!("the sandbox at http://{address} answers 503, not 200"));
    server.join().expect("it was asked once");
}

#[test]
fn healthcheck_takes_durations_only() {
    let sentence = run(&["healthcheck", "--listen", NOBODY, "--timeout", "soon"]).failed();
    assert!(sentence.starts_with("--timeout: \"soon\" is not a duration"), "{sentence}");
}

#[test]
fn healthcheck_gives_up_on_a_server_that_takes_connections_and_says_nothing() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let address = silent.local_addr().expect("a listener has an address").to_string();
    for wait in [&["--wait"][..], &[]] {
        let arguments = [&["healthcheck", "--listen", &address, "--timeout", "300ms"][..], wait].concat();
        let sentence = run(&arguments).failed();
        assert!(sentence.contains(&address), "{sentence}");
    }
}

#[test]
fn healthcheck_finds_a_server_on_a_free_port_by_its_port_file() {
    let folder = Folder::new();
    let path = folder.path("ports.json").display().to_string();
    let same = ["--listen", "127.0.0.1:0", "--port-file", &path];
    let arguments = |more: &[&str]| {
        [&["healthcheck"][..], &same, more].concat().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let check = |more: &[&str]| {
        let arguments = arguments(more);
        run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    let sentence = check(&[]).failed();
    assert!(sentence.starts_with(&format!("no sandbox has written the port file {path}: ")), "{sentence}");
    let sentence = check(&["--wait", "--timeout", "100ms"]).failed();
    assert!(sentence.contains(&path) && sentence.ends_with("; it is not ready after 100ms"), "{sentence}");

    let waiting = thread::spawn({
        let arguments = arguments(&["--wait"]);
        move || run(&arguments.iter().map(String::as_str).collect::<Vec<_>>())
    });
    let running = Running::start_command(&mut program(&same));
    waiting.join().expect("it is asked").good();
    check(&[]).good();
    // The other verbs find it, too.
    run(&[&["clock"][..], &["--config-inline", &format!("listen = \"127.0.0.1:0\"\nport_file = '{path}'")]]
        .concat())
    .good();
    running.stop().good();
    check(&[]).failed();
    folder.write("ports.json", "ready");
    assert!(check(&[]).failed().contains("is no port file"));
}

#[test]
fn healthcheck_of_a_free_port_needs_a_port_file() {
    let sentence = run(&["healthcheck", "--listen", "127.0.0.1:0", "--wait", "--timeout", "1h"]).failed();
    assert!(sentence.contains("name its --port-file here too, or its --url"), "{sentence}");
}
