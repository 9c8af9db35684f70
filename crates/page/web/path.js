// Paths to the fields of a record, such as `links[0].note` (FORMAT section 13.3).

import { U64_MAX, decimal } from './bytes.js';

/** The name and the position of one step, such as `links` and 0n of `links[0]`; null when it is none. */
function stepOf(text) {
  const open = text.indexOf('[');
  if (open < 0) {
    return { name: text, position: null };
  }
  const position = text.endsWith(']') ? decimal(text.slice(open + 1, -1), U64_MAX) : null;
  return position === null ? null : { name: text.slice(0, open), position };
}

/** The steps of a path, or null when one of them is none. */
export function stepsOf(path) {
  const steps = path.split('.').map(stepOf);
  return steps.includes(null) ? null : steps;
}

/** The fields that the steps of a path name, from the record on, or null when one names none. */
export function fieldsOf(schema, steps) {
  const fields = [];
  let message = schema.messages[schema.record];
  for (const { name } of steps) {
    const field = message?.fields.find((it) => it.name === name);
    if (field === undefined) {
      return null;
    }
    fields.push(field);
    message = field.type === 'message' ? schema.messages[field.ref] : undefined;
  }
  return fields;
}

/**
 * The steps of a path in its one spelling, the field at its end, and whether it names one item of a list; null when it names no
 * field. Each list on the way has a position, and only lists have one.
 */
export function placeOf(schema, path) {
  const steps = stepsOf(path);
  const fields = steps === null ? null : fieldsOf(schema, steps);
  const isPlace = (field, at) => {
    const hasPosition = steps[at].position !== null;
    return field.repeated ? hasPosition || at === steps.length - 1 : !hasPosition;
  };
  return fields !== null && fields.every(isPlace)
    ? { steps, field: fields.at(-1), isItem: steps.at(-1).position !== null }
    : null;
}

/** The value at the steps of a place, or undefined when nothing stands there. */
export function valueAt(message, steps) {
  let value = message;
  for (const { name, position } of steps) {
    value = value?.get(name);
    if (position !== null) {
      value = value?.[position];
    }
  }
  return value;
}

/** A path without the positions in lists. */
export function withoutPositions(path) {
  return path
    .split('.')
    .map((step) => step.split('[')[0])
    .join('.');
}
