// The entry: what one leaf of the tree commits to (FORMAT section 4).

import { Reader, fail, hex, same, textOf, utf8 } from './bytes.js';
import { isOrganisation } from './names.js';
import { TYPE_CHARTER, TYPE_KEY_EVENT, TYPE_RECORD } from './pae.js';

export const ENTRY_BYTES_MAX = 65535;
export const ENTRY_SIGNATURES_MAX = 8;

const KIND_RECORD = 1;
export const KIND_KEY_EVENT = 2;
export const KIND_CHARTER = 3;

const KIND_LAST = 6;
/** Charter, time anchor, rehash: of the log and not of an organisation. */
const KINDS_OF_THE_LOG = new Set([3, 4, 6]);
/** The one payload type of each kind that this version knows. */
const PAYLOAD_TYPES = { [KIND_RECORD]: TYPE_RECORD, [KIND_KEY_EVENT]: TYPE_KEY_EVENT, [KIND_CHARTER]: TYPE_CHARTER };
const ALGORITHM_ED25519 = 1;
const SIGNATURE_BYTES = 64;

function readText(reader, lengthBytes) {
  const text = textOf(reader.take(reader.number(lengthBytes)));
  return text === null ? fail('a text of the entry is not UTF-8') : text;
}

function readSignature(reader) {
  if (reader.number(1) !== ALGORITHM_ED25519) {
    fail('a signature of the entry is of an algorithm that this software does not know');
  }
  const keyId = hex(reader.take(32));
  if (reader.number(2) !== SIGNATURE_BYTES) {
    fail('a signature of the entry has not 64 bytes');
  }
  return { keyId, signature: reader.take(SIGNATURE_BYTES) };
}

/** Takes the bytes of an entry apart; nothing of it is verified. */
export function parseEntry(bytes) {
  if (bytes.length > ENTRY_BYTES_MAX) {
    fail('the entry has more than 65,535 bytes');
  }
  const reader = new Reader(bytes);
  if (!same(reader.take(4), utf8('WMK1'))) {
    fail('it is no entry of the form WMK1');
  }
  const kind = reader.number(1);
  if (kind < 1 || kind > KIND_LAST) {
    fail('the entry is of an unknown kind');
  }
  const registeredAt = reader.big(8);
  const org = readText(reader, 1);
  const orgKeySeq = reader.number(4);
  const orgKeyHead = hex(reader.take(32));
  if (KINDS_OF_THE_LOG.has(kind)) {
    if (org !== '' || orgKeySeq !== 0 || !/^0*$/.test(orgKeyHead)) {
      fail('the entry is of the ledger and names an organisation or its keys');
    }
  } else if (!isOrganisation(org)) {
    fail('the entry names no organisation properly');
  }
  const payloadType = readText(reader, 2);
  if (payloadType !== (PAYLOAD_TYPES[kind] ?? payloadType)) {
    fail('the payload of the entry is not of the type of its kind');
  }
  const payload = reader.take(reader.number(4));
  const count = reader.number(1);
  if (count > ENTRY_SIGNATURES_MAX) {
    fail('the entry has more than 8 signatures');
  }
  const signatures = Array.from({ length: count }, () => readSignature(reader));
  reader.end();
  return { kind, registeredAt, org, orgKeySeq, orgKeyHead, payloadType, payload, signatures };
}

/** The entry of a record. */
export function parseRecordEntry(bytes) {
  const entry = parseEntry(bytes);
  return entry.kind === KIND_RECORD ? entry : fail('the entry is not that of a record');
}
