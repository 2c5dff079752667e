//! One registration, and a sales unit's list of them.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};

use uuid::Uuid;

use super::queue::Queue;
use crate::domain::payment::EventName;
use crate::domain::span::Span;
use crate::domain::time::Timestamp;
use crate::domain::webhook::{Before, EventType, Policy, Registration};
use crate::engine::unit::Unit;

/// One registration for events.
pub struct Hook {
    /// Its id, which deliveries carry as `Webhook-Id`.
    pub id: Uuid,
    /// The text that deliveries are signed with.
    pub secret: String,
    /// What was asked for.
    pub registration: Registration,
    /// Whether it was made over the API. The one of `--webhook-url` was not: it is not listed and never removed.
    pub is_registered: bool,
    pub(super) unit: Weak<Unit>,
    queue: Mutex<Queue>,
    /// It is on the list of those that have something to send.
    pub(super) is_ready: AtomicBool,
    pub(super) is_gone: AtomicBool,
}

impl Hook {
    pub(super) fn new(
        id: Uuid,
        secret: String,
        registration: Registration,
        is_registered: bool,
        unit: &Arc<Unit>,
    ) -> Self {
        Self {
            id,
            secret,
            registration,
            is_registered,
            unit: Arc::downgrade(unit),
            queue: Mutex::new(Queue::default().permanent(!is_registered)),
            is_ready: AtomicBool::new(false),
            is_gone: AtomicBool::new(false),
        }
    }

    /// Locks what waits. Nothing but the journal is locked while it is.
    pub(super) fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts in place what waited when the state was written down.
    pub(super) fn restore_queue(&self, queue: Queue) {
        *self.queue() = queue.permanent(!self.is_registered);
    }

    /// Returns how many events wait for the receiver, and when the next attempt is due.
    pub(crate) fn waiting(&self) -> (usize, Option<Timestamp>) {
        self.queue().outlook()
    }

    /// Whether this is the time for which the registration has its timer.
    pub(in crate::engine) fn has_timer(&self, at: Timestamp) -> bool {
        let queue = self.queue();
        queue.timer == Some(at) && queue.next_timer() == Some(at)
    }

    fn wants(&self, event: EventName) -> bool {
        self.registration.events.contains(&EventType::from(event))
    }
}

/// A sales unit's registrations, oldest first.
#[derive(Default)]
pub(in crate::engine) struct Hooks {
    /// How many there are, so that a unit without any pays nothing.
    count: AtomicUsize,
    list: RwLock<List>,
}

#[derive(Default)]
struct List {
    hooks: Vec<Arc<Hook>>,
    /// What new ones begin with.
    policy: Policy,
}

impl Hooks {
    /// Returns those that want to be told of an event.
    pub(super) fn for_event(&self, event: EventName) -> Vec<Arc<Hook>> {
        if self.count.load(Ordering::Acquire) == 0 {
            return Vec::new();
        }
        self.all().into_iter().filter(|hook| hook.wants(event)).collect()
    }

    /// Whether somebody is told of such an event at once.
    pub(in crate::engine) fn tell_at_once(&self, event: EventName) -> bool {
        self.for_event(event).iter().any(|hook| {
            let policy = hook.queue().policy();
            !policy.hold && policy.delay == Span::ZERO
        })
    }

    /// Lets something wait for the first attempts to tell of a payment's event, whatever the policy.
    pub(in crate::engine) fn let_wait(&self, line: u64, event: EventName, before: Before) {
        for hook in self.for_event(event) {
            hook.queue().let_wait(line, event.into(), before);
        }
    }

    pub(super) fn all(&self) -> Vec<Arc<Hook>> {
        self.list.read().unwrap_or_else(PoisonError::into_inner).hooks.clone()
    }

    pub(super) fn find(&self, id: Uuid) -> Option<Arc<Hook>> {
        self.all().into_iter().find(|hook| hook.id == id)
    }

    /// Returns what new registrations begin with.
    pub(super) fn policy(&self) -> Policy {
        self.list.read().unwrap_or_else(PoisonError::into_inner).policy
    }

    /// Sets what new registrations begin with, and returns those that there are.
    pub(super) fn set_policy(&self, change: impl FnOnce(&mut Policy)) -> Vec<Arc<Hook>> {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        change(&mut list.policy);
        list.hooks.clone()
    }

    /// Adds a registration.
    ///
    /// # Errors
    ///
    /// The event for which there are too many already.
    pub(super) fn add(&self, hook: Arc<Hook>) -> Result<(), EventType> {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        if hook.is_registered {
            for event in &hook.registration.events {
                let registered = list.hooks.iter().filter(|known| known.is_registered);
                if registered.filter(|known| known.registration.events.contains(event)).count()
                    >= event.limit()
                {
                    return Err(*event);
                }
            }
        }
        hook.queue().set_policy(list.policy);
        list.hooks.push(hook);
        self.count.store(list.hooks.len(), Ordering::Release);
        Ok(())
    }

    /// Removes those that are not kept, with all that waits for them. Returns whether there were any.
    pub(super) fn retain(&self, keep: impl Fn(&Hook) -> bool) -> bool {
        let mut list = self.list.write().unwrap_or_else(PoisonError::into_inner);
        let before = list.hooks.len();
        list.hooks.retain(|hook| {
            let keep = keep(hook);
            if !keep {
                hook.is_gone.store(true, Ordering::Release);
                hook.queue().clear();
            }
            keep
        });
        self.count.store(list.hooks.len(), Ordering::Release);
        list.hooks.len() < before
    }
}
