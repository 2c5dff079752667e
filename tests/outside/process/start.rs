//! The start, the ready line, the port file and the signals.

use std::fs;
use std::net::{Ipv6Addr, TcpListener};
use std::time::Duration;

use serde_json::{Value, json};

use super::assert_says_one_url;
use crate::support::{Connection, Folder, MSN, Running, call, control, create, get, program, request, run};

#[test]
fn the_ready_line_is_all_that_is_said_where_nobody_reads_along() {
    for command in [&["--listen", "127.0.0.1:0"][..], &["serve", "--listen", "127.0.0.1:0"]] {
        let running = Running::start_command(&mut program(command));
        assert_says_one_url(&running);
        assert_eq!(call(running.address, create(MSN, "quiet-0001")).status, 201);
        assert_eq!(call(running.address, create(MSN, "quiet 0001")).status, 400);
        assert_eq!(call(running.address, get(MSN, "nothing-0001")).status, 404);
        assert_eq!(call(running.address, "no HTTP\r\n\r\n").status, 400);
        let finished = running.stop();
        assert_eq!((finished.code, &*finished.stdout, &*finished.stderr), (Some(0), "", ""));
    }
}

#[test]
fn the_ready_line_names_an_address_that_leads_there() {
    let running = Running::start_command(&mut program(&["--listen", "0.0.0.0:0"]));
    assert!(running.ready.contains(" http://127.0.0.1:"), "{}", running.ready);
    assert_says_one_url(&running);
    // Not every machine that runs tests has IPv6.
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).is_ok() {
        let running = Running::start_command(&mut program(&["--listen", "[::1]:0"]));
        assert!(running.ready.contains(" http://[::1]:"), "{}", running.ready);
        assert_says_one_url(&running);
    }
}

#[test]
fn the_port_file_holds_the_port_once_the_sandbox_is_ready() {
    let folder = Folder::new();
    let path = folder.write("ports.json", "left over from another run");
    let name = path.display().to_string();
    let running = Running::start(&["--port-file", &name]);
    let text = fs::read_to_string(&path).expect("the port file is there when the sandbox is ready");
    let ports: Value = serde_json::from_str(&text).expect("the port file is JSON");
    assert_eq!(ports, json!({ "http": running.address.to_string() }));
    running.stop().good();
    let left: Vec<_> = fs::read_dir(folder.path("")).expect("a folder can be listed").collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_port_file_that_another_sandbox_has_written_since_stays() {
    let folder = Folder::new();
    let path = folder.path("ports.json");
    for takes_over_the_port in [false, true] {
        let running = Running::start(&["--port-file", &path.display().to_string()]);
        let text = fs::read_to_string(&path).expect("it is there");
        let newer = if takes_over_the_port { text } else { "{\"http\":\"127.0.0.1:1\"}\n".to_owned() };
        let other = folder.write("newer.json", &newer);
        let written = fs::metadata(&path).and_then(|data| data.modified()).expect("it is there");
        let later = written + Duration::from_secs(1);
        fs::File::options()
            .write(true)
            .open(&other)
            .and_then(|file| file.set_modified(later))
            .expect("a file");
        // As a sandbox writes it: as a whole, by another file's name.
        fs::rename(&other, &path).expect("a file can be renamed");
        running.stop().good();
        assert_eq!(fs::read_to_string(&path).ok(), Some(newer), "{takes_over_the_port}");
    }
}

#[test]
fn a_port_file_that_cannot_be_written_stops_the_start() {
    let folder = Folder::new();
    let path = folder.path("no/such/folder/ports.json").display().to_string();
    let sentence = run(&["--listen", "127.0.0.1:0", "--port-file", &path]).failed();
    assert!(sentence.contains(&path) && sentence.contains("--port-file"), "{sentence}");
}

#[test]
fn a_signal_stops_it_whoever_is_still_connected() {
    for signal in ["TERM", "INT"] {
        let running = Running::start(&[]);
        let mut idle: Vec<_> = (0..5).map(|_| Connection::open(running.address)).collect();
        for connection in &mut idle {
            connection.send(request("GET", "/readyz", &[], ""));
            assert_eq!(connection.answer().status, 200);
        }
        let mut silent = Connection::open(running.address);
        silent.send("");
        let mut half = Connection::open(running.address);
        half.send("GET /readyz HTTP/1.1\r\nHo");
        let mut stalled = Connection::open(running.address);
        stalled.send(create(MSN, "stalled-0001").trim_end_matches('}'));
        let mut advancing = Connection::open(running.address);
        advancing.send(
            "POST /_sandbox/clock/advance HTTP/1.1\r\nHost: localhost\r\nContent-Length: 20\r\n\r\n{\"by\":",
        );
        let mut waiting = Connection::open(running.address);
        waiting.send(request(
            "GET",
            "/_sandbox/payments/123456/nobody-0001/wait?state=AUTHORIZED&timeout=5m",
            &[],
            "",
        ));
        let mut journal = Connection::open(running.address);
        journal.send(request("GET", "/_sandbox/requests/wait?timeout=5m", &[], ""));
        let mut stream = Connection::open(running.address);
        stream.send(request("GET", "/_sandbox/events", &[], ""));
        assert_eq!(stream.answer_to_head().status, 200);
        for _ in 0..5 {
            assert_eq!(control(running.address, "GET", "/readyz", "").status, 200);
        }
        running.signal(signal);
        let finished = running.wait();
        assert_eq!((finished.code, &*finished.stderr), (Some(0), ""), "{signal}");
        assert_eq!(waiting.try_answer(), None, "nobody authorised the payment");
        assert_eq!(journal.try_answer(), None, "nobody called");
    }
}

#[test]
fn a_taken_port_stops_the_start_with_the_way_out() {
    let other = TcpListener::bind("127.0.0.1:0").expect("there is a free port");
    let port = other.local_addr().expect("a listener has an address").port();
    let sentence = run(&["--listen", &format!("127.0.0.1:{port}")]).failed();
    let expected =
        format!("port {port} on 127.0.0.1 is taken (try --listen 127.0.0.1:0 or stop the other process)");
    assert_eq!(sentence, expected);
}

#[test]
fn sandboxes_on_free_ports_do_not_meet_at_the_default_port_of_tls() {
    let start = || {
        let mut command = program(&["--listen", "127.0.0.1:0"]);
        Running::start_command(command.env_remove("EPAYMENT_SANDBOX_TLS_LISTEN"))
    };
    let (one, other) = (start(), start());
    let ports = [&one, &other].map(|running| running.tls_address.expect("it says so").port());
    assert!(ports[0] != ports[1] && !ports.contains(&0), "{ports:?}");
    one.stop().good();
    other.stop().good();
}
