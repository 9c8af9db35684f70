// The verification of a bundle: twelve checks, each with a name, always in the same order, and one more when the reader has kept
// a checkpoint from before (FORMAT section 14).
//
// Nothing is taken from the bundle before the check that proves it: the tree size comes from the checkpoint that the reader's
// policy accepts, the keys come from the chain that the record's entry commits to, and what a person is shown is decoded
// from the very bytes that were signed.

import { fail, hex } from './bytes.js';
import { parseBundle } from './bundle.js';
import { KeyChain } from './chain.js';
import { readCharter } from './charter.js';
import { parseDisclosure } from './disclosure.js';
import { parseRecordEntry } from './entry.js';
import { counting, toldOf } from './erased.js';
import { checkNamed, judgeFiles, lookAtFiles } from './files.js';
import { pae, paeDigest } from './pae.js';
import { checkLog, checkWitnesses, quorumWords, readPolicy } from './policy.js';
import { attachmentsOf, protectedOf, readRecord, titleOf } from './record.js';
import { checkRelated } from './related.js';
import { remarksOn } from './remarks.js';
import { render } from './render.js';
import { quote } from './show.js';
import { compareSince } from './since.js';
import { check, untilStopped } from './steps.js';
import { checkInclusion, leafHash } from './tree.js';
import { Verdict } from './verdict.js';

/**
 * Judges a bundle. `bundle` and `policy` are bytes; `files` gives the file of a name beside the bundle, a Blob, or null;
 * `since` is null, or the bytes of a checkpoint that the reader kept as `note`, and whether a bundle of an older state is taken as
 * `allowOlder`; `onProgress` is told the name of a file, how many of its bytes are done, and how many there are.
 */
export async function verifyBundle(crypto, { bundle, policy, files = () => null, since = null, onProgress = () => {} }) {
  const verdict = new Verdict(since !== null);
  const run = new Run(crypto, verdict, files, onProgress);
  await untilStopped(() => run.all(bundle, policy, since));
  return verdict;
}

class Run {
  constructor(crypto, verdict, files, onProgress) {
    Object.assign(this, { crypto, verdict, files, onProgress });
  }

  check(name, make) {
    return check(this.verdict, name, make);
  }

  async all(bundleBytes, policyBytes, since) {
    const { verdict } = this;
    this.bundle = await this.check('format', () => [parseBundle(bundleBytes), 'a bundle in its one spelling']);
    const { policy, sha256 } = await this.check('policy', () => readPolicy(this.crypto, policyBytes));
    verdict.policySha256 = sha256;
    const note = await this.check('checkpoint', () => this.checkCheckpoint(policy));
    await this.check('quorum', () => this.checkQuorum(policy, note));
    this.charter = await this.check('charter', () => this.checkCharter());
    const entry = await this.check('inclusion', () => this.checkRecordInclusion());
    verdict.index = this.bundle.record.proof.index;
    verdict.registeredAt = entry.registeredAt;
    this.chains = await this.check('key_chain', () => this.checkChains(entry));
    await this.check('signatures', async () => {
      const count = await this.checkSignatures(entry);
      return [count, `${count} good, by keys that were active when the record was registered`];
    });
    verdict.organisation = entry.org;
    const record = await this.check('record', () => {
      const read = readRecord(entry, this.checkpoint.origin);
      return [read, `canonical, of kind ${read.kind.schema}`];
    });
    const recordId = hex(await paeDigest(this.crypto, entry.payloadType, entry.payload));
    const related = await this.check('related', () => checkRelated(this, record, recordId));
    const told = toldOf(related.entries, recordId, entry.org);
    const opened = await this.check('disclosures', () => this.checkDisclosures(record, told));
    await this.check('files', () => this.checkFiles(record, told));
    const facts = this.facts({ entry, record, recordId, related, told, opened });
    const remarks = remarksOn(facts, verdict.index, entry.registeredAt);
    if (since !== null) {
      remarks.push(...(await this.check('since', () => compareSince(this.crypto, policy, this.checkpoint, since))));
    }
    verdict.conclude(facts, remarks);
  }

  async checkCheckpoint(policy) {
    const { record, charter, related } = this.bundle;
    const text = record.proof.checkpoint;
    if ([charter, ...related].some((proven) => proven.proof.checkpoint !== text)) {
      fail('the proofs of the bundle carry different checkpoints');
    }
    const { note } = record.proof;
    this.checkpoint = await checkLog(this.crypto, policy, note);
    return [note, `${quote(this.checkpoint.origin)} signed it for ${this.checkpoint.size} entries`];
  }

  async checkQuorum(policy, note) {
    const { cosigned, witnessed } = await checkWitnesses(this.crypto, policy, note);
    const { origin, size, root } = this.checkpoint;
    this.verdict.ledger = { origin, size, root: hex(root), cosigned, quorum: quorumWords(policy), witnessed };
    const detail =
      policy.quorum === null
        ? 'the policy requires no independent witness'
        : `${quorumWords(policy)}: cosigned by ${cosigned.length} of the policy's witnesses`;
    return [cosigned, detail];
  }

  async checkCharter() {
    const { entry, proof } = this.bundle.charter;
    if (proof.index !== 0n) {
      fail('the charter is not proved to be entry 0');
    }
    await this.checkIncluded(this.bundle.charter);
    const charter = await readCharter(this.crypto, entry);
    if (charter.origin !== this.checkpoint.origin) {
      fail('the charter is of another ledger');
    }
    return [charter, `entry 0, signed by its registrars; ${charter.threshold} of ${charter.registrars.length} admit organisations`];
  }

