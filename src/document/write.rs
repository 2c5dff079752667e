//! Writing a document, payment by payment, so that it need not be in memory as a whole.

use std::io::{self, Write};

use serde::Serialize;

use super::{PaymentData, SandboxData, UnitData, UserData, VERSION};
use crate::domain::digits::Msn;
use crate::domain::sales_unit::SalesUnit;
use crate::setup::SalesUnitView;

/// Writes a document. The calls come in the order of the members: [`Writer::begin`], for each unit
/// [`Writer::begin_unit`], its payments and [`Writer::end_unit`], then [`Writer::end`].
///
/// Each payment stands on a line of its own, for those who keep documents under version control.
pub(crate) struct Writer<W> {
    out: W,
    units: usize,
    payments: u64,
    of_unit: u64,
}

impl<W: Write> Writer<W> {
    /// Writes to this sink. It gets small pieces; a slow one should be buffered.
    pub(crate) fn new(out: W) -> Self {
        Self { out, units: 0, payments: 0, of_unit: 0 }
    }

    /// Returns how many payments were written.
    pub(crate) fn payments(&self) -> u64 {
        self.payments
    }

    /// Returns the sink.
    pub(crate) fn into_inner(self) -> W {
        self.out
    }

    /// Begins a document of the whole sandbox, or of one unit.
    pub(crate) fn begin(&mut self, msn: Option<Msn>, users: &[UserData]) -> io::Result<()> {
        write!(self.out, "{{\"version\":{VERSION}")?;
        self.member("msn", &msn)?;
        self.member("users", users)?;
        self.out.write_all(b",\"units\":[")
    }

    /// Begins a sales unit.
    pub(crate) fn begin_unit(&mut self, unit: &SalesUnit) -> io::Result<()> {
        self.out.write_all(if self.units == 0 { b"\n{\"settings\":" } else { b",\n{\"settings\":" })?;
        self.units += 1;
        self.of_unit = 0;
        serde_json::to_writer(&mut self.out, &SalesUnitView::from(unit))?;
        self.out.write_all(b",\"payments\":[")
    }

    /// Writes a payment.
    pub(crate) fn payment(&mut self, payment: &PaymentData<'_>) -> io::Result<()> {
        self.out.write_all(if self.of_unit == 0 { b"\n" } else { b",\n" })?;
        self.of_unit += 1;
        self.payments += 1;
        Ok(serde_json::to_writer(&mut self.out, payment)?)
    }

    /// Ends a sales unit with all but its settings and payments.
    pub(crate) fn end_unit(&mut self, unit: &UnitData<'_>) -> io::Result<()> {
        self.out.write_all(b"]")?;
        self.member("finished", &unit.finished)?;
        self.member("refusedCreates", &unit.refused_creates)?;
        self.member("webhooks", &unit.webhooks)?;
        self.member("configuredWebhook", &unit.configured_webhook)?;
        if unit.webhook_policy.is_some() {
            self.member("webhookPolicy", &unit.webhook_policy)?;
        }
        self.member("authorised", &unit.authorised)?;
        self.member("stream", &unit.stream)?;
        self.member("clock", &unit.clock)?;
        self.out.write_all(b"}")
    }

    /// Ends the document.
    pub(crate) fn end(&mut self, sandbox: Option<&SandboxData>) -> io::Result<()> {
        self.out.write_all(b"]")?;
        self.member("sandbox", &sandbox)?;
        self.out.write_all(b"}\n")?;
        self.out.flush()
    }

    fn member<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> io::Result<()> {
        write!(self.out, ",\"{name}\":")?;
        Ok(serde_json::to_writer(&mut self.out, value)?)
    }
}
