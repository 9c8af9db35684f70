// Protobuf by a schema: messages are read, and written again in their one canonical form (FORMAT section 2).

import { concat, fail, hex, textOf, utf8 } from './bytes.js';

const WIRE_VARINT = 0;
const WIRE_BYTES = 2;

/** How numbers of each type are written as varints, and which there are. */
export const NUMBERS = {
  uint32: { min: 0n, max: (1n << 32n) - 1n, fromRaw: (raw) => raw, toRaw: (value) => value },
  uint64: { min: 0n, max: (1n << 64n) - 1n, fromRaw: (raw) => raw, toRaw: (value) => value },
  sint32: {
    min: -(1n << 31n),
    max: (1n << 31n) - 1n,
    fromRaw: (raw) => (raw >> 1n) ^ -(raw & 1n),
    toRaw: (value) => BigInt.asUintN(64, (value << 1n) ^ (value >> 63n)),
  },
  bool: { min: 0n, max: 1n, fromRaw: (raw) => raw, toRaw: (value) => value },
  enum: { min: 0n, max: (1n << 31n) - 1n, fromRaw: (raw) => raw, toRaw: (value) => value },
};

class Wire {
  #bytes;
  #at = 0;

  constructor(bytes) {
    this.#bytes = bytes;
  }

  get isEmpty() {
    return this.#at === this.#bytes.length;
  }

  varint() {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      if (this.isEmpty) {
        fail('the message ends too early');
      }
      const byte = this.#bytes[this.#at];
      this.#at += 1;
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) {
        return value < 1n << 64n ? value : fail('a number of the message is too large');
      }
    }
    return fail('a number of the message is too long');
  }

  bytes() {
    const length = this.varint();
    if (length > BigInt(this.#bytes.length - this.#at)) {
      fail('the message ends too early');
    }
    const start = this.#at;
    this.#at += Number(length);
    return this.#bytes.slice(start, this.#at);
  }
}

/**
 * A message, with its fields by name: numbers and enumerations as BigInt, texts as strings, bytes as bytes, truth values as
 * booleans, and lists of these. Only fields that are there are held, in the order of their numbers.
 */
export class Message {
  constructor(schema, type) {
    this.schema = schema;
    this.type = type;
    this.values = new Map();
  }

  /** What is in a field; of one that is not there, `otherwise`. */
  get(name, otherwise = undefined) {
    return this.values.get(name) ?? otherwise;
  }

  /** The fields that are there, with their descriptions. */
  *fields() {
    for (const field of this.schema.messages[this.type].fields) {
      const value = this.values.get(field.name);
      if (value !== undefined) {
        yield [field, value];
      }
    }
  }
}

/** Reads `bytes` as the message `type`, which must be its canonical form. */
export function decodeCanonical(schema, type, bytes) {
  const message = decode(schema, type, bytes);
  const again = encode(message);
  if (hex(again) !== hex(bytes)) {
    fail('it is not in its canonical form');
  }
  return message;
}

function decode(schema, type, bytes) {
  const message = new Message(schema, type);
  const byNumber = new Map(schema.messages[type].fields.map((field) => [BigInt(field.number), field]));
  const wire = new Wire(bytes);
  while (!wire.isEmpty) {
    const tag = wire.varint();
    const field = byNumber.get(tag >> 3n);
    if (field === undefined) {
      const isBody = type === schema.record && schema.bodies.from <= tag >> 3n && tag >> 3n <= schema.bodies.to;
      fail(isBody ? 'it is of a kind that this software does not know' : 'it holds a field that the schema does not have');
    }
    readField(schema, message, field, Number(tag & 7n), wire);
  }
  return message;
}

function readField(schema, message, field, wireType, wire) {
  const isNumber = Object.hasOwn(NUMBERS, field.type);
  if (isNumber && field.repeated) {
    if (wireType !== WIRE_BYTES) {
      fail('a list of numbers is not packed');
    }
    const packed = new Wire(wire.bytes());
    while (!packed.isEmpty) {
      add(message, field, readNumber(schema, field, packed));
    }
    return;
  }
  if (wireType !== (isNumber ? WIRE_VARINT : WIRE_BYTES)) {
    fail('a field is not written as its type is');
  }
  add(message, field, isNumber ? readNumber(schema, field, wire) : readBytes(schema, field, wire));
}

function add(message, field, value) {
  if (field.repeated) {
    const list = message.values.get(field.name) ?? [];
    list.push(value);
    message.values.set(field.name, list);
    return;
  }
  if (message.values.has(field.name)) {
    fail('a field that stands for one value is there twice');
  }
  const others = message.schema.messages[message.type].fields;
  if (field.oneof && others.some((other) => other.oneof === field.oneof && message.values.has(other.name))) {
    fail('two fields are there that exclude each other');
  }
  message.values.set(field.name, value);
}

function readNumber(schema, field, wire) {
  const { min, max, fromRaw } = NUMBERS[field.type];
  const value = fromRaw(wire.varint());
  if (value < min || value > max) {
    fail('a number is out of the range of its type');
  }
  if (field.type === 'enum' && schema.enums[field.ref][value] === undefined) {
    fail('it holds a word that its list does not have');
  }
  return field.type === 'bool' ? value === 1n : value;
}

function readBytes(schema, field, wire) {
  const bytes = wire.bytes();
  switch (field.type) {
    case 'string':
      return textOf(bytes) ?? fail('a text is not UTF-8');
    case 'bytes':
      return bytes;
    default:
      return decode(schema, field.ref, bytes);
  }
}

function varintBytes(value) {
  const bytes = [];
  for (let rest = value; ; rest >>= 7n) {
    const low = Number(rest & 0x7fn);
    if (rest < 0x80n) {
      bytes.push(low);
      return Uint8Array.from(bytes);
    }
    bytes.push(low | 0x80);
  }
}

function measured(bytes) {
  return concat(varintBytes(BigInt(bytes.length)), bytes);
}

/** The canonical form: fields ascending, none with its default value. */
function encode(message) {
  const parts = [];
  const ascending = [...message.fields()].sort(([a], [b]) => a.number - b.number);
  for (const [field, value] of ascending) {
    const tag = (wireType) => varintBytes((BigInt(field.number) << 3n) | BigInt(wireType));
    const isNumber = Object.hasOwn(NUMBERS, field.type);
    if (isNumber && field.repeated) {
      parts.push(tag(WIRE_BYTES), measured(concat(...value.map((item) => encodeNumber(field, item)))));
    } else if (isNumber) {
      const bytes = encodeNumber(field, value);
      if (bytes.length > 1 || bytes[0] !== 0) {
        parts.push(tag(WIRE_VARINT), bytes);
      }
    } else if (field.repeated) {
      parts.push(...value.flatMap((item) => [tag(WIRE_BYTES), measured(encodeBytes(field, item))]));
    } else {
      const bytes = encodeBytes(field, value);
      if (bytes.length > 0 || field.type === 'message') {
        parts.push(tag(WIRE_BYTES), measured(bytes));
      }
    }
  }
  return concat(...parts);
}

function encodeNumber(field, value) {
  return varintBytes(NUMBERS[field.type].toRaw(BigInt(value)));
}

function encodeBytes(field, value) {
  switch (field.type) {
    case 'string':
      return utf8(value);
    case 'bytes':
      return value;
    default:
      return encode(value);
  }
}
