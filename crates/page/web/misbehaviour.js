// The file of misbehaviour: two signed notes, and what is to show that they contradict each other (FORMAT section 17).

import { fail, fromBase64, textOf } from './bytes.js';
import { list, object, readDocument, text } from './document.js';
import { PROOF_HASHES_MAX } from './tree.js';

export const MISBEHAVIOUR_BYTES_MAX = 4 * 1024 * 1024;

/** How every file of misbehaviour begins, of whatever version: its spelling leaves nothing else. */
const BEGINNING = '{\n  "format": "witnessmark-misbehaviour/';

/** The members of each object, in their order. */
const MEMBERS = {
  file: ['format', 'kind', 'notes', 'beginning', 'entries', 'refusal'],
  beginning: ['root', 'consistency'],
  entries: ['index', 'leaves'],
  leaf: ['leaf_hash', 'inclusion'],
};

/** The member with the evidence of each kind. */
const EVIDENCE = { 'two-roots': null, 'two-beginnings': 'beginning', 'two-entries': 'entries', unproved: 'refusal' };

/** What a ledger is said to have done, to be read after "the ledger". */
export const REFUSALS = {
  fewer_entries: 'showed fewer entries than it had signed for',
  proof_failed: 'gave a proof of consistency that did not hold',
  no_proof: 'gave no proof of consistency',
};

/** Whether bytes begin as a file of misbehaviour does, so that they are judged as one. */
export function isMisbehaviour(input) {
  return textOf(input.subarray(0, BEGINNING.length)) === BEGINNING;
}

/** Reads the bytes of a file of misbehaviour; nothing in it is verified. */
export function parseMisbehaviour(input) {
  return readDocument(input, { family: 'witnessmark-misbehaviour', max: MISBEHAVIOUR_BYTES_MAX, read: readFile });
}

function readFile(value) {
  const { kind, notes, ...evidence } = object(value, MEMBERS.file);
  const own = Object.hasOwn(EVIDENCE, text(kind)) ? EVIDENCE[kind] : fail('the kind is not known');
  for (const name of ['beginning', 'entries', 'refusal']) {
    if ((evidence[name] === null) === (name === own)) {
      fail('the members with the evidence are not those of the kind');
    }
  }
  return { kind, notes: pair(notes).map(text), evidence: own === null ? null : READERS[own](evidence[own]) };
}

/** How the evidence of each kind is read. */
const READERS = {
  beginning(value) {
    const { root, consistency } = object(value, MEMBERS.beginning);
    return { root: hash(root), consistency: hashes(consistency) };
  },

  entries(value) {
    const { index, leaves } = object(value, MEMBERS.entries);
    if (!Number.isSafeInteger(index) || index < 0) {
      fail('the index is no whole number that JSON can say exactly');
    }
    return { index: BigInt(index), leaves: pair(leaves).map(readLeaf) };
  },

  refusal(value) {
    return Object.hasOwn(REFUSALS, text(value)) ? value : fail('the member refusal has an unknown word');
  },
};

function readLeaf(value) {
  const { leaf_hash: leaf, inclusion } = object(value, MEMBERS.leaf);
  return { leaf: hash(leaf), inclusion: hashes(inclusion) };
}

function pair(value) {
  return list(value, 2, 'of what there are two').length === 2 ? value : fail('there are fewer than two of what there are two');
}

function hashes(value) {
  return list(value, PROOF_HASHES_MAX, 'hashes in a proof').map(hash);
}

function hash(value) {
  const bytes = fromBase64(text(value));
  return bytes !== null && bytes.length === 32 ? bytes : fail('a hash is not 32 bytes in strict base64');
}
