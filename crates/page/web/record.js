// A record: its canonical bytes, its links, its files and its protected digests (FORMAT sections 2 and 13).

import { fail, hex } from './bytes.js';
import { decodeCanonical } from './protobuf.js';
import SCHEMA from './schema.json' with { type: 'json' };

const RECORD_BYTES_MAX = 64_000;

function isId(bytes) {
  return bytes?.length === 32;
}

/** The word of an enumeration's value; an empty text if the field is not there. */
export function wordOf(message, name) {
  const field = message.schema.messages[message.type].fields.find((it) => it.name === name);
  const value = message.get(name);
  return value === undefined ? '' : message.schema.enums[field.ref][value];
}

/** The relation that an attestation's stance amounts to. */
const STANCES = { confirms: 'corroborates', corroborates_independently: 'corroborates', contradicts: 'contradicts' };

/**
 * Which other records a body speaks of, by its field in the record: each a relation and an id. A function of the body; the
 * ids in `optional` may be absent.
 */
const TARGETS = {
  attestation: (body) => [[STANCES[wordOf(body, 'stance')] ?? 'about', body.get('target')]],
  correction: (body) => [['corrects', body.get('target')]],
  withdrawal: (body) => [['withdraws', body.get('target')], ...given(body.get('in_favour_of'))],
  lab_analysis: (body) => given(body.get('sample_custody')),
  erasure: (body) => body.get('targets', []).flatMap((item) => given(item.get('record'))),
  disclosure: (body) => body.get('fields', []).map((item) => ['about', item.get('record')]),
};

function given(id) {
  return id === undefined ? [] : [['about', id]];
}

/** Its own links, and then what its body says of other records, each once. */
function linksOf(message, kind) {
  const links = message.get('links', []).map((link) => {
    const rel = wordOf(link, 'rel');
    return rel !== '' && isId(link.get('target')) ? [rel, hex(link.get('target'))] : fail('a link is incomplete');
  });
  for (const [rel, id] of TARGETS[kind.field]?.(message.get(kind.field)) ?? []) {
    const target = isId(id) ? hex(id) : fail('it speaks of a record without its record id');
    if (!links.some((link) => link[0] === rel && link[1] === target)) {
      links.push([rel, target]);
    }
  }
  return links.map(([relation, target]) => ({ relation, target }));
}

/** The record of an entry: canonical, of a known kind, of the entry's organisation and for this log. */
export function readRecord(entry, origin) {
  if (entry.payload.length > RECORD_BYTES_MAX) {
    fail('the record has more than 64,000 bytes');
  }
  const message = decodeCanonical(SCHEMA, SCHEMA.record, entry.payload);
  const kind = SCHEMA.kinds.find((it) => message.get(it.field) !== undefined);
  if (kind === undefined || message.get('schema') !== kind.schema) {
    fail('it is of a kind that this software does not know, or of another kind than it says');
  }
  if (message.get('org') !== entry.org) {
    fail('it names another organisation than its entry');
  }
  if (message.get('origin') !== origin) {
    fail('it was signed for another ledger');
  }
  return { message, kind, links: linksOf(message, kind) };
}

/** The first title, or an empty text. */
export function titleOf(record) {
  return record.message.get('titles', [])[0]?.get('text') ?? '';
}

/** The digests of protected fields in hexadecimal digits, ascending, each once. */
export function protectedOf(record) {
  const digests = record.message
    .get('protected', [])
    .map((bytes) => (isId(bytes) ? hex(bytes) : fail('a digest of a protected field has not 32 bytes')));
  return [...new Set(digests)].sort();
}

/** The files that the record names, each under the name that it has beside a bundle. */
export function attachmentsOf(record) {
  return record.message.get('attachments', []).map((attachment) => {
    const sha256 = attachment.get('sha256');
    const digits = isId(sha256) ? hex(sha256) : fail('a file of the record has no SHA-256');
    const sha512 = attachment.get('sha512');
    return {
      name: attachment.get('name', digits),
      sha256: digits,
      sha512: sha512 === undefined ? null : hex(sha512),
      size: attachment.get('size', 0n),
    };
  });
}