  /** Refuses unless an entry is in the signed tree at the index of its proof. */
  async checkIncluded({ entry, proof }) {
    const leaf = await leafHash(this.crypto, entry);
    const { size, root } = this.checkpoint;
    await checkInclusion(this.crypto, { leaf, index: proof.index, size, root, proof: proof.hashes });
  }

  async checkRecordInclusion() {
    await this.checkIncluded(this.bundle.record);
    const entry = parseRecordEntry(this.bundle.record.entry);
    return [entry, `entry ${this.bundle.record.proof.index} of ${this.checkpoint.size}`];
  }

  /** Replays the chain of every organisation, and holds the record's against its entry. */
  async checkChains(entry) {
    const chains = new Map();
    let before = '';
    for (const { org, events } of this.bundle.keyChains) {
      if (org <= before) {
        fail('the key chains do not ascend by organisation');
      }
      before = org;
      chains.set(org, await ReplayedChain.of(this.crypto, this.charter, org, events));
    }
    this.chains = chains;
    this.checkChain(entry);
    const chain = chains.get(entry.org);
    return [chains, `${chain.events.length} key events of ${quote(entry.org)} replay to the head that the entry carries`];
  }

  /** Refuses unless the chain of an entry's organisation replays to the head that the entry carries. */
  checkChain(entry) {
    const chain = this.chains.get(entry.org) ?? fail('the key events of an organisation that signed are not there');
    const state = chain.states[entry.orgKeySeq];
    if (state === undefined || state.head !== entry.orgKeyHead) {
      fail('the key events do not lead to the head that the entry carries');
    }
    const next = chain.states[entry.orgKeySeq + 1];
    if (entry.registeredAt < state.registeredAt || entry.registeredAt > (next?.registeredAt ?? entry.registeredAt)) {
      fail('the times of the key events do not fit the time of the entry');
    }
  }

  /** Refuses unless every signature of an entry is good and by a key that was active, and one key may record. */
  async checkSignatures(entry) {
    const { last } = this.chains.get(entry.org);
    const message = pae(entry.payloadType, entry.payload);
    const seen = new Set();
    let mayRecord = false;
    for (const { keyId, signature } of entry.signatures) {
      const key = last.activeAt(entry.orgKeySeq, keyId) ?? fail('a signature is by a key that was not active');
      if (seen.has(keyId)) {
        fail('a key signed twice');
      }
      seen.add(keyId);
      if (!(await this.crypto.verify(key.key, message, signature))) {
        fail('a signature is not good');
      }
      mayRecord ||= key.role === 'record';
    }
    return mayRecord ? seen.size : fail('no key that may record signed');
  }

  /** Refuses unless each disclosure opens a digest of the record; gives what is known of each digest. */
  async checkDisclosures(record, told) {
    const protectedFields = protectedOf(record).map((commitment) => ({
      commitment,
      shown: null,
      erased: counting(told, 'protected_field', commitment),
    }));
    const disclosed = [];
    for (const bytes of this.bundle.disclosures) {
      const disclosure = parseDisclosure(bytes);
      const digest = hex(await this.crypto.sha256(bytes));
      const field = protectedFields.find((it) => it.commitment === digest) ?? fail('a disclosure opens no digest of the record');
      if (field.shown !== null) {
        fail('a disclosure is there twice');
      }
      field.shown = disclosure;
      disclosed.push(disclosure);
    }
    const closed = protectedFields.filter((it) => it.shown === null);
    const withheld = closed.filter((it) => it.erased === null).length;
    const erased = closed.length - withheld;
    const gone = erased === 0 ? '' : `, ${erased} erased`;
    return [{ protected: protectedFields, disclosed, withheld }, `${disclosed.length} shown, ${withheld} withheld${gone}`];
  }

  /** Compares every file; what was found of each is told also when the check fails. */
  async checkFiles(record, told) {
    const attachments = attachmentsOf(record);
    checkNamed(this.bundle.files, attachments);
    this.verdict.files = await lookAtFiles(this.bundle.files, attachments, told, this.files, this.onProgress);
    return [null, judgeFiles(this.verdict.files)];
  }

  facts({ entry, record, recordId, related, told, opened }) {
    const { message } = record;
    const { last } = this.chains.get(entry.org);
    return {
      recordId,
      kind: record.kind,
      title: titleOf(record),
      assertedBy: message.get('asserted_by')?.get('name') ?? '',
      signedAt: message.get('signed_at_ms', 0n),
      signers: entry.signatures.map(({ keyId }) => {
        const key = last.keys.get(keyId);
        return { ...key, suspectedSince: key.revoked?.suspectedSince ?? null };
      }),
      lines: render(record),
      ...opened,
      files: this.verdict.files,
      related,
      erasures: told.erased,
      openings: told.openings,
    };
  }
}

/** The chain of one organisation, replayed. `states` holds head and time after each event. */
class ReplayedChain {
  constructor(last, events, states) {
    Object.assign(this, { last, events, states });
  }

  static async of(crypto, charter, org, events) {
    const last = new KeyChain(crypto, charter, org);
    const states = [];
    for (const event of events) {
      await last.apply(event);
      states[last.seq] = { head: last.head, registeredAt: last.registeredAt };
    }
    return new ReplayedChain(last, events, states);
  }
}
