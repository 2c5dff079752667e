//! Where settings come from: a flag beats a variable beats the file beats the default. What nobody knows stops the
//! start, with the nearest name that exists.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use clap::ArgMatches;
use clap::parser::ValueSource;
use toml::Spanned;

use super::lists;
use super::settings::{PREFIX, SETTINGS, Setting, Settings};

/// The file that is read when none is named.
const DEFAULT_FILE: &str = "epayment-sandbox.toml";
/// Settings that say where the others are.
pub(super) const CONFIG: &str = "config";
pub(super) const CONFIG_INLINE: &str = "config_inline";
/// Variables with our prefix that point clients here and are no settings.
const NOT_SETTINGS: [&str; 2] = ["URL", "TLS_URL"];
/// Lists that only a configuration can hold.
const LISTS: [&str; 2] = ["sales_units", "users"];

/// A complaint that stops the start.
pub(super) type Complaint = String;

/// The settings, and where each came from.
pub(super) struct Gathered {
    pub(super) settings: Settings,
    pub(super) origins: HashMap<&'static str, Origin>,
}

/// A value as it was given, and by what.
pub(super) struct Origin {
    pub(super) text: String,
    pub(super) source: String,
}

/// Gathers the settings from flags, variables and configuration.
pub(super) fn gather(
    flags: &[&ArgMatches],
    variables: impl Iterator<Item = (String, String)>,
) -> Result<Gathered, Complaint> {
    let variables = read_variables(variables)?;
    let mut gathered = Gathered { settings: Settings::default(), origins: HashMap::new() };
    let given = |key: &str| flag(flags, key).or_else(|| variables.get(key).cloned());

    let file = given(CONFIG);
    let path = file.as_deref().unwrap_or(DEFAULT_FILE);
    if file.is_some() || Path::new(path).exists() {
        let text = std::fs::read_to_string(path)
            .map_err(|error| format!("the configuration file {path} cannot be read: {error}"))?;
        gathered.read_toml(&text, path)?;
    }
    if let Some(text) = given(CONFIG_INLINE) {
        gathered.read_toml(&text, "the inline configuration")?;
    }
    for setting in SETTINGS {
        if let Some(text) = variables.get(setting.key) {
            gathered.set(setting, text, &setting.variable())?;
        }
    }
    for setting in SETTINGS {
        if let Some(text) = flag(flags, setting.key) {
            gathered.set(setting, &text, &format!("--{}", setting.flag()))?;
        }
    }
    gathered.settings.check()?;
    Ok(gathered)
}

/// Returns the value that a flag gives, the innermost command's first.
fn flag(flags: &[&ArgMatches], key: &str) -> Option<String> {
    flags.iter().rev().find_map(|matches| {
        let known = matches.try_contains_id(key).unwrap_or(false);
        let on_command_line = known && matches.value_source(key) == Some(ValueSource::CommandLine);
        // Several stand for a list; of other settings there is one at most.
        let all = || Some(matches.get_many::<String>(key)?.map(String::as_str).collect::<Vec<_>>().join(","));
        if on_command_line { all() } else { None }
    })
}

/// Whether a flag of this command gives the setting, rather than the environment or a configuration.
pub(super) fn given_as_flag(matches: &ArgMatches, key: &str) -> bool {
    flag(&[matches], key).is_some()
}

/// Takes our variables out of the environment. An empty one counts as not set: compose files pass them so.
fn read_variables(
    variables: impl Iterator<Item = (String, String)>,
) -> Result<HashMap<String, String>, Complaint> {
    let mut read = HashMap::new();
    for (name, value) in variables {
        let Some(rest) = name.strip_prefix(PREFIX) else { continue };
        let key = rest.to_lowercase();
        let known =
            SETTINGS.iter().any(|setting| setting.key == key) || [CONFIG, CONFIG_INLINE].contains(&&*key);
        if NOT_SETTINGS.contains(&rest) {
            continue;
        }
        if !known || rest != rest.to_uppercase() {
            let nearest =
                nearest(&key, SETTINGS.iter().map(|setting| setting.key).chain([CONFIG, CONFIG_INLINE]));
            return Err(format!("unknown variable {name}: did you mean {PREFIX}{}?", nearest.to_uppercase()));
        }
        if !value.is_empty() {
            read.insert(key, value);
        }
    }
    Ok(read)
}

