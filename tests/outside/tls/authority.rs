//! The authority: kept with the state, given, or new; and the two ports of the program.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use serde_json::{Value, json};

use super::{assert_is_alive, connect, shake};
use crate::support::{Folder, Running, control, program, run};

const LISTEN: [&str; 4] = ["--listen", "127.0.0.1:0", "--tls-listen", "127.0.0.1:0"];

fn start(arguments: &[&str]) -> Running {
    Running::start_command(program(&LISTEN).args(arguments))
}

fn ca(running: &Running) -> String {
    control(running.address, "GET", "/_sandbox/ca.pem", "").body
}

fn text(path: &Path) -> String {
    path.display().to_string()
}

#[test]
fn both_ports_are_told_once_they_are_ready() {
    let folder = Folder::new();
    let path = folder.path("ports.json");
    let running = start(&["--port-file", &text(&path)]);
    let https = running.tls_address.expect("it listens with TLS");
    let version = env!("CARGO_PKG_VERSION");
    let expected = format!("epayment-sandbox {version} ready http://{} https://{https}\n", running.address);
    assert_eq!(running.ready, expected);
    let ports: Value = serde_json::from_str(&fs::read_to_string(&path).expect("it is there")).expect("JSON");
    assert_eq!(ports, json!({"http": running.address.to_string(), "https": https.to_string()}));
    assert_is_alive(&mut shake(connect(https), &ca(&running), "apitest.vipps.no").expect("a handshake"));
    running.stop().good();
}

#[test]
fn a_taken_tls_port_stops_the_start_with_the_way_out() {
    let other = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = other.local_addr().expect("a listener has an address").port();
    let sentence = run(&["--listen", "127.0.0.1:0", "--tls-listen", &format!("127.0.0.1:{port}")]).failed();
    let expected = format!(
        "port {port} on 127.0.0.1 is taken (try --tls-listen 127.0.0.1:0, --tls-listen off or stop the other process)"
    );
    assert_eq!(sentence, expected);
}

#[test]
fn an_authority_is_kept_with_the_state_and_only_then() {
    let folder = Folder::new();
    let state = text(&folder.path("state.json"));
    let first = start(&["--state", &state]);
    let kept = ca(&first);
    let document = control(first.address, "GET", "/_sandbox/state", "").body;
    first.stop().good();
    let path = folder.path("state.json.ca.pem");
    assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
    let secret = fs::read_to_string(&path).expect("it is text");
    let key = secret.split("PRIVATE KEY-----").nth(1).expect("it has a key");
    let key = key.lines().nth(1).expect("it has a key");
    assert!(!document.contains(key) && !kept.contains("PRIVATE KEY"));

    let second = start(&["--state", &state]);
    assert_eq!(ca(&second), kept);
    let https = second.tls_address.expect("it listens with TLS");
    assert_is_alive(&mut shake(connect(https), &kept, "apitest.vipps.no").expect("a handshake"));
    second.stop().good();

    assert_ne!(ca(&start(&[])), ca(&start(&[])), "without it every start has its own");
    fs::write(&path, "not an authority").expect("it can be written to");
    let sentence = run(&["--listen", "127.0.0.1:0", "--state", &state]).failed();
    assert!(sentence.contains("state.json.ca.pem") && sentence.contains("remove the file"), "{sentence}");
}

#[test]
fn an_authority_can_be_given() {
    let folder = Folder::new();
    let state = text(&folder.path("state.json"));
    start(&["--state", &state]).stop().good();
    let both = fs::read_to_string(folder.path("state.json.ca.pem")).expect("it is there");
    let (certificate, key) = both.split_at(both.find("-----BEGIN PRIVATE KEY").expect("a key"));
    let certificate_path = text(&folder.write("ca.pem", certificate));
    let key_path = text(&folder.write("ca-key.pem", key));
    let given = ["--tls-ca-cert", &certificate_path, "--tls-ca-key", &key_path];
    let running = start(&given);
    assert_eq!(ca(&running), certificate);
    let https = running.tls_address.expect("it listens with TLS");
    assert_is_alive(&mut shake(connect(https), certificate, "localhost").expect("a handshake"));

    start(&["--state", &text(&folder.path("other.json"))]).stop().good();
    let other = text(&folder.path("other.json.ca.pem"));
    let refused = |certificate: &str, key: &str| {
        run(&["--listen", "127.0.0.1:0", "--tls-ca-cert", certificate, "--tls-ca-key", key]).failed()
    };
    for (certificate, key, reason) in [
        (&*certificate_path, &*other, "the key does not belong to the certificate"),
        (&*key_path, &*key_path, "there is no certificate in it"),
        (&*certificate_path, &*certificate_path, "the key is not PEM"),
        (&*certificate_path, "/no/such/file", "--tls-ca-key: /no/such/file cannot be read"),
    ] {
        let sentence = refused(certificate, key);
        assert!(sentence.contains(reason), "{sentence}");
    }
    let sentence = run(&["--tls-ca-cert", &certificate_path]).failed();
    assert!(sentence.contains("--tls-ca-key"), "{sentence}");
}

#[test]
fn production_is_impersonated_only_on_a_frightening_word() {
    let shaken = |running: &Running| {
        let https = running.tls_address.expect("it listens with TLS");
        shake(connect(https), &ca(running), "api.vipps.no").map(drop)
    };
    shaken(&start(&[])).expect_err("not without");
    shaken(&start(&["--dangerously-impersonate-production"])).expect("with it");
    let sentence = run(&["--tls-name", "api.vipps.no"]).failed();
    assert!(sentence.contains("--dangerously-impersonate-production"), "{sentence}");
}

#[test]
fn trust_is_public_where_the_rest_takes_a_token() {
    let running = start(&["--control-token", "a-token"]);
    assert_eq!(control(running.address, "GET", "/_sandbox/health", "").status, 401);
    for (path, content_type) in
        [("ca.pem", "application/x-pem-file"), ("ca-bundle.pem", "application/x-pem-file")]
    {
        let answer = control(running.address, "GET", &format!("/_sandbox/{path}"), "");
        assert_eq!((answer.status, answer.header("Content-Type")), (200, Some(content_type)));
        assert!(answer.body.contains(&ca(&running)), "{path}");
    }
    let bundle = control(running.address, "GET", "/_sandbox/ca-bundle.pem", "").body;
    assert!(super::certificates(&bundle).len() > 50, "the rest of the world is trusted too");
}
