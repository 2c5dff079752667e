//! The clock: what it shows, what is due next, and how it was moved.

use askama::Template;
use axum::extract::State;
use axum::response::Response;

use super::text::{Time, span};
use super::{MAX_ROWS, aside, shown, timeline};
use crate::control::Control;
use crate::domain::digits::Msn;
use crate::domain::span::Span;
use crate::engine::{Engine, Mode, Unit};

/// A clock.
struct Clock {
    now: Time,
    is_frozen: bool,
    /// How far it is from the machine's time, in words.
    offset: String,
    /// The next timer, and in how long it goes off.
    next: Option<(Time, String)>,
}

struct Move {
    at: Time,
    to: Time,
    msn: Option<Msn>,
    what: String,
}

#[derive(Template)]
#[template(path = "dashboard/clock.html", whitespace = "minimize")]
struct Clocks {
    all: Clock,
    /// The sales units whose clocks differ.
    units: Vec<(Msn, Clock)>,
    moves: Vec<Move>,
}

/// Shows the clocks.
pub(super) async fn view(State(control): State<Control>) -> Response {
    let clocks = aside(move || {
        let engine = &control.engine;
        let global = engine.read_clock(None);
        let differs = |unit: &Unit| {
            let own = engine.read_clock(Some(unit));
            own.mode != global.mode || (own.ahead_micros - global.ahead_micros).abs() > 1_000_000
        };
        let units = engine.units();
        let units = units.iter().filter(|unit| differs(unit)).take(MAX_ROWS);
        let units = units.map(|unit| (unit.msn, clock(engine, Some(unit)))).collect();
        let moves = engine.clock_moves(None);
        let moves = moves.iter().take(MAX_ROWS).map(|one| Move {
            at: Time::new(one.from, global.now),
            to: Time::new(one.to, global.now),
            msn: one.msn,
            what: timeline::told(one),
        });
        Clocks { all: clock(engine, None), units, moves: moves.collect() }
    });
    shown(&clocks.await)
}

fn clock(engine: &Engine, unit: Option<&Unit>) -> Clock {
    let reading = engine.read_clock(unit);
    // Milliseconds pass between two looks at a clock.
    let seconds = reading.ahead_micros / 1_000_000;
    let apart = span(Span::seconds(seconds.abs()));
    let offset = match seconds {
        0 => "the machine's time".to_owned(),
        1.. => format!("{apart} ahead of the machine's time"),
        _ => format!("{apart} behind the machine's time"),
    };
    let next = engine.next_timer(unit).map(|at| (Time::new(at, reading.now), span(at.since(reading.now))));
    Clock { now: Time::new(reading.now, reading.now), is_frozen: reading.mode == Mode::Frozen, offset, next }
}
