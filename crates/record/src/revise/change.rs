//! The changes of one correction, applied to a record: all of them, or none.

use std::collections::BTreeSet;

use prost_reflect::{DynamicMessage, ReflectMessage as _, Value};

use super::misfit::{Misfit, MisfitCause};
use crate::descriptor::{self, Place, split_step, typed};
use crate::json::{read_field, text_at};
use crate::validate::{is_correctable, overlap};
use crate::{RecordKind, v1};

/// One step of a path: the name of a field, and a position if it names an item.
type Steps<'a> = Vec<(&'a str, Option<usize>)>;

/// A change that fits.
struct Fitting<'a> {
    at: usize,
    steps: Steps<'a>,
    field: prost_reflect::FieldDescriptor,
    /// Nothing when the field or the item is to be taken away.
    now: Option<Value>,
    /// An item that is there already, or a field.
    is_there: bool,
}

/// The record with the changes. Paths and values are about the record as it is before any of them.
///
/// # Errors
///
/// Every change that does not fit.
pub(super) fn apply(
    record: &v1::Record,
    changes: &[v1::FieldChange],
) -> Result<v1::Record, Vec<Misfit>> {
    let mut message = descriptor::dynamic(record);
    let mut misfits = Vec::new();
    let mut fitting = Vec::new();
    let mut named = Named::default();
    let withheld = withheld_in(record);
    for (at, change) in changes.iter().enumerate() {
        match fit((record, &withheld), &message, change, &mut named) {
            Ok(fit) => fitting.push(Fitting { at, ..fit }),
            Err(cause) => misfits.push(misfit(at, change, cause)),
        }
    }
    // Values first, then items at the end of their lists from the first on, then items are taken out from the last on: so a
    // position means the same for each of them.
    fitting.sort_by(|a, b| a.steps.cmp(&b.steps));
    let is_removal = |fit: &&Fitting<'_>| fit.now.is_none() && is_item(&fit.steps);
    let is_addition = |fit: &&Fitting<'_>| !fit.is_there && is_item(&fit.steps);
    let plain = fitting
        .iter()
        .filter(|fit| !is_removal(fit) && !is_addition(fit));
    let added = fitting.iter().filter(is_addition);
    let removed = fitting.iter().rev().filter(is_removal);
    for fit in plain.chain(added).chain(removed) {
        let done = set(&mut message, &fit.steps, fit.now.clone(), &fit.field);
        if let (None, Some(change)) = (done, changes.get(fit.at)) {
            misfits.push(misfit(fit.at, change, MisfitCause::NoPlace));
        }
    }
    if misfits.is_empty() {
        return Ok(typed(&message));
    }
    misfits.sort_by_key(|misfit| misfit.change);
    Err(misfits)
}

fn misfit(change: usize, said: &v1::FieldChange, cause: MisfitCause) -> Misfit {
    Misfit {
        change,
        path: said.path.clone(),
        was: said.was.clone(),
        cause,
    }
}

fn fit<'a>(
    (record, withheld): (&v1::Record, &BTreeSet<String>),
    message: &DynamicMessage,
    change: &'a v1::FieldChange,
    named: &mut Named<'a>,
) -> Result<Fitting<'a>, MisfitCause> {
    let path = change.path.as_str();
    let place = descriptor::place(path).filter(|_| is_correctable(path));
    let (Some(place), Some(steps)) = (place, steps(path)) else {
        return Err(MisfitCause::NoField);
    };
    if !is_of_kind(record, path) {
        return Err(MisfitCause::OtherKind);
    }
    if !named.add(path) {
        return Err(MisfitCause::Twice);
    }
    let there = text_at(message, path, &place);
    if there.as_deref().unwrap_or_default() != change.was {
        return Err(match there {
            None if !record.protected.is_empty() || is_withheld(withheld, path) => {
                MisfitCause::Withheld
            }
            there => MisfitCause::Differs(there),
        });
    }
    if change.was == change.now {
        return Err(MisfitCause::NoValue);
    }
    let now = value(&place, &change.now)?;
    Ok(Fitting {
        at: 0,
        steps,
        field: place.field,
        now,
        is_there: there.is_some(),
    })
}

/// The paths of a correction so far. Somebody else's correction may name very many.
#[derive(Default)]
struct Named<'a>(BTreeSet<&'a str>);

impl<'a> Named<'a> {
    /// Adds a path; false when it, a part of it or a whole that it is part of is there.
    fn add(&mut self, path: &'a str) -> bool {
        let ends = path.match_indices(['.', '[']).map(|(at, _)| at);
        let mut wholes = ends.filter_map(|at| path.get(..at));
        let has_part = ['.', '['].into_iter().any(|end| {
            let inside = format!("{path}{end}");
            let next = self.0.range(inside.as_str()..).next();
            next.is_some_and(|other| other.starts_with(&inside))
        });
        !wholes.any(|whole| self.0.contains(whole)) && !has_part && self.0.insert(path)
    }
}

