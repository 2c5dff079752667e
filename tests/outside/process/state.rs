//! The file of `--state`: loaded, saved, and whole whatever happens to the process.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{
    Connection, Folder, MSN, PATIENCE, Running, call, control, create, get, program, request, run,
};

fn start(path: &Path, arguments: &[&str]) -> Running {
    Running::start_command(program(&["--listen", "127.0.0.1:0", "--state"]).arg(path).args(arguments))
}

fn state(running: &Running) -> String {
    control(running.address, "GET", "/_sandbox/state", "").body
}

#[test]
fn a_sandbox_goes_on_from_its_file() {
    let folder = Folder::new();
    let path = folder.path("state.json");
    let running = start(&path, &["--clock", "2026-11-20T09:00:00Z"]);
    assert!(path.exists(), "a file that cannot be written is known at the start");
    for number in 0..20 {
        assert_eq!(call(running.address, create(MSN, &format!("kept-{number:04}"))).status, 201);
    }
    control(running.address, "PUT", "/_sandbox/users/4712345678", r#"{"behaviour": "reject"}"#);
    control(running.address, "POST", "/_sandbox/clock/advance", r#"{"by": "1m"}"#);
    let document = state(&running);
    assert_eq!(state(&running), document);
    running.stop().good();
    assert_eq!(fs::read_to_string(&path).expect("a text"), document, "the file is the document");
    assert_eq!(fs::metadata(&path).expect("it is there").permissions().mode() & 0o777, 0o600);
    // The file says what time it is, whatever the settings say.
    let running = start(&path, &["--clock", "2030-01-01T00:00:00Z"]);
    assert_eq!(state(&running), document);
    assert_eq!(call(running.address, get(MSN, "kept-0007")).status, 200);
    assert_eq!(call(running.address, create(MSN, "kept-0007")).status, 201, "its key is remembered");
    // A reset goes back to the settings, not to the file.
    assert_eq!(control(running.address, "POST", "/_sandbox/reset", "").status, 204);
    let clock = control(running.address, "GET", "/_sandbox/clock", "").json();
    assert_eq!(clock["now"], "2030-01-01T00:00:00.000Z");
    assert_eq!(call(running.address, get(MSN, "kept-0007")).status, 404);
    running.stop().good();
    let mut names: Vec<_> =
        fs::read_dir(folder.path("")).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
    names.sort();
    assert_eq!(names, ["state.json", "state.json.ca.pem"], "nothing but the authority of TLS is beside it");
}

#[test]
fn what_changes_is_saved_without_being_asked() {
    let folder = Folder::new();
    let path = folder.path("state.json");
    let running = start(&path, &[]);
    assert_eq!(call(running.address, create(MSN, "saved-soon-1")).status, 201);
    let look = Duration::from_millis(5);
    let mut looks = 0..PATIENCE.as_millis() / look.as_millis();
    while !fs::read_to_string(&path).is_ok_and(|text| text.contains("saved-soon-1")) {
        assert!(looks.next().is_some(), "it is not saved");
        thread::sleep(look);
    }
    // Looking changes nothing, so nothing is saved.
    let saved = || fs::metadata(&path).and_then(|file| file.modified()).expect("it is there");
    let before = saved();
    control(running.address, "GET", "/_sandbox/payments", "");
    running.stop().good();
    assert_eq!(saved(), before);
}

#[test]
fn the_settings_complete_the_file() {
    let folder = Folder::new();
    let path = folder.path("state.json");
    let unit = |msn: &str, name: &str| format!("[[sales_units]]\nmsn = \"{msn}\"\nname = \"{name}\"\n");
    let user = |number: &str, name: &str| {
        format!("[[users]]\nphone_number = \"{number}\"\nfirst_name = \"{name}\"\n")
    };
    let first = unit("111111", "first") + &user("4711111111", "First");
    start(&path, &["--config-inline", &first]).stop().good();
    let second = unit("111111", "second")
        + &unit("222222", "second")
        + &user("4711111111", "Second")
        + &user("4722222222", "Second");
    let running = start(&path, &["--config-inline", &second]);
    let show = |path: &str| control(running.address, "GET", &format!("/_sandbox{path}"), "").json();
    assert_eq!(show("/sales-units/111111")["name"], "first");
    assert_eq!(show("/sales-units/222222")["name"], "second");
    assert_eq!(show("/users/4711111111")["firstName"], "First");
    assert_eq!(show("/users/4722222222")["firstName"], "Second");
    running.stop().good();
}

#[test]
fn a_file_that_cannot_be_used_stops_the_start() {
    let folder = Folder::new();
    let good = folder.path("good.json");
    let running = start(&good, &[]);
    assert_eq!(call(running.address, create(MSN, "in-the-file-1")).status, 201);
    running.stop().good();
    let text = fs::read_to_string(&good).expect("a text");
    for (name, broken, place) in [
        ("torn.json", text[..text.len() / 2].to_owned(), "EOF"),
        ("empty.json", String::new(), "EOF"),
        ("newer.json", text.replacen("\"version\":1", "\"version\":2", 1), "/version"),
        ("rule.json", text.replacen("\"in-the-file-1\"", "\"x\"", 1), "/units/0/payments/0/reference"),
    ] {
        let path = folder.write(name, &broken);
        let sentence = run(&["--listen", "127.0.0.1:0", "--state", &path.display().to_string()]).failed();
        assert!(
            sentence.contains(name) && sentence.contains(place) && sentence.contains("--state"),
            "{sentence}"
        );
        assert_eq!(fs::read_to_string(&path).expect("a text"), broken, "it is left as it was");
    }
    let nowhere = folder.path("no/such/folder/state.json").display().to_string();
    let sentence = run(&["--listen", "127.0.0.1:0", "--state", &nowhere]).failed();
    assert!(sentence.contains(&nowhere) && sentence.contains("--state"), "{sentence}");
    let folder_itself = folder.path("").display().to_string();
    let sentence = run(&["--listen", "127.0.0.1:0", "--state", folder_itself.trim_end_matches('/')]).failed();
    assert!(sentence.contains("--state"), "{sentence}");
}

/// Creates payments until the sandbox is gone.
fn create_until_the_end(running: &Running, round: usize) -> thread::JoinHandle<()> {
    let mut connection = Connection::open(running.address);
    thread::spawn(move || {
        for number in 0.. {
            connection.send(create(MSN, &format!("round-{round}-{number:06}")));
            if connection.try_answer().is_none() {
                break;
            }
        }
    })
}

fn references(text: &str) -> Vec<String> {
    let document: Value = serde_json::from_str(text).expect("the file is whole");
    let payments = document["units"][0]["payments"].as_array().cloned().unwrap_or_default();
    payments.iter().map(|payment| payment["reference"].as_str().expect("a text").to_owned()).collect()
}

#[test]
fn a_kill_at_any_moment_leaves_the_old_file_or_the_new() {
    const ROUNDS: usize = 24;
    const MOST: usize = 240;
    let folder = Folder::new();
    let path = folder.path("state.json");
    let mut known: Vec<String> = Vec::new();
    let mut grown = 0;
    // No two runs kill at the same moments.
    let mut dice = u64::from(std::process::id()) | 1;
    let mut roll = |sides: u64| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        dice % sides
    };
    for round in 0..MOST {
        if round >= ROUNDS && grown > ROUNDS / 8 {
            break;
        }
        // A busy machine needs longer for the same.
        let slow = 1_000 * u64::try_from(round).unwrap_or_default();
        let running = start(&path, &[]);
        let creator = create_until_the_end(&running, round);
        thread::sleep(Duration::from_millis(roll(60)));
        if round % 4 > 0 {
            // The save of the stop is under way when the kill comes, or not begun, or done.
            running.signal("TERM");
            thread::sleep(Duration::from_micros(10_000 + roll(70_000 + 5 * slow)));
        } else if round % 8 == 0 {
            // Time for what is saved while the sandbox runs.
            thread::sleep(Duration::from_millis(190 + roll(120)));
        }
        running.signal("KILL");
        running.wait();
        // It may have been in the middle of an answer.
        let _ = creator.join();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            Err(error) => panic!("{error}"),
        };
        let now = references(&text);
        assert_eq!(now[..known.len()], known, "what was saved stays saved");
        grown += usize::from(now.len() > known.len());
        known = now;
    }
    assert!(grown > ROUNDS / 8, "the file grew {grown} times: the kills came too early to show anything");
    let running = start(&path, &[]);
    let health = control(running.address, "GET", "/_sandbox/health", "").json();
    assert_eq!(health["payments"], json!(known.len()));
    assert_eq!(call(running.address, get(MSN, &known[known.len() - 1])).status, 200);
    running.stop().good();
}

