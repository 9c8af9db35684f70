// Judges one bundle for each line of its input, for the comparison of the two implementations: see tests/differential.
//
// A line in is {"bundle", "policy", "files": {name: bytes}} with bytes in base64, and {"since": {"note", "allow_older"}} when a
// checkpoint was kept; or {"misbehaviour", "policy"} in base64; or {"key", "message", "signature"} in hexadecimal digits. A line out is the
// answer as an object, with whole numbers as texts, or {"admitted", "accepted"}.
//
//     node judge.mjs quick|native|plain|trusting
//
// says whose cryptography: node's own without its queue, which is the fastest; node's own as a browser has it; the page's; and one
// that accepts every signature, which is the planted fault.

import { createHash, createPublicKey, verify } from 'node:crypto';
import { createInterface } from 'node:readline';

import { fromHex } from '../../web/bytes.js';
import { judgeMisbehaviour } from '../../web/convict.js';
import { Crypto } from '../../web/crypto.js';
import { isAdmitted } from '../../web/ed25519.js';
import { verifyBundle } from '../../web/verify.js';

class Trusting extends Crypto {
  async verify() {
    return true;
  }
}

/** What stands before the bytes of a public key in the form that node reads. */
const SPKI_ED25519 = Buffer.from('302a300506032b6570032100', 'hex');

/** The part of a browser's cryptography that the page uses, by the same library as node's, but at once. */
const AT_ONCE = {
  digest: (_, bytes) => createHash('sha256').update(bytes).digest(),
  importKey: (_, raw) => createPublicKey({ key: Buffer.concat([SPKI_ED25519, raw]), format: 'der', type: 'spki' }),
  verify: (_, key, signature, message) => verify(null, message, key, signature),
};

const CRYPTOS = {
  quick: () => Crypto.open(AT_ONCE),
  native: () => Crypto.open(),
  plain: () => Crypto.plain(),
  trusting: () => new Trusting(globalThis.crypto.subtle, true),
};

const crypto = await CRYPTOS[process.argv[2]]();
if (['quick', 'native'].includes(process.argv[2]) && !crypto.words.endsWith("Ed25519: the browser's own")) {
  throw new Error('this node has no strict Ed25519 of its own');
}

const bytesOf = (text) => new Uint8Array(Buffer.from(text, 'base64'));

async function judge({ bundle, policy, files = {}, since }) {
  const verdict = await verifyBundle(crypto, {
    bundle: bytesOf(bundle),
    policy: bytesOf(policy),
    files: (name) => (Object.hasOwn(files, name) ? new Blob([bytesOf(files[name])]) : null),
    since: since === undefined ? null : { note: bytesOf(since.note), allowOlder: since.allow_older },
  });
  return verdict.toObject();
}

async function convict({ misbehaviour, policy }) {
  const finding = await judgeMisbehaviour(crypto, { file: bytesOf(misbehaviour), policy: bytesOf(policy) });
  return finding.toObject();
}

async function decide({ key, message, signature }) {
  const bytes = (text) => fromHex(text, text.length / 2);
  const accepted = await crypto.verify(bytes(key), bytes(message), bytes(signature));
  return { admitted: isAdmitted(bytes(key)), accepted };
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  const judges = { bundle: judge, misbehaviour: convict, key: decide };
  const [, answerTo] = Object.entries(judges).find(([name]) => name in question);
  const answer = await answerTo(question);
  const numbersAsTexts = (_, value) => (typeof value === 'bigint' || typeof value === 'number' ? String(value) : value);
  process.stdout.write(`${JSON.stringify(answer, numbersAsTexts)}\n`);
}
