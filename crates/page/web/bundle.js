// The bundle: one JSON document with exactly one spelling (FORMAT section 13).

import { fail, fromHex, utf8 } from './bytes.js';
import { bytes, list, object, readDocument, text } from './document.js';
import { isOrganisation } from './names.js';
import { parseProof } from './proof.js';

export const BUNDLE_BYTES_MAX = 64 * 1024 * 1024;

const KEY_CHAINS_MAX = 1_024;
const EVENTS_MAX = 10_000;
const RELATED_MAX = 16_384;
const DISCLOSURES_MAX = 1_024;
const FILES_MAX = 1_024;
const FILE_NAME_BYTES_MAX = 255;

/** The members of each object, in their order. */
const MEMBERS = {
  bundle: ['format', 'record', 'charter', 'key_chains', 'related', 'disclosures', 'files'],
  proven: ['entry', 'proof'],
  chain: ['org', 'events'],
  related: ['relation', 'entry', 'proof'],
  file: ['name', 'sha256', 'size'],
};

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
  return readDocument(input, { family: 'witnessmark-bundle', max: BUNDLE_BYTES_MAX, read: readBundle });
}

function readBundle(value) {
  object(value, MEMBERS.bundle);
  return {
    record: readProven(object(value.record, MEMBERS.proven), 'record'),
    charter: readProven(object(value.charter, MEMBERS.proven), 'charter'),
    keyChains: list(value.key_chains, KEY_CHAINS_MAX, 'key chains').map(readChain),
    related: list(value.related, RELATED_MAX, 'related entries').map(readRelated),
    disclosures: list(value.disclosures, DISCLOSURES_MAX, 'disclosures').map((it) => bytes(it, 'a disclosure')),
    files: list(value.files, FILES_MAX, 'files').map(readFile),
  };
}
