//! The state as a whole: out, in, back to the start, and graded.

use super::{Sandbox, SandboxError, UnitHandle};
use crate::document;
use crate::domain::checklist::Checklist;
use crate::domain::digits::Msn;
use crate::report;

impl Sandbox {
    /// Returns the whole state as a document, as `GET /_sandbox/state` does. [`Sandbox::restore`] puts it back, and
    /// [`SandboxBuilder::baseline`](crate::SandboxBuilder::baseline) begins with it.
    ///
    /// # Panics
    ///
    /// Never: memory takes everything.
    #[must_use]
    pub fn state(&self) -> String {
        self.taken_down(None)
    }

    /// Puts the state of a document in the place of the present one: payments, webhooks, time, everything but the recorded
    /// calls.
    ///
    /// ```
    /// use epayment_sandbox::Sandbox;
    ///
    /// let sandbox = Sandbox::start();
    /// sandbox.create_payment("acme-shop-0001", 49_900)?;
    /// let before = sandbox.state();
    /// sandbox.approve("acme-shop-0001")?;
    /// sandbox.restore(&before)?;
    /// sandbox.reject("acme-shop-0001")?; // It waits for the customer again.
    /// # Ok::<(), epayment_sandbox::SandboxError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// When the document breaks a rule; then nothing was changed.
    pub fn restore(&self, document: &str) -> Result<(), SandboxError> {
        self.put_back(document, None)
    }

    fn taken_down(&self, only: Option<Msn>) -> String {
        let (text, _) = self.engine.state_text(only).expect("memory takes everything");
        String::from_utf8(text).expect("JSON is UTF-8")
    }

    fn put_back(&self, text: &str, only: Option<Msn>) -> Result<(), SandboxError> {
        let read = document::read(text.as_bytes());
        let done = read.and_then(|document| self.engine.put_back(document, only));
        done.map_err(|flaw| SandboxError::Document(flaw.to_string()))
    }

    /// Goes back to how the sandbox started.
    pub fn reset(&self) {
        self.engine.reset();
        self.journal.clear(None);
        self.engine.live().resync(None);
    }

    /// Ends every access token issued so far, so that a test sees what its client does about it.
    pub fn expire_tokens(&self) {
        self.engine.end_tokens(None);
    }

    /// Grades the calls and webhooks that are remembered against the vendor's integration checklist. It is printed as
    /// `epayment-sandbox checklist` prints it.
    ///
    /// ```
    /// use epayment_sandbox::{Grade, Sandbox};
    ///
    /// let sandbox = Sandbox::start();
    /// // … the integration under test takes a payment …
    /// let checklist = sandbox.checklist();
    /// assert_eq!(checklist.count(Grade::Failed), 0, "{checklist}");
    /// ```
    #[must_use]
    pub fn checklist(&self) -> Checklist {
        report::checklist(&self.engine, &self.journal, None)
    }
}

impl UnitHandle<'_> {
    /// Returns the sales unit's state as a document; see [`Sandbox::state`].
    ///
    /// # Panics
    ///
    /// When there is no such sales unit and only those that were set up count.
    #[must_use]
    pub fn state(&self) -> String {
        self.there();
        self.sandbox.taken_down(Some(self.msn))
    }

    /// Puts the sales unit's state of a document in the place of the present one; see [`Sandbox::restore`].
    ///
    /// # Errors
    ///
    /// When the document breaks a rule or does not have the unit; then nothing was changed.
    pub fn restore(&self, document: &str) -> Result<(), SandboxError> {
        self.sandbox.put_back(document, Some(self.msn))
    }

    /// Grades the sales unit's calls and webhooks; see [`Sandbox::checklist`].
    #[must_use]
    pub fn checklist(&self) -> Checklist {
        report::checklist(&self.sandbox.engine, &self.sandbox.journal, Some(self.msn))
    }
}
