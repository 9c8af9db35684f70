// The answer on a file of misbehaviour: proved, not proved, or open. None of its words reads as if a ledger were fine.

import { hex } from './bytes.js';
import { Answer } from './steps.js';

/** The checks of a file of misbehaviour, in order (FORMAT section 17.3). */
const CHECKS = ['format', 'policy', 'checkpoints', 'signatures', 'contradiction'];

export const PROVED = { json: 'misbehaviour_proved', shown: 'MISBEHAVIOUR PROVED' };
export const NOT_PROVED = { json: 'not_proved', shown: 'NOT PROVED' };
export const OPEN = { json: 'cannot_tell', shown: 'CANNOT TELL' };

/** What a proof of misbehaviour does not show. */
const DOES_NOT_SHOW = [
  'who did it: a stolen key signs as well as its owner does',
  'whether it was meant: a ledger that went on from an old copy of its folder, or ran twice from one, signs two histories too',
  'which of the two histories is the right one, if either is',
  'that any record was altered: each is signed by its own organisation, and that is checked by itself',
  'when it was done, or what was shown to whom',
];

const MEANS_PROVED =
  "The ledger's key signed two histories that exclude each other. What rests on the word of this ledger alone - that a record " +
  'is in it, since when, and that nothing was taken out - can no longer be relied upon without a look at which history it ' +
  'belongs to.';

const OPEN_BY_CHECK = {
  policy:
    'Without a readable policy there is nobody to trust. Get the policy of the ledger from a source you trust, not from ' +
    'whoever gave you the file.',
  checkpoints:
    'Not this ledger: your policy does not name the ledger that the file is about. It may be proved under another policy.',
  contradiction:
    'A complaint, and no proof. Both checkpoints are signed, and both can be honest. Ask the ledger, or somebody who has a copy ' +
    'of it, how the two belong together; witnessmark compare does that.',
};

const NOT_PROVED_BY_CHECK = {
  signatures: 'One key of the ledger did not sign both checkpoints, as your policy has it. The file accuses nobody.',
};

/** The whole answer on a file of misbehaviour. */
export class Finding extends Answer {
  policySha256 = null;
  /** What was signed, after the check `signatures`. */
  facts = null;

  constructor() {
    super(CHECKS);
  }

  /** The answer. */
  get word() {
    if (this.isPassed) {
      return PROVED;
    }
    return this.isRefused ? NOT_PROVED : OPEN;
  }

  /** Whether it is proved. */
  get isPositive() {
    return this.word === PROVED;
  }

  /** What it means, for somebody who knows none of the words. */
  get meaning() {
    const failed = this.failed?.name ?? '';
    switch (this.word) {
      case PROVED:
        return MEANS_PROVED;
      case NOT_PROVED:
        return NOT_PROVED_BY_CHECK[failed] ?? 'The file does not show what it says. It accuses nobody.';
      default:
        return OPEN_BY_CHECK[failed] ?? 'Software too old, or input that could not be read: nothing was shown either way.';
    }
  }

  /** What even a proof does not show. */
  get doesNotShow() {
    return DOES_NOT_SHOW;
  }

  /** The finding for programs, with the members of the other implementation. Whole numbers are BigInt. */
  toObject() {
    const { facts } = this;
    return {
      verdict: this.word.json,
      subject: 'misbehaviour',
      kind: facts?.kind ?? null,
      origin: facts?.origin ?? null,
      key: facts?.key ?? null,
      checkpoints: facts?.heads.map(({ size, root }) => ({ size, root: hex(root) })) ?? [],
      index: facts?.evidence?.index ?? null,
      cosigned_both: facts?.cosignedBoth ?? [],
      checks: this.checks,
      failed: this.failed?.name ?? null,
      meaning: this.meaning,
      does_not_show: this.doesNotShow,
      policy_sha256: this.policySha256,
    };
  }
}
