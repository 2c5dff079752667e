//! A payment from what was kept of it: the rules that hold for every payment, however it came to be.

use std::borrow::Cow;
use std::fmt;

use uuid::Uuid;

use super::texts::{
    Loose, MAX_DESCRIPTION, MAX_METADATA, MAX_METADATA_KEY, MAX_METADATA_VALUE, MAX_RETURN_URL, Texts,
};
use super::{
    Approval, Course, Event, EventName, Extras, MAX_EVENTS, Order, PaymentMethod, Script, State, UserFlow,
};
use crate::domain::digits::PhoneNumber;
use crate::domain::money::{Amount, MAX_VALUE};
use crate::domain::text::{IdempotencyKey, is_reference, length};
use crate::domain::time::Timestamp;
use crate::domain::url::{UrlRule, is_allowed};

/// What an [`Order`] is put together from.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the members are those of Order")]
pub struct OrderParts<'a> {
    pub reference: Cow<'a, str>,
    pub create_key: Cow<'a, str>,
    pub return_url: Cow<'a, str>,
    pub description: Cow<'a, str>,
    pub metadata: Option<Vec<(Cow<'a, str>, Cow<'a, str>)>>,
    pub amount: Amount,
    pub method: PaymentMethod,
    pub flow: UserFlow,
    pub psp_reference: Uuid,
    pub token_nonce: u128,
    pub created_at: Timestamp,
    pub expires_at: Timestamp,
    pub phone_number: Option<PhoneNumber>,
    pub extras: Option<Box<Extras>>,
}

/// Which rule is broken, and by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The member, by the API's name.
    pub member: &'static str,
    /// Which of them, where there are several.
    pub index: Option<usize>,
    /// Why.
    pub why: String,
}

impl Broken {
    fn new(member: &'static str, why: impl Into<String>) -> Self {
        Self { member, index: None, why: why.into() }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.why)
    }
}

/// Returns whether a text can be an idempotency key.
#[must_use]
pub fn is_key(text: &str) -> bool {
    (1..=IdempotencyKey::MAX_LENGTH).contains(&length(text))
}

/// Checks a URL that came with the create request. What a sandbox took that is not strict is taken by every one.
///
/// # Errors
///
/// The member, when no create request can have had the URL.
pub(crate) fn check_url(member: &'static str, url: &str, rule: UrlRule) -> Result<(), Broken> {
    if is_allowed(url, rule, true) {
        return Ok(());
    }
    Err(Broken::new(
        member,
        match rule {
            UrlRule::Page => "it is neither https nor of a custom scheme, nor http to a local host",
            UrlRule::Callback => "it is neither https nor http to a local host",
        },
    ))
}

impl Order {
    /// Puts an order together.
    ///
    /// # Errors
    ///
    /// The member that no order can have.
    pub fn restore(parts: OrderParts<'_>) -> Result<Self, Broken> {
        let loose = Loose {
            reference: &parts.reference,
            create_key: &parts.create_key,
            return_url: &parts.return_url,
            description: &parts.description,
            metadata: parts.metadata.as_deref(),
        };
        check_texts(&loose)?;
        if parts.amount.value > MAX_VALUE {
            return Err(Broken::new("amount", format!("no payment is of more than {MAX_VALUE}")));
        }
        if parts.expires_at < parts.created_at {
            return Err(Broken::new("expiresAt", "it is before createdAt"));
        }
        Ok(Self {
            texts: Texts::pack(&loose),
            amount: parts.amount,
            method: parts.method,
            flow: parts.flow,
            psp_reference: parts.psp_reference,
            token_nonce: parts.token_nonce,
            created_at: parts.created_at,
            expires_at: parts.expires_at,
            phone_number: parts.phone_number,
            extras: parts.extras.filter(|extras| **extras != Extras::default()),
        })
    }
}

fn check_texts(loose: &Loose<'_>) -> Result<(), Broken> {
    if !is_reference(loose.reference) {
        return Err(Broken::new("reference", "it is not 8 to 64 letters, digits and hyphens"));
    }
    if !is_key(loose.create_key) {
        return Err(Broken::new("createKey", "it is not 1 to 50 characters"));
    }
    if !loose.return_url.is_empty() {
        check_url("returnUrl", loose.return_url, UrlRule::Page)?;
    }
    let pairs = loose.metadata.unwrap_or_default();
    if pairs.len() > MAX_METADATA {
        return Err(Broken::new("metadata", format!("there are more than {MAX_METADATA} pairs")));
    }
    let texts = [
        ("returnUrl", loose.return_url, MAX_RETURN_URL),
        ("description", loose.description, MAX_DESCRIPTION),
    ];
    let pairs = pairs.iter().flat_map(|(key, value)| {
        [("metadata", &**key, MAX_METADATA_KEY), ("metadata", &**value, MAX_METADATA_VALUE)]
    });
    match texts.into_iter().chain(pairs).find(|(_, text, most)| length(text) > *most) {
        None => Ok(()),
        Some((member, _, most)) => {
            Err(Broken::new(member, format!("there is a text of more than {most} characters")))
        }
    }
}