#[test]
fn a_request_that_waits_does_not_hold_the_last_save_back() {
    let folder = Folder::new();
    let path = folder.path("state.json");
    let running = start(&path, &[]);
    assert_eq!(call(running.address, create(MSN, "last-save-0001")).status, 201);
    let mut waiting = Connection::open(running.address);
    waiting.send(request(
        "GET",
        "/_sandbox/payments/123456/nobody-0001/wait?state=AUTHORIZED&timeout=5m",
        &[],
        "",
    ));
    running.stop().good();
    assert!(fs::read_to_string(&path).expect("a text").contains("last-save-0001"));
}

#[test]
fn a_baseline_is_what_the_sandbox_begins_with_and_goes_back_to() {
    let folder = Folder::new();
    let (fixture, kept) = (folder.path("fixture.json"), folder.path("state.json"));
    let running = start(&folder.path("other.json"), &["--clock", "2026-11-20T09:00:00Z"]);
    assert_eq!(call(running.address, create(MSN, "of-the-fixture-1")).status, 201);
    let document = state(&running);
    running.stop().good();
    fs::write(&fixture, &document).expect("it can be written");
    let shown = fixture.to_str().expect("a text");
    let running = start(&kept, &["--baseline", shown]);
    assert_eq!(state(&running), document);
    assert_eq!(call(running.address, create(MSN, "made-later-0001")).status, 201);
    running.stop().good();
    // What was kept goes before what it began with; a reset goes back to that.
    let running = start(&kept, &["--baseline", shown]);
    assert_eq!(call(running.address, get(MSN, "made-later-0001")).status, 200);
    assert_eq!(control(running.address, "POST", "/_sandbox/reset", "").status, 204);
    assert_eq!(call(running.address, get(MSN, "made-later-0001")).status, 404);
    assert_eq!(call(running.address, get(MSN, "of-the-fixture-1")).status, 200);
    running.stop().good();
}

#[test]
fn a_baseline_that_cannot_be_begun_with_stops_the_start() {
    let folder = Folder::new();
    let fixture = folder.path("fixture.json");
    let shown = fixture.to_str().expect("a text");
    let arguments = ["--listen", "127.0.0.1:0", "--baseline", shown];
    let missing = run(&arguments);
    assert!(missing.code != Some(0) && missing.stderr.contains("cannot be read"), "{missing:?}");
    fs::write(&fixture, r#"{"version": 1, "users": [], "units": 7}"#).expect("it can be written");
    let broken = run(&arguments);
    assert!(broken.code != Some(0) && broken.stderr.contains("/units"), "{broken:?}");
}
