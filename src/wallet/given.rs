//! What a visit says: the query of the page's address, or the body of its form.

use url::form_urlencoded;

/// The page's address, from its own folder, up to what a visit says.
const PAGE: &str = "pay?";

/// What a visit says. A field given twice counts once.
#[derive(Clone, Debug, Default)]
pub(super) struct Given {
    pub(super) token: Option<String>,
    /// Who pays, as typed.
    pub(super) phone_number: Option<String>,
    pub(super) shipping_option: Option<String>,
    /// Which of the customer's addresses, counted from 0.
    pub(super) address: Option<usize>,
    /// The first six digits of the card.
    pub(super) card: Option<String>,
    /// Whether the customer shares what is asked for.
    pub(super) consent: bool,
    /// Why the last try failed.
    pub(super) problem: Option<String>,
    /// Whether the customer comes from having brought the payment to its end.
    pub(super) outcome: bool,
    /// The button.
    pub(super) action: Option<String>,
}

impl Given {
    pub(super) fn read(text: &[u8]) -> Self {
        let mut given = Self::default();
        for (name, value) in form_urlencoded::parse(text) {
            let value = value.into_owned();
            match &*name {
                "token" => given.token = given.token.or(Some(value)),
                "phoneNumber" => given.phone_number = given.phone_number.or(Some(value)),
                "shippingOptionId" => given.shipping_option = given.shipping_option.or(Some(value)),
                "address" => given.address = given.address.or(value.parse().ok()),
                "card" => given.card = given.card.or(Some(value)),
                "consent" => given.consent = value == "yes",
                "problem" => given.problem = given.problem.or(Some(value)),
                "outcome" => given.outcome = true,
                "action" => given.action = given.action.or(Some(value)),
                _ => {}
            }
        }
        given
    }

    /// Writes the address that leads back to the same step with the same choices, from the folder of the page.
    pub(super) fn link(&self, problem: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::for_suffix(String::from(PAGE), PAGE.len());
        let mut add = |name: &str, value: Option<&str>| {
            if let Some(value) = value {
                query.append_pair(name, value);
            }
        };
        add("token", self.token.as_deref());
        add("phoneNumber", self.phone_number.as_deref());
        add("shippingOptionId", self.shipping_option.as_deref());
        add("address", self.address.map(|place| place.to_string()).as_deref());
        add("card", self.card.as_deref());
        add("problem", problem);
        query.finish()
    }
}
