//! Rules about requests as such: tokens, headers, how often.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::{CallSeen, Level, Rests, Rule, Seen, Traffic, counted, unless_broken};
use crate::domain::operation::Operation;
use crate::domain::span::Span;

pub(super) static RULES: &[Rule] = &[
    Rule {
        id: "token-reused",
        title: "An access token is used until it expires",
        level: Level::Warning,
        rule: "Three tokens or more of one sales unit, and fewer than two calls for each, mean that a token is fetched per call.",
        source: "The vendor's token guide: a token is good for an hour in test and a day in production, and is to be kept.",
        advice: "Keep the token with its expiry, and fetch another shortly before that, or after a 401.",
        rests: Rests::Calls,
        look: token_reused,
    },
    Rule {
        id: "msn-header",
        title: "Merchant-Serial-Number is sent with every call",
        level: Level::Warning,
        rule: "Every call about payments and webhooks has the header.",
        source: "The vendor's OpenAPI document requires it of payments, and its guide recommends it for every API.",
        advice: "Send Merchant-Serial-Number with every call.",
        rests: Rests::Calls,
        look: msn_header,
    },
    Rule {
        id: "system-headers",
        title: "The four Vipps-System headers are sent with every call",
        level: Level::Warning,
        rule: "Every call has Vipps-System-Name, Vipps-System-Version, Vipps-System-Plugin-Name and Vipps-System-Plugin-Version, none empty.",
        source: "The vendor's checklist: required of partners and plugins, recommended for all.",
        advice: "Send all four with every call, each of at most 30 characters; they are what the vendor's support looks for.",
        rests: Rests::Calls,
        look: system_headers,
    },
    Rule {
        id: "polling",
        title: "The payment's state is asked for",
        level: Level::Error,
        rule: "Somebody asks for a payment that was created, with its state or its events.",
        source: "The vendor's checklist: webhooks and polling are both needed, because a webhook can be late or lost.",
        advice: "Ask for the payment when the customer is back, and poll it while no webhook has come.",
        rests: Rests::Sight,
        look: polling,
    },
    Rule {
        id: "poll-rate",
        title: "Polls leave two seconds between each other",
        level: Level::Warning,
        rule: "Five polls of one payment in a row, all with the same answer, take four seconds or more by the machine's clock.",
        source: "The vendor's polling advice: the first after five seconds, then one every two seconds.",
        advice: "Wait five seconds before the first poll and two between polls; the limit is 120 a minute.",
        rests: Rests::Calls,
        look: poll_rate,
    },
    Rule {
        id: "rate-limits",
        title: "Rate limits are kept",
        level: Level::Warning,
        rule: "No call is answered with 429.",
        source: "The vendor's rate limits: 5 changes and 120 looks a minute for one payment. With --rate-limits enforce the sandbox has them.",
        advice: "Wait as long as Retry-After says, and repeat the call with the same idempotency key.",
        rests: Rests::Calls,
        look: |traffic| {
            let broken = traffic.calls.iter().filter(|call| call.status == 429);
            unless_broken("call", traffic.calls.len(), broken, "Answered with 429")
        },
    },
];

fn token_reused(traffic: &Traffic) -> Seen {
    let mut units: BTreeMap<Option<String>, (Vec<&CallSeen>, usize)> = BTreeMap::new();
    for call in &traffic.calls {
        let (fetched, used) = units.entry(call.msn.map(|msn| msn.to_string())).or_default();
        match call.operation {
            Operation::Token if call.went_well() => fetched.push(call),
            Operation::Token => {}
            _ => *used += 1,
        }
    }
    let fetched: usize = units.values().map(|(fetched, _)| fetched.len()).sum();
    let tokens: HashSet<u64> = traffic.calls.iter().filter_map(|call| call.token).collect();
    let calls = traffic.calls.iter().filter(|call| !call.is(Operation::Token)).count();
    // Whose token it was is not always known, so all sales units are counted together as well.
    let wasted = |fetched: usize, used: usize| fetched >= 3 && used < fetched * 2;
    let wasteful: Vec<_> = units
        .into_values()
        .filter(|(fetched, used)| wasted(fetched.len(), *used) && wasted(fetched.len(), calls))
        .collect();
    match (fetched, wasteful.is_empty()) {
        (0, _) => Seen::nothing("No access token was fetched."),
        (_, false) => {
            let wasted: Vec<_> = wasteful.into_iter().flat_map(|(fetched, _)| fetched).collect();
            let count = wasted.len();
            Seen::failed(format!("{} fetched for {calls} other calls.", counted(count, "token"))).by(wasted)
        }
        (_, true) if calls < 2 => Seen::nothing("There were too few calls to tell."),
        (_, true) => Seen::passed(format!(
            "{} fetched, {} used in {calls} calls.",
            counted(fetched, "token"),
            tokens.len()
        )),
    }
}

fn msn_header(traffic: &Traffic) -> Seen {
    let calls: Vec<_> = traffic.calls.iter().filter(|call| !call.is(Operation::Token)).collect();
    let broken = calls.iter().copied().filter(|call| !call.has_msn);
    unless_broken("call", calls.len(), broken, "Without Merchant-Serial-Number")
}

fn system_headers(traffic: &Traffic) -> Seen {
    let broken: Vec<_> =
        traffic.calls.iter().filter(|call| !call.missing_system_headers.is_empty()).collect();
    let mut names: Vec<_> = broken.iter().flat_map(|call| &call.missing_system_headers).copied().collect();
    names.sort_unstable();
    names.dedup();
    let problem = format!("Without {}", names.join(", "));
    unless_broken("call", traffic.calls.len(), broken, &problem)
}

fn is_poll(call: &CallSeen) -> bool {
    matches!(call.operation, Operation::Get | Operation::Events)
}

fn polling(traffic: &Traffic) -> Seen {
    let polls: Vec<_> = traffic.calls.iter().filter(|call| is_poll(call) && call.went_well()).collect();
    let made: Vec<_> = traffic.of(Operation::Create).filter(|call| call.went_well()).collect();
    match (polls.as_slice(), made.as_slice()) {
        ([first, ..], _) => {
            Seen::passed(format!("{} of payments.", counted(polls.len(), "look"))).by([*first])
        }
        ([], []) => Seen::nothing("No payment was made."),
        ([], _) if traffic.forgotten_calls > 0 => {
            Seen::nothing("Nobody asked for a payment in the calls that are remembered.")
        }
        ([], made) => Seen::failed(format!("Nobody asked for any of {}.", counted(made.len(), "payment")))
            .by(made.iter().copied()),
    }
}

fn poll_rate(traffic: &Traffic) -> Seen {
    const IN_A_ROW: usize = 5;
    const SHORTEST: Span = Span::seconds(4);
    let mut polls = 0;
    let mut rows: HashMap<_, Vec<&CallSeen>> = HashMap::new();
    let mut broken: Vec<&CallSeen> = Vec::new();
    for call in &traffic.calls {
        let Some(reference) = &call.reference else { continue };
        let row = rows.entry((call.msn.map(|msn| msn.to_string()), reference)).or_default();
        if !is_poll(call) {
            row.clear();
            continue;
        }
        polls += 1;
        if row.last().is_some_and(|last| (last.operation, last.answer) != (call.operation, call.answer)) {
            row.clear();
        }
        row.push(call);
        if let Some(from) = row.len().checked_sub(IN_A_ROW)
            && call.began.less(row[from].began) < SHORTEST
        {
            broken.push(call);
        }
    }
    unless_broken("poll", polls, broken, "Too soon after those before")
}
