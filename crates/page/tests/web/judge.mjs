// Judges one bundle for each line of its input, for the comparison of the two implementations: see tests/differential.
//
// A line in is {"bundle", "policy", "files": {name: bytes}} with bytes in base64, or {"key", "message", "signature"} in
// hexadecimal digits. A line out is the verdict as an object, with whole numbers as texts, or {"admitted", "accepted"}.
//
//     node judge.mjs native|plain|trusting      whose cryptography; the last accepts every signature, which is the planted fault

import { createInterface } from 'node:readline';

import { fromHex } from '../../web/bytes.js';
import { Crypto } from '../../web/crypto.js';
import { isAdmitted } from '../../web/ed25519.js';
import { verifyBundle } from '../../web/verify.js';

class Trusting extends Crypto {
  async verify() {
    return true;
  }
}

const CRYPTOS = {
  native: () => Crypto.open(),
  plain: () => Crypto.plain(),
  trusting: () => new Trusting(globalThis.crypto.subtle, true),
};

const crypto = await CRYPTOS[process.argv[2]]();
if (process.argv[2] === 'native' && !crypto.words.endsWith("Ed25519: the browser's own")) {
  throw new Error('this node has no strict Ed25519 of its own');
}

async function judge({ bundle, policy, files = {} }) {
  const bytes = (text) => new Uint8Array(Buffer.from(text, 'base64'));
  const open = (name) => (Object.hasOwn(files, name) ? new Blob([bytes(files[name])]) : null);
  return verifyBundle(crypto, { bundle: bytes(bundle), policy: bytes(policy), files: open }).then((it) => it.toObject());
}

async function decide({ key, message, signature }) {
  const bytes = (text) => fromHex(text, text.length / 2);
  const accepted = await crypto.verify(bytes(key), bytes(message), bytes(signature));
  return { admitted: isAdmitted(bytes(key)), accepted };
}

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  const answer = await ('bundle' in question ? judge(question) : decide(question));
  const numbersAsTexts = (_, value) => (typeof value === 'bigint' || typeof value === 'number' ? String(value) : value);
  process.stdout.write(`${JSON.stringify(answer, numbersAsTexts)}\n`);
}