fn value(place: &Place, text: &str) -> Result<Option<Value>, MisfitCause> {
    if text.is_empty() {
        return Ok(None);
    }
    let value = read_field(place, text, "").map_err(|_| MisfitCause::NoValue)?;
    Ok(Some(value))
}

fn is_item(steps: &Steps<'_>) -> bool {
    steps.last().is_some_and(|(_, position)| position.is_some())
}

fn steps(path: &str) -> Option<Steps<'_>> {
    path.split('.').map(split_step).collect()
}

/// Whether the path leads into the envelope, or into the body that the record has.
fn is_of_kind(record: &v1::Record, path: &str) -> bool {
    let root = first(path);
    let body = RecordKind::ALL
        .into_iter()
        .find(|kind| kind.field() == root);
    body.is_none() || body == record.body.as_ref().map(RecordKind::of)
}

fn first(path: &str) -> &str {
    path.split(['.', '[']).next().unwrap_or_default()
}

/// The paths that a record says it withholds, without positions. There may be very many, and as many changes.
fn withheld_in(record: &v1::Record) -> BTreeSet<String> {
    let missing = record.missing.iter();
    let withheld = missing.filter(|it| it.reason() == v1::MissingReason::Withheld);
    withheld.map(|it| without_positions(&it.path)).collect()
}

/// Whether what stands at `path` is withheld, or is part of a whole that is. Where a record has protected fields, nobody can see
/// which they are.
fn is_withheld(withheld: &BTreeSet<String>, path: &str) -> bool {
    let path = without_positions(path);
    let ends = path.match_indices('.').map(|(at, _)| at);
    let mut wholes = ends.chain([path.len()]).filter_map(|at| path.get(..at));
    wholes.any(|whole| withheld.contains(whole))
}

/// The path without the positions in lists.
pub(super) fn without_positions(path: &str) -> String {
    let names = path
        .split('.')
        .map(|step| step.split('[').next().unwrap_or_default());
    names.collect::<Vec<_>>().join(".")
}

/// The place in the correction that a problem of the record as corrected comes from.
pub(super) fn place_of(problem: &str, changes: &[v1::FieldChange]) -> String {
    let whole = "correction.changes";
    for (at, change) in changes.iter().enumerate() {
        let now = if change.now.is_empty() { "" } else { ".now" };
        if problem == change.path || overlap(&change.path, problem) {
            let rest = problem.strip_prefix(change.path.as_str());
            let rest = rest.filter(|_| !now.is_empty()).unwrap_or_default();
            return format!("{whole}[{at}]{now}{rest}");
        }
    }
    whole.to_owned()
}

/// Sets the field or the item at `steps`, or takes it away. Nothing when there is no such place.
fn set(
    message: &mut DynamicMessage,
    steps: &[(&str, Option<usize>)],
    now: Option<Value>,
    last: &prost_reflect::FieldDescriptor,
) -> Option<()> {
    let ((name, position), rest) = steps.split_first()?;
    if rest.is_empty() {
        return set_last(message, *position, now, last);
    }
    let field = message.descriptor().get_field_by_name(name)?;
    let value = message.get_field_mut(&field);
    let inner = match position {
        Some(position) => value.as_list_mut()?.get_mut(*position)?,
        None => value,
    };
    set(inner.as_message_mut()?, rest, now, last)
}

fn set_last(
    message: &mut DynamicMessage,
    position: Option<usize>,
    now: Option<Value>,
    field: &prost_reflect::FieldDescriptor,
) -> Option<()> {
    let Some(position) = position else {
        match now {
            Some(value) => message.set_field(field, value),
            None => message.clear_field(field),
        }
        return Some(());
    };
    let items = message.get_field_mut(field).as_list_mut()?;
    match now {
        Some(value) if position == items.len() => items.push(value),
        Some(value) => *items.get_mut(position)? = value,
        None if position < items.len() => drop(items.remove(position)),
        None => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::Named;

    #[test]
    fn a_part_and_its_whole_are_not_both_named() {
        let paths = [
            "place.locality",
            "links[1].note",
            "links[10]",
            "note",
            "place_x",
        ];
        let named = || {
            let mut named = Named::default();
            assert!(paths.iter().all(|path| named.add(path)));
            named
        };
        for clash in [
            "note",
            "place",
            "links",
            "links[1]",
            "links[10].note",
            "place.locality",
        ] {
            assert!(!named().add(clash), "{clash}");
        }
        for other in [
            "place.country",
            "links[1].target",
            "links[0]",
            "notes",
            "links[100]",
        ] {
            assert!(named().add(other), "{other}");
        }
    }
}
