// The key chain of an organisation: replayed event by event (FORMAT section 7).

import { concat, fail, fromHex, hex, textOf, utf8 } from './bytes.js';
import { KIND_KEY_EVENT, parseEntry } from './entry.js';
import { Fields, keyOf, thresholdOf } from './fields.js';
import { isOrganisation } from './names.js';
import { keyIdOf, pae, paeDigest } from './pae.js';
import { countSigners, keyring } from './signers.js';

const U32_MAX = (1n << 32n) - 1n;
const LABEL_BYTES_MAX = 80;
const REASONS = new Set(['superseded', 'lost', 'compromised', 'ceased']);
const ROLES = new Set(['record', 'countersign']);

/** The head of a chain without events. */
const HEAD_0 = '0'.repeat(64);

function readLabel(fields) {
  if (!fields.isNext('label')) {
    return null;
  }
  const label = fields.value('label');
  const isPlain = label !== '' && !/\p{Cc}/u.test(label) && utf8(label).length <= LABEL_BYTES_MAX;
  return isPlain && label.normalize('NFC') === label ? label : fail('the label of a key is not as it must be');
}

function readRoots(fields) {
  const threshold = fields.decimal('threshold');
  const roots = fields.keys('root');
  return { threshold: thresholdOf(threshold, roots), roots };
}

function readAdd(fields) {
  const [digits, role, ...rest] = fields.value('key').split(' ');
  if (!ROLES.has(role) || rest.length > 0) {
    fail('the role of a key is unknown');
  }
  return { key: keyOf(digits), role, label: readLabel(fields) };
}

function readRevoke(fields) {
  const keyId = fields.digest('key-id');
  const reason = fields.value('reason');
  if (!REASONS.has(reason)) {
    fail('the reason of a revocation is unknown');
  }
  return { keyId, reason, suspectedSince: fields.isNext('suspected-since') ? fields.decimal('suspected-since') : null };
}

const ACTIONS = { genesis: readRoots, add: readAdd, revoke: readRevoke, 'rotate-root': readRoots };

function parseEvent(payload) {
  const fields = new Fields(textOf(payload) ?? fail('a key event is not UTF-8'));
  fields.literal('witnessmark/key-event/v1');
  const org = fields.value('org');
  if (!isOrganisation(org)) {
    fail('a key event names no organisation properly');
  }
  const seq = Number(fields.decimal('seq', U32_MAX));
  const prev = fields.digest('prev');
  fields.decimal('time');
  const action = fields.value('do');
  const read = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : fail('a key event does something unknown');
  const what = read(fields);
  fields.end();
  return { org, seq, prev, action, ...what };
}

/** The state of a chain after some events. `keys` holds by key id every key that was ever added. */
export class KeyChain {
  #crypto;
  #charter;
  #roots = null;
  #threshold = 0;

  constructor(crypto, charter, org) {
    this.#crypto = crypto;
    this.#charter = charter;
    this.org = org;
    this.seq = 0;
    this.head = HEAD_0;
    this.registeredAt = charter.registeredAt;
    this.keys = new Map();
  }

  /** Applies the next event, given as the bytes of its entry. */
  async apply(bytes) {
    const entry = parseEntry(bytes);
    if (entry.kind !== KIND_KEY_EVENT) {
      fail('an entry among the key events is none');
    }
    const event = parseEvent(entry.payload);
    if (event.org !== this.org || entry.org !== this.org) {
      fail('a key event is of another organisation');
    }
    if (event.seq !== this.seq + 1 || event.prev !== this.head) {
      fail('a key event does not follow the one before it');
    }
    if ((event.action === 'genesis') !== (event.seq === 1)) {
      fail('the first key event and no other is the genesis');
    }
    await this.#checkSigners(entry, event);
    await this.#carryOut(event);
    this.seq = event.seq;
    this.head = await this.#headAfter(entry);
    if (entry.orgKeySeq !== this.seq || entry.orgKeyHead !== this.head) {
      fail('the entry of a key event does not carry the chain after it');
    }
    if (entry.registeredAt < this.registeredAt) {
      fail('a key event was registered before what it follows');
    }
    this.registeredAt = entry.registeredAt;
  }

  async #checkSigners(entry, event) {
    const message = pae(entry.payloadType, entry.payload);
    const roots = event.action === 'genesis' ? await keyring(this.#crypto, event.roots) : this.#roots;
    const rings = [roots];
    if (event.action === 'genesis') {
      rings.push(this.#charter.ring);
    } else if (event.action === 'add') {
      rings.push(await keyring(this.#crypto, [event.key]));
    } else if (event.action === 'rotate-root') {
      // The new roots may sign to show that they are there; the current ones decide.
      rings.push(await keyring(this.#crypto, event.roots));
    }
    const counts = await countSigners(this.#crypto, entry.signatures, message, rings);
    if (counts.get(roots) < (event.action === 'genesis' ? event.threshold : this.#threshold)) {
      fail('a key event is signed by too few roots');
    }
    if (event.action === 'genesis' && counts.get(rings[1]) < this.#charter.threshold) {
      fail('an organisation was admitted by too few registrars');
    }
    if (event.action === 'add' && counts.get(rings[1]) < 1) {
      fail('a key was added that did not sign for itself');
    }
  }

  async #carryOut(event) {
    if (event.action === 'add') {
      const keyId = await keyIdOf(this.#crypto, event.key);
      if (this.keys.has(keyId)) {
        fail('a key was added twice');
      }
      const { key, role, label, seq } = event;
      this.keys.set(keyId, { keyId, key, role, label, addedSeq: seq, revoked: null });
    } else if (event.action === 'revoke') {
      const key = this.keys.get(event.keyId);
      if (key === undefined || key.revoked !== null) {
        fail('a key was revoked that was not active');
      }
      const { seq, reason, suspectedSince } = event;
      key.revoked = { seq, reason, suspectedSince };
    } else {
      this.#roots = await keyring(this.#crypto, event.roots);
      this.#threshold = event.threshold;
    }
  }

  async #headAfter(entry) {
    const digest = await paeDigest(this.#crypto, entry.payloadType, entry.payload);
    const before = fromHex(this.head, 32);
    return hex(await this.#crypto.sha256(concat(utf8('witnessmark/key-chain/v1\n'), before, digest)));
  }

  /** The key of this id, if it was active after the event `seq`; else null. */
  activeAt(seq, keyId) {
    const key = this.keys.get(keyId);
    const isActive = key !== undefined && key.addedSeq <= seq && (key.revoked === null || key.revoked.seq > seq);
    return isActive ? key : null;
  }
}
