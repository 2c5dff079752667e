//! `config`: what the sandbox would be told, and by whom.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::ArgMatches;

use toml::Value;

use super::settings::SETTINGS;
use super::sources::Gathered;
use super::{Failure, gather, output};
use crate::domain::sales_unit::{Permissions, SalesUnit};
use crate::domain::user::{Address, Card, User};

/// What stands for a secret.
const MASKED: &str = "***";

/// Prints or checks the configuration.
pub(super) fn run(matches: &ArgMatches, root: &ArgMatches) -> Result<ExitCode, Failure> {
    let (verb, matches) = matches.subcommand().ok_or("print or check?")?;
    let gathered = gather(&[root, matches])?;
    match verb {
        "check" => output::line("the configuration is good"),
        _ => output::print(&print(&gathered)),
    }
    Ok(ExitCode::SUCCESS)
}

/// Writes the settings as a configuration file would have them. Secrets are masked.
fn print(gathered: &Gathered) -> String {
    let quoted = |text: &str| Value::String(text.to_owned()).to_string();
    let rows: Vec<_> = SETTINGS
        .iter()
        .map(|setting| {
            let origin = gathered.origins.get(setting.key);
            let default = if setting.value.is_none() { "false" } else { setting.default };
            let text = origin.map_or(default, |origin| origin.text.as_str());
            let source = origin.map_or("default", |origin| origin.source.as_str());
            // TOML's numbers end before ours do.
            let number = text.parse::<i64>().is_ok() || setting.value.is_none();
            let shown = match () {
                () if setting.secret && origin.is_some() => quoted(MASKED),
                () if number => text.to_owned(),
                () => quoted(text),
            };
            let unset = if text.is_empty() { "# " } else { "" };
            vec![format!("{unset}{} = {shown}", setting.key), format!("# {source}")]
        })
        .collect();
    let engine = &gathered.settings.config.engine;
    let mut text = output::table(&rows);
    for unit in &engine.sales_units {
        write_table(&mut text, "sales_units", sales_unit(unit));
    }
    for user in &engine.users {
        write_table(&mut text, "users", self::user(user));
    }
    text
}

/// The members of a table, in the order in which they are written; `None` stays out.
type Members = Vec<(&'static str, Option<Value>)>;

fn write_table(text: &mut String, name: &str, members: Members) {
    let _ = writeln!(text, "\n[[{name}]]");
    for (key, value) in given(members) {
        let _ = writeln!(text, "{key} = {value}");
    }
}

fn given(members: Members) -> impl Iterator<Item = (&'static str, Value)> {
    members.into_iter().filter_map(|(key, value)| Some((key, value?)))
}

fn inline(members: Members) -> Value {
    Value::Table(given(members).map(|(key, value)| (key.to_owned(), value)).collect())
}

fn texts<'t>(texts: impl IntoIterator<Item = &'t str>) -> Value {
    Value::Array(texts.into_iter().map(|text| Value::from(text.to_owned())).collect())
}

fn sales_unit(unit: &SalesUnit) -> Members {
    let SalesUnit {
        msn,
        name,
        market,
        client_id,
        client_secret,
        subscription_keys,
        permissions,
        partial_capture,
        bank_account_verified,
        refunds_enabled,
        phone_number_locked,
        payment_limit,
    } = unit;
    let Permissions { payments, express, long_living, push_message, restricted_scopes, late_capture } =
        *permissions;
    let permissions = vec![
        ("payments", Some(payments.into())),
        ("express", Some(express.into())),
        ("long_living", Some(long_living.into())),
        ("push_message", Some(push_message.into())),
        ("restricted_scopes", Some(restricted_scopes.into())),
        ("late_capture", Some(late_capture.into())),
    ];
    let limit = payment_limit.map(|limit| Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
    vec![
        ("msn", Some(msn.to_string().into())),
        ("name", Some(name.clone().into())),
        ("market", Some(market.code().into())),
        ("client_id", (!client_id.is_empty()).then(|| MASKED.into())),
        ("client_secret", (!client_secret.is_empty()).then(|| MASKED.into())),
        ("subscription_keys", Some(texts(subscription_keys.iter().map(|_| MASKED)))),
        ("permissions", Some(inline(permissions))),
        ("partial_capture", Some((*partial_capture).into())),
        ("bank_account_verified", Some((*bank_account_verified).into())),
        ("refunds_enabled", Some((*refunds_enabled).into())),
        ("phone_number_locked", Some((*phone_number_locked).into())),
        ("payment_limit", limit),
    ]
}

fn user(user: &User) -> Members {
    let User {
        phone_number,
        first_name,
        last_name,
        email,
        date_of_birth,
        addresses,
        cards,
        identified,
        exists,
        behaviour,
        after,
    } = user;
    vec![
        ("phone_number", Some(phone_number.to_string().into())),
        ("first_name", Some(first_name.clone().into())),
        ("last_name", Some(last_name.clone().into())),
        ("email", Some(email.clone().into())),
        ("date_of_birth", Some(date_of_birth.clone().into())),
        ("addresses", Some(Value::Array(addresses.iter().map(address).collect()))),
        ("cards", Some(Value::Array(cards.iter().map(card).collect()))),
        ("identified", Some((*identified).into())),
        ("exists", Some((*exists).into())),
        ("behaviour", behaviour.map(|behaviour| behaviour.word().into())),
        ("after", after.map(|after| after.short().into())),
    ]
}

fn address(address: &Address) -> Value {
    let Address { address_line1, address_line2, city, country, post_code } = address.clone();
    inline(vec![
        ("address_line1", Some(address_line1.into())),
        ("address_line2", address_line2.map(Value::from)),
        ("city", Some(city.into())),
        ("country", Some(country.into())),
        ("post_code", Some(post_code.into())),
    ])
}

fn card(card: &Card) -> Value {
    let Card { bin, scheme, enabled, expired } = card.clone();
    inline(vec![
        ("bin", Some(bin.as_str().into())),
        ("scheme", Some(scheme.into())),
        ("enabled", Some(enabled.into())),
        ("expired", Some(expired.into())),
    ])
}
