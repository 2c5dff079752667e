//! The state that a sandbox begins with and goes back to.

use std::collections::HashSet;

use crate::document::{self, Flaw};
use crate::domain::digits::Msn;
use crate::engine::Engine;

impl Engine {
    /// Puts the settings' baseline in place, and the sales units and users of the settings that it has not.
    ///
    /// # Errors
    ///
    /// When it breaks a rule. Nothing is changed then.
    pub(crate) fn begin_at_baseline(&self) -> Result<(), Flaw> {
        let Some(text) = &self.settings.baseline else { return Ok(()) };
        document::read(text.as_bytes()).and_then(|document| self.put_back(document, None))?;
        self.complete_from_settings();
        Ok(())
    }

    /// Goes back to the baseline. Access tokens stay good, for a full hour again, so that clients that cache them go on working.
    pub(in crate::engine) fn go_back_to_baseline(&self) {
        let Some(text) = &self.settings.baseline else { return };
        let Ok(mut document) = document::read(text.as_bytes()) else { return };
        if let Some(sandbox) = &mut document.sandbox {
            sandbox.tokens = self.tokens.taken_down(self.settings.machine.elapsed());
        }
        // It was put in place at the start, so nothing is wrong with it.
        let _ = self.put_back(document, None);
        self.complete_from_settings();
    }

    /// Puts a sales unit's part of the baseline in place, if it has any. The unit keeps its keys and settings.
    pub(in crate::engine) fn take_unit_to_baseline(&self, msn: Msn) {
        let Some(text) = &self.settings.baseline else { return };
        let Ok(document) = document::read(text.as_bytes()) else { return };
        let settings = self.units.get(msn).map(|unit| unit.settings());
        // It was put in place as a whole at the start, so what it lacks is the unit.
        if self.put_back(document, Some(msn)).is_ok()
            && let (Some(unit), Some(settings)) = (self.units.get(msn), settings)
        {
            unit.set_settings((*settings).clone());
        }
    }

    /// Puts the sales units and users of the settings in place where there are none.
    pub(crate) fn complete_from_settings(&self) {
        for unit in &self.settings.sales_units {
            self.get_or_make_unit(unit.msn, || unit.clone());
        }
        let known: HashSet<_> = self.users.all(None).iter().map(|user| user.phone_number).collect();
        for user in self.settings.users.iter().filter(|user| !known.contains(&user.phone_number)) {
            self.users.put(None, user);
        }
    }
}
