//! `letopis replay`: each event of an entity, and the state after it.
//!
//! The events are those of the entity's timeline, in the order of the log; the state is the fold that look-ups show,
//! so what is printed after an event is what the API answers as of its position.

use std::collections::BTreeSet;
use std::io::{BufWriter, Write};
use std::sync::Arc;
use std::time::Duration;

use anyhow::bail;
use letopis_access_log::Kind;
use letopis_domain::account::Account;
use letopis_domain::contact::Contact;
use letopis_domain::event::Recorded;
use letopis_domain::ids::Position;
use letopis_domain::lead::Lead;
use letopis_domain::opportunity::Opportunity;
use letopis_eventlog::environment::SystemEnvironment;
use letopis_eventlog::log::Log;
use letopis_projections::entity::{self, Entity};
use letopis_projections::{AsOf, View};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::DataFolder;
use super::history::Whose;
use crate::control::{note, people_at};
use crate::graphql::event::payload;
use crate::graphql::ids::EntityId;
use crate::history::HistoryOf;

/// What to replay.
#[derive(clap::Args)]
pub(super) struct Arguments {
    #[command(flatten)]
    folder: DataFolder,
    #[command(flatten)]
    whose: Whose,
    /// The last position to include; the end of the log when absent.
    #[arg(long, value_name = "POSITION")]
    until: Option<u64>,
    /// One JSON object per event and line.
    #[arg(long)]
    json: bool,
}

/// Replays it.
pub(super) fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let company = arguments.folder.open_existing(Arc::new(SystemEnvironment))?;
    company.catch_up()?;
    let head = company.log().head();
    let until = arguments.until.map_or(head, Position);
    if until > head {
        bail!("position {until} lies beyond the end of the log, which is {head}");
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let view = runtime.block_on(company.views().at(Some(AsOf::Position(until)), Duration::ZERO))?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let of = arguments.whose.history()?;
    let people = people_at(&**company.log(), &of.positions(&view)?)?;
    note(&company.folder(None, None), Kind::Read, "replay", people)?;
    let replayed = match of {
        HistoryOf::Account(id) => replay::<Account>(&view, id, of, arguments.json, &mut out),
        HistoryOf::Lead(id) => replay::<Lead>(&view, id, of, arguments.json, &mut out),
        HistoryOf::Contact(id) => replay::<Contact>(&view, id, of, arguments.json, &mut out),
        HistoryOf::Opportunity(id) => replay::<Opportunity>(&view, id, of, arguments.json, &mut out),
    };
    let replayed = replayed.and_then(|()| Ok(out.flush()?));
    company.close()?;
    // Whoever reads may have seen enough.
    match replayed {
        Err(error) if error.downcast_ref().is_some_and(is_broken_pipe) => Ok(()),
        other => other,
    }
}

fn is_broken_pipe(error: &std::io::Error) -> bool {
    error.kind() == std::io::ErrorKind::BrokenPipe
}

fn replay<E>(view: &View, id: E::Id, of: HistoryOf, as_json: bool, out: &mut impl Write) -> anyhow::Result<()>
where
    E: Entity + Serialize,
    E::Id: EntityId,
{
    let kind = <E::Id as EntityId>::KIND;
    let log = view.log();
    let history = entity::history::<E>(&**log, id, view.position())?;
    if history.is_empty() {
        bail!("there is no {kind} {} as of position {}", id.uuid(), view.position());
    }
    let own: BTreeSet<Position> = history.iter().map(|recorded| recorded.position).collect();
    let mut state = E::default();
    let mut before = Value::Null;
    for position in of.positions(view)? {
        let Some(recorded) = log.get(position)? else { continue };
        if own.contains(&position) {
            state.evolve(&recorded);
        }
        let after = if state.exists() { serde_json::to_value(&state)? } else { Value::Null };
        if as_json {
            writeln!(out, "{}", as_line(&recorded, &after)?)?;
        } else {
            write_text(out, &recorded, &before, &after)?;
        }
        before = after;
    }
    Ok(())
}

fn as_line(recorded: &Recorded, state: &Value) -> anyhow::Result<Value> {
    Ok(json!({
        "position": recorded.position.to_string(),
        "type": recorded.event.event_type().name(),
        "occurredAt": recorded.occurred_at,
        "recordedAt": recorded.recorded_at,
        "actor": recorded.actor,
        "event": payload(recorded).map_err(|error| anyhow::Error::msg(error.message()))?,
        "state": state,
    }))
}

fn write_text(out: &mut impl Write, recorded: &Recorded, before: &Value, after: &Value) -> anyhow::Result<()> {
    let event = recorded.event.event_type().name();
    write!(out, "#{} {} {event}", recorded.position, recorded.occurred_at)?;
    if let Some(actor) = recorded.actor {
        write!(out, " by {actor}")?;
    }
    writeln!(out)?;
    let shown = payload(recorded).map_err(|error| anyhow::Error::msg(error.message()))?;
    writeln!(out, "    {shown}")?;
    for (field, from, to) in changes(before, after) {
        writeln!(out, "    {field}: {from} → {to}")?;
    }
    Ok(())
}

/// The fields that differ, with both values.
fn changes(before: &Value, after: &Value) -> Vec<(String, Value, Value)> {
    let nothing = Map::new();
    let before = before.as_object().unwrap_or(&nothing);
    let after = after.as_object().unwrap_or(&nothing);
    let fields: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let pair = |field: &String| {
        let from = before.get(field).cloned().unwrap_or_default();
        let to = after.get(field).cloned().unwrap_or_default();
        (from != to).then(|| (field.clone(), from, to))
    };
    fields.into_iter().filter_map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_is_shown() {
        let before = json!({ "status": "NEW", "source": "web" });
        let after = json!({ "status": "QUALIFIED", "source": "web" });
        assert_eq!(changes(&before, &after), [("status".to_owned(), json!("NEW"), json!("QUALIFIED"))]);
    }
}
