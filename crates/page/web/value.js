// The value of one field as JSON in its one spelling: what a correction says was there, and is to be there (FORMAT section 13.3).

import { Fault, fail, fromHex, hex } from './bytes.js';
import { Message, NUMBERS } from './protobuf.js';

const TEXT_TOKEN = /"[^"\\]*(?:\\.[^"\\]*)*"/sy;
const NUMBER_TOKEN = /-?[0-9]+/y;

/** Bytes as text: digits, and with hyphens where the schema says that they are a UUID. */
export function bytesText(field, bytes) {
  const digits = hex(bytes);
  return field.format === 'uuid' && bytes.length === 16
    ? digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
    : digits;
}

/** The value of a field, or of one item of it, as JSON without spaces and with the members of objects in the order of the alphabet. */
export function spelled(schema, field, value) {
  return Array.isArray(value) ? `[${value.map((item) => single(schema, field, item)).join(',')}]` : single(schema, field, value);
}

function single(schema, field, value) {
  switch (field.type) {
    case 'string':
      return JSON.stringify(value);
    case 'bytes':
      return JSON.stringify(bytesText(field, value));
    case 'enum':
      return JSON.stringify(schema.enums[field.ref][value]);
    case 'message': {
      const members = [...value.fields()].map(([it, inner]) => [it.name, spelled(schema, it, inner)]);
      members.sort(([a], [b]) => (a < b ? -1 : 1));
      return `{${members.map(([name, text]) => `"${name}":${text}`).join(',')}}`;
    }
    default:
      return value.toString();
  }
}

/** Whether a field with this value is the same as one that is not there. */
function isAbsent(field, value) {
  switch (field.repeated ? 'list' : field.type) {
    case 'string':
    case 'bytes':
    case 'list':
      return value.length === 0;
    case 'message':
      return false;
    default:
      return BigInt(value) === 0n;
  }
}

/** Reads the value of a field, or of one item of it, from its one spelling. */
export function readValue(schema, field, isItem, text) {
  const reader = new ValueReader(schema, text);
  const value = isItem ? reader.single(field) : reader.field(field);
  if (spelled(schema, field, value) !== text) {
    fail('it is not in its one spelling');
  }
  return isItem || !isAbsent(field, value) ? value : fail('it says nothing');
}

/** Reads along the schema, and only so far as the one spelling goes; what it lets pass shows when the value is written again. */
class ValueReader {
  #schema;
  #text;
  #at = 0;

  constructor(schema, text) {
    this.#schema = schema;
    this.#text = text;
  }

  field(field) {
    return field.repeated ? this.#list('[', ']', () => this.single(field)) : this.single(field);
  }

  single(field) {
    switch (field.type) {
      case 'bool':
        return this.#bool();
      case 'string':
        return this.#string();
      case 'bytes':
        return this.#bytes(field);
      case 'enum':
        return this.#word(this.#schema.enums[field.ref]);
      case 'message':
        return this.#message(field.ref);
      default:
        return this.#number(NUMBERS[field.type]);
    }
  }

  #is(text) {
    const is = this.#text.startsWith(text, this.#at);
    this.#at += is ? text.length : 0;
    return is;
  }

  #list(open, close, item) {
    const items = [];
    if (!this.#is(open)) {
      fail('it is of another type than its field');
    }
    if (!this.#is(close)) {
      do {
        items.push(item());
      } while (this.#is(','));
      if (!this.#is(close)) {
        fail('it has no end');
      }
    }
    return items;
  }

  #token(pattern) {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0] ?? fail('it is of another type than its field');
    this.#at += token.length;
    return token;
  }

  #bool() {
    return this.#is('true') || (this.#is('false') ? false : fail('it is of another type than its field'));
  }

  #string() {
    let text;
    try {
      text = JSON.parse(this.#token(TEXT_TOKEN));
    } catch (error) {
      throw error instanceof SyntaxError ? new Fault('it is no JSON') : error;
    }
    return /[\ud800-\udfff]/u.test(text) ? fail('it has half a character') : text;
  }

  #bytes(field) {
    const text = this.#string();
    const digits = field.format === 'uuid' ? text.replaceAll('-', '') : text;
    return fromHex(digits, Math.floor(digits.length / 2)) ?? fail('it is not in hexadecimal digits');
  }

  #word(words) {
    const text = this.#string();
    const number = Object.keys(words).find((it) => it !== '0' && words[it] === text);
    return number === undefined ? fail('it is no word of its list') : BigInt(number);
  }

  #number({ min, max }) {
    const value = BigInt(this.#token(NUMBER_TOKEN));
    return min <= value && value <= max ? value : fail('it is out of the range of its type');
  }

  #message(type) {
    const message = new Message(this.#schema, type);
    this.#list('{', '}', () => {
      const name = this.#string();
      const field = this.#schema.messages[type].fields.find((it) => it.name === name) ?? fail('it names no field');
      if (!this.#is(':')) {
        fail('it is no JSON');
      }
      const value = this.field(field);
      if (message.values.has(name) || isAbsent(field, value)) {
        fail('it is not in its one spelling');
      }
      message.values.set(name, value);
    });
    return message;
  }
}
