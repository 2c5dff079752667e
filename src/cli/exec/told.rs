//! What `exec` tells on stderr of a command that has failed.

use std::sync::Arc;

use serde_json::Value;

use crate::cli::{line, output};
use crate::domain::checklist::counted;
use crate::engine::{DeliveryRow, Outcome};
use crate::report::Run;

/// How many refused calls, how many refused connections, and how many failed webhooks are told of.
const MOST: usize = 20;

/// Tells of refused calls and connections and failed webhooks: they may be why.
pub(super) fn tell(run: &Run, command: &str, status: u8) {
    if run.refused.is_empty() && run.connections.rows.is_empty() && run.failed.is_empty() {
        return;
    }
    output::complain(text(run, command, status, output::colours()).trim_end());
}

fn text(run: &Run, command: &str, status: u8, coloured: bool) -> String {
    let Run { refused, calls, forgotten, connections, failed } = run;
    let turned_away = connections.rows.iter().map(|row| row.count).sum::<u64>();
    let turned_away = match usize::try_from(turned_away).unwrap_or(usize::MAX) {
        0 => String::new(),
        count => format!(", {} refused", counted(count, "connection")),
    };
    let mut lines = vec![format!(
        "epayment-sandbox: {command} ended with {status}; {} of {} refused, {} failed{turned_away}",
        refused.len(),
        counted(*calls, "call"),
        counted(failed.len(), "webhook"),
    )];
    if *forgotten > 0 {
        lines.push(format!("  {forgotten} earlier calls are not remembered (--max-requests)"));
    }
    lines.extend(left_out(refused.len(), "refused calls; --junit FILE has them all"));
    for row in newest(refused) {
        let call: Value = serde_json::from_str(&row.summary()).unwrap_or_default();
        lines.push(format!("  {}", line::of_call(&call, coloured)));
        lines.extend(row.explanation().map(|why| format!("           {}", output::clean(&why))));
    }
    let connections: Vec<_> = connections.rows.iter().rev().collect();
    lines.extend(left_out(
        connections.len(),
        "hosts to which connections were refused; --junit FILE has them",
    ));
    for row in newest(&connections) {
        lines.push(format!(
            "  {}",
            line::of_connection(&serde_json::to_value(row).unwrap_or_default(), coloured)
        ));
        lines.push(format!("           {}", output::clean(&row.what.explanation)));
    }
    lines.extend(left_out(failed.len(), "failed webhooks; --junit FILE has them all"));
    let rows: Vec<_> = newest(failed).iter().map(of_delivery).collect();
    lines.push(output::table(&rows));
    lines.join("\n")
}

fn newest<T>(rows: &[T]) -> &[T] {
    &rows[rows.len().saturating_sub(MOST)..]
}

fn left_out(count: usize, what: &str) -> Option<String> {
    (count > MOST).then(|| format!("  the last {MOST} of {count} {what}"))
}

fn of_delivery(row: &Arc<DeliveryRow>) -> Vec<String> {
    let how = match &row.outcome {
        Outcome::Answered { status, .. } => format!("answered {status}"),
        Outcome::Failed(why) => output::clean(why),
    };
    let at = row.at.to_string();
    let cells = [at.get(11..19).unwrap_or("-"), "webhook", &row.reference, row.event.name(), &row.url];
    let cells = cells.into_iter().enumerate().map(|(place, cell)| match place {
        0 => format!("  {cell}"),
        _ => output::clean(cell),
    });
    cells.chain([format!("attempt {}", row.attempt), how]).collect()
}
