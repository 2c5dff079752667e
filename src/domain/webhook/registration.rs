//! Asking for events: `POST /webhooks/v1/webhooks`.

use super::event_type::EventType;
use super::target::Target;
use crate::domain::errors::{ErrorCode, FieldNote, Rejection};
use crate::domain::json::Json;

/// How many registrations one sales unit may have per event (agent toolkit, August 2026).
pub const MAX_PER_EVENT: usize = 25;

/// The longest URL that is kept, in bytes. Nobody documents a limit.
const MAX_URL: usize = 2048;

/// What a merchant asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registration {
    /// The URL as it was given.
    pub url: String,
    /// The URL taken apart.
    pub target: Target,
    /// The events in the order in which they were given, each once.
    pub events: Vec<EventType>,
}

impl Registration {
    /// Asks for every payment event.
    #[must_use]
    pub fn for_payments(target: Target) -> Self {
        Self { url: target.url().to_owned(), target, events: EventType::PAYMENT.to_vec() }
    }

    /// Asks for these events at this URL.
    ///
    /// # Errors
    ///
    /// What is wrong with which of the two members.
    pub fn new(url: &str, events: Vec<EventType>) -> Result<Self, (&'static str, String)> {
        let target = Target::for_registration(url, true).filter(|_| url.len() <= MAX_URL);
        let target =
            target.ok_or_else(|| ("url", format!("\"{url}\" is no URL that webhooks are sent to")))?;
        let repeated = events.iter().enumerate().any(|(place, event)| events[..place].contains(event));
        if events.is_empty() || repeated {
            return Err(("events", "at least one event is needed, and each once".into()));
        }
        Ok(Self { url: url.to_owned(), target, events })
    }

    /// Reads a request. `local_http` allows plain `http://` to local hosts.
    ///
    /// # Errors
    ///
    /// [`ErrorCode::WebhookInvalid`] with every offending member.
    pub fn read(body: &Json<'_>, local_http: bool) -> Result<Self, Rejection> {
        let mut notes = Notes::default();
        let Json::Object(members) = body else {
            notes.add("body", "The body must be a JSON object with url and events.".into());
            return Err(notes.reject());
        };
        let (mut url, mut events) = (None, None);
        for (name, value) in members {
            let slot = match &**name {
                "url" => &mut url,
                "events" => &mut events,
                unknown => {
                    notes
                        .add(unknown, "The property is not part of the API; only url and events are.".into());
                    continue;
                }
            };
            if slot.replace(value).is_some() {
                notes.add(name, "The property is given more than once.".into());
            }
        }
        let target = read_url(url, local_http, &mut notes);
        let events = read_events(events, &mut notes);
        match (target, events) {
            (Some((url, target)), Some(events)) if notes.0.is_empty() => Ok(Self { url, target, events }),
            _ => Err(notes.reject()),
        }
    }

    /// Refuses because there are too many registrations for an event.
    #[must_use]
    pub fn too_many(event: EventType) -> Rejection {
        let reason = format!("The limit of {} for {event} is reached; delete one first.", event.limit());
        Rejection::of_field(ErrorCode::WebhookInvalid, "events", reason)
    }
}

#[derive(Default)]
struct Notes(Vec<FieldNote>);

impl Notes {
    fn add(&mut self, name: &str, reason: String) {
        self.0.push(FieldNote { name: name.chars().take(100).collect(), reason: reason.into() });
    }

    fn missing(&mut self, name: &str) {
        self.add(name, "The property is required and cannot be null or empty.".into());
    }

    fn reject(self) -> Rejection {
        Rejection::of_fields(ErrorCode::WebhookInvalid, self.0)
    }
}

fn read_url(value: Option<&Json<'_>>, local_http: bool, notes: &mut Notes) -> Option<(String, Target)> {
    let url = match value {
        None | Some(Json::Null) => {
            notes.missing("url");
            return None;
        }
        Some(Json::Text(url)) if url.is_empty() => {
            notes.missing("url");
            return None;
        }
        Some(Json::Text(url)) => url,
        Some(_) => {
            notes.add("url", "The property must be a text.".into());
            return None;
        }
    };
    if url.len() > MAX_URL {
        notes.add("url", format!("The URL must not be longer than {MAX_URL} bytes."));
        return None;
    }
    let target = Target::for_registration(url, local_http);
    if target.is_none() {
        notes.add(
            "url",
            "The URL must be an absolute https URL that can be reached from the internet.".into(),
        );
    }
    Some((url.to_string(), target?))
}

fn read_events(value: Option<&Json<'_>>, notes: &mut Notes) -> Option<Vec<EventType>> {
    let list = match value {
        None | Some(Json::Null) => {
            notes.missing("events");
            return None;
        }
        Some(Json::List(list)) if list.is_empty() => {
            notes.missing("events");
            return None;
        }
        Some(Json::List(list)) => list,
        Some(_) => {
            notes.add("events", "The property must be a list of event names.".into());
            return None;
        }
    };
    let mut events = Vec::new();
    for (place, value) in list.iter().enumerate() {
        let name = format!("events[{place}]");
        match value {
            Json::Text(text) => match EventType::parse(text) {
                Some(event) if events.contains(&event) => {}
                Some(event) => events.push(event),
                None => {
                    let shown: String = text.chars().take(100).collect();
                    notes.add(&name, format!("'{shown}' is not the name of an event."));
                }
            },
            _ => notes.add(&name, "The name of an event must be a text.".into()),
        }
        if notes.0.len() > 20 {
            break;
        }
    }
    Some(events)
}
