// A record in plain words: one line for each thing that it says, in the order of the schema.

import { Fault, hex } from './bytes.js';
import { fieldsOf, placeOf, stepsOf } from './path.js';
import { escape, instant } from './show.js';
import { bytesText, readValue } from './value.js';

/** The record as pairs of a label and a value. Protected digests are left out: each is shown by itself. */
export function render(record) {
  const { message, kind } = record;
  const schema = message.schema;
  const lines = [['Kind', kind.label]];
  if (word(message, 'basis') === schema.noteWell.basis) {
    lines.push([schema.noteWell.label, schema.noteWell.text]);
  }
  for (const [field, value] of message.fields()) {
    if (field.name === kind.field) {
      below(value, '', lines);
    } else if (field.name !== 'protected') {
      any(schema, field, value, '', lines);
    }
  }
  return lines;
}

/** A change in plain words: the field as it is labelled here with its path, and both values, null for nothing. */
export function changeWords(schema, { path, was, now }) {
  const label = labelOfPath(schema, path);
  return {
    path,
    field: label === '' ? escape(path) : `${label} (${escape(path)})`,
    was: valueWords(schema, path, was),
    now: valueWords(schema, path, now),
  };
}

/** What the lines of the field at a path are labelled, with the numbers of items, counted from 1. Empty when it names none. */
function labelOfPath(schema, path) {
  const steps = stepsOf(path);
  const fields = steps === null ? null : fieldsOf(schema, steps);
  return (fields ?? []).reduce((label, field, at) => {
    const { name, position } = steps[at];
    if (at === 0 && schema.kinds.some((kind) => kind.field === name)) {
      return label;
    }
    return position === null ? labelBelow(label, field) : `${labelBelow(label, field)} ${position + 1n}`;
  }, '');
}

/** A value of a correction as the record's own lines have it; what cannot be read as it stands. */
function valueWords(schema, path, text) {
  const place = placeOf(schema, path);
  if (text === '' || place === null) {
    return text === '' ? null : escape(text);
  }
  try {
    return wordsOf(schema, place, readValue(schema, place.field, place.isItem, text)) || escape(text);
  } catch (error) {
    if (error instanceof Fault) {
      return escape(text);
    }
    throw error;
  }
}

/** The value of a field, or of one item of it, in one line. */
function wordsOf(schema, { field, isItem }, value) {
  const lines = [];
  if (isItem) {
    one(schema, field, value, '', lines);
  } else {
    any(schema, field, value, '', lines);
  }
  const words = lines.map(([label, text]) => {
    const own = label.startsWith(field.label) ? label.slice(field.label.length) : label;
    const rest = own.replace(/^[, ]+/, '');
    return rest === '' ? text : `${rest}: ${text}`;
  });
  return words.join('; ');
}

function labelBelow(prefix, field) {
  return prefix === '' ? field.label : `${prefix}, ${field.label[0].toLowerCase()}${field.label.slice(1)}`;
}

function below(message, prefix, lines) {
  for (const [field, value] of message.fields()) {
    any(message.schema, field, value, prefix, lines);
  }
}

function any(schema, field, value, prefix, lines) {
  const label = labelBelow(prefix, field);
  if (!field.repeated) {
    one(schema, field, value, label, lines);
    return;
  }
  value.forEach((item, at) => {
    one(schema, field, item, value.length === 1 ? label : `${label} ${at + 1}`, lines);
  });
}

function one(schema, field, value, label, lines) {
  if (field.type !== 'message') {
    lines.push([label, scalar(schema, field, value)]);
    return;
  }
  const text = SENTENCES[value.type]?.(value) ?? null;
  if (text === null) {
    below(value, label, lines);
  } else {
    lines.push([label, text]);
  }
}

function scalar(schema, field, value) {
  switch (field.type) {
    case 'bool':
      return value ? 'yes' : 'no';
    case 'string':
      return escape(value);
    case 'bytes':
      return field.name === 'protected' ? `withheld (commitment ${hex(value)})` : bytesText(field, value);
    case 'enum':
      return schema.enums[field.ref][value].replaceAll('_', ' ');
    default:
      return field.name === 'signed_at_ms' ? `${instant(value)} by the signer's clock` : value.toString();
  }
}

/** The word of an enumeration in a field, with spaces; an empty text if the field is not there. */
function word(message, name) {
  const value = message.get(name);
  const field = message.schema.messages[message.type].fields.find((it) => it.name === name);
  return value === undefined ? '' : scalar(message.schema, field, value);
}

function text(message, name) {
  return escape(message.get(name, ''));
}

/** Messages that read best in one line, by their names. */
const SENTENCES = {
  Quantity: quantity,
  Point: (it) =>
    `latitude ${degrees(it.get('lat_e7', 0n))}, longitude ${degrees(it.get('lon_e7', 0n))}, ` +
    `within ${it.get('uncertainty_m', 0n)} m (${word(it, 'basis')})`,
  LangString: (it) => `${text(it, 'text')} (${text(it, 'lang')})`,
  Confidence: confidence,
  Link: link,
  CheckpointSeen: (it) =>
    `signed after checkpoint of size ${it.get('size', 0n)}, root ${hex(it.get('root', []))}, by the signer's word`,
  MissingField: (it) => `${text(it, 'path')}: ${word(it, 'reason')}`,
  FieldChange: (it) => `${text(it, 'path')}: was ${text(it, 'was') || 'absent'}, now ${text(it, 'now') || 'absent'}`,
  ErasureTarget: (it) => {
    const of = it.get('record') ? ` of record ${hex(it.get('record'))}` : '';
    return `${word(it, 'kind')} ${hex(it.get('digest', []))}${of}`;
  },
  Aggregate: (it) => (it.values.size === 0 ? 'a set as a whole' : null),
};

/** Degrees of a coordinate with all seven decimals. */
function degrees(e7) {
  const magnitude = e7 < 0n ? -e7 : e7;
  return `${e7 < 0n ? '-' : ''}${magnitude / 10_000_000n}.${(magnitude % 10_000_000n).toString().padStart(7, '0')}`;
}

function quantity(it) {
  const [least, most] = it.get('strict') ? ['more than', 'less than'] : ['at least', 'at most'];
  const parts = [
    ['', 'exact'],
    ['about ', 'approx'],
    [`${least} `, 'min'],
    [`${most} `, 'max'],
  ].flatMap(([words, name]) => (it.get(name) ? [`${words}${text(it, name)}`] : []));
  const unit = text(it, 'unit');
  const units = { '': '', bp: ' basis points (hundredths of a per cent)' };
  return parts.join(' and ') + (Object.hasOwn(units, unit) ? units[unit] : ` ${unit}`);
}

function confidence(it) {
  const [said, percent] = [word(it, 'word'), text(it, 'percent')];
  return [said, percent && `${percent} of 100`].filter((part) => part !== '').join(', ');
}

function link(it) {
  let shown = `${word(it, 'rel')} record ${hex(it.get('target', []))}`;
  if (it.get('by')) {
    shown += ` (link by the ${word(it, 'by')})`;
  }
  if (it.get('note')) {
    shown += `: ${text(it, 'note')}`;
  }
  if (it.get('confidence')) {
    shown += `; confidence ${confidence(it.get('confidence'))}`;
  }
  return shown;
}
