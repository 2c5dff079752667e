//! How a client comes here: settings to copy, for each language.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::list::try_it;
use super::shown;
use crate::control::Control;
use crate::engine::{Credentials, DEFAULT_MSN};

#[derive(Template)]
#[template(path = "dashboard/connect.html", whitespace = "minimize")]
struct Connect {
    base: String,
    msn: String,
    any_credentials: bool,
    snippets: Vec<(&'static str, String)>,
}

/// Shows the settings.
pub(super) async fn view(State(control): State<Control>) -> Response {
    let base = control.public_url.clone();
    let units = control.engine.units();
    let any_credentials = control.engine.settings().credentials == Credentials::Any;
    let msn = units.first().map_or_else(|| DEFAULT_MSN.to_owned(), |unit| unit.msn.to_string());
    let snippets = SNIPPETS
        .iter()
        .map(|(language, text)| (*language, text.trim().replace("{base}", &base).replace("{msn}", &msn)));
    let snippets = std::iter::once(("curl", try_it(&control))).chain(snippets).collect();
    shown(&Connect { base, msn, any_credentials, snippets })
}

/// The first steps of a client in each language: an access token from the sandbox.
const SNIPPETS: [(&str, &str); 8] = [
    (
        "Environment",
        r#"
export VIPPS_BASE_URL="{base}"
export VIPPS_MSN="{msn}"
export VIPPS_CLIENT_ID="any" VIPPS_CLIENT_SECRET="any" VIPPS_SUBSCRIPTION_KEY="any"
"#,
    ),
    (
        "Node",
        r"
const base = '{base}';
const answer = await fetch(`${base}/accesstoken/get`, {
  method: 'POST',
  headers: { client_id: 'any', client_secret: 'any', 'Ocp-Apim-Subscription-Key': 'any', 'Merchant-Serial-Number': '{msn}' },
});
const { access_token } = await answer.json();
",
    ),
    (
        "Python",
        r#"
import requests

base = "{base}"
headers = {"client_id": "any", "client_secret": "any", "Ocp-Apim-Subscription-Key": "any", "Merchant-Serial-Number": "{msn}"}
access_token = requests.post(f"{base}/accesstoken/get", headers=headers).json()["access_token"]
"#,
    ),
    (
        "PHP",
        r#"
$base = '{base}';
$curl = curl_init("$base/accesstoken/get");
curl_setopt_array($curl, [CURLOPT_POST => true, CURLOPT_POSTFIELDS => '', CURLOPT_RETURNTRANSFER => true, CURLOPT_HTTPHEADER => [
    'client_id: any', 'client_secret: any', 'Ocp-Apim-Subscription-Key: any', 'Merchant-Serial-Number: {msn}']]);
$accessToken = json_decode(curl_exec($curl))->access_token;
"#,
    ),
    (
        ".NET",
        r#"
var client = new HttpClient { BaseAddress = new Uri("{base}") };
client.DefaultRequestHeaders.Add("Ocp-Apim-Subscription-Key", "any");
client.DefaultRequestHeaders.Add("Merchant-Serial-Number", "{msn}");
var request = new HttpRequestMessage(HttpMethod.Post, "/accesstoken/get") { Headers = { { "client_id", "any" }, { "client_secret", "any" } } };
var answer = await (await client.SendAsync(request)).Content.ReadAsStringAsync();
"#,
    ),
    (
        "Java",
        r#"
var request = HttpRequest.newBuilder(URI.create("{base}/accesstoken/get"))
    .headers("client_id", "any", "client_secret", "any", "Ocp-Apim-Subscription-Key", "any", "Merchant-Serial-Number", "{msn}")
    .POST(HttpRequest.BodyPublishers.noBody()).build();
var answer = HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString()).body();
"#,
    ),
    (
        "Go",
        r#"
request, err := http.NewRequest("POST", "{base}/accesstoken/get", nil)
request.Header = http.Header{"client_id": {"any"}, "client_secret": {"any"},
	"Ocp-Apim-Subscription-Key": {"any"}, "Merchant-Serial-Number": {"{msn}"}}
answer, err := http.DefaultClient.Do(request)
"#,
    ),
    (
        "Rust",
        r#"
// In a test, the crate can run the sandbox itself: let base = epayment_sandbox::Sandbox::start().url();
let answer: serde_json::Value = reqwest::Client::new().post("{base}/accesstoken/get")
    .header("client_id", "any").header("client_secret", "any")
    .header("Ocp-Apim-Subscription-Key", "any").header("Merchant-Serial-Number", "{msn}")
    .send().await?.json().await?;
"#,
    ),
];
