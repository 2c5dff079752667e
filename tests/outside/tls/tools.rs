//! What other programs make of the certificates. A program that is not here is named and left out.

use std::fs;
use std::io::{self, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use epayment_sandbox::Sandbox;

use super::{address, connect};
use crate::support::Folder;

/// Runs a program; returns what it says, or `None` where there is no such program.
fn say(command: &mut Command) -> Option<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let Ok(output) = command.stdin(Stdio::null()).output() else {
        // Past the capture, so that it is seen of a test that passes.
        let _ = writeln!(io::stderr(), "{name} is not installed, so it is not asked");
        return None;
    };
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    assert!(output.status.success(), "{name}: {text}");
    Some(text)
}

fn put(folder: &Folder, name: &str, sandbox: &Sandbox, path: &str) -> std::path::PathBuf {
    let mut socket = connect(sandbox.address());
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).expect("it takes a request");
    let mut answer = Vec::new();
    socket.read_to_end(&mut answer).expect("it answers");
    let body = answer.windows(4).position(|window| window == b"\r\n\r\n").expect("a head") + 4;
    let file = folder.path(name);
    fs::write(&file, &answer[body..]).expect("the folder can be written to");
    file
}

#[test]
fn java_trusts_the_store() {
    let folder = Folder::new();
    let sandbox = Sandbox::start();
    let store = put(&folder, "truststore.p12", &sandbox, "/_sandbox/truststore.p12");
    let list = |password: &str| {
        let mut keytool = Command::new("keytool");
        keytool.args(["-list", "-storetype", "PKCS12", "-storepass", password, "-keystore"]).arg(&store);
        keytool
    };
    let Some(listed) = say(&mut list("changeit")) else { return };
    let trusted = listed.matches("trustedCertEntry").count();
    assert!(trusted > 50, "the rest of the world is trusted too: {listed}");
    assert!(listed.contains("epayment-sandbox, "), "{listed}");
    assert!(listed.contains(&format!("contains {trusted} entries")), "nothing else is in it: {listed}");
    let wrong = list("something else").output().expect("it ran before");
    assert!(!wrong.status.success(), "the password seals it");
}

/// Asks for a URL as any program does, and says what it got over which protocol.
const JAVA: &str = r#"
import java.net.URI;
import java.net.http.*;
class Ask {
    public static void main(String[] arguments) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(arguments[0])).build();
        var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
        System.out.println(answer.statusCode() + " " + answer.version() + " " + answer.body());
    }
}
"#;

#[test]
fn java_reaches_the_sandbox_by_its_environment() {
    let folder = Folder::new();
    let sandbox = Sandbox::start();
    let store = put(&folder, "truststore.p12", &sandbox, "/_sandbox/truststore.p12");
    let options = format!(
        "-Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort={} -Djavax.net.ssl.trustStore={} \
         -Djavax.net.ssl.trustStoreType=PKCS12 -Djavax.net.ssl.trustStorePassword=changeit",
        sandbox.address().port(),
        store.display()
    );
    let modules = Command::new("java").arg("--list-modules").output().map(|output| output.stdout);
    if !modules.is_ok_and(|modules| String::from_utf8_lossy(&modules).contains("jdk.compiler")) {
        let _ = writeln!(io::stderr(), "a Java with its compiler is not installed, so it is not asked");
        return;
    }
    let mut java = Command::new("java");
    java.env("JAVA_TOOL_OPTIONS", options).arg(folder.write("Ask.java", JAVA));
    let said = say(java.arg("https://apitest.vipps.no/livez")).expect("it is there");
    assert!(said.contains("200 HTTP_2 {\"status\":\"ok\"}"), "{said}");
}

#[test]
fn openssl_takes_the_chain_at_its_strictest() {
    let folder = Folder::new();
    let sandbox = Sandbox::builder().tls().start();
    let ca = put(&folder, "ca.pem", &sandbox, "/_sandbox/ca.pem");
    for name in ["apitest.vipps.no", "localhost"] {
        let mut openssl = Command::new("openssl");
        openssl.args(["s_client", "-connect", &address(&sandbox).to_string(), "-servername", name]);
        openssl.args(["-verify_hostname", name, "-verify_return_error", "-x509_strict", "-CAfile"]).arg(&ca);
        let Some(said) = say(&mut openssl) else { return };
        assert!(said.contains("Verify return code: 0 (ok)"), "{said}");
    }
}

/// Python 3.13 is strict by default; before, strictness is a flag.
const PYTHON: &str = "
import socket, ssl, sys
context = ssl.create_default_context(cafile=sys.argv[1])
context.verify_flags |= ssl.VERIFY_X509_STRICT
context.set_alpn_protocols(['http/1.1'])
host, port = sys.argv[2].rsplit(':', 1)
for name in ['apitest.vipps.no', 'localhost', '127.0.0.1']:
    with context.wrap_socket(socket.create_connection((host, int(port))), server_hostname=name) as stream:
        print(name, stream.version())
";

#[test]
fn python_takes_the_chain_at_its_strictest() {
    let folder = Folder::new();
    let sandbox = Sandbox::builder().tls().start();
    let ca = put(&folder, "ca.pem", &sandbox, "/_sandbox/ca.pem");
    let mut python = Command::new("python3");
    python.args(["-c", PYTHON]).arg(&ca).arg(address(&sandbox).to_string());
    let Some(said) = say(&mut python) else { return };
    assert_eq!(said.matches("TLSv1.3").count(), 3, "{said}");
}

fn curl(sandbox: &Sandbox, ca: &Path) -> Command {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--show-error", "--fail", "--max-time", "20", "--cacert"]).arg(ca);
    for (name, _) in
        std::env::vars_os().filter(|(name, _)| name.to_string_lossy().to_lowercase().ends_with("_proxy"))
    {
        curl.env_remove(name);
    }
    let port = address(sandbox).port();
    curl.args(["--resolve", &format!("apitest.vipps.no:{port}:127.0.0.1")]);
    curl
}

#[test]
fn curl_reaches_the_sandbox_under_the_vendors_name() {
    let folder = Folder::new();
    let sandbox = Sandbox::builder().tls().start();
    let ca = put(&folder, "ca.pem", &sandbox, "/_sandbox/ca.pem");
    let resolved = format!("https://apitest.vipps.no:{}/livez", address(&sandbox).port());
    let Some(said) = say(curl(&sandbox, &ca).arg(&resolved)) else { return };
    assert_eq!(said, "{\"status\":\"ok\"}");
    let proxied = "https://apitest.vipps.no/livez";
    let said = say(curl(&sandbox, &ca).args(["--proxy", &sandbox.url(), proxied]));
    assert_eq!(said.as_deref(), Some("{\"status\":\"ok\"}"));
    let said = say(curl(&sandbox, &ca).env("HTTPS_PROXY", sandbox.url()).arg(proxied));
    assert_eq!(said.as_deref(), Some("{\"status\":\"ok\"}"), "by the environment alone");
}
