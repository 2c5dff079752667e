//! A call, or a connection that was refused, as one line of the terminal.

use serde_json::Value;

use super::output;

/// How wide the columns are.
const OPERATION: usize = 7;
const REFERENCE: usize = 24;

/// Writes `09:15:40 capture boutique-77-a0001  400  6090 Capture amount too high: 119,00 left, asked for 150,00`.
pub(super) fn of_call(call: &Value, coloured: bool) -> String {
    let text = |value: &Value| output::clean(value.as_str().unwrap_or_default());
    let status = call["status"].as_u64().unwrap_or_default();
    let told = if call["error"].is_null() { text(&call["amount"]) } else { refusal(call) };
    let micros = call["micros"].as_u64().unwrap_or_default();
    let time = format!("{:>4}.{} ms", micros / 1000, micros / 100 % 10);
    let paint = match (coloured, status < 400) {
        (false, _) => ["", "", ""],
        (true, true) => ["\x1b[32m", "\x1b[2m", "\x1b[0m"],
        (true, false) => ["\x1b[33m", "\x1b[2m", "\x1b[0m"],
    };
    let [colour, dim, plain] = paint;
    let operation = call["operation"].as_str().unwrap_or("-");
    let reference = match call["reference"].as_str() {
        Some(_) => text(&call["reference"]),
        None if call["operation"].is_null() => format!("{} {}", text(&call["method"]), text(&call["path"])),
        None => "-".into(),
    };
    let at = call["at"].as_str().and_then(|at| at.get(11..19)).unwrap_or("-");
    let head = format!("{at} {operation:<OPERATION$} {reference:<REFERENCE$} {colour}{status}{plain}");
    format!("{head}  {told:<28} {dim}{time}  {}{plain}", text(&call["id"]))
}

/// Writes `09:15:40 proxy   example.com:443          refused 3 times`.
pub(super) fn of_connection(row: &Value, coloured: bool) -> String {
    let text = |name: &str| output::clean(row[name].as_str().unwrap_or_default());
    let target = row["port"].as_u64().map_or_else(|| text("host"), |port| format!("{}:{port}", text("host")));
    let times = row["count"].as_u64().filter(|count| *count > 1);
    let times = times.map_or(String::new(), |count| format!(" {count} times"));
    let [colour, plain] = if coloured { ["\x1b[33m", "\x1b[0m"] } else { ["", ""] };
    let at = row["lastAt"].as_str().and_then(|at| at.get(11..19)).unwrap_or("-");
    format!("{at} {:<OPERATION$} {target:<REFERENCE$} {colour}refused{plain}{times}", text("via"))
}

fn refusal(call: &Value) -> String {
    let error = &call["error"];
    let code = error["code"].as_u64().map_or(String::new(), |code| format!("{code} "));
    let brief = error["brief"].as_str().map_or(String::new(), |brief| format!(": {brief}"));
    output::clean(&format!("{code}{}{brief}", error["title"].as_str().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_connection_is_told_with_its_host_and_how_often() {
        let one = json!({"host": "example.com", "port": 443, "via": "proxy", "count": 1,
            "lastAt": "2026-11-20T09:15:41.000Z"});
        let many = json!({"host": "api.vipps.no\u{1b}", "port": null, "via": "tls", "count": 12,
            "lastAt": "2026-11-20T09:15:42.000Z"});
        assert_eq!(
            [&one, &many].map(|row| of_connection(row, false)),
            [
                "09:15:41 proxy   example.com:443          refused",
                "09:15:42 tls     api.vipps.no\u{fffd}            refused 12 times",
            ]
        );
        assert!(of_connection(&one, true).contains("\x1b[33mrefused\x1b[0m"));
    }

    #[test]
    fn lines_are_aligned() {
        let good = json!({"id": "req-7", "at": "2026-11-20T09:14:31.000Z", "operation": "create", "reference": "boutique-77-a0001",
            "status": 201, "micros": 412, "amount": "NOK 319,00", "error": null});
        let refused = json!({"id": "req-12", "at": "2026-11-20T09:15:40.000Z", "operation": "capture",
            "reference": "boutique-77-a0001", "status": 400, "micros": 12_345, "amount": "NOK 150,00",
            "error": {"code": 6090, "title": "Capture amount too high", "brief": "119,00 left, asked for 150,00"}});
        let nowhere = json!({"id": "req-13", "at": "2026-11-20T09:15:41.000Z", "operation": null, "reference": null, "method": "GET",
            "path": "/x\u{1b}[2J", "status": 404, "micros": 0, "amount": null,
            "error": {"code": null, "title": "Resource not found", "brief": null}});
        assert_eq!(
            [&good, &refused, &nowhere].map(|call| of_call(call, false)),
            [
                "09:14:31 create  boutique-77-a0001        201  NOK 319,00                      0.4 ms  req-7",
                "09:15:40 capture boutique-77-a0001        400  6090 Capture amount too high: 119,00 left, asked for 150,00   12.3 ms  req-12",
                "09:15:41 -       GET /x\u{fffd}[2J               404  Resource not found              0.0 ms  req-13",
            ]
        );
        assert!(of_call(&good, true).contains("\x1b[32m201\x1b[0m"));
    }
}