impl Course {
    /// Lets everything happen again that happened after the creation.
    ///
    /// # Errors
    ///
    /// The first event that cannot have happened, or what does not fit the log.
    pub fn restore(
        order: &Order,
        events: Vec<Event>,
        mut approval: Option<Box<Approval>>,
        script: Option<Script>,
    ) -> Result<Self, Broken> {
        let mut course = Self::begin(order);
        if events.len() >= MAX_EVENTS {
            return Err(Broken::new("events", format!("a payment has at most {MAX_EVENTS} events")));
        }
        for (index, event) in events.into_iter().enumerate() {
            let broken = |why: String| Broken { member: "events", index: Some(index), why };
            let extra = approval.as_ref().and_then(|approval| approval.shipping.as_ref());
            let extra = extra.map_or(0, |choice| choice.shipping_cost);
            course.check(order, &event, extra).map_err(broken)?;
            let approval = if event.name == EventName::Authorized { approval.take() } else { None };
            if event.name == EventName::Authorized && approval.is_none() {
                return Err(broken("the approval that belongs to it is missing".into()));
            }
            course.apply(event, approval);
        }
        if approval.is_some() {
            return Err(Broken::new("approval", "there is no AUTHORIZED event that it belongs to"));
        }
        if script.is_some() && course.standing().state != State::Created {
            return Err(Broken::new("script", "nobody acts on a payment that has left CREATED"));
        }
        course.set_script(script);
        Ok(course)
    }

