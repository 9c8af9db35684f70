// The judgement of a file of misbehaviour: five checks, always in the same order (FORMAT section 17.3).
//
// A key is convicted by what it signed and by hashes alone. That a ledger refused something is only said by whoever wrote the file.

import { Fault, fail, hex, same } from './bytes.js';
import { Finding } from './finding.js';
import { REFUSALS, parseMisbehaviour } from './misbehaviour.js';
import { cosignatureTime, isBy, isSignedBy, keyText, parseCheckpoint, parseNote } from './note.js';
import { logNames, readPolicy } from './policy.js';
import { quote } from './show.js';
import { Unclear, check, untilStopped } from './steps.js';
import { checkConsistency, checkInclusion } from './tree.js';

/** Judges a file of misbehaviour by a policy; both are bytes. Witnesses are not asked for: they are shown one history only. */
export async function judgeMisbehaviour(crypto, { file, policy }) {
  const finding = new Finding();
  await untilStopped(() => judge(crypto, finding, file, policy));
  return finding;
}

async function judge(crypto, finding, fileBytes, policyBytes) {
  const file = await check(finding, 'format', () => {
    const read = parseMisbehaviour(fileBytes);
    return [read, `a file of the kind ${read.kind}`];
  });
  const { policy, sha256 } = await check(finding, 'policy', () => readPolicy(crypto, policyBytes));
  finding.policySha256 = sha256;
  const signed = await check(finding, 'checkpoints', () => readCheckpoints(file, policy));
  const { origin } = signed[0].checkpoint;
  const key = await check(finding, 'signatures', () => findSigner(crypto, policy, origin, signed));
  const heads = signed.map(({ checkpoint: { size, root } }) => ({ size, root }));
  const cosignedBoth = await witnessesOf(crypto, policy, signed);
  finding.facts = { kind: file.kind, evidence: file.evidence, origin, key: keyText(key), heads, cosignedBoth };
  await check(finding, 'contradiction', async () => [null, await contradiction(crypto, file, heads)]);
}

/** Two checkpoints of one log that the policy names, in their order. */
function readCheckpoints(file, policy) {
  const signed = file.notes.map((text, at) => {
    try {
      const note = parseNote(text);
      return { note, checkpoint: parseCheckpoint(note.text) };
    } catch (error) {
      throw error instanceof Fault ? new Fault(`the ${['first', 'second'][at]} note: ${error.message}`) : error;
    }
  });
  const [one, two] = signed.map(({ checkpoint }) => checkpoint);
  if (one.origin !== two.origin) {
    fail(`the notes are of two ledgers, ${quote(one.origin)} and ${quote(two.origin)}`);
  }
  if (one.size > two.size || (one.size === two.size && hex(one.root) > hex(two.root))) {
    fail('the notes are not in their order: the smaller tree first');
  }
  if (!policy.logs.some((log) => log.name === one.origin)) {
    throw new Unclear(`not a ledger of the policy, which trusts ${logNames(policy)}`);
  }
  return [signed, `of ${one.size} and ${two.size} entries`];
}

/** The first key of the policy for a log that signed both notes. */
async function findSigner(crypto, policy, origin, signed) {
  for (const key of policy.logs.filter((log) => log.name === origin)) {
    const [one, two] = [await isSignedBy(crypto, signed[0].note, key), await isSignedBy(crypto, signed[1].note, key)];
    if (one && two) {
      return [key, `one key of the policy signed both: ${key.keyId}`];
    }
  }
  return fail('no key that the policy gives for the ledger signed both notes');
}

/** The names of the witnesses of the policy that cosigned both histories. */
async function witnessesOf(crypto, policy, signed) {
  const names = [];
  for (const witness of policy.witnesses) {
    const [one, two] = [await isCosignedBy(crypto, signed[0].note, witness), await isCosignedBy(crypto, signed[1].note, witness)];
    if (one && two) {
      names.push(witness.name);
    }
  }
  return names;
}

/** Whether a witness has cosigned: one good line is enough, because nothing good is said of anybody here. */
async function isCosignedBy(crypto, note, witness) {
  for (const { signature } of note.signatures.filter((it) => isBy(it, witness))) {
    if ((await cosignatureTime(crypto, witness, note.text, signature)) !== null) {
      return true;
    }
  }
  return false;
}

/** Why two trees, the smaller first, cannot both be of one append-only log (FORMAT section 17.1). */
async function contradiction(crypto, { kind, evidence }, [old, now]) {
  if (old.size === now.size) {
    if (same(old.root, now.root)) {
      fail('both notes name the same tree, which contradicts nothing');
    }
    return kind === 'two-roots'
      ? `two roots for the size ${old.size}`
      : fail('the sizes are the same, so the kind is two-roots');
  }
  switch (kind) {
    case 'two-roots':
      return fail(`the sizes are ${old.size} and ${now.size}, so that two roots contradict nothing`);
    case 'two-beginnings':
      return twoBeginnings(crypto, evidence, old, now);
    case 'two-entries':
      return twoEntries(crypto, evidence, [old, now]);
    default:
      throw new Unclear(`nothing in the file shows one; whoever wrote it says that the ledger ${REFUSALS[evidence]}`);
  }
}

async function twoBeginnings(crypto, { root, consistency }, old, now) {
  if (same(root, old.root)) {
    fail('the root of the beginning is that of the older checkpoint');
  }
  await checkConsistency(crypto, { size: old.size, root }, now, consistency);
  return `the first ${old.size} entries of the newer tree have another root`;
}

async function twoEntries(crypto, { index, leaves }, heads) {
  if (same(leaves[0].leaf, leaves[1].leaf)) {
    fail('the two leaves are the same');
  }
  for (const [at, { leaf, inclusion }] of leaves.entries()) {
    await checkInclusion(crypto, { leaf, index, ...heads[at], proof: inclusion });
  }
  return `different entries at index ${index}`;
}
