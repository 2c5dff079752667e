//! Sales units and users in a configuration: what is wrong with one is said with its own line and the nearest key.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::sources::{Complaint, line_of, nearest};

/// A configuration in which lines are looked up.
pub(super) struct Document<'t> {
    name: &'t str,
    text: &'t str,
    root: DeTable<'t>,
}

impl<'t> Document<'t> {
    /// Parses a configuration that `name` names for people.
    pub(super) fn parse(text: &'t str, name: &'t str) -> Result<Self, Complaint> {
        let root = DeTable::parse(text).map_err(|error| {
            let line =
                error.span().map_or(String::new(), |span| format!(" line {}", line_of(text, span.start)));
            format!("{name}{line}: {}", error.message())
        })?;
        Ok(Self { name, text, root: root.into_inner() })
    }

    /// Reads a list of tables.
    pub(super) fn read_list<T: DeserializeOwned>(
        &self,
        key: &str,
        value: toml::Value,
    ) -> Result<Vec<T>, Complaint> {
        serde_path_to_error::deserialize(value).map_err(|error| {
            let path = error.path().to_string();
            if path == "." {
                return self.complain(&format!("{key}: write [[{key}]] above each of its tables"));
            }
            let separator = if path.starts_with('[') { "" } else { "." };
            let path = format!("{key}{separator}{path}");
            let problem = error.into_inner();
            self.unknown_key(&path, problem.message())
                .unwrap_or_else(|| self.complain(&format!("{path}: {}", in_keys(problem.message()))))
        })
    }

    /// Says what is wrong with a member: `sales_units[0].name: …`.
    pub(super) fn complain(&self, problem: &str) -> Complaint {
        let (path, problem) = problem.split_once(": ").unwrap_or(("", problem));
        let path = snake(path);
        format!("{} line {}: {path}: {problem}", self.name, self.line(&path))
    }

    /// Says which key was meant, if that is the problem.
    fn unknown_key(&self, path: &str, problem: &str) -> Option<Complaint> {
        let (wrong, known) = problem.strip_prefix("unknown field `")?.split_once("`, expected")?;
        let known: Vec<_> = known.split('`').skip(1).step_by(2).map(snake).collect();
        let nearest = nearest(wrong, known.iter().map(String::as_str));
        let (name, line) = (self.name, self.line(path));
        Some(format!("unknown key \"{wrong}\" in {name} line {line}: did you mean \"{nearest}\"?"))
    }

    /// Returns the line of a member, or of what it should stand in.
    fn line(&self, path: &str) -> usize {
        let mut offset = 0;
        let mut table = Some(&self.root);
        for step in path.split('.') {
            let (key, indices) = step.split_at(step.find('[').unwrap_or(step.len()));
            let Some((at, mut value)) = table.and_then(|table| find(table, key)) else { break };
            offset = at;
            for index in indices.split(['[', ']']).filter_map(|index| index.parse::<usize>().ok()) {
                let Some(item) = value.as_array().and_then(|array| array.get(index)) else { break };
                offset = item.span().start;
                value = item.get_ref();
            }
            table = value.as_table();
        }
        line_of(self.text, offset)
    }
}

fn find<'d, 't>(table: &'d DeTable<'t>, key: &str) -> Option<(usize, &'d DeValue<'t>)> {
    let mut members = table.iter();
    let found = members.find(|(known, _)| snake(known.get_ref()) == snake(key));
    found.map(|(known, value)| (known.span().start, Spanned::get_ref(value)))
}

/// Writes a problem with the names that a configuration has.
fn in_keys(problem: &str) -> String {
    match problem.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        Some(key) => format!("the key \"{}\" is missing", snake(key)),
        None => problem.to_owned(),
    }
}

/// Turns the control API's `clientId` into a configuration's `client_id`.
fn snake(name: &str) -> String {
    let mut text = String::with_capacity(name.len() + 4);
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            text.push('_');
        }
        text.push(letter.to_ascii_lowercase());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::{SalesUnitInput, UserInput};

    const TEXT: &str = r#"
seed = 1

[[sales_units]]
msn = "123456"

[[sales_units]]
msn = "654321"
name = ""
WRONG

[[users]]
phone_number = "4712345678"
"#;

    fn complaint(wrong: &str) -> String {
        let text = TEXT.replace("WRONG", wrong);
        let document = Document::parse(&text, "a.toml").unwrap_or_else(|problem| panic!("{problem}"));
        let mut values: toml::Table = toml::from_str(&text).expect("it is TOML");
        let units =
            document.read_list::<SalesUnitInput>("sales_units", values.remove("sales_units").unwrap());
        let users = document.read_list::<UserInput>("users", values.remove("users").unwrap());
        units.err().or(users.err()).unwrap_or_else(|| panic!("{wrong} is taken"))
    }

    #[test]
    fn what_is_wrong_is_said_with_its_own_line_and_the_nearest_key() {
        for (wrong, expected) in [
            ("clientid = \"x\"", "unknown key \"clientid\" in a.toml line 10: did you mean \"client_id\"?"),
            (
                "permissions = { payments = true, expres = false }",
                "unknown key \"expres\" in a.toml line 10: did you mean \"express\"?",
            ),
            (
                "permissions.payments = true\npermissions.lat_capture = true",
                "unknown key \"lat_capture\" in a.toml line 11: did you mean \"late_capture\"?",
            ),
            (
                "[sales_units.permissions]\npayments = \"x\"",
                "a.toml line 11: sales_units[1].permissions.payments: invalid type: string \"x\", expected a boolean",
            ),
            (
                "market = \"SE\"",
                "a.toml line 10: sales_units[1].market: \"SE\" is not a market: NO, DK or FI",
            ),
            (
                "[[users]]\nphone_number = \"4712345678\"\n[[users.cards]]\nbin = \"429198\"\n[[users.cards]]\nscheme = \"VISA\"",
                "a.toml line 14: users[0].cards[1]: the key \"bin\" is missing",
            ),
            (
                "[[users]]\nphone_number = \"4712345678\"\naddresses = [\n  { addres_line1 = \"x\" }]",
                "unknown key \"addres_line1\" in a.toml line 13: did you mean \"address_line1\"?",
            ),
        ] {
            assert_eq!(complaint(wrong), expected);
        }
    }

    #[test]
    fn one_table_is_no_list() {
        let text = "seed = 1\n[users]\nphone_number = \"4712345678\"\n";
        let document = Document::parse(text, "a.toml").unwrap_or_else(|problem| panic!("{problem}"));
        let mut values: toml::Table = toml::from_str(text).expect("it is TOML");
        let complaint =
            document.read_list::<UserInput>("users", values.remove("users").unwrap()).unwrap_err();
        assert_eq!(complaint, "a.toml line 2: users: write [[users]] above each of its tables");
    }

    #[test]
    fn a_member_is_found_by_either_name() {
        let text = "[[sales_units]]\nmsn = \"1234\"\nclient_id = \"\"\n";
        let document = Document::parse(text, "a.toml").unwrap_or_else(|problem| panic!("{problem}"));
        for (problem, expected) in [
            ("sales_units[0].clientId: no", "a.toml line 3: sales_units[0].client_id: no"),
            ("sales_units[0].name: no", "a.toml line 1: sales_units[0].name: no"),
            ("sales_units[4].name: no", "a.toml line 1: sales_units[4].name: no"),
        ] {
            assert_eq!(document.complain(problem), expected);
        }
    }
}