impl Gathered {
    fn set(&mut self, setting: &'static Setting, text: &str, source: &str) -> Result<(), Complaint> {
        (setting.read)(&mut self.settings, text).map_err(|problem| format!("{source}: {problem}"))?;
        self.origins.insert(setting.key, Origin { text: text.to_owned(), source: source.to_owned() });
        Ok(())
    }

    fn read_toml(&mut self, text: &str, name: &str) -> Result<(), Complaint> {
        type Document = BTreeMap<Spanned<String>, Spanned<toml::Value>>;
        // The same text twice: once for what it says, once for where.
        let lists = lists::Document::parse(text, name)?;
        let document: Document =
            toml::from_str(text).map_err(|error| format!("{name}: {}", error.message()))?;
        for (key, value) in document {
            let line = line_of(text, key.span().start);
            let place = format!("{name} line {line}");
            let (key, value) = (key.into_inner(), value.into_inner());
            let complain = |problem: String| format!("{place}: {problem}");
            match key.as_str() {
                "sales_units" => {
                    let units = lists.read_list(&key, value)?;
                    self.settings.set_sales_units(units).map_err(|problem| lists.complain(&problem))?;
                }
                "users" => {
                    let users = lists.read_list(&key, value)?;
                    self.settings.set_users(users).map_err(|problem| lists.complain(&problem))?;
                }
                key => match SETTINGS.iter().find(|setting| setting.key == key) {
                    Some(setting) => {
                        let text = plain(&value, setting.list).map_err(complain)?;
                        self.set(setting, &text, &format!("{place}, {key}"))?;
                    }
                    None => {
                        let nearest = nearest(key, SETTINGS.iter().map(|setting| setting.key).chain(LISTS));
                        return Err(format!("unknown key \"{key}\" in {place}: did you mean \"{nearest}\"?"));
                    }
                },
            }
        }
        Ok(())
    }
}

/// Returns a value as its text.
fn plain(value: &toml::Value, list: bool) -> Result<String, String> {
    match value {
        toml::Value::Array(values) if list => {
            let texts: Result<Vec<_>, _> = values.iter().map(|value| plain(value, false)).collect();
            Ok(texts?.join(","))
        }
        toml::Value::String(text) => Ok(text.clone()),
        toml::Value::Integer(_) | toml::Value::Boolean(_) | toml::Value::Datetime(_) => Ok(value.to_string()),
        toml::Value::Float(_) | toml::Value::Array(_) | toml::Value::Table(_) => {
            Err(format!("a text, a whole number, true or false is needed, not {}", value.type_str()))
        }
    }
}

/// Returns the line, from 1, on which a byte stands.
pub(super) fn line_of(text: &str, offset: usize) -> usize {
    1 + text[..offset.min(text.len())].matches('\n').count()
}

