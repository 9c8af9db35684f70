// The bundle: one JSON document with exactly one spelling (FORMAT section 13).

import { fail, fromBase64, fromHex, textOf, utf8 } from './bytes.js';
import { isOrganisation } from './names.js';
import { parseProof } from './proof.js';

export const BUNDLE_BYTES_MAX = 64 * 1024 * 1024;

const FORMAT = 'witnessmark-bundle/1';
const FORMAT_FAMILY = 'witnessmark-bundle/';
const KEY_CHAINS_MAX = 1_024;
const EVENTS_MAX = 10_000;
const RELATED_MAX = 16_384;
const DISCLOSURES_MAX = 1_024;
const FILES_MAX = 1_024;
const FILE_NAME_BYTES_MAX = 255;

/** Ends with CANNOT TELL: a bundle of a version that this software does not know. */
export class UnknownVersion extends Error {}

/** The members of each object, in their order. */
const MEMBERS = {
  bundle: ['format', 'record', 'charter', 'key_chains', 'related', 'disclosures', 'files'],
  proven: ['entry', 'proof'],
  chain: ['org', 'events'],
  related: ['relation', 'entry', 'proof'],
  file: ['name', 'sha256', 'size'],
};

function isObject(value) {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value, if it is an object with just these members in this order. */
function object(value, members) {
  const names = isObject(value) ? Object.keys(value) : [];
  if (names.length !== members.length || names.some((name, at) => name !== members[at])) {
    fail('a member is missing, unknown, twice, of the wrong type or out of its place');
  }
  return value;
}

/** Whether this is text of whole characters: half a surrogate pair is none. */
function isText(value) {
  return typeof value === 'string' && !/[\ud800-\udfff]/u.test(value);
}

function text(value) {
  return isText(value) ? value : fail('a member is no text');
}

function list(value, max, what) {
  if (!Array.isArray(value)) {
    fail('a member is no list');
  }
  return value.length <= max ? value : fail(`there are more than ${max} ${what}`);
}

function bytes(value, what) {
  return fromBase64(text(value)) ?? fail(`${what} is not strict base64`);
}

function readProven({ entry, proof }, what) {
  return { entry: bytes(entry, `the entry of the ${what}`), proof: parseProof(text(proof)) };
}

function readChain(value) {
  const { org, events } = object(value, MEMBERS.chain);
  return {
    org: isOrganisation(text(org)) ? org : fail('an organisation of key_chains has no proper name'),
    events: list(events, EVENTS_MAX, 'events of one organisation').map((it) => bytes(it, 'a key event')),
  };
}

function readRelated(value) {
  const related = object(value, MEMBERS.related);
  return { relation: text(related.relation), ...readProven(related, 'related record') };
}

/** Whether a name names one file in a folder and nothing else. */
function isPlainName(name) {
  return (
    name !== '' && name !== '.' && name !== '..' && utf8(name).length <= FILE_NAME_BYTES_MAX && !/[\p{Cc}/\\:]/u.test(name)
  );
}

function readFile(value) {
  const { name, sha256, size } = object(value, MEMBERS.file);
  if (!isPlainName(text(name))) {
    fail('a file has a name that is not plain');
  }
  if (fromHex(text(sha256), 32) === null) {
    fail('the sha256 of a file is not 64 lower-case hexadecimal digits');
  }
  if (!Number.isSafeInteger(size) || size < 0) {
    fail('the size of a file is no whole number that JSON can say exactly');
  }
  return { name, sha256, size: BigInt(size) };
}

/** Reads the bytes of a bundle; nothing in it is verified. */
export function parseBundle(input) {
  if (input.length > BUNDLE_BYTES_MAX) {
    fail(`the file is larger than ${BUNDLE_BYTES_MAX} bytes`);
  }
  const document = textOf(input) ?? fail('this is not UTF-8 text');
  const value = parseJson(document);
  checkVersion(value, document);
  object(value, MEMBERS.bundle);
  const bundle = {
    record: readProven(object(value.record, MEMBERS.proven), 'record'),
    charter: readProven(object(value.charter, MEMBERS.proven), 'charter'),
    keyChains: list(value.key_chains, KEY_CHAINS_MAX, 'key chains').map(readChain),
    related: list(value.related, RELATED_MAX, 'related entries').map(readRelated),
    disclosures: list(value.disclosures, DISCLOSURES_MAX, 'disclosures').map((it) => bytes(it, 'a disclosure')),
    files: list(value.files, FILES_MAX, 'files').map(readFile),
  };
  // A member that is there twice is lost in reading, so it shows here.
  if (JSON.stringify(value, null, 2) !== document) {
    fail('the document is not in its one spelling');
  }
  return bundle;
}

function parseJson(document) {
  try {
    return JSON.parse(document);
  } catch {
    return fail('this is not one JSON document');
  }
}

function checkVersion(value, document) {
  if (!isObject(value) || !isText(value.format)) {
    fail('the document does not say of what format it is');
  }
  if (value.format === FORMAT) {
    return;
  }
  if (value.format.startsWith(FORMAT_FAMILY) && formatsNamed(document) === 1) {
    throw new UnknownVersion('the bundle has a version that this software does not know');
  }
  fail(`the format is not ${FORMAT}`);
}

/** How many members of the outermost object of a JSON document are called `format`. */
function formatsNamed(document) {
  let [depth, count] = [0, 0];
  for (const [token] of document.matchAll(/"(?:[^"\\]|\\.)*"(?:\s*:)?|[[\]{}]/g)) {
    if (token === '{' || token === '[') {
      depth += 1;
    } else if (token === '}' || token === ']') {
      depth -= 1;
    } else if (depth === 1 && token.endsWith(':') && JSON.parse(token.slice(0, token.lastIndexOf('"') + 1)) === 'format') {
      count += 1;
    }
  }
  return count;
}
