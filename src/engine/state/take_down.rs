//! Taking the state down while requests go on.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError, Weak};

use crate::document::{PaymentData, RefusedCreateData, SandboxData, UnitData, Writer};
use crate::domain::digits::Msn;
use crate::engine::Engine;
use crate::engine::create_key::{CreateKey, RefusedCreate};
use crate::engine::slot::Slot;
use crate::engine::unit::Unit;
use crate::setup::SalesUnitInput;

impl Engine {
    /// Writes the state of one unit or of the whole sandbox.
    ///
    /// Requests go on meanwhile. Each payment is written as it stood at one moment, which comes before the moment at which
    /// what waits for webhooks, the counters, the streams and the clocks are written: nothing is handed out twice by a
    /// sandbox that goes on from the document.
    ///
    /// A reset or a restore waits until what it would change is written.
    ///
    /// # Errors
    ///
    /// When the sink fails.
    pub(crate) fn take_down<W: Write>(&self, only: Option<Msn>, writer: &mut Writer<W>) -> io::Result<()> {
        let _whole = self.whole.read().unwrap_or_else(PoisonError::into_inner);
        writer.begin(only, &self.users.taken_down(only))?;
        let msns =
            only.map_or_else(|| self.units.all().iter().map(|unit| unit.msn).collect(), |msn| vec![msn]);
        for msn in msns {
            self.take_down_unit(msn, writer)?;
        }
        let sandbox = only.is_none().then(|| SandboxData {
            tokens: self.tokens.taken_down(self.settings.machine.elapsed()),
            created: self.created.load(Ordering::Acquire),
            stream: self.ids().taken_down(),
            clock: self.clock.setting().into(),
            webhook_policy: self.webhook_policy_taken_down(),
        });
        writer.end(sandbox.as_ref())
    }

    /// Returns the state of one unit or of the whole sandbox as text, and how many payments it has.
    ///
    /// # Errors
    ///
    /// Never: memory takes everything.
    pub(crate) fn state_text(&self, only: Option<Msn>) -> io::Result<(Vec<u8>, u64)> {
        let mut writer = Writer::new(Vec::new());
        self.take_down(only, &mut writer)?;
        let payments = writer.payments();
        Ok((writer.into_inner(), payments))
    }

    /// Writes a unit, unless it has gone meanwhile.
    fn take_down_unit<W: Write>(&self, msn: Msn, writer: &mut Writer<W>) -> io::Result<()> {
        while let Some(unit) = self.units.get(msn) {
            let _whole = unit.whole.read().unwrap_or_else(PoisonError::into_inner);
            // One that was replaced before it was locked may be empty by now.
            if self.units.get(msn).is_some_and(|known| Arc::ptr_eq(&known, &unit)) {
                return self.write_unit(&unit, writer);
            }
        }
        Ok(())
    }

    fn write_unit<W: Write>(&self, unit: &Arc<Unit>, writer: &mut Writer<W>) -> io::Result<()> {
        writer.begin_unit(&unit.settings())?;
        let mut refused = refused_creates(unit);
        let finished: Vec<Weak<Slot>> = unit.book().finished.iter().cloned().collect();
        let slots = self.present_slots(unit);
        let mut numbers = HashSet::with_capacity(slots.len());
        for slot in slots {
            let record = slot.lock();
            let answers = record.answers();
            let data =
                PaymentData::new(slot.number, &slot.order, slot.created_by.into(), &record.course, answers);
            drop(record);
            writer.payment(&data)?;
            numbers.insert(slot.number);
            // A key that was refused long ago may have been forgotten and used again.
            refused.remove(slot.order.create_key());
        }
        let finished = finished.iter().filter_map(Weak::upgrade).map(|slot| slot.number);
        let mut refused: Vec<_> = refused.into_values().collect();
        refused.sort_by_key(|(place, _)| *place);
        let (webhooks, configured_webhook, webhook_policy) = unit.webhooks_taken_down();
        writer.end_unit(&UnitData {
            settings: SalesUnitInput::default(),
            payments: Vec::new(),
            finished: finished.filter(|number| numbers.contains(number)).collect(),
            refused_creates: refused.iter().map(|(_, refused)| refused.taken_down()).collect(),
            webhooks,
            configured_webhook,
            webhook_policy,
            authorised: unit.authorised(),
            stream: unit.ids.taken_down(),
            clock: unit.clock.setting().into(),
        })
    }

    /// Returns the unit's payments, oldest first. One that is about to be dropped is left out, so that no two have the same
    /// reference or create key.
    fn present_slots(&self, unit: &Unit) -> Vec<Arc<Slot>> {
        let mut slots: Vec<Arc<Slot>> =
            unit.book().payments.iter().filter_map(|(_, slot)| slot.upgrade()).collect();
        slots.sort_by_key(|slot| slot.number);
        slots.retain(|slot| {
            // The key is the first thing of a payment that goes and the last that comes.
            let place = (slot.unit.number, slot.order.create_key());
            let stripe = self.creates.lock(place);
            matches!(stripe.find(place), Some(CreateKey::Created(known)) if Arc::ptr_eq(known, slot))
        });
        slots
    }
}

/// The refused creates that are remembered, with their places in order, by their keys.
fn refused_creates(unit: &Unit) -> HashMap<String, (usize, Arc<RefusedCreate>)> {
    let book = unit.book();
    let there =
        book.refused.iter().enumerate().filter_map(|(place, refused)| Some((place, refused.upgrade()?)));
    there.map(|(place, refused)| (refused.key.as_str().to_owned(), (place, refused))).collect()
}

impl RefusedCreate {
    fn taken_down(&self) -> RefusedCreateData {
        RefusedCreateData {
            key: self.key.as_str().to_owned(),
            prints: self.prints.into(),
            refusal: self.refusal.taken_down(),
        }
    }
}