/// Returns the known name that is most like a wrong one.
pub(super) fn nearest<'n>(wrong: &str, known: impl Iterator<Item = &'n str>) -> &'n str {
    let likeness = |name: &str| strsim::jaro_winkler(wrong, name);
    known.max_by(|one, other| likeness(one).total_cmp(&likeness(other))).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_toml(text: &str) -> Result<Gathered, Complaint> {
        let mut gathered = Gathered { settings: Settings::default(), origins: HashMap::new() };
        gathered.read_toml(text, "epayment-sandbox.toml")?;
        gathered.settings.check()?;
        Ok(gathered)
    }

    fn complaint(text: &str) -> String {
        match of_toml(text) {
            Ok(_) => panic!("{text} is taken"),
            Err(complaint) => complaint,
        }
    }

    #[test]
    fn what_is_wrong_in_a_file_is_said_with_its_line() {
        for (text, expected) in [
            (
                "\n\nlistn = \"x\"",
                "unknown key \"listn\" in epayment-sandbox.toml line 3: did you mean \"listen\"?",
            ),
            (
                "seed = -1",
                "epayment-sandbox.toml line 1, seed: \"-1\" is no whole number from 0 to 18446744073709551615",
            ),
            (
                "seed = 1\nmarket = \"SE\"",
                "epayment-sandbox.toml line 2, market: \"SE\" is none of NO, DK, FI",
            ),
            (
                "strict = \"yes\"",
                "epayment-sandbox.toml line 1, strict: \"yes\" is none of true, false, 1, 0",
            ),
            (
                "seed = [1]",
                "epayment-sandbox.toml line 1: a text, a whole number, true or false is needed, not array",
            ),
            (
                "[[sales_units]]\nname = \"x\"",
                "epayment-sandbox.toml line 1: sales_units[0].msn: it is missing; every sales unit needs one",
            ),
            (
                "[[sales_units]]\nmsn = \"12\"",
                "epayment-sandbox.toml line 2: sales_units[0].msn: \"12\" is not a merchant serial number of 4 to 10 digits",
            ),
        ] {
            assert_eq!(complaint(text), expected);
        }
        assert_eq!(
            complaint("[[sales_units]]\nmsn = \"123456\"\npermissions = { expres = false }"),
            "unknown key \"expres\" in epayment-sandbox.toml line 3: did you mean \"express\"?"
        );
        assert_eq!(
            complaint("[[sales_units]]\nmsn = \"123456\"\n\n[[sales_units]]\nmsn = \"123456\""),
            "epayment-sandbox.toml line 5: sales_units[1].msn: 123456 is listed twice"
        );
        assert!(complaint("a = = 1").starts_with("epayment-sandbox.toml line 1: "));
        assert!(
            complaint("credentials = \"configured\"")
                .starts_with("credentials = \"configured\" needs at least one")
        );
        assert!(
            complaint("credentials = \"configured\"\n[[sales_units]]\nmsn = 123456")
                .starts_with("sales unit 123456 needs client_id")
        );
    }

    #[test]
    fn the_documented_configuration_is_read() {
        let gathered = of_toml(
            r#"
            credentials = "configured"

            [[sales_units]]
            msn = "123456"
            client_id = "fb492b5e-7907-4d83-ba20-c7fb60ca35de"
            client_secret = "Y8Kteew6GE3ZmeycEt6egg=="
            subscription_keys = ["0f14ebcab0eb4b29ae0cb90d91b4a84a"]
            market = "NO"
            permissions = { express = false }

            [[users]]
            phone_number = "4712345678"
            behaviour = "approve"
            after = "2s"
            "#,
        );
        let engine = gathered.unwrap_or_else(|complaint| panic!("{complaint}")).settings.config.engine;
        assert!(!engine.sales_units[0].permissions.express && engine.sales_units[0].permissions.payments);
        assert_eq!(engine.users[0].after, Some(crate::domain::span::Span::seconds(2)));
    }

    #[test]
    fn variables_are_read_by_their_exact_names() {
        let read =
            |name: &str, value: &str| read_variables([(name.to_owned(), value.to_owned())].into_iter());
        assert_eq!(read("EPAYMENT_SANDBOX_SEED", "7").unwrap()["seed"], "7");
        assert!(read("EPAYMENT_SANDBOX_SEED", "").unwrap().is_empty());
        assert!(read("EPAYMENT_SANDBOX_URL", "http://x").unwrap().is_empty());
        assert!(read("EPAYMENT_SANDBOX_TLS_URL", "https://x").unwrap().is_empty());
        assert!(read("PATH", "x").unwrap().is_empty());
        let complaint = read("EPAYMENT_SANDBOX_LISTN", "x").unwrap_err();
        assert_eq!(
            complaint,
            "unknown variable EPAYMENT_SANDBOX_LISTN: did you mean EPAYMENT_SANDBOX_LISTEN?"
        );
    }
}
