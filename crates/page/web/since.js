// A checkpoint that the reader kept from before, beside that of the bundle (FORMAT section 14).

import { Fault, fail, same, textOf } from './bytes.js';
import { isSignedBy, parseCheckpoint, parseNote } from './note.js';
import { quote } from './show.js';
import { Unclear } from './steps.js';

/** The check `since`: gives its remarks, and its detail. `since` is a `note` in bytes, and whether an older bundle is taken. */
export async function compareSince(crypto, policy, checkpoint, { note, allowOlder }) {
  const kept = await keptCheckpoint(crypto, policy, checkpoint.origin, note);
  const [size, before] = [checkpoint.size, kept.size];
  if (size === before) {
    return same(checkpoint.root, kept.root)
      ? [[], `the very tree of ${size} entries that was kept`]
      : fail(
          `for ${size} entries the ledger has signed another root before, so it has signed two histories; witnessmark compare ` +
            'makes a proof of it',
        );
  }
  if (size > before) {
    const remark =
      `The ledger has ${size} entries in this bundle and had ${before} in the checkpoint that you kept. That the one continues ` +
      'the other is not in a bundle: witnessmark compare shows it, with the ledger or an export as evidence.';
    return [[remark], `${size} entries, and ${before} when it was kept`];
  }
  if (!allowOlder) {
    throw new Unclear(
      `the bundle is of ${size} entries, and you have seen the ledger with ${before}: what was said of the record since is not ` +
        'in it',
    );
  }
  const remark =
    `You have seen the ledger with ${before} entries, and this bundle is of its state with ${size}: what was said of the record ` +
    'since is not in it. That the one continues the other is not in a bundle.';
  return [[remark], `${size} entries, older than the ${before} that were kept, as was allowed`];
}

/** The checkpoint that was kept, of this log and signed by a key that the policy gives for it. Anything else is nothing to compare with. */
async function keptCheckpoint(crypto, policy, origin, bytes) {
  const note = readKept(() => parseNote(textOf(bytes) ?? fail('it is not UTF-8 text')));
  const kept = readKept(() => parseCheckpoint(note.text));
  if (kept.origin !== origin) {
    throw new Unclear(`the checkpoint that was kept is of another ledger, ${quote(kept.origin)}`);
  }
  for (const key of policy.logs.filter((log) => log.name === origin)) {
    if (await isSignedBy(crypto, note, key)) {
      return kept;
    }
  }
  throw new Unclear('the checkpoint that was kept: no key that the policy gives for the ledger has signed it');
}

/** What was kept is no part of the bundle, so a fault of it is none of the bundle. */
function readKept(read) {
  try {
    return read();
  } catch (error) {
    throw error instanceof Fault ? new Unclear(`the checkpoint that was kept: ${error.message}`) : error;
  }
}
