//! A second, naive implementation of the rules of payments: flat numbers and long chains of conditions, written from
//! the decision tables without a look at the first. It is slow and simple, and the two have to agree.

use std::collections::HashMap;

pub(crate) const MINUTE: i64 = 60_000_000;
pub(crate) const DAY: i64 = 24 * 60 * MINUTE;

/// What a call is expected to lead to: done, or refused with this ErrorCode.
pub(crate) type Outcome = Result<(), u32>;

/// A payment as four sums, a word, and a list.
#[derive(Clone, Debug)]
pub(crate) struct NaivePayment {
    pub(crate) amount: u64,
    pub(crate) word: &'static str,
    pub(crate) authorized: u64,
    pub(crate) captured: u64,
    pub(crate) cancelled: u64,
    pub(crate) refunded: u64,
    pub(crate) expires: i64,
    pub(crate) reserved_at: i64,
    /// Name, amount, time in microseconds, idempotency key.
    pub(crate) log: Vec<(&'static str, u64, i64, Option<String>)>,
    pub(crate) create_key: String,
    pub(crate) partial_capture: bool,
    pub(crate) refunds: bool,
    pub(crate) deadline_days: i64,
}

impl NaivePayment {
    pub(crate) fn new(amount: u64, now: i64, create_key: &str) -> Self {
        Self {
            amount,
            word: "CREATED",
            authorized: 0,
            captured: 0,
            cancelled: 0,
            refunded: 0,
            expires: now + 10 * MINUTE,
            reserved_at: 0,
            log: vec![("CREATED", amount, now, Some(create_key.to_owned()))],
            create_key: create_key.to_owned(),
            partial_capture: true,
            refunds: true,
            deadline_days: 180,
        }
    }

    fn write(&mut self, name: &'static str, amount: u64, at: i64, key: Option<&str>) {
        self.log.push((name, amount, at, key.map(str::to_owned)));
    }

    fn left(&self) -> u64 {
        self.authorized - self.captured - self.cancelled
    }

    /// What time alone does.
    pub(crate) fn look(&mut self, now: i64) {
        if self.word == "CREATED" && now >= self.expires {
            self.word = "EXPIRED";
            let key = self.create_key.clone();
            self.write("EXPIRED", self.amount, self.expires, Some(&key));
        }
        let deadline = self.reserved_at + self.deadline_days * DAY;
        if self.word == "AUTHORIZED" && now >= deadline && self.left() > 0 {
            let rest = self.left();
            self.cancelled += rest;
            self.write("CANCELLED", rest, deadline, None);
        }
    }

    pub(crate) fn approve(&mut self, now: i64) -> Outcome {
        self.look(now);
        if self.word == "AUTHORIZED" {
            return Err(6230);
        }
        if self.word != "CREATED" {
            return Err(10020);
        }
        self.word = "AUTHORIZED";
        self.authorized = self.amount;
        self.reserved_at = now;
        let key = self.create_key.clone();
        self.write("AUTHORIZED", self.amount, now, Some(&key));
        Ok(())
    }

    pub(crate) fn reject(&mut self, now: i64) -> bool {
        self.look(now);
        let possible = self.word == "CREATED";
        if possible {
            self.word = "ABORTED";
            let key = self.create_key.clone();
            self.write("ABORTED", self.amount, now, Some(&key));
        }
        possible
    }

    pub(crate) fn capture(&mut self, value: i64, same_currency: bool, now: i64, key: &str) -> Outcome {
        self.look(now);
        let code = if !(1..=65_000_000).contains(&value) {
            4040
        } else if !same_currency {
            5040
        } else if self.word == "CREATED" {
            6080
        } else if self.word == "TERMINATED" {
            6070
        } else if self.word == "ABORTED" || self.word == "EXPIRED" {
            6200
        } else if now >= self.reserved_at + self.deadline_days * DAY {
            6100
        } else if self.left() == 0 && self.cancelled > 0 {
            6070
        } else if self.captured == self.authorized {
            6170
        } else if value.unsigned_abs() > self.left() {
            6090
        } else if !self.partial_capture && value.unsigned_abs() != self.authorized {
            6140
        } else {
            self.captured += value.unsigned_abs();
            self.write("CAPTURED", value.unsigned_abs(), now, Some(key));
            return Ok(());
        };
        Err(code)
    }

    pub(crate) fn refund(&mut self, value: i64, same_currency: bool, now: i64, key: &str) -> Outcome {
        self.look(now);
        let code = if !(1..=65_000_000).contains(&value) {
            4040
        } else if !same_currency {
            5040
        } else if self.word == "CREATED" {
            6020
        } else if self.word != "AUTHORIZED" {
            6210
        } else if now > self.reserved_at + 365 * DAY || value == 124 && value != 123 {
            6220
        } else if value == 123 {
            5100
        } else if self.captured > 0 && self.refunded == self.captured {
            6180
        } else if value.unsigned_abs() > self.captured - self.refunded {
            6150
        } else if !self.refunds {
            5100
        } else {
            self.refunded += value.unsigned_abs();
            self.write("REFUNDED", value.unsigned_abs(), now, Some(key));
            return Ok(());
        };
        Err(code)
    }

    pub(crate) fn cancel(&mut self, only_before_approval: bool, now: i64) -> Outcome {
        self.look(now);
        if self.word == "CREATED" {
            self.word = "TERMINATED";
            self.cancelled = self.amount;
            self.write("TERMINATED", self.amount, now, None);
            return Ok(());
        }
        if self.word == "ABORTED" || self.word == "EXPIRED" {
            return Err(6050);
        }
        if self.word == "TERMINATED" {
            return Err(6190);
        }
        if only_before_approval {
            return Err(6060);
        }
        if self.captured == self.authorized {
            return Err(6040);
        }
        if now >= self.reserved_at + self.deadline_days * DAY {
            return Err(6030);
        }
        if self.left() == 0 {
            return Err(6190);
        }
        let rest = self.left();
        self.cancelled += rest;
        self.write("CANCELLED", rest, now, None);
        Ok(())
    }

    pub(crate) fn phase(&self) -> &'static str {
        match self.word {
            "AUTHORIZED" => match () {
                () if self.refunded > 0 && self.refunded == self.captured => "REFUNDED",
                () if self.refunded > 0 => "PARTIALLY_REFUNDED",
                () if self.left() == 0 && self.captured > 0 => "CAPTURED",
                () if self.captured > 0 => "PARTIALLY_CAPTURED",
                () if self.left() == 0 => "CANCELLED",
                () => "AUTHORIZED",
            },
            word => word,
        }
    }
}

/// A shop's payments and what its idempotency keys led to.
#[derive(Clone, Debug, Default)]
pub(crate) struct NaiveShop {
    pub(crate) payments: HashMap<String, NaivePayment>,
    /// By scope and key: the body, and the status and text of the first answer.
    pub(crate) keys: HashMap<(String, String), (String, u16, String)>,
}
