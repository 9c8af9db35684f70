// The verdict: one of four words, the checks that led to it, and only such facts as a check has shown.

import { rfc3339 } from './show.js';
import { Answer } from './steps.js';
import { CANNOT_TELL, CHECKS, DOES_NOT_SHOW, NOT_VERIFIED, SINCE, VERIFIED, WITH_REMARKS, meaningOf } from './words.js';

/** The answer on a bundle. Whoever has kept a checkpoint from before asks for one check more. */
export class Verdict extends Answer {
  policySha256 = null;
  ledger = null;
  index = null;
  registeredAt = null;
  organisation = null;
  files = [];
  record = null;
  remarks = [];

  constructor(isCompared = false) {
    super(isCompared ? [...CHECKS, SINCE] : CHECKS);
  }

  /** Shows the record, which every check has passed. */
  conclude(record, remarks) {
    if (this.isPassed) {
      this.record = record;
      this.remarks = remarks;
    }
  }

  /** The answer. */
  get word() {
    if (this.isPassed && this.record !== null) {
      return this.remarks.length > 0 ? WITH_REMARKS : VERIFIED;
    }
    return this.isRefused ? NOT_VERIFIED : CANNOT_TELL;
  }

  /** Whether every check passed. */
  get isPositive() {
    return this.word === VERIFIED || this.word === WITH_REMARKS;
  }

  /** What it means, in one sentence or two. */
  get meaning() {
    return meaningOf(this.word, this.failed?.name ?? null);
  }

  /** What even a good answer does not show. */
  get doesNotShow() {
    return DOES_NOT_SHOW;
  }

  /** The verdict for programs, with the members of the other implementation. Whole numbers are BigInt. */
  toObject() {
    const { ledger } = this;
    return {
      verdict: this.word.json,
      subject: 'bundle',
      index: this.index,
      size: ledger?.size ?? null,
      origin: ledger?.origin ?? null,
      root: ledger?.root ?? null,
      organisation: this.organisation,
      registered_at: this.registeredAt,
      registered_at_utc: this.registeredAt === null ? null : rfc3339(this.registeredAt),
      checks: this.checks,
      failed: this.failed?.name ?? null,
      meaning: this.meaning,
      files: this.files.map(fileObject),
      remarks: this.remarks,
      does_not_show: this.doesNotShow,
      policy_sha256: this.policySha256,
      quorum: ledger?.quorum ?? null,
      cosigned: ledger?.cosigned.map(({ name, time }) => ({ name, time_s: time })) ?? [],
      witnessed_s: ledger?.witnessed ?? null,
      record: this.record === null ? null : recordObject(this.record),
    };
  }
}

function recordObject(record) {
  return {
    record_id: record.recordId,
    kind: record.kind.schema,
    title: record.title,
    asserted_by: record.assertedBy,
    signed_at: record.signedAt === 0n ? null : record.signedAt,
    signers: record.signers.map(signerObject),
    fields: record.lines.map(pair),
    protected: record.protected.map(({ commitment, shown, erased }) => ({
      commitment,
      state: stateOf(shown, erased),
      name: shown?.name ?? null,
      value: shown?.text ?? null,
      erased: erasedObject(erased),
    })),
    disclosed: record.disclosed.map(({ name, text }) => ({ name, value: text })),
    withheld: record.withheld,
    files: record.files.map(fileObject),
    related: record.related.entries.map(relatedObject),
    erasures: record.erasures.map(erasedObject),
    openings: record.openings.map(({ index, organisation, validity, digests, to, when, authority }) => ({
      index,
      organisation,
      validity,
      digests,
      to,
      when,
      authority,
    })),
    withdrawn_by: record.related.withdrawnBy,
    corrections: record.related.corrections.map(({ by, on, reason, effect, because, changes }) => ({ by, on, reason, effect, because, changes })),
  };
}

/** What is known of a protected field. */
export function stateOf(shown, erased) {
  if (shown !== null) {
    return 'shown';
  }
  return erased === null ? 'withheld' : 'erased';
}

function erasedObject(erased) {
  if (erased === null) {
    return null;
  }
  const { index, organisation, validity, kind, digest, date, authority, remains } = erased;
  return { index, organisation, validity, kind, digest, date, authority, remains };
}

function fileObject({ name, sha256, sha512, size, state, words, erased }) {
  const compared = state === 'matching' || state === 'different';
  return { name, sha256, sha512, size, state, detail: words, compared, erased: erasedObject(erased) };
}

function relatedObject(it) {
  return {
    relation: it.relation,
    about: it.about,
    steps: it.steps,
    links: it.links.map(({ relation, about, hasEffect }) => ({ relation, about, has_effect: hasEffect })),
    withdrawn_by: it.withdrawnBy,
    index: it.index,
    record_id: it.recordId,
    organisation: it.organisation,
    registered_at: it.registeredAt,
    title: it.title,
  };
}

function pair([name, value]) {
  return { name, value };
}

function signerObject(signer) {
  return {
    key_id: signer.keyId,
    role: signer.role,
    label: signer.label,
    registered_by_event: signer.addedSeq,
    revoked_by_event: signer.revoked?.seq ?? null,
    revoked_reason: signer.revoked?.reason ?? null,
    suspected_since: signer.suspectedSince,
  };
}