    /// Checks that an event can follow. `extra` is what the delivery costs.
    fn check(&self, order: &Order, event: &Event, extra: u64) -> Result<(), String> {
        let (standing, amount) = (self.standing(), event.amount);
        let word = event.name.word();
        if event.at < self.last_event_at() {
            return Err(format!("{word} is before the event that it follows"));
        }
        let follows = match event.name {
            EventName::Created => false,
            EventName::Authorized | EventName::Aborted | EventName::Expired | EventName::Terminated => {
                standing.state == State::Created
            }
            EventName::Cancelled | EventName::Captured | EventName::Refunded => {
                standing.state == State::Authorized
            }
        };
        if !follows {
            return Err(format!("{word} does not follow in state {}", standing.state.word()));
        }
        let whole = order.amount().value;
        let fits = match event.name {
            EventName::Authorized => whole.checked_add(extra) == Some(amount),
            EventName::Captured | EventName::Cancelled => amount <= standing.remaining(),
            EventName::Refunded => amount <= standing.refundable(),
            _ => amount == whole,
        };
        if fits && event.key.as_ref().is_none_or(|key| is_key(key.as_str())) {
            return Ok(());
        }
        Err(match event.name {
            _ if fits => "its key is not 1 to 50 characters".into(),
            EventName::Captured | EventName::Cancelled => {
                format!("{word} of {amount} is more than the {} that are left", standing.remaining())
            }
            EventName::Refunded => {
                format!("{word} of {amount} is more than the {} that can be refunded", standing.refundable())
            }
            _ => format!("{word} of {amount} does not fit the payment's amount {whole}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::money::Currency;
    use crate::domain::text::MAX_REFERENCE;

    fn order() -> Order {
        Order::restore(parts()).unwrap()
    }

    fn parts() -> OrderParts<'static> {
        OrderParts {
            reference: "acme-shop".into(),
            create_key: "k".into(),
            return_url: "".into(),
            description: "".into(),
            metadata: None,
            amount: Amount { currency: Currency::Nok, value: 500 },
            method: PaymentMethod::Wallet,
            flow: UserFlow::WebRedirect,
            psp_reference: Uuid::nil(),
            token_nonce: 0,
            created_at: Timestamp::from_micros(100),
            expires_at: Timestamp::from_micros(200),
            phone_number: None,
            extras: None,
        }
    }

    fn event(name: EventName, amount: u64, at: i64) -> Event {
        Event { name, amount, at: Timestamp::from_micros(at), psp_reference: 1, key: None }
    }

    fn approval() -> Box<Approval> {
        Box::new(Approval {
            at: Timestamp::from_micros(110),
            customer: PhoneNumber::parse("4712345678").unwrap(),
            card_bin: None,
            capture_until: Timestamp::from_micros(1000),
            shipping: None,
            user_details: None,
            sub: None,
        })
    }

    #[test]
    fn a_log_that_happened_happens_again() {
        use EventName::{Authorized, Cancelled, Captured, Refunded};
        let events = vec![
            event(Authorized, 500, 110),
            event(Captured, 300, 120),
            event(Cancelled, 200, 120),
            event(Refunded, 300, 130),
        ];
        let course = Course::restore(&order(), events, Some(approval()), None).unwrap();
        assert_eq!(course.events().len(), 5);
        assert_eq!(course.standing().refundable(), 0);
    }

    #[test]
    fn a_log_that_cannot_have_happened_is_told_by_its_first_wrong_event() {
        use EventName::{Aborted, Authorized, Captured, Created, Expired, Refunded, Terminated};
        let authorized = || event(Authorized, 500, 110);
        for (events, wrong) in [
            (vec![event(Created, 500, 110)], 0),
            (vec![event(Authorized, 499, 110)], 0),
            (vec![event(Captured, 1, 110)], 0),
            (vec![event(Refunded, 1, 110)], 0),
            (vec![event(Aborted, 500, 99)], 0),
            (vec![event(Terminated, 1, 110)], 0),
            (vec![event(Aborted, 500, 110), event(Expired, 500, 110)], 1),
            (vec![authorized(), authorized()], 1),
            (vec![authorized(), event(Captured, 501, 120)], 1),
            (vec![authorized(), event(Captured, u64::MAX, 120)], 1),
            (vec![authorized(), event(Captured, 400, 120), event(Captured, 101, 120)], 2),
            (vec![authorized(), event(Captured, 400, 120), event(Refunded, 401, 120)], 2),
            (vec![authorized(), event(Captured, 400, 120), event(Captured, 1, 119)], 2),
            (vec![authorized(), event(Aborted, 500, 120)], 1),
        ] {
            let broken = Course::restore(&order(), events.clone(), Some(approval()), None).unwrap_err();
            assert_eq!((broken.member, broken.index), ("events", Some(wrong)), "{events:?}: {broken}");
        }
        let broken = Course::restore(&order(), vec![authorized()], None, None).unwrap_err();
        assert_eq!((broken.member, broken.index), ("events", Some(0)));
        let broken = Course::restore(&order(), vec![], Some(approval()), None).unwrap_err();
        assert_eq!(broken.member, "approval");
    }

    #[test]
    fn an_order_that_nobody_could_have_made_is_refused() {
        let refused = |change: &dyn Fn(&mut OrderParts<'static>)| {
            let mut parts = parts();
            change(&mut parts);
            Order::restore(parts).unwrap_err().member
        };
        assert_eq!(refused(&|parts| parts.reference = "short".into()), "reference");
        assert_eq!(refused(&|parts| parts.create_key = "".into()), "createKey");
        assert_eq!(refused(&|parts| parts.amount.value = MAX_VALUE + 1), "amount");
        assert_eq!(refused(&|parts| parts.expires_at = Timestamp::EPOCH), "expiresAt");
        assert_eq!(
            refused(&|parts| parts.description = "x".repeat(MAX_DESCRIPTION + 1).into()),
            "description"
        );
        let long = || format!("https://{}", "x".repeat(MAX_RETURN_URL));
        assert_eq!(refused(&|parts| parts.return_url = long().into()), "returnUrl");
        for url in ["example.com", "javascript://x", "http://example.com/", "my app://x", "https://a/\n"] {
            assert_eq!(refused(&|parts| parts.return_url = url.into()), "returnUrl", "{url}");
        }
        let pair = || (Cow::Borrowed("a"), Cow::Borrowed("b"));
        assert_eq!(refused(&|parts| parts.metadata = Some(vec![pair(); 6])), "metadata");
        let pair = |key: usize, value: usize| vec![("k".repeat(key).into(), "v".repeat(value).into())];
        assert_eq!(refused(&|parts| parts.metadata = Some(pair(MAX_METADATA_KEY + 1, 1))), "metadata");
        assert_eq!(refused(&|parts| parts.metadata = Some(pair(1, MAX_METADATA_VALUE + 1))), "metadata");
    }

    #[test]
    fn the_longest_texts_that_a_create_takes_have_room() {
        // The most bytes that a UTF-16 code unit takes.
        let long = |length: usize| "€".repeat(length);
        let pairs: Vec<_> = (0..MAX_METADATA)
            .map(|_| (long(MAX_METADATA_KEY).into(), long(MAX_METADATA_VALUE).into()))
            .collect();
        let url = format!("https://x/{}", long(MAX_RETURN_URL - "https://x/".len()));
        let order = Order::restore(OrderParts {
            reference: "r".repeat(MAX_REFERENCE).into(),
            create_key: long(IdempotencyKey::MAX_LENGTH).into(),
            return_url: url.clone().into(),
            description: long(MAX_DESCRIPTION).into(),
            metadata: Some(pairs),
            ..parts()
        });
        let order = order.unwrap();
        assert_eq!((order.return_url(), order.description()), (&*url, &*long(MAX_DESCRIPTION)));
        let last = order.metadata().and_then(Iterator::last);
        assert_eq!(last, Some((&*long(MAX_METADATA_KEY), &*long(MAX_METADATA_VALUE))));
    }
}
