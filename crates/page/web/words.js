// The words of a verdict: the same for the same outcome in every implementation.

/** The checks of a bundle, in order (FORMAT section 14). */
export const CHECKS = [
  'format',
  'policy',
  'checkpoint',
  'quorum',
  'charter',
  'inclusion',
  'key_chain',
  'signatures',
  'record',
  'related',
  'disclosures',
  'files',
];

/** The check behind them, when the reader has kept a checkpoint from before. */
export const SINCE = 'since';

export const VERIFIED = { json: 'verified', shown: 'VERIFIED' };
export const WITH_REMARKS = { json: 'verified_with_remarks', shown: 'VERIFIED WITH REMARKS' };
export const NOT_VERIFIED = { json: 'not_verified', shown: 'NOT VERIFIED' };
export const CANNOT_TELL = { json: 'cannot_tell', shown: 'CANNOT TELL' };

/** What even a good answer does not show. */
export const DOES_NOT_SHOW = [
  'that what the record says is true',
  'that something happened, or a picture was taken, when or where the record says',
  'that whoever signed saw it, or that the person named as its source said it',
  'that nothing else was left out: other records about it may exist, here or elsewhere',
  'that a physical item was well kept',
];

const POSITIVE =
  'The record, exactly as shown, is in the ledger, was signed with a registered key of the organisation, and has not ' +
  'changed since.';

const CANNOT_TELL_BY_CHECK = {
  format:
    'Software too old, or input that could not be read: nothing was found wrong with it, and nothing was shown. Get a ' +
    'newer version of this software, or another copy.',
  policy:
    'Without a readable policy there is nobody to trust. Get the policy of the ledger from a source you trust, not from ' +
    'whoever gave you the evidence.',
  checkpoint:
    'Not this ledger: it comes from a ledger that your policy does not name. It may be good under another policy.',
  since:
    'Older than what you have seen, or nothing to compare it with: no fault was found in the bundle. What was said of the record ' +
    'since may be missing from it. Ask for a new bundle; --allow-older takes an old one.',
  files: 'Incomplete: a file that should lie beside the bundle could not be read. Put it there and try again.',
};

const NOT_VERIFIED_BY_CHECK = {
  format:
    "Altered or damaged: the file is not a bundle as the ledger's software writes it. Ask for the file again.",
  checkpoint:
    "Altered: the ledger's signature does not fit the checkpoint, so nothing that rests on it can be relied upon.",
  quorum:
    'Incomplete: the independent witnesses that your policy asks for have not all signed this state of the ledger, so the ' +
    'ledger could show others a different one.',
  charter:
    "Not this ledger: the ledger's founding entry does not hold, so it is not known who admits organisations.",
  inclusion:
    'Altered: the record is not at this place in the ledger. It, its position or its proof was changed.',
  key_chain:
    "Not this organisation: the list of the organisation's keys is not the one that the ledger had when it took the record in.",
  signatures:
    'Not this organisation: the record is not signed as it must be by keys that the organisation had then.',
  record:
    'The signed bytes are not a record that can be shown whole, or belong to another ledger or organisation. If the bundle is ' +
    'new, this software may be too old.',
  related:
    'Altered: something that is presented as being about the record is not, or is out of place. Do not rely on the bundle; ' +
    'the record may be good by itself.',
  disclosures: 'Altered: a field is shown that the record never committed to.',
  since:
    'Two histories: the ledger has signed another tree of this size before. Do not rely on its word, and keep both checkpoints.',
  files: 'Altered: a file beside the bundle is not the one that was recorded.',
};

/** What a verdict means for somebody who knows none of its words. */
export function meaningOf(word, failed) {
  switch (word) {
    case NOT_VERIFIED:
      return NOT_VERIFIED_BY_CHECK[failed] ?? 'A check failed, so nothing of this can be relied upon.';
    case CANNOT_TELL:
      return (
        CANNOT_TELL_BY_CHECK[failed] ?? 'Something that the checks need could not be read. Nothing was shown either way.'
      );
    default:
      return POSITIVE;
  }
}
