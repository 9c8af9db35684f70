// What a correction does to a record: all of its changes fit what the record says by then, or none is made (FORMAT section 13.3).

import { Fault } from './bytes.js';
import { placeOf, valueAt, withoutPositions } from './path.js';
import { Message } from './protobuf.js';
import { wordOf } from './record.js';
import { escape } from './show.js';
import { readValue, spelled } from './value.js';

/** What no correction changes, whatever stands below it. */
const FIXED = new Set([
  'org',
  'device_seq',
  'signed_at_ms',
  'previous',
  'protected',
  'origin',
  'schema',
  'thread_id',
  'clock_source',
  'clock_uncertainty_s',
  'utc_offset',
  'seen',
  'correction',
  'withdrawal',
]);

/** What is shown of a text that is not ours, in characters. */
const SHOWN_MAX = 80;

/** Why a change does not fit, in words. */
class Misfit extends Error {}

function misfit(words) {
  throw new Misfit(words);
}

function shorten(text) {
  const characters = [...escape(text)];
  return characters.length > SHOWN_MAX ? `${characters.slice(0, SHOWN_MAX).join('')}...` : characters.join('');
}

function shown(value) {
  return value === '' ? 'nothing' : shorten(value);
}

/**
 * The record as it is with these changes, or why they do not fit: each change is `path`, `was` and `now`. What is given stays
 * as it is.
 */
export function revise(message, changes) {
  const because = new Map();
  const fitting = [];
  const [named, withheld] = [new Named(), withheldIn(message)];
  changes.forEach((change, at) => {
    told(because, at, () => fitting.push({ at, path: change.path, ...fit(message, change, named, withheld) }));
  });
  const revised = copy(message);
  for (const it of inOrder(fitting)) {
    told(because, it.at, () => set(revised, it));
  }
  const reasons = [...because.keys()].sort((a, b) => a - b).map((at) => because.get(at));
  return reasons.length === 0 ? { message: revised, because: [] } : { message, because: reasons };
}

/** Does something; a change that does not fit is noted with its place. */
function told(because, at, act) {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Misfit)) {
      throw error;
    }
    because.set(at, escape(error.message));
  }
}

/** What a change does, if it fits. `now` is undefined when something is taken away. */
function fit(message, { path, was, now }, named, withheld) {
  const { schema } = message;
  const root = path.split(/[.[]/)[0];
  const place = isCorrectable(schema, path, root) ? placeOf(schema, path) : null;
  if (place === null) {
    misfit(`${shorten(path)} is no field that may be corrected`);
  }
  if (schema.kinds.some((kind) => kind.field === root) && message.get(root) === undefined) {
    misfit(`${shorten(path)} is a field of another kind of record`);
  }
  if (!named.add(path)) {
    misfit(`it names ${shorten(path)} twice`);
  }
  const value = valueAt(message, place.steps);
  const there = value === undefined ? '' : spelled(schema, place.field, value);
  if (there !== was) {
    const taken = `it takes ${shorten(path)} to be ${shown(was)}`;
    const isHidden = value === undefined && (message.get('protected') !== undefined || isWithheld(withheld, path));
    misfit(isHidden ? `${taken}, and the record shows no value there` : `${taken}, which was ${shown(there)} by then`);
  }
  return { ...place, now: was === now ? cannotHold(path) : valueOf(schema, place, path, now), isThere: value !== undefined };
}

function cannotHold(path) {
  return misfit(`${shorten(path)} cannot hold what it is to hold`);
}

function valueOf(schema, { field, isItem }, path, text) {
  if (text === '') {
    return undefined;
  }
  try {
    return readValue(schema, field, isItem, text);
  } catch (error) {
    if (error instanceof Fault) {
      return cannotHold(path);
    }
    throw error;
  }
}

function isCorrectable(schema, path, root) {
  return !FIXED.has(root) && path !== 'attestation.target' && !schema.kinds.some((kind) => kind.field === path);
}

/** The paths that a record says it withholds, without positions. */
function withheldIn(message) {
  const missing = message.get('missing', []).filter((it) => wordOf(it, 'reason') === 'withheld');
  return new Set(missing.map((it) => withoutPositions(it.get('path', ''))));
}

/** Whether what stands at a path is withheld, or is part of a whole that is. */
function isWithheld(withheld, path) {
  const steps = withoutPositions(path).split('.');
  return steps.some((_, at) => withheld.has(steps.slice(0, at + 1).join('.')));
}

/** The paths of a correction so far. */
class Named {
  #paths = new Set();
  /** Every whole that one of them is part of. */
  #wholes = new Set();

  /** Adds a path; false when it, a part of it or a whole that it is part of is there. */
  add(path) {
    const wholes = [...path.matchAll(/[.[]/g)].map(({ index }) => path.slice(0, index));
    if (this.#paths.has(path) || this.#wholes.has(path) || wholes.some((whole) => this.#paths.has(whole))) {
      return false;
    }
    this.#paths.add(path);
    wholes.forEach((whole) => this.#wholes.add(whole));
    return true;
  }
}

/**
 * Values first, then items at the end of their lists from the first on, then items are taken out from the last on: so a position
 * means the same for each of them.
 */
function inOrder(fitting) {
  const sorted = [...fitting].sort((a, b) => bySteps(a.steps, b.steps));
  const isRemoval = (it) => it.isItem && it.now === undefined;
  const isAddition = (it) => it.isItem && !it.isThere;
  return [
    ...sorted.filter((it) => !isRemoval(it) && !isAddition(it)),
    ...sorted.filter(isAddition),
    ...sorted.filter(isRemoval).reverse(),
  ];
}

function bySteps(a, b) {
  for (const [at, step] of a.entries()) {
    const other = b[at];
    if (other === undefined || step.name !== other.name) {
      return other !== undefined && step.name < other.name ? -1 : 1;
    }
    if (step.position !== other.position) {
      return step.position === null || (other.position !== null && step.position < other.position) ? -1 : 1;
    }
  }
  return a.length < b.length ? -1 : 0;
}

/** Sets the field or the item at the steps, or takes it away. A message on the way is made; an item of a list is not. */
function set(message, { steps, field, now, path }) {
  let inner = message;
  for (const { name, position } of steps.slice(0, -1)) {
    if (position === null && inner.get(name) === undefined) {
      const { ref } = inner.schema.messages[inner.type].fields.find((it) => it.name === name);
      inner.values.set(name, new Message(inner.schema, ref));
    }
    const value = inner.get(name);
    inner = (position === null ? value : value?.[position]) ?? misfit(`the record has no place ${shorten(path)}`);
  }
  const { position } = steps.at(-1);
  if (position === null) {
    setValue(inner, field, now);
  } else if (!setItem(inner, field, Number(position), now)) {
    misfit(`the record has no place ${shorten(path)}`);
  }
}

function setValue(message, field, now) {
  if (now === undefined) {
    message.values.delete(field.name);
  } else {
    message.values.set(field.name, now);
  }
}

function setItem(message, field, position, now) {
  const items = message.get(field.name, []);
  if (position > items.length || (position === items.length && now === undefined)) {
    return false;
  }
  items.splice(position, 1, ...(now === undefined ? [] : [now]));
  setValue(message, field, items.length === 0 ? undefined : items);
  return true;
}

/** A message that can be changed without changing the other. */
function copy(value) {
  if (Array.isArray(value)) {
    return value.map(copy);
  }
  if (!(value instanceof Message)) {
    return value;
  }
  const made = new Message(value.schema, value.type);
  for (const [name, inner] of value.values) {
    made.values.set(name, copy(inner));
  }
  return made;
}
