// Disclosures: what opens a protected field (FORMAT section 12).

import { Reader, fail, hex, same, textOf, utf8 } from './bytes.js';
import { utc } from './show.js';

const HEADER = utf8('witnessmark/field/v1\n');

const VALUES = [
  (bytes) => hex(bytes),
  (bytes) => textOf(bytes) ?? fail('a disclosed text is not UTF-8'),
  (bytes) => integer(bytes).toString(),
  (bytes) => time(integer(bytes)),
  (bytes) => (bytes.length === 1 && bytes[0] <= 1 ? String(bytes[0] === 1) : fail('a disclosed truth value is none')),
  (bytes) => textOf(bytes) ?? fail('a disclosed JSON text is not UTF-8'),
];

function integer(bytes) {
  const reader = new Reader(bytes);
  const value = BigInt.asIntN(64, reader.big(8));
  reader.end();
  return value;
}

function time(ms) {
  return ms < 0n ? `${ms} ms after 1970 UTC` : utc(ms);
}

/** Reads a disclosure; `text` is its value as it is shown. */
export function parseDisclosure(bytes) {
  const reader = new Reader(bytes);
  if (!same(reader.take(HEADER.length), HEADER)) {
    fail('a disclosure is not of the form witnessmark/field/v1');
  }
  reader.take(32);
  const name = textOf(reader.take(reader.number(2))) ?? fail('the name of a disclosed field is not UTF-8');
  const type = reader.number(1);
  const value = reader.take(reader.number(4));
  reader.end();
  const show = VALUES[type] ?? fail('a disclosed value is of an unknown type');
  return { name, type, text: show(value) };
}
